package providers

import (
	"slices"
	"strings"
	"time"
)

// RungState says how one rung of a diagnosis ended.
type RungState string

// States of a rung.
const (
	RungPassed RungState = "passed"
	RungFailed RungState = "failed"
	// RungWaiting: nothing is wrong, only time has to pass: a grant spreads, the
	// service asked to wait.
	RungWaiting RungState = "waiting"
	RungNotRun  RungState = "not run"
)

// Rung is one step of a diagnosis: a question about a connection, from the most
// basic upwards.
type Rung struct {
	Name string // stable, for scripts: "clock"
	// Connection is whose step it is, where the diagnosis is that of an organisation
	// with two connections; otherwise "".
	Connection string
	State      RungState
	// Seen is what was seen; of a rung that was not run, why. Safe to show.
	Seen string
	Took time.Duration
	// Trouble is set where the state is failed or waiting.
	Trouble *Trouble
	// More are further troubles of the same rung: other rooms.
	More []Trouble
}

// Trouble is what is wrong in one sentence: what, where, which value to change.
// All texts but Raw are safe to show, and none holds a secret.
type Trouble struct {
	// Mistake is the number in the catalogue of docs/doctor.md; 0 for trouble that is not in it.
	Mistake int
	What    string // "the client secret is a Secret ID and no secret"
	Where   string // "Entra admin center > App registrations > Certificates & secrets"
	Change  string // "copy the column Value"
	// Doc names the part of docs/doctor.md.
	Doc   string
	Class Class
	// Partly: the connection works, and something beside it or a single mailbox does not.
	Partly bool
	// Follows: it can only not be told because another connection of the organisation
	// does not answer, which is the cause unless nothing else is.
	Follows bool
	// Again is when to look again, where only time has to pass; zero: not known.
	Again time.Time
	// Or are other causes that look the same from outside.
	Or string
	// Hint is what a code of the service suggests. Nothing was decided by it.
	Hint      string
	Mailbox   Address
	Code      string    // as the service said it, a plain word
	Status    int       // HTTP; 0 where there was no answer
	RequestID string    // for the service's support
	Raw       Untrusted // the service's own text
	// Unknown marks trouble that is only shown and not explained.
	Unknown bool
}

// Said is the service's own text.
func (t *Trouble) Said() Untrusted { return t.Raw }

// Sentence is the trouble in one line.
func (t *Trouble) Sentence() string {
	if t == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(t.What, ". "))
	if t.Or != "" {
		b.WriteString(" (or " + t.Or + ")")
	}
	if t.Where != "" || t.Change != "" {
		b.WriteString("; ")
		if t.Where != "" {
			b.WriteString(t.Where)
		}
		if t.Change != "" {
			if t.Where != "" {
				b.WriteString(": ")
			}
			b.WriteString(t.Change)
		}
	}
	return Sanitise(b.String())
}

// Diagnosis is what was found out about a connection.
type Diagnosis struct {
	Connection string
	Started    time.Time
	Took       time.Duration
	Rungs      []Rung
	Token      *TokenSeen // nil where none could be had
}

// CauseRung is the rung with the first trouble: the first rung that failed, and where
// none did, the first that only needs time; -1 for a healthy connection. Of two
// connections the first that does not work comes before one that works in part.
func (d Diagnosis) CauseRung() int {
	best, rank := -1, 0
	for _, of := range d.connections() {
		at := d.causeOf(of)
		if at < 0 {
			continue
		}
		own := 4 // fails as a whole
		switch {
		case d.Rungs[at].Trouble.Follows:
			own = 1
		case d.Rungs[at].State == RungWaiting:
			own = 2
		case d.Rungs[at].Trouble.Partly:
			own = 3
		}
		if own > rank {
			best, rank = at, own
		}
	}
	return best
}

// causeOf is the first trouble of one connection.
func (d Diagnosis) causeOf(connection string) int {
	follows := -1
	for _, state := range []RungState{RungFailed, RungWaiting} {
		for i, rung := range d.Rungs {
			switch {
			case rung.Connection != connection || rung.State != state || rung.Trouble == nil:
			case !rung.Trouble.Follows:
				return i
			case follows < 0:
				follows = i
			}
		}
	}
	return follows
}

