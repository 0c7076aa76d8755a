package cli

import (
	"context"

	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/tui"
)

type desk interface {
	Run(ctx context.Context) error
}
type noDesk struct{}

func (noDesk) Run(context.Context) error                                   { return nil }
func (s *session) desk(*sync.Engine) desk                                  { return noDesk{} }
func (w *workspace) followDesk(context.Context) error                      { return nil }
func (w *workspace) InFlight() int                                         { return 0 }
func (w *workspace) Bookings(context.Context) ([]providers.Booking, error) { return nil, nil }
func (w *workspace) Check(context.Context, providers.BookingRequest) (tui.BookingCheck, error) {
	return tui.BookingCheck{}, failed("", "soon")
}
func (w *workspace) Book(context.Context, providers.BookingRequest) (providers.Booking, error) {
	return providers.Booking{}, failed("", "soon")
}
func (w *workspace) Cancel(context.Context, string, string) (providers.Booking, error) {
	return providers.Booking{}, failed("", "soon")
}
