package entra

import (
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// realGraph and graphAppID are the names under which every client knows Graph.
	realGraph  = "https://graph.microsoft.com"
	graphAppID = "00000003-0000-0000-c000-000000000000"

	// maxForm is far above any token request; a certificate chain takes some kB.
	maxForm = 256 << 10
)

// tokenAnswer is what the token endpoint says when all is well.
type tokenAnswer struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	ExtExpiresIn int    `json:"ext_expires_in"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`
}

// serveToken is the token endpoint.
func (d *Directory) serveToken(w http.ResponseWriter, r *http.Request, tenant string) {
	g, f := d.grant(w, r, tenant)
	if f != nil {
		d.writeFailure(w, r, f)
		return
	}
	out := tokenAnswer{TokenType: "Bearer"}
	signed, life, err := d.mint(g)
	if err == nil && g.user != nil && g.scopes.wants("openid") {
		out.IDToken, err = d.mintID(r, g)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	out.AccessToken, out.ExpiresIn, out.ExtExpiresIn = signed, int(life/time.Second), int(life/time.Second)
	if g.user != nil {
		out.Scope = g.scopes.answer(g.names)
		if g.scopes.wants("offline_access") || g.refresh != nil {
			out.RefreshToken = d.issueRefresh(g)
		}
		if r.PostForm.Get("client_info") == "1" {
			info, err := json.Marshal(map[string]string{"uid": g.user.ObjectID, "utid": d.options.TenantID})
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			out.ClientInfo = base64.RawURLEncoding.EncodeToString(info)
		}
	}
	writeJSON(w, r, http.StatusOK, out)
}

// grant is what a token request earned.
type grant struct {
	application *Application
	resource    string
	credential  string // "0" none, "1" secret, "2" certificate
	claims      claimsRequest

	// Where a person signed in:
	user    *User
	scopes  scopeRequest
	names   []string // Graph's permissions in the token
	nonce   string
	mfa     bool
	family  string        // of the sign-in from which refresh tokens descend
	refresh *refreshToken // that was redeemed
}

// grantKinds are the grants that the token endpoint knows. Each gets a request
// whose form, tenant and application were checked.
var grantKinds = map[string]func(*Directory, *tokenRequest) (grant, *failure){
	"client_credentials": (*Directory).grantClient,
	"authorization_code": (*Directory).grantCode,
	"refresh_token":      (*Directory).grantRefresh,
	"password":           (*Directory).grantPassword,
	"device_code":        (*Directory).grantDevice,
	"urn:ietf:params:oauth:grant-type:device_code": (*Directory).grantDevice,
}

// tokenRequest is a request for a token.
type tokenRequest struct {
	r           *http.Request
	form        url.Values
	tenant      string
	kind        tenantKind
	clientID    string
	secret      string
	application *Application
	claims      claimsRequest
}

// grant decides whether a request gets a token, for whom and for which resource.
// The order of the checks decides which error a request with several mistakes
// gets: form, tenant, application, credential, resource.
func (d *Directory) grant(w http.ResponseWriter, r *http.Request, tenant string) (grant, *failure) {
	if f := readForm(w, r); f != nil {
		return grant{}, f
	}
	form := r.PostForm
	kind := d.tenant(tenant)
	if kind == unknownTenant || kind == invalidTenant {
		return grant{}, failTenant(kind, tenant)
	}
	asked := form.Get("grant_type")
	if asked == "" {
		return grant{}, failParameter("grant_type")
	}
	run := grantKinds[asked]
	if run == nil {
		return grant{}, failed(http.StatusBadRequest, "unsupported_grant_type", 70003,
			"The app requested an unsupported grant type '%s'.", asked)
	}
	q := &tokenRequest{r: r, form: form, tenant: tenant, kind: kind}
	q.clientID, q.secret = credentials(r)
	if q.clientID == "" {
		return grant{}, failParameter("client_id")
	}
	if asked == "client_credentials" {
		if f := q.checkClientTenant(); f != nil {
			return grant{}, f
		}
	}
	var f *failure
	if q.application, f = d.findApplication(q.clientID); f != nil {
		return grant{}, f
	}
	if q.claims, f = parseClaims(form.Get("claims")); f != nil {
		return grant{}, f
	}
	if asked != "client_credentials" {
		if f := d.checkPeopleTenant(kind, tenant, q.application); f != nil {
			return grant{}, f
		}
	}
	return run(d, q)
}

// readForm reads a POSTed form of bounded size.
func readForm(w http.ResponseWriter, r *http.Request) *failure {
	if r.Method != http.MethodPost {
		return failed(http.StatusBadRequest, "invalid_request", 900561,
			"The endpoint only accepts POST requests. Received a %s request.", r.Method)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return failed(http.StatusBadRequest, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid.")
	}
	return nil
}

// checkClientTenant refuses a tenant that is none, as an application signs in to
// one, and a scope that no application can have.
func (q *tokenRequest) checkClientTenant() *failure {
	if q.kind == sharedTenant {
		if strings.EqualFold(q.tenant, "organizations") {
			return failed(http.StatusBadRequest, "invalid_request", 50059,
				"No tenant-identifying information found in either the request or implied by any provided credentials.")
		}
		return failed(http.StatusBadRequest, "invalid_request", 9001023,
			"The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.")
	}
	_, f := resourceOf(q.form.Get("scope"))
	return f
}

// checkPeopleTenant refuses an endpoint at which people cannot sign in to the
// application.
func (d *Directory) checkPeopleTenant(kind tenantKind, tenant string, application *Application) *failure {
	switch {
	case kind == unknownTenant || kind == invalidTenant:
		return failTenant(kind, tenant)
	case kind == sharedTenant && strings.EqualFold(tenant, "consumers"):
		return failed(http.StatusBadRequest, "invalid_request", 9001023,
			"The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.")
	case kind == sharedTenant && !application.MultiTenant:
		return failed(http.StatusBadRequest, "invalid_request", 50194,
			"Application '%s'(%s) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps "+
				"created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.", application.ClientID, application.DisplayName)
	}
	return nil
}

// findApplication finds a registration that may be used.
func (d *Directory) findApplication(clientID string) (*Application, *failure) {
	application := d.application(clientID)
	if application == nil {
		return nil, failed(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been "+
				"installed by the administrator of the tenant or consented to by any user in the tenant. "+
				"You may have sent your authentication request to the wrong tenant.", clientID, d.options.TenantName)
	}
	if application.Disabled {
		return nil, failed(http.StatusBadRequest, "unauthorized_client", 7000112,
			"Application '%s'(%s) is disabled.", application.ClientID, application.DisplayName)
	}
	return application, nil
}

// grantClient is an application that signs in for itself.
func (d *Directory) grantClient(q *tokenRequest) (grant, *failure) {
	resource, f := resourceOf(q.form.Get("scope"))
	if f != nil {
		return grant{}, f
	}
	credential, f := d.authenticate(q)
	if f != nil {
		return grant{}, f
	}
	if f := d.refused(q.application.ClientID, nil); f != nil {
		return grant{}, f
	}
	if !d.serves(resource) && !isOther(resource) {
		return grant{}, d.failResource(resource)
	}
	return grant{application: q.application, resource: resource, credential: credential, claims: q.claims}, nil
}

// grantPassword is a person whose password the program knows. Microsoft
// discourages it and blocks it for accounts with a second factor.
func (d *Directory) grantPassword(q *tokenRequest) (grant, *failure) {
	for _, name := range []string{"username", "password"} {
		if q.form.Get(name) == "" {
			return grant{}, failParameter(name)
		}
	}
	scopes, f := d.parseScopes(q.form.Get("scope"))
	if f != nil {
		return grant{}, f
	}
	credential, f := d.authenticatePublic(q)
	if f != nil {
		return grant{}, f
	}
	d.flows.mu.Lock()
	u, f := d.checkPassword(q.form.Get("username"), q.form.Get("password"))
	d.flows.mu.Unlock()
	if f != nil {
		return grant{}, f
	}
	return d.grantUser(q, grant{credential: credential, user: u, scopes: scopes, family: newToken("")})
}

// grantUser makes the last checks of every grant in which a person takes part:
// policies, second factor, consent.
func (d *Directory) grantUser(q *tokenRequest, g grant) (grant, *failure) {
	g.application, g.resource, g.claims = q.application, g.scopes.resource, q.claims
	if f := d.usable(g.user); f != nil {
		return grant{}, f
	}
	if f := d.refused(g.application.ClientID, g.user); f != nil {
		return grant{}, f
	}
	if g.user.RequireMFA && !g.mfa {
		return grant{}, d.failFactor(g.user)
	}
	names, missing, f := g.scopes.resolve(g.application, g.user.ObjectID)
	if f != nil {
		return grant{}, f
	}
	if len(missing) > 0 {
		return grant{}, failConsent(g.application)
	}
	if g.names = names; len(names) == 0 && len(openIDNames(g.scopes)) == 0 {
		return grant{}, failScope(g.scopes.resource)
	}
	return g, nil
}

// failFactor is for a sign-in that lacks the second factor: one can be asked for,
// or has to be set up first.
func (d *Directory) failFactor(u *User) *failure {
	f := refusable[50076]
	f.code = 50076
	if u.MFACode == "" {
		f = refusable[50079]
		f.code = 50079
	}
	f.claims = `{"access_token":{"capolids":{"essential":true,"values":["` + d.options.TenantID + `"]}}}`
	return &f
}

func failConsent(a *Application) *failure {
	f := failed(http.StatusBadRequest, "invalid_grant", 65001,
		"The user or administrator has not consented to use the application with ID '%s' named '%s'. "+
			"Send an interactive authorization request for this user and resource.", a.ClientID, a.DisplayName)
	f.suberror = "consent_required"
	return f
}

func isOther(resource string) bool {
	return slices.ContainsFunc(otherResources, func(known string) bool { return strings.EqualFold(known, strings.TrimRight(resource, "/")) })
}

// resourceOf finds the one resource that a scope asks for. OpenID's own scopes,
// which MSAL always sends, ask for none.
func resourceOf(scope string) (string, *failure) {
	if strings.TrimSpace(scope) == "" {
		return "", failParameter("scope")
	}
	var resource string
	for _, one := range strings.Fields(scope) {
		switch strings.ToLower(one) {
		case "openid", "offline_access", "profile", "email":
			continue
		}
		asked, isDefault := strings.CutSuffix(one, "/.default")
		switch {
		case !isDefault && strings.Contains(one, "://"), asked == "":
			return "", failed(http.StatusBadRequest, "invalid_scope", 1002012,
				"The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default "+
					"suffixed to the resource identifier (application ID URI).", one)
		case !isDefault:
			return "", failScope(one)
		case resource != "" && resource != asked:
			return "", failed(http.StatusBadRequest, "invalid_request", 28000,
				"Provided value for the input parameter scope is not valid because it contains more than one resource. Scope %s is not valid.", scope)
		}
		resource = asked
	}
	if resource == "" {
		return "", failScope(scope)
	}
	return resource, nil
}

func failScope(scope string) *failure {
	return failed(http.StatusBadRequest, "invalid_scope", 70011,
		"The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. "+
			"The scope %s is not valid.", scope)
}

// serves reports whether resource is a name of the simulated Graph: its own root,
// that root under another name of loopback, or the real Graph's names.
func (d *Directory) serves(resource string) bool {
	resource = strings.TrimRight(resource, "/")
	if strings.EqualFold(resource, realGraph) || strings.EqualFold(resource, graphAppID) {
		return true
	}
	asked, err := url.Parse(resource)
	if err != nil {
		return false
	}
	own, err := url.Parse(d.audience())
	if err != nil || !strings.EqualFold(asked.Scheme, own.Scheme) || strings.TrimRight(asked.Path, "/") != strings.TrimRight(own.Path, "/") {
		return false
	}
	return strings.EqualFold(asked.Host, own.Host) ||
		asked.Port() == own.Port() && loopback(asked.Hostname()) && loopback(own.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
