package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is an application's address for notifications.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	notes  []object // entries of value, in the order of arrival
	calls  int
	fail   int // answer so many calls with 503
	token  func(w http.ResponseWriter, token string)
	change chan struct{}
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{change: make(chan struct{}, 1000)}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if token := q.URL.Query().Get("validationToken"); token != "" {
			if r.token != nil {
				r.token(w, token)
				return
			}
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token)
			return
		}
		defer func() { r.change <- struct{}{} }()
		r.calls++
		if r.fail > 0 {
			r.fail--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		raw, err := io.ReadAll(q.Body)
		if err != nil {
			return // the sender is gone: the tenant was closed
		}
		var body struct{ Value []object }
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Errorf("a notification is no JSON: %v", err)
		}
		r.notes = append(r.notes, body.Value...)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(r.Close)
	return r
}

// until waits for notifications so that a condition holds.
func (r *receiver) until(t *testing.T, holds func(notes []object, calls int) bool) []object {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		r.mu.Lock()
		notes, calls := append([]object(nil), r.notes...), r.calls
		r.mu.Unlock()
		if holds(notes, calls) {
			return notes
		}
		select {
		case <-r.change:
		case <-deadline:
			t.Fatalf("still %d calls with %v", calls, notes)
		}
	}
}

func (r *receiver) count(t *testing.T, n int) []object {
	t.Helper()
	return r.until(t, func(notes []object, _ int) bool { return len(notes) >= n })
}

func subscribe(tenant *Tenant, url, resource string, more ...any) object {
	o := object{
		"changeType": "created,updated,deleted", "notificationUrl": url, "resource": resource, "clientState": "secret",
		"expirationDateTime": tenant.options.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339),
	}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] == nil {
			delete(o, more[i].(string))
		} else {
			o[more[i].(string)] = more[i+1]
		}
	}
	return o
}

// A change reaches the subscriber, each kind as its own, in batches, to whoever
// asked for it.
func TestChangesAreNotified(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 80, NotifyDelay: 50 * time.Millisecond})
	r := newReceiver(t)
	organizer := c.at.Organizer
	id := c.get("/users/" + organizer)["id"].(string)
	sub := c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+organizer+"/events"))
	only := newReceiver(t)
	c.post(201, "/subscriptions", subscribe(tenant, only.URL+"/x?a=b", "/users('"+id+"')/calendar/events", "changeType", "deleted"), "Prefer", `IdType="ImmutableId"`)
	at := tenant.quiet()
	made := c.post(201, "/users/"+organizer+"/events", meeting(tenant.Rooms()[1].Mailbox, at, time.Hour))
	notes := r.count(t, 1)
	first := notes[0]
	if first["subscriptionId"] != sub["id"] || first["clientState"] != "secret" || first["tenantId"] != c.at.TenantID || first["changeType"] != "created" ||
		dig(first, "resourceData", "id") != made["id"] || first["resource"] != "Users/"+id+"/Events/"+made["id"].(string) || dig(first, "resourceData", "@odata.type") != "#Microsoft.Graph.Event" {
		t.Errorf("the notification is %v", first)
	}
	c.event(organizer, made) // lets the room answer, which changes the organiser's event
	r.until(t, func(notes []object, _ int) bool {
		return len(notes) > 1 && notes[len(notes)-1]["changeType"] == "updated"
	})
	c.send(204, request{method: "DELETE", path: "/users/" + organizer + "/events/" + made["id"].(string)})
	r.until(t, func(notes []object, _ int) bool { return notes[len(notes)-1]["changeType"] == "deleted" })
	if gone := only.count(t, 1); len(gone) != 1 || gone[0]["changeType"] != "deleted" || dig(gone[0], "resourceData", "id") == made["id"] {
		t.Errorf("who asked for deletions by immutable id got %v", gone)
	}
	validateNotes(t, append(notes, first))
	if got := c.get("/subscriptions/" + sub["id"].(string)); got["resource"] != "users/"+organizer+"/events" || got["notificationUrl"] != r.URL {
		t.Errorf("the subscription reads back as %v", got)
	}
	if list, _ := c.all("/subscriptions?$top=1"); len(list) != 2 {
		t.Errorf("%d subscriptions", len(list))
	}
	c.send(204, request{method: "DELETE", path: "/subscriptions/" + sub["id"].(string)})
	c.send(404, request{method: "GET", path: "/subscriptions/" + sub["id"].(string)})
	c.send(404, request{method: "DELETE", path: "/subscriptions/" + sub["id"].(string)})
}

// validateNotes holds notifications against the contract's payload.
func validateNotes(t *testing.T, notes []object) {
	t.Helper()
	document := contractDocument(t)
	schema := document.Components.Schemas["microsoft.graph.changeNotificationCollection"].Value
	value := make([]any, len(notes))
	for i, n := range notes {
		value[i] = n
	}
	if err := schema.VisitJSON(map[string]any{"value": value}); err != nil {
		t.Errorf("notifications against the contract: %v", err)
	}
	known := document.Components.Schemas["microsoft.graph.changeNotification"].Value.Properties
	for name := range notes[0] {
		if known[name] == nil {
			t.Errorf("the contract knows no %s of a notification", name)
		}
	}
}

