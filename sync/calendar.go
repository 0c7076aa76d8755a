package sync

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// readCalendar reads one round of a mailbox: changes where there is a position
// to go on from, the whole window where there is none, where it is old, or where
// something does not add up.
func (e *Engine) readCalendar(r *taskRun) error {
	t := r.task
	p, err := e.store.Position(r.ctx, t.mailbox)
	if err != nil {
		return err
	}
	e.mu.Lock()
	full := t.full
	e.mu.Unlock()
	now := e.now()
	round := p.Round
	switch {
	case round != nil && round.Kind == store.FullRound && e.nearest(round.Window) && !p.Complete() && !full && round.Window.End.After(now.Add(e.o.Nearest-24*time.Hour)):
		r.part = true
	case round != nil && round.Kind == store.FullRound && !e.covers(round.Window, now):
		round = nil // begun so long ago that its window no longer serves
		full = true
	case round != nil && round.Kind == store.ChangesRound && full:
		round = nil
	}
	if round == nil {
		if full || p.Cursor == "" || p.Unconfirmed > 0 || e.oldWindow(p, now) {
			window := e.window(now)
			if !full && !p.Complete() && e.tiered() {
				window, r.part = e.nearestDays(now), true
			}
			round = e.store.BeginFull(t.mailbox, window)
		} else {
			round = e.store.BeginChanges(t.mailbox, p.Cursor)
		}
	}
	round.Following(p)
	applied, err := e.readRound(r, round)
	if round.Kind == store.FullRound {
		e.divide(t, err)
	}
	if providers.Is(err, providers.Resync) {
		// The rows stay until the whole is read anew.
		e.log.Info("a sync position is no longer good; reading anew", "mailbox", t.mailbox, "error", err)
		if err := e.store.ForgetCursor(r.ctx, t.mailbox); err != nil {
			return err
		}
		r.part = false
		round = e.store.BeginFull(t.mailbox, e.window(e.now())).Following(p)
		applied, err = e.readRound(r, round)
	}
	if errors.Is(err, store.ErrSwitched) {
		r.next = e.now() // from the position of the other provider
		return nil
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	t.full = false
	was := t.unconfirmed
	e.show(t)
	t.lastGood, t.rows, t.near, t.complete = e.now(), applied.Rows, applied.Near, true
	if round.Kind == store.FullRound {
		t.lastFull = t.lastGood
		t.unconfirmed = applied.Held
	}
	if applied.Visible {
		e.outcome.Changed++
	}
	r.next = applied.Next
	if r.part {
		r.next = t.lastGood
	} else if !t.settled || !e.once {
		e.outcome.Read++
	}
	if applied.Held > 0 {
		t.unconfirmed = applied.Held
		t.full = true
		r.next = t.lastGood.Add(verifyAfter)
	}
	e.mu.Unlock()
	if applied.Held > 0 {
		e.hub.state(aboutEvents+string(t.mailbox), fmt.Sprintf("%d events of %s disappeared at once. They are kept until a second reading confirms it.", applied.Held, t.mailbox), true, e.now())
	} else if was > 0 && round.Kind == store.FullRound {
		e.hub.state(aboutEvents+string(t.mailbox), fmt.Sprintf("The calendar of %s was read a second time: what is shown is right.", t.mailbox), false, e.now())
	}
	return nil
}

// window is what a full round reads now: some spare days ahead, so that the
// promised span stays covered until the next one.
func (e *Engine) window(now time.Time) providers.Interval {
	day := now.UTC().Truncate(24 * time.Hour)
	return providers.Interval{Start: day.Add(-e.o.Past), End: day.Add(e.o.Ahead + 48*time.Hour)}
}

// nearestDays is what is read of a mailbox before the whole window, while many
// wait for their first reading.
func (e *Engine) nearestDays(now time.Time) providers.Interval {
	day := now.UTC().Truncate(24 * time.Hour)
	return providers.Interval{Start: day.Add(-min(24*time.Hour, e.o.Past)), End: day.Add(24*time.Hour + e.o.Nearest)}
}

// nearest tells such a window from a whole one.
func (e *Engine) nearest(window providers.Interval) bool {
	return window.Duration() < (e.o.Past+e.o.Ahead)*3/4
}

// Reading in two steps pays where a whole window takes several pages and many
// mailboxes wait; else it would only cost a request more for each.
const (
	tierPages   = 2
	tierSamples = 16
	tierQueue   = 4 // times the workers
)

func (e *Engine) tiered() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := &e.phase
	switch {
	case e.o.Nearest <= 0 || e.o.Nearest > e.o.Ahead/2:
		return false
	case p.wholes < min(tierSamples, 2*e.o.Workers) || p.pages < tierPages*p.wholes:
		return false
	case !p.tiered && p.total-p.shown < tierQueue*e.o.Workers:
		return false
	}
	p.tiered = true
	return true
}

