package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"roomdesk/providers"
)

// Check is the answer to "can this be booked", as the tenant gave it just now.
type Check struct {
	Request providers.BookingRequest // with what was left open filled in
	// Room and Attendees are live answers. Attendees has an entry for the
	// organizer and each attendee, in this order, also for those of whom nothing
	// can be told.
	Room      providers.Availability
	Attendees []providers.Availability
	// Free is true only where the tenant said now that the room is free, and
	// nothing else stands in the way.
	Free bool
	// Why is the reason where Free is false; safe to show.
	Why string
	// Class sorts the reason: Conflict where the room is taken, Permanent where
	// the request cannot be sent as it is, else why nothing could be told. ""
	// while Free.
	Class        providers.Class
	Alternatives []providers.Alternative
	TeamsAllowed bool
	TeamsWhy     string // why not; safe to show
	// Warnings are sentences about what does not stand in the way but should be
	// seen, for example who is not free; safe to show.
	Warnings []string
}

// Refused is why a request was not sent. Its class is that of the check.
type Refused struct {
	Check Check
	Err   *providers.Error
}

// Error is the reason in one line. The words of the class are left out: they
// speak of the service, which was not asked to make anything.
func (r *Refused) Error() string { return r.Err.Op + ": " + r.Check.Why }

// Unwrap gives the classified error.
func (r *Refused) Unwrap() error { return r.Err }

// Check asks the tenant now whether the room and everybody invited are free, and
// whether a Teams link can be made. What it finds to be in the way is in the
// answer; the error is for questions that could not be asked, and the answer
// says so too.
func (d *Desk) Check(ctx context.Context, q providers.BookingRequest) (Check, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	c, room := d.local(ctx, q)
	if c.Class != "" && c.Class != providers.Conflict {
		return c, nil
	}
	return d.ask(ctx, c, room)
}

// local is the part of a check that asks nobody.
func (d *Desk) local(ctx context.Context, q providers.BookingRequest) (Check, providers.Room) {
	room, err := d.room(ctx, q.Room)
	q = d.prepare(q, room.Title())
	c := Check{Request: q, Room: providers.Availability{Mailbox: q.Room, Window: span(q)}}
	if wrong := check(q, d.Now()); wrong != nil {
		c.refuse(wrong)
		return c, room
	}
	if err != nil {
		c.Warnings = append(c.Warnings, "the list of rooms cannot be read: "+providers.ProblemOf(err, d.Now()).What())
	}
	if room.Provider != "" && !room.Bookable {
		c.block(providers.Permanent, "this room cannot be booked: it is reserved")
	}
	d.expect(ctx, &c, room)
	if words := beforeWords(q, d.Now()); words != "" {
		c.Warnings = append(c.Warnings, words)
	}
	c.Warnings = append(c.Warnings, d.duplicates(ctx, q)...)
	if people := 1 + len(q.Required) + len(q.Optional); room.Capacity > 0 && room.Capacity < people {
		c.Warnings = append(c.Warnings, fmt.Sprintf("%d seats for %d people", room.Capacity, people))
	}
	return c, room
}

func (c *Check) block(class providers.Class, why string) {
	c.Free = false
	if c.Why == "" {
		c.Class, c.Why = class, why
	}
}

func (c *Check) refuse(e *providers.Error) {
	why := e.Message.Or(e.What())
	if e.Cause != "" {
		why = e.What()
	}
	if e.Advice != "" {
		why += "; " + e.Advice
	}
	c.block(e.Class, why)
}

// refused turns the check into the error that [Desk.Book] returns.
func (c Check) refused() *Refused {
	return &Refused{c, &providers.Error{Class: c.Class, Op: "booking " + string(c.Request.Room), Message: providers.Outside(c.Why)}}
}

