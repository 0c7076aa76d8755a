package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"roomdesk/providers/simulator/entra"
)

// Fault makes the tenant fail in one way for chosen requests, or makes a room
// answer in another way. The first five fields choose, the rest says what
// happens; several effects may be combined, for example Delay with Fail.
type Fault struct {
	Name   string `json:"name,omitempty"`   // shows in the ledger; "" is made from the effect
	Method string `json:"method,omitempty"` // "" is any
	// Path is compared with the decoded request path: a pattern of path.Match
	// where it has * or ?, with "**" for any number of segments, else a part of
	// the path; always ignoring case and the spelling, see [canonicalPath]. ""
	// is any. A batch matches with its own path and each of its parts with the
	// part's.
	Path    string `json:"path,omitempty"`
	Mailbox string `json:"mailbox,omitempty"` // address of the mailbox concerned; "" is any
	// Nth is the first matching request that is hit, counted from 1; 0 is 1.
	Nth int `json:"nth,omitempty"`
	// Times is how many matching requests are hit from there on. 0 is one where
	// Nth is set, else all; -1 is all.
	Times int `json:"times,omitempty"`

	// Fail answers in the request's place: it has no effect on the tenant.
	Fail *Failure `json:"fail,omitempty"`
	// CommitThen lets the request do its work and then loses the answer: "fail"
	// (with Fail's content, or 504), "reset", "hang" or "truncate" (with
	// Truncate, or half).
	CommitThen string `json:"commit_then,omitempty"`
	// ResetBefore breaks the connection before anything is done.
	ResetBefore bool `json:"reset_before,omitempty"`
	// Delay comes before the request is looked at; with Room it is the delay of
	// the room's answer instead.
	Delay Duration `json:"delay,omitempty"`
	// Drip sends the answer's body at this many bytes a second.
	Drip int `json:"drip,omitempty"`
	// Truncate breaks off after this many bytes of the body as sent.
	Truncate int `json:"truncate,omitempty"`
	// Garble replaces a good answer: "html" (a network's sign-in page with 200),
	// "null_value" (value is [null]), "not_array" (value is an object), "no_value",
	// "not_json", "empty".
	Garble string `json:"garble,omitempty"`
	// Page spoils a page of a list: "no_link", "loop", "empty" (no entries, and a
	// link that has them), "foreign_link" (to Link), "dup" (the last entry in an
	// older version, and once more as it is on the next page), "drop", "reorder".
	// Of calendars only: "size" (as many entries as there are, whatever was asked).
	// Of places only: "skip_ignored" (above 1,000), "same_again" (the page before),
	// "no_count", "count_changes".
	Page string `json:"page,omitempty"`
	Link string `json:"link,omitempty"` // scheme://host[:port] of a foreign link
	// Delta spoils a delta round: "expire" (410 SyncStateNotFound, or Fail's
	// status and code; with Link a Location to begin again, "self" is the tenant's
	// own), "bare" (occurrences without anything but their ids), "ghost_removed" (a
	// removal of an id that nobody knows), "omit" (removals are never reported),
	// "late" (nothing, and the same link again, although there are changes),
	// "rewrite" (everything once more with other change keys and fewer digits).
	// "expire", "late" and "rewrite" count only requests that carry a token.
	Delta string `json:"delta,omitempty"`
	// Room decides the answer of a room (Mailbox): "decline", "tentative",
	// "accept", "silent" or "delay".
	Room string `json:"room,omitempty"`
	// Token does something to tokens when a request matches, before it is looked
	// at; it lasts until DELETE /tokens.
	Token *entra.Disturbance `json:"token,omitempty"`
	// Notify spoils change notifications about a mailbox: "dup", "drop", "late" (by
	// Delay, or 5 minutes), "forged" (one more, of an unknown subscription), "reorder".
	Notify string `json:"notify,omitempty"`
}

// Failure is an answer made up by a fault.
type Failure struct {
	Status     int               `json:"status"`
	Code       string            `json:"code,omitempty"`
	Message    string            `json:"message,omitempty"`
	RetryAfter string            `json:"retry_after,omitempty"` // as sent, any text
	Headers    map[string]string `json:"headers,omitempty"`
	// Body replaces Graph's error JSON; its type comes from Headers, else text/html.
	Body  string `json:"body,omitempty"`
	Empty bool   `json:"empty,omitempty"` // no body at all
}

