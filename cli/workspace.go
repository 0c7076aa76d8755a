package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	stdsync "sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roomdesk/booking"
	"roomdesk/boundary"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync"
	"roomdesk/tui"
)

// workspace is a session as the console sees it: [tui.Workspace] over the mirror,
// the sync engine and the booking desk.
type workspace struct {
	*session
	demo   bool
	engine *sync.Engine
	desk   *booking.Desk
	hub    *hub
	// finders answers wishes from the mirror's lists.
	finders finders
	words   *wordsFile
	mover   *mover // nil: the organisation has one provider
	recount chan struct{}
	// exchanged wakes who removes old credentials; settling is how far that is, by the
	// connection's name.
	exchanged chan struct{}
	settling  map[string]settling

	// name is what the tenant was called when it last answered.
	name providers.Untrusted

	mu       stdsync.Mutex
	identity providers.Identity
	problem  *providers.Problem // why nobody answered; nil once somebody did
	gone     time.Time          // since when it is disconnected; zero: it is not
	gap      string             // what of the organisation cannot be asked; "" for nothing
	stop     func()             // ends the work in the background
	ended    chan struct{}      // closed once that has ended
	// allowed is what single mailboxes are known not to allow; replaced as a whole.
	allowed map[providers.Address]providers.Access
	// limits are role and chosen level, as they were read last.
	limits boundary.Limits
	ending tui.EndingWay
}

var _ tui.Workspace = (*workspace)(nil)

func newWorkspace(ctx context.Context, s *session, demo bool) (*workspace, error) {
	name, err := s.store.Meta(ctx, metaTenantName)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = s.connection.Name
	}
	engine := s.engine()
	w := &workspace{session: s, limits: s.limitsNow(), demo: demo, engine: engine, hub: newHub(), words: s.app.wordsFile(), name: providers.Outside(name)}
	w.mover, w.recount, w.exchanged = s.newMover(w.migrated), make(chan struct{}, 1), make(chan struct{}, 1)
	w.attachDesk(engine)
	s.homes.onChange(func() {
		w.finders.forget()
		w.hub.add(tui.Changes{Rooms: true})
	})
	return w, nil
}

