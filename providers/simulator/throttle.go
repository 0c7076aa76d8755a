package simulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// throttle counts requests against a [Quota]. It always counts; it refuses only
// where it is told to.
type throttle struct {
	mu      sync.Mutex
	quota   Quota
	enforce bool
	apps    map[string]*appGate
	boxes   map[boxKey]*gate
	shared  map[int]int // requests in flight to a mailbox, of all applications
	refused int64
}

// boxKey is an application in a mailbox. Requests that nobody signed have the
// application "".
type boxKey struct {
	app string
	box int
}

// gate is the state of one application in one mailbox.
type gate struct {
	stop
	requests meter
	upload   meter
	inFlight int
	peak     int // of inFlight
	total    int64
}

// appGate is the state of one application.
type appGate struct {
	global      stop
	requests    meter
	total       int64
	inFlight    int // of all requests
	peak        int
	boxInFlight int // of requests to mailboxes
	boxPeak     int

	directory stop
	units     bucket
	writes    meter
	unitCount int64
}

// stop is a wait that was announced.
type stop struct {
	until   time.Time
	wait    time.Duration
	refused int64 // answers 429
	over    int64 // requests beyond a limit, refused or not
	early   int64 // requests before the announced time
}

// verdict is what the limits say about one request, decided at its arrival.
type verdict struct {
	refuse bool
	limit  string
	wait   time.Duration
	units  int     // of the directory
	share  float64 // of the directory's limit
	scope  string
	reason string
}

func newThrottle(o Options) *throttle {
	t := &throttle{quota: PublishedQuota(), enforce: o.Throttle, apps: map[string]*appGate{}, boxes: map[boxKey]*gate{}, shared: map[int]int{}}
	if o.Quota != nil {
		t.quota, t.enforce = *o.Quota, true
	}
	return t
}

// enter counts a request that arrives, decides about it, and counts it as in
// flight until leave.
func (t *throttle) enter(c *call) (leave func()) {
	if c.name(0) == "$batch" {
		return func() {} // its parts are counted, one by one
	}
	quota, forced := c.t.faults.quota(c)
	now := c.t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	enforce := t.enforce || forced
	if !forced {
		quota = t.quota
	}
	app := t.app(c.claims.AppID)
	app.total++
	app.inFlight++
	app.peak = max(app.peak, app.inFlight)
	c.entry.AppConcurrency = app.inFlight
	v := &c.verdict
	if n := app.requests.add(now, quota.globalWindow(), 1, quota.Sliding); quota.Global > 0 && n > int64(quota.Global) {
		v.beyond("GlobalRequests", app.requests.wait(now, quota.globalWindow(), int64(quota.Global), quota.Sliding))
	}
	t.stopped(c, &app.global, quota, now, enforce)
	if c.mailbox != nil {
		t.enterMailbox(c, app, quota, now, enforce)
	}
	if units, write := c.resourceUnits(); units > 0 && quota.Units != 0 {
		t.enterDirectory(c, app, quota, now, enforce, units, write)
	}
	v.refuse = v.limit != "" && enforce
	if v.refuse {
		t.refused++
	}
	box, caller := c.mailbox, c.claims.AppID // a fault may take the token away meanwhile
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		app.inFlight--
		if box != nil {
			app.boxInFlight--
			t.boxes[boxKey{caller, box.index}].inFlight--
			t.shared[box.index]--
		}
	}
}

func (t *throttle) app(id string) *appGate {
	a := t.apps[id]
	if a == nil {
		a = &appGate{}
		t.apps[id] = a
	}
	return a
}

func (t *throttle) gate(app string, box int) *gate {
	g := t.boxes[boxKey{app, box}]
	if g == nil {
		g = &gate{}
		t.boxes[boxKey{app, box}] = g
	}
	return g
}

func (t *throttle) enterMailbox(c *call, app *appGate, quota Quota, now time.Time, enforce bool) {
	g := t.gate(c.claims.AppID, c.mailbox.index)
	g.total++
	g.inFlight++
	g.peak = max(g.peak, g.inFlight)
	app.boxInFlight++
	app.boxPeak = max(app.boxPeak, app.boxInFlight)
	t.shared[c.mailbox.index]++
	c.entry.Concurrency = g.inFlight
	atOnce := g.inFlight
	switch quota.Scope {
	case scopeApp:
		atOnce = app.boxInFlight
	case scopeMailbox:
		atOnce = t.shared[c.mailbox.index]
	}
	v := &c.verdict
	if quota.Concurrency > 0 && atOnce > quota.Concurrency {
		v.beyond("MailboxConcurrency", time.Second)
	}
	window := time.Duration(quota.Window)
	if n := g.requests.add(now, max(window, time.Second), 1, quota.Sliding); quota.Requests > 0 && n > int64(quota.Requests) {
		v.beyond("MailboxRequests", g.requests.wait(now, window, int64(quota.Requests), quota.Sliding))
	}
	window = time.Duration(quota.UploadWindow)
	if n := g.upload.add(now, max(window, time.Second), int64(len(c.body)), quota.Sliding); quota.Upload > 0 && n > quota.Upload {
		v.beyond("MailboxUpload", g.upload.wait(now, window, quota.Upload, quota.Sliding))
	}
	t.stopped(c, &g.stop, quota, now, enforce)
}

