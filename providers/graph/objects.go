package graph

import (
	"context"
	"net/http"

	"roomdesk/providers"
)

// Objects handles single objects of the tenant. Its errors are *providers.Error.
type Objects interface {
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
	ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
	CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error
	DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	Place(ctx context.Context, room providers.Address) (providers.Room, error)
}

// Authorised is what an implementation of [Objects] gets: a client that adds the
// token, waits for the gate, tries again where that is safe, and refuses other
// hosts. A request that does not end in 2xx with JSON (or no body) comes back as
// an error that wraps a *providers.Error: there is never an error body to read.
type Authorised struct {
	// BaseURL is the version's root, for example
	// "https://graph.microsoft.com/v1.0".
	BaseURL string
	Client  *http.Client
}
