package cli

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"os"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers/simulator/entra"
)

type entraUser = entra.User

func writeCA(t *testing.T, path string, certificate *x509.Certificate) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// clientInfo is how the service names an account beside a token.
func clientInfo(tenant string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"uid":"o","utid":"` + tenant + `"}`))
}

// msalCache is a cache of MSAL with one account and its refresh token (the format that
// the libraries of all languages share).
func msalCache(t *testing.T, c keystore.Connection, authority string) []byte {
	t.Helper()
	u, err := url.Parse(authority)
	if err != nil {
		t.Fatal(err)
	}
	host, home := u.Host, c.AccountID
	text, err := json.Marshal(map[string]any{
		"Account": map[string]any{strings.Join([]string{home, host, c.Tenant}, "-"): map[string]any{
			"home_account_id": home, "environment": host, "realm": c.Tenant, "local_account_id": "o", "authority_type": "MSSTS", "username": c.Account}},
		"AppMetadata": map[string]any{"appmetadata-" + host + "-" + c.ClientID: map[string]any{"client_id": c.ClientID, "environment": host}},
		"RefreshToken": map[string]any{strings.ToLower(strings.Join([]string{home, host, "refreshtoken", c.ClientID}, "-")): map[string]any{
			"home_account_id": home, "environment": host, "credential_type": "RefreshToken", "client_id": c.ClientID, "secret": "refresh-0"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
