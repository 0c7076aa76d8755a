package cli_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
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
	at := ts.Value(tenantKey{}).(*simulator.Tenant).Endpoints()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(at.CAPEM)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	resp, err := client.PostForm(at.AuthorityURL+"/"+at.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {at.ClientID}, "client_secret": {at.ClientSecret}, "scope": {at.GraphURL + "/.default"}})
	ts.Check(err)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	ts.Check(json.NewDecoder(resp.Body).Decode(&token))
	ts.Check(resp.Body.Close())
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
	req, err := http.NewRequest(http.MethodPost, at.GraphURL+"/v1.0/users/"+at.Organizer+"/events", bytes.NewReader(body))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+token.AccessToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err = client.Do(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if resp.StatusCode != http.StatusCreated {
		ts.Fatalf("the series was answered with %s", resp.Status)
	}
}
