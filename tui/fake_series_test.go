package tui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/booking/finder"
	"roomdesk/booking/series"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// fakeSeries is what the fake knows of series.
type fakeSeries struct {
	seriesAsked []FindQuestion
	seriesErr   error
	// sent are the series that were booked; refusals say why dates cannot be had.
	sent     []providers.SeriesRequest
	refusals map[int]string
	wish     string // of the latest booking, kept over restarts
	// cancelFrom are the dates that were cancelled from.
	cancelFrom []int
	// taken are blocks far from the day of the tests, by room.
	taken map[providers.Address][]providers.Block
	// rules are those of rooms that are known.
	roomRules map[providers.Address]providers.RoomRules
}

// PlanSeries answers with the real planner, over the rooms and free/busy of the
// fake: what is not named as taken is free.
func (f *fakeWorkspace) PlanSeries(_ context.Context, q FindQuestion) (SeriesAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seriesAsked = append(f.seriesAsked, q)
	if f.seriesErr != nil {
		return SeriesAnswer{}, f.seriesErr
	}
	finds := finder.New(f.rooms, f.people)
	understood := wish.Read(q.Line, wish.Surroundings{Now: fakeNow(), Zone: q.Zone, Otherwise: q.Otherwise, ZoneOf: finds.ZoneOf})
	rooms, guests, problems := finds.Rooms(finder.Question{Wish: understood, Now: fakeNow()})
	answer := SeriesAnswer{Meaning: understood.Meaning, Problems: problems, Zone: understood.Zone, Guests: guests, People: max(understood.Seats, 1+len(guests)), AsOf: fakeNow().Add(-6 * time.Second)}
	if len(problems) > 0 {
		return answer, nil
	}
	answer.Repeats = understood.Repeat.Words()
	always := providers.Interval{Start: fakeNow().AddDate(-1, 0, 0), End: fakeNow().AddDate(3, 0, 0)}
	known := func(mailbox providers.Address) providers.Availability {
		a := providers.Availability{Mailbox: mailbox, Window: always, AsOf: answer.AsOf, Blocks: f.taken[mailbox]}
		if have := f.avail[mailbox]; have.Problem != nil {
			a = have
		}
		return a
	}
	question := series.Question{Rule: *understood.Repeat, First: understood.Span, Zone: understood.Zone, People: answer.People, Now: fakeNow()}
	for _, r := range rooms {
		c := series.Candidate{Room: r, Busy: known(r.Mailbox)}
		if rules, ok := f.roomRules[r.Mailbox]; ok {
			c.Rules = &rules
		}
		question.Rooms = append(question.Rooms, c)
	}
	for _, g := range guests {
		question.Guests = append(question.Guests, series.Guest{Name: g.Name, Busy: known(g.Mailbox)})
	}
	answer.Matrix = series.Plan(question)
	return answer, nil
}

// weeks puts blocks into a room on the same hours of some dates, counted in weeks
// from the first Tuesday after the day of the tests.
func (f *fakeWorkspace) weeks(room providers.Address, fromHour, toHour int, subject string, weeks ...int) {
	if f.taken == nil {
		f.taken = map[providers.Address][]providers.Block{}
	}
	for _, w := range weeks {
		f.taken[room] = append(f.taken[room], providers.Block{
			Interval: providers.Interval{Start: at(5+7*w, fromHour, 0), End: at(5+7*w, toHour, 0)}, State: providers.Busy, Subject: providers.Outside(subject),
		})
	}
}

// clashes takes the room that fits best on three of ten Tuesdays, and others on
// other dates.
func (f *fakeWorkspace) clashes() {
	f.weeks("jahn@contoso.com", 9, 11, "Board prep", 2, 5, 7)
	f.weeks("liebermann@contoso.com", 10, 12, "Hiring", 1, 3, 5)
	f.weeks("kollwitz@contoso.com", 8, 18, "Fair", 4, 5, 6)
}

// weekly asks for a series in which three of ten dates clash.
func (d *driver) weekly() {
	d.keys("f")
	d.typing("weekly tue 10-11 x10 12p @berlin")
	d.keys("enter")
}

