package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Lifetimes of subscriptions to Outlook items.
const (
	maxSubscriptionLife = 10_080 * time.Minute
	minSubscriptionLife = 45 * time.Minute
	maxClientState      = 128
)

// wireSubscription is a subscription as it comes.
type wireSubscription struct {
	ChangeType                string  `json:"changeType"`
	NotificationURL           string  `json:"notificationUrl"`
	LifecycleNotificationURL  string  `json:"lifecycleNotificationUrl"`
	Resource                  string  `json:"resource"`
	ExpirationDateTime        *string `json:"expirationDateTime"`
	ClientState               *string `json:"clientState"`
	IncludeResourceData       *bool   `json:"includeResourceData"`
	EncryptionCertificate     *string `json:"encryptionCertificate"`
	LatestSupportedTLSVersion string  `json:"latestSupportedTlsVersion"`
}

func (c *call) subscriptionBody() (wireSubscription, *problem) {
	var body wireSubscription
	ignored := []string{"id", "applicationId", "creatorId", "encryptionCertificateId", "notificationQueryOptions", "notificationUrlAppId"}
	if p := strictDecode(c.body, &body, ignored...); p != nil {
		return body, bad("InvalidRequest", "The request is malformed or incorrect. "+p.message)
	}
	return body, nil
}

// readSubscription checks everything that can be checked without the receiver.
func (c *call) readSubscription() (*subscription, *problem) {
	body, p := c.subscriptionBody()
	if p != nil {
		return nil, p
	}
	sub := &subscription{
		id: newSubscriptionID(), app: c.claims.AppID, creator: c.claims.ObjectID, changeType: body.ChangeType, clientState: body.ClientState,
		resource: body.Resource, url: body.NotificationURL, lifecycleURL: body.LifecycleNotificationURL, immutable: c.prefer.immutable,
		tls: "v1_2", made: c.t.options.Now(),
	}
	switch v := body.LatestSupportedTLSVersion; v {
	case "":
	case "v1_0", "v1_1", "v1_2", "v1_3":
		sub.tls = v
	default:
		return nil, bad("InvalidRequest", "latestSupportedTlsVersion is none of v1_0, v1_1, v1_2, v1_3.")
	}
	for name := range strings.SplitSeq(body.ChangeType, ",") {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "created":
			sub.changes |= createdChange
		case "updated":
			sub.changes |= updatedChange
		case "deleted":
			sub.changes |= deletedChange
		default:
			return nil, bad("InvalidRequest", "Invalid 'changeType' attribute: '"+body.ChangeType+"'.")
		}
	}
	switch {
	case sub.clientState != nil && len(*sub.clientState) > maxClientState:
		return nil, bad("InvalidRequest", "clientState must not exceed 128 characters.")
	case body.IncludeResourceData != nil && *body.IncludeResourceData && body.EncryptionCertificate == nil:
		return nil, bad("InvalidRequest", "encryptionCertificate is required when includeResourceData is true.")
	case body.IncludeResourceData != nil && *body.IncludeResourceData:
		return nil, &problem{http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model notifications with resource data."}
	case body.ExpirationDateTime == nil:
		return nil, bad("InvalidRequest", "expirationDateTime is required.")
	case sub.url == "":
		return nil, bad("InvalidRequest", "notificationUrl is required.")
	}
	if sub.expires, p = c.subscriptionEnd(*body.ExpirationDateTime); p != nil {
		return nil, p
	}
	if p := c.subscribedResource(sub); p != nil {
		return nil, p
	}
	for _, receiver := range []string{sub.url, sub.lifecycleURL} {
		if receiver == "" {
			continue
		}
		if p := c.t.checkReceiver(receiver); p != nil {
			return nil, p
		}
	}
	return sub, nil
}

// subscriptionEnd reads expirationDateTime. What is nearer than 45 minutes is
// moved there, as the service does.
func (c *call) subscriptionEnd(text string) (time.Time, *problem) {
	end, err := time.Parse(time.RFC3339Nano, text)
	now := c.t.options.Now()
	switch {
	case err != nil:
		return end, bad("InvalidRequest", "expirationDateTime is no date and time with an offset.")
	case !end.After(now):
		return end, bad("InvalidRequest", "Subscription expiration must be in the future.")
	case end.Sub(now) > maxSubscriptionLife:
		return end, bad("InvalidRequest", "Subscription expiration can only be 10080 minutes in the future.")
	case end.Sub(now) < minSubscriptionLife:
		return now.Add(minSubscriptionLife), nil
	}
	return end, nil
}

// subscribedResource reads the resource: users/{id}/events, me/events, and those
// of one calendar, with or without a slash in front and in both forms of keys.
func (c *call) subscribedResource(sub *subscription) *problem {
	wrong := bad("InvalidRequest", "The resource '"+sub.resource+"' is not supported for subscriptions.")
	path, query, _ := strings.Cut(sub.resource, "?")
	if query != "" {
		return &problem{http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model query options of a subscription's resource."}
	}
	k := &call{t: c.t, rawPath: (&url.URL{Path: "/v1.0/" + strings.TrimPrefix(path, "/")}).EscapedPath(), header: c.header, inBatch: true, claims: c.claims, entry: &Entry{}}
	k.resolve()
	if k.name(0) == "me" {
		return bad("InvalidRequest", "/me request is only valid with delegated authentication flow.")
	}
	if k.name(0) != "users" || k.depth() < 3 {
		return wrong
	}
	if k.mailbox == nil {
		if m := c.t.world.removed(k.mailKey); m != nil {
			return m.goneProblem()
		}
		return &problem{http.StatusNotFound, "ResourceNotFound", "The requested user '" + k.mailKey + "' is invalid."}
	}
	sub.box = k.mailbox
	// What a subscription tells is what reading the events would.
	k.method = http.MethodGet
	if p := k.authorize(); p != nil {
		return p
	}
	c.t.ensure(sub.box)
	switch {
	case k.depth() == 3 && k.name(2) == "events":
		return nil
	case k.depth() == 4 && k.name(2) == "calendar" && k.name(3) == "events":
		kind := defaultCalendar
		sub.in = &kind
		return nil
	case k.depth() == 5 && k.name(2) == "calendars" && k.name(4) == "events":
		f, ok := k.folderNamed(k.segments[3])
		if !ok {
			return &problem{http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store."}
		}
		sub.in = &f.kind
		return nil
	}
	return wrong
}
