package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// findFlags are the flags of rooms find.
type findFlags struct {
	zone  string
	limit int
	why   bool
}

func (a *app) findCommand() *cobra.Command {
	var f findFlags
	command := &cobra.Command{
		Use:   "find QUERY",
		Short: "Find free rooms for a wish in one line, and say why each",
		Long: "The line says when, and what else matters: 12p for seats, f3 for on or near floor 3, display, video, audio, teams,\n" +
			"step-free, @berlin for building and time zone, names after with, who must be free too. Times: 14-15, 14:00, 2-3pm,\n" +
			"tmr, tue, 24 nov, 2026-11-24, 45m, +2h, now, friday afternoon. What was understood is told on standard error.\n" +
			"A series, as in weekly tue 10-11 x10, is planned date by date. Nothing is booked.",
		Example: `roomdesk rooms find "12p display f3 tmr 14-15 @berlin with adele,bob"`,
		Args:    cobra.MinimumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			zone, err := zoneOf(f.zone, a.deps.Zone)
			if err != nil {
				return err
			}
			if f.limit < 1 || f.limit > 1000 {
				return usage("give a number from 1 to 1000", "--limit %d", f.limit)
			}
			a.out.zone = zone
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.find(ctx, s, strings.Join(args, " "), f) })
		}),
	}
	flags := command.Flags()
	flags.StringVar(&f.zone, "zone", "", "IANA time zone in which times are read and shown where the line names none (default: this machine's)")
	flags.IntVar(&f.limit, "limit", 10, "how many rooms are offered at most")
	flags.BoolVar(&f.why, "why", false, "also list every room that is not offered, with the reasons")
	return command
}

// freeOrAsk answers from the mirror where that is fresh, else asks the tenant.
func (s *session) freeOrAsk(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	known, err := s.store.Availability(ctx, mailboxes, window)
	if err != nil {
		return nil, err
	}
	var old []providers.Address
	for _, mailbox := range mailboxes {
		a := known[mailbox]
		if !a.Known() || s.connection.Disconnected != nil || a.Problem != nil || !a.Window.Covers(window) || s.app.deps.Now().Sub(a.AsOf) > calendarBound {
			old = append(old, mailbox)
		}
	}
	if len(old) == 0 {
		return known, nil
	}
	bar := s.app.progress("asking who is free")
	defer bar.end()
	asked, err := s.availability(ctx, old, window)
	if err != nil {
		return nil, err
	}
	for _, a := range asked {
		// What the tenant would not tell now leaves the older truth, with its age.
		if have := known[a.Mailbox]; a.Known() || !have.Known() {
			known[a.Mailbox] = a
		}
	}
	return known, nil
}

func (a *app) find(ctx context.Context, s *session, line string, f findFlags) error {
	rooms, at, staleErr := s.rooms(ctx)
	if staleErr != nil && !isStale(staleErr) {
		return staleErr
	}
	people, _, err := s.people(ctx)
	if err != nil && !isStale(err) {
		return err
	}
	rooms, err = s.withZones(ctx, rooms)
	if err != nil {
		return err
	}
	words, _, err := a.wordsFile().get()
	if err != nil {
		return err
	}
	finds := finder.NewWith(rooms, people, words)
	understood := wish.Read(line, wish.Surroundings{Now: a.deps.Now(), Zone: a.out.zone, ZoneOf: finds.ZoneOf, Zones: zones.ZoneNames(), Words: words})
	if text := understood.Understood(); text != "" {
		a.out.say("%s", text)
	}
	q := finder.Question{Wish: understood, Now: a.deps.Now(), Limit: f.limit, Explain: f.why, MaxAge: calendarBound, Organizer: providers.Address(s.connection.Organizer)}
	if q.Rules, q.Habits, err = expectations(ctx, s.store, q.Now); err != nil {
		return err
	}
	if understood.Repeat != nil {
		if err := a.findSeries(ctx, s, finds, q, f); err != nil {
			return err
		}
		return a.warnStale(staleErr, "rooms", at)
	}
	answer, err := finds.Find(ctx, q, s.freeOrAsk)
	if err != nil {
		return err
	}
	if len(answer.Problems) > 0 {
		return usage("see roomdesk rooms find --help", "not understood: %s", strings.Join(answer.Problems, "; "))
	}
	if understood.Zone != nil && f.zone == "" {
		a.out.zone = understood.Zone
	}
	if err := a.printFinding(understood, answer, at, f); err != nil {
		return err
	}
	s.sayGaps(ctx)
	if err := a.warnStale(staleErr, "rooms", at); err != nil {
		return err
	}
	return a.judgeFinding(answer)
}

