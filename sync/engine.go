package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	stdsync "sync"
	"sync/atomic"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
	"roomdesk/sync/store"
)

// Source is what the engine reads a tenant through. Errors are of type
// *providers.Error. Methods are called concurrently, for one mailbox at most one
// at a time; page functions are called in the order of the pages, and their
// error ends the call.
type Source interface {
	Identify(ctx context.Context) (providers.Identity, error)
	Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
	People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
	Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error
	Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
}

// Intervals are the bounds within which things are read again. Zero fields take
// the default.
type Intervals struct {
	Watched  time.Duration // mailboxes on the screen: 15 s
	Near     time.Duration // mailboxes with events in the hours ahead: 60 s
	Rest     time.Duration // all others: 10 min
	Full     time.Duration // a whole calendar anew, to find what a service forgot to say: 6 h
	Rooms    time.Duration // the list of rooms: 1 h
	People   time.Duration // the list of people: 6 h
	Schedule time.Duration // free/busy of mailboxes that cannot be mirrored: 5 min
	Compare  time.Duration // free/busy as the service answers it, against the mirror: 15 min
}

// Options configure an engine. Store and Source are required.
type Options struct {
	Store  *store.Store
	Source Source
	// Hinter tells of changes before their time, see [Engine.Hint]; nil: nobody does.
	Hinter Hinter
	// Queue says which mailbox is read next; nil: the store's own.
	Queue queue.Queue
	// People are the persons whose calendars are mirrored, besides every room's.
	People []providers.Address
	// AllPeople mirrors the calendar of everybody in the directory.
	AllPeople bool
	// Past and Ahead are how far a calendar is mirrored: 7 and 60 days.
	Past, Ahead time.Duration
	// Nearest is how many days ahead are read of every mailbox before the whole
	// window of any, while many wait for their first reading: 14 days. Negative:
	// none.
	Nearest time.Duration
	// Horizon is how far ahead free/busy is asked for: 7 days.
	Horizon   time.Duration
	Intervals Intervals
	Workers   int              // reads at the same time: 32
	Batch     int              // mailboxes in one question for free/busy: 20
	Now       func() time.Time // nil: the wall clock
	Logger    *slog.Logger     // nil: none
	Rand      *rand.Rand       // for jitter; nil: seeded by the system
}

// Engine keeps a store true. All methods are safe for concurrent use.
type Engine struct {
	store  *store.Store
	source Source
	queue  queue.Queue
	o      Options
	now    func() time.Time
	log    *slog.Logger
	hub    *hub

	requests atomic.Int64

	mu      stdsync.Mutex
	rand    *rand.Rand
	s       schedule
	pool    pool
	asking  asking
	left    map[providers.Address]bool // what Once has still to read
	running bool
	once    bool
	follows bool // another process syncs; this one only tells of its changes
	wake    chan struct{}
	pings   chan chan struct{}         // whether the loop still turns
	last    time.Time                  // when the loop last looked
	watched map[providers.Address]bool // on any screen
	screen  screen
	hints   hints
	asked   asked
	persons map[providers.Address]bool // configured, or all
	hold    hold
	// unconfirmed is how many rooms were missing from the newest list. Only the task that
	// lists rooms uses it.
	unconfirmed int
	phase       phaseState
	listing     providers.Listing
	outcome     Result
}

// New makes an engine; it does nothing before Run or Once.
func New(o Options) *Engine {
	defaults(&o)
	e := &Engine{
		store: o.Store, source: o.Source, queue: o.Queue, o: o, now: o.Now, log: o.Logger, rand: o.Rand, hub: newHub(),
		wake: make(chan struct{}, 1), pings: make(chan chan struct{}), watched: map[providers.Address]bool{}, persons: map[providers.Address]bool{},
	}
	for _, person := range o.People {
		e.persons[person] = true
	}
	if e.queue == nil && o.Store != nil {
		e.queue = o.Store.Queue()
	}
	e.s.init()
	e.pool.init()
	return e
}

