package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

type physicalAddress struct {
	street, city, state, country, postal string
}

// place is a building, a floor or a section: the tree above the rooms.
type place struct {
	id, placeID, parentID string
	name                  string
	sortOrder             int
}

type building struct {
	place
	city     city
	zone     *zone
	address  *physicalAddress
	theme    theme
	list     *contact // its room list
	listID   string
	floors   []*floor
	rooms    []*mailbox
	lat, lon float64
	prefix   string
}

type floor struct {
	place
	number   int
	building *building
	sections []*place
}

// room is the place behind a room mailbox.
type room struct {
	placeID    string
	building   *building
	floor      *floor
	section    *place
	capacity   int
	display    string
	video      string
	audio      string
	accessible *bool
	tags       []string
	phone      string
	teams      string
	reserved   bool
	popularity float64 // part of office hours that is taken in a busy week
	policy     policy
	locations  []location // how a meeting names it
}

type person struct {
	given, family, title, department, office string
	phone                                    string
	home                                     *building
	teams                                    bool
	kind                                     string // see [KindLeaver]; "" is at work
}

// world is everything that is fixed at start.
type world struct {
	buildings []*building
	rooms     []*mailbox
	people    []*mailbox
	cells     []*cell
	all       []*mailbox
	byAddress map[string]*mailbox // address and id, lower case
	accounts  accounts
	partners  []*contact // colleagues whose mailboxes are in another tenant
}

// perCell is the size of a community; see [cell].
const (
	roomsPerCell  = 40
	peoplePerCell = 25
)

func newWorld(o Options, zones *zoneTable) *world {
	w := &world{byAddress: make(map[string]*mailbox, 2*(o.Rooms+o.People))}
	w.addRooms(o, zones)
	w.addCells(o)
	w.addPeople(o)
	w.addPartners(o)
	w.addOthers(o)
	if o.Oddities {
		w.renamePrincipals(o)
	}
	w.addGuests(o)
	for _, m := range w.all {
		w.byAddress[m.contact.address] = m
		if m.upn != "" {
			w.byAddress[strings.ToLower(m.upn)] = m
		}
		w.byAddress[m.id] = m
	}
	return w
}

// buildingSize spreads rooms over buildings as companies do: small ones first.
func buildingSize(rooms int) int {
	switch {
	case rooms <= 80:
		return 10
	case rooms <= 1000:
		return 40
	}
	return 100
}

func (w *world) addRooms(o Options, zones *zoneTable) {
	r := rng(o.Seed, "places", 0)
	size := buildingSize(o.Rooms)
	taken := map[string]bool{}
	for made := 0; made < o.Rooms; {
		n := min(size, o.Rooms-made)
		b := w.addBuilding(o, zones, r, len(w.buildings), n)
		names := roomNames(b.theme, n, r)
		for i := range n {
			f := b.floors[i*len(b.floors)/n]
			w.addRoom(o, r, b, f, names[i], made+i, taken)
		}
		made += n
	}
}

func (w *world) addBuilding(o Options, zones *zoneTable, r *rand.Rand, index, rooms int) *building {
	c := cities[index%len(cities)]
	site := sites[(index/len(cities))%len(sites)]
	name := c.name + " " + site
	prefix := strings.ToLower(c.code)
	if round := index / len(cities); round > 0 {
		prefix += fmt.Sprint(round + 1)
		if again := round / len(sites); again > 0 {
			name += " " + fmt.Sprint(again+1)
		}
	}
	z, _ := zones.find(c.zone)
	b := &building{
		place:   place{id: guidText(newGUID(r)), name: name},
		city:    c,
		zone:    z,
		address: &physicalAddress{street: c.street, city: c.name, state: c.state, country: c.country, postal: c.postal},
		theme:   themes[index%len(themes)],
		listID:  guidText(newGUID(r)),
		lat:     c.lat + float64(index/len(cities))/1000,
		lon:     c.lon + float64(index/len(cities))/1000,
		prefix:  prefix,
	}
	b.placeID = b.id
	b.list = &contact{address: prefix + "-rooms@" + o.Domain, name: name + " rooms"}
	floors := min(max((rooms+3)/4, 1), 12)
	lowest := index % 2 // half of the buildings start at the ground floor
	for i := range floors {
		f := &floor{place: place{id: guidText(newGUID(r)), parentID: b.id, sortOrder: i}, number: lowest + i, building: b}
		f.placeID = f.id
		f.name = fmt.Sprint(f.number)
		if f.number == 0 {
			f.name = "Ground"
		}
		for _, side := range []string{"East", "West"} {
			s := &place{id: guidText(newGUID(r)), parentID: f.id, name: side}
			s.placeID = s.id
			f.sections = append(f.sections, s)
		}
		b.floors = append(b.floors, f)
	}
	w.buildings = append(w.buildings, b)
	return b
}

// roomNames gives n different names of a theme.
func roomNames(t theme, n int, r *rand.Rand) []string {
	words := slices.Clone(t.words)
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	out := make([]string, n)
	for i := range out {
		out[i] = words[i%len(words)]
		if round := i / len(words); round > 0 {
			out[i] += " " + fmt.Sprint(round+1)
		}
	}
	return out
}

var capacities = []int{2, 4, 4, 4, 6, 6, 6, 8, 8, 10, 12, 12, 14, 16, 20, 24, 40}

