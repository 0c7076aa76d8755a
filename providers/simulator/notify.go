package simulator

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Delivery of notifications: what changes within the batch delay goes out
// together; what a receiver does not take is sent again with growing pauses, and
// dropped after four hours.
const (
	maxBatchedNotes  = 50
	firstRetry       = 10 * time.Second
	longestRetry     = 10 * time.Minute
	deliveryEnd      = 4 * time.Hour
	lateNotification = 5 * time.Minute
	maxQueuedNotes   = 100_000
)

// watched is what a mailbox's store tells about a change.
type watched struct {
	box  *mailbox
	id   itemID
	in   calendarKind
	what changeSet
	rev  uint32
}

// notifier collects changes of watched mailboxes and sends them out.
type notifier struct {
	mu      sync.Mutex
	changes []watched
	since   moment // of the first of changes
	queue   []*delivery
	busy    map[string]bool // receivers that are being called
	wake    chan struct{}
	active  atomic.Bool // something is to be sent
}

// delivery is one call of a receiver.
type delivery struct {
	url       string
	notes     []note
	due       moment
	begun     time.Time // on the tenant's clock
	pause     time.Duration
	lifecycle bool
}

// note is one entry of value, and whom it is for.
type note struct {
	sub *subscription
	raw []byte
}

// watch makes a mailbox's store tell of its changes. The hook runs under the
// store's lock, so it only notes.
func (t *Tenant) watch(m *mailbox) {
	t.mu.Lock()
	m.watch = t.noteChange
	t.mu.Unlock()
	t.notifier.mu.Lock()
	defer t.notifier.mu.Unlock()
	t.notifier.kick()
}

func (t *Tenant) noteChange(w watched) {
	t.tellExchange(w)
	n := &t.notifier
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.changes) == 0 {
		n.since = t.in(0)
	}
	if len(n.changes) < maxQueuedNotes {
		n.changes = append(n.changes, w)
	}
	n.active.Store(true)
	n.kick()
}

// kick lets the notifier look at once. The lock is held.
func (n *notifier) kick() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// settleNotices lets the notifier look at a clock that may have been moved.
func (t *Tenant) settleNotices() {
	n := &t.notifier
	if !n.active.Load() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kick()
}

// notify is the notifier's goroutine.
func (t *Tenant) notify() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		pause := t.breathe()
		timer.Reset(min(pause, t.notifyRound()))
		select {
		case <-t.notifier.wake:
		case <-timer.C:
		case <-t.done:
			return
		}
	}
}

// notifyRound sends what is due and gives the real time until the next look.
func (t *Tenant) notifyRound() time.Duration {
	n := &t.notifier
	n.mu.Lock()
	var changes []watched
	next := time.Hour
	if len(n.changes) > 0 {
		ready := moment{n.since.tenant.Add(t.options.NotifyDelay), n.since.real.Add(t.options.NotifyDelay)}
		if t.reached(ready) {
			changes, n.changes = n.changes, nil
		} else {
			next = time.Until(ready.real)
		}
	}
	n.mu.Unlock()
	made := t.notices(changes)

	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, made...)
	var rest []*delivery
	for _, d := range n.queue {
		switch {
		case !t.reached(d.due):
			next = min(next, time.Until(d.due.real))
			rest = append(rest, d)
		case n.busy[d.url]:
			rest = append(rest, d) // its turn comes when the receiver has answered
		default:
			n.busy[d.url] = true
			t.serving.Go(func() { t.deliver(d) })
		}
	}
	n.queue = rest
	n.active.Store(len(n.queue)+len(n.changes)+len(n.busy) > 0)
	return max(next, time.Millisecond)
}

// notices turns changes into deliveries: for each receiver together, up to a
// number in one call.
func (t *Tenant) notices(changes []watched) []*delivery {
	var out []*delivery
	open := map[string]*delivery{}
	reorder := map[string]bool{}
	seen := map[string]bool{}
	for _, w := range changes {
		for _, sub := range t.subscriptions.of(w.box) {
			if sub.changes&w.what == 0 || sub.in != nil && *sub.in != w.in || sub.ended(t.options.Now()) {
				continue
			}
			key := fmt.Sprint(sub.id, w.id, w.what) // several changes at once are one notice
			if seen[key] {
				continue
			}
			seen[key] = true
			sub.mu.Lock()
			paused, url := sub.paused, sub.url
			if paused {
				sub.missed = true
			}
			sub.mu.Unlock()
			if paused {
				continue
			}
			notes, late := []note{{sub, t.encodeNotice(sub, w, false)}}, time.Duration(0)
			if f := t.faults.notice(w.box.contact.address); f != nil {
				switch f.Notify {
				case "drop":
					continue
				case "dup":
					notes = append(notes, notes[0])
				case "late":
					if late = time.Duration(f.Delay); late == 0 {
						late = lateNotification
					}
				case "forged":
					notes = append(notes, note{nil, t.encodeNotice(sub, w, true)})
				case "reorder":
					reorder[url] = true
				}
			}
			if late > 0 {
				out = append(out, &delivery{url: url, notes: notes, due: t.in(late), begun: t.options.Now()})
				continue
			}
			d := open[url]
			if d == nil || len(d.notes)+len(notes) > maxBatchedNotes {
				d = &delivery{url: url, due: t.in(0), begun: t.options.Now()}
				open[url] = d
				out = append(out, d)
			}
			d.notes = append(d.notes, notes...)
		}
	}
	for _, d := range out {
		if reorder[d.url] {
			slices.Reverse(d.notes)
		}
	}
	return out
}

