package simulator

import (
	"net/http"
	"slices"
	"time"
)

// mailboxState answers for a mailbox that is not what it was.
func (h *hit) mailboxState(c *call) (answer, bool) {
	if h == nil || h.MailboxState == "" || c.mailKey == "" {
		return answer{}, false
	}
	switch h.MailboxState {
	case "onprem":
		return c.fail(http.StatusNotFound, "MailboxNotHostedInExchangeOnline", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."), true
	case "unlicensed", "guest":
		return c.fail(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "REST API is not yet supported for this mailbox."), true
	case "soft_deleted":
		return c.fail(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."), true
	case "moved":
		a := c.fail(http.StatusServiceUnavailable, "MailboxInfoStale", "The mailbox is being moved.")
		a.set("Retry-After", "30")
		return a, true
	}
	return c.fail(http.StatusNotFound, "ErrorInvalidUser", "The requested user '"+c.mailKey+"' is invalid."), true
}

// another makes the tenant that answers under the fault tenant(swap): of the same
// size, with other ids, rooms, people and meetings.
func (t *Tenant) another() *Tenant {
	t.twinOnce.Do(func() {
		o := t.options
		o.Seed += 7919
		o.DisplayName, o.Domain = "Adatum (another tenant)", "adatum.example"
		twin := &Tenant{
			clock: t.clock, options: o, zones: t.zones, tokenKey: slices.Clone(t.tokenKey), started: t.started,
			ledger: t.ledger, throttle: newThrottle(o), faults: t.faults, directory: t.directory, endpoints: t.endpoints, done: t.done,
			ending: t.ending, end: func() {}, receivers: t.receivers,
		}
		for i := range twin.tokenKey {
			twin.tokenKey[i] ^= 0x5a
		}
		twin.endpoints.TenantID = guidText(newGUID(rng(o.Seed, "tenant", 0)))
		twin.endpoints.Domain = o.Domain
		if err := twin.build(); err != nil {
			t.options.Logger.Error("no second tenant", "error", err)
		}
		t.twin = twin
	})
	return t.twin
}

// swap lets the other tenant answer. A mailbox that it has not is answered by one
// in the same place.
func (c *call) swap() {
	was := c.mailbox
	c.t, c.mailbox = c.t.another(), nil
	c.segments = nil
	c.resolve()
	if c.mailbox == nil && was != nil && was.index < len(c.t.world.all) {
		c.mailbox = c.t.world.all[was.index]
	}
}

// goBack lets a mailbox answer as it was some time ago.
func (c *call) goBack(by time.Duration) {
	if c.mailbox == nil || c.method != http.MethodGet {
		return
	}
	if by == 0 {
		by = time.Hour
	}
	c.t.ensure(c.mailbox)
	c.t.mu.RLock()
	defer c.t.mu.RUnlock()
	c.mailbox = c.mailbox.asOf(c.t.options.Now().Add(-by).Unix())
}

// asOf is a mailbox as it was at an instant, as far as its history goes back. The
// lock is held.
func (m *mailbox) asOf(at int64) *mailbox {
	past := &mailbox{
		index: m.index, kind: m.kind, id: m.id, guid: m.guid, store: m.store, contact: m.contact, zone: m.zone, person: m.person, room: m.room, cell: m.cell,
		held: slices.Clone(m.held), next: m.next, version: m.version, log: slices.Clone(m.log), floor: m.floor, txns: m.txns, settings: m.settings, grants: m.grants,
	}
	past.folders.Store(m.folders.Load())
	past.account.Store(m.account.Load())
	for len(past.log) > 0 && past.log[len(past.log)-1].at > at {
		last := past.log[len(past.log)-1]
		past.log = past.log[:len(past.log)-1]
		i, found := past.search(last.num)
		switch {
		case found && last.old == nil:
			past.held = slices.Delete(past.held, i, i+1)
		case found:
			past.held[i] = held{e: last.old, num: last.num}
		case last.old != nil:
			past.held = slices.Insert(past.held, i, held{e: last.old, num: last.num})
		}
		past.version = last.version - 1
	}
	return past
}

// disturb does to tokens and to the clock what a fault says. The request itself
// meets what was done.
func (h *hit) disturb(c *call) {
	if h.Token != nil {
		if _, err := c.t.directory.Disturb(*h.Token); err != nil {
			c.entry.Effect = "token fault without effect: " + err.Error()
		}
		c.identify()
	}
	switch h.Clock {
	case "jump":
		c.t.clock.Advance(time.Duration(h.By))
	case "freeze":
		c.t.clock.Freeze()
	case "run":
		c.t.clock.Run(1)
	case "zone":
		c.t.dateOff.Store(int64(h.By))
	}
}

// dateHeader is the time that answers carry.
func (t *Tenant) dateHeader() time.Time {
	return t.options.Now().Add(time.Duration(t.dateOff.Load())).UTC()
}
