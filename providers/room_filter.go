package providers

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
	"sync"
)

// RoomIndex finds rooms by what a person types. It is made once for a list of
// rooms and is safe for concurrent use.
//
// A query is a list of terms, all of which must hold:
//
//	aalto           a word: in name, nickname, building, floor, section, tags, address or room list
//	"west wing"     a phrase, in one of these
//	12p 12pax >=12  at least 12 seats; a room that does not say its capacity never has enough
//	display video   equipment, also by other words for it, as the room says or, else, its tags
//	audio teams
//	step-free       reachable without steps
//	f3 floor3 f-1   the floor's number or label
//	@berlin         the building, or the room list
//	home:cloud      where the mailbox lives: home:cloud, home:on-premises
//	-kitchen        excludes; also before the other forms
//
// Case and diacritics do not count. A term that is still incomplete, such as a
// lone quote, is ignored until more of it is typed.
type RoomIndex struct {
	count     int
	words     *EquipmentWords
	tags      map[string]roomSet // by the texts that own words look for in tags and names
	text      searchColumn
	place     searchColumn
	seats     []int32
	equipment map[Equipment]roomSet
	stepFree  roomSet
	homes     map[string]roomSet // by their words
	floors    map[string]roomSet
	scratch   sync.Pool // of *[]uint64

	// While somebody types, all terms but the last stay as they are: the rooms of
	// the latest texts are kept.
	mu     sync.Mutex
	recent [recentTexts]foundText
	next   int
}

// foundText has the rooms with a text. The set is never changed once it is here.
type foundText struct {
	text  string
	rooms roomSet
}

const recentTexts = 8

// RoomTerm is a term of a query as it was understood. All texts are safe to show.
type RoomTerm struct {
	Typed   string
	Meaning string // "at least 12 seats"; "" while the term is incomplete and ignored
	// Equipment is what the term asks for, Tag a text that it looks for in tags and
	// names; "" for other terms.
	Equipment Equipment
	Tag       string
	Excludes  bool
	// Removed is how many of all rooms do not satisfy the term; Alone is how many
	// of them satisfy every other one: what leaving this term out would bring back.
	Removed, Alone int
}

// RoomMatches is the answer to a query.
type RoomMatches struct {
	Rooms []int // indexes into the list that the index was made for, ascending
	Total int   // rooms in that list
	Terms []RoomTerm
}

// Understood is the query's meaning in one line, safe to show, for example
// "at least 12 seats · display · floor 3"; "" where nothing is asked for.
func (m RoomMatches) Understood() string {
	parts := make([]string, 0, len(m.Terms))
	for _, term := range m.Terms {
		if term.Meaning != "" {
			parts = append(parts, term.Meaning)
		}
	}
	return strings.Join(parts, " · ")
}

// Explained is [RoomMatches.Understood] with the number of rooms that each term
// removes: "at least 12 seats −31 · display −8".
func (m RoomMatches) Explained() string {
	parts := make([]string, 0, len(m.Terms))
	for _, term := range m.Terms {
		if term.Meaning != "" {
			parts = append(parts, term.Meaning+" −"+strconv.Itoa(term.Removed))
		}
	}
	return strings.Join(parts, " · ")
}

const (
	fieldEnd = '\x1f' // between fields of a room: no sanitised text contains it
	roomEnd  = '\n'
	// maxRoomText bounds what one room adds to the index, in bytes.
	maxRoomText = 16 << 10
)

// NewRoomIndex prepares rooms for [RoomIndex.Filter]. It keeps nothing of them.
func NewRoomIndex(rooms []Room) *RoomIndex { return NewRoomIndexWith(rooms, nil) }

// NewRoomIndexWith is the same with a person's own words for equipment.
func NewRoomIndexWith(rooms []Room, words *EquipmentWords) *RoomIndex {
	x := &RoomIndex{words: words, tags: map[string]roomSet{}, count: len(rooms), seats: make([]int32, len(rooms)), equipment: map[Equipment]roomSet{}, stepFree: newRoomSet(len(rooms)), homes: map[string]roomSet{}, floors: map[string]roomSet{}}
	var text, place columnBuilder
	labels := map[string]string{} // of floors, and their keys
	meanings, own := map[string]EquipmentWord{}, false
	for _, word := range words.all() {
		meanings[word.Word] = word
		own = own || word.Own
		if tag, ok := strings.CutPrefix(word.Means, meansTag); ok && x.tags[tag] == nil {
			x.tags[tag] = newRoomSet(len(rooms))
		}
	}
	for i, r := range rooms {
		x.seats[i] = int32(min(max(r.Capacity, 0), math.MaxInt32))
		if r.StepFree != nil && *r.StepFree {
			x.stepFree.add(i)
		}
		if home := HomeWords(r.Provider); home != "" {
			if x.homes[home] == nil {
				x.homes[home] = newRoomSet(len(rooms))
			}
			x.homes[home].add(i)
		}
		for _, kind := range r.Equipment {
			x.addEquipment(kind, i)
		}
		for _, tag := range r.Tags {
			x.addTag(foldSearch(tag.String()), meanings, i)
		}
		if own {
			x.addOwn(&rooms[i], meanings, i)
		}
		floor := r.Floor.String()
		if r.FloorNumber != nil {
			x.addFloor(strconv.Itoa(*r.FloorNumber), i)
		}
		key, ok := labels[floor]
		if !ok {
			key, _ = floorOfLabel(foldSearch(floor))
			labels[floor] = key
		}
		if key != "" {
			x.addFloor(key, i)
		}
		building := r.Building.String()
		text.fields(r.Name.String(), r.Nickname.String(), r.Section.String(), string(r.Mailbox))
		text.shared(building)
		text.shared(FloorWords(floor))
		place.shared(building)
		for _, tag := range r.Tags {
			text.shared(tag.String())
		}
		for _, list := range r.Lists {
			text.shared(string(list))
			place.shared(list.Local())
		}
		text.end()
		place.end()
	}
	x.text, x.place = text.column(), place.column()
	return x
}

