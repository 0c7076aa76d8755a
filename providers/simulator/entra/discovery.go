package entra

import (
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// endpoint is what a path asks for.
type endpoint int

const (
	noEndpoint endpoint = iota
	configurationEndpoint
	keysEndpoint
	tokenEndpoint
	instanceEndpoint
	authorizeEndpoint
	deviceCodeEndpoint
	devicePageEndpoint
	loginEndpoint
	logoutEndpoint
	adminConsentEndpoint
	adminConsent2Endpoint
	realmEndpoint
	userInfoEndpoint
	errorEndpoint
)

// endpoints are the paths below a tenant, with the methods that each takes.
var endpoints = map[string]struct {
	what    endpoint
	methods string
}{
	"v2.0/.well-known/openid-configuration": {configurationEndpoint, "GET, HEAD"},
	"discovery/v2.0/keys":                   {keysEndpoint, "GET, HEAD"},
	"discovery/instance":                    {instanceEndpoint, "GET, HEAD"},
	"oauth2/v2.0/token":                     {tokenEndpoint, ""}, // has an error of its own
	"oauth2/v2.0/devicecode":                {deviceCodeEndpoint, ""},
	"oauth2/v2.0/authorize":                 {authorizeEndpoint, "GET, POST"},
	"oauth2/deviceauth":                     {devicePageEndpoint, "GET"},
	"oauth2/v2.0/logout":                    {logoutEndpoint, "GET, POST"},
	"login":                                 {loginEndpoint, ""},
	"adminconsent":                          {adminConsentEndpoint, "GET"},
	"v2.0/adminconsent":                     {adminConsent2Endpoint, "GET"},
}

// target is a path taken apart.
type target struct {
	tenant  string
	what    endpoint
	methods string
	name    string // of the account, for its realm
}

// route splits a path into tenant and endpoint. Entra compares paths without
// regard to case.
func (d *Directory) route(r *http.Request) target {
	path := r.URL.Path
	if d.options.AuthorityURL != nil {
		if u, err := url.Parse(d.options.AuthorityURL()); err == nil {
			path = strings.TrimPrefix(path, strings.TrimRight(u.Path, "/"))
		}
	}
	tenant, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	lower := strings.ToLower(rest)
	switch {
	case !found && strings.EqualFold(tenant, "error"):
		return target{what: errorEndpoint, methods: "GET, HEAD"}
	case !found:
		return target{}
	case strings.EqualFold(tenant, "oidc") && lower == "userinfo":
		return target{what: userInfoEndpoint, methods: "GET, POST"}
	case strings.HasPrefix(lower, "userrealm/"):
		return target{tenant: tenant, what: realmEndpoint, methods: "GET, HEAD", name: rest[len("userrealm/"):]}
	}
	known := endpoints[lower]
	return target{tenant: tenant, what: known.what, methods: known.methods}
}

// Handles reports whether the request is one for sign-in, so that sign-in and
// Graph can share a listener.
func (d *Directory) Handles(r *http.Request) bool { return d.route(r).what != noEndpoint }

// ServeHTTP answers sign-in requests, and 404 to all else.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := d.route(r)
	if to.methods != "" && !slices.Contains(strings.Split(to.methods, ", "), r.Method) {
		w.Header().Set("Allow", to.methods)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	switch to.what {
	case tokenEndpoint:
		d.serveToken(w, r, to.tenant)
	case deviceCodeEndpoint:
		d.serveDeviceCode(w, r, to.tenant)
	case authorizeEndpoint:
		d.serveAuthorize(w, r, to.tenant)
	case devicePageEndpoint:
		d.serveDevicePage(w, r, to.tenant)
	case loginEndpoint:
		d.serveLogin(w, r)
	case logoutEndpoint:
		d.serveLogout(w, r)
	case adminConsentEndpoint, adminConsent2Endpoint:
		d.serveAdminConsent(w, r, to.tenant, to.what == adminConsent2Endpoint)
	case realmEndpoint:
		d.serveRealm(w, r, to.name)
	case userInfoEndpoint:
		d.serveUserInfo(w, r)
	case errorEndpoint:
		d.serveErrorCode(w, r)
	case instanceEndpoint:
		d.serveInstance(w, r)
	case keysEndpoint:
		d.serveKeys(w, r)
	case configurationEndpoint:
		kind := d.tenant(to.tenant)
		if kind == unknownTenant || kind == invalidTenant {
			d.writeFailure(w, r, failTenant(kind, to.tenant))
			return
		}
		d.serveConfiguration(w, r, to.tenant, kind)
	case noEndpoint:
		http.NotFound(w, r)
	}
}

// serveConfiguration is OpenID Connect discovery. The addresses repeat the tenant
// as it was asked for; the issuer names it by id.
func (d *Directory) serveConfiguration(w http.ResponseWriter, r *http.Request, tenant string, kind tenantKind) {
	authority := d.authority(r)
	base, issuer := authority+"/"+tenant, d.options.TenantID
	if kind == sharedTenant {
		issuer = "{tenantid}"
	}
	writeJSON(w, r, http.StatusOK, map[string]any{
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code"}, // the implicit and hybrid ones are not served
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                authority + "/" + issuer + "/v2.0",
		"request_uri_parameter_supported":       false,
		"userinfo_endpoint":                     d.audience() + "/oidc/userinfo",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"http_logout_supported":                 true,
		"frontchannel_logout_supported":         false,
		"end_session_endpoint":                  base + "/oauth2/v2.0/logout",
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver", "email"},
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "microsoftonline.com",
		"cloud_graph_host_name":                 "graph.windows.net",
		"msgraph_host":                          strings.TrimPrefix(d.audience(), "https://"),
		"rbac_url":                              "https://pas.windows.net",
	})
}

// serveKeys is the public half of the signing key as a JSON Web Key Set.
func (d *Directory) serveKeys(w http.ResponseWriter, r *http.Request) {
	key, err := d.key()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	id := keyID(&key.PublicKey)
	writeJSON(w, r, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "kid": id, "x5t": id,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
}

// serveInstance is instance discovery: which hosts belong to one cloud. There is
// only this one.
func (d *Directory) serveInstance(w http.ResponseWriter, r *http.Request) {
	authority := d.authority(r)
	host := authority
	if u, err := url.Parse(authority); err == nil {
		host = u.Host
	}
	if asked, err := url.Parse(r.URL.Query().Get("authorization_endpoint")); err == nil && asked.Host != "" && !strings.EqualFold(asked.Host, host) {
		f := failed(http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance.")
		d.writeFailure(w, r, f)
		return
	}
	writeJSON(w, r, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": authority + "/" + d.options.TenantID + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": host, "preferred_cache": host, "aliases": []string{host},
		}},
	})
}
