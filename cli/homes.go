package cli

import (
	"context"
	"maps"
	stdsync "sync"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/hybrid"
	"roomdesk/sync/store"
)

// homesAge is how old homes may be that were read from the store: another process may
// move mailboxes meanwhile.
const homesAge = 2 * time.Second

// storedHomes are the homes of mailboxes as the mirror has them. It implements
// [hybrid.Homes].
type storedHomes struct {
	app   *app
	store *store.Store

	mu    stdsync.Mutex
	known map[providers.Address]providers.Home
	at    time.Time // when they were read
	told  func()    // somebody who shows homes; nil: nobody
}

var _ hybrid.Homes = (*storedHomes)(nil)

// all gives the homes; they must not be changed.
func (s *storedHomes) all() map[providers.Address]providers.Home {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.app.deps.Now(); s.known == nil || now.Sub(s.at) >= homesAge {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		known, err := s.store.Homes(ctx)
		if err != nil {
			s.app.log.Warn("where mailboxes live cannot be read", "error", err)
			known = s.known
		}
		if known == nil {
			known = map[providers.Address]providers.Home{}
		}
		changed := s.known != nil && !maps.Equal(s.known, known)
		s.known, s.at = known, now
		if changed && s.told != nil {
			go s.told()
		}
	}
	return s.known
}

// onChange has somebody told whenever homes were seen to change.
func (s *storedHomes) onChange(told func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = told
}

// Home implements [hybrid.Homes].
func (s *storedHomes) Home(mailbox providers.Address) (providers.Home, bool) {
	home, ok := s.all()[mailbox]
	return home, ok
}

// Learn implements [hybrid.Homes].
func (s *storedHomes) Learn(homes ...providers.Home) {
	known := s.all()
	var fresh []providers.Home
	for _, home := range homes {
		if have, ok := known[home.Mailbox]; hybrid.Replaces(home, have, ok) {
			fresh = append(fresh, home)
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	if err := s.store.SetHomes(ctx, fresh); err != nil { // it is learnt again
		s.app.log.Warn("where mailboxes live cannot be stored", "error", err)
	}
	s.forget()
	s.all()
}

// forget has the homes read anew, for whoever changed them.
func (s *storedHomes) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
}
