package migration

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// Options are what a mover works with. Store, From and To are required.
type Options struct {
	Store *store.Store
	// From is the connection that mailboxes are moved from, To where they go.
	From, To Side
	// Window is what a whole reading covers at a time; nil: 7 days back to 62 ahead, as
	// the sync has it.
	Window func(now time.Time) providers.Interval
	// Pilot names the mailboxes that are moved first unless others are chosen; nil: none.
	Pilot func() []providers.Address
	// Refuses says why nothing can be moved from here; nil or "": nothing stands against it.
	Refuses func() string
	// Ends is when From ends for good, so that nothing can be taken back; zero: never.
	Ends time.Time
	// Workers is how many mailboxes are read or moved at a time: 4.
	Workers int
	// Moved is told where a mailbox is from now on, before anybody may write to it again.
	Moved func(providers.Home)
	// Changed is told mailboxes of which a meeting is not what it was: what others did
	// while they were moved.
	Changed func(...providers.Address)
	// Told is told the journal after each step, from one goroutine at a time.
	Told   func(providers.Migration)
	Now    func() time.Time // nil: the machine's clock
	Logger *slog.Logger     // nil: none
}

// Mover moves an organisation's mailboxes. All methods are safe for concurrent use. Only
// the process that syncs the store may move; any may look, and stop.
type Mover struct {
	o   Options
	log *slog.Logger
	at  func(point string) // points that a death of the process may meet; for tests
	// pause is between two tries of what cannot be moved just now.
	pause time.Duration

	mu      sync.Mutex
	busy    bool
	stopped bool
	closed  bool
	end     context.CancelFunc
	done    chan struct{}
	telling sync.Mutex
}

// New makes a mover. It does nothing before it is asked to, or [Mover.Resume] is called.
func New(o Options) *Mover {
	if o.Window == nil {
		o.Window = func(now time.Time) providers.Interval {
			day := now.UTC().Truncate(24 * time.Hour)
			return providers.Interval{Start: day.AddDate(0, 0, -7), End: day.AddDate(0, 0, 62)}
		}
	}
	if o.Workers <= 0 {
		o.Workers = 4
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Moved == nil {
		o.Moved = func(providers.Home) {}
	}
	if o.Changed == nil {
		o.Changed = func(...providers.Address) {}
	}
	if o.Told == nil {
		o.Told = func(providers.Migration) {}
	}
	return &Mover{o: o, log: o.Logger, at: func(string) {}, pause: roundsPause}
}

// keptFor is how long the side that a mailbox was moved from is good for the way back.
const keptFor = 14 * 24 * time.Hour

// stopKey is where any process asks the one that moves to stop.
const stopKey = "migration.stop"

// Migration is the journal; false where there is none.
func (m *Mover) Migration(ctx context.Context) (providers.Migration, bool, error) {
	j, ok, err := m.o.Store.Migration(ctx)
	if err != nil || !ok {
		return providers.Migration{}, false, err
	}
	moves, err := m.o.Store.Moves(ctx, j.ID)
	if err != nil {
		return providers.Migration{}, false, err
	}
	for _, move := range moves {
		j.Mailboxes = append(j.Mailboxes, move.MailboxMove)
		j.Artefacts += move.Artefacts
	}
	if j.State.Working() && !m.working() && m.o.Store.Holder() == "" {
		j.State = resting(j) // whoever worked on it is gone
	}
	return j, true, nil
}

func (m *Mover) working() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.busy
}

// resting is the state of a migration of which nothing is at work.
func resting(j providers.Migration) providers.MigrationState {
	moved := j.Count(providers.MoveMoved)
	switch left := j.Count(providers.MovePlanned, providers.MoveReady, providers.MoveDiffers, providers.MoveSwitching, providers.MoveReturned); {
	case j.State == providers.MigrationFinished:
		return providers.MigrationFinished
	case moved > 0 && left == 0:
		return providers.MigrationMoved
	case moved > 0 || j.Count(providers.MoveReturning) > 0:
		return providers.MigrationPaused
	case j.Count(providers.MoveReturned) > 0:
		return providers.MigrationReturned
	}
	return providers.MigrationCompared
}

// WhyNotMigrate says without asking anybody why nothing can be moved from here.
func (m *Mover) WhyNotMigrate() string {
	if m.o.Refuses != nil {
		if why := m.o.Refuses(); why != "" {
			return why
		}
	}
	return ""
}

// refused is the error for what cannot be done now.
func refused(why string) error {
	return &providers.Error{Class: providers.Permanent, Op: "migrating", Message: providers.Outside(why)}
}

var errBusy = errors.New("mailboxes are being read or moved already")

