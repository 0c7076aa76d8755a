package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// phaseState counts the first sync. Guarded by Engine.mu.
type phaseState struct {
	listed   bool // the rooms were listed to the end, once
	places   int  // rooms that came in the running listing
	batches  int
	refused  int // questions for free/busy that failed in a row
	total    int // mailboxes
	settled  int // of these, read or found unreadable
	schedule struct{ done, total int }
	shown    int // mailboxes of which at least the nearest days are mirrored, or that cannot be read
	tiered   bool
	wholes   int // whole windows read
	pages    int // that these took
	samples  []sample
	moved    time.Time // when the phase last came along
	over     bool
	first    bool // nothing was mirrored when the engine began
	began    time.Time
}

type sample struct {
	at    time.Time
	phase providers.SyncPhase
	done  int
}

// Rate is measured over this span, in steps.
const (
	rateOver = 15 * time.Second
	rateStep = 250 * time.Millisecond
)

// settle notes that a mailbox was read, or found unreadable. Guarded by e.mu.
func (e *Engine) settle(t *task) {
	e.setSettled(t, true)
	e.measure()
}

// measure takes a sample of how far the phase got, and notices its end. Guarded
// by e.mu.
func (e *Engine) measure() {
	now := e.now()
	phase, done, _ := e.phaseNow()
	if n := len(e.phase.samples); n == 0 || e.phase.samples[n-1].done != done || e.phase.samples[n-1].phase != phase {
		e.phase.moved = now
	}
	if n := len(e.phase.samples); n == 0 || now.Before(e.phase.samples[n-1].at) || now.Sub(e.phase.samples[n-1].at) >= rateStep || e.phase.samples[n-1].phase != phase {
		e.phase.samples = append(e.phase.samples, sample{now, phase, done})
		for len(e.phase.samples) > 2 && now.Sub(e.phase.samples[0].at) > rateOver {
			e.phase.samples = e.phase.samples[1:]
		}
	}
	if phase == providers.PhaseChanges && !e.phase.over {
		e.phase.over, e.phase.samples = true, nil
		if e.phase.first {
			e.hub.notice(fmt.Sprintf("The first sync is complete: %d mailboxes in %s.", e.phase.total, providers.Age(now.Sub(e.phase.began))), false, now)
		}
	}
}

// setSettled is guarded by e.mu.
func (e *Engine) setSettled(t *task, settled bool) {
	if settled {
		e.show(t)
	}
	if t.mailbox == "" || t.settled == settled {
		return
	}
	t.settled = settled
	if settled {
		e.phase.settled++
	} else {
		e.phase.settled--
	}
}

// show notes that a mailbox's nearest days can be seen, or never will. Guarded by
// e.mu.
func (e *Engine) show(t *task) {
	if t.mailbox != "" && !t.shown {
		t.shown = true
		e.phase.shown++
	}
}

// phaseNow is guarded by e.mu.
func (e *Engine) phaseNow() (phase providers.SyncPhase, done, total int) {
	if !e.phase.listed {
		return providers.PhasePlaces, e.phase.places, max(e.listing.Reported, 0)
	}
	if s := e.phase.schedule; s.done < s.total && !e.phase.over {
		return providers.PhaseAvailability, s.done, s.total
	}
	if e.phase.tiered && e.phase.shown < e.phase.total && !e.phase.over {
		return providers.PhaseNearest, e.phase.shown, e.phase.total
	}
	if e.phase.settled < e.phase.total && !e.phase.over {
		return providers.PhaseCalendars, e.phase.settled, e.phase.total
	}
	return providers.PhaseChanges, e.phase.settled, e.phase.total
}

