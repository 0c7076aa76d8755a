package simulator

import "strings"

// addGuests invites people of another company: accounts without a licence and
// without a mailbox here, whose address is elsewhere.
func (w *world) addGuests(o Options) {
	r := rng(o.Seed, "guests", 0)
	domain, _, _ := strings.Cut(o.Domain, ".")
	n := orOne(o.Guests)
	if o.Oddities {
		n = max(n, 3)
	}
	for _, who := range w.partners[:min(n, len(w.partners))] {
		given, family, _ := strings.Cut(who.name, " ")
		m := &mailbox{
			index: len(w.all), kind: noMailbox, guid: newGUID(r), store: newGUID(r), zone: w.buildings[0].zone, cell: w.cells[0], version: 1,
			contact: &contact{address: "guest." + who.address, name: who.name}, person: &person{given: given, family: family},
			upn: strings.ReplaceAll("guest."+who.address, "@", "_") + "#EXT#@" + domain + ".onmicrosoft.com",
		}
		m.id, m.contact.box = guidText(m.guid), m
		w.all = append(w.all, m)
	}
}

// renamePrincipals gives some people a name to sign in with that is not their
// address, as companies that changed their domain or their scheme of names have.
func (w *world) renamePrincipals(o Options) {
	for i, m := range w.people {
		if i >= 5 && i%6 == 5 {
			m.upn = "u" + m.id[:7] + "@" + o.Domain
		}
	}
}
