package sync_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// tokenCalls counts the requests for a token.
func tokenCalls(all []simulator.Entry) (n int) {
	for _, e := range all {
		if strings.HasSuffix(e.Path, "/token") {
			n++
		}
	}
	return n
}

// atMostTokens bounds them.
func atMostTokens(most int) func(*wired, []simulator.Entry, *watchman) {
	return func(w *wired, all []simulator.Entry, _ *watchman) {
		if n := tokenCalls(all); n > most {
			w.t.Errorf("%d requests for a token, bound %d", n, most)
		}
	}
}

// identityTroubles are F-081 to F-094.
func identityTroubles() []trouble {
	token := func(do string, lasts time.Duration) *entra.Disturbance {
		return &entra.Disturbance{Do: do, For: entra.Span(lasts)}
	}
	rows := []trouble{
		{fault: "F-081", name: "in the middle of many pages", first: true, quiet: true, tenant: simulator.Options{Rooms: 1, EventsPerMailbox: 1900},
			faults: []simulator.Fault{{Path: delta, Nth: 5, Token: token("expire", 0)}},
			check: func(w *wired, all []simulator.Entry, watch *watchman) {
				atMostTokens(2)(w, all, watch)
				if n := begun(all, w.room(0)); n != 1 {
					w.t.Errorf("the round began %d times", n)
				}
			}},
		{fault: "F-081", name: "tokens of two minutes", before: changes, quiet: true, tenant: simulator.Options{TokenLife: 2 * time.Minute}, lasts: 20 * time.Minute, most: 400, check: atMostTokens(30)},
		{fault: "F-081", name: "revoked", before: changes, quiet: true, faults: []simulator.Fault{{Path: view, Nth: 2, Token: token("revoke", 0)}}, check: atMostTokens(2)},
		{fault: "F-082", name: "an hour", before: changes, lasts: time.Hour, within: 20 * time.Minute, say: "sign-in service has trouble", most: 200, check: atMostTokens(60),
			faults: []simulator.Fault{{Path: "/v1.0/**", Fail: &simulator.Failure{Status: 401}}, {Path: "/oauth2/", Fail: &simulator.Failure{Status: 503}}}},
		{fault: "F-082", name: "an hour, tokens are made", before: changes, lasts: time.Hour, within: 20 * time.Minute, say: "sign-in failed", most: 200, check: atMostTokens(60),
			faults: []simulator.Fault{{Path: "/v1.0/**", Fail: &simulator.Failure{Status: 401}}}},
		{fault: "F-083", name: "once", before: changes, quiet: true, faults: []simulator.Fault{{Path: view, Nth: 1, Token: token("claims", 0)}}, check: atMostTokens(2)},
		{fault: "F-083", name: "once, first sync", first: true, quiet: true, faults: []simulator.Fault{{Path: view, Nth: 1, Token: token("claims", 0)}}, check: atMostTokens(3)},
		{fault: "F-085", name: "three hours", before: changes, lasts: 3 * time.Hour, within: 20 * time.Minute, say: "sign-in failed", most: 400, check: atMostTokens(180),
			faults: []simulator.Fault{{Path: "/v1.0/**", Fail: &simulator.Failure{Status: 401, Headers: map[string]string{
				"WWW-Authenticate": `Bearer realm="", error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"1"}}}`)) + `"`}}}}},
		{fault: "F-087", name: "a policy leaves out a room", before: changes, only: 1, check: others, say: "access is refused.*(policy|scope)", within: 80 * time.Minute,
			make: func(w *wired) func() {
				w.tenant.SetAccessPolicy(simulator.AccessPolicy{Denied: []string{string(w.room(0))}})
				return func() { w.tenant.SetAccessPolicy(simulator.AccessPolicy{}) }
			}, lasts: 30 * time.Minute, most: 400},
		{fault: "F-087", name: "calendars are refused, places not", before: changes, say: "access is refused", most: 60, within: 80 * time.Minute, lasts: 30 * time.Minute,
			make: func(w *wired) func() {
				role := "Calendars.ReadWrite"
				w.must(w.tenant.Directory().Revoke(w.tenant.Endpoints().ClientID, role))
				w.revoke()
				return func() {
					w.must(w.tenant.Directory().Grant(w.tenant.Endpoints().ClientID, role))
					w.revoke()
				}
			}},
		{fault: "F-087", name: "places are refused from the start", first: true, say: "access is refused.*Place.Read.All", most: 60, within: 80 * time.Minute,
			faults: []simulator.Fault{{Path: "/places/**", Fail: &simulator.Failure{Status: 403}}}},
		{fault: "F-088", name: "reading goes on", before: changes, most: 150,
			make: func(w *wired) func() {
				id := w.tenant.Endpoints().ClientID
				w.must(w.tenant.Directory().Grant(id, "Calendars.Read"))
				w.must(w.tenant.Directory().Revoke(id, "Calendars.ReadWrite"))
				w.revoke()
				return func() {}
			}, during: func(w *wired) {
				time.Sleep(2 * time.Minute)
				identity, err := w.provider.Identify(w.t.Context())
				if err != nil || identity.Capabilities.Write {
					w.t.Errorf("%+v, %v", identity.Capabilities, err)
				}
			}},
		{fault: "F-090", name: "eight hours asleep", before: changes, lies: true, make: func(w *wired) func() {
			w.mu.Lock()
			w.skew = 8 * time.Hour
			w.mu.Unlock()
			w.tenant.Clock().Advance(8 * time.Hour)
			w.sever()
			if p := w.engine.Progress(); p.Fresh > 0 {
				w.t.Errorf("STALE: %d rooms count as fresh after a sleep", p.Fresh)
			}
			w.engine.Watch(w.rooms()[:1])
			return func() {}
		}, during: func(w *wired) {
			w.until("the room on the screen", 5*time.Second, func() bool {
				p, err := w.store.Position(w.t.Context(), w.room(0))
				return err == nil && w.o.Now().Sub(p.LastGood) < time.Minute
			})
		}},
	}
	for _, by := range []time.Duration{2 * time.Hour, -2 * time.Hour, -25 * 365 * 24 * time.Hour} {
		rows = append(rows, trouble{fault: "F-089", name: fmt.Sprint("this machine's clock is off by ", by), before: changes, lies: true, make: skewed(by), lasts: 10 * time.Minute, most: 300, check: atMostTokens(20),
			within: 10 * time.Minute})
	}
	for name, x := range map[string]struct {
		spoil func(*wired) func()
		say   string
	}{
		"7000215": {secret(func(s *entra.Secret) { s.Value = "another~Value" }), "Value"},
		"7000222": {secret(func(s *entra.Secret) { s.Expires = s.Expires.AddDate(-9, 0, 0) }), "expired"},
		"700011":  {refused(700011), "No such application"},
		"7000112": {refused(7000112), "sign-in failed"},
		"53003":   {refused(53003), "sign-in failed"},
	} {
		rows = append(rows, trouble{fault: "F-086", name: name, before: changes, make: x.spoil, say: x.say, lasts: 20 * time.Minute, within: 20 * time.Minute, most: 150, check: atMostTokens(40)})
	}
	return append(rows, timeTroubles()...)
}