func (x *RoomIndex) addEquipment(kind Equipment, room int) {
	if x.equipment[kind] == nil {
		x.equipment[kind] = newRoomSet(x.count)
	}
	x.equipment[kind].add(room)
}

// addTag counts a tag that is, or contains, a word for equipment.
func (x *RoomIndex) addTag(tag string, meanings map[string]EquipmentWord, room int) {
	if meanings[tag].Means == meansStepFree {
		x.stepFree.add(room)
	}
	for word := range strings.FieldsSeq(tag) {
		switch means := meanings[word].Means; Equipment(means) {
		case Display, Video, Audio, Teams:
			x.addEquipment(Equipment(means), room)
		}
	}
}

// addOwn counts a room for the words that somebody set: they hold in names too.
func (x *RoomIndex) addOwn(r *Room, meanings map[string]EquipmentWord, room int) {
	for _, name := range []Untrusted{r.Name, r.Nickname} {
		for word := range strings.FieldsSeq(foldSearch(name.String())) {
			switch means := meanings[word]; Equipment(means.Means) {
			case Display, Video, Audio, Teams:
				if means.Own {
					x.addEquipment(Equipment(means.Means), room)
				}
			case meansStepFree:
				if means.Own {
					x.stepFree.add(room)
				}
			}
		}
	}
	for tag, has := range x.tags {
		if _, ok := TagEvidence(r, tag); ok {
			has.add(room)
		}
	}
}

func (x *RoomIndex) addFloor(key string, room int) {
	if x.floors[key] == nil {
		x.floors[key] = newRoomSet(x.count)
	}
	x.floors[key].add(room)
}

// Filter finds the rooms that satisfy every term of the query, in the order in
// which they were given. An empty query matches all. No query is an error.
func (x *RoomIndex) Filter(query string) RoomMatches {
	terms := readQuery(query, x.words)
	m := RoomMatches{Total: x.count, Terms: make([]RoomTerm, len(terms))}
	words := setWords(x.count)
	scratch := x.borrow((len(terms) + 2) * words)
	defer x.scratch.Put(scratch)

	once, twice := roomSet((*scratch)[:words]), roomSet((*scratch)[words:2*words]) // failed by a term, by a second one
	clear((*scratch)[:2*words])
	for i, term := range terms {
		m.Terms[i] = RoomTerm{Typed: term.typed, Meaning: term.meaning(), Equipment: term.equipment, Excludes: term.excludes}
		if term.kind == termTag {
			m.Terms[i].Tag = term.text
		}
		if term.kind == termIgnored {
			continue
		}
		fails := roomSet((*scratch)[(i+2)*words : (i+3)*words])
		x.failing(term, fails)
		m.Terms[i].Removed = fails.count()
		for w, f := range fails {
			twice[w] |= once[w] & f
			once[w] |= f
		}
	}
	for i, term := range terms {
		if term.kind == termIgnored {
			continue
		}
		for w, f := range (*scratch)[(i+2)*words : (i+3)*words] {
			m.Terms[i].Alone += bits.OnesCount64(f &^ twice[w])
		}
	}
	m.Rooms = make([]int, 0, x.count-once.count())
	for room := range x.count {
		if !once.has(room) {
			m.Rooms = append(m.Rooms, room)
		}
	}
	return m
}

func (x *RoomIndex) borrow(size int) *[]uint64 {
	scratch, _ := x.scratch.Get().(*[]uint64)
	if scratch == nil || cap(*scratch) < size {
		fresh := make([]uint64, size)
		return &fresh
	}
	*scratch = (*scratch)[:size]
	return scratch
}

// findText adds the rooms with want in their text.
func (x *RoomIndex) findText(want string, out roomSet) {
	x.mu.Lock()
	for _, found := range x.recent {
		if found.text == want && found.rooms != nil {
			x.mu.Unlock()
			out.or(found.rooms)
			return
		}
	}
	x.mu.Unlock()
	found := foundText{want, newRoomSet(x.count)}
	x.text.find(want, found.rooms)
	out.or(found.rooms)
	x.mu.Lock()
	x.recent[x.next] = found
	x.next = (x.next + 1) % recentTexts
	x.mu.Unlock()
}

// failing fills out with the rooms that do not satisfy the term.
func (x *RoomIndex) failing(t roomTerm, out roomSet) {
	clear(out)
	switch t.kind {
	case termText:
		x.findText(t.text, out)
		if t.orEquipment != "" {
			out.or(x.equipment[t.orEquipment])
		}
		if t.orStepFree {
			out.or(x.stepFree)
		}
	case termPlace:
		x.place.find(t.text, out)
	case termEquipment:
		out.or(x.equipment[t.equipment])
	case termTag:
		out.or(x.tags[t.text])
	case termStepFree:
		out.or(x.stepFree)
	case termFloor:
		out.or(x.floors[t.text])
	case termHome:
		out.or(x.homes[t.text])
	case termSeats:
		// Neither enough nor too few is known of a room without a capacity.
		for room, seats := range x.seats {
			if seats > 0 && (int(seats) >= t.seats) != t.excludes {
				out.add(room)
			}
		}
		out.complement(x.count)
		return
	}
	if !t.excludes {
		out.complement(x.count)
	}
}
