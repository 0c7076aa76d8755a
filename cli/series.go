package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/booking/finder"
	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// seriesMargin is how far around the dates free/busy is asked for: dates may be
// shifted.
const seriesMargin = 2 * time.Hour

// seriesAsk is a series as a command wants it planned.
type seriesAsk struct {
	rule      wish.Repeat
	first     providers.Interval
	zone      *time.Location
	rooms     []providers.Room // by preference, already few enough
	beyond    int
	guests    []providers.Guest
	organizer providers.Address
	people    int
	rules     map[providers.Address]providers.RoomRules
	// free says when mailboxes are free; nil: the mirror, or the tenant where that is
	// old or ends too early.
	free func(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error)
}

// planSeries asks when everybody is free and plans.
func (s *session) planSeries(ctx context.Context, ask seriesAsk) (providers.SeriesMatrix, error) {
	dates := series.Dates(ask.rule, ask.first, ask.zone)
	if len(dates) == 0 {
		return providers.SeriesMatrix{}, usage("see roomdesk rooms find --help", "the series has no dates")
	}
	window := providers.Interval{Start: dates[0].Span.Start.Add(-seriesMargin), End: dates[len(dates)-1].Span.End.Add(seriesMargin)}
	mailboxes := make([]providers.Address, 0, len(ask.rooms)+len(ask.guests))
	for _, r := range ask.rooms {
		mailboxes = append(mailboxes, r.Mailbox)
	}
	for _, g := range ask.guests {
		mailboxes = append(mailboxes, g.Mailbox)
	}
	if ask.free == nil {
		ask.free = s.freeOrAsk
	}
	known, err := ask.free(ctx, mailboxes, window)
	if err != nil {
		return providers.SeriesMatrix{}, err
	}
	q := series.Question{Rule: ask.rule, First: ask.first, Zone: ask.zone, Organizer: ask.organizer, People: ask.people, Now: s.app.deps.Now()}
	for _, r := range ask.rooms {
		c := series.Candidate{Room: r, Busy: known[r.Mailbox]}
		if rules, ok := ask.rules[r.Mailbox]; ok {
			c.Rules = &rules
		}
		q.Rooms = append(q.Rooms, c)
	}
	for _, g := range ask.guests {
		q.Guests = append(q.Guests, series.Guest{Name: g.Name, Busy: known[g.Mailbox]})
	}
	m := series.Plan(q)
	m.Beyond = ask.beyond
	return m, nil
}

// findSeries answers a wish for a series: the matrix and the plans. Nothing is sent.
func (a *app) findSeries(ctx context.Context, s *session, finds *finder.Finder, q finder.Question, f findFlags) error {
	rooms, guests, problems := finds.Rooms(q)
	if len(problems) > 0 {
		return usage("see roomdesk rooms find --help", "not understood: %s", strings.Join(problems, "; "))
	}
	w := q.Wish
	if w.Zone != nil && f.zone == "" {
		a.out.zone = w.Zone
	}
	ask := seriesAsk{rule: *w.Repeat, first: w.Span, zone: w.Zone, guests: guests, organizer: q.Organizer, people: max(w.Seats, 1+len(guests)), rules: q.Rules}
	ask.rooms, ask.beyond = rooms[:min(f.limit, len(rooms))], max(len(rooms)-f.limit, 0)
	m, err := s.planSeries(ctx, ask)
	if err != nil {
		return err
	}
	return a.reportSeries(m, w.Understood(), a.out.zone)
}

// bookSeries plans a series for book --repeat: the room that was named, else those
// that fit in its place. Unless that was all, it is sent.
func (a *app) bookSeries(ctx context.Context, s *session, request providers.BookingRequest, f bookFlags) error {
	zone := a.out.zone
	start := request.Start.In(zone)
	rule, problem := wish.ReadRepeat(f.repeat, start)
	if problem != "" {
		return usage(`write it as "weekly x10" or "every workday until 18 dec"`, "--repeat: %s", problem)
	}
	rooms, _, err := s.rooms(ctx)
	if err != nil && !isStale(err) {
		return err
	}
	if rooms, err = s.withZones(ctx, rooms); err != nil {
		return err
	}
	at := slices.IndexFunc(rooms, func(r providers.Room) bool { return r.Mailbox == request.Room })
	if at < 0 {
		return usage("see roomdesk rooms", "%s is none of the rooms", request.Room)
	}
	people, _, err := s.people(ctx)
	if err != nil && !isStale(err) {
		return err
	}
	ask := seriesAsk{rule: rule, first: providers.Interval{Start: request.Start, End: request.End}, zone: zone, organizer: request.Organizer}
	if ask.organizer == "" {
		ask.organizer = providers.Address(s.connection.Organizer)
	}
	if ask.rules, _, err = expectations(ctx, s.store, a.deps.Now()); err != nil {
		return err
	}
	named := map[providers.Address]string{}
	for _, p := range people {
		named[p.Mailbox] = p.Title()
	}
	for _, m := range slices.Concat([]providers.Address{ask.organizer}, request.Required) {
		if m != "" && !slices.ContainsFunc(ask.guests, func(g providers.Guest) bool { return g.Mailbox == m }) {
			name := named[m]
			if name == "" {
				name = string(m)
			}
			ask.guests = append(ask.guests, providers.Guest{Mailbox: m, Name: name})
		}
	}
	ask.people = len(ask.guests) + len(request.Optional)
	w := wish.Wish{Span: ask.first, Length: ask.first.Duration(), Zone: zone, Seats: ask.people}
	if building := rooms[at].Building.Or(""); building != "" {
		w.Rooms = `@"` + strings.ReplaceAll(building, `"`, "") + `"`
	}
	others, _, problems := finder.New(rooms, people).Rooms(finder.Question{Wish: w, Now: a.deps.Now(), Organizer: ask.organizer, Rules: ask.rules})
	if len(problems) > 0 {
		return usage("see roomdesk book --help", "%s", strings.Join(problems, "; "))
	}
	others = slices.DeleteFunc(others, func(r providers.Room) bool { return r.Mailbox == request.Room })
	ask.rooms = append([]providers.Room{rooms[at]}, others[:min(len(others), otherSeriesRooms)]...)
	ask.beyond = max(len(others)-otherSeriesRooms, 0)
	m, err := s.planSeries(ctx, ask)
	if err != nil {
		return err
	}
	understood := rule.Words() + ", " + start.Format("15:04") + "–" + request.End.In(zone).Format("15:04") + ", from " + start.Format("Mon 2 Jan 2006")
	if f.dryRun || len(m.Plans) == 0 {
		a.out.say("%s. Nothing is sent.", understood)
		return a.reportSeries(m, understood, zone)
	}
	a.out.say("%s.", understood)
	return a.sendSeries(ctx, s, providers.SeriesRequest{Request: request, Matrix: m}, f)
}