// revoke ends the provider's tokens.
func (w *wired) revoke() {
	_, err := w.tenant.Directory().Disturb(entra.Disturbance{Do: "expire", ClientID: w.tenant.Endpoints().ClientID})
	w.must(err)
}

func (w *wired) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// secret changes the application's secrets in the directory.
func secret(change func(*entra.Secret)) func(*wired) func() {
	return func(w *wired) func() {
		var before []entra.Secret
		id := w.tenant.Endpoints().ClientID
		w.must(w.tenant.Directory().Update(id, func(a *entra.Application) {
			before = slices.Clone(a.Secrets)
			for i := range a.Secrets {
				change(&a.Secrets[i])
			}
		}))
		w.revoke()
		return func() {
			w.must(w.tenant.Directory().Update(id, func(a *entra.Application) { a.Secrets = before }))
		}
	}
}

func refused(code int) func(*wired) func() {
	return func(w *wired) func() {
		remove, err := w.tenant.Directory().Refuse(entra.Refusal{Code: code})
		w.must(err)
		w.revoke()
		return remove
	}
}

// timeTroubles are times that are hard to tell: F-091 and F-094.
func timeTroubles() []trouble {
	put := func(fault, name string, day string, body ...map[string]any) trouble {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			panic(err)
		}
		return trouble{fault: fault, name: name, at: at, quiet: true, before: func(w *wired) {
			for _, b := range body {
				if w.exchange {
					w.createBySOAP(w.room(0), b)
					continue
				}
				w.do("POST", w.below(w.room(0), "/events"), b, nil)
			}
		}}
	}
	local := func(at, zone string) map[string]any { return map[string]any{"dateTime": at, "timeZone": zone} }
	event := func(subject, zone, start, end string) map[string]any {
		return map[string]any{"subject": subject, "start": local(start, zone), "end": local(end, zone)}
	}
	series := func(subject, zone, start, end, kind string, more ...string) map[string]any {
		e := event(subject, zone, start, end)
		pattern := map[string]any{"type": kind, "interval": 1}
		if kind == "absoluteYearly" {
			pattern["month"], pattern["dayOfMonth"] = 2, 29
		}
		e["recurrence"] = map[string]any{"pattern": pattern, "range": map[string]any{"type": "noEnd", "startDate": start[:10], "recurrenceTimeZone": zone}}
		return e
	}
	allDay := func(subject, zone, start, end string) map[string]any {
		e := event(subject, zone, start, end)
		e["isAllDay"] = true
		return e
	}
	return []trouble{
		put("F-091", "forward in Berlin", "2027-03-26",
			event("in the missing hour", "Europe/Berlin", "2027-03-28T02:30:00", "2027-03-28T03:30:00"),
			event("across it", "W. Europe Standard Time", "2027-03-28T01:30:00", "2027-03-28T04:30:00"),
			series("daily", "Europe/Berlin", "2027-03-25T02:30:00", "2027-03-25T03:00:00", "daily"),
			allDay("whole days", "Europe/Berlin", "2027-03-27T00:00:00", "2027-03-29T00:00:00")),
		put("F-091", "back in New York", "2027-11-05",
			event("in the repeated hour", "America/New_York", "2027-11-07T01:30:00", "2027-11-07T01:45:00"),
			event("across it", "Eastern Standard Time", "2027-11-07T00:30:00", "2027-11-07T03:30:00"),
			series("daily", "America/New_York", "2027-11-04T01:30:00", "2027-11-04T02:00:00", "daily"),
			allDay("whole day", "America/New_York", "2027-11-07T00:00:00", "2027-11-08T00:00:00")),
		put("F-091", "half an hour at Lord Howe", "2027-04-02", series("daily", "Australia/Lord_Howe", "2027-03-30T01:45:00", "2027-03-30T02:15:00", "daily")),
		put("F-094", "leap day", "2028-02-20", series("leap", "UTC", "2024-02-29T09:00:00", "2024-02-29T10:00:00", "absoluteYearly"), allDay("leap day", "UTC", "2028-02-29T00:00:00", "2028-03-01T00:00:00")),
		put("F-094", "turn of a year with a week 53", "2026-12-28", event("across midnight", "Asia/Tokyo", "2026-12-31T22:00:00", "2027-01-01T02:00:00"), series("daily", "Asia/Tokyo", "2026-12-20T23:30:00", "2026-12-21T00:30:00", "daily")),
		put("F-094", "no minutes, more than a day, more than a year", "2027-06-01",
			event("no minutes", "UTC", "2027-06-02T09:00:00", "2027-06-02T09:00:00"),
			event("two days", "UTC", "2027-06-03T09:00:00", "2027-06-05T10:00:00"),
			event("a year and more", "UTC", "2026-05-01T09:00:00", "2027-08-05T10:00:00")),
		{fault: "F-094", name: "ends before it starts", first: true, tune: hourly, within: 70 * time.Minute,
			faults: []simulator.Fault{{Path: view, By: simulator.Duration(-40 * 24 * time.Hour), Lie: &simulator.Lie{Field: "end.dateTime", How: "shift"}}}},
		{fault: "F-094", name: "the year 9999", first: true, tune: hourly, within: 70 * time.Minute,
			faults: []simulator.Fault{{Path: view, Lie: &simulator.Lie{Field: "end.dateTime", How: "value", Value: []byte(`"9999-12-31T23:59:59.9999999"`)}}}},
		{fault: "F-094", name: "the year 1", first: true, tune: hourly, within: 70 * time.Minute,
			faults: []simulator.Fault{{Path: view, Lie: &simulator.Lie{Field: "start.dateTime", How: "value", Value: []byte(`"0001-01-01T00:00:00.0000000"`)}}}},
	}
}
