package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// scope is where a key holds: everywhere, in a view, in the filter line, or in a
// kind of dialog.
type scope string

const (
	scopeEverywhere   scope = "Everywhere"
	scopeRooms        scope = "Rooms"
	scopeFind         scope = "Find"
	scopeSeries       scope = "Series"
	scopeBookings     scope = "Bookings"
	scopePeople       scope = "People"
	scopeSync         scope = "Sync"
	scopeConnections  scope = "Connections"
	scopeFilter       scope = "Filter line"
	scopeForm         scope = "Booking form"
	scopeProgress     scope = "Booking under way"
	scopeSeriesForm   scope = "Series form"
	scopeSeriesReview scope = "Series before it is sent"
	scopeSeriesBooked scope = "Booked series"
	scopeMove         scope = "Moving a meeting"
	scopeCancel       scope = "Cancelling"
	scopeOutOfOrder   scope = "Room out of order"
	scopeRelocating   scope = "Relocating a room's meetings"
	scopeRelocation   scope = "A relocation"
	scopeRelocations  scope = "Journal of relocations"
	scopeTest         scope = "Testing a connection"
	scopeTestNamed    scope = "Mailboxes to test"
	scopeAudit        scope = "Audit trail"
	scopeAuditFilter  scope = "Audit trail: the filter"
	scopeDisconnect   scope = "Disconnecting"
	scopeRotate       scope = "Rotating a credential"
	scopeMigration    scope = "Migration"
	scopePilot        scope = "Migration: the group that goes first"
	scopeMoveAll      scope = "Migration: moving all"
	scopeProfiles     scope = "Profiles"
	scopeFeatures     scope = "Features"
	scopeParity       scope = "Migration: differences of a mailbox"
	scopeWelcome      scope = "First start"
	scopeSetupField   scope = "Set-up: a field"
	scopeSetupChoice  scope = "Set-up: a choice"
	scopeSetupRun     scope = "Set-up: consent, test and the end"
	scopePermissions  scope = "Permissions"
	scopeQuestion     scope = "Question"
	scopeReader       scope = "Help and details"
	scopePalette      scope = "Command palette"
)

// scopes in the order of help and docs.
func scopes() []scope {
	return []scope{
		scopeEverywhere, scopeRooms, scopeFind, scopeSeries, scopeBookings, scopePeople, scopeSync, scopeConnections,
		scopeFilter, scopeForm, scopeProgress, scopeSeriesForm, scopeSeriesReview, scopeSeriesBooked, scopeMove, scopeCancel, scopeOutOfOrder, scopeRelocating, scopeRelocation, scopeRelocations, scopeTest, scopeTestNamed, scopeAudit, scopeAuditFilter, scopeDisconnect, scopeRotate,
		scopeMigration, scopePilot, scopeMoveAll, scopeParity, scopeProfiles, scopeFeatures,
		scopeWelcome, scopeSetupField, scopeSetupChoice, scopeSetupRun, scopePermissions, scopeQuestion, scopeReader, scopePalette,
	}
}

func (v viewID) scope() scope { return scope(v.title()) }

// binding is one key with everything that is said about it: the footer, the help,
// the palette and docs/keys.md are made from these.
type binding struct {
	keys  []string // as tea.KeyPressMsg.String names them
	label string   // as people read it
	what  string   // in the footer, two words at most
	more  string   // in help and docs; "" repeats what
	scope scope
	rank  int // place in the footer; 0: not there
	// why says why the key does nothing now; "" or nil: it works.
	why func(m *Model) string
	run func(m *Model) tea.Cmd
}

func (b *binding) long() string {
	if b.more != "" {
		return b.more
	}
	return b.what
}

func (b *binding) reason(m *Model) string {
	if b.why == nil {
		return ""
	}
	return b.why(m)
}

// keymap finds bindings by scope and key.
type keymap struct {
	all    []binding
	byKey  map[scope]map[string]*binding
	footer map[scope][]*binding // by rank
}