func TestSubscriptionRefusals(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 81})
	r := newReceiver(t)
	resource := "users/" + c.at.Organizer + "/events"
	for name, want := range map[string]struct {
		status int
		body   object
	}{
		"http":                  {400, subscribe(tenant, strings.Replace(r.URL, "https", "http", 1), resource)},
		"elsewhere":             {400, subscribe(tenant, "https://example.com/hook", resource)},
		"another address":       {400, subscribe(tenant, "https://192.0.2.1/hook", resource)},
		"any address":           {400, subscribe(tenant, "https://0.0.0.0:443/hook", resource)},
		"a name like localhost": {400, subscribe(tenant, "https://localhost.example.com/", resource)},
		"user in the address":   {400, subscribe(tenant, "https://127.0.0.1@example.com/", resource)},
		"nothing there":         {400, subscribe(tenant, "https://127.0.0.1:1/hook", resource)},
		"event hub":             {501, subscribe(tenant, "EventHub:https://vault.example/secrets/x?tenantId=y", resource)},
		"lifecycle elsewhere":   {400, subscribe(tenant, r.URL, resource, "lifecycleNotificationUrl", "https://example.com/")},
		"too long":              {400, subscribe(tenant, r.URL, resource, "expirationDateTime", tenant.options.Now().Add(10_081*time.Minute).Format(time.RFC3339))},
		"in the past":           {400, subscribe(tenant, r.URL, resource, "expirationDateTime", "2020-01-01T00:00:00Z")},
		"no end":                {400, subscribe(tenant, r.URL, resource, "expirationDateTime", nil)},
		"long state":            {400, subscribe(tenant, r.URL, resource, "clientState", strings.Repeat("x", 129))},
		"change type":           {400, subscribe(tenant, r.URL, resource, "changeType", "created,moved")},
		"rich without key":      {400, subscribe(tenant, r.URL, resource, "includeResourceData", true)},
		"rich":                  {501, subscribe(tenant, r.URL, resource, "includeResourceData", true, "encryptionCertificate", "x")},
		"messages":              {403, subscribe(tenant, r.URL, "users/"+c.at.Organizer+"/messages")},
		"me of an application":  {400, subscribe(tenant, r.URL, "me/events")},
		"nobody":                {404, subscribe(tenant, r.URL, "users/nobody@nowhere.example/events")},
		"no such calendar":      {404, subscribe(tenant, r.URL, "users/"+c.at.Organizer+"/calendars/AAMk/events")},
		"a filter":              {501, subscribe(tenant, r.URL, resource+"?$filter=x")},
	} {
		if got := c.send(want.status, request{method: "POST", path: "/subscriptions", body: want.body}); got.errorCode() == "" {
			t.Errorf("%s: no code", name)
		}
	}
	for name, answer := range map[string]func(http.ResponseWriter, string){
		"another status": func(w http.ResponseWriter, token string) { w.WriteHeader(202); _, _ = io.WriteString(w, token) },
		"another token": func(w http.ResponseWriter, token string) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, token+" ")
		},
		"HTML": func(w http.ResponseWriter, token string) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, token)
		},
		"still encoded": func(w http.ResponseWriter, token string) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, strings.ReplaceAll(token, " ", "%20"))
		},
	} {
		r.mu.Lock()
		r.token = answer
		r.mu.Unlock()
		if got := c.send(400, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, r.URL, resource)}); got.errorCode() != "ValidationError" {
			t.Errorf("%s: %s", name, got.errorCode())
		}
	}
	if len(tenant.Subscriptions()) != 0 {
		t.Error("a refused subscription is there")
	}
	// A person may subscribe to the own calendar only.
	r.mu.Lock()
	r.token = nil
	r.mu.Unlock()
	p := c.person(tenant, tenant.People()[3].Mailbox, "Calendars.Read")
	p.post(201, "/subscriptions", subscribe(tenant, r.URL, "me/events"))
	p.send(403, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, r.URL, resource)})
	if list, _ := c.all("/subscriptions"); len(list) != 1 {
		t.Errorf("the application sees %d subscriptions made with it", len(list))
	}
	c.person(tenant, tenant.People()[4].Mailbox, "Calendars.Read").send(404, request{method: "DELETE", path: "/subscriptions/" + tenant.Subscriptions()[0].ID})
}

// No call leaves the machine: neither by a name, nor by a redirect, nor where
// somebody takes the check of the address away.
func TestNotificationsStayOnTheMachine(t *testing.T) {
	client := newReceiverClient(time.Second)
	for _, address := range []string{"https://192.0.2.1/", "https://[2001:db8::1]/", "http://0.0.0.0:9/", "https://10.0.0.1:8443/"} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), errNotLoopback.Error()) {
			t.Errorf("%s: %v", address, err)
		}
	}
	tenant, c := checked(t, Options{Seed: 82, NotifyDelay: time.Millisecond})
	r := newReceiver(t)
	other := newReceiver(t)
	redirect := httptest.NewTLSServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer redirect.Close()
	resource := "users/" + c.at.Organizer + "/events"
	c.send(400, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, redirect.URL, resource)})
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, resource))
	// A receiver may redirect later, too.
	sub := tenant.activeSubscriptions()[0]
	notes := []note{{sub, []byte("{}")}}
	tenant.deliver(&delivery{url: redirect.URL, notes: notes, due: tenant.in(0), begun: tenant.options.Now()})
	other.mu.Lock()
	defer other.mu.Unlock()
	if other.calls != 0 {
		t.Error("a redirect was followed")
	}
}

