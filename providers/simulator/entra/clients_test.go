package entra_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
	"github.com/golang-jwt/jwt/v5"

	"roomdesk/providers/simulator/entra"
)

func tokenFrom(tb testing.TB, handler http.Handler) string {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://localhost/"+tenantID+"/oauth2/v2.0/token", strings.NewReader(form().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	var answer tokenAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.AccessToken == "" {
		tb.Fatalf("%s: %v", w.Body, err)
	}
	return answer.AccessToken
}

func msalClient(t *testing.T, s *site, tenant string, credential confidential.Credential) confidential.Client {
	t.Helper()
	client, err := confidential.New(s.server.URL+"/"+tenant, clientID, credential,
		confidential.WithHTTPClient(s.server.Client()), confidential.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Microsoft's own client signs in with two requests, discovery and token, and
// serves the second caller from its cache.
func TestMSALWithSecret(t *testing.T) {
	for _, tenant := range []string{tenantID, "contoso.example"} {
		s := newSite(t)
		credential, err := confidential.NewCredFromSecret(secret)
		if err != nil {
			t.Fatal(err)
		}
		client := msalClient(t, s, tenant, credential)
		result, err := client.AcquireTokenByCredential(t.Context(), []string{"https://127.0.0.1:9443/.default"})
		if err != nil {
			t.Fatal(err)
		}
		if claims, err := s.Verify(result.AccessToken); err != nil || claims.AppID != clientID {
			t.Errorf("claims %+v: %v", claims, err)
		}
		if left := time.Until(result.ExpiresOn); left < 55*time.Minute || left > time.Hour {
			t.Errorf("MSAL believes the token to live for %v", left)
		}
		if again, err := client.AcquireTokenByCredential(t.Context(), []string{"https://127.0.0.1:9443/.default"}); err != nil || again.AccessToken != result.AccessToken {
			t.Errorf("the second token does not come from the cache: %v", err)
		}
		want := []string{"GET /" + tenant + "/v2.0/.well-known/openid-configuration", "POST /" + tenant + "/oauth2/v2.0/token"}
		if got := s.requests(); !slices.Equal(got, want) {
			t.Errorf("requests %v, want %v", got, want)
		}
	}
}

func TestMSALReadsOurErrors(t *testing.T) {
	s := newSite(t)
	credential, err := confidential.NewCredFromSecret(secretID)
	if err != nil {
		t.Fatal(err)
	}
	client := msalClient(t, s, tenantID, credential)
	_, err = client.AcquireTokenByCredential(t.Context(), []string{scope})
	var refused msalerrors.CallErr
	if !errors.As(err, &refused) || refused.Resp.StatusCode != 401 || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("Secret ID: %v", err)
	}
	client = msalClient(t, s, "11111111-2222-3333-4444-555555555555", credential)
	if _, err = client.AcquireTokenByCredential(t.Context(), []string{scope}); err == nil || !strings.Contains(err.Error(), "AADSTS90002") {
		t.Errorf("unknown tenant: %v", err)
	}
}

// The issuer follows the name under which the client reached the directory:
// MSAL refuses an issuer on another host.
func TestMSALUnderAnotherNameOfLoopback(t *testing.T) {
	s := newSite(t)
	credential, err := confidential.NewCredFromSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	httpClient := s.server.Client()
	transport := httpClient.Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ServerName = "example.com" // what httptest's certificate is for
	client, err := confidential.New("https://localhost:"+u.Port()+"/"+tenantID, clientID, credential,
		confidential.WithHTTPClient(&http.Client{Transport: transport}), confidential.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AcquireTokenByCredential(t.Context(), []string{scope}); err != nil {
		t.Error(err)
	}
}

func certificate(t *testing.T, key *rsa.PrivateKey, until time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "roomdesk"}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestMSALWithCertificate(t *testing.T) {
	s := newSite(t)
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	good := certificate(t, key, time.Now().Add(24*time.Hour))
	credential, err := confidential.NewCredFromCert([]*x509.Certificate{good}, key)
	if err != nil {
		t.Fatal(err)
	}
	acquire := func() error {
		_, err := msalClient(t, s, tenantID, credential).AcquireTokenByCredential(context.Background(), []string{scope})
		return err
	}
	if err := acquire(); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("certificate that is not uploaded: %v", err)
	}
	if err := s.Update(clientID, func(a *entra.Application) { a.Certificates = []*x509.Certificate{good} }); err != nil {
		t.Fatal(err)
	}
	if err := acquire(); err != nil {
		t.Errorf("uploaded certificate: %v", err)
	}
	s.advance(25 * time.Hour)
	if err := acquire(); err == nil || !strings.Contains(err.Error(), "AADSTS700027") || !strings.Contains(err.Error(), "expired") {
		t.Errorf("expired certificate: %v", err)
	}
}

func TestClientAssertion(t *testing.T) {
	s := newSite(t)
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	good := certificate(t, key, time.Now().Add(24*time.Hour))
	if err := s.Update(clientID, func(a *entra.Application) { a.Certificates = []*x509.Certificate{good} }); err != nil {
		t.Fatal(err)
	}
	wrongKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method jwt.SigningMethod, signer *rsa.PrivateKey, change func(jwt.MapClaims)) tokenAnswer {
		t.Helper()
		now := time.Now()
		claims := jwt.MapClaims{
			"aud": s.server.URL + "/" + tenantID + "/oauth2/v2.0/token", "iss": clientID, "sub": clientID, "jti": rand.Text(),
			"nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix(),
		}
		change(claims)
		token := jwt.NewWithClaims(method, claims)
		token.Header["x5t"] = thumbprint(good)
		signed, err := token.SignedString(signer)
		if err != nil {
			t.Fatal(err)
		}
		return s.ask(t, tenantID, form("client_secret", "", "client_assertion", signed,
			"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
	}
	same := func(jwt.MapClaims) {}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodPS256} {
		if got := ask(method, key, same); got.Status != 200 || claimsOf(t, got.AccessToken)["appidacr"] != "2" {
			t.Errorf("%s: %v", method.Alg(), got)
		}
	}
	for name, c := range map[string]struct {
		key    *rsa.PrivateKey
		change func(jwt.MapClaims)
		code   int
	}{
		"another key":       {wrongKey, same, 700027},
		"audience":          {key, func(c jwt.MapClaims) { c["aud"] = "https://login.example/" + tenantID + "/oauth2/v2.0/token" }, 700023},
		"audience's tenant": {key, func(c jwt.MapClaims) { c["aud"] = s.server.URL + "/common/oauth2/v2.0/token" }, 700023},
		"issuer":            {key, func(c jwt.MapClaims) { c["iss"] = objectID }, 700021},
		"expired":           {key, func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-6 * time.Minute).Unix() }, 700024},
		"no expiry":         {key, func(c jwt.MapClaims) { delete(c, "exp") }, 700024},
		"not yet valid":     {key, func(c jwt.MapClaims) { c["nbf"] = time.Now().Add(6 * time.Minute).Unix() }, 700024},
	} {
		if got := ask(jwt.SigningMethodPS256, c.key, c.change); got.Status != 401 || len(got.Codes) != 1 || got.Codes[0] != c.code {
			t.Errorf("%s: %d %v %s, want %d", name, got.Status, got.Codes, got.Description, c.code)
		}
	}
	if got := s.ask(t, tenantID, form("client_secret", "", "client_assertion", "a.b.c",
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")); got.Codes == nil || got.Codes[0] != 50027 {
		t.Errorf("garbage: %v", got)
	}
	if got := s.ask(t, tenantID, form("client_secret", "", "client_assertion", "a.b.c")); got.Codes == nil || got.Codes[0] != 900144 {
		t.Errorf("no type: %v", got)
	}
}

