package entra

import (
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
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
)

// route splits a path into tenant and endpoint. Entra compares paths without
// regard to case.
func (d *Directory) route(r *http.Request) (tenant string, what endpoint) {
	path := r.URL.Path
	if d.options.AuthorityURL != nil {
		if u, err := url.Parse(d.options.AuthorityURL()); err == nil {
			path = strings.TrimPrefix(path, strings.TrimRight(u.Path, "/"))
		}
	}
	tenant, rest, found := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !found || tenant == "" {
		return "", noEndpoint
	}
	switch strings.ToLower(rest) {
	case "v2.0/.well-known/openid-configuration":
		return tenant, configurationEndpoint
	case "discovery/v2.0/keys":
		return tenant, keysEndpoint
	case "oauth2/v2.0/token":
		return tenant, tokenEndpoint
	case "discovery/instance":
		return tenant, instanceEndpoint
	}
	return "", noEndpoint
}

// Handles reports whether the request is one for sign-in, so that sign-in and
// Graph can share a listener.
func (d *Directory) Handles(r *http.Request) bool {
	_, what := d.route(r)
	return what != noEndpoint
}

// ServeHTTP answers discovery, keys, instance discovery and token requests, and
// 404 to all else.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tenant, what := d.route(r)
	switch what {
	case noEndpoint:
		http.NotFound(w, r)
		return
	case tokenEndpoint:
		d.serveToken(w, r, tenant)
		return
	case configurationEndpoint, keysEndpoint, instanceEndpoint:
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	kind := d.tenant(tenant)
	switch what {
	case instanceEndpoint:
		d.serveInstance(w, r)
	case keysEndpoint:
		d.serveKeys(w, r)
	case configurationEndpoint:
		if kind == unknownTenant || kind == invalidTenant {
			d.writeFailure(w, r, failTenant(kind, tenant))
			return
		}
		d.serveConfiguration(w, r, tenant, kind)
	case noEndpoint, tokenEndpoint:
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
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                authority + "/" + issuer + "/v2.0",
		"request_uri_parameter_supported":       false,
		"userinfo_endpoint":                     d.audience() + "/oidc/userinfo",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"http_logout_supported":                 true,
		"frontchannel_logout_supported":         true,
		"end_session_endpoint":                  base + "/oauth2/v2.0/logout",
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "tid", "ver"},
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
	writeJSON(w, r, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": authority + "/" + d.options.TenantID + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": host, "preferred_cache": host, "aliases": []string{host},
		}},
	})
}
