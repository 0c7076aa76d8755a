package simulator

import "strings"

// legacyHead begins the addresses that Exchange has for its own mailboxes; they
// come up in attendees of meetings that old clients made.
const legacyHead = "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="

// legacyDN is a mailbox's Exchange address.
func (m *mailbox) legacyDN() string {
	local, _, _ := strings.Cut(m.contact.address, "@")
	return legacyHead + strings.ReplaceAll(m.id, "-", "") + "-" + local
}

// byLegacyDN finds the mailbox of an Exchange address.
func (w *world) byLegacyDN(address string) *mailbox {
	const guid = 32
	if len(address) < len(legacyHead)+guid || !strings.EqualFold(address[:len(legacyHead)], legacyHead) {
		return nil
	}
	id := address[len(legacyHead):][:guid]
	return w.find(id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:])
}

// addOddities changes some events of a cell that has just been made, in each
// mailbox by their place in it.
func (t *Tenant) addOddities(c *cell) {
	for _, list := range [][]*mailbox{c.rooms, c.people} {
		for _, m := range list {
			for n, h := range m.held {
				if n%2 == 0 {
					continue
				}
				e := m.item(h).clone()
				if e.makeOdd(n / 2 % 5) {
					m.held[n] = held{e: e, num: h.num}
				}
			}
		}
	}
}

// makeOdd gives an event one oddity. It reports whether the event can have it.
func (e *event) makeOdd(which int) bool {
	switch which {
	case 0:
		for i, a := range e.attendees {
			if a.who.box != nil {
				e.attendees = append([]attendee(nil), e.attendees...)
				e.attendees[i].who = &contact{address: a.who.box.legacyDN(), name: a.who.name, box: a.who.box}
				return true
			}
		}
		return false
	case 1:
		e.seldomCopy().oddShow = "unknownFutureValue"
	case 2:
		e.seldomCopy().oddAnswer = "delegated"
	case 3:
		r := e.seldomCopy()
		r.startZone, r.endZone = "tzone://Microsoft/Custom", "tzone://Microsoft/Custom"
	case 4:
		if !e.has(isOrganizerFlag) || len(e.attendees) == 0 {
			return false
		}
		e.set(draftFlag, true)
	}
	return true
}
