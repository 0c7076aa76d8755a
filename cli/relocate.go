package cli

import (
	"context"
	"fmt"
	stdsync "sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"roomdesk/booking"
	"roomdesk/booking/relocate"
	"roomdesk/providers"
)

// relocateFlags are the flags of relocate.
type relocateFlags struct {
	window      windowFlags
	dryRun, yes bool
	wait        time.Duration
}

// relocations is how many meetings are moved at once: few, so that a mistake is
// seen before it has reached everybody.
const relocations = 4

func (a *app) relocateCommand() *cobra.Command {
	var f relocateFlags
	command := &cobra.Command{
		Use:   "relocate ROOM",
		Short: "Find other rooms for a room's meetings, and move them there",
		Long: "For every meeting of the room in the time given, the best other room: same equipment, nearest, of a fitting size. What\n" +
			"cannot be solved is told first, for organisers elsewhere with a text to send. Nothing is changed before you agreed.\n" +
			"A meeting keeps its room until the other one has accepted; where it declines, the next best is asked. Each move can be\n" +
			"taken back with bookings undo.",
		Example: "roomdesk relocate walnut --from tomorrow --to +7d --dry-run",
		Args:    cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			if f.wait <= 0 || f.wait > longestBookWait {
				return usage("wait up to 24h", "--wait %s cannot be used", f.wait)
			}
			window, err := a.window(f.window)
			if err != nil {
				return err
			}
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.relocate(ctx, s, args[0], window, f) })
		}),
	}
	f.window.register(command, "default: today")
	flags := command.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "only show the plan")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.DurationVar(&f.wait, "wait", 2*time.Minute, "how long to wait for each room's answer")
	return command
}

func (a *app) relocate(ctx context.Context, s *session, text string, window providers.Interval, f relocateFlags) error {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	plan, err := s.planRelocation(ctx, text, window)
	if err != nil {
		return err
	}
	moves := make([]*move, len(plan.Meetings))
	for n, m := range plan.Meetings {
		moves[n] = &move{Meeting: m, state: "planned"}
		if m.Unsolved != "" {
			moves[n].state, moves[n].why = "unsolved", m.Unsolved
		}
	}
	if f.dryRun || plan.Solved == 0 {
		return a.reportRelocation(plan, moves)
	}
	if !f.yes {
		if !terminal(a.deps.Stdin) {
			return usage("look with --dry-run, then repeat with --yes", "moving meetings needs a confirmation, and nobody can be asked here")
		}
		a.sayRelocation(plan, moves)
		if err := a.confirm(ctx, fmt.Sprintf("Move %s? (y/N) ", plural(plan.Solved, "meeting", ""))); err != nil {
			return err
		}
	}
	if err := a.moveAll(ctx, s, moves, f.wait); err != nil {
		return err
	}
	return a.reportRelocation(plan, moves)
}

