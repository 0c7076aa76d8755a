package graph

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

// Tenant looks for the discovery document of a tenant, by id or domain; "" is the
// connection's own. A tenant that does not exist is no error.
func (b *Probe) Tenant(ctx context.Context, tenant string) (providers.TenantSeen, error) {
	if tenant == "" {
		tenant = b.p.config.TenantID
	}
	if err := CheckTenant(tenant); err != nil {
		return providers.TenantSeen{}, err
	}
	var text []byte
	status, err := b.entra(ctx, http.MethodGet, b.authority(tenant)+"/v2.0/.well-known/openid-configuration", nil, &text)
	if err != nil {
		return providers.TenantSeen{}, err
	}
	if status >= 400 && status < 500 {
		return providers.TenantSeen{}, nil
	}
	var document struct {
		Issuer        string `json:"issuer"`
		TokenEndpoint string `json:"token_endpoint"`
	}
	if status != http.StatusOK || decode(text, &document) != nil || document.TokenEndpoint == "" {
		return providers.TenantSeen{}, &providers.Error{Class: providers.Foreign, Op: "looking the tenant up", Status: status,
			Message: providers.Outside("the answer is not one of a sign-in service")}
	}
	seen := providers.TenantSeen{Exists: true}
	for part := range strings.SplitSeq(document.Issuer, "/") {
		if CheckGUID(part) {
			seen.ID = strings.ToLower(part)
		}
	}
	return seen, nil
}

// authority is the sign-in root of a tenant.
func (b *Probe) authority(tenant string) string {
	root := b.p.roots.authority.String()
	if i := strings.LastIndexByte(root, '/'); i > len("https://") {
		root = root[:i]
	}
	return root + "/" + url.PathEscape(tenant)
}

// Control asks for a token in a way that must fail, to learn how that failure
// looks today. Only made-up credentials are sent.
func (b *Probe) Control(ctx context.Context, clientID, secret string) (providers.SignInControl, error) {
	form := url.Values{"client_id": {clientID}, "client_secret": {secret}, "grant_type": {"client_credentials"}, "scope": {b.p.roots.scope}}
	var text []byte
	status, err := b.entra(ctx, http.MethodPost, b.p.roots.authority.String()+"/oauth2/v2.0/token", []byte(form.Encode()), &text)
	if err != nil {
		return providers.SignInControl{}, err
	}
	return controlOf(status, text), nil
}

func controlOf(status int, text []byte) providers.SignInControl {
	control := providers.SignInControl{Status: status, Passed: status == http.StatusOK}
	var said struct {
		Error string  `json:"error"`
		Codes []int64 `json:"error_codes"`
	}
	if decode(text, &said) == nil {
		control.Error = plainCode(said.Error)
		if len(said.Codes) > 0 {
			control.Code = said.Codes[0]
		}
	}
	return control
}

// entra sends one request to the sign-in service. An answer of JSON is no error,
// whatever its status below 500.
func (b *Probe) entra(ctx context.Context, method, address string, form []byte, text *[]byte) (int, error) {
	const op = "asking the sign-in service"
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(form))
	if err != nil {
		return 0, &providers.Error{Class: providers.Permanent, Op: op, Err: inner(err)}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", b.p.engine.agent)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := b.p.engine.tokens.client
	if err := client.checkURL(req.URL); err != nil {
		return 0, err
	}
	resp, err := b.p.engine.http.Do(req)
	if err != nil {
		e := transportError(ctx, err)
		e.Op = op
		return 0, e
	}
	defer resp.Body.Close()
	b.p.engine.noteDate(resp.Header)
	*text, err = io.ReadAll(io.LimitReader(resp.Body, entraLimit))
	if err != nil {
		e := transportError(ctx, err)
		e.Op = op
		return 0, e
	}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || !isJSON(resp.Header) {
		e := client.refusal(resp, *text)
		e.Op = op
		return resp.StatusCode, e
	}
	return resp.StatusCode, nil
}

// readToken reads all that a diagnosis compares.
func readToken(token string) providers.TokenSeen {
	var claims struct {
		tokenClaims
		Audience  any    `json:"aud"`
		ObjectID  string `json:"oid"`
		Scope     string `json:"scp"`
		Issued    int64  `json:"iat"`
		NotBefore int64  `json:"nbf"`
		Expires   int64  `json:"exp"`
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return providers.TokenSeen{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || decode(text, &claims) != nil {
		return providers.TokenSeen{}
	}
	seen := providers.TokenSeen{Readable: true, TenantID: strings.ToLower(claims.Tenant), AppID: strings.ToLower(claims.AppID),
		AppName: providers.Outside(claims.AppName), Roles: claims.Roles, Scopes: strings.Fields(claims.Scope)}
	if CheckGUID(claims.ObjectID) {
		seen.ObjectID = strings.ToLower(claims.ObjectID)
	}
	seen.Audience, _ = claims.Audience.(string)
	slices.Sort(seen.Roles)
	for _, t := range []struct {
		unix int64
		into *time.Time
	}{{claims.Issued, &seen.Issued}, {claims.NotBefore, &seen.NotBefore}, {claims.Expires, &seen.Expires}} {
		if t.unix > 0 {
			*t.into = time.Unix(t.unix, 0).UTC()
		}
	}
	return seen
}

// Audiences are the names under which tokens may be made out for this Graph.
func (b *Probe) Audiences() []string {
	return []string{strings.TrimSuffix(b.p.roots.scope, "/.default"), "00000003-0000-0000-c000-000000000000"}
}
