package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// ChangeRequest is what a person wants of a booking. What is left zero stays.
type ChangeRequest struct {
	Kind       providers.ChangeKind
	Start, End time.Time // extend uses End only; end and undo use neither
	Room       providers.Address
	// EvenIfBusy sends although the live check says that the room is taken.
	EvenIfBusy bool
	// Expect is what the meeting must still be, room and time; zero: whatever it is.
	Expect providers.Slot
}

// ChangePlan is what a change would do, as the tenant's answers of just now say.
type ChangePlan struct {
	Booking     providers.Booking // as it stands in the tenant
	Kind        providers.ChangeKind
	Was, Wanted providers.Slot
	// Free is true only where the room can have the wanted time and nothing else
	// stands in the way.
	Free  bool
	Why   string          // why not; safe to show
	Class providers.Class // sorts the reason, as in [Check]; "" while Free
	// Until is when the room's next meeting begins behind the wanted start: as far
	// as the meeting can be extended. Zero where none is seen within the hours
	// that were asked for.
	Until        time.Time
	Alternatives []providers.Alternative
	// Mails are those that the service sends, each with its cause.
	Mails []providers.Notice
	// NoUndo says why the change cannot be taken back; "" where it can.
	NoUndo   string
	Warnings []string // safe to show

	etag     string
	answered time.Time
	// held is true where the room has the meeting in its calendar, by the tenant's
	// word of now: its own time does not stand in its way.
	held bool
}

// ChangeRefused is why a change was not sent.
type ChangeRefused struct {
	Plan ChangePlan
	Err  *providers.Error
}

// Error is the reason in one line.
func (r *ChangeRefused) Error() string { return r.Err.Op + ": " + r.Plan.Why }

// Unwrap gives the classified error.
func (r *ChangeRefused) Unwrap() error { return r.Err }

func (p *ChangePlan) block(class providers.Class, format string, args ...any) {
	p.Free = false
	if p.Why == "" {
		p.Class, p.Why = class, fmt.Sprintf(format, args...)
	}
}

func (p ChangePlan) refused(err error) *ChangeRefused {
	return &ChangeRefused{p, &providers.Error{Class: p.Class, Op: "changing the booking", Message: providers.Outside(p.Why), Err: err}}
}

// WhyNotChange says why a booking cannot be changed in that way now, without
// asking anybody; "" where it may be possible.
func WhyNotChange(b providers.Booking, kind providers.ChangeKind, now time.Time) string {
	switch b.State {
	case providers.BookingCancelled, providers.BookingCancelling:
		return "it is cancelled"
	case providers.BookingFailed, providers.BookingDraft:
		return "it was never made"
	case providers.BookingQueued, providers.BookingSending, providers.BookingUnknown:
		return "it is on its way; wait until it is known to be there"
	}
	if b.Change.Open() && !(kind == providers.ChangeUndo && b.Change.State == providers.ChangeWaiting && b.Change.Step == providers.StepApply) {
		return "a change of it is under way: " + b.Change.Words()
	}
	if kind == providers.ChangeUndo {
		switch {
		case b.Change.Open():
			return ""
		case b.Change.State != providers.ChangeDone:
			return "there is no change to take back"
		case !b.Change.Was.End.After(now):
			return "the time that it had before is over"
		}
		return ""
	}
	switch {
	case b.Series != nil:
		return "it is a whole series: choose one of its dates"
	case !b.Request.End.After(now):
		return "it is over"
	case kind == providers.ChangeEnd && b.Request.Start.After(now):
		return "it has not begun: cancel it"
	case b.SeriesID != "" && b.SeriesID == b.EventID:
		return "it is a whole series: choose one of its dates"
	}
	return ""
}

// PlanChange asks the tenant now what a change of a booking would do: whether the
// room is free for what is new, who gets mail. Nothing is stored or sent. What is
// in the way is in the plan; the error is for questions that could not be asked.
func (d *Desk) PlanChange(ctx context.Context, id string, q ChangeRequest) (ChangePlan, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	b, err := d.Outbox.Booking(ctx, id)
	if err != nil {
		return ChangePlan{Booking: b}, err
	}
	return d.planChange(ctx, b, q)
}