// covers reports whether a window still holds all that is promised.
func (e *Engine) covers(window providers.Interval, now time.Time) bool {
	return !window.End.Before(now.Add(e.o.Ahead))
}

// oldWindow reports whether a mailbox is due for a full round: its window is
// about to end too soon, or it has been going by changes alone for long. Which
// moment that is differs between mailboxes, so that they do not all come at once.
func (e *Engine) oldWindow(p store.Position, now time.Time) bool {
	h := fnv.New32a()
	h.Write([]byte(p.Address))
	share := time.Duration(h.Sum32() % 1000)
	spare := min(2*e.o.Intervals.Rest, 12*time.Hour) // until the next round has come and gone
	return !e.covers(p.Window, now.Add(spare+share*11*time.Hour/1000)) ||
		now.Sub(p.LastFull) >= e.o.Intervals.Full-share*e.o.Intervals.Full/4000
}

// stamp plans the next round of a mailbox.
func (e *Engine) stamp(t *task) store.Stamp {
	now := e.now()
	return store.Stamp{At: now, Near: providers.Interval{Start: now, End: now.Add(nearAhead)}, Next: func(near bool) time.Time {
		e.mu.Lock()
		defer e.mu.Unlock()
		bound := e.every(t.mailbox, near)
		if t.began || e.watched[t.mailbox] {
			return now.Add(e.within(bound))
		}
		// What became due together, at a start or after a sleep, is spread.
		return now.Add(bound/10 + time.Duration(e.rand.Float64()*float64(bound)*0.9))
	}}
}

// nearAhead: a mailbox with an event within this is read more often.
const nearAhead = 12 * time.Hour

// every is the bound of a mailbox. Guarded by e.mu.
func (e *Engine) every(mailbox providers.Address, near bool) time.Duration {
	switch {
	case e.watched[mailbox]:
		return e.o.Intervals.Watched
	case near:
		return e.o.Intervals.Near
	}
	return e.o.Intervals.Rest
}

// series notes which series masters a round refers to and which it delivers.
type series struct{ wanted, delivered map[string]bool }

func (s *series) note(events []providers.Event) {
	for _, ev := range events {
		switch {
		case ev.Type == providers.SeriesMaster:
			s.delivered[ev.ID] = true
		case ev.Stub && ev.SeriesMasterID != "":
			s.wanted[ev.SeriesMasterID] = true
		}
	}
}

