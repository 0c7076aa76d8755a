package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// account is what an administrator changed of a directory object since start.
// It does not change once it is published: a change makes a new one.
type account struct {
	name    string // "" as generated
	mail    string // "" as generated
	enabled *bool
	licence string // one of the licences' words; "" as generated
	// removed is the code that mailbox requests get: the object is deleted.
	removed string
	// hosted is where the mailbox is, as one of the words of [Tenant.SetHosting];
	// "" is Exchange Online.
	hosted string
}

// What a request to the mailbox of a deleted room or person is answered with.
// Exchange gives one or the other by how far the deletion has come.
const (
	GoneItem    = "ErrorItemNotFound"
	GoneMailbox = "MailboxNotEnabledForRESTAPI" // soft-deleted: can come back
	GoneUser    = "ErrorInvalidUser"
)

// accounts is the history of the directory's objects, for users/delta.
type accounts struct {
	mu      sync.RWMutex
	version uint32
	log     []accountChange
	aliases map[string]*mailbox // addresses and ids given since start, lower case
	added   []*mailbox          // rooms created since start
}

// accountChange is one line of the history, with the properties that changed;
// none where the object was deleted or came back.
type accountChange struct {
	version uint32
	m       *mailbox
	names   []string
}

// state is never nil.
func (m *mailbox) state() *account {
	if a := m.account.Load(); a != nil {
		return a
	}
	return &account{}
}

// displayName is the directory's name of a mailbox.
func (m *mailbox) displayName() string {
	if a := m.account.Load(); a != nil && a.name != "" {
		return a.name
	}
	return m.contact.name
}

// mail is the primary address.
func (m *mailbox) mail() string {
	if a := m.account.Load(); a != nil && a.mail != "" {
		return a.mail
	}
	return m.contact.address
}

// gone reports whether the directory object is deleted.
func (m *mailbox) gone() bool {
	a := m.account.Load()
	return a != nil && a.removed != ""
}

// goneProblem is the answer to a request for the mailbox of a deleted object.
func (m *mailbox) goneProblem() *problem {
	code := m.state().removed
	message := "The requested user '" + m.contact.address + "' is invalid."
	switch code {
	case GoneItem:
		message = "The specified object was not found in the store."
	case GoneMailbox:
		message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
	}
	return &problem{http.StatusNotFound, code, message}
}

var errNoMailbox = errors.New("the tenant has no such mailbox")

// changeAccount publishes a change of a directory object and notes it.
func (t *Tenant) changeAccount(address string, change func(*account) error) (*mailbox, error) {
	t.world.accounts.mu.Lock()
	defer t.world.accounts.mu.Unlock()
	m := t.world.any(address)
	if m == nil {
		return nil, fmt.Errorf("%w: %q", errNoMailbox, address)
	}
	before := m.state()
	next := *before
	if err := change(&next); err != nil {
		return nil, err
	}
	var names []string
	if before.removed == next.removed {
		if before.name != next.name {
			names = append(names, "displayName")
		}
		if before.mail != next.mail {
			names = append(names, "mail", "proxyAddresses")
		}
		if before.licence != next.licence {
			names = append(names, "assignedLicenses", "assignedPlans", "usageLocation")
		}
		if before.enabled != next.enabled {
			names = append(names, "accountEnabled")
		}
	}
	m.account.Store(&next)
	t.world.accounts.version++
	t.world.accounts.log = append(t.world.accounts.log, accountChange{t.world.accounts.version, m, names})
	return m, nil
}

// any finds a mailbox, deleted or not, by address, user principal name or id.
// The lock of the accounts is held.
func (w *world) any(key string) *mailbox {
	key = strings.ToLower(strings.TrimSpace(key))
	if m := w.byAddress[key]; m != nil {
		return m
	}
	return w.accounts.aliases[key]
}

// find gives the mailbox of an address, a user principal name or an id.
func (w *world) find(key string) *mailbox {
	m := w.byAddress[strings.ToLower(key)]
	if m == nil {
		w.accounts.mu.RLock()
		m = w.any(key)
		w.accounts.mu.RUnlock()
	}
	if m == nil || m.gone() {
		return nil
	}
	return m
}

// removed gives a mailbox that is deleted.
func (w *world) removed(key string) *mailbox {
	w.accounts.mu.RLock()
	defer w.accounts.mu.RUnlock()
	if m := w.any(key); m != nil && m.gone() {
		return m
	}
	return nil
}

// present lists the directory's objects without the deleted ones.
func (w *world) present() []*mailbox {
	w.accounts.mu.RLock()
	defer w.accounts.mu.RUnlock()
	gone := slices.ContainsFunc(w.accounts.log, func(c accountChange) bool { return c.m.gone() })
	if !gone && len(w.accounts.added) == 0 {
		return w.all
	}
	return slices.DeleteFunc(slices.Concat(w.all, w.accounts.added), (*mailbox).gone)
}

// changedBetween lists the accounts that changed after a version and up to
// another in one of the properties.
func (a *accounts) changedBetween(after, upTo uint32, names []string) (list []*mailbox) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, c := range a.log {
		wanted := c.names == nil || slices.ContainsFunc(c.names, func(name string) bool { return slices.Contains(names, name) })
		if wanted && c.version > after && c.version <= upTo && !slices.Contains(list, c.m) {
			list = append(list, c.m)
		}
	}
	return list
}