// room finds a room in the mirror. One that is not there, perhaps because the
// first sync still runs, has only its address.
func (d *Desk) room(ctx context.Context, mailbox providers.Address) (providers.Room, error) {
	rooms, err := d.Mirror.Rooms(ctx)
	if i := slices.IndexFunc(rooms, func(r providers.Room) bool { return r.Mailbox == mailbox }); i >= 0 {
		return rooms[i], nil
	}
	return providers.Room{Mailbox: mailbox}, err
}

// horizon is how far behind the meeting a check looks, to say until when a room
// is free.
const horizon = 4 * time.Hour

// perCall is the number of mailboxes that the service answers for at once.
const perCall = 20

// live asks the tenant for free/busy of any number of mailboxes. Every mailbox
// has an answer, if only a problem; the error is the first that kept some from
// being asked.
func (d *Desk) live(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	answers := make(map[providers.Address]providers.Availability, len(mailboxes))
	var failed error
	for chunk := range slices.Chunk(mailboxes, perCall) {
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		got, err := d.Tenant.Availability(ctx, chunk, window)
		cancel()
		if err != nil && failed == nil {
			failed = err
		}
		for _, a := range got {
			answers[a.Mailbox] = a
		}
		for _, mailbox := range chunk {
			if _, ok := answers[mailbox]; !ok {
				if err == nil {
					err = errNoAnswer
				}
				answers[mailbox] = providers.Availability{Mailbox: mailbox, Window: window, Problem: providers.ProblemOf(err, d.Now())}
			}
		}
	}
	return answers, failed
}

var errNoAnswer = &providers.Error{Class: providers.Foreign, Op: "reading free/busy", Message: providers.Outside("the service left this mailbox out of its answer")}

// believed reports whether an answer is live and without a problem.
func believed(a providers.Availability) bool { return a.Known() && a.Problem == nil }

// ask completes a check with the tenant's answers.
func (d *Desk) ask(ctx context.Context, c Check, room providers.Room) (Check, error) {
	q := c.Request
	keep := around(q)
	keep.Start = beforeFrom(q, d.Now())
	window := providers.Interval{Start: keep.Start, End: q.End.Add(horizon)}
	everybody := slices.Concat([]providers.Address{q.Room, q.Organizer}, q.Required, q.Optional)

	var (
		wg       sync.WaitGroup
		answers  map[providers.Address]providers.Availability
		calendar calendarState
		failed   error
	)
	wg.Go(func() { answers, failed = d.live(ctx, everybody, window) })
	wg.Go(func() { calendar = d.calendar(ctx, q.Organizer) })
	wg.Wait()

	c.Room = answers[q.Room]
	for _, mailbox := range everybody[1:] {
		c.Attendees = append(c.Attendees, answers[mailbox])
	}
	c.Warnings = append(c.Warnings, attendeeWarnings(q, c.Attendees)...)
	c.TeamsAllowed, c.TeamsWhy = calendar.teams, calendar.teamsWhy
	if calendar.refuses != nil {
		c.refuse(calendar.refuses)
	}
	if q.Teams && !c.TeamsAllowed {
		c.Warnings = append(c.Warnings, "no Teams link: "+c.TeamsWhy)
	}

	switch {
	case !believed(c.Room):
		class, what := providers.Transient, "the service did not say"
		if p := c.Room.Problem; p != nil {
			class, what = p.Class, p.What()
		} else if failed != nil {
			class, what = providers.ClassOf(failed), providers.ProblemOf(failed, d.Now()).What()
		}
		c.block(class, "it is not known whether the room is free: "+what)
	case !c.Room.FreeFor(span(q)):
		c.block(providers.Conflict, takenWords(q, c.Room))
	case !c.Room.FreeFor(keep):
		c.block(providers.Conflict, "not free before or after: "+takenIn(q, c.Room, keep))
	}
	c.Free = c.Why == ""
	if taken := believed(c.Room) && !c.Room.FreeFor(span(q)); taken || c.Class == providers.Permanent && room.Provider != "" && !room.Bookable {
		var err error
		if c.Alternatives, err = d.alternatives(ctx, q, room); err != nil {
			c.Warnings = append(c.Warnings, "no other rooms can be offered: "+providers.ProblemOf(err, d.Now()).What())
		}
	}
	if !believed(c.Room) && failed != nil {
		return c, failed
	}
	return c, nil
}