// readRound reads the pages of a round into the store. The last page waits until
// the masters that the round did not deliver were asked for, so that readers
// never see an occurrence without its details.
func (e *Engine) readRound(r *taskRun, round *store.Round) (store.Applied, error) {
	ctx, idle, done := patience(r.ctx)
	defer done()
	var applied store.Applied
	var last *providers.ChangePage
	s := series{map[string]bool{}, map[string]bool{}}
	visible, held, pages := false, 0, 0
	apply := func(page providers.ChangePage) error {
		out, err := round.Apply(ctx, page, e.stamp(r.task))
		if err != nil {
			return err
		}
		visible, held = visible || out.Visible, held+out.Held
		applied = out
		return nil
	}
	parts, ended := e.parts(r.task, round), false
	deliver := func(part int, page providers.ChangePage) error {
		idle()
		e.requests.Add(1)
		pages++
		if last != nil {
			return foreign(r.task.mailbox, "the service goes on behind the end of a round")
		}
		ended = page.Done
		if len(parts) > 1 {
			// None of the parts has a position for the whole, and a restart begins anew.
			page.Done = page.Done && part == len(parts)-1
			page.Cursor = ""
		} else if !page.Done && (page.Cursor == "" && round.Kind == store.ChangesRound || page.Cursor != "" && page.Cursor == round.Cursor) {
			// Pages of a plain listing have no cursor: a restart begins it anew.
			return foreign(r.task.mailbox, "the service repeats a page without end")
		}
		for i := range page.Events {
			page.Events[i].Mailbox = r.task.mailbox
		}
		s.note(page.Events)
		if page.Done {
			last = &page
			return nil
		}
		return apply(page)
	}
	for i, part := range parts {
		request := providers.ChangesRequest{Mailbox: r.task.mailbox, Window: part, Cursor: round.Cursor}
		if err := e.source.Changes(ctx, request, func(page providers.ChangePage) error { return deliver(i, page) }); err != nil {
			return applied, inTime(ctx, err)
		}
		if !ended {
			return applied, foreign(r.task.mailbox, "the round ended without its last page")
		}
	}
	masters, err := e.masters(ctx, r, round, s)
	if err != nil {
		return applied, inTime(ctx, err)
	}
	last.Events = append(masters, last.Events...)
	if err := apply(*last); err != nil {
		return applied, inTime(ctx, err)
	}
	applied.Visible, applied.Held = visible, held
	if round.Kind == store.FullRound && !round.Resumed && !e.nearest(round.Window) {
		e.mu.Lock()
		e.phase.wholes, e.phase.pages = e.phase.wholes+1, e.phase.pages+pages
		e.mu.Unlock()
	}
	if visible {
		e.hub.mailbox(r.task.mailbox)
	}
	return applied, nil
}

// masters asks for the series masters that a round refers to without delivering
// them, once each.
func (e *Engine) masters(ctx context.Context, r *taskRun, round *store.Round, s series) ([]providers.Event, error) {
	if round.Resumed {
		// What the pages before the restart referred to is in the store.
		missing, err := e.store.MissingMasters(ctx, r.task.mailbox)
		if err != nil {
			return nil, err
		}
		for _, id := range missing {
			s.wanted[id] = true
		}
	}
	var masters []providers.Event
	for id := range s.wanted {
		if s.delivered[id] {
			continue
		}
		e.requests.Add(1)
		master, err := e.source.Event(ctx, r.task.mailbox, id)
		switch {
		case err == nil:
			master.Mailbox, master.ID, master.Type = r.task.mailbox, id, providers.SeriesMaster
			masters = append(masters, master)
		case ctx.Err() != nil, concernsAll(err), providers.Is(err, providers.Throttled):
			return nil, err
		default:
			// Shown as taken, without details, until the next full round asks again.
			e.log.Info("a series master cannot be read", "mailbox", r.task.mailbox, "error", err)
		}
	}
	return masters, nil
}

func foreign(mailbox providers.Address, what string) error {
	return &providers.Error{Class: providers.Foreign, Op: "reading the calendar", Mailbox: mailbox, Message: providers.Outside(what)}
}

// patienceFor is how long a call may go without any page.
const patienceFor = 3 * time.Minute

var errPatience = errors.New("the service does not go on")

// patience ends a call that stops making progress; idle is called at each sign
// of it.
func patience(parent context.Context) (ctx context.Context, idle func(), done func()) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(patienceFor, func() { cancel(errPatience) })
	return ctx, func() { timer.Reset(patienceFor) }, func() { timer.Stop(); cancel(nil) }
}

// inTime tells running out of patience from the caller's giving up.
func inTime(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errPatience) {
		return &providers.Error{Class: providers.Transient, Op: "reading", Err: errPatience}
	}
	return err
}
