package hybrid

import (
	"context"
	"errors"
	"sync"
	"time"

	"roomdesk/providers"
)

// Pauses between tries of a part that does not answer. Sign-ins that fail get accounts
// locked, so that they are tried seldom.
const (
	pauseFirst  = 2 * time.Second
	pauseMost   = time.Minute
	pauseLocked = time.Minute
	lockedMost  = 15 * time.Minute
	// inARow is after how many questions in a row that met trouble at the service it is
	// found out whether it is the whole part.
	inARow = 3
	// pauseAsked is the least pause before a question that a person waits for.
	pauseAsked = 5 * time.Second
)

// Gap is a part of an organisation that cannot be asked.
type Gap struct {
	Provider string // as in [providers.Room.Provider]
	Where    string // "on premises"
	Since    time.Time
	Problem  *providers.Problem // with the next try
}

// gate keeps questions from a part whose host or sign-in fails: they fail at once with
// what is known, and one after another is let through to see whether it is over. So a
// part that is down for hours costs a question now and then, and not one for each of its
// mailboxes; and what waited goes on one by one once it answers.
type gate struct {
	mu    sync.Mutex
	err   error // why it is shut; nil: it is open
	since time.Time
	tried time.Time
	tries int
	bad   int  // questions in a row that met trouble
	busy  bool // a question is out to see, or the sign-in is being verified
}

// Gaps are the parts that cannot be asked now.
func (h *Organisation) Gaps() []Gap {
	var out []Gap
	for i := range h.gates {
		g := &h.gates[i]
		g.mu.Lock()
		if g.err != nil {
			p := providers.ProblemOf(g.err, g.since)
			p.Tries, p.NextTry = g.tries, g.tried.Add(g.pause(providers.Background))
			out = append(out, Gap{h.parts[i].Name, h.parts[i].Where, g.since, p})
		}
		g.mu.Unlock()
	}
	return out
}

// pause is how long after a try the next one is let through. Guarded by g.mu.
func (g *gate) pause(priority providers.Priority) time.Duration {
	first, most := pauseFirst, pauseMost
	locks := providers.ClassOf(g.err).Locks()
	if locks {
		first, most = pauseLocked, lockedMost
	}
	wait := most
	if g.tries < 10 {
		wait = min(first<<max(g.tries-1, 0), most)
	}
	if priority == providers.Interactive && !locks {
		wait = min(wait, pauseAsked)
	}
	return wait
}

// enter lets a question through, or gives the reason why not. leave must follow where
// it does.
func (g *gate) enter(ctx context.Context, now time.Time) (seeing bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		return false, nil
	}
	if g.busy || now.Before(g.tried.Add(g.pause(providers.PriorityOf(ctx)))) {
		return false, g.shut()
	}
	g.busy, g.tried = true, now
	return true, nil
}

// shut is what a question that is kept back is told. Guarded by g.mu.
func (g *gate) shut() error {
	var e *providers.Error
	if !errors.As(g.err, &e) {
		return g.err
	}
	told := *e
	told.Mailbox, told.RetryAfter = "", 0
	return &told
}

// leave notes how a question ended that was let through. verify asks the part who it
// is: only where that fails, too, is it the host or the sign-in and not the question.
func (g *gate) leave(ctx context.Context, now func() time.Time, seeing bool, err error, verify func(context.Context) error) {
	if !seeing {
		if ctx.Err() != nil || !g.doubts(err) {
			return
		}
		err = verify(ctx)
	}
	concerns := ofAll(err) || troubled(err)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
	switch {
	case ctx.Err() != nil: // nothing was found out
	case concerns:
		if g.err == nil {
			g.since, g.tries = now(), 0
		}
		g.err, g.tried = err, now()
		g.tries++
	default:
		g.err, g.tries, g.bad = nil, 0, 0
	}
}

// doubts reports whether a failure is a reason to find out whether the whole part is
// down, which the caller then does.
func (g *gate) doubts(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case ofAll(err):
	case troubled(err):
		if g.bad++; g.bad < inARow {
			return false
		}
	default:
		g.bad = 0
		return false
	}
	if g.busy || g.err != nil {
		return false // somebody else finds out
	}
	g.busy, g.bad = true, 0
	return true
}

// troubled reports whether a failure may be that of one question or of the service.
func troubled(err error) bool { return providers.Is(err, providers.Transient, providers.Foreign) }

