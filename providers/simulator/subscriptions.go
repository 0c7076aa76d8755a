package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// changeSet is a set of kinds of changes.
type changeSet uint8

const (
	createdChange changeSet = 1 << iota
	updatedChange
	deletedChange
)

func (s changeSet) String() string {
	switch s {
	case createdChange:
		return "created"
	case updatedChange:
		return "updated"
	}
	return "deleted"
}

// subscription asks for notifications of a mailbox's events. Everything but what
// stands below mu is fixed.
type subscription struct {
	id, app, creator string
	changeType       string // as it came
	changes          changeSet
	clientState      *string
	resource         string
	box              *mailbox
	in               *calendarKind // one calendar; nil is all
	immutable        bool          // ids in notifications
	lifecycleURL     string
	tls              string
	made             time.Time

	mu      sync.Mutex
	url     string
	expires time.Time
	paused  bool // reauthorizationRequired was sent
	missed  bool // something was not notified while paused
}

// subscriptionStore keeps the active subscriptions.
type subscriptionStore struct {
	mu    sync.RWMutex
	list  []*subscription
	byBox map[*mailbox][]*subscription
}

// maxSubscriptions is how many active ones a mailbox may have, over all
// applications.
const maxSubscriptions = 1000

// subscriptionProperties are the names that $select may use.
var subscriptionProperties = []string{"id", "applicationId", "changeType", "clientState", "creatorId", "encryptionCertificate", "encryptionCertificateId", "expirationDateTime", "includeResourceData", "latestSupportedTlsVersion", "lifecycleNotificationUrl", "notificationQueryOptions", "notificationUrl", "notificationUrlAppId", "resource"}

// add stores a subscription; false where the mailbox has enough.
func (s *subscriptionStore) add(sub *subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byBox[sub.box]) >= maxSubscriptions {
		return false
	}
	if s.byBox == nil {
		s.byBox = map[*mailbox][]*subscription{}
	}
	s.list = append(s.list, sub)
	s.byBox[sub.box] = append(s.byBox[sub.box], sub)
	return true
}

func (s *subscriptionStore) remove(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(have *subscription) bool { return have == sub }
	s.list = slices.DeleteFunc(slices.Clone(s.list), same)
	s.byBox[sub.box] = slices.DeleteFunc(slices.Clone(s.byBox[sub.box]), same)
}

// of lists the subscriptions of a mailbox; the list does not change afterwards.
func (s *subscriptionStore) of(m *mailbox) []*subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clip(s.byBox[m])
}

// active lists what has not ended, and forgets the rest.
func (t *Tenant) activeSubscriptions() []*subscription {
	t.subscriptions.mu.RLock()
	list := t.subscriptions.list
	t.subscriptions.mu.RUnlock()
	now := t.options.Now()
	var out []*subscription
	for _, sub := range list {
		if sub.ended(now) {
			t.subscriptions.remove(sub)
		} else {
			out = append(out, sub)
		}
	}
	return out
}

func (s *subscription) ended(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !now.Before(s.expires)
}

// subscriptionCalls routes everything below /subscriptions.
func (c *call) subscriptionCalls() answer {
	switch {
	case c.depth() == 1 && c.method == http.MethodPost:
		return c.createSubscription()
	case c.depth() == 1:
		return c.only(http.MethodGet, c.listSubscriptions)
	}
	sub := c.ownSubscription(c.segments[1])
	if sub == nil {
		return c.fail(http.StatusNotFound, "ResourceNotFound", "The object was not found.")
	}
	switch {
	case c.depth() == 3 && c.name(2) == "reauthorize":
		return c.only(http.MethodPost, func() answer { return c.reauthorize(sub) })
	case c.depth() > 2:
		return c.noSegment(c.segments[2])
	case c.method == http.MethodPatch:
		return c.renewSubscription(sub)
	case c.method == http.MethodDelete:
		c.t.subscriptions.remove(sub)
		c.entry.Effect = "deleted subscription"
		return answer{status: http.StatusNoContent}
	}
	return c.only(http.MethodGet, func() answer { return c.getSubscription(sub) })
}

// ownSubscription finds a subscription of the calling application.
func (c *call) ownSubscription(id string) *subscription {
	for _, sub := range c.t.activeSubscriptions() {
		if strings.EqualFold(sub.id, id) && c.owns(sub) {
			return sub
		}
	}
	return nil
}

// owns: an application sees what it made, in a person's name what that person made.
func (c *call) owns(sub *subscription) bool {
	return sub.app == c.claims.AppID && (!c.claims.Delegated() || sub.creator == c.claims.ObjectID)
}

