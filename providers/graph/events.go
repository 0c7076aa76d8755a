package graph

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"roomdesk/providers"
)

const (
	writePermission = "Calendars.ReadWrite"

	readingEvent  = "reading an event"
	findingEvent  = "looking an event up"
	creatingEvent = "creating an event"
	changingEvent = "changing an event"
	cancelling    = "cancelling an event"
	deletingEvent = "taking an event out"
	readingPlace  = "reading a place"

	// eventFields leaves the body out, which is most of an event's bytes.
	eventFields = "id,iCalUId,seriesMasterId,type,originalStart,originalStartTimeZone,start,end,isAllDay,subject,organizer," +
		"isOrganizer,location,attendees,showAs,sensitivity,isCancelled,responseStatus,isOnlineMeeting,onlineMeeting,transactionId"
	// findAround widens the time in which a lost event is looked for: a zone that
	// was understood otherwise moves it by less than a day.
	findAround = 24 * time.Hour
)

// guarded calls an implementation of [Objects]. A panic there, which the SDK is
// known for on answers that it does not expect, becomes an error.
func guarded[T any](op string, mailbox providers.Address, do func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			var zero T
			result = zero
			err = &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox,
				Message: providers.Outside("the answer could not be understood"),
				Err:     &panicked{what: fmt.Sprint(r), stack: debug.Stack()}}
		}
	}()
	result, err = do()
	return result, Classified(op, mailbox, err)
}

// panicked is a panic that was caught, with its stack for the log.
type panicked struct {
	what  string
	stack []byte
}

func (p *panicked) Error() string { return "internal failure: " + p.what }

// Classified makes any error of an [Objects] implementation a *providers.Error:
// the one that it wraps, or class Foreign, since what is left is an answer that
// could not be understood.
func Classified(op string, mailbox providers.Address, err error) error {
	if err == nil {
		return nil
	}
	var known *providers.Error
	if errors.As(err, &known) {
		return known
	}
	failure := &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox, Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		failure.Class = providers.Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		failure.Class = providers.Transient
	}
	return failure
}

// Event reads one event of a mailbox's default calendar.
func (p *Provider) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	if err := checkID(readingEvent, mailbox, id); err != nil {
		return providers.Event{}, err
	}
	if p.objects != nil {
		ctx = withHints(ctx, hints{op: readingEvent, permission: readPermission, object: true, repeat: repeatAlways})
		return guarded(readingEvent, mailbox, func() (providers.Event, error) { return p.objects.Event(ctx, mailbox, id) })
	}
	c := call{op: readingEvent, mailbox: mailbox, permission: readPermission, object: true, repeat: repeatAlways, header: prefer(0),
		url: p.roots.url("$select="+eventFields, "users", string(mailbox), "events", id)}
	var event providers.Event
	err := p.engine.do(ctx, c, func(a answer) error {
		var w WireEvent
		if err := object(a.body, &w); err != nil {
			return err
		}
		if w.ID == "" {
			return fmt.Errorf("%w: the event has no id", errShape)
		}
		event = w.Event(mailbox, "")
		return nil
	})
	return event, err
}

