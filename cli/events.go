package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// liveReads is how many calendars one command reads from the tenant at once.
const liveReads = 8

func (a *app) eventsCommand() *cobra.Command {
	var w windowFlags
	var all bool
	command := &cobra.Command{
		Use:   "events M...",
		Short: "List the meetings of mailboxes",
		Long: "Meetings come from the local mirror where that is fresh and covers the time asked for, else from the tenant. With\n" +
			"--all they come from the mirror, for every mailbox in it. Of private meetings only the time is told.",
		Example: "roomdesk events aalto --from tomorrow --to +7d --json",
		RunE: a.run(func(ctx context.Context, args []string) error {
			if all == (len(args) > 0) {
				return usage("name them, or give --all alone", "say whose meetings: mailboxes, or --all")
			}
			window, err := a.window(w)
			if err != nil {
				return err
			}
			return a.withVerb(ctx, providers.VerbEvents, func(ctx context.Context, s *session) error {
				if all {
					return a.allEvents(ctx, s, window)
				}
				return a.listEvents(ctx, s, args, window)
			})
		}),
	}
	w.register(command, "default: today")
	command.Flags().BoolVar(&all, "all", false, "every mirrored mailbox")
	return command
}

// calendarRead is what is known of one mailbox's meetings.
type calendarRead struct {
	mailbox providers.Address
	events  []providers.Event
	at      time.Time
	problem *providers.Problem
}

