package ews_test

import (
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// L3, L4: only the test that a person asks for names a folder that is no calendar; the
// ledger would show any other.
func TestOnlyTheTestOnRequestNamesAnotherFolder(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 1, People: 2, Seed: 7})
	p := connect(t, tenant, nil)
	mailbox := providers.Address(tenant.Endpoints().Organizer)
	for _, deep := range []bool{false, true} {
		if _, err := p.Access(t.Context(), mailbox, deep); err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, e := range tenant.Ledger() {
			named[e.Folder] = true
		}
		if !named["calendar"] || named["inbox"] != deep {
			t.Errorf("on request %v: %v", deep, named)
		}
	}
}
