package hybrid

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Calendars lists a mailbox's calendars at its home.
func (h *Organisation) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	return look(ctx, h, mailbox, func(ctx context.Context, p Part) ([]providers.Calendar, error) {
		return p.Provider.Calendars(ctx, mailbox)
	})
}

// opChanges is what reading changes is called in errors.
const opChanges = "reading changes"

// Changes reads a calendar at its home. A position of the other provider, from before
// the mailbox moved, gives an error of class Resync before anything is asked.
func (h *Organisation) Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error {
	if request.Cursor == "" && h.gates[0].isShut() {
		h.findHome(ctx, request.Mailbox)
	}
	home := h.at(request.Mailbox)
	p := h.parts[home]
	if err := h.permit(ctx, p, providers.VerbEvents, opChanges, request.Mailbox); err != nil {
		return err
	}
	if request.Cursor != "" && p.Cursor != nil && !p.Cursor(request.Cursor) {
		return anew(request.Mailbox)
	}
	told := false
	err := p.Provider.Changes(ctx, request, func(c providers.ChangePage) error {
		told = true
		return page(c)
	})
	if err == nil {
		h.seen(home, request.Mailbox)
	}
	if !providers.Is(err, providers.NoMailbox) {
		return err
	}
	if err := h.elsewhere(ctx, home, request.Mailbox, err); err != nil {
		return err
	}
	if request.Cursor != "" || told || request.CalendarID != "" {
		return anew(request.Mailbox)
	}
	return h.parts[1-home].Provider.Changes(ctx, request, page)
}

// anew says that a calendar is to be read from the beginning; its rows stay until then.
func anew(mailbox providers.Address) error {
	return &providers.Error{Class: providers.Resync, Op: opChanges, Mailbox: mailbox, Message: providers.Outside("the mailbox is reached through the other provider now")}
}

// Event reads one meeting. Its id is one of the mailbox's home: where the mailbox is
// found at the other part, the meeting has another id there, which is no proof that it
// is gone.
func (h *Organisation) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return byID(ctx, h, mailbox, "reading a meeting", providers.VerbEvents, func(ctx context.Context, p Part) (providers.Event, error) {
		return p.Provider.Event(ctx, mailbox, id)
	})
}

// FindEvent looks for the meeting of a transaction.
func (h *Organisation) FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, around providers.Interval) (providers.Event, bool, error) {
	return found(look(ctx, h, mailbox, func(ctx context.Context, p Part) (maybe, error) {
		event, ok, err := p.Provider.FindEvent(ctx, mailbox, transactionID, around)
		return maybe{event, ok}, err
	}))
}

// FindSeries looks for the series of a transaction.
func (h *Organisation) FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error) {
	return found(look(ctx, h, mailbox, func(ctx context.Context, p Part) (maybe, error) {
		event, ok, err := p.Provider.FindSeries(ctx, mailbox, transactionID, start)
		return maybe{event, ok}, err
	}))
}

type maybe struct {
	event providers.Event
	ok    bool
}

func found(m maybe, err error) (providers.Event, bool, error) { return m.event, m.ok, err }

// SeriesDates lists the dates of a series.
func (h *Organisation) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	return byID(ctx, h, mailbox, "reading a series", providers.VerbEvents, func(ctx context.Context, p Part) ([]providers.Event, error) {
		return p.Provider.SeriesDates(ctx, mailbox, seriesID, window)
	})
}

// CreateEvent makes a meeting at the organizer's home, wherever its room lives. A
// refusal because the organizer is not there made nothing, so that the other part is
// asked.
func (h *Organisation) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	h.findHome(ctx, draft.Organizer)
	return reach(ctx, h, draft.Organizer, func(ctx context.Context, p Part) (providers.Event, error) {
		if err := h.permit(ctx, p, providers.VerbBook, "booking", draft.Organizer); err != nil {
			return providers.Event{}, err
		}
		return p.Provider.CreateEvent(ctx, draft)
	})
}

// findHome asks where a mailbox lives, where that is not known, with a question that
// changes nothing. What goes wrong is told by what is asked next.
func (h *Organisation) findHome(ctx context.Context, mailbox providers.Address) {
	if _, known := h.homes.Home(mailbox); !known && !h.settled(mailbox) {
		_, _ = h.Calendars(ctx, mailbox)
	}
}

// ChangeEvent changes a meeting as its organizer.
func (h *Organisation) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return byID(ctx, h, mailbox, "changing the meeting", providers.VerbChange, func(ctx context.Context, p Part) (providers.Event, error) {
		return p.Provider.ChangeEvent(ctx, mailbox, id, etag, change)
	})
}

// CancelEvent cancels a meeting and tells everybody invited.
func (h *Organisation) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	_, err := byID(ctx, h, mailbox, "cancelling", providers.VerbCancel, func(ctx context.Context, p Part) (struct{}, error) {
		return struct{}{}, p.Provider.CancelEvent(ctx, mailbox, id, comment)
	})
	return err
}

// DeleteEvent takes a meeting to which nobody else was invited out of a calendar.
func (h *Organisation) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	_, err := byID(ctx, h, mailbox, "cancelling", providers.VerbCancel, func(ctx context.Context, p Part) (struct{}, error) {
		return struct{}{}, p.Provider.DeleteEvent(ctx, mailbox, id)
	})
	return err
}

// byID asks a mailbox's home about a meeting that is named by an id of that home.
func byID[T any](ctx context.Context, h *Organisation, mailbox providers.Address, op string, verb providers.Verb, ask func(context.Context, Part) (T, error)) (T, error) {
	var nothing T
	home := h.at(mailbox)
	p := h.parts[home]
	if err := h.permit(ctx, p, verb, op, mailbox); err != nil {
		return nothing, err
	}
	out, err := ask(ctx, p)
	if !providers.Is(err, providers.NoMailbox) {
		return out, err
	}
	if err := h.elsewhere(ctx, home, mailbox, err); err != nil {
		return nothing, err
	}
	return nothing, &providers.Error{Class: providers.Transient, Op: op, Mailbox: mailbox,
		Message: providers.Outside("the mailbox moved to the other provider, where the meeting has another id"), Advice: "the calendar is read anew first"}
}
