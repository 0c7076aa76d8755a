package simulator

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// Every verb of the reference is known, with all its words. Verbs of a process or a
// host (kill9, disk, keyring, dns, term) are no business of a tenant.
func TestEveryVerbIsKnown(t *testing.T) {
	known := FaultVerbs()
	for _, verb := range []string{
		"fail", "reset_before", "delay", "drip", "truncate",
		"commit_then(fail)", "commit_then(reset)", "commit_then(hang)", "commit_then(truncate)",
		"garble(html)", "garble(null_value)", "garble(not_array)", "garble(no_value)", "garble(not_json)", "garble(empty)", "garble(wrong_type)", "garble(bom)", "garble(invalid_utf8)", "garble(huge_number)", "garble(deep_nesting)", "garble(duplicate_keys)", "garble(endless)",
		"page(size)", "page(dup)", "page(drop)", "page(reorder)", "page(loop)", "page(empty)", "page(no_link)", "page(foreign_link)",
		"delta(expire)", "delta(rewrite)", "delta(omit)", "delta(bare)", "delta(ghost_removed)", "delta(late)",
		"lie(value)", "lie(remove)", "lie(null)", "lie(type)", "lie(shift)",
		"room(delay)", "room(decline)", "room(tentative)", "room(silent)", "room(policy)",
		"token(expire)", "token(revoke)", "token(claims)", "token(skew)",
		"quota(published)", "quota(per_app)", "quota(per_mailbox)", "quota(small)",
		"mailbox_state(soft_deleted)", "mailbox_state(onprem)", "mailbox_state(unlicensed)", "mailbox_state(guest)", "mailbox_state(moved)", "mailbox_state(renamed)",
		"notify(dup)", "notify(drop)", "notify(late)", "notify(forged)", "notify(reorder)",
		"clock(jump)", "clock(freeze)", "clock(run)", "clock(zone)",
		"tenant(swap)", "tenant(restore_old)",
		"batch(throttle)", "batch(fail)", "batch(missing)", "batch(twice)", "batch(reorder)",
		"network(captive_portal)", "network(proxy_407)", "network(redirect_foreign)", "network(goaway)", "network(refused_stream)",
		"network(tls_hang)", "network(tls_expired)", "network(tls_not_yet)", "network(tls_wrong_host)", "network(tls_unknown_ca)",
	} {
		if !slices.Contains(known, verb) {
			t.Errorf("%s is not known", verb)
		}
	}
}

