package graph

import (
	"net/http"
	"testing"

	"roomdesk/providers"
)

func TestIdentify(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		sendJSON(w, 200, map[string]any{"value": []any{map[string]any{"id": testTenant, "displayName": "Contoso",
			"verifiedDomains": []any{map[string]any{"name": "old.test"}, map[string]any{"name": "Contoso.test", "isDefault": true}}}}})
	})
	p := n.provider()
	id, err := p.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.TenantID != testTenant || id.TenantName.String() != "Contoso" || id.AppName.String() != "Room console" || id.AppID != testClient {
		t.Errorf("identity %+v", id)
	}
	if len(id.Domains) != 2 || id.Domains[0] != "contoso.test" {
		t.Errorf("domains %q, want the default one first", id.Domains)
	}
	if id.ServerTime.IsZero() {
		t.Error("the server's time is missing")
	}
	if id.Capabilities.Write {
		t.Error("a connection without Objects says that it can write")
	}
	r, _ := n.request(0)
	if r.Proto != "HTTP/2.0" {
		t.Errorf("protocol %s", r.Proto)
	}
}

func TestIdentifyWithoutOrganizationPermission(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) { sendError(w, 403, "Authorization_RequestDenied") })
	id, err := n.provider().Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if id.TenantID != testTenant || !id.TenantName.Empty() {
		t.Errorf("identity %+v, want the tenant's id from the token and no name", id)
	}
}

func TestCapabilitiesFollowTheToken(t *testing.T) {
	p := &Provider{objects: struct{ Objects }{}}
	for _, c := range []struct {
		roles  []string
		access providers.AccessLevel
		write  bool
	}{
		{[]string{"Calendars.ReadWrite", "Calendars.Read"}, providers.FullAccess, true},
		{[]string{"Calendars.Read"}, providers.FullAccess, false},
		{[]string{"Calendars.ReadBasic.All"}, providers.FreeBusyAccess, false},
		{nil, providers.Restricted, true}, // granted in Exchange alone: for some mailboxes
	} {
		got := p.capabilities(c.roles)
		if got.Access != c.access || got.Write != c.write || got.Write == !got.WriteWhy.Empty() {
			t.Errorf("%v: %+v", c.roles, got)
		}
	}
}
