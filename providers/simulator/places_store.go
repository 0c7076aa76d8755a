package simulator

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// placeKind is the type of a place.
type placeKind uint8

const (
	roomPlace placeKind = iota
	roomListPlace
	buildingPlace
	floorPlace
	sectionPlace
	deskPlace
	workspacePlace
	placeKinds
)

// placeNames are the types' names as Graph spells them.
var placeNames = [placeKinds]string{"room", "roomList", "building", "floor", "section", "desk", "workspace"}

// placeKindOf reads a type's name in lower case.
func placeKindOf(name string) (placeKind, bool) {
	for k, n := range placeNames {
		if strings.EqualFold(n, name) {
			return placeKind(k), true
		}
	}
	return 0, false
}

// placeRecord is one state of a place. It does not change once it is in the
// store: a change makes a new one.
type placeRecord struct {
	placeFields
	json atomic.Pointer[[]byte] // the whole record encoded, once somebody asked
}

type placeFields struct {
	kind                  placeKind
	id, placeID, parentID string // parentID is the parent's placeId
	name, nickname, label string
	phone, email          string
	tags                  []string
	accessible            *bool
	address               *physicalAddress
	lat, lon              *float64
	capacity, floorNumber *int64
	building, floorLabel  string
	audio, video, display string
	teams, booking        string
	sortOrder             *int64
	wifi, height, mode    string
	deskMailbox           string // address of mailboxDetails
	deskMailboxID         string
	links                 []resourceLink
	list                  string // address of the room list that has it, lower case
	hidden                bool   // from address lists: in no list and found by no key
}

type resourceLink struct{ name, value string }

// change makes a copy that may be changed.
func (r *placeRecord) change() *placeRecord { return &placeRecord{placeFields: r.placeFields} }

// placeEntry is a place through its changes. truth is what the tenant decided,
// shown what reads give: a change becomes visible later. Either is nil where the
// place does not exist (yet, or any more).
type placeEntry struct {
	truth, shown *placeRecord
	box          *mailbox // of a room
}

// placeStore holds all places. Reads take a list or a record under the lock and
// go on without it.
type placeStore struct {
	mu      sync.RWMutex
	entries []*placeEntry
	keys    map[string]*placeEntry // placeId, and id and address of what is shown
	lists   [placeKinds][]*placeRecord
	members map[string]*placeMembers // by the room list's address
	stale   [placeKinds]bool
	waiting []waitingPlace
	due     atomic.Bool // something waits
}

type placeMembers struct{ rooms, workspaces []*placeRecord }

// waitingPlace is a change that reads do not show yet.
type waitingPlace struct {
	entry *placeEntry
	next  *placeRecord
	due   moment
}

func newPlaceStore() *placeStore { return &placeStore{keys: map[string]*placeEntry{}} }

// seed adds a place at start.
func (s *placeStore) seed(r *placeRecord, box *mailbox) {
	e := &placeEntry{truth: r, shown: r, box: box}
	s.entries = append(s.entries, e)
	s.index(e)
	s.stale[r.kind] = true
}

// index makes what is shown of an entry reachable by its keys. The lock is held.
func (s *placeStore) index(e *placeEntry) {
	r := e.shown
	if r == nil {
		r = e.truth
	}
	for _, key := range r.keys() {
		s.keys[key] = e
	}
}

func (s *placeStore) unindex(e *placeEntry, r *placeRecord) {
	for _, key := range r.keys() {
		if s.keys[key] == e {
			delete(s.keys, key)
		}
	}
}

// keys are the names that a path may use, in lower case.
func (r *placeRecord) keys() []string {
	keys := []string{strings.ToLower(r.id), strings.ToLower(r.placeID)}
	if r.email != "" {
		keys = append(keys, strings.ToLower(r.email))
	}
	return keys
}

// list gives the places of a type in the order in which they were made.
func (s *placeStore) list(kind placeKind) []*placeRecord {
	s.mu.RLock()
	if !s.stale[kind] {
		defer s.mu.RUnlock()
		return s.lists[kind]
	}
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rebuild(kind)
	return s.lists[kind]
}

