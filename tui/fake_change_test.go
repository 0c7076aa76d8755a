package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// fakeChanges is what the fake answers about changes, and what it was asked.
type fakeChanges struct {
	plan       ChangePlan // without its slots and mails, which are made from the booking
	planErr    error
	changeErr  error
	wishes     []ChangeWish // sent
	planned    []ChangeWish
	cancelPlan CancelPlan
	scopes     []providers.CancelScope
	notes      []string
	adopts     []providers.Event
	adoptErr   error
}

func (f *fakeWorkspace) find(id string) *providers.Booking {
	for i := range f.bookings {
		if f.bookings[i].ID == id {
			return &f.bookings[i]
		}
	}
	return nil
}

func (f *fakeWorkspace) PlanChange(_ context.Context, id string, wish ChangeWish) (ChangePlan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.planned = append(f.planned, wish)
	b, p := f.find(id), f.plan
	p.Was = providers.Slot{Room: b.Request.Room, RoomName: b.RoomName, Start: b.Request.Start, End: b.Request.End}
	p.Wanted = p.Was
	if !wish.Start.IsZero() {
		p.Wanted.Start = wish.Start
	}
	if !wish.End.IsZero() {
		p.Wanted.End = wish.End
	}
	if wish.Room != "" {
		p.Wanted.Room = wish.Room
	}
	if wish.Kind == providers.ChangeEnd {
		p.Wanted.End = fakeNow().Truncate(time.Minute)
	}
	if wish.Kind == providers.ChangeUndo {
		p.Wanted = b.Change.Was
	}
	for _, a := range b.Request.Required {
		p.Mails = append(p.Mails, providers.Notice{Mailbox: a, Cause: "the time changes"})
	}
	p.Mails = append(p.Mails, providers.Notice{Mailbox: b.Request.Room, Room: true, Cause: "the time changes"})
	return p, f.planErr
}

func (f *fakeWorkspace) Change(_ context.Context, id string, wish ChangeWish) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changeErr != nil {
		return providers.Booking{}, f.changeErr
	}
	f.wishes = append(f.wishes, wish)
	b := f.find(id)
	was := providers.Slot{Room: b.Request.Room, RoomName: b.RoomName, Start: b.Request.Start, End: b.Request.End}
	wanted := was
	if !wish.End.IsZero() {
		wanted.End = wish.End
	}
	if !wish.Start.IsZero() {
		wanted.Start = wish.Start
	}
	if wish.Room != "" {
		wanted.Room, wanted.RoomName = wish.Room, providers.Untrusted{}
	}
	b.Change = providers.BookingChange{Kind: wish.Kind, State: providers.ChangeSending, Step: providers.StepApply, Was: was, Wanted: wanted, Asked: fakeNow()}
	return *b, nil
}

func (f *fakeWorkspace) PlanCancel(context.Context, string, providers.CancelScope) (CancelPlan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cancelPlan, f.planErr
}

func (f *fakeWorkspace) CancelScope(ctx context.Context, id string, scope providers.CancelScope, note string) (providers.Booking, error) {
	f.mu.Lock()
	f.scopes, f.notes = append(f.scopes, scope), append(f.notes, note)
	f.mu.Unlock()
	return f.Cancel(ctx, id, note)
}

func (f *fakeWorkspace) WhyNotChange(b providers.Booking, kind providers.ChangeKind, now time.Time) string {
	switch {
	case b.State == providers.BookingCancelled || b.State == providers.BookingCancelling:
		return "it is cancelled"
	case b.Change.Open():
		return "a change of it is under way: " + b.Change.Words()
	case kind == providers.ChangeUndo && b.Change.State != providers.ChangeDone:
		return "there is no change to take back"
	case kind == providers.ChangeEnd && b.Request.Start.After(now):
		return "it has not begun: cancel it"
	}
	return ""
}

func (f *fakeWorkspace) Adopt(_ context.Context, e providers.Event) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.adopts = append(f.adopts, e)
	b := providers.Booking{
		ID: "a" + e.ID, State: providers.BookingAccepted, Adopted: true, EventID: e.ID, ICalUID: e.ICalUID, Created: fakeNow(), Sent: fakeNow(),
		Request: providers.BookingRequest{Room: e.Mailbox, Start: e.Start, End: e.End, Zone: "Europe/Berlin", Subject: e.Subject, Organizer: e.Organizer, Required: []providers.Address{"bob@contoso.com"}},
	}
	if f.adoptErr != nil {
		return providers.Booking{}, f.adoptErr
	}
	f.bookings = append([]providers.Booking{b}, f.bookings...)
	return b, nil
}
