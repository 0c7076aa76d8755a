package simulator

import "strings"

// addRoomMailbox gives a room that was created as a place its mailbox, as the
// service does: with the default policy, and empty.
func (t *Tenant) addRoomMailbox(r *placeRecord) {
	at := t.world.buildings[0]
	for parent := t.places.truthOf(r.parentID); parent != nil; parent = t.places.truthOf(parent.parentID) {
		for _, b := range t.world.buildings {
			if b.placeID == parent.placeID {
				at = b
			}
		}
	}
	rnd := rng(t.options.Seed, "mailbox/"+r.id, 0)
	m := &mailbox{
		kind: roomBox, id: r.id, guid: newGUID(rnd), store: newGUID(rnd), zone: at.zone, version: 1,
		contact: &contact{address: strings.ToLower(r.email), name: r.name},
		room: &room{
			placeID: r.placeID, building: at, floor: at.floors[0], section: at.floors[0].sections[0], teams: "disabled",
			policy: policyFor(0, 1), capacity: 1,
		},
	}
	if r.capacity != nil {
		m.room.capacity = int(*r.capacity)
	}
	m.contact.box = m
	m.room.locations = []location{{
		name: r.name, email: m.contact.address, uri: m.contact.address, uniqueID: m.contact.address,
		kind: "conferenceRoom", uniqueIDType: "directory", address: at.address,
	}}
	m.cell = &cell{rooms: []*mailbox{m}, now: t.world.cells[0].now}
	m.cell.once.Do(func() {}) // nothing was generated for it
	a := &t.world.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	m.index = len(t.world.all) + len(a.added)
	a.added = append(a.added, m)
	if a.aliases == nil {
		a.aliases = map[string]*mailbox{}
	}
	a.aliases[m.contact.address], a.aliases[m.id] = m, m
	a.version++
	a.log = append(a.log, accountChange{a.version, m, nil})
}

// mailboxes lists everybody, those who came since start included.
func (w *world) mailboxes() []*mailbox {
	w.accounts.mu.RLock()
	defer w.accounts.mu.RUnlock()
	return append(w.all[:len(w.all):len(w.all)], w.accounts.added...)
}

// at gives the mailbox of an index.
func (w *world) at(index int) *mailbox {
	if index < len(w.all) {
		return w.all[index]
	}
	w.accounts.mu.RLock()
	defer w.accounts.mu.RUnlock()
	return w.accounts.added[index-len(w.all)]
}
