package ews

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"roomdesk/providers"
)

// call is one request and what is known about it.
type call struct {
	op        string            // in words, for errors: "reading rooms"
	operation string            // of EWS: "FindItem"
	want      []string          // local names of the elements of the answer that are kept
	mailbox   providers.Address // whose limits it falls under; "" is none
	how       manner
	folder    string // the well-known folder that it names, for the audit
	zone      string // Windows name for the TimeZoneContext
	body      func(w *writer, how manner)
	write     bool // may not be repeated once it may have been worked on
	tries     int  // at most so many; 0 is [maxTries]
	each      bool // messages fail for themselves, so none of them fails the call
	affinity  *affinity
}

const (
	maxTries            = 5
	interactivePatience = 15 * time.Second
	backgroundPatience  = time.Minute
	maxRedirects        = 3
)

// timing has the durations that tests shorten.
type timing struct {
	answer         time.Duration // until the answer begins
	progress       time.Duration // for each step of its body
	floor, ceiling time.Duration // of pauses between tries
}

// engine sends requests.
type engine struct {
	config  Config
	url     atomic.Pointer[url.URL]
	home    *url.URL // as configured
	online  bool     // it is Exchange Online
	clients []*http.Client
	bases   []*http.Transport
	gate    *gate
	log     *slog.Logger
	now     func() time.Time
	rand    func() float64
	wait    func(context.Context, time.Duration) error
	timing  timing

	requests atomic.Int64
	served   atomic.Pointer[time.Time] // Date of the newest answer
	server   atomic.Pointer[string]    // version that it names
	life     context.Context
	stop     context.CancelFunc
	guard    *guard
}