// Progress is the whole engine at a glance.
func (e *Engine) Progress() providers.SyncProgress {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	p := providers.SyncProgress{Running: e.running && !e.follows, Listing: e.listing, Requests: e.requests.Load(), Problem: copied(e.hold.problem)}
	if e.hold.last != nil {
		last := *e.hold.last
		p.Interrupted = &last
	}
	p.Phase, p.Done, p.Total = e.phaseNow()
	if !e.running || e.follows {
		e.fromStore(&p, now)
		return p
	}
	if e.hold.until.After(now) {
		p.ThrottledTo = e.hold.until
	}
	if rooms := e.s.tasks["rooms"]; p.Problem == nil && p.Phase == providers.PhasePlaces && rooms != nil {
		p.Problem = copied(rooms.problem) // without the list nothing else can begin
	}
	e.pace(&p, now)
	for _, t := range e.s.tasks {
		if t.mailbox == "" {
			continue
		}
		p.LastGood = later(p.LastGood, t.lastGood)
		count(&p, e.state(t, now))
	}
	return p
}

// stalledAfter is after what time without an end of anything the rate says no more.
const stalledAfter = 10 * time.Second

// pace measures the running phase over the last seconds. What stands still has no
// rate and no estimate. Guarded by e.mu.
func (e *Engine) pace(p *providers.SyncProgress, now time.Time) {
	if p.Phase == providers.PhaseChanges || p.Problem != nil || !p.ThrottledTo.IsZero() {
		return
	}
	if since := later(e.phase.moved, e.hold.until); !since.IsZero() && now.Sub(since) >= stalledAfter {
		p.Stalled = since
		return
	}
	for _, s := range e.phase.samples {
		elapsed := now.Sub(s.at)
		if s.phase != p.Phase || elapsed > rateOver || elapsed < rateStep {
			continue
		}
		if p.Done > s.done {
			p.Rate = float64(p.Done-s.done) / elapsed.Seconds()
			p.Left = time.Duration(float64(max(p.Total-p.Done, 0)) / p.Rate * float64(time.Second)).Round(time.Second)
		}
		return
	}
}

func count(p *providers.SyncProgress, state providers.MailboxState) {
	switch state {
	case providers.MailboxFresh:
		p.Fresh++
	case providers.MailboxPartly:
		p.Partly++
	case providers.MailboxLate:
		p.Late++
	case providers.MailboxFailing:
		p.Failing++
	case providers.MailboxNoAccess:
		p.NoAccess++
	default:
		p.Waiting++
	}
}

// fromStore counts what the store knows, for an engine that does not sync.
func (e *Engine) fromStore(p *providers.SyncProgress, now time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	all, err := Status(ctx, e.store, now, e.o.Intervals)
	if err != nil {
		p.Problem = providers.ProblemOf(err, now)
		return
	}
	listing, listed, err := e.store.RoomListing(ctx)
	if err != nil {
		p.Problem = providers.ProblemOf(err, now)
		return
	}
	p.Listing, p.Phase, p.Done, p.Total = listing, providers.PhaseChanges, 0, len(all)
	if listed.IsZero() {
		p.Phase = providers.PhasePlaces
	}
	if err := e.fromOther(ctx, p); err != nil {
		p.Problem = providers.ProblemOf(err, now)
	}
	for _, m := range all {
		p.LastGood = later(p.LastGood, m.LastGood)
		if !m.LastGood.IsZero() && p.Phase == providers.PhaseChanges {
			p.Done++
		}
		count(p, m.State)
	}
}

// state is how well a mailbox stands. Guarded by e.mu.
func (e *Engine) state(t *task, now time.Time) providers.MailboxState {
	if t.running && t.lastGood.IsZero() {
		return providers.MailboxReading
	}
	return stateOf(t.problem, t.unconfirmed, t.lastGood, now, e.every(t.mailbox, t.near))
}

// stateOf is a mailbox's state; bound is within what it should be read again.
func stateOf(problem *providers.Problem, unconfirmed int, lastGood, now time.Time, bound time.Duration) providers.MailboxState {
	switch {
	case problem != nil && problem.Class.MailboxState() != "":
		return problem.Class.MailboxState()
	case lastGood.IsZero() && problem != nil && now.Sub(problem.Since) > bound+bound/2+lateSlack:
		return providers.MailboxFailing // what was never read cannot be late
	case lastGood.IsZero():
		return providers.MailboxWaiting
	case now.Sub(lastGood) > bound+bound/2+lateSlack:
		return providers.MailboxLate
	case unconfirmed > 0:
		return providers.MailboxPartly
	}
	return providers.MailboxFresh
}

