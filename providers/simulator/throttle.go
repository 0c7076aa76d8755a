package simulator

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Exchange's published limits for each application and mailbox.
const (
	mailboxConcurrency = 4
	mailboxRequests    = 10_000
	mailboxWindow      = 10 * time.Minute
)

// throttle counts requests to mailboxes. It always counts; it refuses only where
// Options.Throttle says so.
type throttle struct {
	mu    sync.Mutex
	boxes map[int]*gate
}

// gate is the state of one mailbox. One application is modelled, so the
// mailbox alone is the key.
type gate struct {
	inFlight int
	window   time.Time // start of the counting window
	requests int
	retryAt  time.Time // what a Retry-After named
}

func newThrottle() *throttle { return &throttle{boxes: map[int]*gate{}} }

// enter counts a request to a mailbox as in flight.
func (t *throttle) enter(c *call) (leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.boxes[c.mailbox.index]
	if g == nil {
		g = &gate{}
		t.boxes[c.mailbox.index] = g
	}
	g.inFlight++
	c.entry.Concurrency = g.inFlight
	now := c.t.options.Now()
	c.entry.Early = now.Before(g.retryAt)
	if now.Sub(g.window) >= mailboxWindow || now.Before(g.window) {
		g.window, g.requests = now, 0
	}
	g.requests++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		g.inFlight--
	}
}

// refuse answers 429 where the mailbox's limits are exceeded.
func (t *throttle) refuse(c *call) (answer, bool) {
	if !c.t.options.Throttle || c.mailbox == nil {
		return answer{}, false
	}
	t.mu.Lock()
	g := t.boxes[c.mailbox.index]
	now := c.t.options.Now()
	var wait time.Duration
	var limit string
	switch {
	case c.entry.Early:
		wait, limit = g.retryAt.Sub(now), "MailboxConcurrency"
	case c.entry.Concurrency > mailboxConcurrency:
		wait, limit = time.Second, "MailboxConcurrency"
	case g.requests > mailboxRequests:
		wait, limit = mailboxWindow-now.Sub(g.window), "RequestsPerWindow"
	}
	if wait > 0 && now.Add(wait).After(g.retryAt) {
		g.retryAt = now.Add(wait)
	}
	t.mu.Unlock()
	if wait <= 0 {
		return answer{}, false
	}
	a := c.fail(http.StatusTooManyRequests, "ApplicationThrottled",
		fmt.Sprintf("Application is over its %s limit.", limit))
	a.set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return a, true
}

// announce remembers the Retry-After of an injected fault, so that the ledger can
// say who came early.
func (t *throttle) announce(c *call, wait time.Duration) {
	if c.mailbox == nil || wait <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if g := t.boxes[c.mailbox.index]; g != nil {
		if at := c.t.options.Now().Add(wait); at.After(g.retryAt) {
			g.retryAt = at
		}
	}
}