func (d *Desk) planChange(ctx context.Context, b providers.Booking, q ChangeRequest) (ChangePlan, error) {
	now := d.Now()
	p := ChangePlan{Booking: b, Kind: q.Kind}
	if why := WhyNotChange(b, q.Kind, now); why != "" {
		p.block(providers.Permanent, "%s", why)
		return p, nil
	}
	event, err := d.readMeeting(ctx, b)
	switch {
	case providers.Is(err, providers.Gone) || err == nil && event.Cancelled:
		p.block(providers.Gone, "the tenant does not have the meeting any more")
		return p, nil
	case err != nil:
		p.block(providers.ClassOf(err), "the meeting cannot be read: %s", providers.ProblemOf(err, now).What())
		return p, err
	case !event.IsOrganizer:
		p.block(providers.NotAllowed, "only its organizer can change it")
		return p, nil
	case event.AllDay:
		p.block(providers.Unsupported, "meetings of whole days are not changed here")
		return p, nil
	}
	if why := unexpected(b, q.Expect, event); why != "" {
		p.block(providers.Permanent, "%s", why)
		return p, nil
	}
	if c := b.Change; q.Kind == providers.ChangeUndo && (!at(event, c.Wanted) || c.NewRoom() && !invites(event, c.Wanted)) {
		p.block(providers.Permanent, "somebody changed the meeting since, it is at %s–%s: taking the change back would undo that too; move it instead",
			clock(b.Request, event.Start), clock(b.Request, event.End))
		return p, nil
	}
	p.etag = event.ETag
	// The service tells answers to the second: one of this moment could not be
	// told from the next.
	room, invited := roomAttendee(b, event)
	if invited && now.Sub(room.ResponseAt) > 5*time.Second {
		p.answered = room.ResponseAt
	}
	p.held = invited && (room.Response == providers.ResponseAccepted || room.Response == providers.ResponseTentative)
	if s := (providers.Interval{Start: event.Start, End: event.End}); s != span(b.Request) {
		p.Warnings = append(p.Warnings, "somebody moved it: it is at "+clock(b.Request, s.Start)+"–"+clock(b.Request, s.End)+" now")
		b.Request.Start, b.Request.End = s.Start, s.End
		if why := WhyNotChange(b, q.Kind, now); why != "" {
			p.block(providers.Permanent, "%s", why)
			return p, nil
		}
	}
	p.Booking = b
	p.Was = providers.Slot{Room: b.Request.Room, RoomName: b.RoomName, Start: event.Start, End: event.End}
	if !d.want(ctx, &p, q) {
		return p, nil
	}
	p.Mails = mails(p, event)
	return d.askChange(ctx, p, event)
}

// unexpected says how a meeting differs from what the person saw; "" where it does
// not.
func unexpected(b providers.Booking, was providers.Slot, event providers.Event) string {
	switch {
	case was.Room == "":
		return ""
	case !at(event, was):
		return "somebody moved it meanwhile: it is at " + clock(b.Request, event.Start) + "–" + clock(b.Request, event.End) + " now"
	case !invites(event, was):
		return "somebody gave it another room meanwhile"
	}
	return ""
}