// Bodies that are not what they say (F-022 to F-025).
func TestGarbledBodies(t *testing.T) {
	tenant, c := start(t, Options{Seed: 60, Rooms: 3, People: 3})
	for word, seen := range map[string]func(reply, error) bool{
		"wrong_type": func(r reply, err error) bool {
			return strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") && strings.HasPrefix(string(r.raw), "{")
		},
		"bom":            func(r reply, err error) bool { return err != nil && strings.HasPrefix(string(r.raw), "\xef\xbb\xbf{") },
		"invalid_utf8":   func(r reply, err error) bool { return strings.Contains(string(r.raw), "\xff\xc3\x28") },
		"huge_number":    func(r reply, err error) bool { return err != nil && strings.Contains(string(r.raw), "1e400") },
		"deep_nesting":   func(r reply, err error) bool { return err != nil && strings.Count(string(r.raw), "[[") > 5000 },
		"duplicate_keys": func(r reply, err error) bool { return strings.Count(string(r.raw), `"value":`) > 1 },
		"empty":          func(r reply, err error) bool { return r.status == 200 && len(r.raw) == 0 },
		"no_value":       func(r reply, err error) bool { return string(r.raw) == "{}" },
	} {
		remove := tenant.Inject(Fault{Path: "/organization", Garble: word})
		if r, err := c.try(request{method: "GET", path: "/organization"}); r.status != 200 || !seen(r, err) {
			t.Errorf("%s: %d %v %.100s", word, r.status, err, r.raw)
		}
		remove()
	}
	defer tenant.Inject(Fault{Path: "/organization", Garble: "endless"})()
	resp, err := c.stream("/organization")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	total, buffer := 0, make([]byte, 1<<16)
	for total < 3<<20 {
		n, err := resp.Body.Read(buffer)
		if total += n; err != nil {
			t.Fatalf("the endless body ended after %d bytes: %v", total, err)
		}
	}
}

// A chosen property is changed, gone, or of another type.
func TestLies(t *testing.T) {
	tenant, c := start(t, Options{Seed: 61, Rooms: 12, People: 6})
	from, to := tenant.around()
	view := viewPath(c.at.Organizer, from, to)
	honest := c.get(view)["value"].([]any)
	for _, v := range []struct {
		lie  Lie
		by   time.Duration
		path []any
		want any
	}{
		{lie: Lie{Field: "iCalUId", How: "remove"}, path: []any{"iCalUId"}, want: nil},
		{lie: Lie{Field: "isOnlineMeeting", How: "value", Value: []byte("false")}, path: []any{"isOnlineMeeting"}, want: false},
		{lie: Lie{Field: "subject", How: "null"}, path: []any{"subject"}, want: nil},
		{lie: Lie{Field: "start", How: "type"}, path: []any{"start"}, want: "4711"},
		{lie: Lie{Field: "subject", How: "type"}, path: []any{"subject"}, want: 4711.0},
		{lie: Lie{Field: "@odata.etag", How: "value", Value: []byte(`"W/\"same\""`)}, path: []any{"@odata.etag"}, want: `W/"same"`},
		{lie: Lie{Field: "attendees.status.response", How: "value", Value: []byte(`"declined"`)}, path: []any{"attendees", 0, "status", "response"}, want: "declined"},
		{lie: Lie{Field: "start.dateTime", How: "shift"}, by: time.Hour, path: []any{"start", "dateTime"}},
	} {
		remove := tenant.Inject(Fault{Mailbox: c.at.Organizer, Lie: &v.lie, By: Duration(v.by)})
		lied := c.get(view)["value"].([]any)
		remove()
		if len(lied) != len(honest) {
			t.Fatalf("%d entries, want %d", len(lied), len(honest))
		}
		for i, entry := range lied {
			if len(v.path) > 1 && v.path[0] == "attendees" && len(dig(entry, "attendees").([]any)) == 0 {
				continue
			}
			want := v.want
			if v.by != 0 {
				want = shifted(dig(honest[i], v.path...).(string), v.by)
			}
			if got := dig(entry, v.path...); got != want {
				t.Errorf("%s %s: %v, want %v", v.lie.How, v.lie.Field, got, want)
				break
			}
		}
	}
	defer tenant.Inject(Fault{Mailbox: c.at.Organizer, Lie: &Lie{Field: "subject", How: "null", Item: 2}})()
	lied := c.get(view)["value"].([]any)
	if dig(lied[0], "subject") == nil || dig(lied[1], "subject") != nil {
		t.Error("the second entry alone should lie")
	}
}

// F-065: Retry-After in all forms.
func TestRetryAfterForms(t *testing.T) {
	clock := newClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	tenant, c := start(t, Options{Seed: 62, Rooms: 2, People: 2, Now: clock.now})
	for _, v := range []struct {
		f    Failure
		want string
	}{
		{Failure{RetryAfter: "1.5"}, "1.5"}, {Failure{RetryAfter: "-1"}, "-1"}, {Failure{RetryAfter: "1e300"}, "1e300"}, {Failure{RetryAfter: "0", AlsoRetryAfter: "7"}, "0|7"},
		{Failure{RetryAfter: "date:90s"}, "Sat, 21 Nov 2026 12:01:30 GMT"}, {Failure{RetryAfter: "date:-1h"}, "Sat, 21 Nov 2026 11:00:00 GMT"}, {Failure{RetryAfter: "soon"}, "soon"},
		{Failure{RetryAfter: "3", LowerCase: true}, "3"}, {Failure{}, ""},
	} {
		v.f.Status = 429
		remove := tenant.Inject(Fault{Path: "/organization", Fail: &v.f})
		r := c.send(429, request{method: "GET", path: "/organization"})
		remove()
		if got := strings.Join(r.header["Retry-After"], "|"); got != v.want {
			t.Errorf("Retry-After %q, want %q", got, v.want)
		}
	}
}

// Faults end by time, by chance, and begin after one another (F-072).
func TestWhenFaultsHit(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := start(t, Options{Seed: 63, Rooms: 2, People: 2, Now: clock.now})
	broken := func() int {
		r, err := c.try(request{method: "GET", path: "/organization"})
		if err != nil {
			t.Fatal(err)
		}
		if r.status != 200 {
			return 1
		}
		return 0
	}
	tenant.Inject(Fault{Path: "/organization", For: Duration(10 * time.Minute), Fail: &Failure{Status: 503}})
	before := broken()
	clock.advance(11 * time.Minute)
	if after := broken(); before != 1 || after != 0 {
		t.Errorf("limited in time: %d before, %d after", before, after)
	}
	if s := tenant.Faults()[0]; !s.Over || s.Hits != 1 {
		t.Errorf("state %+v", s)
	}
	var runs [2][]int
	for i := range runs {
		tenant.ClearFaults()
		tenant.Inject(Fault{Path: "/organization", Chance: 0.45, Seed: 7, Fail: &Failure{Status: 503}})
		for range 100 {
			runs[i] = append(runs[i], broken())
		}
	}
	hits := 0
	for _, n := range runs[0] {
		hits += n
	}
	if hits < 30 || hits > 60 || !slices.Equal(runs[0], runs[1]) {
		t.Errorf("%d of 100 with a chance of 0.45, the same again: %v", hits, slices.Equal(runs[0], runs[1]))
	}
	tenant.ClearFaults()
	tenant.Inject(Fault{Path: "/organization", After: "first", Times: 1, Fail: &Failure{Status: 500}})
	tenant.Inject(Fault{Path: "/places/**", Name: "first", Times: 1, Fail: &Failure{Status: 500}})
	if broken() != 0 {
		t.Error("the second fault hits before the first")
	}
	c.send(500, request{method: "GET", path: "/places/graph.room"})
	if broken() != 1 || broken() != 0 {
		t.Error("the second fault does not hit once after the first")
	}
}

// What happens to mailboxes, tokens, the clock and the tenant as a whole.
func TestStateFaults(t *testing.T) {
	tenant, c := start(t, Options{Seed: 64, Rooms: 12, People: 6, TokenLife: 24 * time.Hour})
	path := "/users/" + c.at.Organizer + "/calendar"
	for word, want := range map[string]string{
		"soft_deleted": "404 MailboxNotEnabledForRESTAPI", "onprem": "404 MailboxNotHostedInExchangeOnline", "unlicensed": "404 MailboxNotEnabledForRESTAPI",
		"guest": "404 MailboxNotEnabledForRESTAPI", "moved": "503 MailboxInfoStale", "renamed": "404 ErrorInvalidUser",
	} {
		remove := tenant.Inject(Fault{Mailbox: c.at.Organizer, MailboxState: word})
		r, err := c.try(request{method: "GET", path: path})
		remove()
		if err != nil || want[:3] != statusText(r.status) || want[4:] != r.errorCode() {
			t.Errorf("%s: %d %s, want %s", word, r.status, r.errorCode(), want)
		}
	}

	mine := dig(c.get("/organization"), "value", 0, "id")
	remove := tenant.Inject(Fault{Tenant: "swap"})
	if other := dig(c.get("/organization"), "value", 0, "id"); other == mine || other == nil {
		t.Errorf("the other tenant has the id %v", other)
	}
	rooms, _ := c.all("/places/microsoft.graph.room")
	foreign := c.get("/users/" + c.at.Organizer + "/events")
	remove()
	if len(rooms) != 12 || !strings.HasSuffix(rooms[0]["emailAddress"].(string), "@adatum.example") || foreign["value"] == nil {
		t.Errorf("the other tenant's rooms: %v", rooms[0])
	}
	if back := dig(c.get("/organization"), "value", 0, "id"); back != mine {
		t.Error("the tenant did not come back")
	}

	before := c.get("/users/" + c.at.Organizer + "/events?$top=1000")["value"].([]any)
	made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(tenant.Rooms()[0].Mailbox, tenant.quiet(), time.Hour))
	tenant.Clock().Advance(2 * time.Hour)
	gone := dig(before[0], "id").(string)
	c.send(204, request{method: "DELETE", path: "/users/" + c.at.Organizer + "/events/" + gone})
	remove = tenant.Inject(Fault{Tenant: "restore_old"})
	old := c.get("/users/" + c.at.Organizer + "/events?$top=1000")["value"].([]any)
	remove()
	ids := func(list []any) (out []string) {
		for _, e := range list {
			out = append(out, dig(e, "id").(string))
		}
		return out
	}
	if have := ids(old); !slices.Contains(have, gone) || !slices.Contains(have, made["id"].(string)) || len(have) != len(before)+1 {
		t.Errorf("an hour ago: %d entries, want %d", len(have), len(before)+1)
	}
	remove = tenant.Inject(Fault{Tenant: "restore_old", By: Duration(3 * time.Hour)})
	if have := ids(c.get("/users/" + c.at.Organizer + "/events?$top=1000")["value"].([]any)); !slices.Equal(have, ids(before)) {
		t.Errorf("three hours ago: %d entries, want %d", len(have), len(before))
	}
	remove()

	now := tenant.Clock().Now()
	tenant.Inject(Fault{Path: "/organization", Times: 1, Clock: "jump", By: Duration(90 * time.Second)})
	r := c.send(200, request{method: "GET", path: "/organization"})
	if date, err := time.Parse(time.RFC1123, r.header.Get("Date")); err != nil || date.Sub(now) < 89*time.Second {
		t.Errorf("the clock jumped to %v from %v", date, now)
	}
	tenant.Inject(Fault{Path: "/organization", Times: 1, Clock: "freeze"})
	c.get("/organization")
	if tenant.Clock().Speed() != 0 {
		t.Error("the clock is not frozen")
	}
	tenant.Inject(Fault{Path: "/organization", Times: 1, Clock: "run"})
	tenant.Inject(Fault{Path: "/places", Times: 1, Clock: "zone", By: Duration(-2 * time.Hour)})
	c.get("/organization")
	r = c.send(200, request{method: "GET", path: "/places/graph.room"})
	if date, err := time.Parse(time.RFC1123, r.header.Get("Date")); err != nil || tenant.Clock().Now().Sub(date) < 110*time.Minute || tenant.Clock().Speed() != 1 {
		t.Errorf("the date is %v, the tenant's time %v", date, tenant.Clock().Now())
	}
	// Last, as the token is no good any more.
	tenant.Inject(Fault{Path: "/organization", Token: &entra.Disturbance{Do: "expire"}})
	if r := c.send(401, request{method: "GET", path: "/organization"}); r.errorCode() != "InvalidAuthenticationToken" {
		t.Errorf("%s", r.raw)
	}
}

