// Package typed handles single objects of Microsoft Graph (one event, the
// calendars of a mailbox, one place) with Microsoft's SDK for Go.
//
// It is a leaf: its SDK's models package takes one compiler process of more than
// four gigabytes, so that only the program's wiring may import it. Of the SDK it
// uses the packages users, places and models over the request adapter of
// msgraph-sdk-go-core, and none of the default middleware: the HTTP client comes
// from package graph, which signs in, waits, tries again and classifies.
package typed

import (
	"context"
	"fmt"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/places"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// Objects implements graph.Objects. A panic inside the SDK is not caught here:
// package graph does that for every call.
type Objects struct {
	adapter abstractions.RequestAdapter
}

var _ graph.Objects = (*Objects)(nil)

// New is the Objects of a graph.Config.
func New(authorised graph.Authorised) graph.Objects {
	// The client adds the token itself, to requests for its own host only; the
	// adapter must not have it. Naming the factories leaves the SDK's global
	// registry alone.
	adapter, err := msgraphgocore.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		&authentication.AnonymousAuthenticationProvider{}, msgraphgocore.GraphClientOptions{},
		jsonserialization.NewJsonParseNodeFactory(), jsonserialization.NewJsonSerializationWriterFactory(), authorised.Client)
	if err != nil {
		return unusable{err}
	}
	adapter.SetBaseUrl(authorised.BaseURL)
	return &Objects{adapter: adapter}
}

func (o *Objects) user(mailbox providers.Address) *users.UserItemRequestBuilder {
	return users.NewUsersRequestBuilderInternal(map[string]string{}, o.adapter).ByUserId(string(mailbox))
}

func (o *Objects) event(mailbox providers.Address, id string) *users.ItemEventsEventItemRequestBuilder {
	return o.user(mailbox).Events().ByEventId(id)
}

// headers are those of every request about events.
func headers() *abstractions.RequestHeaders {
	h := abstractions.NewRequestHeaders()
	h.Add("Prefer", `IdType="ImmutableId"`)
	h.Add("Prefer", `outlook.timezone="UTC"`)
	return h
}

// Event reads one event.
func (o *Objects) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	model, err := o.event(mailbox, id).Get(ctx, &users.ItemEventsEventItemRequestBuilderGetRequestConfiguration{
		Headers:         headers(),
		QueryParameters: &users.ItemEventsEventItemRequestBuilderGetQueryParameters{Select: append(graph.EventFields(), "recurrence")},
	})
	if err != nil {
		return providers.Event{}, err
	}
	return eventOf(model, mailbox)
}

// CreateEvent creates an event in the organiser's default calendar.
func (o *Objects) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	model, err := o.user(draft.Organizer).Events().Post(ctx, draftModel(draft),
		&users.ItemEventsRequestBuilderPostRequestConfiguration{Headers: headers()})
	if err != nil {
		return providers.Event{}, err
	}
	return eventOf(model, draft.Organizer)
}

// ChangeEvent sends what changes, and nothing else.
func (o *Objects) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	h := headers()
	if etag != "" {
		h.Add("If-Match", etag)
	}
	model, err := o.event(mailbox, id).Patch(ctx, changeModel(change),
		&users.ItemEventsEventItemRequestBuilderPatchRequestConfiguration{Headers: h})
	if err != nil {
		return providers.Event{}, err
	}
	return eventOf(model, mailbox)
}

// CancelEvent cancels an event as its organiser.
func (o *Objects) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	body := users.NewItemEventsItemCancelPostRequestBody()
	body.SetComment(&comment)
	return o.event(mailbox, id).Cancel().Post(ctx, body,
		&users.ItemEventsItemCancelRequestBuilderPostRequestConfiguration{Headers: headers()})
}

// DeleteEvent takes an event out of the mailbox's calendar.
func (o *Objects) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return o.event(mailbox, id).Delete(ctx, &users.ItemEventsEventItemRequestBuilderDeleteRequestConfiguration{Headers: headers()})
}

// maxCalendarPages bounds the pages of a mailbox's list of calendars.
const maxCalendarPages = 100

// Calendars lists the calendars of a mailbox.
func (o *Objects) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	var all []providers.Calendar
	top := int32(100)
	builder := o.user(mailbox).Calendars()
	config := &users.ItemCalendarsRequestBuilderGetRequestConfiguration{
		Headers:         headers(),
		QueryParameters: &users.ItemCalendarsRequestBuilderGetQueryParameters{Top: &top},
	}
	for range maxCalendarPages {
		page, err := builder.Get(ctx, config)
		if err != nil {
			return nil, err
		}
		if page == nil || page.GetValue() == nil {
			return nil, unexpected("the list of calendars is missing")
		}
		for _, model := range page.GetValue() {
			if model == nil {
				return nil, unexpected("a calendar is null")
			}
			all = append(all, calendarOf(model, mailbox))
		}
		next := page.GetOdataNextLink()
		if next == nil || *next == "" {
			return all, nil
		}
		// The client refuses links to other hosts before anything is sent. The
		// link has all parameters; headers have to be repeated.
		builder = builder.WithUrl(*next)
		config = &users.ItemCalendarsRequestBuilderGetRequestConfiguration{Headers: headers()}
	}
	return nil, unexpected("the pages of calendars do not end")
}

// Place reads one room.
func (o *Objects) Place(ctx context.Context, room providers.Address) (providers.Room, error) {
	model, err := places.NewPlacesRequestBuilderInternal(map[string]string{}, o.adapter).
		ByPlaceId(string(room)).GraphRoom().Get(ctx, nil)
	if err != nil {
		return providers.Room{}, err
	}
	return roomOf(model)
}

// unexpected is an answer that the service would not give.
func unexpected(what string) error {
	return fmt.Errorf("unexpected answer: %s", what)
}

// unusable stands in where the adapter cannot be made, which New cannot say.
type unusable struct{ err error }

func (u unusable) Event(context.Context, providers.Address, string) (providers.Event, error) {
	return providers.Event{}, u.err
}
func (u unusable) CreateEvent(context.Context, providers.EventDraft) (providers.Event, error) {
	return providers.Event{}, u.err
}
func (u unusable) ChangeEvent(context.Context, providers.Address, string, string, providers.EventChange) (providers.Event, error) {
	return providers.Event{}, u.err
}
func (u unusable) DeleteEvent(context.Context, providers.Address, string) error         { return u.err }
func (u unusable) CancelEvent(context.Context, providers.Address, string, string) error { return u.err }
func (u unusable) Calendars(context.Context, providers.Address) ([]providers.Calendar, error) {
	return nil, u.err
}
func (u unusable) Place(context.Context, providers.Address) (providers.Room, error) {
	return providers.Room{}, u.err
}
