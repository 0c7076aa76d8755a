package booking

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	alice = providers.Address("alice@contoso.com")
	bob   = providers.Address("bob@contoso.com")
	aalto = providers.Address("aalto@contoso.com")
)

// fault is what happens to one call of the tenant.
type fault struct {
	err    error
	commit bool          // the tenant does it, and then the answer is lost
	delay  time.Duration // before the answer
}

// roomRule is how a room of the fake tenant answers invitations.
type roomRule struct {
	after    time.Duration
	answer   providers.Response // "" accepts unless it is taken
	legacyDN string             // how its address comes back; "" as SMTP
	silent   bool
}

type meeting struct {
	event    providers.Event
	made     time.Time
	answerAt time.Time
	answer   providers.Response // decided when it was made
	later    providers.Response // a change of mind
	laterAt  time.Time
	old      providers.Response // to the time before, and still shown
	oldAt    time.Time
	linkAt   time.Time // when the Teams link appears; zero: with the meeting
	cancels  int
	comment  string
	version  int // of the organizer's copy
	place    providers.Address
	held     bool   // by the room, before it was asked again
	others   []*ask // further rooms
	was      bool   // it had a room at some time
}

// tenant is a scripted tenant. It shares nothing with the simulated one: it knows
// only what booking may rely on, and can be told to fail at each call.
type tenant struct {
	mu        sync.Mutex
	now       func() time.Time
	meetings  []*meeting
	busy      map[providers.Address][]providers.Block
	unknown   map[providers.Address]*providers.Problem
	rooms     map[providers.Address]roomRule
	calendars map[providers.Address][]providers.Calendar
	faults    map[string][]fault // by operation, in order
	always    map[string]fault   // by operation, each time
	linkLate  time.Duration
	noLink    bool // Teams is dropped silently
	keeps     bool // cancelled meetings can still be read
	stale     bool // rooms' earlier answers are shown until they answer anew
	conflicts bool // a repeated transaction id gives 409 instead of the event
	ledger    []string
	created   []string                // transaction ids of all creates that arrived
	changes   []providers.EventChange // those that had an effect
	seq       int
	roomless  []string // calls at which a meeting that had a room had none
	tolerates int      // dates of a series that may clash before a room declines all
	mails     map[providers.Address]int
}

func newTenant() *tenant {
	teams := []providers.Calendar{{ID: "holidays", ReadOnly: true}, {ID: "calendar", Default: true, IntegratedConferencing: true}}
	return &tenant{
		now: time.Now, busy: map[providers.Address][]providers.Block{}, unknown: map[providers.Address]*providers.Problem{}, rooms: map[providers.Address]roomRule{},
		calendars: map[providers.Address][]providers.Calendar{alice: teams, bob: teams}, faults: map[string][]fault{}, always: map[string]fault{}, mails: map[providers.Address]int{},
	}
}

// meet takes the fault of a call and keeps the ledger. What it returns is called
// after the effect.
func (t *tenant) meet(ctx context.Context, op string, detail any) (after func() error, before error) {
	t.mu.Lock()
	t.ledger = append(t.ledger, fmt.Sprint(op, " ", detail))
	t.checkRooms(op)
	f, ok := t.always[op]
	if queue := t.faults[op]; len(queue) > 0 {
		f, t.faults[op], ok = queue[0], queue[1:], true
	}
	t.mu.Unlock()
	after = func() error { return nil }
	if !ok {
		return after, ctx.Err()
	}
	wait := func() error {
		select {
		case <-time.After(f.delay):
			return f.err
		case <-ctx.Done():
			return &providers.Error{Class: providers.Cancelled, Op: op, Err: ctx.Err()}
		}
	}
	if f.commit {
		return wait, nil
	}
	return after, wait()
}

// script sets what happens to the next calls.
func (t *tenant) script(faults map[string][]fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for op, queue := range faults {
		t.faults[op] = slices.Clone(queue)
	}
}

func (t *tenant) calls(op string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(t.ledger), func(line string) bool { return len(line) < len(op) || line[:len(op)] != op }))
}

// live are the meetings that stand.
func (t *tenant) live() []*meeting {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.meetings), func(m *meeting) bool { return m.event.Cancelled })
}

