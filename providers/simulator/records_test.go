package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// control sends a request to the control address.
func (c *client) control(method, path, body string) (int, []byte) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.at.ControlURL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, raw
}

func (c *client) ledger(query string) (entries []Entry) {
	c.t.Helper()
	status, raw := c.control("GET", "/ledger"+query, "")
	var out struct{ Entries []Entry }
	if err := json.Unmarshal(raw, &out); err != nil || status != 200 {
		c.t.Fatalf("ledger%s: %d %v %s", query, status, err, raw)
	}
	return out.Entries
}

// The ledger tells who, how and how often, and can be asked for a part.
func TestLedger(t *testing.T) {
	tenant, c := start(t, Options{Seed: 80, Rooms: 3, People: 4})
	for range 3 {
		c.get("/organization", "client-request-id", "11111111-2222-3333-4444-555555555555", "User-Agent", "examiner/1")
	}
	if _, err := c.try(request{method: "GET", path: "/users/" + c.at.Organizer + "/events/AAMk"}); err != nil {
		t.Fatal(err)
	}
	e := c.ledger("?path=/organization")
	if len(e) != 3 || e[0].Retry != 0 || e[2].Retry != 2 || e[0].UserAgent != "examiner/1" || e[0].HTTP != "HTTP/2.0" || e[0].TLS != "TLS 1.3" || e[0].BytesOut == 0 || e[0].Host == "" {
		t.Errorf("%+v", e)
	}
	if e := c.ledger("?mailbox=" + c.at.Organizer + "&status=4xx"); len(e) != 1 || e[0].Mailbox != c.at.Organizer {
		t.Errorf("%+v", e)
	}
	if e := c.ledger("?since=" + e[1].At.Format(time.RFC3339Nano) + "&method=get"); len(e) < 2 {
		t.Errorf("since a time: %+v", e)
	}
	last := tenant.Ledger()[len(tenant.Ledger())-1]
	if e := c.ledger("?since=" + strconv.FormatInt(last.N, 10)); len(e) != 0 {
		t.Errorf("since the last: %+v", e)
	}
	for _, query := range []string{"?status=abc", "?since=yesterday", "?purple=1", "?since=-4"} {
		if status, raw := c.control("GET", "/ledger"+query, ""); status != 400 || !strings.HasPrefix(string(raw), `{"error":`) {
			t.Errorf("%s: %d %s", query, status, raw)
		}
	}

	// As lines, and those that come.
	resp, err := c.http.Get(c.at.ControlURL + "/ledger?follow=1&path=/places/**")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	c.get("/places/graph.room")
	line, err := bufio.NewReader(resp.Body).ReadBytes('\n')
	var came Entry
	if err != nil || json.Unmarshal(line, &came) != nil || came.Path != "/v1.0/places/graph.room" {
		t.Errorf("%s %v", line, err)
	}
	if status, _ := c.control("DELETE", "/ledger", ""); status != 204 || len(tenant.Ledger()) != 0 {
		t.Error("the ledger is not empty")
	}
}

// S-08: no secret, no token and nothing that people wrote is in the ledger.
func TestLedgerHoldsNoSecrets(t *testing.T) {
	tenant, c := start(t, Options{Seed: 81, Rooms: 3, People: 4})
	const canary = "Canary-Subject-4711"
	c.post(201, "/users/"+c.at.Organizer+"/events", func() object {
		e := meeting(tenant.Rooms()[0].Mailbox, tenant.quiet(), time.Hour)
		e["subject"] = canary
		return e
	}())
	c.get("/users/" + c.at.Organizer + "/events?$filter=subject%20eq%20'" + canary + "'")
	c.get("/users?$filter=startswith(displayName,'A')&$select=id")
	resp, err := c.http.Get(c.at.AuthorityURL + "/" + c.at.TenantID + "/oauth2/v2.0/authorize?code=" + canary + "&client_secret=" + c.at.ClientSecret)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	_, raw := c.control("GET", "/ledger", "")
	for _, secret := range []string{canary, c.token, c.at.ClientSecret} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("the ledger holds %.30q", secret)
		}
	}
	if !bytes.Contains(raw, []byte("displayName,'A'")) {
		t.Error("the ledger lacks a harmless filter")
	}
}

// The limits over the control address.
func TestQuotaControl(t *testing.T) {
	_, c := start(t, Options{Seed: 82, Rooms: 2, People: 2})
	c.get("/users/" + c.at.Organizer + "/calendar")
	var u Usage
	status, raw := c.control("GET", "/quota", "")
	if err := json.Unmarshal(raw, &u); err != nil || status != 200 || u.Enforced || u.Quota.Requests != 10_000 || len(u.Boxes) != 1 || u.Boxes[0].Requests != 1 || u.Boxes[0].App != c.at.ClientID {
		t.Errorf("%d %v %s", status, err, raw)
	}
	if status, raw := c.control("PUT", "/quota", `{"model":"small"}`); status != 200 {
		t.Errorf("%d %s", status, raw)
	}
	for range 20 {
		c.get("/users/" + c.at.Organizer + "/calendar")
	}
	c.send(429, request{method: "GET", path: "/users/" + c.at.Organizer + "/calendar"})
	for _, body := range []string{`{"model":"purple"}`, `{"quota":{"requests":-4}}`, `{"quota":{"requests":4}}`, `[]`, `{"enforced":1}`, ``} {
		if status, raw := c.control("PUT", "/quota", body); status != 400 {
			t.Errorf("%s: %d %s", body, status, raw)
		}
	}
	if status, _ := c.control("DELETE", "/quota", ""); status != 204 {
		t.Error("the use is not forgotten")
	}
	c.get("/users/" + c.at.Organizer + "/calendar")
	var s State
	if _, raw := c.control("GET", "/state", ""); json.Unmarshal(raw, &s) != nil || s.Rooms != 2 || s.People != 2 || s.Requests < 23 || s.Heap == 0 {
		t.Errorf("%s", raw)
	}
	if status, raw := c.control("POST", "/faults/random", `{"seed":1,"n":5,"kinds":["fail"]}`); status != 200 || bytes.Count(raw, []byte("random 1/")) != 5 {
		t.Errorf("%d %s", status, raw)
	}
	if _, raw := c.control("GET", "/verbs", ""); !bytes.Contains(raw, []byte("commit_then(hang)")) {
		t.Errorf("%s", raw)
	}
}