// FindEvent looks for the event that was created with the transaction id, inside
// a day around the given time. It is how a create is resolved of which the answer
// was lost; false means that the tenant does not have it there.
func (p *Provider) FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error) {
	if transactionID == "" {
		return providers.Event{}, false, missing(findingEvent, mailbox, "transaction id")
	}
	window := providers.Interval{Start: around.Start.Add(-findAround), End: around.End.Add(findAround)}
	if err := checkWindow(window, mailbox); err != nil {
		return providers.Event{}, false, err
	}
	req := providers.ChangesRequest{Mailbox: mailbox, Window: window}
	c := p.pageCall(req)
	c.op = findingEvent
	c.url = p.calendarURL(req, "calendarView") + "&$top=" + itoa(defaultPage) + "&$select=" + eventFields
	var found providers.Event
	err := p.view(ctx, c, req, func(page pageOfEvents) error {
		for _, event := range page.events {
			if strings.EqualFold(event.TransactionID, transactionID) {
				found = event
				return errFound
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) {
		return providers.Event{}, false, err
	}
	return found, err != nil, nil
}

// errFound ends a listing early.
var errFound = errors.New("found")

// Place reads one room.
func (p *Provider) Place(ctx context.Context, room providers.Address) (providers.Room, error) {
	if p.objects == nil {
		return providers.Room{}, readOnly(readingPlace)
	}
	ctx = withHints(ctx, hints{op: readingPlace, permission: placePermission, object: true, repeat: repeatAlways})
	return guarded(readingPlace, room, func() (providers.Room, error) { return p.objects.Place(ctx, room) })
}

// CreateEvent creates an event in the organiser's calendar and returns it as the
// tenant made it. It is sent once: only a refusal to work on it (throttling, an
// expired token) is followed by another try. Class Transient or Foreign means
// that it may exist: look it up with FindEvent, or call again with the same
// transaction id. Where the tenant answers that the transaction id was used, the
// event that it made is returned.
func (p *Provider) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	switch {
	case p.objects == nil:
		return providers.Event{}, readOnly(creatingEvent)
	case draft.TransactionID == "":
		return providers.Event{}, missing(creatingEvent, draft.Organizer, "transaction id")
	case draft.Organizer == "":
		return providers.Event{}, missing(creatingEvent, "", "organiser")
	case draft.Start.IsZero() || !draft.Start.Before(draft.End):
		return providers.Event{}, missing(creatingEvent, draft.Organizer, "time with an end behind its start")
	}
	if err := checkRecurrence(draft); err != nil {
		return providers.Event{}, err
	}
	hinted := withHints(ctx, hints{op: creatingEvent, permission: writePermission})
	event, err := guarded(creatingEvent, draft.Organizer, func() (providers.Event, error) { return p.objects.CreateEvent(hinted, draft) })
	if err == nil && event.ID == "" {
		err = &providers.Error{Class: providers.Foreign, Op: creatingEvent, Mailbox: draft.Organizer,
			Message: providers.Outside("the answer does not name the event")}
	}
	if providers.Is(err, providers.Conflict) {
		find := func() (providers.Event, bool, error) {
			if draft.Recurrence != nil {
				return p.FindSeries(ctx, draft.Organizer, draft.TransactionID, draft.Start)
			}
			return p.FindEvent(ctx, draft.Organizer, draft.TransactionID, providers.Interval{Start: draft.Start, End: draft.End})
		}
		if found, ok, findErr := find(); findErr == nil && ok {
			return found, nil
		}
	}
	if err != nil {
		return providers.Event{}, err
	}
	return event, nil
}

// ChangeEvent changes an event as the organiser; etag, where given, makes the
// tenant refuse with class Conflict if somebody changed it since. It is sent once.
func (p *Provider) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	if p.objects == nil {
		return providers.Event{}, readOnly(changingEvent)
	}
	if err := checkID(changingEvent, mailbox, id); err != nil {
		return providers.Event{}, err
	}
	ctx = withHints(ctx, hints{op: changingEvent, permission: writePermission, object: true})
	return guarded(changingEvent, mailbox, func() (providers.Event, error) { return p.objects.ChangeEvent(ctx, mailbox, id, etag, change) })
}

// CancelEvent cancels an event as its organiser and tells everybody invited. An
// event that is no longer there, or is cancelled, is a success; so a cancel whose
// answer was lost is sent again.
func (p *Provider) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	if p.objects == nil {
		return readOnly(cancelling)
	}
	if err := checkID(cancelling, mailbox, id); err != nil {
		return err
	}
	hinted := withHints(ctx, hints{op: cancelling, permission: writePermission, object: true, repeat: repeatAlways})
	_, err := guarded(cancelling, mailbox, func() (struct{}, error) { return struct{}{}, p.objects.CancelEvent(hinted, mailbox, id, comment) })
	switch {
	case providers.Is(err, providers.Gone):
		return nil
	case providers.Is(err, providers.Permanent):
		event, readErr := p.Event(ctx, mailbox, id)
		if providers.Is(readErr, providers.Gone) || readErr == nil && event.Cancelled {
			return nil
		}
		var failure *providers.Error
		if readErr == nil && !event.IsOrganizer && errors.As(err, &failure) {
			failure.Advice = "only the organiser can cancel a meeting: cancel it in the organiser's calendar"
		}
	}
	return err
}

// DeleteEvent takes an event out of the mailbox's calendar; the service sends
// cancellations where somebody else is invited, without a comment. It is for what
// nobody was invited to: whether the service takes a cancellation of that is not
// known. An event that is no longer there is a success, so that it may be repeated.
func (p *Provider) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	if p.objects == nil {
		return readOnly(deletingEvent)
	}
	if err := checkID(deletingEvent, mailbox, id); err != nil {
		return err
	}
	ctx = withHints(ctx, hints{op: deletingEvent, permission: writePermission, object: true, repeat: repeatAlways})
	_, err := guarded(deletingEvent, mailbox, func() (struct{}, error) { return struct{}{}, p.objects.DeleteEvent(ctx, mailbox, id) })
	if providers.Is(err, providers.Gone) {
		return nil
	}
	return err
}

func checkID(op string, mailbox providers.Address, id string) error {
	switch {
	case mailbox == "":
		return missing(op, "", "mailbox")
	case id == "" || id == "." || id == ".." || len(id) > 2048:
		return missing(op, mailbox, "usable event id")
	}
	return nil
}

// missing is a mistake of the caller, found before any request.
func missing(op string, mailbox providers.Address, what string) error {
	return &providers.Error{Class: providers.Permanent, Op: op, Mailbox: mailbox, Message: providers.Outside("no " + what + " was given")}
}

// EventFields are the members of an event that are asked for.
func EventFields() []string { return strings.Split(eventFields, ",") }