// begin runs work in the background, one at a time and in one process.
func (m *Mover) begin(ctx context.Context, work func(ctx context.Context) error) error {
	if why := m.WhyNotMigrate(); why != "" {
		return refused(why)
	}
	held, err := m.o.Store.Lease()
	if err != nil {
		return err
	}
	if !held {
		return &providers.Error{Class: providers.Local, Op: "migrating", Err: errors.New(m.o.Store.Holder() + " keeps this store in sync: migrate there, or close it"),
			Advice: "the journal is shown by roomdesk migrate status"}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy || m.closed {
		return &providers.Error{Class: providers.Conflict, Op: "migrating", Err: errBusy}
	}
	if err := m.o.Store.SetMeta(ctx, stopKey, ""); err != nil {
		return err
	}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	m.busy, m.stopped, m.end, m.done = true, false, end, make(chan struct{})
	go func() {
		defer end()
		err := work(running)
		m.rest(context.WithoutCancel(running), err)
	}()
	return nil
}

// rest stores what came of work in the background.
func (m *Mover) rest(ctx context.Context, failed error) {
	j, ok, err := m.Migration(ctx)
	if err == nil && ok {
		j.State = resting(j)
		if j.Problem = nil; failed != nil && !providers.Is(failed, providers.Cancelled) {
			j.Problem = providers.ProblemOf(failed, m.o.Now())
		}
		err = m.o.Store.SaveMigration(ctx, j)
	}
	if err != nil {
		m.log.Error("how the migration came out could not be stored", "error", err)
	}
	m.tell(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy = false
	close(m.done)
}

// Wait returns once nothing is at work.
func (m *Mover) Wait(ctx context.Context) error {
	m.mu.Lock()
	busy, done := m.busy, m.done
	m.mu.Unlock()
	if !busy {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return &providers.Error{Class: providers.Cancelled, Op: "migrating", Err: ctx.Err()}
	}
}

// Close ends what is at work; the journal says where it was.
func (m *Mover) Close() error {
	m.mu.Lock()
	m.closed = true
	busy, done := m.busy, m.done
	if busy {
		m.end()
	}
	m.mu.Unlock()
	if busy {
		<-done
	}
	return nil
}

// halted reports whether nothing further is to begin.
func (m *Mover) halted(ctx context.Context) bool {
	m.mu.Lock()
	stopped := m.stopped
	m.mu.Unlock()
	if stopped || ctx.Err() != nil {
		return true
	}
	text, err := m.o.Store.Meta(ctx, stopKey)
	return err == nil && text != ""
}

// tell hands the journal on.
func (m *Mover) tell(ctx context.Context) {
	m.telling.Lock()
	defer m.telling.Unlock()
	if j, ok, err := m.Migration(context.WithoutCancel(ctx)); err == nil && ok {
		m.o.Told(j)
	}
}

// StopMigration lets no further mailbox begin; one at work comes to its end. It may be
// called by any process.
func (m *Mover) StopMigration(ctx context.Context) (providers.Migration, error) {
	m.mu.Lock()
	m.stopped = true
	m.mu.Unlock()
	if err := m.o.Store.SetMeta(ctx, stopKey, "stop"); err != nil {
		return providers.Migration{}, err
	}
	return m.journal(ctx)
}

// journal is the migration that must be there.
func (m *Mover) journal(ctx context.Context) (providers.Migration, error) {
	j, ok, err := m.Migration(ctx)
	if err == nil && !ok {
		err = refused("nothing was compared yet: roomdesk migrate plan")
	}
	return j, err
}

// SetPilot makes these mailboxes the group that is moved first.
func (m *Mover) SetPilot(ctx context.Context, mailboxes []providers.Address) (providers.Migration, error) {
	j, err := m.journal(ctx)
	if err != nil {
		return j, err
	}
	if m.working() || m.o.Store.Holder() != "" {
		return j, &providers.Error{Class: providers.Conflict, Op: "choosing the pilot group", Err: errBusy}
	}
	moves, err := m.o.Store.Moves(ctx, j.ID)
	if err != nil {
		return j, err
	}
	var changed []store.Move
	known := map[providers.Address]bool{}
	for _, move := range moves {
		known[move.Mailbox] = true
		if pilot := slices.Contains(mailboxes, move.Mailbox); pilot != move.Pilot {
			move.Pilot = pilot
			changed = append(changed, move)
		}
	}
	for _, mailbox := range mailboxes {
		if !known[mailbox] {
			return j, refused(string(mailbox) + " is no mailbox of this migration")
		}
	}
	if err := m.o.Store.SaveMoves(ctx, j.ID, changed...); err != nil {
		return j, err
	}
	m.tell(ctx)
	return m.journal(ctx)
}

// FinishMigration gives up the way back.
func (m *Mover) FinishMigration(ctx context.Context) (providers.Migration, error) {
	j, err := m.journal(ctx)
	if err != nil {
		return j, err
	}
	if m.working() || m.o.Store.Holder() != "" {
		return j, &providers.Error{Class: providers.Conflict, Op: "finishing the migration", Err: errBusy}
	}
	moves, err := m.o.Store.Moves(ctx, j.ID)
	if err != nil {
		return j, err
	}
	var finished []store.Move
	for _, move := range moves {
		if move.State == providers.MoveMoved {
			move.State = providers.MoveFinished
			finished = append(finished, move)
		}
	}
	if len(finished) == 0 {
		return j, refused("no mailbox was moved")
	}
	// The journal first: without its way back a mailbox is only read whole.
	if err := m.o.Store.SaveMoves(ctx, j.ID, finished...); err != nil {
		return j, err
	}
	m.at("finishing")
	if err := m.o.Store.DropKept(ctx, time.Time{}); err != nil {
		return j, err
	}
	j.State = providers.MigrationFinished
	if err := m.o.Store.SaveMigration(ctx, j); err != nil {
		return j, err
	}
	m.tell(ctx)
	return m.journal(ctx)
}

// ParityEntries lists in what a mailbox's sides differed when they were compared last: at
// most 200, harmful ones first.
func (m *Mover) ParityEntries(ctx context.Context, mailbox providers.Address) ([]providers.ParityEntry, error) {
	return m.o.Store.ParityEntries(ctx, mailbox)
}

func newID() string { return uuid.NewString() }
