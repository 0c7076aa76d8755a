package simulator

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

type application = entra.Application

// Every verb spoils one answer and lets the next one through.
func TestFaultVerbs(t *testing.T) {
	tenant, c := start(t, Options{Seed: 40, Rooms: 12, People: 6})
	from, to := tenant.around()
	box := c.at.Organizer
	view := "/users/" + box + "/calendarView?startDateTime=" + from.Format("2006-01-02T15:04:05Z") + "&endDateTime=" + to.Format("2006-01-02T15:04:05Z") + "&$top=5"
	broken := func(r reply, err error) bool { return err != nil }
	for name, v := range map[string]struct {
		fault Fault
		seen  func(reply, error) bool
	}{
		"fail": {Fault{Fail: &Failure{Status: 429, RetryAfter: "NaN", Headers: map[string]string{"X-Test": "1"}}}, func(r reply, _ error) bool {
			return r.status == 429 && r.errorCode() == "ApplicationThrottled" && r.header.Get("Retry-After") == "NaN" && r.header.Get("X-Test") == "1"
		}},
		"fail html":    {Fault{Fail: &Failure{Status: 502, Body: "<html>"}}, func(r reply, _ error) bool { return r.status == 502 && string(r.raw) == "<html>" }},
		"fail empty":   {Fault{Fail: &Failure{Status: 504, Empty: true}}, func(r reply, _ error) bool { return r.status == 504 && len(r.raw) == 0 }},
		"reset_before": {Fault{ResetBefore: true}, broken},
		"commit reset": {Fault{CommitThen: "reset"}, broken},
		"commit fail":  {Fault{CommitThen: "fail"}, func(r reply, _ error) bool { return r.status == 504 }},
		"truncate":     {Fault{Truncate: 40}, broken},
		"drip":         {Fault{Drip: 200_000}, func(r reply, err error) bool { return err == nil && r.status == 200 }},
		"html":         {Fault{Garble: "html"}, func(r reply, _ error) bool { return strings.HasPrefix(r.header.Get("Content-Type"), "text/html") }},
		"null_value":   {Fault{Garble: "null_value"}, func(r reply, _ error) bool { return dig(r.body, "value", 0) == nil && r.status == 200 }},
		"not_array":    {Fault{Garble: "not_array"}, func(r reply, _ error) bool { return dig(r.body, "value", "id") == "1" }},
		"not_json":     {Fault{Garble: "not_json"}, broken},
		"no_link": {Fault{Page: "no_link"}, func(r reply, _ error) bool {
			return r.body["@odata.nextLink"] == nil && len(r.body["value"].([]any)) == 5
		}},
		"foreign_link": {Fault{Page: "foreign_link", Link: "https://x.example"}, func(r reply, _ error) bool {
			return strings.HasPrefix(r.body["@odata.nextLink"].(string), "https://x.example/")
		}},
		"loop": {Fault{Page: "loop"}, func(r reply, _ error) bool { return !strings.Contains(r.body["@odata.nextLink"].(string), "skip") }},
		"empty": {Fault{Page: "empty"}, func(r reply, _ error) bool {
			return len(r.body["value"].([]any)) == 0 && r.body["@odata.nextLink"] != nil
		}},
		"dup": {Fault{Page: "dup"}, func(r reply, err error) bool {
			next := c.get(r.body["@odata.nextLink"].(string))
			return dig(r.body, "value", 4, "id") == dig(next, "value", 0, "id") && dig(r.body, "value", 4, "subject") == "Old "+dig(next, "value", 0, "subject").(string)
		}},
		"drop":          {Fault{Page: "drop"}, func(r reply, _ error) bool { return len(r.body["value"].([]any)) == 4 }},
		"second of two": {Fault{Fail: &Failure{Status: 500}, Nth: 1}, func(r reply, _ error) bool { return r.status == 500 }},
	} {
		t.Run(name, func(t *testing.T) {
			v.fault.Mailbox, v.fault.Method, v.fault.Path = box, "GET", "/users/*/calendarView"
			if v.fault.Nth == 0 {
				v.fault.Times = 1
			}
			defer tenant.Inject(v.fault)()
			if r, err := c.try(request{method: "GET", path: view}); !v.seen(r, err) {
				t.Errorf("status %d, error %v, body %.200s", r.status, err, r.raw)
			}
			if r, err := c.try(request{method: "GET", path: view}); err != nil || r.status != 200 || len(r.body["value"].([]any)) != 5 {
				t.Errorf("the next request is spoiled too: %d %v", r.status, err)
			}
		})
	}
}

