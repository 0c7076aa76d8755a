package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"roomdesk/providers"
)

// repeat says when the same request may leave again.
type repeat int

const (
	// repeatRefused repeats only what the service refused to work on: throttling
	// and a token that was not accepted. For writes.
	repeatRefused repeat = iota
	// repeatAlways repeats also what may have been worked on: reads, pure queries
	// by POST, and writes of which a second one finds nothing left to do.
	repeatAlways
)

// call is one request and what is known about it.
type call struct {
	op         string // in words, for errors: "reading rooms"
	method     string // "" is GET
	url        string // absolute; checked once more before the token is added
	body       []byte // JSON; nil: none
	header     http.Header
	mailbox    providers.Address // whose limits it falls under; "" is none
	repeat     repeat
	permission string // which one a refusal means, for advice
	object     bool   // names one object: a bare 404 means that it is gone
	limit      int64  // of the answer; 0 is objectLimit
	tries      int    // 0 is maxTries
}

const (
	// maxTries bounds the attempts of one request.
	maxTries = 5
	// Patience is how long a request waits for a pause that the service asked
	// for, before it fails as throttled and its caller plans anew.
	interactivePatience = 15 * time.Second
	backgroundPatience  = time.Minute
)

// timing has the durations that tests shorten.
type timing struct {
	readHeader, writeHeader time.Duration // until the answer begins
	progress                time.Duration // for each step of a body
	floor, ceiling          time.Duration // of pauses between tries
}

// engine sends requests: see the package's documentation for the order of what
// happens to each.
type engine struct {
	http   *http.Client
	base   *http.Transport
	roots  roots
	tokens *tokens
	gate   *gate
	agent  string
	log    *slog.Logger
	audit  func(Exchange)
	now    func() time.Time
	rand   func() float64
	wait   func(context.Context, time.Duration) error
	timing timing

	requests atomic.Int64
	served   atomic.Pointer[time.Time] // Date of the newest answer
	stop     context.CancelFunc
	life     context.Context
}

