package doctor

import (
	"context"
	"slices"

	"roomdesk/providers"
)

// Presence says whether the other connection of an organisation has a mailbox.
type Presence int

// What can be known of a mailbox on the other side.
const (
	NotKnown Presence = iota // the other side cannot be asked, and nothing is stored of it
	There
	NotThere
)

// Beside is the other connection of an organisation. A mailbox that lives there is none
// that is missing here.
type Beside struct {
	// Name is the other connection's.
	Name string
	// Stored reports whether a mailbox is known to live there, without any request.
	Stored func(mailbox providers.Address) bool
	// Has asks, where nothing is stored. It is asked one mailbox at a time.
	Has func(ctx context.Context, mailbox providers.Address) Presence
}

// away reports whether a mailbox is known to live on the other side.
func (e *examination) away(mailbox providers.Address) bool {
	return e.Beside != nil && e.Beside.Stored(mailbox)
}

// elsewhere looks for a mailbox that is not here on the other side of the organisation.
// Where it is not there either, or that cannot be told, the trouble says so.
func (e *examination) elsewhere(ctx context.Context, mailbox providers.Address, t *providers.Trouble) bool {
	if e.Beside == nil {
		return false
	}
	switch e.Beside.Has(ctx, mailbox) {
	case There:
		return true
	case NotThere:
		t.What += ", and " + e.Beside.Name + " does not have it either"
	case NotKnown:
		t.What += "; whether " + e.Beside.Name + " has it cannot be told, for that does not answer"
		t.Partly, t.Follows = true, true
	}
	return false
}

// livesThere is a step about a mailbox that is reached through the other connection.
func (e *examination) livesThere(mailbox providers.Address) outcome {
	return notRun(string(mailbox) + " is reached through " + e.Beside.Name)
}

// candidates are the rooms that are tried one by one: the first so many that are not
// known to live on the other side, and those named. There they are only taken where
// that leaves places, for what is known of them may be old.
func (e *examination) candidates() []providers.Address {
	var rooms, there []providers.Address
	named := map[providers.Address]bool{}
	for _, mailbox := range e.Mailboxes {
		named[mailbox] = true
	}
	for _, room := range e.rooms {
		switch {
		case room.Mailbox == e.Outside: // it shall be refused, which a rung of its own shows
		case e.away(room.Mailbox) && !named[room.Mailbox]:
			there = append(there, room.Mailbox)
		case len(rooms) < roomsRead || named[room.Mailbox]:
			rooms = append(rooms, room.Mailbox)
		}
	}
	return append(rooms, there[:min(len(there), max(roomsRead-len(rooms), 0))]...)
}

// reachedThere says in the end of a step how many rooms were left to the other side.
func (e *examination) reachedThere(n int) string {
	if n == 0 {
		return ""
	}
	return "; " + counted(n, "room", "rooms") + " reached through " + e.Beside.Name
}

// followsLast puts what has its cause on the other side behind all else.
func followsLast(troubles []providers.Trouble) []providers.Trouble {
	slices.SortStableFunc(troubles, func(a, b providers.Trouble) int {
		switch {
		case a.Follows == b.Follows:
			return 0
		case a.Follows:
			return 1
		}
		return -1
	})
	return troubles
}