// takenWords says by what a room is taken: "taken 14:00–15:00 by Design review".
func takenWords(q providers.BookingRequest, a providers.Availability) string {
	return takenIn(q, a, span(q))
}

func takenIn(q providers.BookingRequest, a providers.Availability, s providers.Interval) string {
	b, ok := clash(a, s)
	if !ok {
		return "the room is not free"
	}
	words := "taken "
	if b.State == providers.Tentative {
		words = "held tentatively "
	}
	words += clock(q, b.Start) + "–" + clock(q, b.End)
	if subject := b.Subject.Or(""); subject != "" && !b.Private {
		words += " by " + subject
	} else if b.Private {
		words += " (private)"
	}
	return words
}

// clash is the first taken block that overlaps the span.
func clash(a providers.Availability, s providers.Interval) (providers.Block, bool) {
	for _, b := range a.Blocks {
		if b.State.Taken() && b.Overlaps(s) {
			return b, true
		}
	}
	return providers.Block{}, false
}

// attendeeWarnings says who is not free and of whom that is not known.
func attendeeWarnings(q providers.BookingRequest, attendees []providers.Availability) []string {
	var warnings []string
	for _, a := range attendees {
		switch {
		case !believed(a) && a.Problem != nil && a.Problem.Class == providers.NoMailbox:
			warnings = append(warnings, fmt.Sprintf("%s: no such mailbox in this tenant", a.Mailbox))
		case !believed(a):
			warnings = append(warnings, fmt.Sprintf("%s: not known whether free", a.Mailbox))
		case !a.FreeFor(span(q)):
			if b, ok := clash(a, span(q)); ok {
				warnings = append(warnings, fmt.Sprintf("%s: busy %s–%s", a.Mailbox, clock(q, b.Start), clock(q, b.End)))
			}
		}
	}
	return warnings
}

// calendarState is what the organizer's default calendar allows.
type calendarState struct {
	refuses  *providers.Error // no meeting can be made there
	teams    bool
	teamsWhy string // safe to show
	// known is true where the tenant answered.
	known bool
}

// calendar asks for the organizer's default calendar (PRODUCT P7, P11).
func (d *Desk) calendar(ctx context.Context, organizer providers.Address) calendarState {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	calendars, err := d.Tenant.Calendars(ctx, organizer)
	if err != nil {
		state := calendarState{teamsWhy: "not known whether the organizer's calendar offers Teams: " + providers.ProblemOf(err, d.Now()).What()}
		if providers.Is(err, providers.NoMailbox, providers.NotAllowed, providers.Gone, providers.SignedOut, providers.Unsupported) {
			state.refuses = organizerRefusal(organizer, err)
		}
		return state
	}
	i := slices.IndexFunc(calendars, func(c providers.Calendar) bool { return c.Default })
	if i < 0 {
		e := refusal("organizer", "%s has no default calendar to make meetings in", organizer)
		return calendarState{known: true, refuses: e, teamsWhy: "there is no calendar"}
	}
	state := calendarState{known: true, teams: calendars[i].IntegratedConferencing}
	if !state.teams {
		calendars[i].Mailbox = organizer
		state.teamsWhy = calendars[i].WithoutConferencing()
	}
	if calendars[i].ReadOnly {
		state.refuses = refusal("organizer", "the calendar of %s is read-only", organizer)
	}
	return state
}

func organizerRefusal(organizer providers.Address, err error) *providers.Error {
	e := refusal("organizer", "%s: %s", organizer, providers.ProblemOf(err, time.Time{}).What())
	e.Class = providers.ClassOf(err)
	var cause *providers.Error
	if errors.As(err, &cause) {
		e.Status, e.Code, e.RequestID, e.Advice = cause.Status, cause.Code, cause.RequestID, cause.Advice
	}
	return e
}