// membersOf gives the rooms or workspaces of a room list; ok is false where no
// list has the address.
func (s *placeStore) membersOf(address string, kind placeKind) (list []*placeRecord, ok bool) {
	address = strings.ToLower(address)
	s.list(roomPlace) // both are rebuilt where they are stale
	s.list(workspacePlace)
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.keys[address]
	if e == nil || e.shown == nil || e.shown.hidden || e.shown.kind != roomListPlace || !strings.EqualFold(e.shown.email, address) {
		return nil, false
	}
	m := s.members[address]
	switch {
	case m == nil:
		return nil, true
	case kind == roomPlace:
		return m.rooms, true
	}
	return m.workspaces, true
}

// rebuild lists a kind again. The lock is held for writing.
func (s *placeStore) rebuild(kind placeKind) {
	if !s.stale[kind] {
		return
	}
	s.stale[kind] = false
	var list []*placeRecord
	for _, e := range s.entries {
		if r := e.shown; r != nil && r.kind == kind && !r.hidden {
			list = append(list, r)
		}
	}
	s.lists[kind] = list
	if kind != roomPlace && kind != workspacePlace {
		return
	}
	members := map[string]*placeMembers{}
	for address, m := range s.members { // the other kind's part stays
		other := &placeMembers{rooms: m.rooms, workspaces: m.workspaces}
		if kind == roomPlace {
			other.rooms = nil
		} else {
			other.workspaces = nil
		}
		members[address] = other
	}
	for _, r := range list {
		if r.list == "" {
			continue
		}
		m := members[r.list]
		if m == nil {
			m = &placeMembers{}
			members[r.list] = m
		}
		if kind == roomPlace {
			m.rooms = append(m.rooms, r)
		} else {
			m.workspaces = append(m.workspaces, r)
		}
	}
	s.members = members
}

// find gives what is shown of the place with a key: its id, placeId or address.
func (s *placeStore) find(key string) *placeRecord {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e := s.keys[strings.ToLower(key)]; e != nil && e.shown != nil && !e.shown.hidden {
		return e.shown
	}
	return nil
}

// writePlace runs a change under the lock. It gets an entry by key as it truly is,
// and returns its next state; nil takes the place away. The change is shown
// after delay.
func (t *Tenant) writePlace(key string, delay time.Duration, change func(*placeRecord) (*placeRecord, *problem)) (*placeRecord, *problem) {
	s := t.places
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.keys[strings.ToLower(key)]
	if e == nil || e.truth == nil {
		return nil, &problem{404, "ErrorItemNotFound", "The place '" + key + "' was not found."}
	}
	next, p := change(e.truth)
	if p != nil {
		return nil, p
	}
	s.publish(t, e, next, delay)
	return next, nil
}

// addPlace stores a new place, shown in lists after delay.
func (t *Tenant) addPlace(r *placeRecord, delay time.Duration) {
	s := t.places
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &placeEntry{truth: r}
	s.entries = append(s.entries, e)
	s.index(e)
	s.publish(t, e, r, delay)
}

// publish makes a state the truth, and shows it now or later. The lock is held.
func (s *placeStore) publish(t *Tenant, e *placeEntry, next *placeRecord, delay time.Duration) {
	e.truth = next
	if delay <= 0 {
		s.waiting = slices.DeleteFunc(s.waiting, func(w waitingPlace) bool { return w.entry == e })
		s.show(e, next)
	} else {
		s.waiting = append(s.waiting, waitingPlace{e, next, t.in(delay)})
	}
	s.due.Store(len(s.waiting) > 0)
}

// show lets reads see a state. The lock is held.
func (s *placeStore) show(e *placeEntry, next *placeRecord) {
	if old := e.shown; old != nil {
		s.unindex(e, old)
		s.stale[old.kind] = true
	}
	e.shown = next
	if next != nil {
		s.index(e)
		s.stale[next.kind] = true
	}
}

// settlePlaces shows the changes whose time has come, on the tenant's clock or
// on the real one.
func (t *Tenant) settlePlaces() {
	s := t.places
	if !s.due.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(w waitingPlace) bool {
		if !t.reached(w.due) {
			return false
		}
		s.show(w.entry, w.next)
		return true
	})
	s.due.Store(len(s.waiting) > 0)
}

// truthOf gives a place as it truly is, shown or not.
func (s *placeStore) truthOf(key string) *placeRecord {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if e := s.keys[strings.ToLower(key)]; e != nil {
		return e.truth
	}
	return nil
}

// newPlaceID makes an id that no seed gives, and a short text that goes with it.
func (t *Tenant) newPlaceID() (id, short string) {
	id = uuid.NewString()
	return id, id[:8]
}
