package entra_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

func (s *site) adminConsent(version string, pairs ...string) string {
	q := url.Values{"client_id": {webID}, "redirect_uri": {callback}, "state": {"s-2"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return s.server.URL + "/" + tenantID + version + "/adminconsent?" + q.Encode()
}

func (s *site) webRoles(t *testing.T) []string {
	t.Helper()
	claims, err := s.Verify(s.ask(t, tenantID, form("client_id", webID)).AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	return claims.Roles
}

// C14: the permission page comes twice, first the tenancy and then the scopes;
// C5: what is configured becomes granted, and reaches tokens later.
func TestAdminConsent(t *testing.T) {
	s := newSite(t, people, func(o *entra.Options) { o.ConsentDelay = 20 * time.Minute })
	if got := s.webRoles(t); got != nil {
		t.Fatalf("roles before consent: %v", got)
	}
	b := newBrowser(t, s).open(s.adminConsent("")).signIn(admin, password)
	b.sees("1 of 2", "roomdesk web", "Contoso", admin).press("Accept")
	b.sees("2 of 2", "Calendars.ReadWrite", "Place.Read.All")
	if grants, err := s.Grants(webID); err != nil || len(grants) != 0 {
		t.Fatalf("granted before the second page: %v %v", grants, err)
	}
	got := b.press("Accept").result()
	if got.Get("admin_consent") != "True" || got.Get("tenant") != tenantID || got.Get("state") != "s-2" || !strings.HasPrefix(b.left.String(), callback+"?") {
		t.Fatalf("%v", b.left)
	}
	grants, err := s.Grants(webID)
	if err != nil || len(grants) != 2 || !grants[0].Effective.Equal(grants[0].Since.Add(20*time.Minute)) {
		t.Errorf("grants %v %v", grants, err)
	}
	if got := s.webRoles(t); got != nil {
		t.Errorf("granted a moment ago, and in the token already: %v", got)
	}
	s.advance(20 * time.Minute)
	if got := s.webRoles(t); !slices.Equal(got, []string{"Calendars.ReadWrite", "Place.Read.All"}) {
		t.Errorf("after the delay: %v", got)
	}
	if err := s.Revoke(webID, "Place.Read.All"); err != nil {
		t.Fatal(err)
	}
	if got := s.webRoles(t); len(got) != 2 {
		t.Errorf("a revoked role is gone at once: %v", got)
	}
	s.advance(20 * time.Minute)
	if got := s.webRoles(t); !slices.Equal(got, []string{"Calendars.ReadWrite"}) {
		t.Errorf("after the revocation: %v", got)
	}
}

// C15 and C20: somebody who is no administrator is told which role is missing.
func TestAdminConsentByOthers(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s).open(s.adminConsent("")).signIn(ada, password)
	b.sees("Need admin approval", "Privileged Role Administrator or Global Administrator", "AADSTS90093", ada)
	// Forging the button that is not there gives nothing.
	b.page.buttons = append(b.page.buttons, pressable{"action", "accept", "Forged"})
	for range 3 {
		b.press("Forged").sees("Need admin approval")
		b.page.buttons = append(b.page.buttons, pressable{"action", "accept", "Forged"})
	}
	if got := b.press("Return to the application").result(); got.Get("error") != "access_denied" || got.Get("state") != "s-2" {
		t.Errorf("%v", got)
	}
	// Application permissions of Graph need more than an application administrator.
	newBrowser(t, s).open(s.adminConsent("")).signIn(appAdmin, password).sees("Need admin approval")
	// C12: another account is signed in already; it is shown, and can be changed.
	b = newBrowser(t, s)
	b.open(s.authorize()).signIn(ada, password).result()
	b.open(s.adminConsent("")).sees("Pick an account", ada).press("Ada Tester").sees("Need admin approval")
	b.press("Sign in with another account").signIn(admin, password).sees("1 of 2", admin)
	// C11: an account of another tenant.
	newBrowser(t, s).open(s.adminConsent("")).signIn(stranger, password).sees("AADSTS50020", "does not exist in tenant")
	if got := s.webRoles(t); got != nil {
		t.Errorf("somebody got %v granted", got)
	}
}

// An application without any redirect address: it is granted, and then the page says
// that it cannot go anywhere.
func TestAdminConsentWithoutAWayBack(t *testing.T) {
	s := newSite(t, people)
	if err := s.Update(webID, func(a *entra.Application) { a.RedirectURIs, a.WebRedirectURIs = nil, nil }); err != nil {
		t.Fatal(err)
	}
	if b := newBrowser(t, s).open(s.adminConsent("")); b.left != nil || !strings.Contains(b.page.alert, "AADSTS50011:") {
		t.Errorf("an address that is not registered: %v %q", b.left, b.page.alert)
	}
	b := newBrowser(t, s).open(s.adminConsent("", "redirect_uri", "")).signIn(admin, password).press("Accept").press("Accept")
	if b.left != nil || !strings.Contains(b.page.alert, "AADSTS500113:") {
		t.Errorf("%v %q", b.left, b.page.alert)
	}
	if got := s.webRoles(t); len(got) != 2 {
		t.Errorf("granted: %v", got)
	}
	// A page that is sent once more gives nothing twice.
	b.page.buttons = append(b.page.buttons, pressable{"action", "accept", "Forged"})
	if b.press("Forged"); b.left != nil {
		t.Errorf("sent to %v", b.left)
	}
}

func TestAdminConsentCancelledOnEachPage(t *testing.T) {
	s := newSite(t, people)
	for page := range 2 {
		b := newBrowser(t, s).open(s.adminConsent("")).signIn(admin, password)
		for range page {
			b.press("Accept")
		}
		if got := b.press("Cancel").result(); got.Get("error") != "access_denied" || got.Get("admin_consent") != "" || got.Get("state") != "s-2" || got.Get("error_subcode") != "cancel" {
			t.Errorf("page %d: %v", page+1, got)
		}
	}
	if got := s.webRoles(t); got != nil {
		t.Errorf("cancelled, and granted: %v", got)
	}
}

func TestAdminConsentSecondVersion(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s).open(s.adminConsent("/v2.0", "scope", scope)).signIn(admin, password).press("Accept").sees("Place.Read.All").press("Accept")
	if got := b.result(); got.Get("admin_consent") != "True" || !strings.Contains(got.Get("scope"), "Place.Read.All") {
		t.Errorf("%v", got)
	}
	if got := s.webRoles(t); len(got) != 2 {
		t.Errorf("roles %v", got)
	}
	// A single delegated permission: granted for everybody, by a lesser role too.
	newBrowser(t, s).open(s.adminConsent("/v2.0", "scope", "Place.Read.All")).signIn(appAdmin, password).press("Accept").press("Accept").result()
	for _, a := range s.Applications() {
		if a.ClientID == webID && !slices.Contains(a.TenantScopes, "Place.Read.All") {
			t.Errorf("not consented for everybody: %v", a.TenantScopes)
		}
	}
	for name, c := range map[string]struct{ address, code string }{
		"unknown application": {s.adminConsent("", "client_id", objectID), "AADSTS700016"},
		"no application":      {s.adminConsent("", "client_id", ""), "AADSTS900144"},
		"foreign address":     {s.adminConsent("", "redirect_uri", "https://evil.example"), "AADSTS50011"},
		"no scope":            {s.adminConsent("/v2.0"), "AADSTS900144"},
		"other tenant":        {strings.Replace(s.adminConsent(""), tenantID, "nobody.example", 1), "AADSTS90002"},
	} {
		if b := newBrowser(t, s).open(c.address); b.left != nil || !strings.Contains(b.page.alert, c.code+":") {
			t.Errorf("%s: %v %q", name, b.left, b.page.alert)
		}
	}
	if err := s.Register(entra.Application{ClientID: objectID, DisplayName: "empty", RedirectURIs: []string{"http://localhost"}}); err != nil {
		t.Fatal(err)
	}
	newBrowser(t, s).open(s.adminConsent("", "client_id", objectID, "redirect_uri", "http://localhost")).sees("AADSTS650056")
}

// C26: consent is asked for what is new; people cannot give what only
// administrators can.
func TestUserConsent(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s)
	b.open(s.authorize("scope", "openid Calendars.ReadWrite MailboxSettings.Read")).signIn(ada, password)
	if b.sees("Permissions requested", "Read your mailbox settings"); strings.Contains(b.page.text, "full access to your calendars") {
		t.Error("asks again for what an administrator consented to")
	}
	b.press("Accept").result()
	if b.open(s.authorize("scope", "openid MailboxSettings.Read")).result().Get("code") == "" {
		t.Error("asks twice")
	}
	if got := newBrowser(t, s).open(s.authorize("scope", "MailboxSettings.Read")).signIn(admin, password); got.left != nil {
		t.Error("one person's consent holds for another")
	}
	b.open(s.authorize("prompt", "consent", "scope", "openid MailboxSettings.Read")).sees("Permissions requested").press("Accept").result()
	b.open(s.authorize("scope", "Place.Read.All")).sees("Need admin approval", "AADSTS90094")
	b.page.buttons = append(b.page.buttons, pressable{"action", "accept", "Forged"})
	b.press("Forged").sees("Need admin approval")
	if got := b.open(s.authorize("scope", "Place.Read.All", "prompt", "none")).result(); got.Get("error") != "consent_required" {
		t.Errorf("%v", got)
	}
	newBrowser(t, s).open(s.authorize("scope", "Place.Read.All")).signIn(admin, password).sees("Consent on behalf of your organization").
		press("Accept", "tenantwide", "true").result()
	if b.open(s.authorize("scope", "Place.Read.All")).result().Get("code") == "" {
		t.Error("consent for everybody does not hold")
	}
	if err := s.RevokeConsent(publicID, ""); err != nil {
		t.Fatal(err)
	}
	b.open(s.authorize("scope", "MailboxSettings.Read")).sees("Permissions requested")
}

func TestNobodyMayConsent(t *testing.T) {
	s := newSite(t, people, func(o *entra.Options) { o.UserConsentDisabled = true })
	newBrowser(t, s).open(s.authorize("scope", "MailboxSettings.Read")).signIn(ada, password).sees("Need admin approval")
}
