package graph

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// graphApp is Microsoft Graph's own application id, the same in every tenant.
const graphApp = "00000003-0000-0000-c000-000000000000"

// roleNames are ids of application permissions that are published, for where the
// resource's own list cannot be read.
func roleName(id string) string {
	switch strings.ToLower(id) {
	case "ef54d2bf-783f-4e0f-bca1-3210c0444d99":
		return "Calendars.ReadWrite"
	case "798ee544-9d2d-430c-a058-570e29e34338":
		return "Calendars.Read"
	case "df021288-bdef-4463-88db-98f22de89214":
		return "User.Read.All"
	case "913b9306-0ce1-42b8-9137-6a7df690a760":
		return "Place.Read.All"
	case "498476ce-e0fe-48b0-b801-37ba7e2685c6":
		return "Organization.Read.All"
	case "40f97065-369a-49f4-947c-6a255697ae91":
		return "MailboxSettings.Read"
	}
	return ""
}

// Grants reads which application permissions an administrator granted to the
// application, by name. That needs a permission of its own
// (Application.Read.All), which nothing else needs: class NotAllowed says that it
// is not there, and is no fault.
func (b *Probe) Grants(ctx context.Context) ([]providers.Grant, error) {
	type wireRole struct {
		ID    string `json:"id"`
		Value string `json:"value"`
	}
	var resource struct {
		Roles []wireRole `json:"appRoles"`
	}
	c := b.call("reading what Graph's permissions are called", "", "")
	c.url = b.principal(graphApp) + "?$select=id,appRoles"
	if err := b.p.engine.do(ctx, c, func(a answer) error { return object(a.body, &resource) }); err != nil {
		return nil, err
	}
	type wireAssignment struct {
		Role  string    `json:"appRoleId"`
		Since time.Time `json:"createdDateTime"`
	}
	c = b.call("reading what was granted", "", "")
	c.url = b.principal(b.p.config.ClientID) + "/appRoleAssignments"
	var grants []providers.Grant
	links := newLoop()
	for {
		list, a, err := getPage(ctx, b.p.engine, c, func(w *wireAssignment) (wireAssignment, bool) { return *w, w.Role != "" })
		if err != nil {
			return nil, err
		}
		for _, w := range list {
			name := roleName(w.Role)
			if i := slices.IndexFunc(resource.Roles, func(r wireRole) bool { return strings.EqualFold(r.ID, w.Role) }); i >= 0 && plainCode(resource.Roles[i].Value) != "" {
				name = resource.Roles[i].Value
			}
			if name == "" {
				name = plainCode(w.Role)
			}
			grants = append(grants, providers.Grant{Permission: name, Since: w.Since})
		}
		if a.next == "" {
			return grants, nil
		}
		if err := b.p.roots.checkLink(a.next, ""); err != nil {
			return nil, err
		}
		if !links.add(a.next) {
			return nil, circle(c.op, "")
		}
		c.url = a.next
	}
}

// principal is the address of an application's service principal. The id is a
// GUID, so nothing of it has to be escaped.
func (b *Probe) principal(appID string) string {
	return b.p.roots.graph.String() + "/servicePrincipals(appId='" + appID + "')"
}

// Exchange asks an address of Exchange Web Services whether it answers at all. No
// credential is sent. It gives the HTTP status.
func (b *Probe) Exchange(ctx context.Context, address string) (int, error) {
	const op = "asking Exchange Web Services"
	u, err := root("Exchange URL", address)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, &providers.Error{Class: providers.Permanent, Op: op, Err: inner(err)}
	}
	req.Header.Set("User-Agent", b.p.engine.agent)
	resp, err := b.p.engine.http.Do(req)
	if err != nil {
		e := transportError(ctx, err)
		e.Op = op
		return 0, e
	}
	_ = resp.Body.Close() // the status is all that is wanted
	return resp.StatusCode, nil
}

// Create makes an event, which [Probe.Cancel] takes away again.
func (b *Probe) Create(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	return b.p.CreateEvent(ctx, draft)
}

// Event reads an event of a mailbox.
func (b *Probe) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return b.p.Event(ctx, mailbox, id)
}

// Find looks for the event of a transaction id.
func (b *Probe) Find(ctx context.Context, mailbox providers.Address, transaction string, around providers.Interval) (providers.Event, bool, error) {
	return b.p.FindEvent(ctx, mailbox, transaction, around)
}

// Change changes an event.
func (b *Probe) Change(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return b.p.ChangeEvent(ctx, mailbox, id, etag, change)
}

// Cancel cancels an event.
func (b *Probe) Cancel(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return b.p.CancelEvent(ctx, mailbox, id, comment)
}
