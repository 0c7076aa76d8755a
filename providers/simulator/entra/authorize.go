package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// interaction is a sign-in in a browser, from its first page to the redirect. It
// belongs to one browser and knows one secret that its forms repeat.
type interaction struct {
	id, csrf string
	browser  string
	kind     interactionKind
	tenant   string // as the path named it
	client   string // client id in lower case
	expires  time.Time

	user                 string // object id; "" until somebody signed in
	mfa                  bool
	otherAccount         bool // asked to use an account that is not in the list
	confirmed, consented bool
	page                 int    // of an administrator's consent
	hint, domain         string // login_hint, domain_hint
	prompt               string
	wrong                *failure // what the last form got wrong

	redirect, mode, state, nonce, challenge string
	public                                  bool
	scopes                                  scopeRequest
	device                                  *deviceCode
	adminV2                                 bool
}

type interactionKind int

const (
	codeInteraction interactionKind = iota
	deviceInteraction
	adminInteraction
)

// interactionLife is how long somebody may take over the pages.
const interactionLife = 15 * time.Minute

// newInteraction begins one in the browser of r. The caller holds d.flows.mu.
func (d *Directory) newInteraction(w http.ResponseWriter, r *http.Request, kind interactionKind, tenant string) (*interaction, *browser) {
	b := d.browser(w, r)
	now := d.options.Now()
	i := &interaction{id: newToken(""), csrf: newToken(""), browser: b.id, kind: kind, tenant: tenant, expires: now.Add(interactionLife)}
	bound(d.flows.interactions, func(i *interaction) bool { return now.After(i.expires) })
	d.flows.interactions[i.id] = i
	return i, b
}

const cookieName = "ESTSAUTH"

// browser finds the browser of r by its cookie or gives it one. The caller holds
// d.flows.mu.
func (d *Directory) browser(w http.ResponseWriter, r *http.Request) *browser {
	if cookie, err := r.Cookie(cookieName); err == nil {
		if b := d.flows.browsers[hashed(cookie.Value)]; b != nil {
			b.seen = d.options.Now()
			return b
		}
	}
	value, now := newToken(""), d.options.Now()
	b := &browser{id: hashed(value), seen: now}
	bound(d.flows.browsers, func(b *browser) bool { return now.Sub(b.seen) > 24*time.Hour })
	d.flows.browsers[b.id] = b
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return b
}

// serveAuthorize begins a sign-in for an authorization code.
func (d *Directory) serveAuthorize(w http.ResponseWriter, r *http.Request, tenant string) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		d.writeErrorPage(w, r, failed(http.StatusBadRequest, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid."))
		return
	}
	q := r.Form
	if q.Get("client_id") == "" {
		d.writeErrorPage(w, r, failParameter("client_id"))
		return
	}
	application, f := d.findApplication(q.Get("client_id"))
	if f == nil {
		f = d.checkPeopleTenant(d.tenant(tenant), tenant, application)
	}
	if f != nil {
		d.writeErrorPage(w, r, f)
		return
	}
	// Nothing is sent to an address that is not the application's own.
	redirect := q.Get("redirect_uri")
	if all := slices.Concat(application.RedirectURIs, application.WebRedirectURIs); redirect == "" && len(all) == 1 {
		redirect = all[0]
	}
	public, ok := application.redirects(redirect)
	if !ok {
		d.writeErrorPage(w, r, failRedirect(redirect, application))
		return
	}
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	i, b := d.newInteraction(w, r, codeInteraction, tenant)
	i.client, i.redirect, i.public = strings.ToLower(application.ClientID), redirect, public
	i.state, i.nonce, i.hint, i.domain = q.Get("state"), q.Get("nonce"), q.Get("login_hint"), q.Get("domain_hint")
	i.prompt, i.mode, i.challenge = strings.ToLower(q.Get("prompt")), q.Get("response_mode"), q.Get("code_challenge")
	if i.mode == "" {
		i.mode = "query"
	}
	if f := d.readAuthorize(i, q); f != nil {
		d.finishFailed(w, r, i, f)
		return
	}
	d.choose(i, b)
	if i.prompt == "none" {
		d.silent(w, r, i, b)
		return
	}
	d.step(w, r, i, b)
}

// readAuthorize checks what may be told to the application by a redirect.
func (d *Directory) readAuthorize(i *interaction, q url.Values) *failure {
	if !slices.Contains([]string{"query", "fragment", "form_post"}, i.mode) {
		mode := i.mode
		i.mode = "query"
		return failed(http.StatusBadRequest, "invalid_request", 70007, "'%s' is not a supported value of 'response_mode' for a code.", mode)
	}
	switch kind := q.Get("response_type"); kind {
	case "code":
	case "":
		return failParameter("response_type")
	case "token", "id_token", "code id_token", "id_token token":
		return failed(http.StatusBadRequest, "unsupported_response_type", 700054, "response_type '%s' is not enabled for the application.", kind)
	default:
		return failed(http.StatusBadRequest, "unsupported_response_type", 70005, "The provided value for the input parameter 'response_type' is not allowed: '%s'.", kind)
	}
	method := q.Get("code_challenge_method")
	switch {
	case i.challenge == "" && i.public:
		return failed(http.StatusBadRequest, "invalid_request", 9002325, "Proof Key for Code Exchange is required for authorization code redemption by a public client.")
	case i.challenge != "" && method != "S256":
		return failed(http.StatusBadRequest, "invalid_request", 50147, "The code challenge method '%s' is not accepted; it must be S256.", method)
	case i.challenge != "" && !challengeShape.MatchString(i.challenge):
		return failed(http.StatusBadRequest, "invalid_request", 501491, "Invalid size of Code_Challenge parameter.")
	case !slices.Contains([]string{"", "login", "select_account", "consent", "none"}, i.prompt):
		return failed(http.StatusBadRequest, "invalid_request", 90023, "Unsupported 'prompt' value '%s'.", i.prompt)
	}
	if _, f := parseClaims(q.Get("claims")); f != nil {
		return f
	}
	var f *failure
	i.scopes, f = d.parseScopes(q.Get("scope"))
	return f
}