func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw) // x5t is a SHA-1 thumbprint
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func testCertificate(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	return certificate(t, key, time.Now().Add(24*time.Hour))
}

// assertion signs in with a certificate after a change to the assertion.
func assertion(t *testing.T, s *site, change func(*jwt.Token, jwt.MapClaims)) tokenAnswer {
	t.Helper()
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	good := testCertificate(t)
	if err := s.Update(clientID, func(a *entra.Application) { a.Certificates = append(a.Certificates, good) }); err != nil {
		t.Fatal(err)
	}
	now := s.clock()
	claims := jwt.MapClaims{"aud": s.server.URL + "/" + tenantID + "/oauth2/v2.0/token", "iss": clientID, "sub": clientID, "jti": rand.Text(),
		"nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()}
	token := jwt.NewWithClaims(jwt.SigningMethodPS256, claims)
	token.Header["x5t"] = thumbprint(good)
	change(token, claims)
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return assert(t, s, signed)
}

func assert(t *testing.T, s *site, signed string) tokenAnswer {
	t.Helper()
	return s.ask(t, tenantID, form("client_secret", "", "client_assertion", signed, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
}

// chainOf is a good certificate for an x5c header.
func chainOf(t *testing.T, _ any) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(testCertificate(t).Raw)
}

// An assertion is good once; a chain in its header counts for nothing; the
// thumbprints must be of one certificate that is good now.
func TestAssertionIsCheckedThoroughly(t *testing.T) {
	s := newSite(t, people)
	long := func(c *x509.Certificate) string {
		sum := sha256.Sum256(c.Raw)
		return base64.StdEncoding.EncodeToString(sum[:])
	}
	key, err := sharedKey()
	if err != nil {
		t.Fatal(err)
	}
	other := certificate(t, key, time.Now().Add(36*time.Hour))
	if err := s.Update(clientID, func(a *entra.Application) { a.Certificates = []*x509.Certificate{other} }); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*jwt.Token, jwt.MapClaims)
		code   int
	}{
		"good":               {func(*jwt.Token, jwt.MapClaims) {}, 0},
		"chain besides":      {func(token *jwt.Token, _ jwt.MapClaims) { token.Header["x5c"] = []string{chainOf(t, nil)} }, 0},
		"domain as tenant":   {func(_ *jwt.Token, c jwt.MapClaims) { c["aud"] = s.server.URL + "/contoso.example/oauth2/v2.0/token" }, 0},
		"issuer as audience": {func(_ *jwt.Token, c jwt.MapClaims) { c["aud"] = s.server.URL + "/" + tenantID + "/v2.0" }, 0},
		"no id":              {func(_ *jwt.Token, c jwt.MapClaims) { delete(c, "jti") }, 0},
		"two thumbprints":    {func(token *jwt.Token, _ jwt.MapClaims) { token.Header["x5t#S256"] = long(other) }, 700027},
		"no key named":       {func(token *jwt.Token, _ jwt.MapClaims) { delete(token.Header, "x5t") }, 50027},
		"other subject":      {func(_ *jwt.Token, c jwt.MapClaims) { c["sub"] = objectID }, 700021},
		"no audience":        {func(_ *jwt.Token, c jwt.MapClaims) { delete(c, "aud") }, 700023},
		"expiry as text":     {func(_ *jwt.Token, c jwt.MapClaims) { c["exp"] = "soon" }, 50027},
	} {
		got := assertion(t, s, c.change)
		if c.code == 0 && got.Status != 200 || c.code != 0 && (len(got.Codes) != 1 || got.Codes[0] != c.code) {
			t.Errorf("%s: %v, want %d", name, got, c.code)
		}
	}
	var once string
	assertion(t, s, func(token *jwt.Token, _ jwt.MapClaims) {
		if once, err = token.SignedString(key); err != nil {
			t.Fatal(err)
		}
	})
	wantCode(t, "used before", assert(t, s, once), "invalid_client", 50013)
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS512, jwt.SigningMethodHS256, jwt.SigningMethodNone} {
		token := jwt.NewWithClaims(method, jwt.MapClaims{"iss": clientID, "sub": clientID})
		token.Header["x5t"] = thumbprint(testCertificate(t))
		var with any = key
		switch method {
		case jwt.SigningMethodHS256:
			with = []byte("a shared secret")
		case jwt.SigningMethodNone:
			with = jwt.UnsafeAllowNoneSignatureType
		}
		signed, err := token.SignedString(with)
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, method.Alg(), assert(t, s, signed), "invalid_client", 50027)
	}
	// Valid from tomorrow on.
	future := certificate(t, key, time.Now().Add(72*time.Hour))
	if err := s.Update(clientID, func(a *entra.Application) { a.Certificates = []*x509.Certificate{future} }); err != nil {
		t.Fatal(err)
	}
	got := assertion(t, s, func(token *jwt.Token, _ jwt.MapClaims) { token.Header["x5t"] = thumbprint(future) })
	if wantCode(t, "not yet valid", got, "invalid_client", 700027); !strings.Contains(got.Description, "not yet valid") {
		t.Error(got)
	}
}
