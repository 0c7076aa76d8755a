package audit

import (
	"context"
	"errors"
	"slices"
	"sync"

	"roomdesk/providers"
)

// Writer is what a trail is kept of.
type Writer interface {
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
	ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
	CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error
	DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error
}

// remembered is how many meetings are kept in mind for the state before a change.
const remembered = 500

// Permit says why a write must not be made: an error of class NotAllowed; nil where
// nothing speaks against it.
type Permit func(ctx context.Context, verb providers.Verb, mailbox providers.Address) error

// Watched is a writer whose writes are permitted and in a trail: an intent before the
// first byte leaves, without which nothing is sent, and an outcome afterwards. What is
// not permitted is one line, and nothing is sent.
type Watched struct {
	to     Writer
	permit Permit
	log    *Log

	mu    sync.Mutex
	known map[string]Facts // by mailbox and id, as read last
	order []string
}

// Watch puts a permit and a trail before a writer. Without a permit nothing may be
// written.
func Watch(to Writer, permit Permit, log *Log) *Watched {
	return &Watched{to: to, permit: permit, log: log, known: map[string]Facts{}}
}

// begin writes an intent down, or that it is not permitted.
func (w *Watched) begin(ctx context.Context, intent Record, verbs ...providers.Verb) (Record, error) {
	for _, verb := range verbs {
		refused := w.permits(ctx, verb, intent.Mailbox)
		if refused == nil {
			continue
		}
		intent.Result, intent.Class = Refused, providers.ClassOf(refused)
		// It does not happen either way: the reason is told, not the trail's trouble.
		_, _ = w.log.Append(context.WithoutCancel(ctx), intent)
		return intent, refused
	}
	return w.log.Append(ctx, intent)
}

func (w *Watched) permits(ctx context.Context, verb providers.Verb, mailbox providers.Address) error {
	if w.permit == nil {
		return &providers.Error{Class: providers.NotAllowed, Op: "writing", Mailbox: mailbox, Message: providers.Outside("nobody may write here")}
	}
	return w.permit(ctx, verb, mailbox)
}

// Event reads a meeting and remembers what it was.
func (w *Watched) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	event, err := w.to.Event(ctx, mailbox, id)
	if err == nil {
		w.remember(mailbox, id, factsOf(event))
	}
	return event, err
}

// CreateEvent is [Writer]'s.
func (w *Watched) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	wanted := Facts{Start: draft.Start.UTC(), End: draft.End.UTC(), Attendees: len(draft.Required) + len(draft.Optional), Teams: draft.Teams,
		Private: draft.Private, Series: draft.Recurrence != nil}
	if draft.Room != "" {
		wanted.Rooms = []providers.Address{draft.Room}
	}
	verbs := []providers.Verb{providers.VerbBook}
	if draft.Teams {
		verbs = append(verbs, providers.VerbTeams)
	}
	intent, err := w.begin(ctx, Record{Action: "create event", Mailbox: draft.Organizer, TransactionID: draft.TransactionID, After: &wanted}, verbs...)
	if err != nil {
		return providers.Event{}, err
	}
	event, err := w.to.CreateEvent(ctx, draft)
	return event, w.end(ctx, intent, event, err)
}

// ChangeEvent is [Writer]'s.
func (w *Watched) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	before := w.recall(mailbox, id)
	var wanted Facts
	if before != nil {
		wanted = *before
	}
	if change.Start != nil {
		wanted.Start = change.Start.UTC()
	}
	if change.End != nil {
		wanted.End = change.End.UTC()
	}
	if change.Attendees != nil {
		wanted.Rooms, wanted.Attendees = invited(change.Attendees)
	}
	intent, err := w.begin(ctx, Record{Action: "change event", Mailbox: mailbox, Event: id, Before: before, After: &wanted}, providers.VerbChange)
	if err != nil {
		return providers.Event{}, err
	}
	event, err := w.to.ChangeEvent(ctx, mailbox, id, etag, change)
	return event, w.end(ctx, intent, event, err)
}

