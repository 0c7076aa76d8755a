package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"roomdesk/providers"
)

const (
	// placesPage is the service's documented default and the page size that it is
	// known to give.
	placesPage = 100
	// listsAtOnce is how many room lists are read at the same time.
	listsAtOnce = 8

	placePermission = "Place.Read.All"
)

// placesKnown remembers the addresses of all places that were listed: they are no
// people, although the directory lists their accounts too.
type placesKnown struct {
	mu        sync.Mutex
	addresses map[providers.Address]bool
	listed    bool
}

func (k *placesKnown) add(address providers.Address) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.addresses == nil {
		k.addresses = map[providers.Address]bool{}
	}
	k.addresses[address] = true
}

func (k *placesKnown) has(address providers.Address) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.addresses[address]
}

// wasListed reports whether a listing of rooms ended well, and notes one.
func (k *placesKnown) wasListed(now bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.listed = k.listed || now
	return k.listed
}

// Rooms lists the tenant's rooms, page by page, each with the room lists that
// contain it. Rooms that only a room list names are part of the listing. An error
// of the callback ends the listing and is returned as it is.
func (p *Provider) Rooms(ctx context.Context, deliver func([]providers.Room) error) (providers.Listing, error) {
	members, extra, listsErr := p.roomLists(ctx)
	if listsErr != nil && providers.Is(listsErr, providers.Cancelled, providers.SignedOut, providers.Unreachable, providers.UntrustedHost) {
		return providers.Listing{Reported: -1}, listsErr
	}
	rooms := listing[WirePlace, providers.Room]{
		engine: p.engine, top: placesPage,
		call: call{op: "reading rooms", url: p.roots.url("", "places", "microsoft.graph.room"), permission: placePermission},
		convert: func(w *WirePlace) (providers.Room, string, bool) {
			room, ok := w.Room()
			if ok {
				p.places.add(room.Mailbox)
				room.Lists = members[room.Mailbox]
			}
			return room, w.key(), ok
		},
	}
	delivered := map[providers.Address]bool{}
	result, err := rooms.run(ctx, func(page []providers.Room) error {
		for _, room := range page {
			delivered[room.Mailbox] = true
		}
		return deliver(page)
	})
	if err != nil {
		return result, err
	}
	var more []providers.Room
	for mailbox, room := range extra {
		if !delivered[mailbox] {
			p.places.add(mailbox)
			room.Lists = members[mailbox]
			more = append(more, room)
		}
	}
	if len(more) > 0 {
		if err := deliver(more); err != nil {
			return result, err
		}
		result.Count += len(more)
		note := fmt.Sprintf("%d rooms came from room lists only", len(more))
		if !result.Complete && result.Reported >= 0 && result.Count+result.Unusable >= result.Reported {
			result.Complete, result.Warning = true, providers.Untrusted{}
		}
		result.Warning = providers.Outside(strings.TrimPrefix(result.Warning.Raw()+"; "+note, "; "))
	}
	if listsErr != nil {
		result.Warning = providers.Outside(strings.TrimPrefix(result.Warning.Raw()+"; the room lists could not be read: "+listsErr.Error(), "; "))
	}
	p.places.wasListed(true)
	return result, nil
}

// roomLists reads which rooms each room list contains. A list that cannot be read
// is named in the error; what the others contain is returned beside it.
func (p *Provider) roomLists(ctx context.Context) (members map[providers.Address][]providers.Address, rooms map[providers.Address]providers.Room, err error) {
	var lists []providers.Address
	all := listing[WirePlace, providers.Address]{
		engine: p.engine, top: placesPage,
		call: call{op: "reading room lists", url: p.roots.url("", "places", "microsoft.graph.roomList"), permission: placePermission},
		convert: func(w *WirePlace) (providers.Address, string, bool) {
			address, ok := providers.ParseAddress(w.Email)
			return address, w.key(), ok
		},
	}
	if _, err := all.run(ctx, func(page []providers.Address) error {
		lists = append(lists, page...)
		return nil
	}); err != nil {
		return nil, nil, err
	}
	members, rooms = map[providers.Address][]providers.Address{}, map[providers.Address]providers.Room{}
	contents := make([][]providers.Room, len(lists))
	failures := make([]error, len(lists))
	var group errgroup.Group
	group.SetLimit(listsAtOnce)
	for i, list := range lists {
		group.Go(func() error {
			contents[i], failures[i] = p.roomsOfList(ctx, list)
			return nil
		})
	}
	_ = group.Wait() // failures has them
	for i, list := range lists {
		for _, room := range contents[i] {
			members[room.Mailbox] = append(members[room.Mailbox], list)
			rooms[room.Mailbox] = room
		}
	}
	return members, rooms, errors.Join(failures...)
}

func (p *Provider) roomsOfList(ctx context.Context, list providers.Address) ([]providers.Room, error) {
	var rooms []providers.Room
	content := listing[WirePlace, providers.Room]{
		engine: p.engine, top: placesPage,
		// A list is named by its address; its id is refused.
		call: call{op: "reading the rooms of list " + string(list), permission: placePermission, object: true,
			url: p.roots.url("", "places", string(list), "microsoft.graph.roomList", "rooms")},
		convert: func(w *WirePlace) (providers.Room, string, bool) {
			room, ok := w.Room()
			return room, w.key(), ok
		},
	}
	_, err := content.run(ctx, func(page []providers.Room) error {
		rooms = append(rooms, page...)
		return nil
	})
	return rooms, err
}
