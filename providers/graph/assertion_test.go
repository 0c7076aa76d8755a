package graph

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

func testCertificate(t *testing.T) Credential {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return Credential{Certificate: leaf, Key: key}
}

// verifyAssertion reads a client assertion by RFC 7515, 7518 and 7523 with nothing
// but the standard library's cryptography, and refuses whatever they do not allow.
func verifyAssertion(assertion, endpoint string, leaf *x509.Certificate, now time.Time) (id string, err error) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("%d parts", len(parts))
	}
	var raw [3][]byte
	for i, part := range parts {
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return "", fmt.Errorf("part %d: %w", i, err)
		}
	}
	var header map[string]any
	if err := json.Unmarshal(raw[0], &header); err != nil {
		return "", err
	}
	if names := slices.Sorted(maps.Keys(header)); !slices.Equal(names, []string{"alg", "typ", "x5t#S256"}) {
		return "", fmt.Errorf("the header has %v", names)
	}
	if header["alg"] != "PS256" || header["typ"] != "JWT" {
		return "", fmt.Errorf("header %v", header)
	}
	// RFC 7515 4.1.8 wants base64url; the library sends the standard alphabet with
	// padding, which the service is known to take.
	sum := sha256.Sum256(leaf.Raw)
	if header["x5t#S256"] != base64.StdEncoding.EncodeToString(sum[:]) {
		return "", fmt.Errorf("x5t#S256 is %v", header["x5t#S256"])
	}
	public, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok {
		return "", fmt.Errorf("no RSA key")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPSS(public, crypto.SHA256, digest[:], raw[2], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}); err != nil {
		return "", err
	}
	var claims struct {
		Audience string `json:"aud"`
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		ID       string `json:"jti"`
		From     int64  `json:"nbf"`
		Until    int64  `json:"exp"`
	}
	if err := json.Unmarshal(raw[1], &claims); err != nil {
		return "", err
	}
	switch {
	case claims.Audience != endpoint:
		return "", fmt.Errorf("audience %q, want %q", claims.Audience, endpoint)
	case claims.Issuer != testClient || claims.Subject != testClient:
		return "", fmt.Errorf("issuer %q, subject %q", claims.Issuer, claims.Subject)
	case len(claims.ID) < 16:
		return "", fmt.Errorf("id %q", claims.ID)
	case claims.From > now.Unix()+1 || claims.Until <= now.Unix() || claims.Until-claims.From > 600:
		return "", fmt.Errorf("from %d until %d, now %d", claims.From, claims.Until, now.Unix())
	}
	return claims.ID, nil
}

// S-15: what is sent with a certificate stands up to an independent, strict reading,
// is another one each time, and comes without the key, a chain or a secret.
func TestAssertionStandsUpToAStrictReading(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	credential := testCertificate(t)
	seen := map[string]bool{}
	n.entra = func(w http.ResponseWriter, count int) bool {
		form := n.form
		if want := []string{"client_assertion", "client_assertion_type", "client_id", "client_info", "grant_type", "scope"}; !slices.Equal(slices.Sorted(maps.Keys(form)), want) {
			t.Errorf("the form has %v", slices.Sorted(maps.Keys(form)))
		}
		if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Get("grant_type") != "client_credentials" {
			t.Errorf("form %v", form)
		}
		id, err := verifyAssertion(form.Get("client_assertion"), n.URL+"/"+testTenant+"/oauth2/v2.0/token", credential.Certificate, time.Now())
		if err != nil || seen[id] {
			t.Errorf("assertion %d: %v; seen before: %v", count, err, seen[id])
		}
		seen[id] = true
		// The check itself can fail: one bit of the signature, another endpoint.
		if _, err := verifyAssertion(flip(form.Get("client_assertion")), n.URL+"/"+testTenant+"/oauth2/v2.0/token", credential.Certificate, time.Now()); err == nil {
			t.Error("a changed signature is accepted")
		}
		if _, err := verifyAssertion(form.Get("client_assertion"), n.URL, credential.Certificate, time.Now()); err == nil {
			t.Error("another audience is accepted")
		}
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(count)})
		return true
	}
	now := time.Now()
	config := n.config()
	config.Now = func() time.Time { return now }
	config.ClientSecret = nil
	config.Credentials = func(context.Context) ([]Credential, error) { return []Credential{credential}, nil }
	p := connect(t, config)
	for range 2 {
		if _, err := p.Identify(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Another sign-in: the service refuses the token.
		tok, err := p.engine.tokens.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * renewEvery)
		if _, err := p.engine.tokens.renew(t.Context(), tok, ""); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 2 {
		t.Errorf("%d assertions", len(seen))
	}
}