// deliver calls a receiver once. It sends again later, or gives up and tells the
// lifecycle address that something was missed.
func (t *Tenant) deliver(d *delivery) {
	w := &writer{}
	w.open()
	w.key("value")
	w.b = append(w.b, '[')
	for i, n := range d.notes {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, n.raw...)
	}
	w.closeList()
	w.close()
	status, _, _, err := t.post(t.ending, d.url, "application/json; charset=utf-8", w.b)
	taken := err == nil && status >= 200 && status < 300
	n := &t.notifier
	n.mu.Lock()
	delete(n.busy, d.url)
	again := !taken && t.options.Now().Sub(d.begun) < deliveryEnd
	if again {
		d.pause = min(max(2*d.pause, firstRetry), longestRetry)
		d.due = t.in(d.pause)
		n.queue = append(n.queue, d)
	}
	n.kick()
	n.mu.Unlock()
	if taken || again || d.lifecycle {
		return
	}
	t.options.Logger.Debug("notifications dropped", "receiver", d.url, "count", len(d.notes))
	var told []*subscription
	for _, dropped := range d.notes {
		if dropped.sub != nil && !slices.Contains(told, dropped.sub) {
			told = append(told, dropped.sub)
			t.lifecycle(dropped.sub, "missed")
		}
	}
}

// encodeNotice writes one notification. A forged one has another subscription's
// id and another state.
func (t *Tenant) encodeNotice(sub *subscription, c watched, forged bool) []byte {
	id := string(c.box.appendID(nil, c.id, sub.immutable))
	path := "Users/" + c.box.id + "/Events/" + id
	w := &writer{}
	w.open()
	t.noticeHead(w, sub, forged)
	w.string("changeType", c.what.String())
	w.string("resource", path)
	w.key("resourceData")
	w.open()
	w.string("@odata.type", "#Microsoft.Graph.Event")
	w.string("@odata.id", path)
	if c.what != deletedChange {
		w.string("@odata.etag", `W/"`+c.box.changeKey(&event{num: c.id.num, date: c.id.date, rev: c.rev})+`"`)
	}
	w.string("id", id)
	w.close()
	w.close()
	return w.b
}

func (t *Tenant) noticeHead(w *writer, sub *subscription, forged bool) {
	sub.mu.Lock()
	expires := sub.expires
	sub.mu.Unlock()
	id, state := sub.id, sub.clientState
	if forged {
		text := "forged"
		id, state = newSubscriptionID(), &text
	}
	w.string("subscriptionId", id)
	w.instant("subscriptionExpirationDateTime", expires.Unix())
	w.string("tenantId", t.endpoints.TenantID)
	if state == nil {
		w.null("clientState")
	} else {
		w.string("clientState", *state)
	}
}

// lifecycle tells a subscription's lifecycle address, if it has one.
func (t *Tenant) lifecycle(sub *subscription, what string) {
	if sub.lifecycleURL == "" {
		return
	}
	w := &writer{}
	w.open()
	t.noticeHead(w, sub, false)
	w.string("resource", sub.resource)
	w.string("lifecycleEvent", what)
	w.close()
	n := &t.notifier
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, &delivery{url: sub.lifecycleURL, notes: []note{{sub, w.b}}, due: t.in(0), begun: t.options.Now(), lifecycle: true})
	n.active.Store(true)
	n.kick()
}

// resume goes on after an authorisation: what happened meanwhile is lost.
func (t *Tenant) resume(sub *subscription) {
	sub.mu.Lock()
	missed := sub.missed
	sub.paused, sub.missed = false, false
	sub.mu.Unlock()
	if missed {
		t.lifecycle(sub, "missed")
	}
}

// Lifecycle makes something happen to a subscription that an application cannot
// foresee: "missed" says that notifications were lost, "subscriptionRemoved" ends
// it, and "reauthorizationRequired" pauses it until it is authorised anew. Its
// lifecycle address is told.
func (t *Tenant) Lifecycle(id, what string) error {
	var sub *subscription
	for _, have := range t.activeSubscriptions() {
		if have.id == id {
			sub = have
		}
	}
	if sub == nil {
		return fmt.Errorf("there is no subscription %q", id)
	}
	switch what {
	case "missed":
	case "subscriptionRemoved":
		t.subscriptions.remove(sub)
	case "reauthorizationRequired":
		sub.mu.Lock()
		sub.paused = true
		sub.mu.Unlock()
	default:
		return fmt.Errorf("%q is no lifecycle event", what)
	}
	t.lifecycle(sub, what)
	return nil
}

// SubscriptionInfo is what a test may know of an active subscription.
type SubscriptionInfo struct {
	ID       string    `json:"id"`
	Mailbox  string    `json:"mailbox"`
	Resource string    `json:"resource"`
	Expires  time.Time `json:"expires"`
	Paused   bool      `json:"paused"`
}

// Subscriptions lists the active subscriptions of all applications.
func (t *Tenant) Subscriptions() []SubscriptionInfo {
	out := []SubscriptionInfo{}
	for _, sub := range t.activeSubscriptions() {
		sub.mu.Lock()
		out = append(out, SubscriptionInfo{sub.id, sub.box.contact.address, sub.resource, sub.expires.UTC(), sub.paused})
		sub.mu.Unlock()
	}
	return out
}