// CancelEvent is [Writer]'s.
func (w *Watched) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return w.remove(ctx, "cancel event", mailbox, id, func() error { return w.to.CancelEvent(ctx, mailbox, id, comment) })
}

// DeleteEvent is [Writer]'s.
func (w *Watched) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return w.remove(ctx, "delete event", mailbox, id, func() error { return w.to.DeleteEvent(ctx, mailbox, id) })
}

func (w *Watched) remove(ctx context.Context, action string, mailbox providers.Address, id string, do func() error) error {
	before := w.recall(mailbox, id)
	wanted := Facts{Cancelled: true}
	if before != nil {
		wanted = *before
		wanted.Cancelled = true
	}
	intent, err := w.begin(ctx, Record{Action: action, Mailbox: mailbox, Event: id, Before: before, After: &wanted}, providers.VerbCancel)
	if err != nil {
		return err
	}
	return w.end(ctx, intent, providers.Event{}, do())
}

// end writes what became of an intent. An outcome that cannot be written changes
// nothing about it: the intent stays open in the trail, and the next write fails.
func (w *Watched) end(ctx context.Context, intent Record, event providers.Event, err error) error {
	outcome := outcomeOf(intent, err)
	if err == nil && event.ID != "" {
		facts := factsOf(event)
		outcome.Event, outcome.After = event.ID, &facts
		w.remember(intent.Mailbox, event.ID, facts)
	}
	_, _ = w.log.Append(context.WithoutCancel(ctx), outcome) // as said above
	return err
}

// Conclude writes what became of an intent that no [Watched] made. That it cannot be
// written changes nothing about it: the intent stays open in the trail.
func (l *Log) Conclude(ctx context.Context, intent Record, err error) {
	_, _ = l.Append(context.WithoutCancel(ctx), outcomeOf(intent, err)) // as said above
}

// outcomeOf is the line that ends an intent.
func outcomeOf(intent Record, err error) Record {
	outcome := Record{Action: intent.Action, Mailbox: intent.Mailbox, Event: intent.Event, TransactionID: intent.TransactionID, Intent: intent.N, Result: Done}
	var e *providers.Error
	switch {
	case err == nil:
	case errors.As(err, &e):
		outcome.Class, outcome.RequestID, outcome.Result = e.Class, e.RequestID, Unknown
		if slices.Contains(refusals, e.Class) {
			outcome.Result = Refused
		}
	default:
		outcome.Result = Unknown
	}
	return outcome
}

// refusals are failures after which a write certainly did not happen.
var refusals = []providers.Class{providers.Throttled, providers.Permanent, providers.NotAllowed, providers.NoMailbox, providers.Gone,
	providers.SignedOut, providers.Unsupported, providers.UntrustedHost, providers.Conflict}

// factsOf is what is kept of an event.
func factsOf(e providers.Event) Facts {
	f := Facts{Start: e.Start.UTC(), End: e.End.UTC(), Teams: e.OnlineMeeting, Private: e.Private, Series: e.Type == providers.SeriesMaster, Cancelled: e.Cancelled}
	f.Rooms, f.Attendees = invited(e.Attendees)
	return f
}

// invited are the rooms, and how many people there are besides.
func invited(attendees []providers.Attendee) (rooms []providers.Address, people int) {
	for _, a := range attendees {
		if a.Type == providers.Resource && a.Mailbox != "" {
			rooms = append(rooms, a.Mailbox)
			continue
		}
		people++
	}
	return rooms, people
}

func (w *Watched) remember(mailbox providers.Address, id string, f Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := string(mailbox) + "\x00" + id
	if _, known := w.known[key]; !known {
		w.order = append(w.order, key)
	}
	w.known[key] = f
	if len(w.order) > remembered {
		delete(w.known, w.order[0])
		w.order = slices.Delete(w.order, 0, 1)
	}
}

func (w *Watched) recall(mailbox providers.Address, id string) *Facts {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f, known := w.known[string(mailbox)+"\x00"+id]; known {
		return &f
	}
	return nil
}