// Duration reads "2s" or a number of seconds from JSON.
type Duration time.Duration

// UnmarshalJSON accepts text as of [time.ParseDuration] and numbers of seconds.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		parsed, err := time.ParseDuration(text)
		*d = Duration(parsed)
		return err
	}
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return fmt.Errorf("a duration is text such as \"2s\" or a number of seconds: %w", err)
	}
	*d = Duration(seconds * float64(time.Second))
	return nil
}

// MarshalJSON writes text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// Words that the fields of a fault know.
var (
	commitWords = []string{"", "fail", "reset", "hang", "truncate"}
	garbleWords = []string{"", "html", "null_value", "not_array", "no_value", "not_json", "empty"}
	pageWords   = []string{"", "no_link", "loop", "empty", "foreign_link", "dup", "drop", "reorder", "size", "skip_ignored", "same_again", "no_count", "count_changes"}
	deltaWords  = []string{"", "expire", "bare", "ghost_removed", "omit", "late", "rewrite"}
	tokenWords  = []string{"expire", "late", "rewrite"} // of delta: only with a token
	notifyWords = []string{"", "dup", "drop", "late", "forged", "reorder"}
	roomWords   = []string{"", "decline", "tentative", "accept", "silent", "delay"}
)

// Validate refuses a fault that would do nothing or that says something unknown.
func (f Fault) Validate() error {
	for _, field := range []struct {
		name, value string
		known       []string
	}{{"commit_then", f.CommitThen, commitWords}, {"garble", f.Garble, garbleWords}, {"page", f.Page, pageWords}, {"delta", f.Delta, deltaWords}, {"room", f.Room, roomWords}, {"notify", f.Notify, notifyWords}} {
		if !slices.Contains(field.known, field.value) {
			return fmt.Errorf("fault %s: %s %q is none of %q", f.name(), field.name, field.value, field.known[1:])
		}
	}
	switch {
	case f.Fail != nil && (f.Fail.Status < 200 || f.Fail.Status > 599) && f.Delta == "":
		return fmt.Errorf("fault %s: fail.status %d is no HTTP status between 200 and 599", f.name(), f.Fail.Status)
	case f.Nth < 0 || f.Times < -1 || f.Drip < 0 || f.Truncate < 0 || f.Delay < 0:
		return fmt.Errorf("fault %s: a number is negative", f.name())
	case strings.ContainsAny(f.Path, "*?"):
		if _, err := path.Match(f.Path, ""); err != nil {
			return fmt.Errorf("fault %s: path: %w", f.name(), err)
		}
	}
	if f.Fail == nil && f.CommitThen == "" && !f.ResetBefore && f.Delay == 0 && f.Drip == 0 && f.Truncate == 0 && f.Garble == "" && f.Page == "" && f.Delta == "" && f.Room == "" && f.Token == nil && f.Notify == "" {
		return fmt.Errorf("fault %s: nothing is said about what shall happen", f.name())
	}
	if f.Token != nil {
		return f.Token.Validate()
	}
	return nil
}

func (f Fault) name() string {
	if f.Name != "" {
		return f.Name
	}
	var parts []string
	add := func(kind, value string) {
		if value != "" {
			parts = append(parts, kind+"("+value+")")
		}
	}
	add("commit_then", f.CommitThen)
	if f.Token != nil {
		add("token", f.Token.Do)
	}
	if f.Fail != nil {
		add("fail", strconv.Itoa(f.Fail.Status))
	}
	if f.ResetBefore {
		parts = append(parts, "reset_before")
	}
	add("garble", f.Garble)
	add("page", f.Page)
	add("delta", f.Delta)
	add("room", f.Room)
	add("notify", f.Notify)
	if f.Delay > 0 {
		add("delay", time.Duration(f.Delay).String())
	}
	if f.Drip > 0 {
		add("drip", strconv.Itoa(f.Drip))
	}
	if f.Truncate > 0 {
		add("truncate", strconv.Itoa(f.Truncate))
	}
	return strings.Join(parts, " ")
}

