package providers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Class sorts every failure by what has to be done about it. It drives retry,
// the state of a mailbox, the exit code and the one sentence that a person
// reads; codes and texts of a service never do.
type Class string

// Classes of failure.
const (
	// Throttled: the service asked to wait; see [Error.RetryAfter].
	Throttled Class = "throttled"
	// Transient: trouble at the service; a read is tried again, a write may have
	// happened and is looked up.
	Transient Class = "transient"
	// Unreachable: no answer from the host at all: name, route, TLS handshake.
	Unreachable Class = "unreachable"
	// Untrusted certificate, or another reason not to believe the host.
	UntrustedHost Class = "untrusted host"
	// Resync: the cursor is no longer good; read anew, keep the rows meanwhile.
	Resync Class = "resync"
	// SignedOut: no token can be had, or the service does not accept it.
	SignedOut Class = "signed out"
	// NotAllowed: the permission is missing or a policy leaves this mailbox out.
	NotAllowed Class = "not allowed"
	// NoMailbox: the address has no mailbox that the service can reach.
	NoMailbox Class = "no mailbox"
	// Gone: the thing itself is no longer there. On cancel that is success.
	Gone Class = "gone"
	// Conflict: somebody else changed or made it first.
	Conflict Class = "conflict"
	// Permanent: the request itself is refused; another try changes nothing.
	Permanent Class = "permanent"
	// Foreign: the answer is not the service's: HTML, another host, no JSON.
	Foreign Class = "foreign"
	// Unsupported: this connection or mailbox cannot do it; the message says why.
	Unsupported Class = "unsupported"
	// Local: disk, store, keyring or clock of this machine.
	Local Class = "local"
	// Cancelled: the caller gave up.
	Cancelled Class = "cancelled"
)

// Scope says what a throttling answer applies to.
type Scope string

// Scopes of throttling. ScopePart is of any failure: it concerns one part of an
// organisation as a whole, and not its other part.
const (
	ScopePart    Scope = "part"
	ScopeMailbox Scope = "mailbox"
	ScopeApp     Scope = "app"
)

// Error is a classified failure. It is the only error type that a provider
// returns for an answer or the lack of one.
type Error struct {
	Class      Class
	Cause      Cause  // more exactly than Class; "": not known
	Op         string // what was being done, in words: "reading rooms"
	Mailbox    Address
	Status     int       // HTTP status; 0 where there was no answer
	Code       string    // the service's code as far as it is a plain word, else ""
	Message    Untrusted // the service's text
	RequestID  string    // the service's id of the request, for its support
	RetryAfter time.Duration
	Scope      Scope // for Throttled, and ScopePart
	// Advice says what to do next where the provider knows better than the class.
	Advice string
	Err    error
}

// What is what failed in plain words: the cause where it is known, else the class.
func (e *Error) What() string {
	if what := e.Cause.Words(); what != "" {
		return what
	}
	return e.Class.Words()
}

// Error is one line, safe to print, without secrets: what failed, and why.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.Mailbox != "" {
			b.WriteString(" of " + string(e.Mailbox))
		}
		b.WriteString(": ")
	}
	b.WriteString(e.What())
	var details []string
	if e.Status != 0 {
		details = append(details, fmt.Sprint("HTTP ", e.Status))
	}
	if e.Code != "" {
		details = append(details, e.Code)
	}
	if len(details) > 0 {
		b.WriteString(" (" + strings.Join(details, " ") + ")")
	}
	if message := e.Message.Or(""); message != "" {
		b.WriteString(": " + message)
	} else if e.Err != nil {
		b.WriteString(": " + Sanitise(e.Err.Error()))
	}
	if e.RequestID != "" {
		b.WriteString(" [request " + Sanitise(e.RequestID) + "]")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf finds the class of any error; an error that nobody classified is
// [Permanent], so that it is shown and not retried for ever.
func ClassOf(err error) Class {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Class
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		return Transient
	}
	return Permanent
}

// OfPart reports whether a failure concerns one part of an organisation as a whole: the
// other part goes on.
func OfPart(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Scope == ScopePart
}

// Is reports whether err has one of the classes.
func Is(err error, classes ...Class) bool {
	have := ClassOf(err)
	for _, class := range classes {
		if have == class {
			return true
		}
	}
	return false
}

// Problem is a failure that lasts: what is wrong with a mailbox or a connection,
// since when, and what happens next. It is stored, so it holds no error value.
type Problem struct {
	Class     Class
	Cause     Cause // "": the class says all that is known
	Code      string
	Status    int
	Message   Untrusted
	Advice    string
	RequestID string
	Since     time.Time
	NextTry   time.Time // zero: only on request
	Tries     int
}

// ProblemOf turns an error into a problem that began at since.
func ProblemOf(err error, since time.Time) *Problem {
	if err == nil {
		return nil
	}
	p := &Problem{Class: ClassOf(err), Since: since}
	var e *Error
	if errors.As(err, &e) {
		p.Cause, p.Code, p.Status, p.Message, p.Advice, p.RequestID = e.Cause, e.Code, e.Status, e.Message, e.Advice, e.RequestID
	} else {
		p.Message = Outside(err.Error())
	}
	return p
}

// What is the one sentence's first half: what is wrong.
func (p *Problem) What() string {
	what := p.Cause.Words()
	if what == "" {
		what = p.Class.Words()
	}
	switch {
	case p.Code != "" && p.Status != 0:
		return fmt.Sprintf("%s (%d %s)", what, p.Status, p.Code)
	case p.Status != 0:
		return fmt.Sprintf("%s (%d)", what, p.Status)
	case p.Code != "":
		return fmt.Sprintf("%s (%s)", what, p.Code)
	}
	return what
}

// Next is what a person can do about it.
func (p *Problem) Next() string {
	if p.Advice != "" {
		return p.Advice
	}
	if next := p.Cause.Next(); next != "" {
		return next
	}
	return p.Class.row().next
}

// Sentence says what is wrong, what happens next and when, and what a person can
// do, in one line.
func (p *Problem) Sentence(now time.Time) string {
	if p == nil {
		return ""
	}
	return p.sentence(p.What(), now)
}

// Explain is that sentence with since when, and the id of the request.
func (p *Problem) Explain(now time.Time) string {
	if p == nil {
		return ""
	}
	what := p.What()
	if !p.Since.IsZero() {
		what += ", for " + Age(now.Sub(p.Since))
	}
	s := p.sentence(what, now)
	if p.RequestID != "" {
		s += " [request " + Sanitise(p.RequestID) + "]"
	}
	return s
}

func (p *Problem) sentence(s string, now time.Time) string {
	if !p.NextTry.IsZero() {
		if wait := p.NextTry.Sub(now); wait > 0 {
			s += "; tried again in " + Age(wait)
		} else {
			s += "; tried again now"
		}
	}
	if next := p.Next(); next != "" && !strings.HasPrefix(next, "nothing to do") {
		first, size := utf8.DecodeRuneInString(next)
		s += ". " + string(unicode.ToUpper(first)) + next[size:]
	}
	return s
}

// Age is a duration in the words of a status line: "6 s", "12 min", "2 h", "3 d".
func Age(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 100*time.Second:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < 100*time.Minute:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}
