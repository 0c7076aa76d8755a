package entra_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"roomdesk/providers/simulator/entra"
)

// FuzzTokenForm sends any body to the token endpoint: it must answer, and with no
// token unless the secret is in it.
func FuzzTokenForm(f *testing.F) {
	key, err := sharedKey()
	if err != nil {
		f.Fatal(err)
	}
	options := entra.Options{TenantID: tenantID, Domain: "contoso.example", Key: key, Applications: []entra.Application{
		{ClientID: clientID, ObjectID: objectID, DisplayName: "roomdesk", Roles: []string{"Calendars.Read"}, Secrets: []entra.Secret{{Value: secret}}},
	}}
	people(&options)
	d, err := entra.New(options)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		form().Encode(), form("scope", "%%%").Encode(), "", "grant_type=password&client_id=" + publicID + "&username=a&password=b&scope=User.Read",
		"grant_type=refresh_token&client_id=" + publicID + "&refresh_token=x", "grant_type=device_code&client_id=" + publicID + "&device_code=x",
		"grant_type=authorization_code&client_id=" + publicID + "&code=x&redirect_uri=http://localhost&code_verifier=x",
		form("client_secret", "", "client_assertion", "eyJhbGciOiJQUzI1NiIsIng1dCI6IkFBQUEifQ.e30.AAAA", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer").Encode(),
		form("claims", `{"access_token":null}`).Encode(), form("claims", `{"access_token":{"nbf":null,"xms_cc":{"values":[1]}}}`).Encode(),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "https://localhost/"+tenantID+"/oauth2/v2.0/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		answer := w.Body.String()
		switch {
		case w.Code >= 500 && w.Code != http.StatusServiceUnavailable:
			t.Errorf("status %d: %s", w.Code, answer)
		case w.Code != http.StatusOK && !strings.Contains(answer, `"error_codes":[`):
			t.Errorf("no code: %d %s", w.Code, answer)
		case w.Code == http.StatusOK && !strings.Contains(body, "Qw8"):
			t.Errorf("a token for %q", body)
		}
	})
}

// FuzzVerify gives any text as an access token: none is good.
func FuzzVerify(f *testing.F) {
	key, err := sharedKey()
	if err != nil {
		f.Fatal(err)
	}
	d, err := entra.New(entra.Options{TenantID: tenantID, Key: key, Applications: []entra.Application{{ClientID: clientID, Secrets: []entra.Secret{{Value: secret}}}}})
	if err != nil {
		f.Fatal(err)
	}
	good := tokenFrom(f, d)
	for _, seed := range []string{"", "Bearer", "Bearer x", "a.b.c", good[:len(good)-2], "eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOltdfQ.AA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, good) {
			t.Skip("the one good token")
		}
		if claims, err := d.Verify(text); err == nil {
			t.Errorf("%q is good: %+v", text, claims)
		}
	})
}