func defaults(o *Options) {
	def(&o.Past, 7*24*time.Hour)
	def(&o.Ahead, 60*24*time.Hour)
	def(&o.Horizon, 7*24*time.Hour)
	if o.Nearest == 0 {
		o.Nearest = 14 * 24 * time.Hour
	}
	i := &o.Intervals
	def(&i.Watched, 15*time.Second)
	def(&i.Near, time.Minute)
	def(&i.Rest, 10*time.Minute)
	def(&i.Full, 6*time.Hour)
	def(&i.Rooms, time.Hour)
	def(&i.People, 6*time.Hour)
	def(&i.Schedule, 5*time.Minute)
	def(&i.Compare, 15*time.Minute)
	def(&o.Workers, 32)
	def(&o.Batch, 20)
	if o.Now == nil {
		// Without the monotonic reading, which stands still while a machine sleeps.
		o.Now = func() time.Time { return time.Now().Round(0) }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
}

func def[T int | time.Duration](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

// Run syncs until ctx ends and then stops cleanly: what was read is stored, and
// the next Run goes on from there. While another process syncs the same store it
// only tells of that one's changes, and takes over when that one ends. It returns
// an error only where going on would be wrong, for example another tenant.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.start(false); err != nil {
		return err
	}
	defer e.stop()
	if err := e.lead(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	attending, end := context.WithCancel(ctx)
	var attention stdsync.WaitGroup
	attention.Go(func() { e.attend(attending) })
	attention.Go(func() { e.publish(attending) })
	attention.Go(func() { e.listen(attending) })
	defer attention.Wait()
	defer end()
	return e.loop(ctx, nil)
}

// Result is what Once did.
type Result struct {
	Rooms, People int // in the tenant's lists
	Mailboxes     int // whose calendars are mirrored
	Read          int // of these, read to the end now
	Changed       int // of these, with a difference
	// Failed are the mailboxes that could not be read, with the reason.
	Failed   []providers.MailboxStatus
	Listing  providers.Listing // of rooms
	Requests int64             // to the source
	Took     time.Duration
	// Problem stopped everything, for example the sign-in.
	Problem *providers.Problem
}

// onceTries is how often Once tries what may succeed by itself.
const onceTries = 4

// Once reads everything that is due until nothing is queued: every list, every
// calendar's changes, or with full every calendar anew. Mailboxes that fail are
// in the result, and the error is nil then; it is not where nothing could be read
// at all. progress, if not nil, is called now and then from one goroutine.
func (e *Engine) Once(ctx context.Context, full bool, progress func(providers.SyncProgress)) (Result, error) {
	if err := e.start(true); err != nil {
		return Result{}, err
	}
	defer e.stop()
	held, err := e.store.Lease()
	if err != nil {
		return Result{}, err
	}
	if !held {
		return Result{}, &providers.Error{
			Class: providers.Local, Op: "syncing", Err: fmt.Errorf("%s syncs this store already", e.store.Holder()),
			Advice: "its state is shown by roomdesk sync status",
		}
	}
	begin, asked := e.now(), e.requests.Load()
	e.mu.Lock()
	e.s.full = full
	e.outcome = Result{}
	e.mu.Unlock()
	publishing, end := context.WithCancel(ctx)
	var publication stdsync.WaitGroup
	publication.Go(func() { e.publish(publishing) })
	err = e.loop(ctx, progress)
	end()
	publication.Wait()
	if err != nil {
		return Result{}, err
	}
	if err := ctx.Err(); err != nil {
		return Result{}, &providers.Error{Class: providers.Cancelled, Op: "syncing", Err: err}
	}
	result := e.result()
	result.Took, result.Requests = e.now().Sub(begin), result.Requests-asked
	if result.Problem != nil && result.Read == 0 {
		return result, &providers.Error{
			Class: result.Problem.Class, Cause: result.Problem.Cause, Op: "syncing", Status: result.Problem.Status, Code: result.Problem.Code,
			Message: result.Problem.Message, RequestID: result.Problem.RequestID, Advice: result.Problem.Advice,
		}
	}
	return result, nil
}

var errBusy = errors.New("the engine runs already")

func (e *Engine) start(once bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running {
		return errBusy
	}
	e.running, e.once = true, once
	e.fresh()
	return nil
}

// fresh forgets what an earlier run planned. Guarded by e.mu.
func (e *Engine) fresh() {
	e.s.init()
	e.pool.init()
	e.last = time.Time{}
	e.asking = asking{}
	e.left = map[providers.Address]bool{}
	e.hold = hold{}
	e.phase = phaseState{}
}

func (e *Engine) stop() {
	e.mu.Lock()
	e.running, e.follows = false, false
	e.mu.Unlock()
	e.hub.progress()
}

func (e *Engine) awake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// progressEvery is how often Once reports progress.
const progressEvery = 100 * time.Millisecond

// loop starts tasks as they become due, and waits for those that run before it
// returns.
func (e *Engine) loop(ctx context.Context, progress func(providers.SyncProgress)) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers stdsync.WaitGroup
	defer e.giveBack()
	defer workers.Wait()
	defer cancel()
	if err := e.planned(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	var reports <-chan time.Time
	if progress != nil {
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		reports = ticker.C
		defer func() { workers.Wait(); progress(e.Progress()) }()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		e.mu.Lock()
		now := e.now()
		e.notice(now)
		e.calmed(now)
		for t := e.next(now); t != nil; t = e.next(now) {
			workers.Go(func() { e.work(ctx, t) })
		}
		if e.s.fatal != nil {
			defer e.mu.Unlock()
			return e.s.fatal
		}
		if e.feeds(now) {
			e.pool.busy = true
			workers.Go(func() { e.feed(ctx) })
		}
		if e.once && e.s.active == 0 && e.s.waiting.Len() == 0 && e.s.ready.Len() == 0 && len(e.left) == 0 {
			e.mu.Unlock()
			return nil
		}
		due, ok := e.until(now)
		e.mu.Unlock()
		if !ok || due > glanceEvery {
			due = glanceEvery
		}
		timer.Reset(due)
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		case <-timer.C:
		case ping := <-e.pings:
			close(ping)
		case <-reports:
			progress(e.Progress())
		}
	}
}
