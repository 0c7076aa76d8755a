package entra_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// C25: from the browser back to the program, with state and nonce.
func TestAuthorizationCode(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s).open(s.authorize())
	if b.sees("Sign in to roomdesk for people"); b.page.labels["loginfmt"] != "Email" || b.page.labels["passwd"] != "Password" {
		t.Errorf("labels %v", b.page.labels)
	}
	result := b.signIn(ada, password).result()
	if b.left.Host != "localhost:5555" || result.Get("state") != "s-1" || result.Get("error") != "" {
		t.Fatalf("sent to %s", b.left)
	}
	got := s.redeem(t, result.Get("code"))
	if got.Status != 200 || got.RefreshToken == "" || got.ClientInfo == "" || !strings.Contains(got.Scope, "Calendars.ReadWrite") {
		t.Fatalf("%v scope %q", got, got.Scope)
	}
	claims, err := s.Verify(got.AccessToken)
	if err != nil || !claims.Delegated() || claims.ObjectID != adaID || claims.UserName != ada || claims.Roles != nil || !strings.Contains(claims.Scope, "Calendars.ReadWrite") {
		t.Errorf("%+v %v", claims, err)
	}
	id := claimsOf(t, got.IDToken)
	for name, want := range map[string]any{"aud": publicID, "iss": s.server.URL + "/" + tenantID + "/v2.0", "nonce": "n-1", "oid": adaID, "tid": tenantID, "preferred_username": ada, "ver": "2.0"} {
		if id[name] != want {
			t.Errorf("id_token: %s is %v, want %v", name, id[name], want)
		}
	}
	access := claimsOf(t, got.AccessToken)
	if access["idtyp"] != "user" || access["upn"] != ada || access["appidacr"] != "0" || access["sub"] == id["sub"] {
		t.Errorf("access token %v", access)
	}
	if verifyWithKeys(t, s, got.IDToken) != nil {
		t.Error("the ID token is not verifiable by the published keys")
	}
}

// A code is good once; a second use ends what the first one earned.
func TestCodeReplayRevokes(t *testing.T) {
	s := newSite(t, people)
	code := newBrowser(t, s).open(s.authorize()).signIn(ada, password).result().Get("code")
	first := s.redeem(t, code)
	if again := s.refresh(t, first.RefreshToken); again.Status != 200 {
		t.Fatal(again)
	}
	wantCode(t, "replay", s.redeem(t, code).tokenAnswer, "invalid_grant", 54005)
	wantCode(t, "refresh after the replay", s.refresh(t, first.RefreshToken).tokenAnswer, "invalid_grant", 50173)
}

func TestCodeIsBound(t *testing.T) {
	s := newSite(t, people)
	code := func() string {
		return newBrowser(t, s).open(s.authorize()).signIn(ada, password).result().Get("code")
	}
	for name, c := range map[string]struct {
		form []string
		kind string
		code int
	}{
		"another verifier":    {[]string{"code_verifier", strings.Repeat("x", 43)}, "invalid_grant", 501481},
		"no verifier":         {[]string{"code_verifier", ""}, "invalid_grant", 50148},
		"short verifier":      {[]string{"code_verifier", "x"}, "invalid_grant", 501481},
		"another redirect":    {[]string{"redirect_uri", "http://localhost:5556"}, "invalid_grant", 500112},
		"no redirect":         {[]string{"redirect_uri", ""}, "invalid_request", 900144},
		"secret of a public":  {[]string{"client_secret", secret}, "invalid_client", 700025},
		"another application": {[]string{"client_id", webID}, "invalid_grant", 70000},
		"garbage":             {[]string{"code", "garbage"}, "invalid_grant", 9002313},
	} {
		wantCode(t, name, s.redeem(t, code(), c.form...).tokenAnswer, c.kind, c.code)
	}
	late := code()
	s.advance(11 * time.Minute)
	wantCode(t, "late", s.redeem(t, late).tokenAnswer, "invalid_grant", 70008)
}

// A confidential client proves itself when it redeems; no proof key is needed.
func TestConfidentialClient(t *testing.T) {
	s := newSite(t, people)
	code := func() string {
		return newBrowser(t, s).open(s.web()).signIn(ada, password).sees("Permissions requested", "read your profile").press("Accept").result().Get("code")
	}
	ask := func(pairs ...string) userToken {
		return s.redeem(t, newBrowser(t, s).open(s.web()).signIn(ada, password).result().Get("code"),
			append([]string{"client_id", webID, "redirect_uri", callback, "code_verifier", ""}, pairs...)...)
	}
	if got := s.redeem(t, code(), "client_id", webID, "redirect_uri", callback, "code_verifier", "", "client_secret", secret); got.Status != 200 || claimsOf(t, got.AccessToken)["appidacr"] != "1" {
		t.Error(got)
	}
	wantCode(t, "no secret", ask().tokenAnswer, "invalid_client", 7000218)
	wantCode(t, "wrong secret", ask("client_secret", "x").tokenAnswer, "invalid_client", 7000215)
	if got := ask("client_secret", secret); got.Status != 200 {
		t.Error(got)
	}
}

