package cli_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/providers/simulator"
)

// makeSeries puts a daily series of an hour named Round into the organizer's
// calendar, as another program would: series ROOM START N, the start in Berlin's
// time.
func makeSeries(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: series ROOM START N")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	start, err := time.Parse("2006-01-02T15:04:05", args[1])
	ts.Check(err)
	outside := outsideOf(ts)
	defer outside.close()
	when := func(t time.Time) map[string]string {
		return map[string]string{"dateTime": t.Format("2006-01-02T15:04:05"), "timeZone": "Europe/Berlin"}
	}
	body, err := json.Marshal(map[string]any{
		"subject": "Round", "start": when(start), "end": when(start.Add(time.Hour)),
		"attendees": []any{map[string]any{"type": "resource", "emailAddress": map[string]string{"address": args[0]}}},
		"recurrence": map[string]any{
			"pattern": map[string]any{"type": "daily", "interval": 1},
			"range":   map[string]any{"type": "numbered", "startDate": start.Format("2006-01-02"), "numberOfOccurrences": n},
		},
	})
	ts.Check(err)
	outside.do(http.MethodPost, "events", body, http.StatusCreated)
}

// elsewhere changes a meeting of the organizer's calendar as another program would:
// elsewhere move ID BY, or elsewhere cancel ID.
func elsewhere(ts *testscript.TestScript, _ bool, args []string) {
	outside := outsideOf(ts)
	defer outside.close()
	switch {
	case len(args) == 3 && args[0] == "move":
		by, err := time.ParseDuration(args[2])
		ts.Check(err)
		type at struct {
			DateTime string `json:"dateTime"`
			TimeZone string `json:"timeZone"`
		}
		var event struct{ Start, End at }
		ts.Check(json.Unmarshal(outside.do(http.MethodGet, "events/"+args[1], nil, http.StatusOK), &event))
		for _, a := range []*at{&event.Start, &event.End} {
			t, err := time.Parse("2006-01-02T15:04:05.0000000", a.DateTime)
			ts.Check(err)
			a.DateTime = t.Add(by).Format("2006-01-02T15:04:05")
		}
		body, err := json.Marshal(map[string]any{"start": event.Start, "end": event.End})
		ts.Check(err)
		outside.do(http.MethodPatch, "events/"+args[1], body, http.StatusOK)
	case len(args) == 2 && args[0] == "cancel":
		outside.do(http.MethodPost, "events/"+args[1]+"/cancel", []byte(`{}`), http.StatusAccepted)
	default:
		ts.Fatalf("usage: elsewhere move ID BY, or elsewhere cancel ID")
	}
}

// outside is another program that works on the organizer's calendar.
type outside struct {
	ts     *testscript.TestScript
	client *http.Client
	root   string
	token  string
}

func outsideOf(ts *testscript.TestScript) *outside {
	at := ts.Value(tenantKey{}).(*simulator.Tenant).Endpoints()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(at.CAPEM)
	o := &outside{ts: ts, root: at.GraphURL + "/v1.0/users/" + at.Organizer + "/",
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: patience}}
	resp, err := o.client.PostForm(at.AuthorityURL+"/"+at.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {at.ClientID}, "client_secret": {at.ClientSecret}, "scope": {at.GraphURL + "/.default"}})
	ts.Check(err)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	ts.Check(json.NewDecoder(resp.Body).Decode(&token))
	ts.Check(resp.Body.Close())
	o.token = token.AccessToken
	return o
}

func (o *outside) close() { o.client.CloseIdleConnections() }

// do sends a request and wants that status.
func (o *outside) do(method, path string, body []byte, status int) []byte {
	req, err := http.NewRequest(method, o.root+path, bytes.NewReader(body))
	o.ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+o.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := o.client.Do(req)
	o.ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	o.ts.Check(err)
	if resp.StatusCode != status {
		o.ts.Fatalf("%s %s was answered with %s: %s", method, path, resp.Status, answer)
	}
	return answer
}
