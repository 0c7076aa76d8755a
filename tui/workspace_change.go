package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Changer changes bookings. All of it asks the network.
type Changer interface {
	// PlanChange asks the tenant what a change would do. Nothing is stored or sent.
	PlanChange(ctx context.Context, id string, wish ChangeWish) (ChangePlan, error)
	// Change checks once more, stores the change and sends it. It returns as soon as
	// it is stored or refused; what follows is told by Changes.
	Change(ctx context.Context, id string, wish ChangeWish) (providers.Booking, error)
	// PlanCancel asks which meetings a cancellation is about.
	PlanCancel(ctx context.Context, id string, scope providers.CancelScope) (CancelPlan, error)
	// CancelScope cancels so much of a series and tells everybody invited.
	CancelScope(ctx context.Context, id string, scope providers.CancelScope, note string) (providers.Booking, error)
	// Adopt makes a meeting of a room that was not booked here a booking, so that it
	// can be changed; event is the room's copy. Where there is a booking of it
	// already, that is returned.
	Adopt(ctx context.Context, event providers.Event) (providers.Booking, error)
	// WhyNotChange says without asking anybody why a booking cannot be changed so
	// now; "" where it may be possible.
	WhyNotChange(b providers.Booking, kind providers.ChangeKind, now time.Time) string
}

// ChangeWish is what is wanted of a booking; what is zero stays.
type ChangeWish struct {
	Kind       providers.ChangeKind
	Start, End time.Time
	Room       providers.Address
	// EvenIfBusy sends although the tenant says that the room is taken.
	EvenIfBusy bool
}

// ChangePlan is what a change would do, as the tenant says now.
type ChangePlan struct {
	Was, Wanted providers.Slot
	Free        bool
	Why         string // why not; safe to show
	// MayInsist says that what stands in the way is the room's answer to give: it can
	// be sent all the same.
	MayInsist    bool
	Until        time.Time // the room's next meeting; zero: none is seen
	Alternatives []providers.Alternative
	Mails        []providers.Notice
	NoUndo       string // safe to show
	Warnings     []string
}

// CancelPlan is what a cancellation would do.
type CancelPlan struct {
	Dates  []providers.CancelDate
	Mails  []providers.Notice
	Why    string // why it cannot be done; safe to show
	NoUndo string // safe to show
}
