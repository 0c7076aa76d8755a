package simulator

import (
	"fmt"
	"strings"
)

// newPlaces makes every place of the world: rooms and room lists of the
// mailboxes, and the tree of buildings, floors, sections, desks and workspaces.
func newPlaces(w *world, o Options) *placeStore {
	s := newPlaceStore()
	r := rng(o.Seed, "desks", 0)
	for i, b := range w.buildings {
		s.seed(b.record(placeFields{kind: roomListPlace, id: b.listID, placeID: b.listID, name: b.list.name, email: b.list.address}), nil)
		building := placeFields{kind: buildingPlace, id: b.id, placeID: b.placeID, name: b.name, wifi: "disabled"}
		if i%2 == 0 {
			building.wifi = "enabled"
			building.links = []resourceLink{{"Visitors", "https://visit." + o.Domain + "/" + b.prefix}}
		}
		s.seed(b.record(building), nil)
		for _, f := range b.floors {
			order := int64(f.sortOrder)
			s.seed(b.record(placeFields{kind: floorPlace, id: f.id, placeID: f.placeID, parentID: b.placeID, name: f.name, sortOrder: &order}), nil)
			for side, section := range f.sections {
				s.seed(b.record(placeFields{kind: sectionPlace, id: section.id, placeID: section.placeID, parentID: f.placeID, name: section.name}), nil)
				where := fmt.Sprintf("%s-%d%s", strings.ToUpper(b.prefix), f.number, section.name[:1])
				for n := range 4 + r.IntN(7) {
					id := guidText(newGUID(r))
					d := placeFields{kind: deskPlace, id: id, placeID: id, parentID: section.placeID, name: fmt.Sprintf("%s %02d", where, n+1), label: section.name}
					d.mode = deskModes[r.IntN(len(deskModes))]
					d.height = []string{"enabled", "disabled", "unknown"}[r.IntN(3)]
					if r.IntN(2) == 0 {
						d.display = "Dell U2724DE"
					}
					s.seed(b.record(d), nil)
				}
				// One workspace a floor, two on every other.
				id, seats := guidText(newGUID(r)), int64(4+2*r.IntN(9))
				if side == 0 || f.number%2 == 0 {
					name := where + " workspace"
					s.seed(b.record(placeFields{
						kind: workspacePlace, id: id, placeID: id, parentID: section.placeID, name: name, nickname: name, label: section.name,
						email: slug(name) + "@" + o.Domain, list: b.list.address, capacity: &seats,
						mode: []string{"reservablePlaceMode", "dropInPlaceMode"}[r.IntN(2)],
					}), nil)
				}
			}
		}
	}
	for i, m := range w.rooms {
		fields := roomFields(m)
		if o.Oddities {
			fields.spoil(i)
		}
		s.seed(m.room.building.record(fields), m)
	}
	return s
}

// deskModes are spread as in an office that shares most of its desks.
var deskModes = []string{"reservablePlaceMode", "reservablePlaceMode", "reservablePlaceMode", "dropInPlaceMode", "dropInPlaceMode", "assignedPlaceMode", "unavailablePlaceMode"}

// record gives a place the address and the coordinates of its building.
func (b *building) record(f placeFields) *placeRecord {
	f.address, f.lat, f.lon = b.address, &b.lat, &b.lon
	return &placeRecord{placeFields: f}
}

func roomFields(m *mailbox) placeFields {
	r := m.room
	capacity, floor := int64(r.capacity), int64(r.floor.number)
	f := placeFields{
		kind: roomPlace, id: m.id, placeID: r.placeID, parentID: r.section.placeID, name: m.contact.name, nickname: m.contact.name,
		label: r.section.name, phone: r.phone, email: m.contact.address, tags: r.tags, accessible: r.accessible,
		capacity: &capacity, floorNumber: &floor, building: r.building.name, floorLabel: r.floor.name,
		audio: r.audio, video: r.video, display: r.display, teams: r.teams, booking: "standard", list: r.building.list.address,
	}
	if r.reserved {
		f.booking = "reserved"
	}
	return f
}

// spoil gives a room what real tenants have too: capacities that nobody filled
// in or that are nonsense (F-040), names with invisible characters, two rooms
// with one name (F-037), and rooms without building or floor.
func (f *placeFields) spoil(i int) {
	number := func(n int64) *int64 { return &n }
	switch i % 12 {
	case 1:
		f.capacity = nil
	case 3:
		f.capacity = number(0)
	case 5:
		f.capacity = number(-4)
	case 7:
		f.capacity = number(1_000_000_000)
	case 8:
		f.name, f.nickname = "Meeting room", "Meeting room"
	case 9:
		f.building, f.floorLabel = "\u202etsewdliuB "+f.building, "4\u0007\t\u2028Floor"
	case 10:
		f.building = f.building + "\x1b[31m\u200b"
		f.floorLabel = "\u05e7\u05d5\u05de\u05d4 3"
	case 11:
		f.building, f.floorLabel, f.floorNumber, f.label = "", "", nil, ""
	}
}