// What the application got wrong is told to the person where the address to go
// back to is not certain, else to the application.
func TestAuthorizeMistakes(t *testing.T) {
	s := newSite(t, people)
	for name, c := range map[string]struct {
		address string
		code    string
	}{
		"unknown application":    {s.authorize("client_id", objectID), "AADSTS700016"},
		"no application":         {s.authorize("client_id", ""), "AADSTS900144"},
		"foreign address":        {s.authorize("redirect_uri", "https://evil.example/"), "AADSTS50011"},
		"loopback, other path":   {s.authorize("redirect_uri", "http://localhost:1/other"), "AADSTS50011"},
		"loopback, other scheme": {s.authorize("redirect_uri", "https://localhost:1"), "AADSTS50011"},
		"look-alike":             {s.authorize("redirect_uri", "http://localhost.evil.example:1"), "AADSTS50011"},
		"user in the address":    {s.authorize("redirect_uri", "http://localhost@evil.example"), "AADSTS50011"},
		"web, another query":     {s.web("redirect_uri", callback+"?x=1"), "AADSTS50011"},
		"web, a slash more":      {s.web("redirect_uri", callback+"/"), "AADSTS50011"},
		"other tenant":           {strings.Replace(s.authorize(), tenantID, "11111111-2222-3333-4444-555555555555", 1), "AADSTS90002"},
		"no tenant":              {strings.Replace(s.authorize(), tenantID, "no_tenant", 1), "AADSTS900023"},
		"common, single tenant":  {strings.Replace(s.authorize(), tenantID, "common", 1), "AADSTS50194"},
		"consumers":              {strings.Replace(s.web(), tenantID, "consumers", 1), "AADSTS9001023"},
	} {
		b := newBrowser(t, s).open(c.address)
		if b.left != nil || b.page.status != 400 || !strings.Contains(b.page.alert, c.code+":") {
			t.Errorf("%s: %v, page %d %q, want %s", name, b.left, b.page.status, b.page.alert, c.code)
		}
	}
	for name, c := range map[string]struct {
		address    string
		kind, code string
	}{
		"no proof key":        {s.authorize("code_challenge", "", "code_challenge_method", ""), "invalid_request", "AADSTS9002325"},
		"plain proof key":     {s.authorize("code_challenge", verifier, "code_challenge_method", "plain"), "invalid_request", "AADSTS50147"},
		"proof key, no kind":  {s.authorize("code_challenge_method", ""), "invalid_request", "AADSTS50147"},
		"short challenge":     {s.authorize("code_challenge", "abc"), "invalid_request", "AADSTS501491"},
		"implicit":            {s.authorize("response_type", "token"), "unsupported_response_type", "AADSTS700054"},
		"hybrid":              {s.authorize("response_type", "code id_token"), "unsupported_response_type", "AADSTS700054"},
		"unknown type":        {s.authorize("response_type", "x"), "unsupported_response_type", "AADSTS70005"},
		"no type":             {s.authorize("response_type", ""), "invalid_request", "AADSTS900144"},
		"unknown mode":        {s.authorize("response_mode", "web_message"), "invalid_request", "AADSTS70007"},
		"unknown prompt":      {s.authorize("prompt", "dance"), "invalid_request", "AADSTS90023"},
		"no scope":            {s.authorize("scope", ""), "invalid_request", "AADSTS900144"},
		"misspelt permission": {s.authorize("scope", "Places.Read.All"), "invalid_scope", "AADSTS70011"},
		"another cloud":       {s.authorize("scope", "https://graph.microsoft.us/User.Read"), "invalid_resource", "AADSTS500011"},
		"not in the list":     {s.authorize("scope", "https://management.azure.com/user_impersonation"), "invalid_resource", "AADSTS650057"},
		"bad claims":          {s.authorize("claims", "{"), "invalid_request", "AADSTS50146"},
		"silent, nobody":      {s.authorize("prompt", "none"), "login_required", "AADSTS50058"},
	} {
		got := newBrowser(t, s).open(c.address).result()
		if got.Get("error") != c.kind || !strings.HasPrefix(got.Get("error_description"), c.code+":") || got.Get("state") != "s-1" || got.Get("code") != "" {
			t.Errorf("%s: %v, want %s %s", name, got, c.kind, c.code)
		}
	}
}