func newEngine(config Config, at *url.URL) *engine {
	inFlight := config.MaxInFlight
	if inFlight == 0 {
		inFlight = defaultInFlight
	}
	e := &engine{
		config: config, home: at, online: config.isOnlineService(at.Hostname()), log: config.Logger, now: config.Now, rand: rand.Float64, wait: sleep,
		timing: timing{answer: 75 * time.Second, progress: 20 * time.Second, floor: time.Second, ceiling: time.Minute},
	}
	if e.config.UserAgent == "" {
		e.config.UserAgent = "roomdesk"
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.now == nil {
		e.now = time.Now
	}
	inFlight = min(inFlight, maxInFlight)
	e.guard = &guard{now: e.now, judged: config.Judged}
	for range inFlight {
		client, base := newClient(e.config, e.guard)
		e.clients, e.bases = append(e.clients, client), append(e.bases, base)
	}
	e.gate = newGate(inFlight, e.now)
	e.url.Store(at)
	e.life, e.stop = context.WithCancel(context.Background())
	return e
}

func (e *engine) close() {
	e.stop()
	e.gate.close()
	for _, base := range e.bases {
		base.CloseIdleConnections()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do sends the request until it succeeds, may not be repeated, or is out of tries, and
// gives the wanted elements. Errors are *providers.Error.
func (e *engine) do(ctx context.Context, c call) ([]*node, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	body := envelope(c.how, c.mailbox, c.zone, func(w *writer) { c.body(w, c.how) })
	if c.how == asItself && e.config.Token != nil && e.config.TestMailbox != "" {
		// An application has no mailbox of its own: Exchange answers it only as somebody.
		body = envelope(asOwner, e.config.TestMailbox, c.zone, func(w *writer) { c.body(w, asOwner) })
	}
	refused := ""
	began := e.now()
	for attempt := 1; ; attempt++ {
		parts, token, failure := e.attempt(ctx, c, body, refused, attempt)
		if failure == nil {
			return parts, nil
		}
		failure.Op, failure.Mailbox = c.op, c.mailbox
		if failure.Class == providers.SignedOut && failure.Status == http.StatusUnauthorized && token != "" && refused == "" {
			refused = token
			continue
		}
		pause, again := e.again(ctx, c, failure, attempt)
		if failure.Class == providers.Throttled && e.now().Sub(began)+failure.RetryAfter > patience(ctx) {
			again = false // it was waited for long enough: whoever asked can do something else meanwhile
		}
		if !again {
			return nil, failure
		}
		e.log.Debug("trying again", "op", c.op, "mailbox", string(c.mailbox), "attempt", attempt, "class", string(failure.Class), "code", failure.Code, "pause", pause)
		if err := e.wait(ctx, pause); err != nil {
			ended := transportError(ctx, err)
			ended.Op, ended.Mailbox = c.op, c.mailbox
			return nil, ended
		}
	}
}

// again decides whether a failed attempt is followed by another, and after which pause.
// The pause of a throttling answer is kept by the gate.
func (e *engine) again(ctx context.Context, c call, failure *providers.Error, attempt int) (time.Duration, bool) {
	if ctx.Err() != nil || attempt >= cmp.Or(c.tries, maxTries) {
		return 0, false
	}
	switch failure.Class {
	case providers.Throttled:
		return 0, failure.Status != 0 && failure.RetryAfter <= patience(ctx)
	case providers.Transient:
		if c.write || failure.RetryAfter > patience(ctx) {
			return 0, false
		}
		return max(failure.RetryAfter, e.backoff(attempt)), true
	case providers.Foreign:
		// A damaged answer of the service itself is read once more.
		return e.timing.floor, failure.Status == http.StatusOK && failure.Err != nil && !c.write && attempt == 1
	}
	return 0, false
}

// backoff is exponential with full jitter above a floor.
func (e *engine) backoff(attempt int) time.Duration {
	span := min(e.timing.ceiling, e.timing.floor<<min(attempt-1, 10))
	return e.timing.floor/2 + time.Duration(e.rand()*float64(span))
}

func patience(ctx context.Context) time.Duration {
	if providers.PriorityOf(ctx) >= providers.Interactive {
		return interactivePatience
	}
	return backgroundPatience
}

// attempt sends the request once and reads the answer. token is the bearer token that
// was used, "" with a password.
func (e *engine) attempt(ctx context.Context, c call, body []byte, refused string, attempt int) (parts []*node, token string, failure *providers.Error) {
	var secret string
	var err error
	if e.config.Token != nil {
		if token, err = e.config.Token.Token(ctx, refused); err != nil {
			return nil, "", transportError(ctx, err)
		}
	} else {
		if secret, err = e.config.Password(ctx); err == nil {
			err = e.guard.resting(secret)
		}
		if err != nil {
			return nil, "", transportError(ctx, err)
		}
	}
	priority := min(max(providers.PriorityOf(ctx), providers.Background), providers.Interactive)
	slot, leave, err := e.gate.enter(ctx, c.mailbox, priority, patience(ctx))
	if err != nil {
		return nil, token, transportError(ctx, err)
	}
	defer leave()
	e.requests.Add(1)
	x := Exchange{Operation: c.operation, Mailbox: c.mailbox, Folder: c.folder, Attempt: attempt, Start: e.now()}
	parts, failure = e.send(ctx, e.clients[slot], c, body, token, secret, &x)
	x.Duration = e.now().Sub(x.Start)
	if failure != nil {
		x.Class, x.Code = failure.Class, failure.Code
		if failure.RequestID == "" {
			failure.RequestID = x.RequestID
		}
		if failure.Class == providers.Throttled {
			if failure.RetryAfter == 0 {
				failure.RetryAfter = e.backoff(attempt)
			}
			failure.Scope = providers.ScopeApp
			e.gate.throttle(failure.RetryAfter)
			e.log.Info("the service asked to wait", "op", c.op, "mailbox", string(c.mailbox), "pause", failure.RetryAfter)
		}
		if failure.Class == providers.SignedOut && token == "" {
			e.guard.refuse(secret, failure)
		}
	}
	if e.config.Audit != nil {
		e.config.Audit(x)
	}
	return parts, token, failure
}