func flip(assertion string) string {
	cut := strings.LastIndexByte(assertion, '.') + 10
	swap := byte('A')
	if assertion[cut] == 'A' {
		swap = 'B'
	}
	return assertion[:cut] + string(swap) + assertion[cut+1:]
}

// J7: where the newest credential is refused the one before it is used, an exchanged
// one is taken up in the same moment, and only a refusal makes anything be asked anew.
func TestCredentialIsExchangedWithoutAPause(t *testing.T) {
	const oldSecret = "old-secret-value"
	n := newTenant(t, organizationAnswer)
	valid := map[string]bool{oldSecret: true}
	var sent []string
	n.entra = func(w http.ResponseWriter, count int) bool {
		secret := n.form.Get("client_secret")
		sent = append(sent, secret)
		if !valid[secret] {
			refuseToken(w, 401, 7000215, "invalid_client")
			return true
		}
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(count)})
		return true
	}
	now := time.Now()
	asked := 0
	given := []Credential{{Secret: testSecret}, {Secret: oldSecret}}
	config := n.config()
	config.Now = func() time.Time { return now }
	config.Credentials = func(context.Context) ([]Credential, error) { asked++; return given, nil }
	p := connect(t, config)
	identify := func(want ...string) {
		t.Helper()
		sent = nil
		if _, err := p.Identify(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sent, want) {
			t.Errorf("sent %v, want %v", sent, want)
		}
	}
	expire := func() {
		now = now.Add(2 * time.Hour)
		p.engine.tokens.mu.Lock()
		p.engine.tokens.msal = nil
		p.engine.tokens.mu.Unlock()
	}
	identify(testSecret, oldSecret)
	if used, ok := p.Used(); !ok || used.Secret != oldSecret || asked != 1 {
		t.Errorf("used %v %v, asked %d times", used.Secret, ok, asked)
	}
	// The service knows the new one now, and the old one no more.
	valid = map[string]bool{testSecret: true}
	expire()
	identify(testSecret)
	if used, _ := p.Used(); used.Secret != testSecret {
		t.Errorf("used %v", used.Secret)
	}
	// All are refused: the newest one's refusal is told, and nothing is sent again.
	valid = nil
	expire()
	_, err := p.Identify(t.Context())
	e := wantError(t, err, providers.SignedOut)
	if e.Code != "AADSTS7000215" {
		t.Errorf("%+v", e)
	}
}

// A credential in memory that is refused is followed at once by what the source has
// meanwhile, before anybody is told.
func TestRunningConnectionTakesUpTheNewCredential(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	valid := "first-secret-value"
	var sent []url.Values
	n.entra = func(w http.ResponseWriter, count int) bool {
		sent = append(sent, n.form)
		if n.form.Get("client_secret") != valid {
			refuseToken(w, 401, 7000222, "invalid_client")
			return true
		}
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 1, "access_token": testToken(count)})
		return true
	}
	stored := "first-secret-value"
	asked := 0
	now := time.Now()
	config := n.config()
	config.Now = func() time.Time { return now }
	config.Credentials = func(context.Context) ([]Credential, error) { asked++; return []Credential{{Secret: stored}}, nil }
	p := connect(t, config)
	for _, want := range []int{1, 1} { // tokens of a second: each call signs in, the source is asked once
		if _, err := p.Identify(t.Context()); err != nil || asked != want {
			t.Fatalf("%v, asked %d times", err, asked)
		}
		now = now.Add(time.Minute)
	}
	stored, valid = "second-secret-value", "second-secret-value"
	before := len(sent)
	if _, err := p.Identify(t.Context()); err != nil {
		t.Fatalf("the exchange shows: %v", err)
	}
	if now := sent[before:]; asked != 2 || now[0].Get("client_secret") != "first-secret-value" || now[1].Get("client_secret") != stored {
		t.Errorf("asked %d times, sign-ins %v", asked, now)
	}
}
