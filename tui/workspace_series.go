package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// SeriesDesk plans and books meetings that repeat.
type SeriesDesk interface {
	// PlanSeries understands a wish for a series, asks when its rooms and people are
	// free, and plans. A line that makes no sense is no error: the answer has
	// problems. Network: dates are further ahead than the mirror reaches.
	PlanSeries(ctx context.Context, question FindQuestion) (SeriesAnswer, error)
	// BookSeries checks every date once more, stores the whole intent and sends it. It
	// returns as soon as the intent is stored or refused; what follows is told by
	// Changes. With an error the booking is not stored, and the dates in it say what
	// stands in the way. Network.
	BookSeries(ctx context.Context, request providers.SeriesRequest) (providers.Booking, error)
	// DateBooking gives one date of a booked series as a booking of its own, by whose
	// id it is changed like a single meeting. Local.
	DateBooking(ctx context.Context, id string, date int) (providers.Booking, error)
	// PlanCancelDate asks what cancelling from a date of a booked series on would do;
	// date is its number among the booking's. Network.
	PlanCancelDate(ctx context.Context, id string, date int, scope providers.CancelScope) (CancelPlan, error)
	// CancelDate cancels that date, that and the following, or all, and tells
	// everybody invited. Network.
	CancelDate(ctx context.Context, id string, date int, scope providers.CancelScope, note string) (providers.Booking, error)
}

// SeriesAnswer is a planned series.
type SeriesAnswer struct {
	Meaning  []providers.MeaningPart
	Problems []string // safe to show; nothing is planned then
	Repeats  string   // the rule in words; safe to show
	Zone     *time.Location
	Guests   []providers.Guest
	People   int // who come, as far as the line says
	Matrix   providers.SeriesMatrix
	// AsOf is the age of the oldest free/busy that the plans rest on; zero where
	// nothing is known of some room.
	AsOf time.Time
}
