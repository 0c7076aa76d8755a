package entra

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// realGraph and graphAppID are the names under which every client knows Graph.
	realGraph  = "https://graph.microsoft.com"
	graphAppID = "00000003-0000-0000-c000-000000000000"

	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

	// maxForm is far above any token request; a certificate chain takes some kB.
	maxForm = 256 << 10
)

// serveToken is the token endpoint for the client credentials grant.
func (d *Directory) serveToken(w http.ResponseWriter, r *http.Request, tenant string) {
	granted, f := d.grant(w, r, tenant)
	if f != nil {
		d.writeFailure(w, r, f)
		return
	}
	signed, err := d.mint(granted)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	life := int(d.options.TokenLife / time.Second)
	writeJSON(w, r, http.StatusOK, struct {
		TokenType    string `json:"token_type"`
		ExpiresIn    int    `json:"expires_in"`
		ExtExpiresIn int    `json:"ext_expires_in"`
		AccessToken  string `json:"access_token"`
	}{"Bearer", life, life, signed})
}

// grant is what a token request earned.
type grant struct {
	application *Application
	resource    string
	byAssertion bool // signed in with a certificate
}

// grant decides whether a request gets a token, for whom and for which resource.
// The order of the checks decides which error a request with several mistakes
// gets: form, tenant, application, credential, resource.
func (d *Directory) grant(w http.ResponseWriter, r *http.Request, tenant string) (grant, *failure) {
	if r.Method != http.MethodPost {
		return grant{}, failed(http.StatusBadRequest, "invalid_request", 900561,
			"The endpoint only accepts POST requests. Received a %s request.", r.Method)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return grant{}, failed(http.StatusBadRequest, "invalid_request", 9002313,
			"Invalid request. Request is malformed or invalid.")
	}
	form := r.PostForm
	kind := d.tenant(tenant)
	if kind == unknownTenant || kind == invalidTenant {
		return grant{}, failTenant(kind, tenant)
	}
	switch asked := form.Get("grant_type"); {
	case asked == "":
		return grant{}, failParameter("grant_type")
	case asked != "client_credentials":
		return grant{}, failed(http.StatusBadRequest, "unsupported_grant_type", 70003,
			"The app requested an unsupported grant type '%s'.", asked)
	}
	clientID, secret, hasSecret := credentials(r)
	if clientID == "" {
		return grant{}, failParameter("client_id")
	}
	if kind == sharedTenant {
		if strings.EqualFold(tenant, "organizations") {
			return grant{}, failed(http.StatusBadRequest, "invalid_request", 50059,
				"No tenant-identifying information found in either the request or implied by any provided credentials.")
		}
		return grant{}, failed(http.StatusBadRequest, "invalid_request", 9001023,
			"The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.")
	}
	resource, f := resourceOf(form.Get("scope"))
	if f != nil {
		return grant{}, f
	}
	application := d.application(clientID)
	if application == nil {
		return grant{}, failed(http.StatusBadRequest, "unauthorized_client", 700016,
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been "+
				"installed by the administrator of the tenant or consented to by any user in the tenant. "+
				"You may have sent your authentication request to the wrong tenant.", clientID, d.options.TenantName)
	}
	if application.Disabled {
		return grant{}, failed(http.StatusBadRequest, "unauthorized_client", 7000112,
			"Application '%s'(%s) is disabled.", application.ClientID, application.DisplayName)
	}
	assertion := form.Get("client_assertion")
	switch {
	case assertion != "" && form.Get("client_assertion_type") != assertionType:
		return grant{}, failParameter("client_assertion_type")
	case assertion != "":
		f = d.checkAssertion(r, application, assertion)
	case hasSecret:
		f = d.checkSecret(application, secret)
	default:
		f = failed(http.StatusUnauthorized, "invalid_client", 7000218,
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	if f != nil {
		return grant{}, f
	}
	if !d.serves(resource) {
		return grant{}, failed(http.StatusBadRequest, "invalid_resource", 500011,
			"The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been "+
				"installed by the administrator of the tenant or consented to by any user in the tenant. "+
				"You might have sent your authentication request to the wrong tenant.", resource, d.options.TenantName)
	}
	return grant{application, resource, assertion != ""}, nil
}

// credentials reads client id and secret from the form or, as RFC 6749 2.3.1 has
// it, from a Basic header whose halves are form encoded.
func credentials(r *http.Request) (clientID, secret string, hasSecret bool) {
	clientID, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	hasSecret = secret != ""
	user, password, ok := r.BasicAuth()
	if !ok || hasSecret {
		return clientID, secret, hasSecret
	}
	if decoded, err := url.QueryUnescape(user); err == nil {
		user = decoded
	}
	if decoded, err := url.QueryUnescape(password); err == nil {
		password = decoded
	}
	if clientID == "" {
		clientID = user
	}
	return clientID, password, password != ""
}

func (d *Directory) checkSecret(application *Application, secret string) *failure {
	now := d.options.Now()
	for _, known := range application.Secrets {
		if known.Value == "" || subtle.ConstantTimeCompare([]byte(known.Value), []byte(secret)) != 1 {
			continue
		}
		if !known.Expires.IsZero() && !now.Before(known.Expires) {
			return failed(http.StatusUnauthorized, "invalid_client", 7000222,
				"The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: "+
					"https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
				application.ClientID)
		}
		return nil
	}
	return failed(http.StatusUnauthorized, "invalid_client", 7000215,
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
			"not the client secret ID, for a secret added to app '%s'.", application.ClientID)
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
