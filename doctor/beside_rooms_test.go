package doctor

import (
	"fmt"
	"slices"
	"testing"

	"roomdesk/providers"
)

// Of many rooms those are tried that can be missing here: rooms that are known to live on
// the other side come last and only where there is place, unless they are named.
func TestRoomsOfTheOtherSideAreTriedLast(t *testing.T) {
	room := func(n int) providers.Address {
		return providers.Address(fmt.Sprintf("room%03d@contoso.example", n))
	}
	e := &examination{}
	for n := range 90 {
		e.rooms = append(e.rooms, providers.Room{Mailbox: room(n)})
	}
	e.Beside = &Beside{Name: "hq", Stored: func(mailbox providers.Address) bool {
		// the first sixty
		return slices.ContainsFunc(e.rooms[:60], func(r providers.Room) bool { return r.Mailbox == mailbox })
	}}
	e.Mailboxes, e.Outside = []providers.Address{room(7)}, room(61)
	got := e.candidates()
	if len(got) != roomsRead || !slices.Contains(got, room(7)) || slices.Contains(got, room(61)) {
		t.Errorf("%d rooms: %q", len(got), got)
	}
	for n := 60; n < 90; n++ {
		if n != 61 && !slices.Contains(got, room(n)) {
			t.Errorf("%s of this side is not tried", room(n))
		}
	}
	if first := slices.Index(got, room(0)); first < 30 {
		t.Errorf("a room of the other side is tried as number %d", first)
	}
}