func (w *world) addRoom(o Options, r *rand.Rand, b *building, f *floor, name string, index int, taken map[string]bool) {
	local := unique(taken, b.prefix+"-"+slug(name))
	m := &mailbox{
		index: len(w.all), kind: roomBox, guid: newGUID(r), store: newGUID(r), zone: b.zone,
		contact: &contact{address: local + "@" + o.Domain, name: name},
		version: 1,
	}
	m.id, m.contact.box = guidText(m.guid), m
	section := f.sections[r.IntN(len(f.sections))]
	rm := &room{
		placeID: guidText(newGUID(r)), building: b, floor: f, section: section,
		capacity:   capacities[r.IntN(len(capacities))],
		phone:      fmt.Sprintf("+1 555 01%02d", index%100),
		teams:      "disabled",
		popularity: 0.2 + 0.45*r.Float64(),
	}
	rm.equip(r)
	rm.policy = policyFor(index, o.Rooms)
	rm.reserved = rm.policy.Reserved
	rm.locations = []location{{
		name: name, email: m.contact.address, uri: m.contact.address, uniqueID: m.contact.address,
		kind: "conferenceRoom", uniqueIDType: "directory", address: b.address,
	}}
	m.room = rm
	b.rooms = append(b.rooms, m)
	w.rooms = append(w.rooms, m)
	w.all = append(w.all, m)
}

// equip gives a room devices that fit its size.
func (rm *room) equip(r *rand.Rand) {
	pick := func(chance float64, names ...string) string {
		name := names[r.IntN(len(names))]
		if r.Float64() >= chance {
			return ""
		}
		return name
	}
	bonus := 0.0
	if rm.capacity >= 8 {
		bonus = 0.25
	}
	rm.display = pick(0.65+bonus, "Samsung QM75C", "Surface Hub 2S", "Epson EB-L530U projector", "LG 86UR340C", "Neat Board 50")
	rm.video = pick(0.35+bonus, "Logitech Rally Bar", "Poly Studio X52", "Cisco Room Bar", "Neat Bar Pro")
	rm.audio = pick(0.45+bonus, "Jabra Speak 750", "Shure MXA920", "Yamaha YVC-1000", "Poly Sync 60")
	if rm.video != "" && r.IntN(3) > 0 {
		rm.teams = "enabled"
	}
	if n := r.IntN(10); n < 9 {
		accessible := n < 7
		rm.accessible = &accessible
	}
	for _, tag := range []string{"Whiteboard", "Natural light", "Quiet", "Hybrid", "Standing table"} {
		if r.IntN(4) == 0 {
			rm.tags = append(rm.tags, tag)
		}
	}
}

func (w *world) addCells(o Options) {
	for i, m := range w.rooms {
		if i%roomsPerCell == 0 {
			w.cells = append(w.cells, &cell{number: len(w.cells)})
		}
		c := w.cells[len(w.cells)-1]
		c.rooms = append(c.rooms, m)
		m.cell = c
	}
}

func (w *world) addPeople(o Options) {
	r := rng(o.Seed, "people", 0)
	perCell := max(peoplePerCell, (o.People+len(w.cells)-1)/len(w.cells))
	taken := map[string]bool{}
	seen := map[string]int{}
	for i := range o.People {
		c := w.cells[i/perCell]
		given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
		for try := 0; seen[given+family] > 0 && try < 50; try++ {
			given, family = givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
		}
		seen[given+family]++
		department := departments[r.IntN(len(departments))]
		home := c.rooms[(i%perCell)*len(c.rooms)/perCell].room.building
		m := &mailbox{
			index: len(w.all), kind: personBox, guid: newGUID(r), store: newGUID(r), zone: home.zone, cell: c, version: 1,
			contact: &contact{address: unique(taken, slug(given)+"."+slug(family)) + "@" + o.Domain, name: given + " " + family},
			person: &person{
				given: given, family: family, title: department.titles[r.IntN(len(department.titles))],
				department: department.name, home: home, office: home.name,
				phone: fmt.Sprintf("+1 555 01%02d", i%100),
				teams: i < 4 || i%12 != 5,
			},
		}
		m.id, m.contact.box = guidText(m.guid), m
		c.people = append(c.people, m)
		w.people = append(w.people, m)
		w.all = append(w.all, m)
	}
}

// addPartners names the colleagues of a sister company: they meet in the rooms
// too, but their mailboxes are in another tenant.
func (w *world) addPartners(o Options) {
	r := rng(o.Seed, "partners", 0)
	taken := map[string]bool{}
	for range 240 {
		given, family := givenNames[r.IntN(len(givenNames))], familyNames[r.IntN(len(familyNames))]
		w.partners = append(w.partners, &contact{
			address: unique(taken, slug(given)+"."+slug(family)) + "@fabrikam.example",
			name:    given + " " + family,
		})
	}
}

// unique makes a local part that nobody has yet.
func unique(taken map[string]bool, local string) string {
	name := local
	for n := 2; taken[name]; n++ {
		name = local + fmt.Sprint(n)
	}
	taken[name] = true
	return name
}

// slug turns a name into letters that may stand in an address.
func slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r == 'ı':
			b.WriteByte('i')
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case r == ' ' && b.Len() > 0:
			b.WriteByte('-')
		}
	}
	return b.String()
}
