package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/tui"
)

// newDesk makes the counter at which bookings are made; changed, if not nil, is
// told of each stored change and must not call the desk.
func (s *session) newDesk(changed func(providers.Booking), poke func(providers.Address)) *booking.Desk {
	return booking.New(booking.Options{
		Tenant: s.provider, Outbox: s.store, Mirror: s.store, Organizer: s.organizer(), Now: s.app.deps.Now, Changed: changed, Poke: poke,
		Rules: s.store.RoomRules, Journal: s.store, Enter: s.enter(),
	})
}

// enter keeps bookings and the move of their calendar to the other connection apart; nil
// where there is only one connection.
func (s *session) enter() func(context.Context, providers.Address) (func(), error) {
	if len(s.members) < 2 {
		return nil
	}
	return func(ctx context.Context, mailbox providers.Address) (func(), error) {
		leave, err := s.store.Enter(ctx, mailbox)
		s.homes.forget() // another process may have moved it meanwhile
		return leave, err
	}
}

// explainRefused turns a refusal of the desk into what is reported: a room that is
// taken is a conflict, a request that makes no sense is a fault of usage.
func explainRefused(err error) error {
	var refused *booking.Refused
	if !errors.As(err, &refused) {
		return err
	}
	f := *explain(refused.Err)
	if refused.Check.Class == providers.Conflict {
		f.code, f.class = exitDeclined, string(providers.Conflict)
		f.next = "choose an alternative, another time, or --even-if-busy"
	}
	f.message = "not booked: " + refused.Error()
	return &f
}

// The part of [tui.Workspace] that books.

func (w *workspace) attachDesk(engine *sync.Engine) {
	w.desk = w.newDesk(func(b providers.Booking) {
		w.hub.add(tui.Changes{Bookings: true, Mailboxes: []providers.Address{b.Request.Room}})
	}, engine.Poke)
	w.desk.Relocated = func(providers.Relocation) { w.hub.add(tui.Changes{Relocations: true}) }
}

// Check implements [tui.Workspace].
func (w *workspace) Check(ctx context.Context, request providers.BookingRequest) (tui.BookingCheck, error) {
	check, err := w.desk.Check(ctx, request)
	return tui.BookingCheck{
		Room: check.Room, Attendees: check.Attendees, Free: check.Free, Why: check.Why, Alternatives: check.Alternatives,
		TeamsAllowed: check.TeamsAllowed, TeamsWhy: check.TeamsWhy, Warnings: check.Warnings,
	}, err
}

// Book implements [tui.Workspace].
func (w *workspace) Book(ctx context.Context, request providers.BookingRequest) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbBook); err != nil {
		return providers.Booking{}, err
	}
	return w.desk.Book(ctx, request)
}

// Bookings implements [tui.Workspace].
func (w *workspace) Bookings(ctx context.Context) ([]providers.Booking, error) {
	return w.desk.Bookings(ctx)
}

// Cancel implements [tui.Workspace].
func (w *workspace) Cancel(ctx context.Context, id, note string) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbCancel); err != nil {
		return providers.Booking{}, err
	}
	return w.desk.Cancel(ctx, id, note)
}

// PlanChange implements [tui.Changer].
func (w *workspace) PlanChange(ctx context.Context, id string, wish tui.ChangeWish) (tui.ChangePlan, error) {
	p, err := w.desk.PlanChange(ctx, id, changeRequestOf(wish))
	return tui.ChangePlan{Was: p.Was, Wanted: p.Wanted, Free: p.Free, Why: p.Why, MayInsist: p.MayInsist(), Until: p.Until, Alternatives: p.Alternatives, Mails: p.Mails,
		NoUndo: p.NoUndo, Warnings: p.Warnings}, err
}

// Change implements [tui.Changer].
func (w *workspace) Change(ctx context.Context, id string, wish tui.ChangeWish) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbChange); err != nil {
		return providers.Booking{}, err
	}
	return w.desk.Change(ctx, id, changeRequestOf(wish))
}

func changeRequestOf(wish tui.ChangeWish) booking.ChangeRequest {
	return booking.ChangeRequest{Kind: wish.Kind, Start: wish.Start, End: wish.End, Room: wish.Room, EvenIfBusy: wish.EvenIfBusy}
}

// PlanCancel implements [tui.Changer].
func (w *workspace) PlanCancel(ctx context.Context, id string, scope providers.CancelScope) (tui.CancelPlan, error) {
	p, err := w.desk.PlanCancel(ctx, id, scope)
	return tui.CancelPlan{Dates: p.Dates, Mails: p.Mails, Why: p.Why, NoUndo: p.NoUndo}, err
}

// CancelScope implements [tui.Changer].
func (w *workspace) CancelScope(ctx context.Context, id string, scope providers.CancelScope, note string) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbCancel); err != nil {
		return providers.Booking{}, err
	}
	return w.desk.CancelScope(ctx, id, scope, note)
}

// Adopt implements [tui.Changer].
func (w *workspace) Adopt(ctx context.Context, event providers.Event) (providers.Booking, error) {
	calendars := organizerCalendars{
		live: liveCalendars{session: w.session}, reads: map[providers.Address]func() ([]providers.Event, error){},
		window: providers.Interval{Start: event.Start.Add(-time.Hour), End: event.End.Add(time.Hour)},
	}
	id, err := calendars.find(ctx, event.Organizer, event.ICalUID, event.Start)
	if err != nil {
		return providers.Booking{}, err
	}
	b, err := w.desk.Adopt(ctx, event.Organizer, id)
	if err == nil && b.Request.Room != event.Mailbox {
		return b, &providers.Error{Class: providers.Unsupported, Op: "taking over a meeting", Message: providers.Outside("it has several rooms: its organiser has to change it")}
	}
	return b, err
}

// WhyNotChange implements [tui.Changer].
func (w *workspace) WhyNotChange(b providers.Booking, kind providers.ChangeKind, now time.Time) string {
	return booking.WhyNotChange(b, kind, now)
}

// SendReviewed implements [tui.Workspace].
func (w *workspace) SendReviewed(ctx context.Context, id string, anyway bool) (providers.Booking, error) {
	if err := w.mayDo(providers.VerbBook); err != nil {
		return providers.Booking{}, err
	}
	return w.desk.SendReviewed(ctx, id, anyway)
}

// Keep implements [tui.Workspace].
func (w *workspace) Keep(ctx context.Context, id string) (providers.Booking, error) {
	return w.desk.Keep(ctx, id)
}

// InFlight implements [tui.Workspace].
func (w *workspace) InFlight() int { return w.desk.InFlight() }

// settledEnough reports states in which nothing is expected within moments.
func settledEnough(b providers.Booking) bool {
	return !b.Change.Open() && !slices.Contains([]providers.BookingState{providers.BookingQueued, providers.BookingSending, providers.BookingUnknown,
		providers.BookingWaiting, providers.BookingCancelling}, b.State)
}
