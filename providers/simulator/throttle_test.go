package simulator

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// hang fills a mailbox with n requests that wait for the tenant's end.
func hang(t *testing.T, tenant *Tenant, c *client, mailbox string, n int) (done *sync.WaitGroup) {
	t.Helper()
	before := inFlight(tenant, mailbox)
	tenant.Inject(Fault{Path: "/users/*/calendar", Mailbox: mailbox, Times: n, CommitThen: "hang"})
	done = &sync.WaitGroup{}
	for range n {
		done.Go(func() {
			if _, err := c.try(request{method: "GET", path: "/users/" + mailbox + "/calendar"}); err == nil {
				t.Error("a hanging request was answered")
			}
		})
	}
	waitFor(t, func() bool { return inFlight(tenant, mailbox) == before+n })
	return done
}

func inFlight(tenant *Tenant, mailbox string) int {
	n := 0
	for _, b := range tenant.Usage().Boxes {
		if b.Mailbox == mailbox {
			n += b.InFlight
		}
	}
	return n
}

// Four at a time for each mailbox, and the ledger says who comes early (F-063).
func TestThrottle(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := start(t, Options{Seed: 44, Rooms: 12, People: 6, Throttle: true, Now: clock.now})
	path := "/users/" + c.at.Organizer + "/calendar"
	hanging := hang(t, tenant, c, c.at.Organizer, 4)
	fifth := c.send(429, request{method: "GET", path: path})
	if fifth.errorCode() != "ApplicationThrottled" || fifth.header.Get("Retry-After") != "1" || !strings.Contains(string(fifth.raw), "MailboxConcurrency") {
		t.Errorf("Retry-After %q: %s", fifth.header.Get("Retry-After"), fifth.raw)
	}
	// Too early: it counts, and the wait grows.
	sixth := c.send(429, request{method: "GET", path: path})
	if sixth.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q for coming early, want 2", sixth.header.Get("Retry-After"))
	}
	c.get("/users/" + c.at.TestMailbox + "/mailboxSettings") // another mailbox is free
	var early []bool
	for _, e := range tenant.Ledger() {
		if e.Status == 429 {
			early = append(early, e.Early)
			if e.Concurrency != 5 {
				t.Errorf("concurrency %d in the ledger, want 5", e.Concurrency)
			}
		}
	}
	if len(early) != 2 || early[0] || !early[1] {
		t.Errorf("early: %v, want only the second", early)
	}
	u := tenant.Usage()
	if u.Refused != 2 || u.Early != 1 || u.Over != 2 || u.Boxes[0].Mailbox > u.Boxes[len(u.Boxes)-1].Mailbox {
		t.Errorf("usage: %d refused, %d early, %d over", u.Refused, u.Early, u.Over)
	}
	if err := tenant.Close(); err != nil {
		t.Error(err)
	}
	hanging.Wait()
}

// Ten thousand requests in ten minutes, then the window must end; who comes before
// that waits longer.
func TestThrottleCountsRequests(t *testing.T) {
	for _, sliding := range []bool{false, true} {
		t.Run(fmt.Sprint("sliding ", sliding), func(t *testing.T) {
			clock := newClock(time.Now())
			q := PublishedQuota()
			q.Requests, q.Sliding = 5, sliding
			tenant, c := start(t, Options{Seed: 46, Rooms: 2, People: 2, Quota: &q, Now: clock.now})
			path := "/users/" + c.at.Organizer + "/calendar"
			c.get(path)
			clock.advance(9 * time.Minute)
			for range 4 {
				c.get(path)
			}
			// A fixed window ends as a whole. In a sliding one the refused request
			// counts as well, so two must fall out of it.
			want := map[bool]int{false: 60, true: 600}[sliding]
			if r := c.send(429, request{method: "GET", path: path}); r.header.Get("Retry-After") != strconv.Itoa(want) {
				t.Errorf("Retry-After %q, want %d", r.header.Get("Retry-After"), want)
			}
			clock.advance(time.Duration(want) * time.Second)
			c.get(path)
			if u := tenant.Usage(); u.Early != 0 || u.Refused != 1 {
				t.Errorf("usage %+v", u)
			}
		})
	}
}

