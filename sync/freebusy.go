package sync

import (
	"fmt"
	"time"

	"roomdesk/providers"
)

// batch is one question for the free/busy of several mailboxes.
type batch struct {
	mailboxes []providers.Address
	tries     int
}

// ask queues questions for the free/busy of mailboxes.
func (e *Engine) ask(mailboxes []providers.Address) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.phase.schedule.total += len(mailboxes)
	for len(mailboxes) > 0 {
		n := min(e.o.Batch, len(mailboxes))
		e.queue(&batch{mailboxes: mailboxes[:n]}, e.now())
		mailboxes = mailboxes[n:]
	}
	e.awake()
}

// queue is guarded by e.mu.
func (e *Engine) queue(b *batch, due time.Time) {
	e.phase.batches++
	e.s.put(&task{
		name: fmt.Sprint("free/busy ", e.phase.batches), rank: rankSchedule,
		do: func(r *taskRun) error { return e.readSchedule(r, b) },
	}, due)
}

// planSchedule asks for the free/busy of mailboxes whose calendars do not say it:
// not read yet, failing, long ago, or of persons on the screen who are not
// mirrored. Each is asked once at least, because only this answer names the
// mailbox's time zone.
func (e *Engine) planSchedule(r *taskRun) error {
	known, err := e.store.Mailboxes(r.ctx)
	if err != nil {
		return err
	}
	now := e.now()
	asked := make(map[providers.Address]time.Time, len(known))
	for _, m := range known {
		asked[m.Address] = m.ScheduleAsOf
	}
	var mailboxes []providers.Address
	e.mu.Lock()
	stale := now.Add(-e.o.Intervals.Rest - 5*time.Minute)
	for _, m := range known {
		t := e.s.tasks[calendarTask(m.Address)]
		if t == nil || now.Sub(m.ScheduleAsOf) < e.o.Intervals.Schedule*3/4 {
			continue
		}
		if !t.complete || t.problem != nil || t.lastGood.Before(stale) || m.ScheduleAsOf.IsZero() {
			mailboxes = append(mailboxes, m.Address)
		}
	}
	next := e.o.Intervals.Schedule
	for mailbox := range e.watched {
		if e.s.tasks[calendarTask(mailbox)] == nil {
			next = min(next, e.o.Intervals.Near)
			if now.Sub(asked[mailbox]) >= e.o.Intervals.Near*3/4 {
				mailboxes = append(mailboxes, mailbox)
			}
		}
	}
	next = e.within(next)
	e.mu.Unlock()
	r.next = now.Add(next)
	if len(mailboxes) > 0 {
		e.ask(mailboxes)
	}
	return nil
}

// horizon is the span that free/busy is asked for: from yesterday, because
// today began earlier elsewhere.
func (e *Engine) horizon(now time.Time) providers.Interval {
	day := now.UTC().Truncate(24 * time.Hour)
	return providers.Interval{Start: day.Add(-24 * time.Hour), End: day.Add(24*time.Hour + e.o.Horizon)}
}

// halvings is how many questions may fail in a row before it is taken that no
// single mailbox spoils them: halving further would only make a storm.
const halvings = 6

func (e *Engine) halve() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.phase.refused++
	return e.phase.refused <= halvings
}

// readSchedule asks once. A question that fails as a whole is halved until the
// mailbox that spoils it stands alone.
func (e *Engine) readSchedule(r *taskRun, b *batch) error {
	ctx, _, done := patience(r.ctx)
	defer done()
	e.requests.Add(1)
	now := e.now()
	window := e.horizon(now)
	answers, err := e.source.Availability(ctx, b.mailboxes, window)
	err = inTime(ctx, err)
	b.tries++
	switch {
	case err == nil:
		e.mu.Lock()
		e.phase.refused = 0
		e.mu.Unlock()
	case r.ctx.Err() != nil, concernsAll(err) && b.tries < 2:
		return err
	case providers.Is(err, providers.Throttled) && b.tries < onceTries:
		return err
	case len(b.mailboxes) > 1 && e.halve():
		e.mu.Lock()
		half := len(b.mailboxes) / 2
		e.queue(&batch{mailboxes: b.mailboxes[:half]}, now)
		e.queue(&batch{mailboxes: b.mailboxes[half:]}, now)
		e.mu.Unlock()
		return nil
	default:
		answers = nil
		problem := providers.ProblemOf(err, now)
		for _, mailbox := range b.mailboxes {
			answers = append(answers, providers.Availability{Mailbox: mailbox, Window: window, Problem: copied(problem)})
		}
	}
	for i := range answers {
		a := &answers[i]
		if a.AsOf.IsZero() && a.Problem == nil {
			a.AsOf = now
		}
		if a.Problem != nil && a.Problem.Since.IsZero() {
			a.Problem.Since = now
		}
		if a.Window.Duration() <= 0 {
			a.Window = window
		}
	}
	if err := e.store.SetAvailability(r.ctx, answers); err != nil {
		return err
	}
	zones := make(map[providers.Address]string, len(answers))
	for i := range answers {
		zones[answers[i].Mailbox] = answers[i].Zone
	}
	moved, err := e.store.SetZones(r.ctx, zones)
	if err != nil {
		return err
	}
	if moved {
		e.hub.rooms()
	}
	e.mu.Lock()
	e.phase.schedule.done += len(b.mailboxes)
	e.mu.Unlock()
	e.hub.mailbox(b.mailboxes...)
	return nil
}
