package hybrid

import (
	"sync"

	"roomdesk/providers"
)

// memory keeps homes while the process runs.
type memory struct {
	mu    sync.Mutex
	homes map[providers.Address]providers.Home
}

// NewHomes gives homes that are forgotten at the end.
func NewHomes() Homes { return &memory{homes: map[providers.Address]providers.Home{}} }

func (m *memory) Home(mailbox providers.Address) (providers.Home, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	home, ok := m.homes[mailbox]
	return home, ok
}

func (m *memory) Learn(homes ...providers.Home) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, home := range homes {
		if have, known := m.homes[home.Mailbox]; Replaces(home, have, known) {
			m.homes[home.Mailbox] = home
		}
	}
}

// Replaces reports whether a home takes the place of one that is known: what a list says
// never takes that of what was learnt, and only a migration that of one by a migration.
func Replaces(home, have providers.Home, known bool) bool {
	if !known {
		return true
	}
	return order(home.Cause) >= order(have.Cause) && (home.Provider != have.Provider || home.Cause != have.Cause)
}

func order(c providers.HomeCause) int {
	switch c {
	case providers.HomeListed:
		return 1
	case providers.HomeLearnt:
		return 2
	case providers.HomeMoved:
		return 3
	}
	return 0
}
