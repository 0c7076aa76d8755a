package hybrid

import (
	"context"
	"fmt"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	aalto  providers.Address = "aalto@contoso.example"
	bauer  providers.Address = "bauer@contoso.example"
	desk   providers.Address = "desk@contoso.example"
	nobody providers.Address = "nobody@contoso.example"
)

// fake is a part that has the mailboxes of has and notes what it is asked.
type fake struct {
	mu     sync.Mutex
	has    map[providers.Address]bool
	rooms  []providers.Room
	people []providers.Person
	err    error                  // of everything, where set
	can    providers.Capabilities // zero: everything
	calls  []string
	warn   string // of its lists
	once   error  // of the next question
	cached bool   // what it can is known without asking
	who    int    // how often it was asked who it is
	during func() // happens while a question about a mailbox is under way; nil: nothing
}

func newFake(mailboxes ...providers.Address) *fake {
	f := &fake{has: map[providers.Address]bool{}}
	for _, m := range mailboxes {
		f.has[m] = true
	}
	return f
}

// asked counts the calls since the last time, and forgets them.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.calls = nil
	return calls
}

// move makes the part have a mailbox, or not.
func (f *fake) move(mailbox providers.Address, here bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.has[mailbox] = here
}

func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fake) at(what string, mailbox providers.Address) error {
	if f.during != nil && mailbox != "" {
		f.during()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprint(what, " ", mailbox))
	if err := f.once; err != nil {
		f.once = nil
		return err
	}
	switch {
	case f.err != nil:
		return f.err
	case mailbox != "" && !f.has[mailbox]:
		return &providers.Error{Class: providers.NoMailbox, Op: what, Mailbox: mailbox}
	}
	return nil
}

func (f *fake) Capabilities(context.Context) (providers.Capabilities, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cached {
		return providers.Capabilities{Access: providers.FullAccess, Write: true}, nil
	}
	if f.can.Access == "" {
		return providers.Capabilities{Access: providers.FullAccess, Write: true, Teams: true, Delta: true, MaxMailbox: 20}, f.err
	}
	return f.can, f.err
}

func (f *fake) Identify(ctx context.Context) (providers.Identity, error) {
	can, err := f.Capabilities(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.who++
	if f.err != nil {
		err = f.err
	}
	return providers.Identity{TenantID: "t", Capabilities: can}, err
}

func (f *fake) listing() providers.Listing {
	return providers.Listing{Reported: -1, Complete: f.warn == "", Warning: providers.Outside(f.warn)}
}

func (f *fake) Rooms(_ context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	if err := f.at("rooms", ""); err != nil {
		return providers.Listing{}, err
	}
	return f.listing(), page(f.rooms)
}

func (f *fake) People(_ context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	if err := f.at("people", ""); err != nil {
		return providers.Listing{}, err
	}
	return f.listing(), page(f.people)
}

func (f *fake) Calendars(_ context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	return nil, f.at("calendars", mailbox)
}

func (f *fake) Changes(_ context.Context, r providers.ChangesRequest, page func(providers.ChangePage) error) error {
	if err := f.at("changes", r.Mailbox); err != nil {
		return err
	}
	return page(providers.ChangePage{Done: true, Cursor: "next"})
}

func (f *fake) Availability(_ context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprint("availability ", mailboxes))
	if f.err != nil {
		return nil, f.err
	}
	out := make([]providers.Availability, len(mailboxes))
	for i, m := range mailboxes {
		out[i] = providers.Availability{Mailbox: m, Window: window, AsOf: window.Start, Zone: string(m)}
		if !f.has[m] {
			out[i].AsOf, out[i].Problem = time.Time{}, &providers.Problem{Class: providers.NoMailbox}
		}
	}
	return out, nil
}

func (f *fake) Event(_ context.Context, mailbox providers.Address, _ string) (providers.Event, error) {
	return providers.Event{}, f.at("event", mailbox)
}

func (f *fake) FindEvent(_ context.Context, mailbox providers.Address, _ string, _ providers.Interval) (providers.Event, bool, error) {
	return providers.Event{}, false, f.at("find", mailbox)
}

func (f *fake) FindSeries(_ context.Context, mailbox providers.Address, _ string, _ time.Time) (providers.Event, bool, error) {
	return providers.Event{}, false, f.at("find series", mailbox)
}

func (f *fake) SeriesDates(_ context.Context, mailbox providers.Address, _ string, _ providers.Interval) ([]providers.Event, error) {
	return nil, f.at("dates", mailbox)
}

func (f *fake) CreateEvent(_ context.Context, draft providers.EventDraft) (providers.Event, error) {
	return providers.Event{Mailbox: draft.Organizer}, f.at("create", draft.Organizer)
}

func (f *fake) ChangeEvent(_ context.Context, mailbox providers.Address, _, _ string, _ providers.EventChange) (providers.Event, error) {
	return providers.Event{}, f.at("change", mailbox)
}

func (f *fake) CancelEvent(_ context.Context, mailbox providers.Address, _, _ string) error {
	return f.at("cancel", mailbox)
}

func (f *fake) DeleteEvent(_ context.Context, mailbox providers.Address, _ string) error {
	return f.at("delete", mailbox)
}

func (f *fake) Close() error { return nil }