func newKeymap() keymap {
	k := keymap{all: bindings(), byKey: map[scope]map[string]*binding{}, footer: map[scope][]*binding{}}
	for i := range k.all {
		b := &k.all[i]
		if k.byKey[b.scope] == nil {
			k.byKey[b.scope] = map[string]*binding{}
		}
		for _, key := range b.keys {
			k.byKey[b.scope][key] = b
		}
	}
	for _, s := range scopes() {
		for rank := 1; rank <= 12; rank++ {
			for i := range k.all {
				b := &k.all[i]
				if b.rank == rank && (b.scope == s || b.scope == scopeEverywhere && s.isView()) {
					k.footer[s] = append(k.footer[s], b)
				}
			}
		}
	}
	return k
}

func (s scope) isView() bool {
	switch s {
	case scopeRooms, scopeFind, scopeSeries, scopeBookings, scopePeople, scopeSync, scopeConnections:
		return true
	}
	return false
}

// find looks in the scope first, then, for a view, in what holds everywhere.
func (k *keymap) find(s scope, key string) *binding {
	if b := k.byKey[s][key]; b != nil {
		return b
	}
	if s.isView() {
		return k.byKey[scopeEverywhere][key]
	}
	return nil
}

// scopeNow is where the keys go at this moment.
func (m *Model) scopeNow() scope {
	switch {
	case len(m.dialogs) > 0:
		return m.topDialog().scope()
	}
	return m.viewScope()
}

// viewScope is where the keys of the view go while no dialog is open.
func (m *Model) viewScope() scope {
	switch {
	case m.ws == nil:
		return scopeWelcome
	case m.filterField() != nil:
		return scopeFilter
	case m.seriesShown():
		return scopeSeries
	}
	return m.view.scope()
}

// filterField is the filter line that is being typed into, or nil.
func (m *Model) filterField() *filterLine {
	switch {
	case m.view == viewRooms && m.rooms.filter.open:
		return &m.rooms.filter
	case m.view == viewFind && m.find.line.open:
		return &m.find.line
	case m.view == viewPeople && m.people.filter.open:
		return &m.people.filter
	}
	return nil
}

// pressed gives a key to the binding that holds for it now, else to the text
// field that has the focus.
func (m *Model) pressed(k tea.KeyPressMsg) tea.Cmd {
	key := k.String()
	switch key {
	case "ctrl+c":
		return m.leave()
	case "ctrl+z":
		return tea.Suspend
	case "ctrl+l":
		return tea.ClearScreen
	}
	if m.tooSmall() {
		if key == "q" {
			return m.leave()
		}
		return nil
	}
	s := m.scopeNow()
	if b := m.keys.find(s, key); b != nil {
		return m.do(b)
	}
	switch {
	case len(m.dialogs) > 0:
		return m.topDialog().typed(m, k)
	case s == scopeFilter:
		f := m.filterField()
		if f.field.typed(k) {
			return m.filterChanged()
		}
	}
	return nil
}

// do runs a binding, or says why it cannot be run.
func (m *Model) do(b *binding) tea.Cmd {
	if why := b.reason(m); why != "" {
		m.notices.reply(m.now, b.label+" "+b.what+": "+why)
		return nil
	}
	return b.run(m)
}

// pasted puts pasted text where typing goes; outside a text field a paste does
// nothing, so that it cannot press keys.
func (m *Model) pasted(text string) tea.Cmd {
	switch {
	case m.tooSmall():
	case len(m.dialogs) > 0:
		return m.topDialog().pasted(m, text)
	case m.filterField() != nil:
		if m.filterField().field.insert(text) {
			return m.filterChanged()
		}
	}
	return nil
}

// keyLabels makes the column of keys in help and docs: all names of a key.
func keyLabels(keys []string) string {
	names := make([]string, 0, len(keys))
	for _, k := range keys {
		switch k {
		case "up":
			k = "↑"
		case "down":
			k = "↓"
		case "left":
			k = "←"
		case "right":
			k = "→"
		case "shift+left":
			k = "shift+←"
		case "shift+right":
			k = "shift+→"
		}
		names = append(names, k)
	}
	return strings.Join(names, " ")
}
