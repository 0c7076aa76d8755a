package cli

import (
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// P18: what is left on EWS of Exchange Online is counted down; a server on premises
// keeps EWS, and a connection that is gone ends nothing.
func TestEndingP18(t *testing.T) {
	profiles := []providers.Profile{providers.ProfileOf("ews"), providers.ProfileOf("graph"), providers.ProfileOf("ews")}
	cloud := keystore.Connection{Name: "old", Provider: "ews", Server: "https://outlook.office365.com/EWS/Exchange.asmx"}
	e := endingOf([]keystore.Connection{{Provider: "graph"}, cloud}, profiles)
	if e.Left != 2 || e.Ends.Format("2006-01-02") != "2027-04-01" || e.Name == "" {
		t.Errorf("%+v", e)
	}
	if e := endingOf([]keystore.Connection{cloud}, profiles[1:2]); e.Left != 0 {
		t.Errorf("with nothing left: %+v", e)
	}
	server := keystore.Connection{Provider: "ews", Server: "https://mail.hq.example/EWS/Exchange.asmx"}
	if e := endingOf([]keystore.Connection{server}, profiles); !e.Ends.IsZero() {
		t.Errorf("a server on premises ends: %+v", e)
	}
	proxied := server
	proxied.Audience = "https://outlook.office365.com"
	if e := endingOf([]keystore.Connection{proxied}, profiles); e.Left != 2 {
		t.Errorf("Exchange Online behind another name: %+v", e)
	}
	other := keystore.Connection{Provider: "graph", Server: cloud.Server}
	if e := endingOf([]keystore.Connection{other}, profiles); !e.Ends.IsZero() {
		t.Errorf("Graph ends: %+v", e)
	}
}
