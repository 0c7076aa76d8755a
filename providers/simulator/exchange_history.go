package simulator

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"roomdesk/providers/simulator/exchange"
)

// syncState is what the opaque text of SyncFolderItems holds: since is the version
// up to which all is known; while the first pass runs, below is the number of the
// item that comes next downwards.
type syncState struct {
	box          uint32
	since, below uint32
}

const syncStateBytes = 13

func (t *Tenant) encodeSync(s syncState) string {
	b := append(make([]byte, 0, syncStateBytes+signatureBytes), 'x')
	for _, n := range []uint32{s.box, s.since, s.below} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return base64.StdEncoding.EncodeToString(append(b, t.sign(b)...))
}

func (t *Tenant) decodeSync(text string) (s syncState, ok bool) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(b) != syncStateBytes+signatureBytes || b[0] != 'x' || !bytes.Equal(t.sign(b[:syncStateBytes]), b[syncStateBytes:]) {
		return s, false
	}
	return syncState{binary.BigEndian.Uint32(b[1:]), binary.BigEndian.Uint32(b[5:]), binary.BigEndian.Uint32(b[9:])}, true
}

var badSyncState = exchange.Refuse("ErrorInvalidSyncStateData", "")

// History gives changes of the default calendar: everything, newest first, where
// there is no state.
func (x *exchangeModel) History(address, state string, most int, as exchange.Role) (exchange.History, error) {
	m, err := x.box(address)
	if err != nil {
		return exchange.History{}, err
	}
	x.t.mu.RLock()
	defer x.t.mu.RUnlock()
	s := syncState{box: uint32(m.index), since: m.version, below: m.next + 1}
	if state != "" {
		var ok bool
		if s, ok = x.t.decodeSync(state); !ok || s.box != uint32(m.index) || s.since < m.floor || s.since > m.version {
			return exchange.History{}, badSyncState
		}
	}
	if s.below > 0 {
		return x.firstPass(m, s, most, as), nil
	}
	return x.later(m, s, most, as), nil
}

// firstPass gives a page of all there is, newest first.
func (x *exchangeModel) firstPass(m *mailbox, s syncState, most int, as exchange.Role) exchange.History {
	var out exchange.History
	next := s
	next.below = 0
	for _, h := range slices.Backward(m.held) {
		if h.num >= s.below {
			continue
		}
		e := m.item(h)
		if e.in != defaultCalendar {
			continue
		}
		if len(out.Changes) == most {
			next.below = h.num + 1
			break
		}
		out.Changes = append(out.Changes, exchange.Change{Kind: "Create", Item: x.item(m, instance{e: e, start: e.start, end: e.end, kind: e.kind}, as)})
	}
	out.Last, out.State = next.below == 0, x.t.encodeSync(next)
	return out
}

// later gives a page of what changed since a version: as many versions of the
// history as name no more than so many items.
func (x *exchangeModel) later(m *mailbox, s syncState, most int, as exchange.Role) exchange.History {
	from, _ := slices.BinarySearchFunc(m.log, s.since+1, func(c change, v uint32) int { return cmp.Compare(c.version, v) })
	before := map[uint32]*event{}
	var order []uint32
	next, last := s, true
	for _, c := range m.log[from:] {
		if _, seen := before[c.num]; !seen {
			if len(order) == most {
				last = false
				break
			}
			before[c.num] = c.old
			order = append(order, c.num)
		}
		next.since = c.version
	}
	out := exchange.History{Last: last, State: x.t.encodeSync(next)}
	for _, num := range order {
		out.Changes = append(out.Changes, x.changesOf(m, before[num], m.find(num), as)...)
	}
	return out
}

// changesOf tells what became of an item. One that left the calendar is deleted; one
// that came back has another id.
func (x *exchangeModel) changesOf(m *mailbox, old, now *event, as exchange.Role) (out []exchange.Change) {
	if old != nil && old.in != defaultCalendar {
		old = nil
	}
	if now != nil && now.in != defaultCalendar {
		now = nil
	}
	whole := func(e *event) instance { return instance{e: e, start: e.start, end: e.end, kind: e.kind} }
	renamed := old != nil && now != nil && old.moves != now.moves
	if old != nil && (now == nil || renamed) {
		i := whole(old)
		out = append(out, exchange.Change{Kind: "Delete", Item: exchange.Item{ID: m.exchangeID(i), ChangeKey: string(m.appendETag(nil, i))}})
	}
	switch {
	case now == nil:
	case old == nil || renamed:
		out = append(out, exchange.Change{Kind: "Create", Item: x.item(m, whole(now), as)})
	default:
		out = append(out, exchange.Change{Kind: "Update", Item: x.item(m, whole(now), as)})
	}
	return out
}