func (c *call) listSubscriptions() answer {
	if p := c.options("$top", "$select", "$skiptoken", "$count"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.subscription", subscriptionProperties)
	if p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", 100)
	if p != nil {
		return c.refuse(p)
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	skip, ok := c.t.pageToken(c.query.Get("$skiptoken"))
	if !ok {
		return c.fail(http.StatusBadRequest, "BadRequest", "The $skiptoken is invalid.")
	}
	own := slices.DeleteFunc(c.t.activeSubscriptions(), func(sub *subscription) bool { return !c.owns(sub) })
	page, more := cut(own, skip, max(size, 1))
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("subscriptions"))
	if count {
		w.int("@odata.count", int64(len(own)))
	}
	if more {
		w.string("@odata.nextLink", c.link("$skiptoken", c.t.makePageToken(skip+max(size, 1))))
	}
	w.key("value")
	w.b = append(w.b, '[')
	for _, sub := range page {
		w.subscription(sub, pick, "")
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

func (c *call) getSubscription(sub *subscription) answer {
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.subscription", subscriptionProperties)
	if p != nil {
		return c.refuse(p)
	}
	w := &writer{}
	w.subscription(sub, pick, c.context("subscriptions/$entity"))
	return c.ok(w)
}

func (w *writer) subscription(sub *subscription, pick selection, context string) {
	sub.mu.Lock()
	url, expires := sub.url, sub.expires
	sub.mu.Unlock()
	w.open()
	if context != "" {
		w.string("@odata.context", context)
	}
	for _, name := range subscriptionProperties {
		if pick != nil && !pick[name] {
			continue
		}
		switch name {
		case "id":
			w.string(name, sub.id)
		case "applicationId":
			w.string(name, sub.app)
		case "creatorId":
			w.string(name, sub.creator)
		case "changeType":
			w.string(name, sub.changeType)
		case "clientState":
			if sub.clientState == nil {
				w.null(name)
			} else {
				w.string(name, *sub.clientState)
			}
		case "expirationDateTime":
			w.instant(name, expires.Unix())
		case "latestSupportedTlsVersion":
			w.string(name, sub.tls)
		case "lifecycleNotificationUrl":
			w.orNull(name, sub.lifecycleURL)
		case "notificationUrl":
			w.string(name, url)
		case "resource":
			w.string(name, sub.resource)
		default:
			w.null(name)
		}
	}
	w.close()
}

// createSubscription checks what is asked for and calls the receiver before it
// answers.
func (c *call) createSubscription() answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	sub, p := c.readSubscription()
	if p != nil {
		return c.refuse(p)
	}
	for _, url := range []string{sub.url, sub.lifecycleURL} {
		if url == "" {
			continue
		}
		if p := c.t.validateReceiver(c.ctx, url); p != nil {
			return c.refuse(p)
		}
	}
	if !c.t.subscriptions.add(sub) {
		return c.fail(http.StatusForbidden, "ExtensionError", "The mailbox has reached the limit of "+strconv.Itoa(maxSubscriptions)+" subscriptions.")
	}
	c.t.watch(sub.box)
	c.entry.Effect = "created subscription"
	w := &writer{}
	w.subscription(sub, nil, c.context("subscriptions/$entity"))
	a := c.ok(w)
	a.status = http.StatusCreated
	return a
}

// renewSubscription is PATCH: another end, or another receiver. It counts as
// authorising anew.
func (c *call) renewSubscription(sub *subscription) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	body, p := c.subscriptionBody()
	if p != nil {
		return c.refuse(p)
	}
	if body.ExpirationDateTime == nil && body.NotificationURL == "" {
		return c.fail(http.StatusBadRequest, "InvalidRequest", "Only expirationDateTime and notificationUrl of a subscription can be changed.")
	}
	var expires time.Time
	if body.ExpirationDateTime != nil {
		if expires, p = c.subscriptionEnd(*body.ExpirationDateTime); p != nil {
			return c.refuse(p)
		}
	}
	if body.NotificationURL != "" {
		if p := c.t.checkReceiver(body.NotificationURL); p != nil {
			return c.refuse(p)
		}
		if p := c.t.validateReceiver(c.ctx, body.NotificationURL); p != nil {
			return c.refuse(p)
		}
	}
	sub.mu.Lock()
	if !expires.IsZero() {
		sub.expires = expires
	}
	if body.NotificationURL != "" {
		sub.url = body.NotificationURL
	}
	sub.mu.Unlock()
	c.t.resume(sub)
	c.entry.Effect = "renewed subscription"
	w := &writer{}
	w.subscription(sub, nil, c.context("subscriptions/$entity"))
	return c.ok(w)
}

func (c *call) reauthorize(sub *subscription) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	c.t.resume(sub)
	c.entry.Effect = "reauthorized subscription"
	return answer{status: http.StatusOK}
}

// newSubscriptionID is a name of its own so that a forged one looks the same.
func newSubscriptionID() string { return uuid.NewString() }