func TestResponseModes(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s).open(s.authorize("response_mode", "form_post")).signIn(ada, password)
	b.sees("Continue to the application").press("Continue")
	if b.left.String() != "http://localhost:5555" || b.posted.Get("code") == "" || b.posted.Get("state") != "s-1" {
		t.Errorf("form_post: %v %v", b.left, b.posted)
	}
	b = newBrowser(t, s).open(s.authorize("response_mode", "fragment")).signIn(ada, password)
	if values, err := url.ParseQuery(b.left.Fragment); err != nil || values.Get("code") == "" || b.left.RawQuery != "" {
		t.Errorf("fragment: %v", b.left)
	}
	b = newBrowser(t, s).open(s.authorize("redirect_uri", "http://127.0.0.1:1234/back")).signIn(ada, password)
	if b.left.Host != "127.0.0.1:1234" || b.left.Path != "/back" {
		t.Errorf("loopback by number: %v", b.left)
	}
}

// What is wrong with an account is said on the page, by its code.
func TestAccountsThatCannotSignIn(t *testing.T) {
	s := newSite(t, people)
	for name, c := range map[string]struct{ user, password, code string }{
		"wrong password":     {ada, "wrong", "AADSTS50126"},
		"nobody":             {"nobody@contoso.example", password, "AADSTS50034"},
		"locked":             {locked, password, "AADSTS50053"},
		"disabled":           {disabled, password, "AADSTS50057"},
		"disabled, guessing": {disabled, "wrong", "AADSTS50126"},
		"expired":            {expired, password, "AADSTS50055"},
		"of another tenant":  {stranger, password, "AADSTS50020"},
	} {
		b := newBrowser(t, s).open(s.authorize()).signIn(c.user, c.password)
		if b.left != nil || !strings.Contains(b.page.text, c.code+":") || strings.Contains(b.page.raw, c.password) {
			t.Errorf("%s: %v %q, want %s", name, b.left, b.page.alert, c.code)
		}
		got, _ := s.post(t, "token", "grant_type", "password", "client_id", publicID, "scope", "User.Read", "username", c.user, "password", c.password)
		wantCode(t, name, got.tokenAnswer, "invalid_grant", mustAtoi(t, c.code[6:]))
	}
}

// Ten wrong passwords lock an account for a minute, even for the right one.
func TestGuessingLocks(t *testing.T) {
	s := newSite(t, people)
	try := func(secret string) userToken {
		got, _ := s.post(t, "token", "grant_type", "password", "client_id", publicID, "scope", "User.Read", "username", ada, "password", secret)
		return got
	}
	for range 10 {
		wantCode(t, "guess", try("x").tokenAnswer, "invalid_grant", 50126)
	}
	wantCode(t, "the right one", try(password).tokenAnswer, "invalid_grant", 50053)
	s.advance(61 * time.Second)
	if got := try(password); got.Status != 200 {
		t.Errorf("after a minute: %v", got)
	}
}

func TestSecondFactor(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s).open(s.authorize()).signIn(careful, password).sees("Verify your identity")
	b.press("Verify", "mfa", "000000").sees("AADSTS500121")
	got := s.redeem(t, b.press("Verify", "mfa", mfaCode).result().Get("code"))
	if methods, _ := claimsOf(t, got.AccessToken)["amr"].([]any); got.Status != 200 || len(methods) != 2 || methods[1] != "mfa" {
		t.Errorf("%v %v", got, methods)
	}
	// The same browser is not asked again.
	if code := b.open(s.authorize()).result().Get("code"); code == "" {
		t.Error("no single sign-on")
	}
	newBrowser(t, s).open(s.authorize()).signIn(unready, password).sees("More information required", "AADSTS50079")
	password, _ := s.post(t, "token", "grant_type", "password", "client_id", publicID, "scope", "User.Read", "username", careful, "password", password)
	wantCode(t, "by password", password.tokenAnswer, "interaction_required", 50076)
	if password.Claims == "" || password.Suberror != "basic_action" {
		t.Errorf("no challenge: %+v", password)
	}
	// A factor that is asked for later ends silent sign-in too.
	tokens := adaSignsIn(t, s)
	if err := s.UpdateUser(ada, func(u *entra.User) { u.RequireMFA = true }); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "refresh", s.refresh(t, tokens.RefreshToken).tokenAnswer, "interaction_required", 50079)
}