// connections are those whose rungs these are, the first one first.
func (d Diagnosis) connections() []string {
	var out []string
	for _, rung := range d.Rungs {
		if !slices.Contains(out, rung.Connection) {
			out = append(out, rung.Connection)
		}
	}
	return out
}

// Cause is the trouble of [Diagnosis.CauseRung]; nil is a healthy connection.
func (d Diagnosis) Cause() *Trouble {
	if at := d.CauseRung(); at >= 0 {
		return d.Rungs[at].Trouble
	}
	return nil
}

// FirstLine says the cause, or that there is none. Of two connections it names whose
// the cause is.
func (d Diagnosis) FirstLine() string {
	at := d.CauseRung()
	if at < 0 {
		return "nothing is wrong: all that was tried works"
	}
	if of := d.Rungs[at].Connection; of != "" {
		return Sanitise(of) + ": " + d.Rungs[at].Trouble.Sentence()
	}
	return d.Rungs[at].Trouble.Sentence()
}

// Together is what was found out about the connections of an organisation, one after
// the other, as one diagnosis under its first name.
func Together(each ...Diagnosis) Diagnosis {
	if len(each) == 0 {
		return Diagnosis{}
	}
	if len(each) == 1 {
		return each[0]
	}
	out := Diagnosis{Connection: each[0].Connection, Started: each[0].Started}
	for _, d := range each {
		out.Took += d.Took
		for _, rung := range d.Rungs {
			rung.Connection = d.Connection
			out.Rungs = append(out.Rungs, rung)
		}
	}
	return out
}

// Rung finds a rung by its name.
func (d Diagnosis) Rung(name string) (Rung, bool) {
	for _, rung := range d.Rungs {
		if rung.Name == name {
			return rung, true
		}
	}
	return Rung{}, false
}

// HostSeen is what a handshake with a host showed. Nothing was sent to a host
// whose certificate is not trusted.
type HostSeen struct {
	Host  string // with port
	Proxy string // through which; "" is directly. Without user and password
	// Subject and Issuer are those of the host's certificate; "" where none came.
	Subject, Issuer     Untrusted
	NotBefore, NotAfter time.Time
	Status              int       // of the answer; 0: none
	Date                time.Time // the host's clock by its answer; zero: none
	// Between is this machine's clock in the middle of the exchange.
	Between time.Time
}

// TenantSeen is what the discovery document of a tenant says.
type TenantSeen struct {
	Exists bool
	ID     string // "" where the document does not name it
}

// SignInControl is how the sign-in service answers a request that must fail. Two
// requests that fail for the same reason get the same answer, whatever its codes
// are today.
type SignInControl struct {
	Status int
	Error  string // of OAuth: "invalid_client"
	Code   int64  // the first code; 0: none
	// Passed: the request succeeded, so it was none that must fail.
	Passed bool
}

// TokenSeen is what a token says. It is for display and comparison: the service
// asks its clients not to rely on it, and nothing verifies it.
type TokenSeen struct {
	TenantID, AppID string
	// ObjectID is that of the application's service principal, or of the person.
	ObjectID          string
	AppName           Untrusted
	Audience          string
	Roles             []string // application permissions
	Scopes            []string // delegated permissions
	Issued, NotBefore time.Time
	Expires           time.Time
	// Readable: the token had claims at all.
	Readable bool
}

// Grant is a permission that an administrator granted to the application.
type Grant struct {
	Permission string // "Calendars.ReadWrite"; its id where the name is not known
	Since      time.Time
}

// AccountSeen is what the directory says of an account.
type AccountSeen struct {
	Name     Untrusted
	Enabled  bool
	Guest    bool
	Exchange bool // an enabled Exchange plan is assigned
	Teams    bool // an enabled Teams plan is assigned
	Licensed bool // any plan is assigned
	Synced   bool // comes from a directory on premises
}