// otherSeriesRooms is how many rooms besides the one named are looked at.
const otherSeriesRooms = 9

func (a *app) reportSeries(m providers.SeriesMatrix, understood string, zone *time.Location) error {
	var err error
	if a.out.format == formatJSON {
		err = a.out.json(a.out.series(m, understood, zone))
	} else {
		err = a.printSeries(m)
	}
	if err != nil {
		return err
	}
	if len(m.Plans) == 0 {
		return &failure{code: exitDeclined, class: string(providers.Conflict), message: "no room can be had on any date of the series", next: "change the wish, or look at more rooms with --limit"}
	}
	return nil
}

// seriesMarks are the cells of the matrix, one character for each date.
var seriesMarks = map[providers.SeriesCellState]string{providers.SeriesFree: "·", providers.SeriesTaken: "x", providers.SeriesUnknown: "?", providers.SeriesAgainst: "!"}

// printSeries prints the dates with what the first plan does, the matrix, and the
// plans.
func (a *app) printSeries(m providers.SeriesMatrix) error {
	rows := make([][]string, len(m.Dates))
	for d, date := range m.Dates {
		row := []string{date.Span.Start.In(a.out.zone).Format("Mon ") + a.out.span(date.Span), "", "", strings.Join(seriesNotes(date), "; ")}
		if len(m.Plans) > 0 {
			best := m.Plans[0]
			row[1] = a.stepWords(m, best.Steps[d])
			if part := best.PartRoom(d); part >= 0 && best.Steps[d].Act != providers.SeriesKeep {
				row[2] = m.Rooms[part].Room.Title() + ": " + m.Rooms[part].Cells[d].Words
			}
		}
		rows[d] = row
	}
	if err := a.out.table([]column{{title: "DATE", keep: true}, {title: "PLAN", keep: true}, {title: "BECAUSE"}, {title: "NOTES"}}, rows, "The series has no dates."); err != nil {
		return err
	}
	rows = nil
	for _, r := range m.Rooms {
		cells := ""
		for _, cell := range r.Cells {
			cells += seriesMarks[cell.State]
		}
		rows = append(rows, []string{r.Room.Title(), cells, fmt.Sprintf("%d of %d", r.Free, len(r.Cells)), string(r.Outcome), reasonWords(r.Why), string(r.Room.Mailbox)})
	}
	if a.out.format == formatTable {
		a.out.say("")
	}
	if err := a.out.table([]column{{title: "ROOM"}, {title: "DATES", keep: true}, {title: "FREE", keep: true}, {title: "AS IT STANDS", keep: true}, {title: "WHY"}, {title: "MAILBOX"}}, rows, "No room fits."); err != nil {
		return err
	}
	if a.out.format != formatTable {
		return nil
	}
	a.out.say("Dates: · free, x taken, ? not known, ! against the room's rules.")
	for i, plan := range m.Plans {
		var rooms []string
		for _, part := range plan.Parts {
			rooms = append(rooms, m.Rooms[part.Room].Room.Title())
		}
		a.out.say("Plan %d: %s; %s (%s).", i+1, strings.Join(rooms, ", then "), plan.Words, planName(m, plan))
	}
	for d := range m.Dates {
		for _, way := range m.Ways[d] {
			a.out.say("%s, or: %s.", m.Dates[d].Span.Start.In(a.out.zone).Format("Mon 2 Jan"), a.stepWords(m, way))
		}
	}
	if m.Beyond > 0 {
		a.out.say("%d more rooms fit and were not looked at.", m.Beyond)
	}
	return nil
}

func (a *app) stepWords(m providers.SeriesMatrix, s providers.SeriesStep) string {
	switch s.Act {
	case providers.SeriesOther:
		return m.Rooms[s.Room].Room.Title() + " instead"
	case providers.SeriesShift:
		return m.Rooms[s.Room].Room.Title() + ", " + s.Span.Start.In(a.out.zone).Format("15:04") + "–" + s.Span.End.In(a.out.zone).Format("15:04")
	case providers.SeriesSkip:
		return "skipped"
	case providers.SeriesKeep:
	}
	return m.Rooms[s.Room].Room.Title()
}

func seriesNotes(d providers.SeriesDate) []string {
	notes := slices.Clone(d.Notes)
	if len(d.Busy) > 0 {
		notes = append(notes, "not free: "+strings.Join(d.Busy, ", "))
	}
	if len(d.Dark) > 0 {
		notes = append(notes, "not known: "+strings.Join(d.Dark, ", "))
	}
	return notes
}
