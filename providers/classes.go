package providers

// Again is how soon a read that failed is tried again by itself.
type Again string

// Paces of trying again.
const (
	// AgainSoon grows from a second to five minutes, and is never before what the
	// service asked for.
	AgainSoon Again = "soon"
	// AgainHourly looks every hour whether somebody changed something.
	AgainHourly Again = "hourly"
	// AgainDaily looks once a day.
	AgainDaily Again = "daily"
)

// classRow is all that follows from a class of failure.
type classRow struct {
	what, next string // what is wrong, and what a person can do
	again      Again
	// passes: the same read may succeed later without anybody changing anything.
	passes bool
	// state of a mailbox that failed so; "": it is as good as its age.
	state MailboxState
	// all: it may be the host or the sign-in, and not only one mailbox.
	all bool
	// locks: trying often makes it worse.
	locks bool
}

// classRows is the one table of failures: it drives retry, state and sentence.
var classRows = map[Class]classRow{
	Throttled:     {"the service asked to wait", "nothing to do: reading goes on by itself", AgainSoon, true, "", false, false},
	Transient:     {"the service had trouble", "nothing to do: it is tried again", AgainSoon, true, MailboxFailing, false, false},
	Unreachable:   {"the service cannot be reached", "check the network, the proxy and the host name", AgainSoon, true, MailboxFailing, true, false},
	UntrustedHost: {"the host's certificate is not trusted", "if your network inspects TLS, give its CA with --ca-file; never go on without", AgainSoon, false, MailboxFailing, true, true},
	Resync:        {"the service dropped the sync state", "nothing to do: the calendar is read anew", AgainSoon, true, MailboxFailing, false, false},
	SignedOut:     {"sign-in failed", "check the credential: roomdesk connect", AgainSoon, false, MailboxFailing, true, true},
	NotAllowed:    {"access is refused", "grant the permission, or add the mailbox to the allowed scope", AgainHourly, false, MailboxNoAccess, false, false},
	NoMailbox:     {"there is no cloud mailbox at this address", "check licence and address; an on-premises room needs an Exchange connection", AgainDaily, false, MailboxNoAccess, false, false},
	Gone:          {"it is no longer there", "it was deleted in the tenant", AgainDaily, false, MailboxFailing, false, false},
	Conflict:      {"somebody else changed it meanwhile", "look at it again, then repeat", AgainSoon, false, MailboxFailing, false, false},
	Permanent:     {"the service refuses the request", "see the message; another try changes nothing", AgainHourly, false, MailboxFailing, false, false},
	Foreign:       {"the answer does not come from the service", "a network sign-in page or a proxy may stand between; open a browser and sign in to the network", AgainSoon, true, MailboxFailing, false, false},
	Unsupported:   {"this is not supported here", "see the reason", AgainHourly, false, MailboxNoAccess, false, false},
	Local:         {"this machine is in the way", "see the message", AgainSoon, false, MailboxFailing, false, false},
	Cancelled:     {"stopped", "", AgainSoon, false, MailboxFailing, false, false},
}

// row is the class's row; one that nobody knows is shown, and not retried for
// ever.
func (c Class) row() classRow {
	if row, known := classRows[c]; known {
		return row
	}
	return classRow{what: "failed", again: AgainHourly, state: MailboxFailing}
}

// Words is the class in plain words.
func (c Class) Words() string { return c.row().what }

// Retryable reports whether the same read may succeed later without anybody
// changing anything.
func (c Class) Retryable() bool { return c.row().passes }

// Again is how soon such a read is tried again by itself.
func (c Class) Again() Again { return c.row().again }

// MailboxState is the state of a mailbox whose last reading failed so; "" where
// only its age counts.
func (c Class) MailboxState() MailboxState { return c.row().state }

// ConcernsAll reports whether it may be the host or the sign-in, and not only the
// one mailbox.
func (c Class) ConcernsAll() bool { return c.row().all }

// Locks reports whether trying often makes it worse: sign-ins get locked.
func (c Class) Locks() bool { return c.row().locks }