// start begins the work in the background; the channel gives its error once all
// of it has ended, after ctx has.
func (w *workspace) start(ctx context.Context) <-chan error {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	w.mu.Lock()
	w.stop, w.ended = stop, ended
	w.mu.Unlock()
	done := make(chan error, 1)
	if w.connection.Disconnected != nil { // nobody is there to talk to
		stop()
		close(ended)
		done <- nil
		return done
	}
	var background errgroup.Group
	background.Go(func() error {
		defer stop()
		return w.engine.Run(ctx)
	})
	background.Go(func() error {
		if err := w.desk.Run(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	background.Go(func() error {
		if err := w.desk.RunRelocations(ctx); ctx.Err() == nil {
			return err
		}
		return nil
	})
	background.Go(func() error { return w.follow(ctx) })
	background.Go(func() error { return w.identify(ctx) })
	background.Go(func() error { return w.followAccess(ctx) })
	background.Go(func() error { return w.followGaps(ctx) })
	background.Go(func() error { return w.followEnding(ctx) })
	background.Go(func() error { return w.runMigration(ctx) })
	background.Go(func() error { return w.followWords(ctx) })
	background.Go(func() error { return w.followRotations(ctx) })
	go func() {
		err := background.Wait()
		close(ended)
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		done <- err
	}()
	return done
}

// follow carries the engine's updates to the console.
func (w *workspace) follow(ctx context.Context) error {
	var seen uint64
	for {
		update, err := w.engine.Wait(ctx, seen)
		if err != nil {
			return nil // ctx ended
		}
		seen = update.Seq
		if update.Rooms || update.People || update.All {
			w.finders.forget()
			w.countAgain()
		}
		changes := tui.Changes{Rooms: update.Rooms, People: update.People, Mailboxes: update.Mailboxes, All: update.All, Sync: update.Progress}
		for _, notice := range update.Notices {
			changes.Notices = append(changes.Notices, tui.Notice{Text: notice.Text, Bad: notice.Bad, About: notice.About})
		}
		if !update.All {
			if err := w.desk.Noticed(ctx, update.Mailboxes); err != nil && ctx.Err() == nil {
				w.app.log.Warn("bookings cannot be compared with what changed", "error", err)
			}
		}
		w.hub.add(changes)
	}
}

// Pauses between tries to learn who answers.
const (
	identifyFirst = 2 * time.Second
	identifyMost  = time.Minute
)

// identify asks who answers until somebody does, for the console's first line.
func (w *workspace) identify(ctx context.Context) error {
	for pause := identifyFirst; ; pause = min(2*pause, identifyMost) {
		identity, err := w.provider.Identify(ctx)
		if ctx.Err() != nil {
			return nil
		}
		w.mu.Lock()
		if err == nil {
			w.identity, w.problem = identity, nil
		} else {
			w.problem = providers.ProblemOf(err, w.app.deps.Now())
		}
		w.mu.Unlock()
		w.hub.add(tui.Changes{Sync: true})
		if err == nil {
			w.settleLater()
			if w.mayWrite() {
				// The name is a convenience: the next start shows it without a network.
				_ = w.store.SetMeta(ctx, metaTenantName, identity.TenantName.Raw())
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// metaTenantName is where the tenant's name is kept in the store.
const metaTenantName = "cli.tenant.name"

// Header implements [tui.Workspace].
func (w *workspace) Header() tui.Header {
	w.mu.Lock()
	identity, problem, allowed, limits, ending := w.identity, w.problem, w.allowed, w.limits, w.ending
	w.mu.Unlock()
	progress := w.engine.Progress()
	h := tui.Header{
		Tenant: identity.TenantName, Provider: w.providerNames(), Access: identity.Capabilities.Access, Demo: w.demo || w.connection.Demo(),
		Organizer: w.organizer(), Zone: w.app.deps.Zone, LastGood: progress.LastGood, Problem: progress.Problem,
		Expiring: w.firstExpiry(), Mailboxes: allowed, Role: limits.Role, Ending: ending,
		Allowed: limits.Role.Access().With(providers.ConnectionAccess(identity.Capabilities.Within(limits.Level))),
	}
	if h.Tenant.Empty() {
		h.Tenant = w.name
	}
	if h.Access == "" {
		h.Access = providers.FullAccess
	}
	if limits.Level != "" {
		h.Access = providers.Capabilities{Access: h.Access}.Within(limits.Level).Access
	}
	if h.Problem == nil {
		h.Problem = problem
	}
	w.mu.Lock()
	h.Gap = w.gap
	w.mu.Unlock()
	if h.Disconnected = w.disconnectedSince(); !h.Disconnected.IsZero() {
		h.Access, h.Allowed, h.Problem = providers.NoAccess, downAccess(), nil
	}
	return h
}

// Rooms implements [tui.Workspace].
func (w *workspace) Rooms(ctx context.Context) ([]providers.Room, error) {
	rooms, err := w.store.Rooms(ctx)
	return w.atHome(rooms), err
}

// Availability implements [tui.Workspace].
func (w *workspace) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	known, err := w.store.Availability(ctx, mailboxes, window)
	if since := w.disconnectedSince(); err == nil && !since.IsZero() {
		return aged(known, since), nil
	}
	return known, err
}

// Events implements [tui.Workspace].
func (w *workspace) Events(ctx context.Context, mailbox providers.Address, window providers.Interval) ([]providers.Event, error) {
	if why := w.provider.Access().Refuses(providers.VerbEvents); why != "" {
		return nil, &providers.Error{Class: providers.Unsupported, Op: "reading meetings", Mailbox: mailbox, Message: providers.Outside(why)}
	}
	return w.store.Events(ctx, mailbox, window)
}

// People implements [tui.Workspace].
func (w *workspace) People(ctx context.Context) ([]providers.Person, error) {
	return w.store.People(ctx)
}

// Calendars implements [tui.Workspace].
func (w *workspace) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	mirrored, err := w.store.Calendars(ctx, mailbox)
	if err != nil || len(mirrored) > 0 {
		return mirrored, err
	}
	calendars, err := w.provider.Calendars(providers.WithPriority(ctx, providers.Interactive), mailbox)
	if err != nil {
		return nil, err
	}
	if w.mayWrite() {
		if _, err := w.store.SetCalendars(ctx, mailbox, calendars); err != nil {
			return nil, err
		}
	}
	return calendars, nil
}

// Watch implements [tui.Workspace].
func (w *workspace) Watch(mailboxes []providers.Address) { w.engine.Watch(mailboxes) }

// Sync implements [tui.Workspace].
func (w *workspace) Sync(ctx context.Context) (providers.SyncProgress, []providers.MailboxStatus, error) {
	mailboxes, err := w.engine.Status(ctx)
	return w.engine.Progress(), mailboxes, err
}

// Retry implements [tui.Workspace].
func (w *workspace) Retry(mailboxes ...providers.Address) {
	for _, p := range w.parts() {
		if refused, ok := p.provider.(interface{ TryAgain() }); ok {
			refused.TryAgain()
		}
	}
	w.engine.Retry(mailboxes...)
}

// Wait implements [tui.Workspace].
func (w *workspace) Wait(ctx context.Context) (tui.Changes, error) { return w.hub.wait(ctx) }

// Connections implements [tui.Workspace].
func (w *workspace) Connections(ctx context.Context) ([]tui.ConnectionRow, error) {
	if err := w.provider.Refuses(providers.VerbAdminister); err != nil {
		return nil, err // looking is not tried: the console reads it by itself
	}
	connections := w.connections()
	if !w.demo {
		config, err := w.app.loadConfig()
		if err != nil {
			return nil, err
		}
		connections = grouped(config)
	}
	progress := w.engine.Progress()
	rows := make([]tui.ConnectionRow, 0, len(connections))
	for _, c := range connections {
		state, _ := w.app.credential(ctx, c)
		row := tui.ConnectionRow{
			Name: c.Name, Provider: c.ProviderName(), Tenant: c.Tenant, Identity: identityOf(c), Kind: "enterprise", Granted: c.Permissions,
			Keystore: c.KeystoreKind(), Credential: state, Demo: w.demo || c.Demo(), Active: slices.ContainsFunc(w.members, func(p part) bool { return p.connection.Name == c.Name }),
		}
		if slices.ContainsFunc(connections, func(other keystore.Connection) bool { return other.Beside == c.Name || c.Beside == other.Name }) {
			row.Organisation, row.Home = cmp.Or(c.Beside, c.Name), providers.HomeWords(c.Provider)
		}
		if c.AccountID != "" {
			row.Kind, row.Identity = "individual", c.Account
		}
		if left := c.Expiry(w.app.deps.Now()); !row.Demo {
			row.Expiry, row.Ending = left.Sentence, left.Words
		}
		if t, ok := w.app.tested(c); ok && !w.demo {
			row.Tested, row.TestHealthy, row.TestResult = t.At, t.Healthy, providers.Sanitise(t.FirstLine)
		}
		if row.Active {
			row.Healthy, row.LastUse = progress.Problem == nil && state == "present", progress.LastGood
		}
		rows = append(rows, row)
	}
	if w.demo {
		return rows, nil
	}
	old, err := w.app.oldRows()
	return append(rows, old...), err
}
