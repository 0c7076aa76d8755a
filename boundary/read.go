package boundary

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Identify asks who answers; its capabilities are those within the limits.
func (t *Tenant) Identify(ctx context.Context) (providers.Identity, error) {
	identity, err := t.to.Identify(ctx)
	if err != nil {
		return identity, err
	}
	t.saw(identity.Capabilities)
	identity.Capabilities = identity.Capabilities.Within(t.limits().Level)
	return identity, nil
}

// Rooms lists the tenant's rooms.
func (t *Tenant) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	return t.to.Rooms(ctx, page)
}

// People lists the tenant's people.
func (t *Tenant) People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	return t.to.People(ctx, page)
}

// Calendars lists a mailbox's calendars, not what is in them.
func (t *Tenant) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	return t.to.Calendars(ctx, mailbox)
}

// Availability asks for free/busy.
func (t *Tenant) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	return t.to.Availability(ctx, mailboxes, window)
}

// Changes reads a calendar's meetings.
func (t *Tenant) Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error {
	if err := t.mayLook(ctx, "reading the calendar", request.Mailbox); err != nil {
		return err
	}
	return t.to.Changes(ctx, request, page)
}

// Event reads one meeting.
func (t *Tenant) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	if err := t.mayLook(ctx, "reading a meeting", mailbox); err != nil {
		return providers.Event{}, err
	}
	return t.writes.Event(ctx, mailbox, id)
}

// FindEvent looks for the meeting of a transaction.
func (t *Tenant) FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error) {
	if err := t.mayLook(ctx, "looking for a meeting", mailbox); err != nil {
		return providers.Event{}, false, err
	}
	return t.to.FindEvent(ctx, mailbox, transactionID, around)
}

// FindSeries looks for the series of a transaction.
func (t *Tenant) FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error) {
	if err := t.mayLook(ctx, "looking for a series", mailbox); err != nil {
		return providers.Event{}, false, err
	}
	return t.to.FindSeries(ctx, mailbox, transactionID, start)
}

// SeriesDates lists the dates of a series.
func (t *Tenant) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	if err := t.mayLook(ctx, "reading a series", mailbox); err != nil {
		return nil, err
	}
	return t.to.SeriesDates(ctx, mailbox, seriesID, window)
}

// Hints tells of mailboxes in which something may have changed, where the provider can;
// its error is of class Unsupported where it cannot, or where no meetings may be read.
func (t *Tenant) Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error {
	const op = "listening for changes"
	to, can := t.to.(interface {
		Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error
	})
	if !can {
		return &providers.Error{Class: providers.Unsupported, Op: op, Message: providers.Outside("this provider tells of no changes by itself")}
	}
	if err := t.mayLook(ctx, op, ""); err != nil {
		return err
	}
	return to.Hints(ctx, mailboxes, changed)
}

// Close ends the connection.
func (t *Tenant) Close() error { return t.to.Close() }