// The limits of applications and mailboxes: what each counts, and what it leaves
// alone.
func TestQuotaModels(t *testing.T) {
	for _, v := range []struct {
		name         string
		other, third int // status of a request to another mailbox while four hang
	}{{"published", 200, 429}, {"per_app", 429, 429}, {"per_mailbox", 200, 429}, {"none", 200, 200}, {"directory_only", 200, 200}} {
		t.Run(v.name, func(t *testing.T) {
			q, err := QuotaNamed(v.name)
			if err != nil {
				t.Fatal(err)
			}
			tenant, c := start(t, Options{Seed: 47, Rooms: 2, People: 3, Quota: &q})
			hanging := hang(t, tenant, c, c.at.Organizer, 4)
			c.send(v.other, request{method: "GET", path: "/users/" + c.at.TestMailbox + "/calendar"})
			c.send(v.third, request{method: "GET", path: "/users/" + c.at.Organizer + "/calendar"})
			c.get("/organization")
			if err := tenant.Close(); err != nil {
				t.Error(err)
			}
			hanging.Wait()
		})
	}
	if _, err := QuotaNamed("purple"); err == nil {
		t.Error("an unknown model is accepted")
	}
}

// The directory charges by the kind of request and says so.
func TestDirectoryUnits(t *testing.T) {
	clock := newClock(time.Now())
	q := PublishedQuota()
	q.Units = 20
	tenant, c := start(t, Options{Seed: 48, Rooms: 2, People: 30, Quota: &q, Now: clock.now})
	for _, v := range []struct {
		path string
		unit string
	}{
		{"/users", "2"}, {"/users?$select=id", "1"}, {"/users?$top=5", "1"}, {"/users?$top=50", "2"}, {"/users/" + c.at.Organizer, "2"},
		{"/organization", "1"}, {"/organization?$select=id", "1"}, {"/users/" + c.at.Organizer + "/calendar", ""}, {"/places/microsoft.graph.room", ""},
	} {
		r := c.send(200, request{method: "GET", path: v.path})
		if got := r.header.Get("x-ms-resource-unit"); got != v.unit {
			t.Errorf("%s costs %q, want %q", v.path, got, v.unit)
		}
		clock.advance(10 * time.Second)
	}
	var last reply
	for n := range 10 { // 20 units
		last = c.send(200, request{method: "GET", path: "/users"})
		if p := last.header.Get("x-ms-throttle-limit-percentage"); (p != "") != (n >= 7) {
			t.Errorf("request %d: percentage %q", n, p)
		}
	}
	if p := last.header.Get("x-ms-throttle-limit-percentage"); p != "1.00" {
		t.Errorf("percentage %q of a full bucket", p)
	}
	r := c.send(429, request{method: "GET", path: "/users"})
	if r.errorCode() != "TooManyRequests" || r.header.Get("Retry-After") != "1" || r.header.Get("x-ms-throttle-information") != "ResourceUnitLimitExceeded" ||
		r.header.Get("x-ms-throttle-scope") != "Tenant_Application/ReadWrite/"+c.at.ClientID+"/"+c.at.TenantID {
		t.Errorf("%v %s", r.header, r.raw)
	}
	clock.advance(time.Second) // two units have come back
	c.get("/users")
	clock.advance(10 * time.Second)
	for range 9 {
		c.get("/users", "x-ms-throttle-priority", "low")
	}
	c.send(429, request{method: "GET", path: "/organization", header: []string{"x-ms-throttle-priority", "low"}})
	for _, users := range []struct{ n, units int }{{49, 3500}, {50, 5000}, {500, 5000}, {501, 8000}} {
		if got := directoryUnits(users.n); got != users.units {
			t.Errorf("%d users have %d units", users.n, got)
		}
	}
	if u := tenant.Usage(); u.Apps[len(u.Apps)-1].PeakUnits != 20 {
		t.Errorf("peak of %v units", u.Apps)
	}
}

