package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// AccessPolicy limits applications to some mailboxes, as an application access
// policy or a scope of RBAC for Applications does. It concerns calendars and
// mailbox settings; places, users and the organisation stay open. People who
// signed in themselves are not concerned.
type AccessPolicy struct {
	// Allowed are the mailboxes that may be read; nil is all but Denied.
	Allowed []string `json:"allowed,omitempty"`
	Denied  []string `json:"denied,omitempty"`
	// Delay is how long the policy takes to hold everywhere. Until then each
	// mailbox is answered sometimes by the old policy and sometimes by the new one,
	// more and more often by the new.
	Delay Duration `json:"delay,omitempty"`
}

func (p AccessPolicy) refuses(address string) bool {
	if slices.ContainsFunc(p.Denied, func(a string) bool { return strings.EqualFold(a, address) }) {
		return true
	}
	return p.Allowed != nil && !slices.ContainsFunc(p.Allowed, func(a string) bool { return strings.EqualFold(a, address) })
}

// accessPolicies is the policy in force and the one before it.
type accessPolicies struct {
	seed int64

	mu       sync.RWMutex
	now, old AccessPolicy
	since    time.Time
}

// flapping is how long one answer holds while a policy spreads, on the tenant's
// clock.
const flapping = 20 * time.Second

// SetAccessPolicy replaces the access policy. The zero value allows everything.
func (t *Tenant) SetAccessPolicy(p AccessPolicy) {
	a := t.policy
	a.mu.Lock()
	defer a.mu.Unlock()
	a.old, a.now, a.since = a.now, p, t.options.Now()
}

func (a *accessPolicies) refuses(c *call, m *mailbox) bool {
	if c.claims.Delegated() {
		return false
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	before, after := a.old.refuses(m.mail()), a.now.refuses(m.mail())
	passed, delay := c.t.options.Now().Sub(a.since), time.Duration(a.now.Delay)
	if before == after || passed >= delay {
		return after
	}
	// Which of Exchange's servers answers changes from time to time.
	turn := mix(uint64(a.seed)<<32 ^ uint64(m.index)<<20 ^ uint64(passed/flapping))
	if float64(turn%1000)/1000 < float64(passed)/float64(delay) {
		return after
	}
	return before
}

// blockedByPolicy is believed to read like this; what is certain is the code.
var blockedByPolicy = &problem{http.StatusForbidden, "ErrorAccessDenied", "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."}

// serveAccessPolicy tells the policy, and replaces it with PUT.
func (t *Tenant) serveAccessPolicy(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPut {
		var p AccessPolicy
		t.answerControl(w, r, &p, func() (any, error) {
			t.SetAccessPolicy(p)
			return p, nil
		})
		return
	}
	t.policy.mu.RLock()
	raw, err := json.Marshal(t.policy.now)
	t.policy.mu.RUnlock()
	if err != nil {
		raw = []byte(`{}`)
	}
	t.writeControl(w, http.StatusOK, json.RawMessage(raw))
}