func (t *tenant) taken(room providers.Address, span providers.Interval, except *meeting) bool {
	for _, b := range t.busy[room] {
		if b.State.Taken() && b.Overlaps(span) {
			return true
		}
	}
	for _, m := range t.meetings {
		if m != except && !m.event.Cancelled && m.answer == providers.ResponseAccepted && m.event.Attendees[0].Type == providers.Resource &&
			m.room() == room && (providers.Interval{Start: m.event.Start, End: m.event.End}).Overlaps(span) {
			return true
		}
		if m != except && !m.event.Cancelled && m.holdsOther(room, t.now()) && (providers.Interval{Start: m.event.Start, End: m.event.End}).Overlaps(span) {
			return true
		}
	}
	return false
}

func (m *meeting) room() providers.Address { return m.place }

func (t *tenant) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	if len(mailboxes) > 20 {
		return nil, &providers.Error{Class: providers.Permanent, Message: providers.Outside("too many addresses")}
	}
	after, before := t.meet(ctx, "availability", mailboxes)
	if before != nil {
		return nil, before
	}
	t.mu.Lock()
	var all []providers.Availability
	for _, mailbox := range mailboxes {
		a := providers.Availability{Mailbox: mailbox, Window: window, Problem: t.unknown[mailbox]}
		if a.Problem == nil {
			a.AsOf = t.now()
			for _, b := range t.busy[mailbox] {
				if b.Overlaps(window) {
					a.Blocks = append(a.Blocks, b)
				}
			}
			for _, m := range t.meetings {
				s := providers.Interval{Start: m.event.Start, End: m.event.End}
				if !m.event.Cancelled && m.room() == mailbox && m.answer == providers.ResponseAccepted && !t.now().Before(m.answerAt) && s.Overlaps(window) {
					a.Blocks = append(a.Blocks, providers.Block{Interval: s, State: providers.Busy, Subject: m.event.OrganizerName})
				}
			}
			slices.SortFunc(a.Blocks, func(x, y providers.Block) int { return x.Start.Compare(y.Start) })
		}
		all = append(all, a)
	}
	t.mu.Unlock()
	return all, after()
}

func (t *tenant) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	after, before := t.meet(ctx, "create", draft.TransactionID)
	if before != nil {
		return providers.Event{}, before
	}
	t.mu.Lock()
	t.created = append(t.created, draft.TransactionID)
	for _, m := range t.meetings {
		if m.event.TransactionID == draft.TransactionID {
			event := t.seen(m)
			t.mu.Unlock()
			if t.conflicts {
				return providers.Event{}, &providers.Error{Class: providers.Conflict, Status: 409, Code: "ErrorDuplicateTransactionId"}
			}
			return event, after()
		}
	}
	var m *meeting
	if draft.Recurrence != nil {
		m = t.makeSeries(draft)
	} else {
		m = t.make(draft)
		t.mail(m)
	}
	event := t.seen(m)
	t.mu.Unlock()
	return event, after()
}

func (t *tenant) make(draft providers.EventDraft) *meeting {
	t.seq++
	rule := t.rooms[draft.Room]
	m := &meeting{place: draft.Room, made: t.now(), answerAt: t.now().Add(rule.after), answer: rule.answer}
	span := providers.Interval{Start: draft.Start, End: draft.End}
	if m.answer == "" {
		m.answer = providers.ResponseAccepted
		if t.taken(draft.Room, span, m) {
			m.answer = providers.ResponseDeclined
		}
	}
	if rule.silent {
		m.answer = providers.ResponsePending
	}
	room := providers.Attendee{Mailbox: draft.Room, Text: providers.Outside(string(draft.Room)), Name: draft.RoomName, Type: providers.Resource, Response: providers.ResponsePending}
	if rule.legacyDN != "" {
		room.Mailbox, room.Text = "", providers.Outside(rule.legacyDN)
	}
	m.event = providers.Event{Mailbox: draft.Organizer, ID: fmt.Sprint("event-", t.seq), ICalUID: fmt.Sprint("uid-", t.seq), Type: providers.SingleInstance, Start: draft.Start, End: draft.End,
		Subject: draft.Subject, Organizer: draft.Organizer, OrganizerName: providers.Outside("Somebody"), IsOrganizer: true, Location: providers.Outside(string(draft.Room)),
		ShowAs: draft.ShowAs, Private: draft.Private, TransactionID: draft.TransactionID, Attendees: []providers.Attendee{room}}
	for _, a := range draft.Required {
		m.event.Attendees = append(m.event.Attendees, providers.Attendee{Mailbox: a, Type: providers.Required, Response: providers.ResponseAccepted})
	}
	if draft.Teams && !t.noLink {
		m.event.OnlineMeeting, m.linkAt = true, t.now().Add(t.linkLate)
	}
	t.meetings = append(t.meetings, m)
	return m
}

