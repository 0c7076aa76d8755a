package tui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// roomRow is a room with its texts made ready for the screen, once for each
// reading of the list.
type roomRow struct {
	room   providers.Room
	title  string
	folded string // the title in lower case
	group  string // building and floor: the heading
	glyphs string // equipment, two columns each
	seats  string
}

// roomData is one reading of the room list: sorted and searchable. It is made
// outside Update and never changed afterwards.
type roomData struct {
	rows      []roomRow
	mailboxes []providers.Address
	find      map[providers.Address]int
	// index is made when it is first asked for, from any goroutine: the first frame
	// needs none.
	index   func() *providers.RoomIndex
	longest int // columns of the longest title
	// mixed: some mailboxes live in the cloud and others on premises.
	mixed bool
}

// Equipment in the list. Each is one column wide; the help explains them.
const (
	glyphDisplay  = "▭"
	glyphVideo    = "◉"
	glyphAudio    = "♫"
	glyphStepFree = "◿"
)

func newRoomData(rooms []providers.Room, words *providers.EquipmentWords) *roomData {
	d := &roomData{mixed: providers.MixedHomes(rooms), rows: make([]roomRow, len(rooms)), find: make(map[providers.Address]int, len(rooms))}
	order := make([]roomOrder, len(rooms))
	texts := map[providers.Untrusted]string{} // buildings and floors repeat
	text := func(u providers.Untrusted) string {
		s, ok := texts[u]
		if !ok {
			s = shown(u, "")
			texts[u] = s
		}
		return s
	}
	for i, r := range rooms {
		order[i] = roomOrder{
			at: i, building: strings.ToLower(text(r.Building)), floor: floorOrder(r), label: text(r.Floor),
			title: clean(r.Title()), mailbox: r.Mailbox,
		}
		order[i].folded = strings.ToLower(order[i].title)
	}
	slices.SortFunc(order, compareRooms)
	sorted := make([]providers.Room, len(rooms))
	d.mailboxes = make([]providers.Address, len(rooms))
	groups := map[[2]string]string{}
	glyphs := map[[4]bool]string{}
	for i, o := range order {
		r := rooms[o.at]
		sorted[i] = r
		building, floor := text(r.Building), o.label
		key := [2]string{building, floor}
		group, ok := groups[key]
		if !ok {
			group = groupTitle(building, floor)
			groups[key] = group
		}
		signs := equipmentSigns(r)
		if _, ok := glyphs[signs]; !ok {
			glyphs[signs] = equipmentGlyphs(signs)
		}
		row := roomRow{room: r, title: o.title, folded: o.folded, group: group, glyphs: glyphs[signs]}
		if r.Capacity > 0 {
			row.seats = itoa(min(r.Capacity, 9999))
		}
		d.longest = max(d.longest, columns(row.title))
		d.rows[i], d.mailboxes[i], d.find[r.Mailbox] = row, r.Mailbox, i
	}
	d.index = sync.OnceValue(func() *providers.RoomIndex { return providers.NewRoomIndexWith(sorted, words) })
	return d
}

// everyRoom are the numbers of all rooms.
func (d *roomData) everyRoom() []int {
	all := make([]int, len(d.rows))
	for i := range all {
		all[i] = i
	}
	return all
}

// roomOrder is what rooms are sorted by: building, floor, name.
type roomOrder struct {
	at              int
	building, label string
	floor           int
	title, folded   string
	mailbox         providers.Address
}

func compareRooms(a, b roomOrder) int {
	if c := cmp.Or(lastIfEmpty(a.building, b.building), cmp.Compare(a.floor, b.floor), strings.Compare(a.label, b.label)); c != 0 {
		return c
	}
	if c := natural(a.folded, b.folded); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.mailbox, b.mailbox), cmp.Compare(a.at, b.at))
}

func lastIfEmpty(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	return strings.Compare(a, b)
}

func floorOrder(r providers.Room) int {
	if r.FloorNumber == nil {
		return 1 << 30
	}
	return *r.FloorNumber
}

