package doctor

import (
	"context"
	"strings"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// Prober asks small questions about a connection; see package graph. Errors are
// *providers.Error.
type Prober interface {
	Reader
	Writer
}

// Writer is what of a prober changes the tenant.
type Writer interface {
	Create(ctx context.Context, draft providers.EventDraft) (providers.Event, error)
	Change(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error)
	Cancel(ctx context.Context, mailbox providers.Address, id, comment string) error
}

// Reader is what of a prober leaves nothing behind.
type Reader interface {
	Hosts() (signIn, graph string)
	Proxy(host string) (string, error)
	Resolve(ctx context.Context, host string) ([]string, error)
	Connect(ctx context.Context, host string) (string, error)
	Handshake(ctx context.Context, host string) (providers.HostSeen, error)
	Tenant(ctx context.Context, tenant string) (providers.TenantSeen, error)
	Control(ctx context.Context, clientID, secret string) (providers.SignInControl, error)
	Token(ctx context.Context) (providers.TokenSeen, error)
	Audiences() []string
	Grants(ctx context.Context) ([]providers.Grant, error)
	Organization(ctx context.Context) (providers.Identity, error)
	Rooms(ctx context.Context) ([]providers.Room, error)
	People(ctx context.Context) error
	Account(ctx context.Context, mailbox providers.Address) (providers.AccountSeen, error)
	Calendar(ctx context.Context, mailbox providers.Address) (providers.Calendar, error)
	CanRead(ctx context.Context, mailbox providers.Address) error
	// Inbox asks for the inbox folder of a mailbox and for nothing in it; nil: it
	// answers. It is asked only where the options say so.
	Inbox(ctx context.Context, mailbox providers.Address) error
	Schedules(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error)
	Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error)
	Find(ctx context.Context, mailbox providers.Address, transaction string, around providers.Interval) (providers.Event, bool, error)
	Exchange(ctx context.Context, address string) (status int, err error)
}

// Options say what is examined.
type Options struct {
	Connection keystore.Connection
	// Secret reads the credential. Nil: it needs none that could be read (a
	// certificate of its own store, a person's sign-in).
	Secret func(context.Context) (keystore.Secret, error)
	// Prober is nil where SetUp says why the connection cannot be tried at all.
	Prober Prober
	// Server is the prober of a connection to an Exchange server, in place of Prober.
	Server ExchangeProber
	SetUp  error
	// Beside is the other connection of the organisation; nil: there is none, or it is
	// not to be looked at.
	Beside *Beside
	// Mailboxes are looked at closely; with Write, rooms among them are booked.
	Mailboxes []providers.Address
	// Outside must be refused.
	Outside providers.Address
	// Inbox asks for the inbox of one mailbox, which must be refused: the only
	// question that leaves the calendar folders.
	Inbox bool
	// Write makes an event and takes it away again.
	Write bool
	// Exchange is the address of Exchange Web Services to try; "" is none.
	Exchange string
	Now      func() time.Time
	// Wait sleeps; nil: by the clock of this machine.
	Wait func(context.Context, time.Duration) error
	// Report is told of each rung as it ends; nil: nobody.
	Report func(providers.Rung)
}

// Bounds of an examination.
const (
	// roomsRead is how many rooms are tried one by one.
	roomsRead = 40
	// looks is how often a refused mailbox is tried again, to see whether the
	// answer is the same each time; lookPause lies between.
	looks     = 3
	lookPause = 7 * time.Second
	// skewAllowed is what sign-in services allow for (Microsoft documents five minutes).
	skewAllowed = 5 * time.Minute
	// spreading is how long grants and policies may take until all of Exchange
	// knows them (30 minutes to 2 hours by Microsoft's pages).
	spreading = 2 * time.Hour
	// answerPatience is how long a room may take to answer; answerPause lies
	// between two looks.
	answerPatience = time.Minute
	answerPause    = 3 * time.Second
)

// outcome is how a rung ended. Without trouble and without skipped it passed.
type outcome struct {
	seen    string
	skipped string // why it was not run
	trouble *providers.Trouble
	waiting bool // the trouble passes by itself
	more    []providers.Trouble
}

func passed(seen string) outcome                       { return outcome{seen: seen} }
func notRun(why string) outcome                        { return outcome{skipped: why} }
func failed(t providers.Trouble) outcome               { return outcome{trouble: &t} }
func waiting(t providers.Trouble) outcome              { return outcome{trouble: &t, waiting: true} }
func (o outcome) with(seen string) outcome             { o.seen = seen; return o }
func (o outcome) and(more []providers.Trouble) outcome { o.more = more; return o }

// examination is one diagnosis under way, with what the rungs learnt.
type examination struct {
	Options
	d      providers.Diagnosis
	states map[string]providers.RungState

	skew       time.Duration // the service's clock less ours
	skewed     time.Time     // when that was seen
	left       bool          // something written could not be taken away
	tokenErr   error
	controlled *control
	signedIn   bool
	tenant     providers.TenantSeen
	identity   providers.Identity
	rooms      []providers.Room
	organizer  providers.Address
	calendar   *providers.Calendar // the organizer's
	tried      map[providers.Address]error
	grants     []providers.Grant
	grantsErr  error
	grantsRead bool

	exchangeSeen exchangeSeen // over an Exchange server
}