// want fills in what is wanted, and reports whether it makes sense.
func (d *Desk) want(ctx context.Context, p *ChangePlan, q ChangeRequest) bool {
	now := d.Now()
	w := p.Was
	switch q.Kind {
	case providers.ChangeExtend:
		w.End = q.End
		if !w.End.After(p.Was.End) {
			p.block(providers.Permanent, "end: it ends at %s already", clock(p.Booking.Request, p.Was.End))
		}
	case providers.ChangeEnd:
		if w.End = now.Truncate(time.Minute); !w.End.After(w.Start) {
			w.End = w.Start.Add(time.Minute)
		}
		if !w.End.Before(p.Was.End) {
			p.block(providers.Permanent, "it is about to end")
		}
	case providers.ChangeUndo:
		w = p.Booking.Change.Was
	case providers.ChangeMove:
		if !q.Start.IsZero() {
			w.Start, w.End = q.Start, q.Start.Add(p.Was.Span().Duration())
		}
		if !q.End.IsZero() {
			w.End = q.End
		}
		if q.Room != "" && q.Room != w.Room {
			w.Room = q.Room
		}
	default:
		p.block(providers.Permanent, "there is no such change")
		return false
	}
	w.Start, w.End = w.Start.UTC().Truncate(time.Second), w.End.UTC().Truncate(time.Second)
	if w.Room != p.Was.Room {
		room, _ := d.room(ctx, w.Room) // without it the plan carries the address
		w.RoomName = providers.Outside(room.Title())
		if room.Provider != "" && !room.Bookable {
			p.block(providers.Permanent, "this room cannot be booked: it is reserved")
		}
		people := 1 + len(p.Booking.Request.Required) + len(p.Booking.Request.Optional)
		if room.Capacity > 0 && room.Capacity < people {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%d seats for %d people", room.Capacity, people))
		}
	}
	p.Wanted = w
	asked := p.Booking.Request
	asked.Room, asked.Start, asked.End = w.Room, w.Start, w.End
	switch {
	case w.Span() == p.Was.Span() && w.Room == p.Was.Room:
		p.block(providers.Permanent, "it is there already")
	case w.Start.Before(now.Add(-pastGrace)) && !w.Start.Equal(p.Was.Start) && q.Kind != providers.ChangeUndo:
		p.block(providers.Permanent, "start: it is in the past")
	case q.Kind != providers.ChangeEnd && !w.End.After(now):
		p.block(providers.Permanent, "end: it is in the past")
	default:
		// The meeting's own start may lie behind; the rest is checked as if it were
		// booked anew.
		at := now
		if w.Start.Before(now) {
			at = w.Start
		}
		if wrong := check(asked, at); wrong != nil && (q.Kind != providers.ChangeEnd || w.Room != p.Was.Room) {
			p.block(wrong.Class, "%s", wrong.Message.Or(wrong.Class.Words()))
		}
	}
	return p.Why == ""
}

// mails are those that a change causes: an update to everybody where the time or
// the place changes, an invitation to a new room and a cancellation to the old.
func mails(p ChangePlan, event providers.Event) []providers.Notice {
	cause := "the room changes"
	if p.Was.Span() != p.Wanted.Span() {
		cause = "the time changes"
	}
	var all []providers.Notice
	for _, a := range event.Attendees {
		if a.Mailbox == p.Booking.Request.Organizer {
			continue
		}
		n := providers.Notice{Mailbox: a.Mailbox, Room: a.Type == providers.Resource, Cause: cause}
		if n.Mailbox == "" {
			n.Mailbox = providers.Address(a.Text.String())
		}
		switch {
		case n.Mailbox == p.Was.Room && p.Was.Room != p.Wanted.Room:
			n.Cause = "let go once the new room has accepted"
		case n.Room && p.Was.Span() == p.Wanted.Span():
			continue // another room of the meeting is not asked again
		}
		all = append(all, n)
	}
	if p.Was.Room != p.Wanted.Room && !slices.ContainsFunc(all, func(n providers.Notice) bool { return n.Mailbox == p.Wanted.Room }) {
		all = append(all, providers.Notice{Mailbox: p.Wanted.Room, Room: true, Cause: "invited"})
	}
	return all
}

// parts are the spans of the wanted time that the meeting does not have already
// where the room is its own.
func (p ChangePlan) parts() []providers.Interval {
	was, wanted := p.Was.Span(), p.Wanted.Span()
	if p.Was.Room != p.Wanted.Room || !p.held {
		return []providers.Interval{wanted}
	}
	return beyond(was, wanted)
}

// beyond are the parts of the wanted span that lie outside of what it was.
func beyond(was, wanted providers.Interval) []providers.Interval {
	if !was.Overlaps(wanted) {
		return []providers.Interval{wanted}
	}
	var all []providers.Interval
	if wanted.Start.Before(was.Start) {
		all = append(all, providers.Interval{Start: wanted.Start, End: was.Start})
	}
	if wanted.End.After(was.End) {
		all = append(all, providers.Interval{Start: was.End, End: wanted.End})
	}
	return all
}