// C18: the accounts of this browser, and another one.
func TestPickAnAccount(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s)
	b.open(s.authorize()).signIn(ada, password).result()
	b.open(s.authorize("prompt", "select_account")).sees("Pick an account", ada)
	b.press("Use another account").signIn(admin, password).result()
	b.open(s.authorize()).sees("Pick an account", ada, admin)
	got := s.redeem(t, b.press("Ada Tester").result().Get("code"))
	if claimsOf(t, got.AccessToken)["upn"] != ada {
		t.Error("another account than the one picked")
	}
	for address, want := range map[string]string{
		s.authorize("login_hint", admin):                   admin,
		s.authorize("login_hint", ada, "prompt", "none"):   ada,
		s.authorize("login_hint", admin, "prompt", "none"): admin,
	} {
		got := s.redeem(t, b.open(address).result().Get("code"))
		if claimsOf(t, got.AccessToken)["upn"] != want {
			t.Errorf("%s: not %s", address, want)
		}
	}
	if got := b.open(s.authorize("prompt", "none")).result(); got.Get("error") != "interaction_required" {
		t.Errorf("two accounts and no question: %v", got)
	}
	b.open(s.authorize("prompt", "login", "login_hint", ada)).sees("Sign in to")
	if b.page.fields.Get("loginfmt") != ada {
		t.Error("the hint is not filled in")
	}
	b.open(s.authorize("domain_hint", "fabrikam.example")).sees("Pick an account")
	// Another browser knows nobody.
	newBrowser(t, s).open(s.authorize("login_hint", ada)).sees("Sign in to")
}

func TestLogout(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s)
	b.open(s.authorize()).signIn(ada, password).result()
	logout := s.server.URL + "/" + tenantID + "/oauth2/v2.0/logout?post_logout_redirect_uri="
	if b.open(logout + url.QueryEscape(callback) + "&state=x"); b.left == nil || b.left.String() != callback+"?state=x" {
		t.Errorf("sent to %v", b.left)
	}
	b.open(s.authorize()).sees("Sign in to")
	b.open(logout + url.QueryEscape("https://evil.example/")).sees("You signed out")
}

// A form is good in the browser that got it, with its token, while the flow lives.
func TestFormsAreProtected(t *testing.T) {
	s := newSite(t, people)
	victim, attacker := newBrowser(t, s), newBrowser(t, s)
	victim.open(s.authorize())
	attacker.open(s.authorize())
	for name, change := range map[string]func(url.Values){
		"token of another": func(v url.Values) { v.Set("csrf", attacker.page.fields.Get("csrf")) },
		"no token":         func(v url.Values) { v.Del("csrf") },
		"flow of another":  func(v url.Values) { v.Set("flow", attacker.page.fields.Get("flow")) },
		"another's entirely": func(v url.Values) {
			v.Set("flow", attacker.page.fields.Get("flow"))
			v.Set("csrf", attacker.page.fields.Get("csrf"))
		},
	} {
		values := url.Values{"flow": {victim.page.fields.Get("flow")}, "csrf": {victim.page.fields.Get("csrf")}, "action": {"signin"}, "loginfmt": {ada}, "passwd": {password}}
		change(values)
		response, err := victim.client.PostForm(s.server.URL+"/common/login", values)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	s.advance(16 * time.Minute)
	victim.signIn(ada, password).sees("AADSTS50089")
}

// Steps cannot be left out by sending their forms early.
func TestStepsCannotBeSkipped(t *testing.T) {
	s := newSite(t, people)
	b := newBrowser(t, s).open(s.authorize())
	for _, action := range []string{"accept", "continue", "mfa", "code"} {
		r := url.Values{"flow": b.page.fields["flow"], "csrf": b.page.fields["csrf"], "action": {action}, "account": {adaID}}
		response, err := b.client.PostForm(s.server.URL+"/common/login", r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", action, response.StatusCode)
		}
	}
	b.open(s.authorize("client_id", webID, "redirect_uri", callback)).signIn(careful, password).sees("Verify")
	// Consent before the second factor gives nothing.
	b.page.buttons = append(b.page.buttons, pressable{"action", "accept", "Forged"})
	b.press("Forged").sees("Verify your identity")
}

// Cancel goes back with access_denied.
func TestCancel(t *testing.T) {
	s := newSite(t, people)
	for _, b := range []*browser{newBrowser(t, s).open(s.authorize()), newBrowser(t, s).open(s.web()).signIn(ada, password)} {
		got := b.press("Cancel").result()
		if got.Get("error") != "access_denied" || !strings.HasPrefix(got.Get("error_description"), "AADSTS65004") || got.Get("state") != "s-1" {
			t.Errorf("%v", got)
		}
	}
}

func TestGuest(t *testing.T) {
	s := newSite(t, people)
	got := s.redeem(t, newBrowser(t, s).open(s.authorize()).signIn(guest, password).result().Get("code"))
	claims := claimsOf(t, got.AccessToken)
	if claims["acct"] != "1" || !strings.Contains(claims["idp"].(string), "fabrikam.example") || !strings.Contains(claims["upn"].(string), "#EXT#") {
		t.Errorf("%v", claims)
	}
}