func (t *throttle) enterDirectory(c *call, app *appGate, quota Quota, now time.Time, enforce bool, units int, write bool) {
	limit := quota.Units
	if limit < 0 {
		limit = directoryUnits(len(c.t.world.all))
	}
	allowed := limit
	if strings.EqualFold(c.header.Get("x-ms-throttle-priority"), "low") {
		allowed = limit * 9 / 10 // what is left is for the others
	}
	v, window := &c.verdict, time.Duration(quota.UnitWindow)
	app.units.take(now, window, limit, 0)
	if wait := app.units.wait(window, allowed, units); wait > 0 {
		v.beyond("ResourceUnitLimitExceeded", wait)
	} else {
		app.units.take(now, window, limit, units)
		app.unitCount += int64(units)
	}
	v.units, v.share = units, app.units.used/float64(limit)
	if write {
		window = time.Duration(quota.WriteWindow)
		if n := app.writes.add(now, max(window, time.Second), 1, quota.Sliding); quota.Writes > 0 && n > int64(quota.Writes) {
			v.beyond("WriteLimitExceeded", app.writes.wait(now, window, int64(quota.Writes), quota.Sliding))
		}
	}
	if v.limit == "ResourceUnitLimitExceeded" || v.limit == "WriteLimitExceeded" {
		v.reason, v.share = v.limit, max(v.share, 1)
		v.scope = "Tenant_Application/ReadWrite/" + c.claims.AppID + "/" + c.t.endpoints.TenantID
	}
	t.stopped(c, &app.directory, quota, now, enforce)
}

// beyond notes that a limit is exceeded; the longest wait counts.
func (v *verdict) beyond(limit string, wait time.Duration) {
	wait = max(wait, time.Millisecond)
	if v.limit == "" || wait > v.wait {
		v.limit, v.wait = limit, wait
	}
}

// stopped keeps the wait that is announced with a refusal, and looks whether the
// request comes before one that was announced earlier. Such a request counts, and
// makes the wait longer by half of what was asked for.
func (t *throttle) stopped(c *call, s *stop, quota Quota, now time.Time, enforce bool) {
	v := &c.verdict
	if now.Before(s.until) {
		s.early++
		c.entry.Early = true
		if enforce {
			if !quota.Lenient {
				s.until = s.until.Add(min(max(s.wait/2, time.Second), 5*time.Minute))
			}
			v.beyond(orText(v.limit, "Backoff"), s.until.Sub(now))
		}
	}
	if v.limit == "" {
		return
	}
	s.over++
	if !enforce {
		return
	}
	s.refused++
	if until := now.Add(v.wait); until.After(s.until) {
		s.until, s.wait = until, v.wait
	}
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// limitCodes are the codes seen with 429, for quotas that vary them.
var limitCodes = []string{"ApplicationThrottled", "TooManyRequests", "activityLimitReached", "ErrorExceededConnectionCount"}

// refuse answers 429 where a limit is exceeded.
func (t *throttle) refuse(c *call) (answer, bool) {
	v := c.verdict
	if !v.refuse {
		return answer{}, false
	}
	code, message := "ApplicationThrottled", "Application is over its "+v.limit+" limit."
	t.mu.Lock()
	if quota := t.quota; quota.Varied {
		code = limitCodes[t.refused%int64(len(limitCodes))]
	} else if v.reason != "" || v.limit == "GlobalRequests" {
		code, message = "TooManyRequests", "Too many requests from this application: "+v.limit+"."
	}
	fractional := t.quota.Fractional
	t.mu.Unlock()
	a := c.fail(http.StatusTooManyRequests, code, message)
	if fractional {
		a.set("Retry-After", strconv.FormatFloat(math.Ceil(v.wait.Seconds()*1000)/1000, 'f', 3, 64))
	} else {
		a.set("Retry-After", strconv.Itoa(int(math.Ceil(v.wait.Seconds()))))
	}
	return a, true
}

// headers are what the directory says about its limits.
func (v verdict) headers(a *answer) {
	if v.units == 0 {
		return
	}
	a.set("x-ms-resource-unit", strconv.Itoa(v.units))
	if v.share >= 0.8 {
		a.set("x-ms-throttle-limit-percentage", fmt.Sprintf("%.2f", min(v.share, 1.8)))
	}
	if v.refuse && v.reason != "" {
		a.set("x-ms-throttle-scope", v.scope)
		a.set("x-ms-throttle-information", v.reason)
	}
}

// announce remembers the Retry-After of an injected fault, so that the ledger can
// say who came early.
func (t *throttle) announce(c *call, wait time.Duration) {
	if wait <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.app(c.claims.AppID).global
	if c.mailbox != nil {
		s = &t.gate(c.claims.AppID, c.mailbox.index).stop
	}
	if at := c.t.options.Now().Add(wait); at.After(s.until) {
		s.until, s.wait = at, wait
	}
}

// globalWindow is the window of an application's requests, never none.
func (q Quota) globalWindow() time.Duration {
	return max(time.Duration(q.GlobalWindow), time.Second)
}
