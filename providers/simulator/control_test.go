package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
)

func TestControlAddress(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 3, People: 3})
	do := func(method, path, body string, header ...string) *http.Response {
		req, err := http.NewRequest(method, c.at.ControlURL+path, bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			if header[i] == "Host" {
				req.Host = header[i+1]
			}
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close(); http.DefaultClient.CloseIdleConnections() })
		return resp
	}
	if r := do("POST", "/faults", `[{"method":"GET","path":"/organization","times":1,"fail":{"status":503,"retry_after":"1"}}]`); r.StatusCode != 200 {
		t.Fatalf("inject: %d", r.StatusCode)
	}
	c.send(503, request{method: "GET", path: "/organization"})
	c.get("/organization")
	for _, body := range []string{`{"garble":"purple"}`, `{"unknown_key":1,"reset_before":true}`, `nonsense`, `{}`} {
		if r := do("POST", "/faults", body); r.StatusCode != 400 {
			t.Errorf("%s: %d, want 400", body, r.StatusCode)
		}
	}
	if r := do("DELETE", "/faults", ""); r.StatusCode != 204 {
		t.Errorf("delete: %d", r.StatusCode)
	}
	for _, header := range [][]string{{"Host", "evil.example"}, {"Origin", "https://evil.example"}} {
		if r := do("GET", "/ledger", "", header...); r.StatusCode != 403 {
			t.Errorf("%v: %d, want 403", header, r.StatusCode)
		}
	}
	var truth struct{ Mailboxes []TruthMailbox }
	if err := json.NewDecoder(do("GET", "/truth", "").Body).Decode(&truth); err != nil || len(truth.Mailboxes) != 6 {
		t.Errorf("truth of %d mailboxes: %v", len(truth.Mailboxes), err)
	}
	var ledger struct {
		Requests int64
		Entries  []Entry
	}
	if err := json.NewDecoder(do("GET", "/ledger", "").Body).Decode(&ledger); err != nil || ledger.Requests != tenant.Requests() {
		t.Errorf("ledger %d of %d: %v", ledger.Requests, tenant.Requests(), err)
	}
	last := ledger.Entries[len(ledger.Entries)-1]
	if last.Path != "/v1.0/organization" || last.Status != 200 || last.Caller != c.at.ClientID || last.Token == "" {
		t.Errorf("last entry %+v", last)
	}
}
