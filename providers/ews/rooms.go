package ews

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"roomdesk/providers"
)

// listCap is the number of rooms at which Exchange is believed to cut a list without a
// word.
const listCap = 100

// Rooms lists the rooms of all room lists. Exchange tells their names and addresses; a
// number of seats is taken from names such as "Atlas (12)", and a building from the name
// of the one list that has the room. There is no list of all rooms: one that is in no
// room list is not found.
func (p *Provider) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	listing := providers.Listing{Reported: -1}
	lists, err := p.roomLists(ctx)
	if err != nil {
		return listing, err
	}
	var order []providers.Address
	rooms := map[providers.Address]*providers.Room{}
	buildings := map[providers.Address]providers.Untrusted{}
	var cut []string
	for _, list := range lists {
		buildings[list.mailbox] = list.name
		found, err := p.roomsOf(ctx, list.mailbox)
		if gone(err) || providers.Is(err, providers.NoMailbox) {
			continue // deleted between the two questions
		}
		if err != nil {
			return listing, err
		}
		if len(found) >= listCap {
			cut = append(cut, list.name.Or(string(list.mailbox)))
		}
		for _, one := range found {
			if one.mailbox == "" {
				listing.Unusable++
				continue
			}
			room := rooms[one.mailbox]
			if room == nil {
				room = &providers.Room{Mailbox: one.mailbox, Name: one.name, Capacity: seats(one.name), Bookable: true, Provider: Name}
				rooms[one.mailbox] = room
				order = append(order, one.mailbox)
			}
			if !slices.Contains(room.Lists, list.mailbox) {
				room.Lists = append(room.Lists, list.mailbox)
			}
		}
	}
	known := map[providers.Address]bool{}
	for _, mailbox := range order {
		known[mailbox] = true
		if room := rooms[mailbox]; len(room.Lists) == 1 {
			room.Building = buildings[room.Lists[0]]
		}
	}
	p.mu.Lock()
	p.rooms = kept[map[providers.Address]bool]{known, p.now()}
	p.mu.Unlock()
	for part := range slices.Chunk(order, 100) {
		out := make([]providers.Room, len(part))
		for i, mailbox := range part {
			out[i] = *rooms[mailbox]
		}
		if err := page(out); err != nil {
			return listing, err
		}
		listing.Count += len(out)
	}
	listing.Complete = len(cut) == 0
	switch {
	case len(lists) == 0:
		listing.Warning = providers.Outside("the organisation has no room lists: an administrator makes them with New-DistributionGroup -RoomList")
	case len(cut) > 0:
		listing.Warning = providers.Outside(fmt.Sprintf("Exchange lists at most %d rooms of a room list, and %q has so many or more: split it", listCap, cut[0]))
	}
	return listing, nil
}

var seatsInName = regexp.MustCompile(`[(\[]\s*(\d{1,4})(?:\s*(?:seats|pax|people|persons|p))?\s*[)\]]`)

// seats is the number in a room's name, as in "Atlas (12)"; 0 where there is none. It is
// a hint: names are written by people.
func seats(name providers.Untrusted) int {
	found := seatsInName.FindStringSubmatch(name.Raw())
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

type named struct {
	mailbox providers.Address
	name    providers.Untrusted
}

func (p *Provider) roomLists(ctx context.Context) ([]named, error) {
	message, err := p.one(ctx, call{op: "reading room lists", operation: "GetRoomLists", want: []string{"GetRoomListsResponse"}, body: func(w *writer, _ manner) {
		w.empty("m:GetRoomLists")
	}})
	if err != nil {
		return nil, err
	}
	var out []named
	for _, n := range message.at("RoomLists").all("Address") {
		if mailbox, ok := providers.ParseAddress(n.value("EmailAddress")); ok {
			out = append(out, named{mailbox, providers.Outside(n.value("Name"))})
		}
	}
	return out, nil
}

func (p *Provider) roomsOf(ctx context.Context, list providers.Address) ([]named, error) {
	message, err := p.one(ctx, call{op: "reading rooms", operation: "GetRooms", want: []string{"GetRoomsResponse"}, body: func(w *writer, _ manner) {
		w.open("m:GetRooms")
		w.open("m:RoomList")
		w.text("t:EmailAddress", string(list))
		w.close("m:RoomList")
		w.close("m:GetRooms")
	}})
	if err != nil {
		return nil, err
	}
	var out []named
	for _, n := range message.at("Rooms").all("Room") {
		mailbox, _ := providers.ParseAddress(n.value("Id", "EmailAddress"))
		out = append(out, named{mailbox, providers.Outside(n.value("Id", "Name"))})
	}
	return out, nil
}

// knownRooms are the addresses of all rooms, so that they can be told from people.
func (p *Provider) knownRooms(ctx context.Context) (map[providers.Address]bool, error) {
	p.mu.Lock()
	rooms := p.rooms
	p.mu.Unlock()
	if rooms.value != nil && p.now().Sub(rooms.at) < keepFor {
		return rooms.value, nil
	}
	if _, err := p.Rooms(ctx, func([]providers.Room) error { return nil }); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rooms.value, nil
}
