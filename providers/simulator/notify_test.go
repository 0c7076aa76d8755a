package simulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// What a receiver does not take comes again, and is dropped after hours with a
// word to the lifecycle address.
func TestNotificationsAreRetried(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := start(t, Options{Seed: 84, Rooms: 12, People: 12, Now: clock.now, NotifyDelay: time.Millisecond})
	r, life := newReceiver(t), newReceiver(t)
	organizer := c.at.Organizer
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+organizer+"/events", "lifecycleNotificationUrl", life.URL))
	at := tenant.quiet()
	book := func(hour int) {
		t.Helper()
		c.post(201, "/users/"+organizer+"/events", object{"subject": "x", "start": wire(at.Add(time.Duration(hour)*time.Hour), "UTC"), "end": wire(at.Add(time.Duration(hour+1)*time.Hour), "UTC")})
	}
	r.mu.Lock()
	r.fail = 2
	r.mu.Unlock()
	book(1)
	calls := func(n int) {
		t.Helper()
		r.until(t, func(_ []object, calls int) bool { return calls >= n })
		waitUntil(t, func() bool {
			tenant.notifier.mu.Lock()
			defer tenant.notifier.mu.Unlock()
			return len(tenant.notifier.busy) == 0
		})
	}
	calls(1)
	clock.advance(11 * time.Second)
	tenant.settleNotices()
	calls(2)
	clock.advance(21 * time.Second)
	tenant.settleNotices()
	if notes := r.count(t, 1); len(notes) != 1 {
		t.Errorf("%d notifications", len(notes))
	}
	r.mu.Lock()
	r.fail, r.calls = 1000, 0
	r.mu.Unlock()
	book(2)
	calls(1)
	for n := 2; ; n++ {
		clock.advance(10*time.Minute + time.Second)
		tenant.settleNotices()
		tenant.notifier.mu.Lock()
		left := len(tenant.notifier.queue) + len(tenant.notifier.busy)
		tenant.notifier.mu.Unlock()
		if left == 0 {
			break
		}
		if n > 40 {
			t.Fatal("never dropped")
		}
		calls(n)
	}
	life.until(t, func(notes []object, _ int) bool { return len(notes) == 1 && notes[0]["lifecycleEvent"] == "missed" })
}

// F-095, F-099: twice, not at all, late, made up, in another order.
func TestNotificationFaults(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := start(t, Options{Seed: 85, Rooms: 12, People: 12, Now: clock.now, NotifyDelay: 200 * time.Millisecond})
	r := newReceiver(t)
	organizer := c.at.Organizer
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+organizer+"/events"))
	at := tenant.quiet()
	hour := 0
	book := func() string {
		t.Helper()
		hour++
		return c.post(201, "/users/"+organizer+"/events", object{"subject": "x", "start": wire(at.Add(time.Duration(hour)*time.Hour), "UTC"), "end": wire(at.Add(time.Duration(hour+1)*time.Hour), "UTC")})["id"].(string)
	}
	got := 0
	next := func(n int) []object {
		t.Helper()
		notes := r.count(t, got+n)
		fresh := notes[got:]
		got = len(notes)
		return fresh
	}
	remove := tenant.Inject(Fault{Notify: "dup", Mailbox: organizer})
	book()
	if notes := next(2); dig(notes[0], "resourceData", "id") != dig(notes[1], "resourceData", "id") {
		t.Errorf("not the same twice: %v", notes)
	}
	remove()
	remove = tenant.Inject(Fault{Notify: "forged"})
	book()
	if notes := next(2); notes[0]["subscriptionId"] == notes[1]["subscriptionId"] || notes[1]["clientState"] == "secret" {
		t.Errorf("not forged: %v", notes)
	}
	remove()
	remove = tenant.Inject(Fault{Notify: "drop", Nth: 1})
	lost := book()
	kept := ""
	waitUntil(t, func() bool {
		tenant.notifier.mu.Lock()
		defer tenant.notifier.mu.Unlock()
		return len(tenant.notifier.changes) == 0
	})
	kept = book()
	if notes := next(1); dig(notes[0], "resourceData", "id") != kept {
		t.Errorf("%v, want %s and not %s", notes, kept, lost)
	}
	remove()
	remove = tenant.Inject(Fault{Notify: "late", Delay: Duration(10 * time.Minute), Nth: 1})
	late := book()
	waitUntil(t, func() bool {
		tenant.notifier.mu.Lock()
		defer tenant.notifier.mu.Unlock()
		return len(tenant.notifier.changes) == 0
	})
	soon := book()
	if notes := next(1); dig(notes[0], "resourceData", "id") != soon {
		t.Errorf("the late one came first: %v", notes)
	}
	clock.advance(10 * time.Minute)
	tenant.settleNotices()
	if notes := next(1); dig(notes[0], "resourceData", "id") != late {
		t.Errorf("late: %v", notes)
	}
	remove()
	m := tenant.world.find(organizer)
	both := []watched{{box: m, id: itemID{num: 1}, what: createdChange}, {box: m, id: itemID{num: 2}, what: createdChange}}
	straight := tenant.notices(both)
	remove = tenant.Inject(Fault{Notify: "reorder"})
	turned := tenant.notices(both)
	remove()
	if len(straight) != 1 || len(turned) != 1 || string(straight[0].notes[0].raw) != string(turned[0].notes[1].raw) || string(straight[0].notes[0].raw) == string(turned[0].notes[0].raw) {
		t.Error("not reordered")
	}
	if (Fault{Notify: "nonsense"}).Validate() == nil {
		t.Error("an unknown word is accepted")
	}
}

func TestSubscriptionLimit(t *testing.T) {
	tenant, c := start(t, Options{Seed: 86, Rooms: 12, People: 12})
	m := tenant.world.find(c.at.Organizer)
	for range maxSubscriptions {
		tenant.subscriptions.add(&subscription{id: newSubscriptionID(), box: m, expires: tenant.options.Now().Add(time.Hour)})
	}
	r := newReceiver(t)
	c.send(403, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, r.URL, "users/"+c.at.Organizer+"/events")})
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+c.at.TestMailbox+"/events"))
}

// A receiver that does not answer in time is refused.
func TestReceiverIsTooSlow(t *testing.T) {
	tenant, c := start(t, Options{Seed: 88, Rooms: 12, People: 12})
	tenant.receivers = newReceiverClient(50 * time.Millisecond)
	free := make(chan struct{})
	// It does not even end with its caller: that would be an answer, which might
	// still arrive in time.
	slow := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-free }))
	defer slow.Close()
	defer close(free)
	r := c.send(400, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, slow.URL, "users/"+c.at.Organizer+"/events")})
	if message := dig(r.body, "error", "message"); message != "Subscription validation request timed out." {
		t.Errorf("%v", message)
	}
}