// withZones fills in the rooms' own zones as far as the mirror knows them: a list
// that came from the tenant a moment ago has none.
func (s *session) withZones(ctx context.Context, rooms []providers.Room) ([]providers.Room, error) {
	mirrored, err := s.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	zones := make(map[providers.Address]string, len(mirrored))
	for _, r := range mirrored {
		zones[r.Mailbox] = r.Zone
	}
	out := make([]providers.Room, len(rooms))
	for i, r := range rooms {
		if r.Zone == "" {
			r.Zone = zones[r.Mailbox]
		}
		out[i] = r
	}
	return out, nil
}

// judgeFinding makes the exit code: a wish that cannot be fulfilled is a conflict.
func (a *app) judgeFinding(answer providers.Finding) error {
	switch {
	case len(answer.Offers) == 0:
		next := "change the wish, or see why with --why"
		if len(answer.Others) > 0 {
			next = "choose one of the other times, or see why with --why"
		}
		return &failure{code: exitDeclined, class: string(providers.Conflict), message: "no room can be offered", next: next}
	case !answer.GuestsFree():
		return &failure{code: exitDeclined, class: string(providers.Conflict), message: "not everybody is free: " + guestWords(answer.Guests), next: "choose another time, or leave them out"}
	}
	return nil
}

func guestWords(guests []providers.Guest) string {
	var words []string
	for _, g := range guests {
		if g.State.Taken() {
			words = append(words, g.Name+" "+g.Words)
		}
	}
	return strings.Join(words, ", ")
}

// reasonWords writes reasons; what is not proven says so.
func reasonWords(reasons []providers.Reason) string {
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = r.Words
		if r.Proof != providers.Proven {
			words[i] += " (" + string(r.Proof) + ")"
		}
	}
	return strings.Join(words, ", ")
}

func (a *app) printFinding(w wish.Wish, answer providers.Finding, at time.Time, f findFlags) error {
	if a.out.format == formatJSON {
		return a.out.json(a.out.finding(w, answer, at))
	}
	rows := make([][]string, 0, len(answer.Offers)+len(answer.Withheld))
	for _, o := range answer.Offers {
		state := "" // the reasons begin with it
		if o.Old {
			state = "free? " + a.out.ageWords(o.AsOf) + " old"
		}
		rows = append(rows, []string{o.Room.Title(), o.Room.Place(), a.out.span(o.Span), state, reasonWords(o.Why), string(o.Room.Mailbox)})
	}
	if f.why {
		for _, x := range answer.Withheld {
			rows = append(rows, []string{x.Room.Title(), x.Room.Place(), "", "not offered", reasonWords(x.Why), string(x.Room.Mailbox)})
		}
	}
	columns := []column{{title: "ROOM"}, {title: "PLACE"}, {title: "WHEN", keep: true}, {title: "STATE", keep: true, state: true}, {title: "WHY"}, {title: "MAILBOX", keep: true}}
	if err := a.out.table(columns, rows, "No room can be offered."); err != nil {
		return err
	}
	if a.out.format == formatTable {
		if answer.More > 0 {
			a.out.say("%d more may be free: --limit shows them.", answer.More)
		}
		for _, o := range answer.Others {
			a.out.say("%s: everybody and %s free, best %s.", a.out.span(o.Span), plural(o.Rooms, "room", ""), o.Best.Title())
		}
	}
	return nil
}
