package simulator

// Names that $select may use for places.
var (
	placeProperties    = []string{"id", "address", "displayName", "geoCoordinates", "isWheelChairAccessible", "label", "parentId", "phone", "placeId", "tags", "checkIns"}
	roomProperties     = append([]string{"audioDeviceName", "bookingType", "building", "capacity", "displayDeviceName", "emailAddress", "floorLabel", "floorNumber", "nickname", "teamsEnabledState", "videoDeviceName"}, placeProperties...)
	roomListProperties = append([]string{"emailAddress", "rooms", "workspaces"}, placeProperties...)
	buildingProperties = append([]string{"resourceLinks", "wifiState", "map"}, placeProperties...)
	floorProperties    = append([]string{"sortOrder"}, placeProperties...)
)

// placeEncoder writes places with the selected properties.
type placeEncoder struct {
	*writer
	pick selection
}

func (p placeEncoder) wants(name string) bool { return p.pick == nil || p.pick[name] }

func (p placeEncoder) text(name, value string) {
	if p.wants(name) {
		p.orNull(name, value)
	}
}

func (p placeEncoder) tags(tags []string) {
	if p.wants("tags") {
		p.strings("tags", tags)
	}
}

func (p placeEncoder) accessible(value *bool) {
	switch {
	case !p.wants("isWheelChairAccessible"):
	case value == nil:
		p.null("isWheelChairAccessible")
	default:
		p.bool("isWheelChairAccessible", *value)
	}
}

func (p placeEncoder) location(b *building) {
	if p.wants("address") {
		p.address("address", b.address)
	}
	if p.wants("geoCoordinates") {
		p.key("geoCoordinates")
		p.open()
		p.float("latitude", b.lat)
		p.float("longitude", b.lon)
		p.close()
	}
}

// room writes a room; head adds annotations such as @odata.context.
func (p placeEncoder) room(m *mailbox, head func()) {
	r := m.room
	p.open()
	if head != nil {
		head()
	}
	p.string("id", m.id)
	if p.wants("displayName") {
		p.string("displayName", m.contact.name)
	}
	p.location(r.building)
	p.text("phone", r.phone)
	if p.wants("nickname") {
		p.string("nickname", m.contact.name)
	}
	p.text("label", r.section.name)
	p.text("placeId", r.placeID)
	p.text("parentId", r.section.id)
	p.text("emailAddress", m.contact.address)
	p.text("building", r.building.name)
	if p.wants("floorNumber") {
		p.int("floorNumber", int64(r.floor.number))
	}
	p.text("floorLabel", r.floor.name)
	if p.wants("capacity") {
		p.int("capacity", int64(r.capacity))
	}
	if p.wants("bookingType") {
		if r.reserved {
			p.string("bookingType", "reserved")
		} else {
			p.string("bookingType", "standard")
		}
	}
	p.text("audioDeviceName", r.audio)
	p.text("videoDeviceName", r.video)
	p.text("displayDeviceName", r.display)
	if p.wants("teamsEnabledState") {
		p.string("teamsEnabledState", r.teams)
	}
	p.accessible(r.accessible)
	p.tags(r.tags)
	p.close()
}

func (p placeEncoder) roomList(b *building, head func()) {
	p.open()
	if head != nil {
		head()
	}
	p.string("id", b.listID)
	if p.wants("displayName") {
		p.string("displayName", b.list.name)
	}
	p.location(b)
	p.text("phone", "")
	p.text("label", "")
	p.text("placeId", b.listID)
	p.text("parentId", "")
	p.accessible(nil)
	p.tags(nil)
	p.text("emailAddress", b.list.address)
	p.close()
}

// level writes a building, floor or section.
func (p placeEncoder) level(of *place, b *building, kind string, head func()) {
	p.open()
	if head != nil {
		head()
	}
	p.string("id", of.id)
	if p.wants("displayName") {
		p.string("displayName", of.name)
	}
	p.location(b)
	p.text("phone", "")
	p.text("label", "")
	p.text("placeId", of.placeID)
	p.text("parentId", of.parentID)
	p.accessible(nil)
	p.tags(nil)
	if kind == "floor" && p.wants("sortOrder") {
		p.int("sortOrder", int64(of.sortOrder))
	}
	if kind == "building" && p.wants("wifiState") {
		p.string("wifiState", "disabled")
	}
	p.close()
}