// step is one rung of the ladder.
type step struct {
	name string
	// needs are rungs that must have passed.
	needs []string
	run   func(*examination, context.Context) outcome
}

// ladder is the order of the rungs: cheapest and most basic first.
func ladder() []step {
	return []step{
		{"settings", nil, (*examination).settings},
		{"credential", nil, (*examination).credential},
		{"name", []string{"settings"}, (*examination).names},
		{"connection", []string{"name"}, (*examination).connections},
		{"tls", []string{"connection"}, (*examination).tls},
		{"clock", []string{"tls"}, (*examination).clock},
		{"tenant", []string{"tls"}, (*examination).tenantExists},
		{"application", []string{"tenant"}, (*examination).application},
		{"sign-in", []string{"tenant", "credential"}, (*examination).signIn},
		{"token", []string{"sign-in"}, (*examination).token},
		{"graph", []string{"token"}, (*examination).graph},
		{"places", []string{"graph"}, (*examination).places},
		{"calendars", []string{"graph"}, (*examination).calendars},
		{"people", []string{"graph"}, (*examination).people},
		{"organizer", []string{"calendars"}, (*examination).organizerMailbox},
		{"test mailbox", []string{"calendars"}, (*examination).testMailbox},
		{"rooms", []string{"places"}, (*examination).roomsVisible},
		{"room calendars", []string{"calendars", "rooms"}, (*examination).roomCalendars},
		{"named mailboxes", []string{"calendars"}, (*examination).named},
		{"availability", []string{"organizer"}, (*examination).availability},
		{"teams", []string{"organizer"}, (*examination).teams},
		{"outside", []string{"calendars"}, (*examination).outside},
		{"inbox", []string{"calendars"}, (*examination).inbox},
		{"write", []string{"organizer"}, (*examination).write},
		{"room answers", []string{"write"}, (*examination).roomAnswers},
		{"exchange", []string{"graph"}, (*examination).exchange},
	}
}

// Rungs are the names of all rungs, in their order.
func Rungs() []string {
	var names []string
	for _, s := range ladder() {
		names = append(names, s.name)
	}
	return names
}

// Run examines a connection. It ends early only with its context.
func Run(ctx context.Context, o Options) providers.Diagnosis {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = sleep
	}
	e := &examination{Options: o, states: map[string]providers.RungState{}, tried: map[providers.Address]error{}}
	e.organizer, _ = providers.ParseAddress(o.Connection.Organizer)
	e.d = providers.Diagnosis{Connection: o.Connection.Name, Started: o.Now()}
	ctx = providers.WithPriority(ctx, providers.Interactive)
	if e.exchangeSeen.test, _ = providers.ParseAddress(o.Connection.TestMailbox); e.exchangeSeen.test == "" {
		e.exchangeSeen.test, _ = providers.ParseAddress(o.Connection.Email)
	}
	for _, s := range e.steps() {
		e.climb(ctx, s)
	}
	e.d.Took = o.Now().Sub(e.d.Started)
	return e.d
}

func (e *examination) climb(ctx context.Context, s step) {
	begun := e.Now()
	o := e.blocked(ctx, s)
	if o.skipped == "" {
		o = s.run(e, ctx)
	}
	rung := providers.Rung{Name: s.name, State: providers.RungPassed, Seen: providers.Sanitise(o.seen), Took: e.Now().Sub(begun), Trouble: o.trouble, More: o.more}
	switch {
	case o.skipped != "":
		rung.State, rung.Seen = providers.RungNotRun, providers.Sanitise(o.skipped)
	case o.trouble != nil && o.waiting:
		rung.State = providers.RungWaiting
	case o.trouble != nil:
		rung.State = providers.RungFailed
	}
	// What was left in a calendar is told in any case.
	if ctx.Err() != nil && rung.State == providers.RungFailed && !e.left {
		rung = providers.Rung{Name: s.name, State: providers.RungNotRun, Seen: "stopped"}
	}
	e.states[s.name] = rung.State
	e.d.Rungs = append(e.d.Rungs, rung)
	if e.Report != nil {
		e.Report(rung)
	}
}

// blocked says why a rung cannot be tried: one that it stands on did not hold.
func (e *examination) blocked(ctx context.Context, s step) outcome {
	if ctx.Err() != nil {
		return notRun("stopped")
	}
	for _, need := range s.needs {
		switch e.states[need] {
		case providers.RungFailed:
			if e.partly(need) {
				continue
			}
			return notRun("needs " + need + ", which failed")
		case providers.RungWaiting:
			if e.partly(need) {
				continue
			}
			return notRun("needs " + need + ", which has to wait")
		case providers.RungNotRun:
			return notRun("needs " + need + ", which was not run")
		case providers.RungPassed:
		}
	}
	return outcome{}
}

// partly reports whether a rung failed only beside what others stand on.
func (e *examination) partly(name string) bool {
	rung, ok := e.d.Rung(name)
	return ok && rung.Trouble != nil && rung.Trouble.Partly
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// has reports whether a list of permissions has one, in whatever case.
func has(list []string, want string) bool {
	for _, have := range list {
		if strings.EqualFold(have, want) {
			return true
		}
	}
	return false
}
