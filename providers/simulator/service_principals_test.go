package simulator

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// C5, C22: what is granted can be read, and mapped to names by the resource's roles.
func TestServicePrincipals(t *testing.T) {
	tenant, plain := checked(t, Options{Seed: 90})
	appID := plain.at.ClientID
	byAppID := "/servicePrincipals(appId='" + appID + "')"
	if r := plain.send(403, request{method: "GET", path: byAppID}); r.errorCode() != "Authorization_RequestDenied" {
		t.Errorf("without the permission: %s", r.errorCode())
	}
	if err := tenant.Directory().Grant(appID, "Application.Read.All"); err != nil {
		t.Fatal(err)
	}
	c := connect(t, tenant)
	own := c.get(byAppID)
	id := own["id"].(string)
	if own["appId"] != appID || own["appOwnerOrganizationId"] != c.at.TenantID || own["servicePrincipalType"] != "Application" {
		t.Errorf("the application is %v", own)
	}
	secrets := own["passwordCredentials"].([]any)
	first := secrets[0]
	end, err := time.Parse(time.RFC3339, dig(first, "endDateTime").(string))
	if err != nil || len(secrets) != 2 || dig(first, "keyId") != c.at.SecretID || dig(first, "hint") != c.at.ClientSecret[:3] || dig(first, "secretText") != nil || !end.After(time.Now()) {
		t.Errorf("secrets %v", secrets)
	}
	if strings.Contains(string(c.send(200, request{method: "GET", path: byAppID}).raw), c.at.ClientSecret) {
		t.Error("the secret's value can be read")
	}
	for _, path := range []string{
		"/servicePrincipals/" + id + "?$select=id,appId", "/servicePrincipals/" + strings.ToUpper(id),
		"/servicePrincipals(appId='" + strings.ToUpper(appID) + "')",
	} {
		if got := c.get(path); got["id"] != id {
			t.Errorf("%s gives %v", path, got["id"])
		}
	}
	list, _ := c.all("/servicePrincipals?$filter=" + url.QueryEscape("appId eq '"+appID+"'"))
	if len(list) != 1 || list[0]["id"] != id {
		t.Errorf("by filter: %v", list)
	}
	if list, _ := c.all("/servicePrincipals?$top=1&$select=displayName"); len(list) < 3 {
		t.Errorf("%d service principals", len(list))
	}
	if list, _ := c.all("/servicePrincipals?$count=true&$search="+url.QueryEscape(`"displayName:exchange"`), eventual...); len(list) != 1 {
		t.Errorf("by search: %v", list)
	}

	graph := c.get("/servicePrincipals(appId='" + graphAppID + "')?$select=id,appRoles,oauth2PermissionScopes,displayName")
	names := map[any]any{}
	for _, r := range graph["appRoles"].([]any) {
		names[dig(r, "id")] = dig(r, "value")
	}
	if names["ef54d2bf-783f-4e0f-bca1-3210c0444d99"] != "Calendars.ReadWrite" || names["913b9306-0ce1-42b8-9137-6a7df690a760"] != "Place.Read.All" || len(names) != len(graphRoles) {
		t.Errorf("roles %v", names)
	}
	if len(graph["oauth2PermissionScopes"].([]any)) != len(graphScopes) {
		t.Error("scopes are missing")
	}
	granted := func() map[any]bool {
		t.Helper()
		out := map[any]bool{}
		for _, path := range []string{byAppID, "/servicePrincipals/" + id} {
			assignments, _ := c.all(path + "/appRoleAssignments?$top=2")
			out = map[any]bool{}
			for _, a := range assignments {
				if a["principalId"] != id || a["resourceId"] != graph["id"] || a["resourceDisplayName"] != "Microsoft Graph" {
					t.Errorf("assignment %v", a)
				}
				out[names[a["appRoleId"]]] = true
			}
		}
		return out
	}
	want := append([]string{"Application.Read.All"}, grantedRoles...)
	got := granted()
	for _, role := range want {
		if !got[role] {
			t.Errorf("%s is not among %v", role, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("granted %v", got)
	}
	// What an administrator takes away is gone here at once, in tokens later.
	tenant.Directory().SetConsentDelay(time.Hour)
	if err := tenant.Directory().Revoke(appID, "Place.Read.All"); err != nil {
		t.Fatal(err)
	}
	if granted()["Place.Read.All"] {
		t.Error("the revoked permission is still assigned")
	}
	c.get("/places/graph.room?$top=1")
	if to, _ := c.all("/servicePrincipals(appId='" + graphAppID + "')/appRoleAssignedTo"); len(to) != len(want)-1 {
		t.Errorf("assigned to Graph's: %d, want %d", len(to), len(want)-1)
	}
	one, _ := c.all(byAppID + "/appRoleAssignments?$filter=" + url.QueryEscape("appRoleId eq df021288-bdef-4463-88db-98f22de89214"))
	if len(one) != 1 || one[0]["createdDateTime"] == nil {
		t.Errorf("one assignment by filter: %v", one)
	}
	c.send(404, request{method: "GET", path: "/servicePrincipals(appId='00000000-0000-4000-8000-000000000000')"})
	c.send(404, request{method: "GET", path: "/servicePrincipals/nobody/appRoleAssignments"})
	p := c.person(tenant, c.at.Organizer, "Directory.Read.All")
	if got := p.post(200, "/directoryObjects/getByIds", object{"ids": []string{id}, "types": []string{"servicePrincipal"}})["value"].([]any); len(got) != 1 {
		t.Errorf("by id: %v", got)
	}

	certificate := selfSigned(t)
	if err := tenant.Directory().Update(appID, func(a *entra.Application) { a.Certificates = []*x509.Certificate{certificate} }); err != nil {
		t.Fatal(err)
	}
	keys := c.get(byAppID + "?$select=keyCredentials")["keyCredentials"].([]any)
	if len(keys) != 1 || dig(keys, 0, "type") != "AsymmetricX509Cert" || dig(keys, 0, "key") != nil {
		t.Errorf("keys %v", keys)
	}

	plainTenant, _ := start(t, Options{Seed: 90, Rooms: 12, People: 12})
	if err := plainTenant.Directory().Grant(appID, "Application.Read.All", "full_access_as_app", "Nonsense.All"); err != nil {
		t.Fatal(err)
	}
	other := connect(t, plainTenant)
	other.get("/servicePrincipals('" + id + "')")
	other.get("/servicePrincipals%28appId%3D%27" + appID + "%27%29")
	resources := map[any]int{}
	assignments, _ := other.all(byAppID + "/appRoleAssignments")
	for _, a := range assignments {
		resources[a["resourceDisplayName"]]++
	}
	if resources["Office 365 Exchange Online"] != 1 || resources["Microsoft Graph"] != len(want)+1 {
		t.Errorf("resources %v", resources)
	}
}

// selfSigned is the tenant's CA, as any certificate would do.
func selfSigned(t *testing.T) *x509.Certificate {
	t.Helper()
	issued, err := issueCertificates("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(issued.caPEM)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// A list can bring the assignments along; what is not modelled is said.
func TestServicePrincipalsExpandAssignments(t *testing.T) {
	tenant, plain := checked(t, Options{Seed: 91, Rooms: 3, People: 3})
	if err := tenant.Directory().Grant(plain.at.ClientID, "Application.Read.All"); err != nil {
		t.Fatal(err)
	}
	c := connect(t, tenant)
	list, _ := c.all("/servicePrincipals?$expand=appRoleAssignments&$filter=" + url.QueryEscape("appId eq '"+c.at.ClientID+"'"))
	if len(list) != 1 {
		t.Fatalf("%d service principals", len(list))
	}
	want := c.get("/servicePrincipals/" + list[0]["id"].(string) + "/appRoleAssignments")["value"]
	if got := list[0]["appRoleAssignments"]; len(want.([]any)) < 5 || !reflect.DeepEqual(got, want) {
		t.Errorf("expanded %v, want %v", got, want)
	}
	for _, sp := range c.get("/servicePrincipals?$expand=appRoleAssignments")["value"].([]any) {
		if assigned, ok := dig(sp, "appRoleAssignments").([]any); !ok || dig(sp, "appId") == graphAppID && len(assigned) > 0 {
			t.Errorf("%v has %v", dig(sp, "displayName"), dig(sp, "appRoleAssignments"))
		}
	}
	if r := c.send(501, request{method: "GET", path: "/servicePrincipals?$expand=owners"}); r.errorCode() != "NotImplemented" {
		t.Errorf("another property: %s", r.errorCode())
	}
}
