package sync

import (
	"context"
	"fmt"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// plan reads from the store what is known, and queues what is due. Nothing starts
// before the first probe said that the tenant is the right one.
func (e *Engine) plan(ctx context.Context) error {
	rooms, err := e.store.Rooms(ctx)
	if err != nil {
		return err
	}
	listing, listed, err := e.store.RoomListing(ctx)
	if err != nil {
		return err
	}
	_, peopleListed, err := e.store.PeopleListing(ctx)
	if err != nil {
		return err
	}
	known, err := e.store.Mailboxes(ctx)
	if err != nil {
		return err
	}
	if e.o.AllPeople {
		people, err := e.store.People(ctx)
		if err != nil {
			return err
		}
		e.mu.Lock()
		for _, p := range people {
			e.persons[p.Mailbox] = true
		}
		e.mu.Unlock()
	}
	wanted := make([]providers.Address, 0, len(rooms)+len(e.persons))
	for _, room := range rooms {
		wanted = append(wanted, room.Mailbox)
	}
	e.mu.Lock()
	for person := range e.persons {
		wanted = append(wanted, person)
	}
	now := e.now()
	e.listing = listing
	e.phase.listed, e.phase.first, e.phase.began = !listed.IsZero(), listed.IsZero(), now
	e.shutUntilProbe(now)
	e.s.put(&task{name: "rooms", rank: rankLists, do: e.readRooms}, e.dueList(listed, e.o.Intervals.Rooms, now))
	e.s.put(&task{name: "people", rank: rankLists, do: e.readPeople}, e.dueList(peopleListed, e.o.Intervals.People, now))
	e.s.put(&task{name: "schedule", rank: rankSchedule, do: e.planSchedule}, now)
	e.mu.Unlock()
	if err := e.adopt(ctx, wanted); err != nil {
		return err
	}
	if err := e.resume(ctx, wanted); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range known {
		t := e.s.tasks[calendarTask(m.Address)]
		if t == nil {
			continue
		}
		t.lastGood, t.lastFull, t.rows, t.unconfirmed, t.complete, t.problem = m.LastGood, m.LastFull, m.Rows, m.Unconfirmed, m.Complete(), m.Problem
		if t.complete {
			e.show(t)
		}
		e.setSettled(t, t.complete && !e.nearest(m.Window))
		t.near = !m.Next.IsZero() && m.Next.Sub(m.LastGood) <= e.o.Intervals.Near
		t.due = m.Next
		switch {
		case e.once:
			t.full = e.s.full
			e.setSettled(t, false)
		case m.Problem != nil && m.Problem.NextTry.After(now):
			e.setSettled(t, true)
		}
	}
	return nil
}

// resume makes the queue hold what there is to do: what it knows of an earlier
// process stays as it is, except that Once reads everything now.
func (e *Engine) resume(ctx context.Context, wanted []providers.Address) error {
	stats, err := e.queue.Stats(ctx)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.hold.until = later(e.hold.until, stats.Paused)
	e.mu.Unlock()
	if !e.once {
		return nil
	}
	return e.queue.Wake(ctx, e.now(), queue.Rest, wanted...)
}

func (e *Engine) dueList(listed time.Time, every time.Duration, now time.Time) time.Time {
	if e.once || listed.IsZero() || listed.After(now) {
		return now
	}
	return listed.Add(e.within(every))
}

func calendarTask(mailbox providers.Address) string { return "calendar " + string(mailbox) }

// adopt begins to mirror mailboxes that are not mirrored yet.
func (e *Engine) adopt(ctx context.Context, mailboxes []providers.Address) error {
	var fresh []providers.Address
	e.mu.Lock()
	for _, mailbox := range mailboxes {
		if e.s.tasks[calendarTask(mailbox)] == nil {
			fresh = append(fresh, mailbox)
		}
	}
	e.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	if err := e.store.AddMailboxes(ctx, fresh); err != nil {
		return err
	}
	jobs := e.know(fresh)
	if err := e.queue.Enqueue(ctx, jobs...); err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, job := range jobs {
			e.unknow(job.Mailbox) // the next listing brings it again
		}
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pool.soon(e.now())
	e.awake()
	return nil
}

// know takes up the tasks of mailboxes, before the queue can hand them out.
func (e *Engine) know(fresh []providers.Address) (jobs []queue.Job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	for _, mailbox := range fresh {
		if e.s.tasks[calendarTask(mailbox)] != nil {
			continue
		}
		e.s.know(&task{name: calendarTask(mailbox), mailbox: mailbox, rank: rankCalendar, do: e.readCalendar, full: e.once && e.s.full})
		e.phase.total++
		if e.once {
			e.left[mailbox] = true
		}
		job := queue.Job{Mailbox: mailbox, Due: now, Priority: queue.First}
		if e.watched[mailbox] {
			job.Priority = queue.OnScreen
			e.hurry(mailbox, now, queue.OnScreen)
		}
		jobs = append(jobs, job)
		if e.persons[mailbox] {
			e.s.put(&task{name: "calendars " + string(mailbox), rank: rankCalendar, do: func(r *taskRun) error { return e.readCalendars(r, mailbox) }}, now)
		}
	}
	return jobs
}

// unknow is guarded by e.mu.
func (e *Engine) unknow(mailbox providers.Address) {
	delete(e.left, mailbox)
	t := e.s.tasks[calendarTask(mailbox)]
	if t == nil {
		return
	}
	e.s.drop(t)
	e.setSettled(t, false)
	if t.shown {
		e.phase.shown--
	}
	e.phase.total--
}

// release stops mirroring mailboxes that are gone.
func (e *Engine) release(ctx context.Context, mailboxes []providers.Address) error {
	var gone []providers.Address
	e.mu.Lock()
	for _, mailbox := range mailboxes {
		if e.persons[mailbox] {
			continue
		}
		e.unknow(mailbox)
		gone = append(gone, mailbox)
	}
	e.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	if err := e.queue.Remove(ctx, gone...); err != nil {
		return err
	}
	return e.store.RemoveMailboxes(ctx, gone)
}

// readRooms reads the list of rooms; each page is searchable as soon as it is
// stored.
func (e *Engine) readRooms(r *taskRun) error {
	ctx, idle, done := patience(r.ctx)
	defer done()
	list := e.store.BeginRooms()
	listing, err := e.source.Rooms(ctx, func(rooms []providers.Room) error {
		idle()
		e.requests.Add(1)
		usable := rooms[:0:0]
		addresses := make([]providers.Address, 0, len(rooms))
		for _, room := range rooms {
			if room.Mailbox != "" {
				usable = append(usable, room)
				addresses = append(addresses, room.Mailbox)
			}
		}
		changed, err := list.Page(ctx, usable)
		if err != nil {
			return err
		}
		if changed {
			e.hub.rooms()
		}
		e.mu.Lock()
		e.phase.places += len(usable)
		e.measure()
		first := !e.phase.listed
		e.mu.Unlock()
		if err := e.adopt(ctx, addresses); err != nil || !first {
			return err
		}
		e.ask(addresses)
		return nil
	})
	if err != nil {
		return inTime(ctx, err)
	}
	result, err := list.Finish(ctx, listing, e.now())
	if err != nil {
		return err
	}
	if err := e.release(ctx, result.Removed); err != nil {
		return err
	}
	e.mu.Lock()
	first := !e.phase.listed
	e.listing, e.phase.listed, e.phase.places = listing, true, 0
	e.outcome.Rooms = listing.Count
	e.mu.Unlock()
	r.next = e.now().Add(e.jittered(e.o.Intervals.Rooms))
	if result.Unconfirmed > 0 {
		r.next = e.now().Add(verifyAfter)
		e.hub.state(aboutRooms, fmt.Sprintf("%d rooms are no longer in the tenant's list. They are kept until a second reading confirms it.", result.Unconfirmed), true, e.now())
	}
	if e.unconfirmed > 0 && result.Unconfirmed == 0 {
		text := "The rooms that were missing are in the tenant's list again."
		if n := len(result.Removed); n > 0 {
			text = fmt.Sprintf("A second reading confirms it: %d rooms are no longer in the tenant's list.", n)
		}
		e.hub.state(aboutRooms, text, false, e.now())
	}
	e.unconfirmed = result.Unconfirmed
	if !listing.Complete && first {
		e.hub.notice("The list of rooms may be incomplete: "+listing.Warning.Or("the service did not say how many there are")+".", true, e.now())
	}
	if result.Changed || first {
		e.hub.rooms()
	}
	return nil
}

// verifyAfter is how soon a surprising answer is looked at again.
const verifyAfter = 30 * time.Second

// readPeople reads the directory.
func (e *Engine) readPeople(r *taskRun) error {
	ctx, idle, done := patience(r.ctx)
	defer done()
	list := e.store.BeginPeople()
	listing, err := e.source.People(ctx, func(people []providers.Person) error {
		idle()
		e.requests.Add(1)
		usable := people[:0:0]
		var addresses []providers.Address
		for _, person := range people {
			if person.Mailbox != "" {
				usable = append(usable, person)
				addresses = append(addresses, person.Mailbox)
			}
		}
		changed, err := list.Page(ctx, usable)
		if err != nil {
			return err
		}
		if changed {
			e.hub.people()
		}
		if !e.o.AllPeople {
			return nil
		}
		e.mu.Lock()
		for _, person := range addresses {
			e.persons[person] = true
		}
		e.mu.Unlock()
		return e.adopt(ctx, addresses)
	})
	if err != nil {
		return inTime(ctx, err)
	}
	result, err := list.Finish(ctx, listing, e.now())
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.outcome.People = listing.Count
	e.mu.Unlock()
	if e.o.AllPeople {
		e.mu.Lock()
		for _, person := range result.Removed {
			delete(e.persons, person)
		}
		e.mu.Unlock()
		if err := e.release(ctx, result.Removed); err != nil {
			return err
		}
	}
	if result.Changed {
		e.hub.people()
	}
	r.next = e.now().Add(e.jittered(e.o.Intervals.People))
	if result.Unconfirmed > 0 {
		r.next = e.now().Add(verifyAfter)
	}
	return nil
}

// readCalendars reads which calendars a person has.
func (e *Engine) readCalendars(r *taskRun, mailbox providers.Address) error {
	e.requests.Add(1)
	calendars, err := e.source.Calendars(r.ctx, mailbox)
	if err != nil {
		return err
	}
	changed, err := e.store.SetCalendars(r.ctx, mailbox, calendars)
	if err != nil {
		return err
	}
	if changed {
		e.hub.people()
	}
	r.next = e.now().Add(e.jittered(e.o.Intervals.People))
	return nil
}

// jittered is within, for callers that do not hold e.mu.
func (e *Engine) jittered(bound time.Duration) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.within(bound)
}
