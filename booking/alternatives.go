package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"roomdesk/providers"
)

const (
	// offered is how many rooms are offered in place of one that is taken.
	offered = 3
	// maxAsked bounds the rooms that are asked for, to find that many.
	maxAsked = 3 * perCall
)

// offer puts free rooms into a booking whose room said no.
func (d *Desk) offer(ctx context.Context, b *providers.Booking) {
	if !b.Request.End.After(d.Now()) {
		b.Alternatives = nil
		return
	}
	room, err := d.room(ctx, b.Request.Room)
	if err == nil {
		b.Alternatives, err = d.alternatives(ctx, b.Request, room)
	}
	if err != nil {
		d.log.Warn("no other rooms can be offered", "booking", b.ID, "error", err)
	}
}

// alternatives finds rooms that can stand in for one: at least as many seats, all
// of its equipment, the same floor and building first, and free by the tenant's
// word now. What the mirror knows only decides who is asked.
func (d *Desk) alternatives(ctx context.Context, q providers.BookingRequest, wanted providers.Room) ([]providers.Alternative, error) {
	rooms, err := d.Mirror.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	candidates := standIns(rooms, wanted)
	known, err := d.Mirror.Availability(ctx, addresses(candidates), span(q))
	if err != nil {
		// Worth a guess less, not worth failing.
		d.log.Warn("reading the mirror's availability failed", "error", err)
	}
	candidates = slices.DeleteFunc(candidates, func(r providers.Room) bool {
		a, ok := known[r.Mailbox]
		return ok && believed(a) && a.Window.Covers(span(q)) && !a.FreeFor(span(q))
	})
	if len(candidates) > maxAsked {
		candidates = candidates[:maxAsked]
	}

	var found []providers.Alternative
	window := providers.Interval{Start: q.Start, End: q.End.Add(horizon)}
	for chunk := range slices.Chunk(candidates, perCall) {
		answers, err := d.live(ctx, addresses(chunk), window)
		for _, room := range chunk {
			if a := answers[room.Mailbox]; believed(a) && a.FreeFor(span(q)) {
				found = append(found, providers.Alternative{Room: room.Mailbox, Name: providers.Outside(room.Title()), Place: room.Place(), Capacity: room.Capacity,
					Why: whyOffered(q, wanted, room, a)})
			}
			if len(found) == offered {
				return found, nil
			}
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

func addresses(rooms []providers.Room) []providers.Address {
	all := make([]providers.Address, len(rooms))
	for i, r := range rooms {
		all[i] = r.Mailbox
	}
	return all
}

// standIns are the rooms that have what the wanted one has, nearest and least
// oversized first. A room that does not say its capacity cannot stand in for one
// that does.
func standIns(rooms []providers.Room, wanted providers.Room) []providers.Room {
	fit := slices.DeleteFunc(slices.Clone(rooms), func(r providers.Room) bool {
		if r.Mailbox == wanted.Mailbox || !r.Bookable || r.Capacity < wanted.Capacity {
			return true
		}
		if wanted.StepFree != nil && *wanted.StepFree && (r.StepFree == nil || !*r.StepFree) {
			return true
		}
		return slices.ContainsFunc(wanted.Equipment, func(e providers.Equipment) bool { return !r.Has(e) })
	})
	slices.SortStableFunc(fit, func(a, b providers.Room) int {
		if n := distance(wanted, a) - distance(wanted, b); n != 0 {
			return n
		}
		if a.Capacity != b.Capacity {
			return a.Capacity - b.Capacity
		}
		return strings.Compare(string(a.Mailbox), string(b.Mailbox))
	})
	return fit
}

// Distances between rooms, in steps that only order them.
const (
	elsewhere    = 1000
	sameBuilding = 500
)

// distance orders rooms by how near they are: the same floor, other floors of the
// building by their number, rooms of the same list, all others.
func distance(from, to providers.Room) int {
	same := func(a, b providers.Untrusted) bool {
		return a.Or("") != "" && strings.EqualFold(a.Or(""), b.Or(""))
	}
	if !same(from.Building, to.Building) {
		for _, list := range to.Lists {
			if slices.Contains(from.Lists, list) {
				return elsewhere - 1
			}
		}
		return elsewhere
	}
	switch {
	case from.FloorNumber != nil && to.FloorNumber != nil:
		return min(max(*from.FloorNumber-*to.FloorNumber, *to.FloorNumber-*from.FloorNumber), sameBuilding)
	case same(from.Floor, to.Floor):
		return 0
	}
	return sameBuilding
}

// whyOffered says in one line why a room is offered: "free until 16:00, same
// floor, 14 seats".
func whyOffered(q providers.BookingRequest, wanted, room providers.Room, a providers.Availability) string {
	parts := []string{"free"}
	if _, until := a.State(q.Start); !until.IsZero() {
		parts[0] = "free until " + clock(q, until)
	}
	switch near := distance(wanted, room); {
	case near == 0:
		parts = append(parts, "same floor")
	case near < sameBuilding:
		parts = append(parts, fmt.Sprintf("same building, %s away", plural(near, "floor")))
	case near == sameBuilding:
		parts = append(parts, "same building")
	default:
		if place := room.Place(); place != "" {
			parts = append(parts, place)
		}
	}
	if room.Capacity > 0 {
		parts = append(parts, plural(room.Capacity, "seat"))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