// Equal states give equal bytes; each difference is told (CONV's tool).
func TestTruthIsCanonical(t *testing.T) {
	clock := newClock(time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC))
	o := Options{Seed: 83, Rooms: 12, People: 6, Now: clock.now}
	one, c := start(t, o)
	_, other := start(t, o)
	_, a := c.control("GET", "/truth", "")
	_, b := other.control("GET", "/truth", "")
	if !bytes.Equal(a, b) || len(a) < 10_000 {
		t.Errorf("two tenants of the same seed differ: %d and %d bytes", len(a), len(b))
	}
	from, to := one.around()
	dump := func() Truth {
		d, err := one.TruthDump(TruthOptions{From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := dump()
	if raw, err := json.Marshal(before); err != nil || !bytes.Equal(append(raw, '\n'), a) {
		t.Error("the dump in Go and over the control address differ")
	}
	if d := DiffTruth(before, before); len(d) != 0 {
		t.Errorf("differs from itself: %q", d)
	}
	room := one.byPolicy(t, "reserved").Mailbox
	made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, one.quiet(), time.Hour))
	clock.advance(time.Minute)
	c.event(c.at.Organizer, made)
	after := dump()
	d := strings.Join(DiffTruth(before, after), "\n")
	if !strings.Contains(d, c.at.Organizer+": ") || !strings.Contains(d, "is missing in the first") || strings.Count(d, "\n") > 3 {
		t.Errorf("%s", d)
	}
	reason := ""
	for _, m := range after.Mailboxes {
		for _, e := range m.Events {
			for _, p := range e.Attendees {
				if m.Mailbox == c.at.Organizer && p.Mailbox == room && p.Response == "declined" {
					reason = p.Reason
				}
			}
		}
	}
	if reason != "reserved" {
		t.Errorf("the room declined for the reason %q", reason)
	}
	changed := dump()
	box := &changed.Mailboxes[0]
	for i := range changed.Mailboxes {
		if len(changed.Mailboxes[i].Events) > 1 {
			box = &changed.Mailboxes[i]
		}
	}
	box.Events[0].Subject, box.Events[0].Response = "Else", "declined"
	if d := DiffTruth(after, changed); len(d) != 2 || !strings.Contains(d[0]+d[1], "subject is ") {
		t.Errorf("%q", d)
	}
	without, err := one.TruthDump(TruthOptions{From: from, To: to, WithoutIDs: true, Mailboxes: []string{c.at.Organizer}})
	if err != nil || len(without.Mailboxes) != 1 || without.Mailboxes[0].Events[0].ID != "" || without.Mailboxes[0].Events[0].ICalUID == "" {
		t.Errorf("%v", err)
	}
	full, _ := one.TruthDump(TruthOptions{From: from, To: to, Mailboxes: []string{c.at.Organizer}})
	if d := DiffTruth(without, full); len(d) != 0 {
		t.Errorf("ids count as a difference: %q", d)
	}
	for _, query := range []string{"?from=x", "?to=2020-01-01T00:00:00Z", "?purple=1"} {
		if status, _ := c.control("GET", "/truth"+query, ""); status != 400 {
			t.Errorf("%s: %d", query, status)
		}
	}
	if status, _ := c.control("GET", "/truth?mailbox=nobody", ""); status != 404 {
		t.Errorf("nobody: %d", status)
	}
}

// Nothing that is sent to the control address ends in anything but JSON or a
// refusal.
func FuzzControl(f *testing.F) {
	tenant, err := Start(f.Context(), Options{Rooms: 2, People: 2, SigningKey: testKey()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			f.Error(err)
		}
	})
	handler := tenant.controlHandler()
	for _, seed := range [][2]string{{"/faults", `{"drip":1}`}, {"/quota", `{"model":"small"}`}, {"/faults/random", `{"n":2}`}, {"/clock", `{"advance":"1h"}`}, {"/tokens", `{"do":"expire"}`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		for _, method := range []string{"POST", "PUT"} {
			r := httptest.NewRequest(method, "http://127.0.0.1:1/", strings.NewReader(body))
			r.URL.Path = path
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code >= 500 || strings.Contains(w.Header().Get("Content-Type"), "json") && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %s %q: %d %s", method, path, body, w.Code, w.Body)
			}
		}
		tenant.ClearFaults()
	})
}
