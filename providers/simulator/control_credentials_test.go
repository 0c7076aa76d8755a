package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// J7: what an administrator does under Certificates & secrets: a new secret, whose value is
// told once and signs in; the old one taken away, which is refused from then on.
func TestCredentialsOfAnApplication(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 2, People: 2})
	control := func(method, path, body string, want int) []byte {
		t.Helper()
		req, err := http.NewRequest(method, c.at.ControlURL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, raw, err)
		}
		return raw
	}
	signsIn := func(secret string) bool {
		t.Helper()
		resp, err := c.http.PostForm(c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {c.at.ClientID}, "client_secret": {secret}, "scope": {c.at.GraphURL + "/.default"},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
	var made credential
	if err := json.Unmarshal(control("POST", "/credentials", `{"for_days":90}`, 200), &made); err != nil || made.Value == "" || made.Kind != "secret" {
		t.Fatalf("%+v %v", made, err)
	}
	if days := made.Expires.Sub(tenant.present()).Hours() / 24; days < 89 || days > 91 {
		t.Errorf("it holds for %.0f days", days)
	}
	if !signsIn(made.Value) || !signsIn(c.at.ClientSecret) {
		t.Error("one of both does not sign in")
	}
	listed := string(control("GET", "/credentials", "", 200))
	if !strings.Contains(listed, made.ID) || !strings.Contains(listed, c.at.SecretID) || strings.Contains(listed, made.Value) || strings.Contains(listed, c.at.ClientSecret) {
		t.Errorf("listed: %s", listed)
	}
	control("DELETE", "/credentials?id="+c.at.SecretID, "", 204)
	control("DELETE", "/credentials?id="+c.at.SecretID, "", 404)
	if signsIn(c.at.ClientSecret) || !signsIn(made.Value) {
		t.Error("the one that was taken away signs in, or the other does not")
	}
	for _, bad := range []string{`{"for_days":-1}`, `{"for_days":731}`, `{"client_id":"nobody"}`, `{"certificate":"x"}`, `{"value":"chosen"}`, `nonsense`} {
		control("POST", "/credentials", bad, 400)
	}
}
