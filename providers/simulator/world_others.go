package simulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
)

// What an account is that is none of the company's people at work.
const (
	KindLeaver     = "leaver"     // left: the account is disabled or deleted, meetings live on
	KindUnlicensed = "unlicensed" // starts soon: an account without a licence, so without a mailbox
	KindShared     = "shared"     // a mailbox that nobody signs in to
	KindGuest      = "guest"      // of another company, without a mailbox here
)

// orOne is an option's number of accounts: one where it says nothing, none where
// it is negative.
func orOne(n int) int {
	if n == 0 {
		n = 1
	}
	return max(n, 0)
}

// addOthers makes the accounts that every company has besides its people. They are
// in the directory and do not count as Options.People.
func (w *world) addOthers(o Options) {
	r := rng(o.Seed, "others", 0)
	for range orOne(o.Leavers) {
		m := w.addAccount(o, r, KindLeaver)
		m.cell.others = append(m.cell.others, m)
	}
	for range orOne(o.Unlicensed) {
		w.addAccount(o, r, KindUnlicensed)
	}
	for n := range orOne(o.SharedMailboxes) {
		m := w.addAccount(o, r, KindShared)
		m.person.given, m.person.family, m.person.title, m.person.department = "", "", "", ""
		b := m.person.home
		m.contact.name, m.contact.address = "Reception "+b.name, slug("reception "+b.name)+"@"+o.Domain
		if n >= len(w.cells) {
			m.contact.name, m.contact.address = fmt.Sprint("Front desk ", n+1), fmt.Sprint("front-desk-", n+1, "@", o.Domain)
		}
		m.cell.others = append(m.cell.others, m)
	}
}

// addAccount makes an account in one of the communities.
func (w *world) addAccount(o Options, r *rand.Rand, kind string) *mailbox {
	used := func(local string) bool {
		for _, m := range w.all {
			if m.contact.address == local+"@"+o.Domain {
				return true
			}
		}
		return false
	}
	given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
	local := slug(given) + "." + slug(family)
	for n := 2; used(local); n++ {
		local = fmt.Sprint(slug(given), ".", slug(family), n)
	}
	number := 0
	for _, c := range w.cells {
		number += len(c.others)
	}
	c := w.cells[number%len(w.cells)]
	home := c.rooms[0].room.building
	department := departments[r.IntN(len(departments))]
	m := &mailbox{
		index: len(w.all), kind: personBox, guid: newGUID(r), store: newGUID(r), zone: home.zone, cell: c, version: 1,
		contact: &contact{address: local + "@" + o.Domain, name: given + " " + family},
		person: &person{
			given: given, family: family, title: department.titles[r.IntN(len(department.titles))], department: department.name,
			home: home, office: home.name, kind: kind,
		},
	}
	m.id, m.contact.box = guidText(m.guid), m
	w.all = append(w.all, m)
	return m
}

// partWays lets the leavers leave: of two, one account is only disabled and one
// is deleted.
func (t *Tenant) partWays() error {
	n := 0
	for _, m := range t.world.all {
		if m.person == nil || m.person.kind != KindLeaver {
			continue
		}
		var err error
		if n++; n%2 == 0 {
			err = t.DeleteAccount(m.contact.address, GoneUser)
		} else {
			err = t.SetAccountEnabled(m.contact.address, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leftBehind books rooms for series of those who left, which nobody ends, and of
// shared mailboxes.
func (k *maker) leftBehind() {
	if k.force > 0 {
		return
	}
	for _, m := range k.cell.others {
		o := make(occupancy, (slots+63)/64)
		k.busy[m] = &o
		booked := 0
		for try := 0; booked < 2 && try < 12; try++ {
			room := k.cell.rooms[k.r.IntN(len(k.cell.rooms))]
			if room.room.policy.Name == "auto-accept" && k.pattern(room, &seriesIdeas[1], m.contact) {
				booked++
			}
		}
	}
}

// AccountInfo is an account that is none of the people at work.
type AccountInfo struct {
	Address string `json:"address"`
	Name    string `json:"name"`
	Kind    string `json:"kind"` // one of the words above
	Gone    bool   `json:"gone"` // deleted
	Enabled bool   `json:"enabled"`
}

// Others lists the accounts besides people and rooms.
func (t *Tenant) Others() []AccountInfo {
	out := []AccountInfo{}
	for _, m := range t.world.all {
		if kind := m.otherKind(); kind != "" {
			out = append(out, AccountInfo{m.mail(), m.displayName(), kind, m.gone(), m.enabled()})
		}
	}
	return out
}

func (m *mailbox) otherKind() string {
	switch {
	case m.userType() == "Guest":
		return KindGuest
	case m.person != nil:
		return m.person.kind
	}
	return ""
}

func (t *Tenant) serveOthers(w http.ResponseWriter, _ *http.Request) {
	t.writeControl(w, http.StatusOK, t.Others())
}