func (a *accounts) now() uint32 {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.version
}

// SetAccountEnabled blocks or allows a person's or room's sign-in. It shows in
// the directory only; calendars go on.
func (t *Tenant) SetAccountEnabled(address string, enabled bool) error {
	_, err := t.changeAccount(address, func(a *account) error { a.enabled = &enabled; return nil })
	return err
}

// RenameAccount gives a person or a room another display name in the directory
// and, for a room, among the places. Meetings keep the name that they had.
func (t *Tenant) RenameAccount(address, name string) error {
	m, err := t.changeAccount(address, func(a *account) error { a.name = name; return nil })
	if err != nil || m.room == nil {
		return err
	}
	return t.changeRoomPlace(m, func(r *placeRecord) { r.name, r.nickname = name, name })
}

// ChangeAddress gives a person or a room another primary address. The old one
// stays a proxy address and the user principal name, as Exchange does.
func (t *Tenant) ChangeAddress(address, to string) error {
	to = strings.ToLower(to)
	if local, domain, ok := strings.Cut(to, "@"); !ok || local == "" || domain != t.options.Domain {
		return fmt.Errorf("%q is no address in %s", to, t.options.Domain)
	}
	m, err := t.changeAccount(address, func(a *account) error {
		if other := t.world.any(to); other != nil && other != t.world.any(address) {
			return fmt.Errorf("%q is in use", to)
		}
		a.mail = to
		if t.world.accounts.aliases == nil {
			t.world.accounts.aliases = map[string]*mailbox{}
		}
		t.world.accounts.aliases[to] = t.world.any(address)
		return nil
	})
	if err != nil || m.room == nil {
		return err
	}
	return t.changeRoomPlace(m, func(r *placeRecord) { r.email = to })
}

// DeleteAccount deletes a person's or a room's directory object. code is what
// mailbox requests are answered with from now on: [GoneItem], [GoneMailbox] or
// [GoneUser]. A room disappears from the places; others' copies of its meetings
// stay. Subscriptions to the mailbox end.
func (t *Tenant) DeleteAccount(address, code string) error {
	if !slices.Contains([]string{GoneItem, GoneMailbox, GoneUser}, code) {
		return fmt.Errorf("%q is no code of a deleted mailbox", code)
	}
	m, err := t.changeAccount(address, func(a *account) error { a.removed = code; return nil })
	if err != nil {
		return err
	}
	for _, sub := range t.subscriptions.of(m) { // they end with their mailbox
		t.subscriptions.remove(sub)
		t.lifecycle(sub, "subscriptionRemoved")
	}
	if m.room == nil {
		return nil
	}
	return t.changeRoomPlace(m, func(r *placeRecord) { r.hidden = true })
}

// RestoreAccount brings a deleted object back.
func (t *Tenant) RestoreAccount(address string) error {
	m, err := t.changeAccount(address, func(a *account) error { a.removed = ""; return nil })
	if err != nil || m.room == nil {
		return err
	}
	return t.changeRoomPlace(m, func(r *placeRecord) { r.hidden = false })
}

// changeRoomPlace changes the place of a room at once.
func (t *Tenant) changeRoomPlace(m *mailbox, change func(*placeRecord)) error {
	_, p := t.writePlace(m.room.placeID, 0, func(r *placeRecord) (*placeRecord, *problem) {
		next := r.change()
		change(next)
		return next, nil
	})
	if p != nil {
		return errors.New(p.message)
	}
	return nil
}

// roomOf finds a room's mailbox for an administrator's change.
func (t *Tenant) roomOf(address string) (*mailbox, error) {
	t.world.accounts.mu.RLock()
	defer t.world.accounts.mu.RUnlock()
	m := t.world.any(address)
	if m == nil || m.room == nil {
		return nil, fmt.Errorf("%w of a room: %q", errNoMailbox, address)
	}
	return m, nil
}

// ChangePlaceID gives a room's place another id, as a change of the mailbox or
// the tenant's configuration does; its placeId stays.
func (t *Tenant) ChangePlaceID(address string) (id string, err error) {
	m, err := t.roomOf(address)
	if err != nil {
		return "", err
	}
	id, _ = t.newPlaceID()
	return id, t.changeRoomPlace(m, func(r *placeRecord) { r.id = id })
}

// MoveRoom takes a room out of its room list and, unless list is "", puts it
// into the one with that address.
func (t *Tenant) MoveRoom(address, list string) error {
	m, err := t.roomOf(address)
	if err != nil {
		return err
	}
	if list != "" {
		if to := t.places.find(list); to == nil || to.kind != roomListPlace {
			return fmt.Errorf("there is no room list %q", list)
		}
	}
	return t.changeRoomPlace(m, func(r *placeRecord) { r.list = strings.ToLower(list) })
}

// HideRoom hides a room from address lists, or shows it again: its mailbox
// answers as before, places no longer know it.
func (t *Tenant) HideRoom(address string, hidden bool) error {
	m, err := t.roomOf(address)
	if err != nil {
		return err
	}
	return t.changeRoomPlace(m, func(r *placeRecord) { r.hidden = hidden })
}
