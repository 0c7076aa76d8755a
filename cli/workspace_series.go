package cli

import (
	"context"
	"errors"
	"time"

	"roomdesk/booking"
	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/tui"
)

// seriesRooms is how many rooms the console's matrix looks at.
const seriesRooms = 24

// PlanSeries implements [tui.Workspace].
func (w *workspace) PlanSeries(ctx context.Context, q tui.FindQuestion) (tui.SeriesAnswer, error) {
	finds, understood, err := w.understand(ctx, q)
	if err != nil {
		return tui.SeriesAnswer{}, err
	}
	now := w.app.deps.Now()
	question := finder.Question{Wish: understood, Now: now, Organizer: w.organizer()}
	if question.Rules, question.Habits, err = expectations(ctx, w.store, now); err != nil {
		return tui.SeriesAnswer{}, err
	}
	rooms, guests, problems := finds.Rooms(question)
	answer := tui.SeriesAnswer{Meaning: understood.Meaning, Problems: problems, Zone: understood.Zone, Guests: guests}
	switch {
	case len(problems) > 0:
		return answer, nil
	case understood.Repeat == nil:
		answer.Problems = []string{"the line names no repetition"}
		return answer, nil
	}
	answer.Repeats = understood.Repeat.Words()
	answer.People = max(understood.Seats, 1+len(guests))
	ask := seriesAsk{rule: *understood.Repeat, first: understood.Span, zone: understood.Zone, guests: guests, organizer: question.Organizer, people: answer.People, rules: question.Rules}
	ask.rooms, ask.beyond = rooms[:min(seriesRooms, len(rooms))], max(len(rooms)-seriesRooms, 0)
	if len(ask.rooms) == 0 {
		return answer, nil
	}
	ask.free = func(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
		known, err := w.freeLive(ctx, mailboxes, window)
		if err == nil {
			answer.AsOf = oldest(known)
		}
		return known, err
	}
	answer.Matrix, err = w.planSeries(ctx, ask)
	return answer, err
}

// BookSeries implements [tui.Workspace].
func (w *workspace) BookSeries(ctx context.Context, request providers.SeriesRequest) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbBook); err != nil {
		return providers.Booking{}, err
	}
	b, err := w.desk.BookSeries(ctx, request)
	if refused, ok := errors.AsType[*booking.SeriesRefused](err); ok {
		return refused.Booking, err
	}
	return b, err
}

// DateBooking implements [tui.Workspace].
func (w *workspace) DateBooking(ctx context.Context, id string, date int) (providers.Booking, error) {
	return w.desk.DateBooking(ctx, id, date)
}

// PlanCancelDate implements [tui.Workspace].
func (w *workspace) PlanCancelDate(ctx context.Context, id string, date int, scope providers.CancelScope) (tui.CancelPlan, error) {
	p, err := w.desk.PlanCancelFrom(ctx, id, date, scope)
	return tui.CancelPlan{Dates: p.Dates, Mails: p.Mails, Why: p.Why, NoUndo: p.NoUndo}, err
}

// CancelDate implements [tui.Workspace].
func (w *workspace) CancelDate(ctx context.Context, id string, date int, scope providers.CancelScope, note string) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbCancel); err != nil {
		return providers.Booking{}, err
	}
	return w.desk.CancelFrom(ctx, id, date, scope, note)
}

// understand reads a wish's line against the mirror's rooms and people.
func (w *workspace) understand(ctx context.Context, q tui.FindQuestion) (*finder.Finder, wish.Wish, error) {
	finds, err := w.finder(ctx)
	if err != nil {
		return nil, wish.Wish{}, err
	}
	now := w.app.deps.Now()
	understood := wish.Read(q.Line, w.surroundings(finds, q, now))
	if instead := q.Instead; !instead.Start.IsZero() {
		understood = understood.At(instead, now)
	}
	return finds, understood, nil
}

// freeLive asks the tenant; where it does not answer, what the mirror knows stays,
// with its age.
func (w *workspace) freeLive(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	known, err := w.store.Availability(ctx, mailboxes, window)
	if err != nil {
		return nil, err
	}
	asked, err := w.provider.Availability(ctx, mailboxes, window)
	if err != nil && len(asked) == 0 {
		return nil, err
	}
	for _, a := range asked {
		// The longer window is not stored: the engine keeps its own.
		if have := known[a.Mailbox]; a.Known() || !have.Known() {
			known[a.Mailbox] = a
		}
	}
	return known, nil
}

// oldest is the age of the oldest of answers; zero where one is not known at all.
func oldest(known map[providers.Address]providers.Availability) time.Time {
	var first time.Time
	for _, a := range known {
		switch {
		case !a.Known():
			return time.Time{}
		case first.IsZero() || a.AsOf.Before(first):
			first = a.AsOf
		}
	}
	return first
}
