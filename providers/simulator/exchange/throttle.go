package exchange

import (
	"fmt"
	"time"
)

// budget is the use that one account makes of the server.
type budget struct {
	inFlight, peak int
	hanging        int
	requests       int // in the window
	begun          time.Time
	until          time.Time // of an announced back-off
	total, refused int
	early          int
}

// Usage is what an account has used, for the control address.
type Usage struct {
	Account   string `json:"account"`
	Requests  int    `json:"requests"`
	Refused   int    `json:"refused"`
	Early     int    `json:"early"`
	Peak      int    `json:"peak"`
	Streaming int    `json:"streaming"`
}

// Usage lists what accounts have used, by account.
func (s *Server) Usage() []Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Usage{}
	for name, b := range s.budgets {
		out = append(out, Usage{Account: name, Requests: b.total, Refused: b.refused, Early: b.early, Peak: b.peak, Streaming: b.hanging})
	}
	return out
}

// budget gives an account's. The lock is held.
func (s *Server) budget(account string) *budget {
	b := s.budgets[account]
	if b == nil {
		b = &budget{}
		s.budgets[account] = b
	}
	return b
}

// enter counts a request that arrives and decides whether it is served. What is
// asked of one mailbox after another by impersonation counts for the account.
func (c *Call) enter() (leave func(), busy *Error) {
	now := c.s.model.Now()
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	b := c.s.budget(c.who.account())
	b.total++
	if now.Sub(b.begun) >= c.settings.window() || now.Before(b.begun) {
		b.begun, b.requests = now, 0
	}
	b.requests++
	if now.Before(b.until) {
		c.Early = true
		b.early++
	}
	limit := c.settings.Limits.Requests
	switch {
	case !c.settings.Enforce:
	case now.Before(b.until):
		busy = serverBusy(b.until.Sub(now))
	case limit > 0 && b.requests > limit:
		wait := b.begun.Add(c.settings.window()).Sub(now)
		b.until = now.Add(wait)
		busy = serverBusy(wait)
	case b.inFlight >= c.settings.concurrency():
		busy = fail("ErrorExceededConnectionCount")
	}
	if busy != nil {
		b.refused++
		return nil, busy
	}
	b.inFlight++
	b.peak = max(b.peak, b.inFlight)
	return func() {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		b.inFlight--
	}, nil
}

// serverBusy is the refusal that says how long to wait, for the whole account.
func serverBusy(wait time.Duration) *Error {
	e := fail("ErrorServerBusy")
	e.Values = [][2]string{{"BackOffMilliseconds", fmt.Sprint(max(wait.Milliseconds(), 1))}}
	return e
}

// announce notes a back-off that a fault asked an account for.
func (s *Server) announce(account string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.budget(account)
	if until := s.model.Now().Add(wait); until.After(b.until) {
		b.until = until
	}
}