func statusText(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

// The random schedule is the same for the same seed, valid, and different for
// another.
func TestRandomFaults(t *testing.T) {
	a, err := RandomFaults(5, 200)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := RandomFaults(5, 200)
	other, _ := RandomFaults(6, 200)
	kinds := map[string]bool{}
	same := 0
	for i := range a {
		if err := a[i].Validate(); err != nil {
			t.Error(err)
		}
		if a[i].name() != b[i].name() || a[i].Nth != b[i].Nth || a[i].Path != b[i].Path {
			t.Fatalf("fault %d differs: %+v %+v", i, a[i], b[i])
		}
		if a[i].Nth == other[i].Nth && a[i].Method == other[i].Method {
			same++
		}
		kinds[strings.Split(a[i].effects()[0], "(")[0]] = true
	}
	if same > 50 || len(kinds) < 15 {
		t.Errorf("%d equal to those of another seed; kinds %v", same, kinds)
	}
	only, err := RandomFaults(1, 10, "batch")
	if err != nil || only[3].Batch == "" {
		t.Errorf("%+v %v", only[3], err)
	}
	if _, err := RandomFaults(1, 1, "purple"); err == nil {
		t.Error("an unknown kind is accepted")
	}
}

func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{`[]`, `{"garble":"bom"}`, `[{"nth":-1}]`, `{"lie":{"field":"a.b","how":"value","value":1}}`, `{"fail":{"status":429,"retry_after":"NaN"},"chance":0.5}`,
		`{"token":{"do":"skew","for":"2h"}}`, `{"path":"[","reset_before":true}`, `{"path":"/a/[*","drip":1}`, `{"clock":"jump","by":1e300}`, "\xef\xbb\xbf{\"delay\":\"1s\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		faults, err := ParseFaults(raw)
		if err != nil {
			return
		}
		for _, fault := range faults {
			if fault.Validate() != nil {
				t.Errorf("an invalid fault was let through: %+v", fault)
			}
			fault.matches(&call{method: "GET", path: "/v1.0/users/x/events", entry: &Entry{}})
		}
	})
}
