package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// lookFor is how long the commands about bookings look for news of those that
// owe an answer.
const lookFor = 3 * time.Second

func (a *app) bookingsCommand() *cobra.Command {
	var offline bool
	command := &cobra.Command{
		Use:   "bookings",
		Short: "List what was booked here, and what became of it since",
		Long: "The tenant is asked about every booking that is not over, for a few seconds: what others did since is told on standard\n" +
			"error first. Where it cannot be asked, what was last known is listed with its age, and the exit code is 3.",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.listBookings(ctx, s, offline) })
		}),
	}
	asking := func(c *cobra.Command) {
		c.Flags().BoolVar(&offline, "offline", false, "do not ask the tenant: tell what was last known")
	}
	show := &cobra.Command{
		Use:   "show ID",
		Short: "Show one booking; the beginning of its id is enough",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.showBooking(ctx, s, args[0], offline) })
		}),
	}
	asking(command)
	asking(show)
	command.AddCommand(show, a.cancelCommand(), a.reviewCommand(), a.keepCommand())
	command.AddCommand(a.changeCommands()...)
	return command
}

// refresh looks, for a moment, for news of bookings that owe an answer. It fails
// silently: the list says what state each is in, and since when.
func (s *session) refresh(ctx context.Context) error {
	owing := func() (int, error) {
		open, err := s.store.OpenBookings(ctx)
		n := 0
		for _, b := range open {
			if !settledEnough(b) {
				n++
			}
		}
		return n, err
	}
	n, err := owing()
	if err != nil || n == 0 {
		return err
	}
	looking, stop := context.WithTimeout(ctx, lookFor)
	defer stop()
	changed := make(chan struct{}, 1)
	desk := s.newDesk(func(providers.Booking) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}, nil)
	done := make(chan error, 1)
	go func() { done <- desk.Run(looking) }()
	for {
		select {
		case <-changed:
			if n, err := owing(); err == nil && n == 0 {
				stop()
			}
		case err := <-done:
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || looking.Err() != nil {
				return nil
			}
			return err
		}
	}
}

func (a *app) listBookings(ctx context.Context, s *session, offline bool) error {
	old, err := a.look(ctx, s, offline, every)
	if err != nil {
		return err
	}
	bookings, err := s.bookings(ctx)
	if err != nil {
		return err
	}
	access, err := s.accessBook(ctx)
	if err != nil {
		return err
	}
	if err := a.printBookings(bookings, "Nothing was booked here.", access); err != nil {
		return err
	}
	return old
}

func (a *app) printBookings(bookings []providers.Booking, none string, access *accessBook) error {
	if a.out.format == formatJSON {
		objects := make([]bookingObject, len(bookings))
		for i, b := range bookings {
			objects[i] = a.out.booking(b)
			objects[i].Access = accessOf(access.booking(b))
		}
		return a.out.json(objects)
	}
	rows := make([][]string, len(bookings))
	for i, b := range bookings {
		id := b.ID
		if a.out.format == formatTable {
			id = shortID(bookings, b.ID)
		}
		room := b.RoomName.Or(string(b.Request.Room))
		if b.Series != nil {
			room = fmt.Sprintf("%d× %s", len(b.Series.Dates), room)
		}
		rows[i] = []string{id, room, a.out.span(providers.Interval{Start: b.Request.Start, End: b.Request.End}),
			b.Request.Subject.Or(""), string(b.State), bookingWords(a.out, b), a.out.ageWords(lookedAt(b))}
	}
	return a.out.table([]column{{title: "ID", keep: true}, {title: "ROOM"}, {title: "WHEN", keep: true}, {title: "SUBJECT"},
		{title: "STATE", keep: true, state: true}, {title: "REASON"}, {title: "AGE", keep: true, right: true}}, rows, none)
}

// bookingWords is what a person should know of a booking: what others did to it, or
// the reason of its state.
func bookingWords(o *output, b providers.Booking) string {
	words := b.Reason
	if b.News.Words != "" && b.News.Words != b.Reason {
		news := "! " + b.News.Words + " (noticed " + o.ageWords(b.News.At) + " ago)"
		if words != "" {
			news += "; " + words
		}
		return news
	}
	return words
}

// shortID is the shortest beginning of an id, of at least 8 characters, that no
// other booking's id has.
func shortID(bookings []providers.Booking, id string) string {
	for n := 8; n < len(id); n++ {
		others := 0
		for _, b := range bookings {
			if strings.HasPrefix(b.ID, id[:n]) && (b.ID == id || !strings.HasPrefix(b.ID, id)) {
				others++
			}
		}
		if others == 1 {
			return id[:n]
		}
	}
	return id
}