// ofAll reports whether a failure may be that of a part as a whole: its host, its sign-in,
// or what it signs in with.
func ofAll(err error) bool {
	return providers.ConcernsAll(err) || providers.Is(err, providers.Local)
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err != nil
}

// guarded is a part behind its gate.
type guarded struct {
	to          Provider
	gate, other *gate
	now         func() time.Time
}

// alone marks a failure of this part as a whole as one that leaves the other part going,
// where that is so: whoever asks for many mailboxes goes on with the others.
func (p guarded) alone(err error) error {
	var e *providers.Error
	if err == nil || !errors.As(err, &e) || !ofAll(err) && e.Scope != providers.ScopeApp || p.other.isShut() {
		return err
	}
	told := *e
	told.Scope = providers.ScopePart
	return &told
}

// ofBoth is a failure of both parts, which leaves nothing going.
func ofBoth(err error) error {
	var e *providers.Error
	if !errors.As(err, &e) || e.Scope != providers.ScopePart {
		return err
	}
	told := *e
	told.Scope = ""
	return &told
}

// through asks the part where its gate lets the question through.
func through[T any](ctx context.Context, p guarded, ask func() (T, error)) (T, error) {
	seeing, err := p.gate.enter(ctx, p.now())
	if err != nil {
		var nothing T
		return nothing, p.alone(err)
	}
	out, err := ask()
	p.gate.leave(ctx, p.now, seeing, err, p.identify)
	return out, p.alone(err)
}

// Capabilities may be known without asking anybody, so that to have them proves nothing:
// they are never the question that is let through.
func (p guarded) Capabilities(ctx context.Context) (providers.Capabilities, error) {
	p.gate.mu.Lock()
	if p.gate.err != nil {
		err := p.gate.shut()
		p.gate.mu.Unlock()
		return providers.Capabilities{}, p.alone(err)
	}
	p.gate.mu.Unlock()
	can, err := p.to.Capabilities(ctx)
	if err != nil {
		p.gate.leave(ctx, p.now, false, err, p.identify)
	}
	return can, p.alone(err)
}

// identify asks the part who it is.
func (p guarded) identify(ctx context.Context) error {
	_, err := p.to.Identify(ctx)
	return err
}

func (p guarded) Identify(ctx context.Context) (providers.Identity, error) {
	return through(ctx, p, func() (providers.Identity, error) { return p.to.Identify(ctx) })
}

func (p guarded) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	return through(ctx, p, func() (providers.Listing, error) { return p.to.Rooms(ctx, page) })
}

func (p guarded) People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	return through(ctx, p, func() (providers.Listing, error) { return p.to.People(ctx, page) })
}

func (p guarded) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	return through(ctx, p, func() ([]providers.Calendar, error) { return p.to.Calendars(ctx, mailbox) })
}

func (p guarded) Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error {
	_, err := through(ctx, p, func() (struct{}, error) { return struct{}{}, p.to.Changes(ctx, request, page) })
	return err
}

func (p guarded) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	return through(ctx, p, func() ([]providers.Availability, error) { return p.to.Availability(ctx, mailboxes, window) })
}

func (p guarded) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return through(ctx, p, func() (providers.Event, error) { return p.to.Event(ctx, mailbox, id) })
}

func (p guarded) FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error) {
	return found(through(ctx, p, func() (maybe, error) {
		event, ok, err := p.to.FindEvent(ctx, mailbox, transactionID, around)
		return maybe{event, ok}, err
	}))
}

func (p guarded) FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error) {
	return found(through(ctx, p, func() (maybe, error) {
		event, ok, err := p.to.FindSeries(ctx, mailbox, transactionID, start)
		return maybe{event, ok}, err
	}))
}

func (p guarded) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	return through(ctx, p, func() ([]providers.Event, error) { return p.to.SeriesDates(ctx, mailbox, seriesID, window) })
}

func (p guarded) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	return through(ctx, p, func() (providers.Event, error) { return p.to.CreateEvent(ctx, draft) })
}

func (p guarded) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return through(ctx, p, func() (providers.Event, error) { return p.to.ChangeEvent(ctx, mailbox, id, etag, change) })
}

func (p guarded) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	_, err := through(ctx, p, func() (struct{}, error) { return struct{}{}, p.to.CancelEvent(ctx, mailbox, id, comment) })
	return err
}

func (p guarded) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	_, err := through(ctx, p, func() (struct{}, error) { return struct{}{}, p.to.DeleteEvent(ctx, mailbox, id) })
	return err
}

func (p guarded) Close() error { return p.to.Close() }
