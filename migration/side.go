package migration

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// Source is a connection as a migration reads it. Its errors are *providers.Error.
type Source interface {
	Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
	People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
}

// Side is one of the two connections.
type Side struct {
	Connection string // its name in the configuration
	Provider   string // as in [providers.Home.Provider]: "graph" or "ews"
	Source     Source
}

// heap collects the pages of a round: each id once, as it came last.
type heap struct {
	order []string
	by    map[string]providers.Event
	gone  map[string]bool
}

func newHeap(events []providers.Event) *heap {
	h := &heap{by: map[string]providers.Event{}, gone: map[string]bool{}}
	for _, e := range events {
		h.put(e)
	}
	return h
}

func (h *heap) put(e providers.Event) {
	if e.ID == "" {
		return
	}
	if _, known := h.by[e.ID]; !known {
		h.order = append(h.order, e.ID)
	}
	h.by[e.ID] = e
	delete(h.gone, e.ID)
}

func (h *heap) drop(id string) {
	delete(h.by, id)
	h.gone[id] = true
}

func (h *heap) events() []providers.Event {
	out := make([]providers.Event, 0, len(h.by))
	seen := map[string]bool{}
	for _, id := range h.order {
		if e, ok := h.by[id]; ok && !seen[id] {
			seen[id] = true
			out = append(out, e)
		}
	}
	return out
}

func (h *heap) removed() (ids []string) {
	for id := range h.gone {
		ids = append(ids, id)
	}
	return ids
}

// round reads a round of a mailbox to its end into h and gives the position behind it.
func (s Side) round(ctx context.Context, request providers.ChangesRequest, h *heap) (cursor string, err error) {
	done := false
	err = s.Source.Changes(ctx, request, func(page providers.ChangePage) error {
		for _, e := range page.Events {
			e.Mailbox = request.Mailbox
			h.put(e)
		}
		for _, id := range page.Removed {
			h.drop(id)
		}
		cursor, done = page.Cursor, page.Done
		return nil
	})
	if err == nil && (!done || cursor == "") {
		err = &providers.Error{Class: providers.Foreign, Op: "reading the calendar", Mailbox: request.Mailbox, Message: providers.Outside("the round ended without its last page")}
	}
	if err != nil {
		return "", err
	}
	return cursor, s.masters(ctx, request.Mailbox, h)
}

// masters asks for the series of dates that came without details.
func (s Side) masters(ctx context.Context, mailbox providers.Address, h *heap) error {
	for _, e := range h.events() {
		if !e.Stub || e.SeriesMasterID == "" {
			continue
		}
		if _, known := h.by[e.SeriesMasterID]; known {
			continue
		}
		master, err := s.Source.Event(ctx, mailbox, e.SeriesMasterID)
		if providers.Is(err, providers.Gone) {
			continue // the date is about to go, too
		}
		if err != nil {
			return err
		}
		master.Mailbox, master.ID, master.Type = mailbox, e.SeriesMasterID, providers.SeriesMaster
		h.put(master)
	}
	return nil
}

// whole reads all of a window. A service that drops the position while it is read is
// read once more.
func (s Side) whole(ctx context.Context, mailbox providers.Address, window providers.Interval) (*store.Reading, error) {
	for tries := 0; ; tries++ {
		h := newHeap(nil)
		cursor, err := s.round(ctx, providers.ChangesRequest{Mailbox: mailbox, Window: window}, h)
		if providers.Is(err, providers.Resync) && tries == 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &store.Reading{Window: window, Events: h.events(), Cursor: cursor}, nil
	}
}

// since is a side that was kept, with what changed on it since then.
func (s Side) since(ctx context.Context, mailbox providers.Address, kept store.Reading) (*store.Reading, error) {
	h := newHeap(kept.Events)
	cursor, err := s.round(ctx, providers.ChangesRequest{Mailbox: mailbox, Window: kept.Window, Cursor: kept.Cursor}, h)
	if err != nil {
		return nil, err
	}
	return &store.Reading{Window: kept.Window, Events: h.events(), Cursor: cursor}, nil
}

// unreachable reports whether a side does not have a mailbox, or may not read it: what
// no other try changes.
func unreachable(err error) bool {
	for _, class := range []providers.Class{providers.NotAllowed, providers.NoMailbox, providers.Gone, providers.Unsupported, providers.Permanent} {
		if providers.Is(err, class) {
			return true
		}
	}
	return false
}

// reason is why something failed, safe to show and without what was asked.
func reason(err error) string {
	var e *providers.Error
	if errors.As(err, &e) {
		return providers.ProblemOf(err, time.Time{}).What()
	}
	return providers.Sanitise(err.Error())
}