// findBooking finds a booking by its id or the beginning of it.
func (s *session) findBooking(ctx context.Context, text string) (providers.Booking, error) {
	bookings, err := s.store.Bookings(ctx)
	if err != nil {
		return providers.Booking{}, err
	}
	var found []providers.Booking
	for _, b := range bookings {
		if b.ID == text {
			return b, nil
		}
		// The ids of parts begin with that of what they belong to, which is meant.
		part := b.BufferOf != "" && strings.HasPrefix(b.BufferOf, strings.ToLower(text)) || b.DateOf != "" && strings.HasPrefix(b.DateOf, strings.ToLower(text))
		if len(text) >= 4 && strings.HasPrefix(b.ID, strings.ToLower(text)) && !part {
			found = append(found, b)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return providers.Booking{}, usage("see roomdesk bookings", "there is no booking %q", providers.Sanitise(text))
	}
	return providers.Booking{}, usage("give more of the id", "%q begins the ids of %d bookings", providers.Sanitise(text), len(found))
}

func (a *app) showBooking(ctx context.Context, s *session, text string, offline bool) error {
	b, err := s.findBooking(ctx, text)
	if err != nil {
		return err
	}
	old, err := a.look(ctx, s, offline, func(other providers.Booking) bool { return other.ID == b.ID || other.ID == b.DateOf })
	if err != nil {
		return err
	}
	if b, err = s.store.Booking(ctx, b.ID); err != nil {
		return err
	}
	book, err := s.accessBook(ctx)
	if err != nil {
		return err
	}
	access := book.booking(b)
	if err := a.printBookingWith(b, &access); err != nil {
		return err
	}
	return old
}

// printBooking prints one booking with all that is known of it.
func (a *app) printBooking(b providers.Booking) error { return a.printBookingWith(b, nil) }

// printBookingWith prints what may be done with it too; nil: that was not looked up.
func (a *app) printBookingWith(b providers.Booking, access *providers.Access) error {
	if a.out.format == formatJSON {
		object := a.out.booking(b)
		if access != nil {
			object.Access = accessOf(*access)
		}
		return a.out.json(object)
	}
	r := b.Request
	teams := "no"
	switch {
	case !b.JoinURL.Empty():
		teams = b.JoinURL.String()
	case b.TeamsMissing:
		teams = "asked for, but the tenant made none"
	case r.Teams:
		teams = "asked for"
	}
	state := b.State.Words()
	if b.ID == "" {
		state = "not booked"
	}
	pairs := [][]string{{"id", b.ID}, {"state", state}, {"room", strings.TrimSpace(b.RoomName.Or("") + " " + string(r.Room))},
		{"when", a.out.span(providers.Interval{Start: r.Start, End: r.End})}, {"subject", r.Subject.Or("")}, {"organizer", string(r.Organizer)},
		{"attendees", addresses(r.Required)}, {"optional", addresses(r.Optional)}, {"teams", teams}, {"reason", b.Reason}}
	if b.Reason != "" && b.ReasonProof != "" {
		pairs = append(pairs, []string{"the reason is", string(b.ReasonProof)})
	}
	if c := b.Change; c.Kind != "" {
		pairs = append(pairs, []string{"change", string(c.Kind) + ": " + c.Words()}, []string{"was", strings.TrimSpace(c.Was.RoomName.Or("") + " " + a.out.span(c.Was.Span()))},
			[]string{"why", c.Reason})
	}
	if b.Series != nil {
		pairs = append(pairs, []string{"series", b.Series.Words}, []string{"plan", b.Series.PlanWords}, []string{"dates", b.Series.Tally()})
	}
	for _, alternative := range offered(b) {
		text := alternative.Name.Or(string(alternative.Room)) + " (" + string(alternative.Room) + ")"
		for _, more := range []string{alternative.Place, alternative.Why} {
			if more != "" {
				text += ", " + more
			}
		}
		pairs = append(pairs, []string{"alternative", text})
	}
	if access != nil {
		pairs = append(pairs, accessWords(*access)...)
	}
	shown := pairs[:0]
	for _, pair := range pairs {
		if pair[1] != "" {
			shown = append(shown, pair)
		}
	}
	if err := a.out.table([]column{{title: "FIELD", keep: true}, {title: "VALUE"}}, shown, ""); err != nil || b.Series == nil {
		return err
	}
	return a.printDates(b)
}

// offered are the rooms in place of one that declined: the booking, or its change.
func offered(b providers.Booking) []providers.Alternative {
	if len(b.Change.Alternatives) > 0 && !b.Change.Open() {
		return b.Change.Alternatives
	}
	return b.Alternatives
}

func addresses(list []providers.Address) string {
	texts := make([]string, len(list))
	for i, address := range list {
		texts[i] = fmt.Sprint(address)
	}
	return strings.Join(texts, ", ")
}
