package graph

import (
	"context"
	"errors"
	"net/http"
	"time"

	"roomdesk/providers"
)

var errPending = errors.New("not built yet")

type engine struct{}
type placesKnown struct{}
type anchors struct{}

func newEngine(Config, roots) (*engine, error) { return &engine{}, nil }
func (e *engine) client() *http.Client         { return &http.Client{} }
func (e *engine) close()                       {}
func (e *engine) stats() Stats                 { return Stats{} }
func (e *engine) now() time.Time               { return time.Now() }

func (p *Provider) Identify(context.Context) (providers.Identity, error) {
	return providers.Identity{}, errPending
}
func (p *Provider) Rooms(context.Context, func([]providers.Room) error) (providers.Listing, error) {
	return providers.Listing{}, errPending
}
func (p *Provider) People(context.Context, func([]providers.Person) error) (providers.Listing, error) {
	return providers.Listing{}, errPending
}
func (p *Provider) Calendars(context.Context, providers.Address) ([]providers.Calendar, error) {
	return nil, errPending
}
func (p *Provider) Changes(context.Context, providers.ChangesRequest, func(providers.ChangePage) error) error {
	return errPending
}
func (p *Provider) Availability(context.Context, []providers.Address, providers.Interval) ([]providers.Availability, error) {
	return nil, errPending
}
func (p *Provider) Event(context.Context, providers.Address, string) (providers.Event, error) {
	return providers.Event{}, errPending
}
func (p *Provider) FindEvent(context.Context, providers.Address, string, providers.Interval) (providers.Event, bool, error) {
	return providers.Event{}, false, errPending
}
func (p *Provider) CreateEvent(context.Context, providers.EventDraft) (providers.Event, error) {
	return providers.Event{}, errPending
}
func (p *Provider) ChangeEvent(context.Context, providers.Address, string, string, providers.EventChange) (providers.Event, error) {
	return providers.Event{}, errPending
}
func (p *Provider) CancelEvent(context.Context, providers.Address, string, string) error {
	return errPending
}