// natural compares texts with their numbers by value: "Room 9" before "Room 10".
func natural(a, b string) int {
	for a != "" && b != "" {
		if a[0] == b[0] && (a[0] < '0' || a[0] > '9') {
			a, b = a[1:], b[1:]
			continue
		}
		an, arest := leadingNumber(a)
		bn, brest := leadingNumber(b)
		if an != "" && bn != "" {
			if c := cmp.Or(cmp.Compare(len(an), len(bn)), strings.Compare(an, bn)); c != 0 {
				return c
			}
			a, b = arest, brest
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingNumber(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	digits = strings.TrimLeft(s[:i], "0")
	if digits == "" && i > 0 {
		digits = "0"
	}
	return digits, s[i:]
}

// place is building and floor in words.
func (r *roomRow) place() string { return clean(r.room.Place()) }

func groupTitle(building, floor string) string {
	floor = providers.FloorWords(floor)
	switch {
	case building == "" && floor == "":
		return "no building given"
	case floor == "":
		return building
	case building == "":
		return "no building given · " + floor
	}
	return building + " · " + floor
}

// equipmentSigns are what of the equipment has a character in the list: display,
// video, audio, a way without steps.
func equipmentSigns(r providers.Room) [4]bool {
	return [4]bool{r.Has(providers.Display), r.Has(providers.Video) || r.Has(providers.Teams), r.Has(providers.Audio), r.StepFree != nil && *r.StepFree}
}

// equipmentGlyphs are the characters of a room's equipment, each in its place.
func equipmentGlyphs(have [4]bool) string {
	var b strings.Builder
	for i, glyph := range [4]string{glyphDisplay + " ", glyphVideo + " ", glyphAudio + " ", glyphStepFree} {
		if !have[i] {
			glyph = "  "[:columns(glyph)]
		}
		b.WriteString(glyph)
	}
	return b.String()
}

// equipmentWords is what a room has in words.
func equipmentWords(r providers.Room) string {
	var words []string
	for _, e := range r.Equipment {
		words = append(words, clean(string(e)))
	}
	if r.StepFree != nil && *r.StepFree {
		words = append(words, "step-free")
	}
	return strings.Join(words, ", ")
}

type roomsAnswer struct {
	data *roomData
	err  error
}

// readRooms reads the room list and prepares it outside Update.
func (m *Model) readRooms() tea.Cmd {
	if m.rooms.reading {
		m.rooms.again = true
		return nil
	}
	m.rooms.reading = true
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		rooms, err := ws.Rooms(ctx)
		if err != nil {
			return roomsAnswer{err: err}
		}
		words, _ := ws.EquipmentWords() // the workspace tells why they could not be read
		return roomsAnswer{data: newRoomData(rooms, words)}
	})
}

func (a roomsAnswer) apply(m *Model) tea.Cmd {
	p := &m.rooms
	p.reading = false
	p.err = a.err
	if a.err != nil {
		m.notices.state(m.now, "rooms read", "the rooms could not be read: "+problemText(a.err), true)
	} else {
		m.notices.over("rooms read")
		p.read = true
		p.data = a.data
		p.cache.clear()
		m.freeNow.old = true
		m.find.old = true
		p.refilter(m)
	}
	if p.again {
		p.again = false
		return m.readRooms()
	}
	if a.err != nil {
		return nil
	}
	return func() tea.Msg { // ready before somebody types
		a.data.index()
		return nil
	}
}

// item is a line of the list: a room's index, a heading, or a gap.
type item int32

const (
	gap         item = -1
	headingBase item = -2 // headingBase-n is the heading of the room n
)

func (i item) room() int    { return int(i) }
func (i item) isRoom() bool { return i >= 0 }
func (i item) heading() (room int, ok bool) {
	if i > headingBase {
		return 0, false
	}
	return int(headingBase - i), true
}

// refilter applies the filter and lays the list out anew.
func (p *roomsPane) refilter(m *Model) {
	if p.filter.field.empty() {
		p.matches, p.echo, p.noneWhy = p.data.everyRoom(), "", ""
	} else {
		found := p.data.index().Filter(p.filter.field.text())
		p.matches, p.echo, p.noneWhy = found.Rooms, steady(found.Understood()), ""
		if len(found.Rooms) == 0 {
			p.noneWhy = steady(found.Explained())
		}
	}
	m.countFreeNow()
	p.layOut()
}

// layOut makes the lines of the list. The bar stays on the room that the person
// last went to while that is in the list, and comes back to it when a filter that
// hid it is gone.
func (p *roomsPane) layOut() {
	order := p.matches
	if !p.grouped {
		order = slices.Clone(p.matches)
		slices.SortStableFunc(order, func(a, b int) int {
			return natural(p.data.rows[a].folded, p.data.rows[b].folded)
		})
	}
	p.items = p.items[:0]
	p.counts = map[string]int{}
	last := ""
	at := -1
	for n, i := range order {
		row := &p.data.rows[i]
		if p.grouped {
			if n == 0 || row.group != last {
				if n > 0 && p.airy {
					p.items = append(p.items, gap)
				}
				p.items = append(p.items, headingBase-item(i))
				last = row.group
			}
			p.counts[row.group]++
		}
		if row.room.Mailbox == p.wanted {
			at = len(p.items)
		}
		p.items = append(p.items, item(i))
	}
	if at < 0 {
		near := min(p.list.at, len(p.items)-1)
		if !p.filter.field.empty() {
			near = 0
		}
		at = p.nearest(near, 1)
	}
	p.list.at = at
	p.chosen = p.underBar()
	if p.wanted == "" {
		p.wanted = p.chosen
	}
}

// nearest is the room closest to a line, looking in a direction first.
func (p *roomsPane) nearest(at, direction int) int {
	for _, step := range []int{direction, -direction} {
		for i := at; i >= 0 && i < len(p.items); i += step {
			if p.items[i].isRoom() {
				return i
			}
		}
	}
	return 0
}

// choose makes the room under the bar the chosen one, by its identity.
func (p *roomsPane) choose() {
	p.chosen = p.underBar()
	p.wanted = p.chosen
}

func (p *roomsPane) underBar() providers.Address {
	if p.list.at < 0 || p.list.at >= len(p.items) || !p.items[p.list.at].isRoom() {
		return ""
	}
	return p.data.mailboxes[p.items[p.list.at].room()]
}

// row is the chosen room, nil where there is none.
func (p *roomsPane) row() *roomRow {
	if p.chosen == "" {
		return nil
	}
	if i, ok := p.data.find[p.chosen]; ok {
		return &p.data.rows[i]
	}
	return nil
}
