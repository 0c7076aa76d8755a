package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// personSignIn is the making of a person's own connection, for the command and for
// the guided set-up alike. Until keep, all of it is in memory only, so that giving up
// and "wrong account" leave nothing behind.
//
//	s, err := a.signInPerson(ctx, connection, providers.ByBrowser, 0) // tries the keystore; asks no service
//	defer s.discard()                        // "wrong account" and giving up; nothing after keep
//	err = s.wait(ctx, func(p providers.SignInPrompt) { ... }) // blocks; show p.Address and p.Code
//	result, err := s.test(ctx)               // tenant, rooms, a calendar; says each on standard error
//	fmt.Println(s.answered(result))          // for the question whether this is the right account
//	connection, err := s.keep(ctx, config)   // "right account": sealed, key in the keystore, configuration saved
//
// signInAgain begins the same for a connection whose sign-in has ended.
//
// wait is called in a goroutine of its own where a screen is drawn meanwhile: its ctx
// ends it at once, with class [providers.Cancelled]. show is called once, from within
// wait. An error that wraps [providers.ErrPromptExpired] means that nobody signed in in
// time, and wait can be called again for a new link or code; so it can after "wrong
// account", where forget goes before it.
type personSignIn struct {
	app        *app
	again      bool                // the sign-in of a connection that is there
	was        keystore.Connection // how that stood in the configuration before
	way        providers.SignInWay
	port       int
	store      keystore.Store
	provider   *graph.Provider
	memory     *inMemory
	asked      keystore.Connection // as it was given
	connection keystore.Connection // with who answered
	who        providers.SignedIn
}

// inMemory keeps a sign-in until the person has confirmed it.
type inMemory struct {
	mu   sync.Mutex
	text []byte
}

func (m *inMemory) Read(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text, nil
}

func (m *inMemory) Write(_ context.Context, text []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = text
	return nil
}

// Lock has nobody to keep away.
func (m *inMemory) Lock(context.Context) (func(), error) { return func() {}, nil }

func (m *inMemory) wipe() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.text)
	m.text = nil
}

// signInPerson prepares the sign-in of a person for connection c, and finds out now
// whether its keystore could keep the result. port is that of the browser's way back,
// 0 for any that is free.
func (a *app) signInPerson(ctx context.Context, c keystore.Connection, way providers.SignInWay, port int) (*personSignIn, error) {
	store, err := a.secrets(c)
	if err != nil {
		return nil, err
	}
	if backend := store.Describe(); backend.ReadOnly {
		return nil, usage("use --keystore keyring or age", "a person's sign-in needs a keystore that can keep a key")
	}
	if err := keystore.Probe(ctx, store); err != nil {
		return nil, err
	}
	s := &personSignIn{app: a, way: way, port: port, store: store, memory: &inMemory{}, asked: c}
	if err := s.begin(); err != nil {
		return nil, err
	}
	return s, nil
}

// begin makes a provider that knows nobody yet.
func (s *personSignIn) begin() error {
	provider, err := s.app.personProvider(s.asked, &graph.Person{Kept: s.memory, Level: providers.AccessLevel(s.asked.Access)})
	if err != nil {
		return asUsage(err)
	}
	s.provider, s.connection, s.who = provider, s.asked, providers.SignedIn{}
	return nil
}

// wait shows the prompt and waits until somebody signed in.
func (s *personSignIn) wait(ctx context.Context, show func(providers.SignInPrompt)) error {
	var who providers.SignedIn
	var err error
	if s.way == providers.ByBrowser {
		who, err = s.provider.SignInWithBrowser(ctx, s.port, show)
	} else {
		who, err = s.provider.SignInWithDeviceCode(ctx, show)
	}
	if err != nil {
		return err
	}
	c := s.asked
	c.Account, c.AccountID = who.Address, who.Account
	if address, ok := providers.ParseAddress(who.Address); ok && c.Organizer == "" {
		c.Organizer = string(address)
	}
	s.who, s.connection = who, c
	if s.again {
		if err := s.sameAccount(); err != nil {
			return err
		}
		s.connection.Account = s.asked.Account
	}
	return nil
}

// test tries what the console needs with the account that answered.
func (s *personSignIn) test(ctx context.Context) (connectObject, error) {
	return s.app.testProvider(ctx, &s.connection, s.provider)
}

// answered says in one line which account of which tenant answered.
func (s *personSignIn) answered(result connectObject) string {
	return fmt.Sprintf("%s of tenant %s (%s)", providers.Sanitise(s.who.Address), result.TenantName.Or("without a name"), result.TenantID)
}

// is reports whether the account that answered has this sign-in name.
func (s *personSignIn) is(name string) bool { return strings.EqualFold(name, s.who.Address) }

// keep stores what was confirmed: the sign-in in a sealed file, its key in the
// keystore, the connection in the configuration. Where one fails, all are taken back.
func (s *personSignIn) keep(ctx context.Context, config *keystore.Config) (keystore.Connection, error) {
	if s.again {
		err := s.renew(ctx, config)
		if err == nil {
			s.memory.wipe()
		}
		return s.connection, err
	}
	key := keystore.NewDataKey()
	defer key.Wipe()
	sealed := s.app.sealed(s.connection)
	text, err := s.memory.Read(ctx)
	if err == nil {
		err = sealed.Write(key, text)
	}
	if err != nil {
		return s.connection, err
	}
	if err := s.app.keep(ctx, config, s.connection, s.store, key); err != nil {
		if undo := sealed.Remove(); undo != nil {
			s.app.out.say("roomdesk: %s", explain(undo).sentence())
		}
		return s.connection, err
	}
	s.memory.wipe()
	return s.connection, nil
}

// forget drops who answered, so that wait can be called for another account.
func (s *personSignIn) forget() error {
	s.discard()
	return s.begin()
}

// discard ends it and forgets what was not kept.
func (s *personSignIn) discard() {
	_ = s.provider.Close() // only reads were made
	s.memory.wipe()
}
