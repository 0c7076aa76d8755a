package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// matches reports whether a request is one of those that the fault counts.
func (f Fault) matches(c *call) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, c.method) {
		return false
	}
	if f.Mailbox != "" && !c.named(f.Mailbox) {
		return false
	}
	if f.Path == "" {
		return true
	}
	pattern := canonicalPath(f.Path)
	if matchPath(pattern, canonicalPath(c.path)) {
		return true
	}
	// /me is the caller's own /users/{id}: patterns for either find it.
	first, rest, _ := strings.Cut(strings.TrimPrefix(canonicalPath(c.path), "/v1.0/"), "/")
	return first == "me" && c.mailbox != nil && matchPath(pattern, "/v1.0/users/"+c.mailbox.contact.address+"/"+rest)
}

// named reports whether a text names the mailbox that the request is for: its
// address or its id.
func (c *call) named(text string) bool {
	if c.mailbox == nil {
		return c.entry != nil && c.entry.Mailbox != "" && strings.EqualFold(text, c.entry.Mailbox)
	}
	return strings.EqualFold(text, c.mailbox.contact.address) || strings.EqualFold(text, c.mailbox.id)
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
	now   func() time.Time
	count atomic.Int32 // of list, to look without the lock

	mu    sync.Mutex
	list  []*activeFault
	fired map[string]bool // names of faults that have hit
}

type activeFault struct {
	Fault
	since time.Time
	seen  int
	hits  int
	dice  *rand.Rand // nil: always
}

func newFaultSet(faults []Fault, now func() time.Time) (*faultSet, error) {
	s := &faultSet{now: now, fired: map[string]bool{}}
	var errs []error
	for _, f := range faults {
		errs = append(errs, f.Validate())
		s.add(f)
	}
	return s, errors.Join(errs...)
}

func (s *faultSet) add(f Fault) *activeFault {
	a := &activeFault{Fault: f, since: s.now()}
	if f.Chance > 0 {
		a.dice = rng(f.Seed, "fault "+f.name(), 0)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, a)
	s.count.Store(int32(len(s.list)))
	return a
}

func (s *faultSet) remove(a *activeFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(have *activeFault) bool { return have == a })
	s.count.Store(int32(len(s.list)))
}

func (s *faultSet) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.fired = nil, map[string]bool{}
	s.count.Store(0)
}

// ended reports whether the fault's time is over.
func (a *activeFault) ended(now time.Time) bool {
	return a.For > 0 && now.Sub(a.since) >= time.Duration(a.For)
}

// spent reports whether the fault hits nothing any more.
func (a *activeFault) spent(now time.Time) bool {
	first, times := a.span()
	return a.ended(now) || times > 0 && a.seen >= first+times-1
}

// span is the first match that is hit, and how many from there on; 0 is all.
func (a *activeFault) span() (first, times int) {
	first, times = max(a.Nth, 1), a.Times
	if times == 0 && a.Nth > 0 {
		times = 1
	}
	return first, max(times, 0)
}

// due counts a match and reports whether this one is hit. The set's lock is held.
func (s *faultSet) due(a *activeFault, now time.Time) bool {
	if a.ended(now) || a.After != "" && !s.fired[a.After] {
		return false
	}
	a.seen++
	first, times := a.span()
	if a.seen < first || times > 0 && a.seen >= first+times {
		return false
	}
	return a.dice == nil || a.dice.Float64() < a.Chance
}

// hit notes that a fault has hit something.
func (s *faultSet) hit(a *activeFault) *Fault {
	a.hits++
	s.fired[a.name()] = true
	f := a.Fault
	return &f
}

// find counts every fault that concerns something and gives the first that is due.
func (s *faultSet) find(concerned func(*activeFault) bool) *Fault {
	if s.count.Load() == 0 {
		return nil
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *activeFault
	for _, a := range s.list {
		if concerned(a) && s.due(a, now) && found == nil {
			found = a
		}
	}
	if found == nil {
		return nil
	}
	return s.hit(found)
}

// match finds the fault that hits a request; every fault counts its matches. The
// first that is due wins.
func (s *faultSet) match(c *call) *hit {
	f := s.find(func(a *activeFault) bool {
		tracked := c.query.Has("$deltatoken") || c.query.Has("$skiptoken") || c.xcall != nil && c.xcall.HasState()
		return !a.aside() && (tracked || !slices.Contains(trackedWords, a.Delta)) && (a.Batch == "" || c.name(0) == "$batch") && a.matches(c)
	})
	if f == nil {
		return nil
	}
	return &hit{Fault: *f}
}

// quota finds the limits that a fault sets for a request.
func (s *faultSet) quota(c *call) (Quota, bool) {
	f := s.find(func(a *activeFault) bool { return a.Quota != "" && a.matches(c) })
	if f == nil {
		return Quota{}, false
	}
	q, err := QuotaNamed(f.Quota)
	return q, err == nil
}

// room finds the fault that decides a room's answer.
func (s *faultSet) room(address string) *Fault {
	return s.find(func(a *activeFault) bool {
		return a.Room != "" && (a.Mailbox == "" || strings.EqualFold(a.Mailbox, address))
	})
}

// notice finds the fault that spoils a change notification about a mailbox.
func (s *faultSet) notice(address string) *Fault {
	return s.find(func(a *activeFault) bool {
		return a.Notify != "" && (a.Mailbox == "" || strings.EqualFold(a.Mailbox, address))
	})
}

// handshake finds the fault that hits a TLS handshake.
func (s *faultSet) handshake() *Fault {
	return s.find(func(a *activeFault) bool { return a.atHandshake() })
}

// FaultState is a fault that was switched on, and what became of it.
type FaultState struct {
	Fault
	Seen int  `json:"seen"` // requests that it counted
	Hits int  `json:"hits"`
	Over bool `json:"over"` // it will hit nothing any more
}

// Faults lists the faults that were switched on, in that order.
func (t *Tenant) Faults() []FaultState {
	s := t.faults
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]FaultState, len(s.list))
	for i, a := range s.list {
		out[i] = FaultState{Fault: a.Fault, Seen: a.seen, Hits: a.hits, Over: a.spent(now)}
	}
	return out
}

// ClearFaults switches all faults off.
func (t *Tenant) ClearFaults() { t.faults.clear() }

// Inject switches a fault on while the tenant runs. An invalid fault is a mistake
// of the caller and panics. remove switches it off.
func (t *Tenant) Inject(f Fault) (remove func()) {
	if err := f.Validate(); err != nil {
		panic(err)
	}
	a := t.faults.add(f)
	return func() { t.faults.remove(a) }
}

func trimJSON(raw []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
}

// decodeStrictly reads one JSON value and refuses unknown keys and anything behind
// the value.
func decodeStrictly(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("there is something behind the value")
	}
	return nil
}
