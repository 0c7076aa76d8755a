package sync

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"roomdesk/providers"
)

// batch is one question for the free/busy of several mailboxes.
type batch struct {
	mailboxes []providers.Address
	whole     bool // not a part of one that failed
	tries     int
}

// asking is the questions for free/busy that are still to be put. Guarded by
// Engine.mu.
type asking struct {
	mailboxes []providers.Address
	planned   int                          // tasks that will take from these
	size      int                          // mailboxes in one question, now
	calm      int                          // answers since the size changed
	told      map[providers.Address]uint64 // what was answered last, as a hash
}

// easeAfter is how many questions must be answered before one asks for one
// mailbox more.
const easeAfter = 4

// ask queues questions for the free/busy of mailboxes.
func (e *Engine) ask(mailboxes []providers.Address) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.phase.schedule.total += len(mailboxes)
	e.asking.mailboxes = append(e.asking.mailboxes, mailboxes...)
	e.asking.front(e.watched)
	e.planQuestions()
	e.awake()
}

// front moves what is on the screen to the beginning.
func (a *asking) front(watched map[providers.Address]bool) {
	if len(watched) == 0 {
		return
	}
	slices.SortStableFunc(a.mailboxes, func(x, y providers.Address) int {
		switch {
		case watched[x] == watched[y]:
			return 0
		case watched[x]:
			return -1
		}
		return 1
	})
}

// planQuestions is guarded by e.mu.
func (e *Engine) planQuestions() {
	a := &e.asking
	if a.size == 0 {
		a.size = e.o.Batch
	}
	for a.planned*a.size < len(a.mailboxes) {
		a.planned++
		e.question(nil, e.now())
	}
}

// take is the next question: as many mailboxes as are asked for at once now.
func (e *Engine) take() *batch {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := &e.asking
	a.planned--
	n := min(a.size, len(a.mailboxes))
	b := &batch{mailboxes: a.mailboxes[:n:n], whole: true}
	a.mailboxes = a.mailboxes[n:]
	e.planQuestions()
	return b
}

// question makes the task that puts one; nil: it takes its mailboxes when it
// starts. Guarded by e.mu.
func (e *Engine) question(b *batch, due time.Time) {
	e.phase.batches++
	e.s.put(&task{
		name: fmt.Sprint("free/busy ", e.phase.batches), rank: rankSchedule,
		do: func(r *taskRun) error {
			if b == nil {
				b = e.take()
			}
			if len(b.mailboxes) == 0 {
				return nil
			}
			return e.readSchedule(r, b)
		},
	}, due)
}

// answered and refused adapt how much is asked for at once: half as much after a
// question that failed as a whole, one more after some that did not. Guarded by
// e.mu.
func (e *Engine) answered() {
	e.phase.refused = 0
	if a := &e.asking; a.size < e.o.Batch {
		if a.calm++; a.calm >= easeAfter {
			a.size, a.calm = a.size+1, 0
		}
	}
}

func (e *Engine) refused(b *batch) {
	e.phase.refused++
	if a := &e.asking; e.phase.refused > halvings {
		a.size = e.o.Batch // the size is not what the service minds
	} else if b.whole && len(b.mailboxes) == a.size { // one of before the last change says nothing new
		a.size, a.calm = max(1, a.size/2), 0
	}
}

// planSchedule asks for the free/busy of mailboxes whose calendars do not say it:
// not read yet, failing, long ago, or of persons on the screen who are not
// mirrored. Each is asked once at least, because only this answer names the
// mailbox's time zone, and again within the interval for comparing. What another
// process read meanwhile is taken over.
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
		if t != nil && !t.running && m.LastGood.After(t.lastGood) {
			t.lastGood, t.lastFull, t.rows, t.complete, t.problem = m.LastGood, m.LastFull, m.Rows, m.Complete(), m.Problem
			e.show(t)
			e.settle(t)
		}
		if t == nil || now.Sub(m.ScheduleAsOf) < e.o.Intervals.Schedule*3/4 {
			continue
		}
		compare := e.phase.over && now.Sub(m.ScheduleAsOf) >= e.o.Intervals.Compare-e.o.Intervals.Schedule
		if !t.complete || t.problem != nil || t.lastGood.Before(stale) || m.ScheduleAsOf.IsZero() || compare {
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

func (e *Engine) halve(b *batch) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refused(b)
	return len(b.mailboxes) > 1 && e.phase.refused <= halvings
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
		e.answered()
		e.mu.Unlock()
	case r.ctx.Err() != nil, concernsAll(err) && b.tries < 2:
		return err
	case providers.Is(err, providers.Throttled) && b.tries < onceTries:
		return err
	case e.halve(b):
		e.mu.Lock()
		half := len(b.mailboxes) / 2
		e.question(&batch{mailboxes: b.mailboxes[:half]}, now)
		e.question(&batch{mailboxes: b.mailboxes[half:]}, now)
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
	if err := e.compare(r, answers); err != nil {
		return err
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
	e.measure()
	news := e.news(answers)
	e.mu.Unlock()
	if len(news) > 0 {
		e.hub.mailbox(news...)
	}
	return nil
}

// news are the mailboxes of which a reader sees something else after these answers.
// Those without a good mirror show the answer itself with its age, so each answer
// is news; of others only one that differs. Guarded by e.mu.
func (e *Engine) news(answers []providers.Availability) (mailboxes []providers.Address) {
	if e.asking.told == nil {
		e.asking.told = map[providers.Address]uint64{}
	}
	for _, a := range answers {
		h := fnv.New64a()
		for _, block := range a.Blocks {
			_, _ = fmt.Fprintf(h, "%d %d %s %t %s\n", block.Start.Unix(), block.End.Unix(), block.State, block.Private, block.Subject.Raw())
		}
		if a.Problem != nil {
			_, _ = fmt.Fprint(h, a.Problem.Class)
		}
		sum := h.Sum64()
		before, known := e.asking.told[a.Mailbox]
		e.asking.told[a.Mailbox] = sum
		t := e.s.tasks[calendarTask(a.Mailbox)]
		if t == nil || !t.complete || t.problem != nil || known && before != sum {
			mailboxes = append(mailboxes, a.Mailbox)
		}
	}
	return mailboxes
}