// planRelocation asks the tenant for the room's meetings and for who is free.
func (s *session) planRelocation(ctx context.Context, text string, window providers.Interval) (relocate.Plan, error) {
	rooms, _, err := s.rooms(ctx)
	if err != nil && !isStale(err) {
		return relocate.Plan{}, err
	}
	people, _, err := s.people(ctx)
	if err != nil && !isStale(err) {
		return relocate.Plan{}, err
	}
	mailbox, err := s.mailbox(ctx, text, false)
	if err != nil {
		return relocate.Plan{}, err
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
	live := liveCalendars{session: s}
	defer live.close()
	read, err := s.readCalendar(ctx, &live, mailbox, window)
	if err != nil {
		return relocate.Plan{}, err
	}
	if read.problem != nil {
		s.app.out.say("The room's calendar is as of %s: %s", s.app.out.clock(read.at), read.problem.What())
	}
	q.Events = read.events
	wide := window
	for _, e := range q.Events {
		if e.Start.Before(wide.Start) {
			wide.Start = e.Start
		}
		if e.End.After(wide.End) {
			wide.End = e.End
		}
	}
	if q.Free, err = s.freeOrAsk(ctx, others, wide); err != nil {
		return relocate.Plan{}, err
	}
	if q.Rules, err = s.store.RoomRules(ctx); err != nil {
		return relocate.Plan{}, err
	}
	return relocate.Make(q), nil
}

// move is one meeting on its way to another room.
type move struct {
	relocate.Meeting
	state   string // planned, unsolved, moved, held, unknown, failed
	why     string // safe to show
	room    providers.Room
	booking string // id, for undo
}

// moveAll moves what is planned, few at a time. Only an end of the whole command is
// an error; what happened to a meeting stands with it.
func (a *app) moveAll(ctx context.Context, s *session, moves []*move, wait time.Duration) error {
	desk := s.newDesk(nil, nil)
	calendars := organizerCalendars{live: liveCalendars{session: s}, reads: map[providers.Address]func() ([]providers.Event, error){}}
	defer calendars.live.close()
	for _, m := range moves {
		calendars.window.Start = earliest(calendars.window.Start, m.Event.Start)
		if m.Event.End.After(calendars.window.End) {
			calendars.window.End = m.Event.End
		}
	}
	var telling stdsync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(relocations)
	for _, m := range moves {
		if m.state != "planned" {
			continue
		}
		group.Go(func() error {
			s.moveOne(groupCtx, desk, &calendars, m, wait)
			telling.Lock()
			defer telling.Unlock()
			a.out.say("%s %s  %s", map[string]string{"moved": "✓", "held": "◐"}[m.state]+map[bool]string{true: "", false: "✗"}[m.state == "moved" || m.state == "held"], a.out.span(providers.Interval{Start: m.Event.Start, End: m.Event.End}), m.words())
			return groupCtx.Err()
		})
	}
	return group.Wait()
}

// words tell where a meeting stands.
func (m *move) words() string {
	switch m.state {
	case "moved":
		return "moved to " + m.room.Title()
	case "held":
		return "held in " + m.room.Title() + ": somebody must approve"
	}
	return m.state + ": " + m.why
}

// moveOne moves one meeting to the first of its rooms that accepts.
func (s *session) moveOne(ctx context.Context, desk *booking.Desk, calendars *organizerCalendars, m *move, wait time.Duration) {
	fail := func(state string, err error) {
		m.state, m.why = state, explain(err).message
	}
	id, err := calendars.find(ctx, m.Event)
	if err != nil {
		fail("failed", err)
		return
	}
	b, err := desk.Adopt(ctx, m.Event.Organizer, id)
	if err != nil {
		fail("failed", err)
		return
	}
	if b.Request.Room != m.Event.Mailbox {
		m.state, m.why = "failed", "it has several rooms: its organiser has to change it"
		return
	}
	for _, choice := range m.Choices {
		m.room = choice.Room
		changed, err := desk.Change(ctx, b.ID, booking.ChangeRequest{Kind: providers.ChangeMove, Room: choice.Room.Mailbox})
		if err != nil {
			m.state, m.why = "failed", explain(err).message
			if providers.Is(err, providers.Conflict) {
				continue // taken meanwhile: the next best
			}
			return
		}
		m.booking = b.ID
		waiting, stop := context.WithTimeout(ctx, wait)
		changed, err = desk.Await(waiting, changed.ID)
		stop()
		switch c := changed.Change; {
		case c.State == providers.ChangeDone && changed.State == providers.BookingTentative:
			m.state, m.why = "held", ""
			return
		case c.State == providers.ChangeDone:
			m.state, m.why = "moved", ""
			return
		case c.State == providers.ChangeUndone: // the meeting is as it was
			m.state, m.why = "failed", choice.Room.Title()+" declined: "+c.Reason
			continue
		case c.State == providers.ChangeFailed:
			m.state, m.why = "failed", c.Reason
			return
		case err != nil && ctx.Err() != nil:
			fail("unknown", err)
			return
		}
		m.state, m.why = "unknown", choice.Room.Title()+" has not answered within "+wait.String()
		return
	}
}

// organizerCalendars reads each organiser's calendar once, however many of its
// meetings are moved.
type organizerCalendars struct {
	live   liveCalendars
	window providers.Interval
	mu     stdsync.Mutex
	reads  map[providers.Address]func() ([]providers.Event, error)
}

// find gives the id of a meeting in its organiser's calendar; in is the room's copy.
func (c *organizerCalendars) find(ctx context.Context, in providers.Event) (string, error) {
	c.mu.Lock()
	read, ok := c.reads[in.Organizer]
	if !ok {
		read = stdsync.OnceValues(func() ([]providers.Event, error) { return c.live.read(ctx, in.Organizer, c.window) })
		c.reads[in.Organizer] = read
	}
	c.mu.Unlock()
	events, err := read()
	if err != nil {
		return "", err
	}
	for _, e := range events {
		if e.ICalUID == in.ICalUID && e.Start.Equal(in.Start) && e.IsOrganizer && !e.Cancelled {
			return e.ID, nil
		}
	}
	return "", &providers.Error{Class: providers.Gone, Op: "looking for the meeting", Mailbox: in.Organizer, Message: providers.Outside("its organiser's calendar does not have it; the room's copy may be left over")}
}

// earliest is the earlier of two instants; zero counts as none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