// seen is the organizer's copy as it stands now.
func (t *tenant) seen(m *meeting) providers.Event {
	e := m.event
	e.Attendees = slices.Clone(e.Attendees)
	e.ETag = fmt.Sprint("W/", m.version)
	now := t.now()
	m.seenOthers(e.Attendees, now)
	if now.Before(m.answerAt) && m.old != "" {
		e.Attendees[0].Response, e.Attendees[0].ResponseAt = m.old, m.oldAt
	}
	if !now.Before(m.answerAt) && len(e.Attendees) > 0 && e.Attendees[0].Type == providers.Resource {
		e.Attendees[0].Response = m.answer
		if m.version > 0 {
			e.Attendees[0].ResponseAt = m.answerAt
		}
		if m.later != "" && !now.Before(m.laterAt) {
			e.Attendees[0].Response = m.later
		}
	}
	if e.OnlineMeeting && !now.Before(m.linkAt) {
		e.JoinURL = providers.Outside("https://teams.microsoft.com/l/meetup-join/" + e.ID)
	}
	return e
}

func (t *tenant) find(match func(*meeting) bool) (providers.Event, bool) {
	for _, m := range t.meetings {
		if match(m) && (t.keeps || !m.event.Cancelled) {
			return t.seen(m), true
		}
	}
	return providers.Event{}, false
}

func (t *tenant) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	after, before := t.meet(ctx, "event", id)
	if before != nil {
		return providers.Event{}, before
	}
	t.mu.Lock()
	event, ok := t.find(func(m *meeting) bool { return m.event.ID == id && m.event.Mailbox == mailbox })
	t.mu.Unlock()
	if !ok {
		return event, &providers.Error{Class: providers.Gone, Status: 404, Code: "ErrorItemNotFound"}
	}
	return event, after()
}

func (t *tenant) FindEvent(ctx context.Context, mailbox providers.Address, tx string, around providers.Interval) (providers.Event, bool, error) {
	after, before := t.meet(ctx, "find", tx)
	if before != nil {
		return providers.Event{}, false, before
	}
	t.mu.Lock()
	event, ok := t.find(func(m *meeting) bool {
		return m.event.TransactionID == tx && m.event.Mailbox == mailbox && around.Overlaps(providers.Interval{Start: m.event.Start, End: m.event.End})
	})
	t.mu.Unlock()
	return event, ok, after()
}

func (t *tenant) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	after, before := t.meet(ctx, "cancel", id)
	if before != nil {
		return before
	}
	t.mu.Lock()
	for _, m := range t.meetings {
		if m.event.ID == id && m.event.Mailbox == mailbox && (t.keeps || !m.event.Cancelled) {
			m.event.Cancelled = true
			m.cancels++
			m.comment = comment
			t.mail(m)
			for _, date := range t.meetings {
				if date.event.SeriesMasterID == id {
					date.event.Cancelled = true
				}
			}
			t.mu.Unlock()
			return after()
		}
	}
	t.mu.Unlock()
	return &providers.Error{Class: providers.Gone, Status: 404}
}

func (t *tenant) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	after, before := t.meet(ctx, "calendars", mailbox)
	if before != nil {
		return nil, before
	}
	t.mu.Lock()
	calendars, ok := t.calendars[mailbox]
	t.mu.Unlock()
	if !ok {
		return nil, &providers.Error{Class: providers.NoMailbox, Status: 404, Code: "ErrorInvalidUser"}
	}
	return calendars, after()
}