func newEngine(config Config, roots roots) (*engine, error) {
	inFlight := config.MaxInFlight
	switch {
	case inFlight < 0:
		return nil, badConfig("the number of requests in flight cannot be negative")
	case inFlight == 0:
		inFlight = defaultInFlight
	}
	inFlight = min(inFlight, maxInFlight)
	e := &engine{
		base: newTransport(config, inFlight), roots: roots,
		agent: config.UserAgent, log: config.Logger, audit: config.Audit,
		now: config.Now, rand: rand.Float64, wait: wait,
		timing: timing{readHeader: 40 * time.Second, writeHeader: 75 * time.Second, progress: 20 * time.Second,
			floor: time.Second, ceiling: time.Minute},
	}
	if e.agent == "" {
		e.agent = "roomdesk"
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.now == nil {
		e.now = time.Now
	}
	keepAnswer := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var transport http.RoundTripper = e.base
	if config.Around != nil {
		transport = config.Around(transport)
	}
	e.http = &http.Client{Transport: transport, CheckRedirect: keepAnswer}
	e.gate = newGate(inFlight, e.now)
	e.life, e.stop = context.WithCancel(context.Background())
	e.tokens = &tokens{
		client: &entraClient{http: e.http, roots: roots, wait: e.wait, rand: e.rand, now: e.now},
		source: config.Credentials, person: config.Person,
		clientID: config.ClientID, roots: roots, now: e.now, life: e.life,
	}
	return e, nil
}

func (e *engine) close() {
	e.stop()
	e.gate.close()
	e.tokens.close()
	e.base.CloseIdleConnections()
}

func (e *engine) stats() Stats {
	s := Stats{Requests: e.requests.Load()}
	e.gate.fill(&s)
	return s
}

// wait sleeps unless the context ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is the part of a successful answer that a reader sees.
type answer struct {
	status int
	header http.Header
	body   io.Reader // decompressed; empty where there is none
}

// do sends the request until it succeeds, may not be repeated, or is out of
// tries. read is called for each 2xx answer, so it must start anew each time; an
// error of read counts as a damaged answer. Errors are *providers.Error.
func (e *engine) do(ctx context.Context, c call, read func(answer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	tries := c.tries
	if tries == 0 {
		tries = maxTries
	}
	renewed := false
	for attempt := 1; ; attempt++ {
		used, failure := e.attempt(ctx, c, attempt, read)
		if failure == nil {
			return nil
		}
		failure.Op, failure.Mailbox = c.op, c.mailbox
		var challenge *challenge
		if failure.Class == providers.SignedOut && errors.As(failure.Err, &challenge) && !renewed {
			renewed = true
			if again, err := e.tokens.renew(ctx, used, challenge.claims); again {
				continue
			} else if err != nil {
				return err
			}
		}
		pause, again := e.again(ctx, c, failure, attempt, tries)
		if !again {
			return failure
		}
		e.log.Debug("trying again", "op", c.op, "mailbox", string(c.mailbox), "attempt", attempt, "class", string(failure.Class), "status", failure.Status, "pause", pause)
		if err := e.wait(ctx, pause); err != nil {
			ended := transportError(ctx, err)
			ended.Op, ended.Mailbox = c.op, c.mailbox
			return ended
		}
	}
}

// again decides whether a failed attempt is followed by another, and after which
// pause. The pause of a throttling answer is kept by the gate.
func (e *engine) again(ctx context.Context, c call, failure *providers.Error, attempt, tries int) (time.Duration, bool) {
	if ctx.Err() != nil || attempt >= tries {
		return 0, false
	}
	switch failure.Class {
	case providers.Throttled:
		return 0, failure.Status != 0 && failure.RetryAfter <= patience(ctx)
	case providers.Transient:
		if c.repeat != repeatAlways || failure.RetryAfter > patience(ctx) {
			return 0, false
		}
		return max(failure.RetryAfter, backoff(attempt, e.timing.floor/2, e.timing.ceiling, e.rand)), true
	case providers.Foreign:
		// Damaged JSON with the service's own status is read once more.
		damaged := failure.Status == http.StatusOK && failure.Err != nil
		return e.timing.floor, damaged && c.repeat == repeatAlways && attempt == 1
	}
	return 0, false
}

func patience(ctx context.Context) time.Duration {
	if providers.PriorityOf(ctx) >= providers.Interactive {
		return interactivePatience
	}
	return backgroundPatience
}

// attempt sends the request once and reads the answer. It returns the token used.
func (e *engine) attempt(ctx context.Context, c call, attempt int, read func(answer) error) (used string, failure *providers.Error) {
	req, err := e.request(ctx, c)
	if err != nil {
		return "", transportError(ctx, err)
	}
	if used, err = e.tokens.get(ctx); err != nil {
		return "", transportError(ctx, err)
	}
	priority := min(max(providers.PriorityOf(ctx), providers.Background), providers.Interactive)
	leave, err := e.gate.enter(ctx, c.mailbox, priority, patience(ctx))
	if err != nil {
		return used, transportError(ctx, err)
	}
	defer leave()
	req.Header.Set("Authorization", "Bearer "+used)
	e.requests.Add(1)
	exchange := Exchange{Method: req.Method, Path: req.URL.Path, Mailbox: c.mailbox, Attempt: attempt, Start: e.now()}
	failure = e.send(ctx, req, c, read, &exchange)
	exchange.Duration = e.now().Sub(exchange.Start)
	switch {
	case failure == nil:
		e.gate.succeed()
	default:
		exchange.Class = failure.Class
		switch {
		case failure.Class == providers.Throttled:
			e.throttled(c, failure, attempt)
		case failure.RetryAfter > 0 && c.mailbox != "":
			e.gate.pause(c.mailbox, failure.RetryAfter)
		}
	}
	if e.audit != nil {
		e.audit(exchange)
	}
	return used, failure
}

// throttled closes the gate for as long as the service asked, or, where it did
// not say, for a growing time.
func (e *engine) throttled(c call, failure *providers.Error, attempt int) {
	if failure.RetryAfter == 0 {
		failure.RetryAfter = backoff(attempt, e.timing.floor, e.timing.ceiling, e.rand)
	}
	e.gate.throttle(c.mailbox, failure.Scope, failure.RetryAfter)
	e.log.Info("the service asked to wait", "op", c.op, "mailbox", string(c.mailbox), "scope", string(failure.Scope), "pause", failure.RetryAfter)
}

// request builds one attempt's request and makes sure that it leaves for the
// configured host only.
func (e *engine) request(ctx context.Context, c call) (*http.Request, error) {
	method := c.method
	if method == "" {
		method = http.MethodGet
	}
	var text io.Reader
	if c.body != nil {
		text = bytes.NewReader(c.body) // gives the length and a way to send it again
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url, text)
	if err != nil {
		return nil, &providers.Error{Class: providers.Permanent, Message: providers.Outside("the request cannot be made"), Err: inner(err)}
	}
	if err := e.roots.checkLink(c.url, ""); err != nil {
		return nil, err
	}
	req.Header = c.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", e.agent)
	return req, nil
}

// send makes the exchange under the watchdog.
func (e *engine) send(ctx context.Context, req *http.Request, c call, read func(answer) error, exchange *Exchange) *providers.Error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	first := e.timing.readHeader
	if c.repeat == repeatRefused {
		first = e.timing.writeHeader
	}
	dog := newWatchdog(first, e.timing.progress, func() { cancel(errStalled) })
	defer dog.stop()

	resp, err := e.http.Do(req.WithContext(ctx))
	if err != nil {
		return stalled(ctx, transportError(ctx, err))
	}
	defer resp.Body.Close()
	dog.feed()
	e.noteDate(resp.Header)
	exchange.Status, exchange.RequestID = resp.StatusCode, requestID(resp.Header)

	limit := c.limit
	if limit == 0 {
		limit = objectLimit
	}
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	if !success {
		limit = refusalLimit
	}
	text, err := openBody(resp, limit, dog.feed)
	if err != nil {
		if !success {
			return e.refusal(resp, nil, c)
		}
		return stalled(ctx, withStatus(decodeError(err), exchange))
	}
	defer text.finish()
	defer func() { exchange.Bytes = text.came }()
	if !success {
		start, _ := io.ReadAll(io.LimitReader(text, refusalLimit-1)) // a damaged refusal still has its status
		return e.refusal(resp, start, c)
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusCreated {
		if !isJSON(resp.Header) {
			return withStatus(notOurs(resp.Header), exchange)
		}
	}
	if err := read(answer{resp.StatusCode, resp.Header, text}); err != nil {
		return stalled(ctx, withStatus(decodeError(err), exchange))
	}
	return nil
}

// stalled names the watchdog as the cause where it was.
func stalled(ctx context.Context, failure *providers.Error) *providers.Error {
	if errors.Is(context.Cause(ctx), errStalled) && failure.Class != providers.Foreign {
		failure.Class, failure.Err, failure.Advice = providers.Transient, errStalled, ""
	}
	return failure
}

func withStatus(failure *providers.Error, exchange *Exchange) *providers.Error {
	failure.Status, failure.RequestID = exchange.Status, exchange.RequestID
	return failure
}

// noteDate keeps the service's own clock.
func (e *engine) noteDate(header http.Header) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		e.served.Store(&date)
	}
}

func requestID(header http.Header) string {
	id := header.Get("request-id")
	if len(id) > 128 {
		id = id[:128]
	}
	return providers.Sanitise(id)
}
