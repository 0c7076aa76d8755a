package boundary

import (
	"context"

	"roomdesk/providers"
)

// CreateEvent makes a meeting.
func (t *Tenant) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	return t.writes.CreateEvent(ctx, draft)
}

// ChangeEvent changes a meeting as its organizer.
func (t *Tenant) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return t.writes.ChangeEvent(ctx, mailbox, id, etag, change)
}

// CancelEvent cancels a meeting and tells everybody invited.
func (t *Tenant) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return t.writes.CancelEvent(ctx, mailbox, id, comment)
}

// DeleteEvent takes a meeting to which nobody else was invited out of a calendar.
func (t *Tenant) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return t.writes.DeleteEvent(ctx, mailbox, id)
}
