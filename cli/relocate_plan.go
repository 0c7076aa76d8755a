package cli

import (
	"cmp"
	"context"
	"slices"
	stdsync "sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roomdesk/booking/relocate"
	"roomdesk/providers"
)

// organizersAtATime is how many organizers' calendars are read at the same time.
const organizersAtATime = 4

// planRelocation asks the tenant for the room's meetings, for who is free, and for
// each meeting in its organizer's calendar, so that what may not be changed from here
// is known before anything is.
func (s *session) planRelocation(ctx context.Context, mailbox providers.Address, window providers.Interval, reason providers.Untrusted) (providers.Relocation, error) {
	var none providers.Relocation
	rooms, _, err := s.rooms(ctx)
	if err != nil && !isStale(err) {
		return none, err
	}
	people, _, err := s.people(ctx)
	if err != nil && !isStale(err) {
		return none, err
	}
	now := s.app.deps.Now()
	q := relocate.Question{Period: window, Now: now, Rooms: rooms, Room: providers.Room{Mailbox: mailbox}}
	domains := map[string]bool{}
	var others []providers.Address
	for _, r := range rooms {
		domains[r.Mailbox.Domain()] = true
		if r.Mailbox == mailbox {
			q.Room = r
		} else if r.Bookable {
			others = append(others, r.Mailbox)
		}
	}
	for _, p := range people {
		domains[p.Mailbox.Domain()] = true
	}
	q.Ours = func(who providers.Address) bool { return domains[who.Domain()] }
	calendars := organizerCalendars{live: liveCalendars{session: s}, reads: map[providers.Address]func() ([]providers.Event, error){}, window: window}
	defer calendars.live.close()
	read, err := s.readCalendar(ctx, &calendars.live, mailbox, window)
	if err != nil {
		return none, err
	}
	if read.problem != nil {
		s.app.out.say("The room's calendar is as of %s: %s", s.app.out.clock(read.at), read.problem.What())
	}
	q.Events = read.events
	for _, e := range q.Events {
		if e.Start.Before(calendars.window.Start) {
			calendars.window.Start = e.Start
		}
		if e.End.After(calendars.window.End) {
			calendars.window.End = e.End
		}
	}
	if q.Free, err = s.freeOrAsk(ctx, others, calendars.window); err != nil {
		return none, err
	}
	if q.Rules, err = s.store.RoomRules(ctx); err != nil {
		return none, err
	}
	r := relocate.Make(q).Relocation(reason)
	r.Created = now
	return r, s.findMeetings(ctx, &calendars, &r)
}

// findMeetings finds the meetings of a plan in their organizers' calendars. What may
// not be changed from here becomes unsolved, with the reason.
func (s *session) findMeetings(ctx context.Context, calendars *organizerCalendars, r *providers.Relocation) error {
	book, err := s.accessBook(ctx)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(organizersAtATime)
	for n := range r.Steps {
		step := &r.Steps[n]
		if step.Foreign {
			continue
		}
		if err := s.addCalendars(ctx, book, step.Organizer); err != nil {
			return err
		}
		readOnly := book.calendars[step.Organizer].Refuses(providers.VerbRelocate)
		group.Go(func() error {
			id, err := calendars.find(groupCtx, step.Organizer, step.ICalUID, step.Was.Start)
			if err != nil {
				step.State, step.Why = providers.StepUnsolved, explain(err).message
			}
			if err == nil && readOnly != "" {
				step.State, step.Why = providers.StepUnsolved, readOnly
			}
			step.EventID = id
			return groupCtx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	rank := func(s providers.RelocationStep) int {
		if s.State == providers.StepUnsolved {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(r.Steps, func(a, b providers.RelocationStep) int {
		return cmp.Or(rank(a)-rank(b), a.Was.Start.Compare(b.Was.Start))
	})
	return nil
}

// organizerCalendars reads each organiser's calendar once, however many of its
// meetings are moved.
type organizerCalendars struct {
	live   liveCalendars
	window providers.Interval
	mu     stdsync.Mutex
	reads  map[providers.Address]func() ([]providers.Event, error)
}

// find gives the id of a meeting in its organizer's calendar.
func (c *organizerCalendars) find(ctx context.Context, organizer providers.Address, uid string, start time.Time) (string, error) {
	c.mu.Lock()
	read, ok := c.reads[organizer]
	if !ok {
		read = stdsync.OnceValues(func() ([]providers.Event, error) { return c.live.read(ctx, organizer, c.window) })
		c.reads[organizer] = read
	}
	c.mu.Unlock()
	events, err := read()
	if err != nil {
		return "", err
	}
	for _, e := range events {
		if e.ICalUID == uid && e.Start.Equal(start) && e.IsOrganizer && !e.Cancelled {
			return e.ID, nil
		}
	}
	return "", &providers.Error{Class: providers.Gone, Op: "looking for the meeting", Mailbox: organizer, Message: providers.Outside("its organiser's calendar does not have it; the room's copy may be left over")}
}