// choose picks the account that a browser's session offers without asking.
func (d *Directory) choose(i *interaction, b *browser) {
	if i.prompt == "login" || i.prompt == "select_account" {
		i.otherAccount = i.prompt == "login"
		return
	}
	match := func(a account) bool {
		_, domain, _ := strings.Cut(a.name, "@")
		return !a.foreign && (i.hint == "" || strings.EqualFold(a.name, i.hint)) && (i.domain == "" || i.domain == "organizations" || strings.EqualFold(domain, i.domain))
	}
	var found []account
	for _, a := range b.accounts {
		if match(a) {
			found = append(found, a)
		}
	}
	if len(found) == 1 && (i.hint != "" || i.domain != "" || len(b.accounts) == 1) {
		i.take(found[0])
	} else if i.hint != "" && len(found) == 0 {
		i.otherAccount = true
	}
}

// take uses an account of the browser's session.
func (i *interaction) take(a account) { i.user, i.mfa = a.id, a.mfa }

// silent answers prompt=none: with a code, or with what hinders one.
func (d *Directory) silent(w http.ResponseWriter, r *http.Request, i *interaction, b *browser) {
	application := d.application(i.client)
	u := d.user(i.user)
	switch {
	case u == nil && len(b.accounts) > 1:
		d.finishFailed(w, r, i, failed(http.StatusBadRequest, "interaction_required", 16000,
			"Interaction required as the user needs to choose an account: several are signed in."))
		return
	case u == nil || application == nil:
		d.finishFailed(w, r, i, failed(http.StatusBadRequest, "login_required", 50058, "A silent sign-in request was sent but no user is signed in."))
		return
	}
	f := d.usable(u)
	if f == nil {
		f = d.refused(i.client, u)
	}
	if f == nil && u.RequireMFA && !i.mfa {
		f = d.failFactor(u)
	}
	if f == nil {
		var missing []string
		if _, missing, f = i.scopes.resolve(application, u.ObjectID); f == nil && len(missing) > 0 {
			f = failConsent(application)
			f.kind = "consent_required"
		}
	}
	if f != nil {
		d.finishFailed(w, r, i, f)
		return
	}
	d.finishCode(w, r, i)
}

func failRedirect(address string, a *Application) *failure {
	return failed(http.StatusBadRequest, "invalid_request", 50011,
		"The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'. "+
			"Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.", address, a.ClientID)
}

func failDeclined() *failure {
	return failed(http.StatusBadRequest, "access_denied", 65004, "User declined to consent to access the app.")
}

// finishCode ends a sign-in with a code.
func (d *Directory) finishCode(w http.ResponseWriter, r *http.Request, i *interaction) {
	values := url.Values{"code": {d.issueCode(i)}, "session_state": {i.browser[:32]}}
	d.answer(w, r, i, values)
}

// finishFailed ends a sign-in with an error for the application.
func (d *Directory) finishFailed(w http.ResponseWriter, r *http.Request, i *interaction, f *failure) {
	values := url.Values{"error": {f.kind}, "error_description": {d.describe(r, f)}, "error_uri": {d.errorURI(r, f.code)}}
	if f.suberror != "" {
		values.Set("error_subcode", f.suberror)
	}
	d.answer(w, r, i, values)
}

// answer sends the outcome to the application in the way that it asked for.
func (d *Directory) answer(w http.ResponseWriter, r *http.Request, i *interaction, values url.Values) {
	delete(d.flows.interactions, i.id)
	if i.state != "" {
		values.Set("state", i.state)
	}
	if i.redirect == "" {
		d.writePage(w, r, http.StatusOK, page{Title: "Done", Heading: "You can close this window"})
		return
	}
	if i.mode == "form_post" {
		var fields []field
		for name := range values {
			fields = append(fields, field{name, values.Get(name)})
		}
		slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
		d.writePage(w, r, http.StatusOK, page{Title: "Working...", Heading: "Continue to the application", Action: i.redirect, Hidden: fields,
			Buttons: []button{{Value: "", Text: "Continue"}}})
		return
	}
	target, err := url.Parse(i.redirect)
	if err != nil { // was parsed before
		d.writeErrorPage(w, r, failRedirect(i.redirect, &Application{ClientID: i.client}))
		return
	}
	if i.mode == "fragment" {
		target.Fragment, target.RawFragment = "", ""
		w.Header().Set("Location", target.String()+"#"+values.Encode())
	} else {
		query := target.Query()
		for name := range values {
			query.Set(name, values.Get(name))
		}
		target.RawQuery = query.Encode()
		w.Header().Set("Location", target.String())
	}
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.WriteHeader(http.StatusFound)
}