// Without https only by a switch, and on loopback all the same.
func TestPlainNotifications(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 87, PlainNotifications: true})
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, q.URL.Query().Get("validationToken"))
	}))
	defer echo.Close()
	resource := "users/" + c.at.Organizer + "/events"
	c.post(201, "/subscriptions", subscribe(tenant, echo.URL, resource))
	c.post(201, "/subscriptions", subscribe(tenant, strings.Replace(echo.URL, "127.0.0.1", "localhost", 1), resource))
	c.send(400, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, "http://192.0.2.1/", resource)})
	_, without := checked(t, Options{Seed: 87})
	without.send(400, request{method: "POST", path: "/subscriptions", body: subscribe(tenant, echo.URL, resource)})
}

// F-096: renewed, paused, removed, missed.
func TestSubscriptionLife(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := checked(t, Options{Seed: 83, Now: clock.now, NotifyDelay: time.Millisecond})
	r, life := newReceiver(t), newReceiver(t)
	organizer := c.at.Organizer
	resource := "users/" + organizer + "/events"
	sub := c.post(201, "/subscriptions", subscribe(tenant, r.URL, resource, "lifecycleNotificationUrl", life.URL, "expirationDateTime", clock.now().Add(time.Minute).Format(time.RFC3339)))
	path := "/subscriptions/" + sub["id"].(string)
	if end, err := time.Parse(time.RFC3339, sub["expirationDateTime"].(string)); err != nil || end.Sub(clock.now()) < 44*time.Minute {
		t.Errorf("ends at %v, want 45 minutes from now", sub["expirationDateTime"])
	}
	at := tenant.quiet()
	book := func(hour int) {
		t.Helper()
		c.post(201, "/users/"+organizer+"/events", object{"subject": fmt.Sprint(hour), "start": wire(at.Add(time.Duration(hour)*time.Hour), "UTC"), "end": wire(at.Add(time.Duration(hour+1)*time.Hour), "UTC")})
	}
	book(1)
	r.count(t, 1)
	event := func(what string) object {
		t.Helper()
		return life.until(t, func(notes []object, _ int) bool {
			return len(notes) > 0 && notes[len(notes)-1]["lifecycleEvent"] == what
		})[0]
	}
	control := func(what string) {
		t.Helper()
		if err := tenant.Lifecycle(sub["id"].(string), what); err != nil {
			t.Fatal(err)
		}
	}
	control("missed")
	validateNotes(t, []object{event("missed")})
	control("reauthorizationRequired")
	event("reauthorizationRequired")
	if !tenant.Subscriptions()[0].Paused {
		t.Error("not paused")
	}
	book(2)
	// The change is dropped while paused; authorising anew says so.
	waitUntil(t, func() bool {
		s := tenant.activeSubscriptions()[0]
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.missed
	})
	c.send(200, request{method: "POST", path: path + "/reauthorize"})
	event("missed")
	book(3)
	if notes := r.count(t, 2); len(notes) != 2 {
		t.Errorf("%d notifications", len(notes))
	}
	c.send(200, request{method: "PATCH", path: path, body: object{"changeType": "updated", "resource": resource, "notificationUrl": r.URL, "expirationDateTime": clock.now().Add(48 * time.Hour).Format(time.RFC3339)}})
	c.send(400, request{method: "PATCH", path: path, body: object{"changeType": "updated", "resource": resource, "notificationUrl": "https://example.com/", "expirationDateTime": clock.now().Add(48 * time.Hour).Format(time.RFC3339)}})
	control("subscriptionRemoved")
	event("subscriptionRemoved")
	c.send(404, request{method: "GET", path: path})
	if tenant.Lifecycle(sub["id"].(string), "missed") == nil || len(tenant.Subscriptions()) != 0 {
		t.Error("the removed subscription is there")
	}

	// It ends with its mailbox, too.
	other := tenant.People()[5].Mailbox
	c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+other+"/events", "lifecycleNotificationUrl", life.URL))
	life.mu.Lock()
	life.notes = nil
	life.mu.Unlock()
	if err := tenant.DeleteAccount(other, GoneUser); err != nil {
		t.Fatal(err)
	}
	event("subscriptionRemoved")

	short := c.post(201, "/subscriptions", subscribe(tenant, r.URL, resource, "expirationDateTime", clock.now().Add(50*time.Minute).Format(time.RFC3339)))
	clock.advance(51 * time.Minute)
	c.send(404, request{method: "GET", path: "/subscriptions/" + short["id"].(string)})
}

// waitUntil polls a condition of the tenant's own state.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the condition does not come true")
		}
	}
}