// lateSlack is what a read may take on top of its bound.
const lateSlack = 30 * time.Second

// Status is one line for each mirrored mailbox, the worst first.
func (e *Engine) Status(ctx context.Context) ([]providers.MailboxStatus, error) {
	stored, err := Status(ctx, e.store, e.now(), e.o.Intervals)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.running || e.follows {
		return stored, nil
	}
	now := e.now()
	for i := range stored {
		m := &stored[i]
		t := e.s.tasks[calendarTask(m.Mailbox)]
		if t == nil {
			continue
		}
		m.State, m.Problem, m.LastGood, m.Next, m.Unconfirmed = e.state(t, now), copied(t.problem), t.lastGood, t.due, t.unconfirmed
		if t.running {
			m.State, m.Next = providers.MailboxReading, time.Time{}
		}
	}
	sortStatus(stored)
	return stored, nil
}

func copied(p *providers.Problem) *providers.Problem {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// Status is what a store knows of its mailboxes, without an engine.
func Status(ctx context.Context, s *store.Store, now time.Time, intervals Intervals) ([]providers.MailboxStatus, error) {
	o := Options{Intervals: intervals}
	defaults(&o)
	mailboxes, err := s.Mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	rooms, err := s.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	people, err := s.People(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[providers.Address]providers.Untrusted, len(rooms)+len(people))
	isRoom := make(map[providers.Address]bool, len(rooms))
	for _, p := range people {
		names[p.Mailbox] = p.Name
	}
	for _, r := range rooms {
		names[r.Mailbox], isRoom[r.Mailbox] = r.Name, true
	}
	all := make([]providers.MailboxStatus, 0, len(mailboxes))
	for _, m := range mailboxes {
		bound := o.Intervals.Rest
		if !m.Next.IsZero() && !m.LastGood.IsZero() {
			bound = min(bound, max(m.Next.Sub(m.LastGood), o.Intervals.Near))
		}
		all = append(all, providers.MailboxStatus{
			Mailbox: m.Address, Name: names[m.Address], IsRoom: isRoom[m.Address], LastGood: m.LastGood, Rows: m.Rows, Unconfirmed: m.Unconfirmed, Next: m.Next, Problem: m.Problem,
			State: stateOf(m.Problem, m.Unconfirmed, m.LastGood, now, bound),
		})
	}
	sortStatus(all)
	return all, nil
}

// harm orders states, the worst first.
var harm = []providers.MailboxState{providers.MailboxFailing, providers.MailboxNoAccess, providers.MailboxLate, providers.MailboxPartly, providers.MailboxReading,
	providers.MailboxWaiting, providers.MailboxFresh}

func sortStatus(all []providers.MailboxStatus) {
	slices.SortStableFunc(all, func(a, b providers.MailboxStatus) int {
		if d := slices.Index(harm, a.State) - slices.Index(harm, b.State); d != 0 {
			return d
		}
		return strings.Compare(string(a.Mailbox), string(b.Mailbox))
	})
}

// result is what Once hands back.
func (e *Engine) result() Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.outcome
	r.Listing, r.Requests = e.listing, e.requests.Load()
	now := e.now()
	for _, t := range e.s.tasks {
		if t.mailbox == "" {
			continue
		}
		r.Mailboxes++
		if t.problem != nil {
			r.Failed = append(r.Failed, providers.MailboxStatus{
				Mailbox: t.mailbox, IsRoom: !e.persons[t.mailbox], State: e.state(t, now), LastGood: t.lastGood, Rows: t.rows, Unconfirmed: t.unconfirmed, Problem: copied(t.problem),
			})
		}
	}
	sortStatus(r.Failed)
	return r
}
