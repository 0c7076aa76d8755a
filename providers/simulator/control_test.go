package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

func TestControlAddress(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 3, People: 3})
	do := func(method, path, body string, header ...string) (int, []byte) {
		req, err := http.NewRequest(method, c.at.ControlURL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			if header[i] == "Host" {
				req.Host = header[i+1]
			}
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, raw
	}
	if status, _ := do("POST", "/faults", `[{"method":"GET","path":"/organization","times":1,"fail":{"status":503,"retry_after":"1"}}]`); status != 200 {
		t.Fatalf("inject: %d", status)
	}
	c.send(503, request{method: "GET", path: "/organization"})
	c.get("/organization")
	for _, body := range []string{`{"garble":"purple"}`, `{"unknown_key":1,"reset_before":true}`, `nonsense`, `{}`} {
		if status, _ := do("POST", "/faults", body); status != 400 {
			t.Errorf("%s: %d, want 400", body, status)
		}
	}
	if status, _ := do("DELETE", "/faults", ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
	for _, header := range [][]string{{"Host", "evil.example"}, {"Origin", "https://evil.example"}} {
		if status, _ := do("GET", "/ledger", "", header...); status != 403 {
			t.Errorf("%v: %d, want 403", header, status)
		}
	}
	var truth struct{ Mailboxes []TruthMailbox }
	_, raw := do("GET", "/truth", "")
	if err := json.Unmarshal(raw, &truth); err != nil || len(truth.Mailboxes) != 6+len(tenant.Others()) {
		t.Errorf("truth of %d mailboxes: %v", len(truth.Mailboxes), err)
	}
	var ledger struct {
		Requests int64
		Entries  []Entry
	}
	_, raw = do("GET", "/ledger", "")
	if err := json.Unmarshal(raw, &ledger); err != nil || ledger.Requests != tenant.Requests() {
		t.Errorf("ledger %d of %d: %v", ledger.Requests, tenant.Requests(), err)
	}
	last := ledger.Entries[len(ledger.Entries)-1]
	if last.Path != "/v1.0/organization" || last.Status != 200 || last.Caller != c.at.ClientID || last.Token == "" {
		t.Errorf("last entry %+v", last)
	}
}

// The ledger knows an application also by the header of RFC 6749 2.3.1.
func TestLedgerNamesApplicationsThatSignInByHeader(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 3, People: 3})
	r, err := http.NewRequest(http.MethodPost, c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token",
		strings.NewReader(url.Values{"grant_type": {"client_credentials"}, "scope": {c.at.GraphURL + "/.default"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(c.at.ClientID), url.QueryEscape(c.at.ClientSecret))
	response, err := c.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	ledger := tenant.Ledger()
	for ; len(ledger) < 2; ledger = tenant.Ledger() { // an entry is written behind its answer
		runtime.Gosched()
	}
	if last := ledger[1]; last.Caller != c.at.ClientID || last.Effect != "issued token" {
		t.Errorf("the ledger has %+v", last)
	}
}