// matches reports whether a request is one of those that the fault counts.
func (f Fault) matches(method, requestPath, mailbox string) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, method) {
		return false
	}
	if f.Mailbox != "" && !strings.EqualFold(f.Mailbox, mailbox) {
		return false
	}
	return f.Path == "" || matchPath(canonicalPath(f.Path), canonicalPath(requestPath))
}

func matchPath(pattern, requestPath string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return strings.Contains(requestPath, pattern)
	}
	want := strings.Split(strings.Trim(pattern, "/"), "/")
	have := strings.Split(strings.Trim(requestPath, "/"), "/")
	if len(have) > 0 && (have[0] == "v1.0" || have[0] == "beta") && want[0] != have[0] && want[0] != "**" {
		have = have[1:]
	}
	return matchSegments(want, have)
}

func matchSegments(want, have []string) bool {
	for len(want) > 0 {
		if want[0] == "**" {
			for i := range len(have) + 1 {
				if matchSegments(want[1:], have[i:]) {
					return true
				}
			}
			return false
		}
		if len(have) == 0 {
			return false
		}
		if ok, err := path.Match(want[0], have[0]); err != nil || !ok {
			return false
		}
		want, have = want[1:], have[1:]
	}
	return len(have) == 0
}

// faultSet holds the faults that are switched on.
type faultSet struct {
	mu   sync.Mutex
	list []*activeFault
}

type activeFault struct {
	Fault
	seen int
}

func newFaultSet(faults []Fault) (*faultSet, error) {
	s := &faultSet{}
	var errs []error
	for _, f := range faults {
		errs = append(errs, f.Validate())
		s.add(f)
	}
	return s, errors.Join(errs...)
}

func (s *faultSet) add(f Fault) *activeFault {
	a := &activeFault{Fault: f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, a)
	return a
}

func (s *faultSet) remove(a *activeFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(have *activeFault) bool { return have == a })
}

func (s *faultSet) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// due counts a match and reports whether this one is hit.
func (a *activeFault) due() bool {
	a.seen++
	first, times := max(a.Nth, 1), a.Times
	if times == 0 && a.Nth > 0 {
		times = 1
	}
	return a.seen >= first && (times <= 0 || a.seen < first+times)
}

// match finds the fault that hits a request; every fault counts its matches. The
// first that is due wins.
func (s *faultSet) match(c *call) *hit {
	token := c.query.Has("$deltatoken") || c.query.Has("$skiptoken")
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *hit
	for _, a := range s.list {
		if a.Room != "" || a.Notify != "" || (!token && slices.Contains(tokenWords, a.Delta)) || !a.matches(c.method, c.path, c.mailboxAddress()) {
			continue
		}
		if a.due() && found == nil {
			found = &hit{Fault: a.Fault}
		}
	}
	return found
}

// quota finds the limits that a fault sets for a request.
func (s *faultSet) quota(c *call) (Quota, bool) {
	return Quota{}, false
}

// room finds the fault that decides a room's answer.
func (s *faultSet) room(address string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *Fault
	for _, a := range s.list {
		if a.Room != "" && (a.Mailbox == "" || strings.EqualFold(a.Mailbox, address)) && a.due() && found == nil {
			f := a.Fault
			found = &f
		}
	}
	return found
}

// notice finds the fault that spoils a notification about a mailbox.
func (s *faultSet) notice(address string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *Fault
	for _, a := range s.list {
		if a.Notify != "" && (a.Mailbox == "" || strings.EqualFold(a.Mailbox, address)) && a.due() && found == nil {
			f := a.Fault
			found = &f
		}
	}
	return found
}

// Inject switches a fault on while the tenant runs. An invalid fault is a mistake
// of the caller and panics. remove switches it off.
func (t *Tenant) Inject(f Fault) (remove func()) {
	if err := f.Validate(); err != nil {
		panic(err)
	}
	a := t.faults.add(f)
	return func() { t.faults.remove(a) }
}

// statusOf is the status that a fault answers with when it names none.
func (f *Failure) statusOf(fallback int) int {
	if f != nil && f.Status != 0 {
		return f.Status
	}
	return fallback
}