// BookSeries stores a line for each date of the plan.
func (f *fakeWorkspace) BookSeries(_ context.Context, q providers.SeriesRequest) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := providers.Booking{ID: fmt.Sprint("s", len(f.sent)+1), Request: q.Request, State: providers.BookingQueued, Created: fakeNow(), Updated: fakeNow()}
	b.Series = &providers.BookingSeries{Words: q.Matrix.Words, PlanWords: q.Plan.Words}
	for d, step := range q.Plan.Steps {
		wished := q.Plan.PartRoom(d)
		if wished < 0 {
			wished = q.Plan.Parts[0].Room
		}
		room := q.Matrix.Rooms[wished].Room
		line := providers.BookingDate{Wished: q.Matrix.Dates[d].Span, WishedRoom: room.Mailbox, WishedName: room.Name, Act: step.Act, State: providers.BookingQueued, Notes: q.Matrix.Dates[d].Notes}
		if step.Room >= 0 {
			line.Span, line.Room, line.RoomName = step.Span, q.Matrix.Rooms[step.Room].Room.Mailbox, q.Matrix.Rooms[step.Room].Room.Name
		} else {
			line.State = providers.BookingSkipped
		}
		line.Reason = f.refusals[d]
		b.Series.Dates = append(b.Series.Dates, line)
	}
	first := q.Matrix.Rooms[q.Plan.Parts[0].Room].Room
	b.Request.Room, b.RoomName = first.Mailbox, first.Name
	b.Request.Start, b.Request.End = q.Matrix.Dates[0].Span.Start, q.Matrix.Dates[0].Span.End
	if len(f.refusals) > 0 && !q.Request.EvenIfBusy {
		return b, &providers.Error{Class: providers.Conflict, Op: "booking a series", Message: providers.Outside("a room was taken meanwhile")}
	}
	f.sent = append(f.sent, q)
	f.bookings = slices.Insert(f.bookings, 0, b)
	return b, nil
}

// answered makes the rooms of a booked series answer: no on some dates.
func (d *driver) answered(id string, no ...int) {
	d.send(d.ws.change(id, func(b *providers.Booking) {
		b.Series = b.Series.Clone()
		b.State = providers.BookingAccepted
		for i := range b.Series.Dates {
			line := &b.Series.Dates[i]
			line.EventID = fmt.Sprint("date-", i)
			switch {
			case line.State == providers.BookingSkipped:
				b.State = providers.BookingPartly
			case slices.Contains(no, i):
				b.State = providers.BookingPartly
				line.State, line.Reason, line.ReasonProof = providers.BookingDeclined, "the room is taken 10:00–11:00 by Hiring", providers.Proven
			default:
				line.State = providers.BookingAccepted
			}
		}
	}))
}

// sendWeekly goes the whole way to a sent series.
func (d *driver) sendWeekly() {
	d.weekly()
	d.keys("enter", "enter", "enter")
}

// freeAgain makes the wished room free on a date after all.
func (d *driver) freeAgain(id string, date int) {
	d.send(d.ws.change(id, func(b *providers.Booking) {
		b.Series = b.Series.Clone()
		b.Series.Dates[date].FreeAgain = fakeNow().Add(-5 * time.Minute)
	}))
}

func (f *fakeWorkspace) PlanCancelDate(_ context.Context, id string, date int, _ providers.CancelScope) (CancelPlan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var p CancelPlan
	for _, line := range f.find(id).Series.Dates[date:] {
		if line.Live() {
			p.Dates = append(p.Dates, providers.CancelDate{Start: line.Span.Start, End: line.Span.End})
		}
	}
	p.Mails, p.NoUndo = []providers.Notice{{Mailbox: "bob@contoso.com", Cause: "cancelled"}}, "It cannot be taken back."
	return p, f.planErr
}

func (f *fakeWorkspace) CancelDate(ctx context.Context, id string, date int, scope providers.CancelScope, note string) (providers.Booking, error) {
	f.mu.Lock()
	f.scopes, f.notes, f.cancelFrom = append(f.scopes, scope), append(f.notes, note), append(f.cancelFrom, date)
	f.mu.Unlock()
	return f.Cancel(ctx, id, note)
}

// DateBooking gives a date as a booking beside the others.
func (f *fakeWorkspace) DateBooking(_ context.Context, id string, date int) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	whole := f.find(id)
	line := whole.Series.Dates[date]
	b := *whole
	b.ID, b.DateOf, b.Date, b.Series, b.State, b.Change = fmt.Sprintf("%s-date-%d", id, date+1), id, date, nil, line.State, line.Change
	b.Request.Room, b.Request.Start, b.Request.End, b.RoomName = line.Room, line.Span.Start, line.Span.End, line.RoomName
	if have := f.find(b.ID); have != nil {
		have.Change = line.Change
		return *have, nil
	}
	f.bookings = append(f.bookings, b)
	return b, nil
}

// LastWish and KeepWish keep a line as the store does.
func (f *fakeWorkspace) LastWish(context.Context) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wish, nil
}

func (f *fakeWorkspace) KeepWish(_ context.Context, line string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wish = line
	return nil
}