// The limits over all requests, on uploads, and their forms.
func TestOtherLimits(t *testing.T) {
	clock := newClock(time.Now())
	q := PublishedQuota()
	q.Global, q.Fractional, q.Varied = 10, true, true
	_, c := start(t, Options{Seed: 49, Rooms: 2, People: 2, Quota: &q, Now: clock.now})
	for range 10 {
		c.get("/organization")
	}
	clock.advance(8500 * time.Millisecond)
	codes := map[string]bool{}
	for n := range 4 {
		r := c.send(429, request{method: "GET", path: "/places/microsoft.graph.room"})
		codes[r.errorCode()] = true
		if n == 0 && r.header.Get("Retry-After") != "1.500" {
			t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
		}
	}
	if len(codes) != len(limitCodes) {
		t.Errorf("codes %v", codes)
	}
	q = PublishedQuota()
	q.Upload = 3000
	_, c = start(t, Options{Seed: 49, Rooms: 2, People: 2, Quota: &q, Now: clock.now})
	body := object{"schedules": []string{strings.Repeat("x", 2000)}, "startTime": object{"dateTime": "2026-01-01T00:00:00", "timeZone": "UTC"}, "endTime": object{"dateTime": "2026-01-02T00:00:00", "timeZone": "UTC"}}
	c.post(200, "/users/"+c.at.Organizer+"/calendar/getSchedule", body)
	if r := c.send(429, request{method: "POST", path: "/users/" + c.at.Organizer + "/calendar/getSchedule", body: body}); !strings.Contains(string(r.raw), "MailboxUpload") {
		t.Errorf("%s", r.raw)
	}
}

// Without enforcement all is counted, so that a test can hold a client to the
// limits; and two applications do not share a mailbox's limit.
func TestUsageWithoutEnforcement(t *testing.T) {
	tenant, c := start(t, Options{Seed: 50, Rooms: 2, People: 2})
	hanging := hang(t, tenant, c, c.at.Organizer, 6)
	u := tenant.Usage()
	if u.Enforced || u.Refused != 0 || u.Over != 2 {
		t.Errorf("%d refused, %d over the limit, want 0 and 2", u.Refused, u.Over)
	}
	tenant.ResetUsage()
	if u = tenant.Usage(); u.Over != 0 || inFlight(tenant, c.at.Organizer) != 6 {
		t.Errorf("after a reset: %d over, %d in flight", u.Over, inFlight(tenant, c.at.Organizer))
	}
	if err := tenant.Close(); err != nil {
		t.Error(err)
	}
	hanging.Wait()
	waitFor(t, func() bool { return inFlight(tenant, c.at.Organizer) == 0 })
}

func TestLatencyKinds(t *testing.T) {
	tenant, _ := start(t, Options{Rooms: 2, People: 2, Seed: 7})
	tenant.options.Latency, tenant.options.LatencyJitter = time.Second, time.Second
	tenant.options.LatencyFor = map[string]time.Duration{"delta": time.Minute, "token": 0}
	seen := map[time.Duration]bool{}
	for n := range int64(20) {
		c := &call{t: tenant, entry: &Entry{N: n}, segments: []string{"users", "x", "calendarView", "delta"}, method: "GET", mailbox: tenant.world.all[0]}
		d := c.latency()
		if d < time.Minute || d >= time.Minute+time.Second || d != c.latency() {
			t.Errorf("latency %v", d)
		}
		seen[d] = true
	}
	if len(seen) < 10 {
		t.Errorf("%d different latencies of 20", len(seen))
	}
	if _, err := (Options{LatencyFor: map[string]time.Duration{"purple": 1}}).withDefaults(); err == nil {
		t.Error("an unknown kind of request is accepted")
	}
}