// askChange completes a plan with the tenant's free/busy.
func (d *Desk) askChange(ctx context.Context, p ChangePlan, event providers.Event) (ChangePlan, error) {
	parts := p.parts()
	if after := p.Booking.Request.After; after > 0 && p.Wanted.End.After(p.Was.End) { // what is kept afterwards moves too
		parts = append(parts, providers.Interval{Start: p.Wanted.End, End: p.Wanted.End.Add(after)})
	}
	if len(parts) == 0 { // only shorter
		p.Free = true
		return p, nil
	}
	people := slices.Concat([]providers.Address{p.Booking.Request.Organizer}, p.Booking.Request.Required, p.Booking.Request.Optional)
	window := providers.Interval{Start: p.Wanted.Start, End: p.Wanted.End.Add(horizon)}
	answers, err := d.live(ctx, append([]providers.Address{p.Wanted.Room}, people...), window)
	room := answers[p.Wanted.Room]
	if p.Booking.Request.Before+p.Booking.Request.After > 0 {
		mine, bufferErr := d.buffersOf(ctx, p.Booking.ID)
		if bufferErr != nil {
			p.block(providers.Local, "the stored bookings cannot be read")
			return p, bufferErr
		}
		room = withoutOwn(room, mine)
	}
	asked := p.Booking.Request
	asked.Room, asked.Start, asked.End = p.Wanted.Room, p.Wanted.Start, p.Wanted.End
	if !believed(room) {
		class, what := providers.Transient, "the service did not say"
		if room.Problem != nil {
			class, what = room.Problem.Class, room.Problem.What()
		} else if err != nil {
			class, what = providers.ClassOf(err), providers.ProblemOf(err, d.Now()).What()
		}
		p.block(class, "it is not known whether the room is free: %s", what)
		return p, err
	}
	for _, b := range room.Blocks {
		if b.State.Taken() && !b.Start.Before(parts[len(parts)-1].Start) {
			p.Until = b.Start
			break
		}
	}
	for _, part := range parts {
		one := asked
		one.Start, one.End = part.Start, part.End
		if !room.FreeFor(part) {
			p.block(providers.Conflict, "%s", takenWords(one, room))
			if block, ok := clash(room, part); ok && !block.Start.After(part.Start) {
				p.Until = part.Start
			}
		}
	}
	// People have the meeting itself in their calendars: only what is new counts.
	for _, part := range beyond(p.Was.Span(), p.Wanted.Span()) {
		one := asked
		one.Start, one.End = part.Start, part.End
		for _, w := range attendeeWarnings(one, pick(answers, people)) {
			if !slices.Contains(p.Warnings, w) {
				p.Warnings = append(p.Warnings, w)
			}
		}
	}
	p.Free = p.Why == ""
	if p.Class == providers.Conflict {
		wanted, roomErr := d.room(ctx, p.Wanted.Room)
		if roomErr == nil {
			p.Alternatives, roomErr = d.alternatives(ctx, asked, wanted)
		}
		if roomErr != nil {
			p.Warnings = append(p.Warnings, "no other rooms can be offered: "+providers.ProblemOf(roomErr, d.Now()).What())
		}
		if gap := p.gap(); gap != "" {
			p.Why += "; " + gap
		}
	}
	return p, nil
}

// gap offers to extend as far as the room is free.
func (p ChangePlan) gap() string {
	if p.Kind != providers.ChangeExtend || p.Until.IsZero() {
		return ""
	}
	if !p.Until.After(p.Was.End) {
		return "the next meeting begins where this one ends"
	}
	return "it can be extended to " + clock(p.Booking.Request, p.Until)
}

func pick(answers map[providers.Address]providers.Availability, mailboxes []providers.Address) []providers.Availability {
	all := make([]providers.Availability, len(mailboxes))
	for i, mailbox := range mailboxes {
		all[i] = answers[mailbox]
	}
	return all
}