// F-006: an empty page leads to the data.
func TestEmptyPageLeadsOn(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 41})
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	for _, path := range []string{deltaPath(room, from, to), viewPath(room, from, to)} {
		want, _ := c.all(path)
		remove := tenant.Inject(Fault{Mailbox: room, Page: "empty", Times: 3})
		got, _ := c.all(path)
		remove()
		if len(got) != len(want) {
			t.Errorf("%d entries behind empty pages, want %d", len(got), len(want))
		}
	}
}

// F-047: the room's answer can be decided from outside.
func TestRoomFaults(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 42})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	at := tenant.quiet()
	for word, want := range map[string]string{"decline": "declined", "tentative": "tentativelyAccepted", "silent": "none"} {
		remove := tenant.Inject(Fault{Mailbox: room, Room: word})
		e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
		remove()
		if got := roomResponse(c.event(c.at.Organizer, e), room); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
		c.send(204, request{method: "DELETE", path: "/users/" + c.at.Organizer + "/events/" + e["id"].(string)})
	}
	defer tenant.Inject(Fault{Mailbox: room, Room: "delay", Delay: Duration(time.Hour)})()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, at, time.Hour))
	if got := roomResponse(c.event(c.at.Organizer, e), room); got != "none" {
		t.Errorf("the delayed room says %q at once", got)
	}
}

func TestHangingAnswerEndsWithTheTenant(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 2, People: 2})
	tenant.Inject(Fault{Path: "/organization", CommitThen: "hang"})
	done := make(chan error, 1)
	go func() {
		_, err := c.try(request{method: "GET", path: "/organization"})
		done <- err
	}()
	waitFor(t, func() bool {
		tenant.ledger.mu.Lock()
		defer tenant.ledger.mu.Unlock()
		return len(tenant.ledger.open) > 0
	})
	if err := tenant.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("the hanging request was answered")
	}
}

func TestCompressedBothWays(t *testing.T) {
	tenant, c := start(t, Options{Seed: 45, Rooms: 12, People: 6})
	req, err := http.NewRequest("GET", c.at.GraphURL+"/v1.0/places/graph.room", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" || !bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		t.Errorf("not compressed: %v %q", err, resp.Header.Get("Content-Encoding"))
	}
	if out, err := gunzip(raw); err != nil || !bytes.Contains(out, []byte(tenant.Rooms()[0].Mailbox)) {
		t.Errorf("unreadable: %v", err)
	}
}

func TestFaultPaths(t *testing.T) {
	for _, v := range []struct {
		pattern, path string
		want          bool
	}{
		{"/users/*/events", "/v1.0/users/a@b.c/events", true},
		{"/users/*/events", "/v1.0/users/a@b.c/events/x", false},
		{"/users/**", "/v1.0/users/a@b.c/events/x", true},
		{"**/delta()", "/v1.0/users/a/calendarView/delta()", true},
		{"/v1.0/users/*", "/v1.0/users/a", true},
		{"calendarview", "/v1.0/users/a/calendarView", true},
		{"/places/*", "/v1.0/users/a", false},
	} {
		if got := matchPath(strings.ToLower(v.pattern), strings.ToLower(v.path)); got != v.want {
			t.Errorf("%s against %s: %v", v.pattern, v.path, got)
		}
	}
}