func (a *app) listEvents(ctx context.Context, s *session, texts []string, window providers.Interval) error {
	mailboxes, err := s.mailboxes(ctx, texts)
	if err != nil {
		return err
	}
	reads := make([]calendarRead, len(mailboxes))
	live := liveCalendars{session: s}
	defer live.close()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(liveReads)
	for i, mailbox := range mailboxes {
		group.Go(func() error {
			read, err := s.readCalendar(groupCtx, &live, mailbox, window)
			if err != nil && providers.ClassOf(err) == providers.Cancelled {
				return err
			}
			if err != nil {
				read.problem = providers.ProblemOf(err, a.deps.Now())
			}
			reads[i] = read
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return a.printEvents(ctx, s, reads)
}

// readCalendar takes a mailbox's meetings from the mirror where they are fresh,
// else from the tenant; where the tenant cannot be asked, old ones from the
// mirror with the problem beside them.
func (s *session) readCalendar(ctx context.Context, live *liveCalendars, mailbox providers.Address, window providers.Interval) (calendarRead, error) {
	read := calendarRead{mailbox: mailbox}
	position, err := s.store.Position(ctx, mailbox)
	if err != nil {
		return read, err
	}
	now := s.app.deps.Now()
	mirrored := position.Complete() && position.Window.Covers(window)
	booked, err := s.bookedSince(ctx, mailbox, position.LastGood)
	if err != nil {
		return read, err
	}
	if mirrored && !booked && s.connection.Disconnected == nil && position.Problem == nil && now.Sub(position.LastGood) <= calendarBound {
		read.events, err = s.store.Events(ctx, mailbox, window)
		read.at = position.LastGood
		return read, err
	}
	events, err := live.read(ctx, mailbox, window)
	if err == nil {
		read.events, read.at = events, now
		return read, nil
	}
	if mirrored && providers.ClassOf(err) != providers.Cancelled {
		if old, mirrorErr := s.store.Events(ctx, mailbox, window); mirrorErr == nil {
			read.events, read.at, read.problem = old, position.LastGood, providers.ProblemOf(err, now)
			return read, nil
		}
	}
	return read, err
}

// bookedSince reports whether a booking made here concerns the mailbox and moved
// after the mirror was read: the mirror cannot show it yet.
func (s *session) bookedSince(ctx context.Context, mailbox providers.Address, read time.Time) (bool, error) {
	bookings, err := s.store.Bookings(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(bookings, func(b providers.Booking) bool {
		q := b.Request
		return b.Updated.After(read) && (q.Room == mailbox || q.Organizer == mailbox || slices.Contains(q.Required, mailbox) || slices.Contains(q.Optional, mailbox))
	}), nil
}

// liveCalendars reads calendars through a store of their own in a temporary
// directory, so that a window beyond the mirror's is read by the same rules.
type liveCalendars struct {
	session *session
	once    stdsync.Once
	dir     string
	store   *store.Store
	err     error
}

func (l *liveCalendars) open(ctx context.Context) error {
	l.once.Do(func() {
		if l.dir, l.err = os.MkdirTemp("", "roomdesk-"); l.err != nil {
			return
		}
		l.store, l.err = store.Open(ctx, store.Options{Path: filepath.Join(l.dir, "read.db"), Location: zoneLocation, Now: l.session.app.deps.Now})
	})
	return l.err
}

func (l *liveCalendars) close() {
	if l.store != nil {
		// What is in it is thrown away.
		_ = l.store.Close()
	}
	if l.dir != "" {
		if err := os.RemoveAll(l.dir); err != nil {
			l.session.app.out.say("roomdesk: %s could not be removed: %s", l.dir, providers.Sanitise(err.Error()))
		}
	}
}

func (l *liveCalendars) read(ctx context.Context, mailbox providers.Address, window providers.Interval) ([]providers.Event, error) {
	if err := l.open(ctx); err != nil {
		return nil, err
	}
	now := l.session.app.deps.Now()
	round := l.store.BeginFull(mailbox, window)
	if err := l.session.provider.Changes(ctx, providers.ChangesRequest{Mailbox: mailbox, Window: window}, func(page providers.ChangePage) error {
		_, err := round.Apply(ctx, page, store.Stamp{At: now})
		return err
	}); err != nil {
		return nil, err
	}
	masters, err := l.store.MissingMasters(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	for _, id := range masters {
		master, err := l.session.provider.Event(ctx, mailbox, id)
		if err != nil {
			if providers.Is(err, providers.Gone) {
				continue
			}
			return nil, err
		}
		if _, err := l.store.PutEvents(ctx, mailbox, []providers.Event{master}); err != nil {
			return nil, err
		}
	}
	return l.store.Events(ctx, mailbox, window)
}

// allEvents lists the meetings of every mirrored mailbox.
func (a *app) allEvents(ctx context.Context, s *session, window providers.Interval) error {
	mailboxes, err := s.store.Mailboxes(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(mailboxes, store.Mailbox.Complete) {
		a.out.say("Nothing is mirrored yet: reading the tenant first.")
		if err := a.syncThen(ctx, s, false, false); err != nil && !isTold(err) {
			return err
		}
		if mailboxes, err = s.store.Mailboxes(ctx); err != nil {
			return err
		}
	}
	events, err := s.store.EventsAll(ctx, window)
	if err != nil {
		return err
	}
	by := map[providers.Address][]providers.Event{}
	for _, e := range events {
		by[e.Mailbox] = append(by[e.Mailbox], e)
	}
	reads := make([]calendarRead, 0, len(mailboxes))
	for _, m := range mailboxes {
		read := calendarRead{mailbox: m.Address, at: m.LastGood, problem: m.Problem}
		if !m.Complete() {
			if read.problem == nil {
				read.problem = &providers.Problem{Class: providers.Local, Message: providers.Outside("its calendar was not read yet"),
					Advice: "run roomdesk sync --once, or leave the console open"}
			}
		} else if !m.Window.Covers(window) && read.problem == nil {
			read.problem = &providers.Problem{Class: providers.Unsupported, Advice: "name the mailbox to read it from the tenant",
				Message: providers.Outside(fmt.Sprintf("only %s is mirrored", a.out.span(m.Window)))}
		}
		if m.Complete() {
			read.events = by[m.Address]
		}
		reads = append(reads, read)
	}
	return a.printEvents(ctx, s, reads)
}

// isTold reports whether err only carries an exit code.
func isTold(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.silent
}

func (a *app) printEvents(ctx context.Context, s *session, reads []calendarRead) error {
	rooms, err := s.store.Rooms(ctx)
	if err != nil {
		return err
	}
	isRoom := make(map[providers.Address]bool, len(rooms))
	for _, room := range rooms {
		isRoom[room.Mailbox] = true
	}
	objects := []eventObject{}
	var rows [][]string
	for _, read := range reads {
		for _, e := range read.events {
			if a.out.format == formatJSON {
				objects = append(objects, a.out.event(e, isRoom[read.mailbox], read.at))
				continue
			}
			rows = append(rows, a.eventRow(e))
		}
	}
	var troubles []trouble
	for _, read := range reads {
		if read.problem != nil {
			troubles = append(troubles, trouble{read.mailbox, read.problem})
		}
	}
	if len(reads) > 0 && len(troubles) == len(reads) && len(objects)+len(rows) == 0 {
		return a.partly(len(reads), troubles) // an error is no empty list
	}
	if a.out.format == formatJSON {
		if err := a.out.json(objects); err != nil {
			return err
		}
	} else if err := a.out.table([]column{{title: "WHEN", keep: true}, {title: "SUBJECT"}, {title: "ORGANIZER"}, {title: "SHOWN AS", keep: true},
		{title: "NOTES"}, {title: "MAILBOX"}}, rows, "No meetings."); err != nil {
		return err
	}
	return a.partly(len(reads), troubles)
}

func (a *app) eventRow(e providers.Event) []string {
	when := a.out.span(providers.Interval{Start: e.Start, End: e.End})
	if e.AllDay {
		when = e.Start.UTC().Format(time.DateOnly) + " all day"
		if days := int(e.End.Sub(e.Start).Hours() / 24); days > 1 {
			when = e.Start.UTC().Format(time.DateOnly) + "–" + e.End.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
		}
	}
	subject := e.Subject.Or("(no subject)")
	var notes []string
	if e.Private {
		subject = "private"
	}
	if e.Cancelled {
		notes = append(notes, "cancelled")
	}
	if e.Recurring() {
		notes = append(notes, "series")
	}
	if e.OnlineMeeting || !e.JoinURL.Empty() {
		notes = append(notes, "Teams")
	}
	return []string{when, subject, e.OrganizerName.Or(string(e.Organizer)), providers.Sanitise(string(e.ShowAs)), strings.Join(notes, ", "), string(e.Mailbox)}
}
