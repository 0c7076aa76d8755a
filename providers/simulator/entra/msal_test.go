package entra_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	msalerrors "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"roomdesk/providers/simulator/entra"
)

// through sends MSAL's requests to a site and looks at each before.
type through struct {
	inner http.RoundTripper
	look  func(*http.Request)
}

func (x through) RoundTrip(r *http.Request) (*http.Response, error) {
	x.look(r)
	return x.inner.RoundTrip(r)
}

func msalPublic(t *testing.T, s *site, look func(*http.Request), options ...public.Option) public.Client {
	t.Helper()
	client, err := public.New(publicID, append([]public.Option{public.WithAuthority(s.server.URL + "/" + tenantID), public.WithInstanceDiscovery(false),
		public.WithHTTPClient(&http.Client{Transport: through{s.server.Client().Transport, look}})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var calendarScopes = []string{graphRoot + "Calendars.ReadWrite"}

// Microsoft's client signs a person in on another device, serves the next caller
// from its cache, and renews by its refresh token.
func TestMSALDeviceCode(t *testing.T) {
	s := newSite(t, people)
	refreshed := 0
	client := msalPublic(t, s, func(r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/token") {
			return
		}
		body, err := r.GetBody()
		if err != nil {
			t.Error(err)
			return
		}
		raw, err := io.ReadAll(body)
		if err != nil {
			t.Error(err)
		}
		if values, err := url.ParseQuery(string(raw)); err != nil || values.Get("grant_type") == "refresh_token" {
			refreshed++
		}
		s.advance(2 * time.Second) // MSAL polls faster than it was told: some polls are too early
	})
	device, err := client.AcquireTokenByDeviceCode(t.Context(), calendarScopes)
	if err != nil {
		t.Fatal(err)
	}
	if device.Result.UserCode == "" || !strings.Contains(device.Result.Message, device.Result.UserCode) {
		t.Fatalf("%+v", device.Result)
	}
	newBrowser(t, s).open(device.Result.VerificationURL).press("Next", "otc", device.Result.UserCode).signIn(ada, password).press("Continue")
	result, err := device.AuthenticationResult(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := s.Verify(result.AccessToken); err != nil || claims.UserName != ada || result.Account.PreferredUsername != ada || result.Account.HomeAccountID != adaID+"."+tenantID {
		t.Errorf("%+v %+v %v", claims, result.Account, err)
	}
	silent, err := client.AcquireTokenSilent(t.Context(), calendarScopes, public.WithSilentAccount(result.Account))
	if err != nil || silent.AccessToken != result.AccessToken || refreshed != 0 {
		t.Errorf("not from the cache: %v, %d refreshes", err, refreshed)
	}
	// Another permission is not in the cache: it comes by the refresh token.
	other, err := client.AcquireTokenSilent(t.Context(), []string{graphRoot + "User.Read"}, public.WithSilentAccount(result.Account))
	if err != nil || refreshed != 1 || claimsOf(t, other.AccessToken)["upn"] != ada {
		t.Errorf("refresh: %v, %d refreshes", err, refreshed)
	}
	if err := s.RevokeSessions(ada); err != nil {
		t.Fatal(err)
	}
	_, err = client.AcquireTokenSilent(t.Context(), []string{graphRoot + "User.ReadBasic.All"}, public.WithSilentAccount(result.Account))
	var refused msalerrors.CallErr
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "AADSTS50173") {
		t.Errorf("after the end of all sessions: %v", err)
	}
}

func TestMSALDeviceCodeDeclined(t *testing.T) {
	s := newSite(t, people)
	client := msalPublic(t, s, func(*http.Request) {})
	device, err := client.AcquireTokenByDeviceCode(t.Context(), calendarScopes)
	if err != nil {
		t.Fatal(err)
	}
	newBrowser(t, s).open(device.Result.VerificationURL).press("Next", "otc", device.Result.UserCode).signIn(ada, password).press("Cancel")
	if _, err := device.AuthenticationResult(t.Context()); err == nil || !strings.Contains(err.Error(), "AADSTS65004") {
		t.Errorf("declined: %v", err)
	}
}

// Microsoft's client opens a browser, listens on loopback and takes the form that
// the browser posts there.
func TestMSALInteractive(t *testing.T) {
	s := newSite(t, people)
	var asked url.Values
	client := msalPublic(t, s, func(*http.Request) {})
	plain := &http.Client{}
	defer plain.CloseIdleConnections()
	result, err := client.AcquireTokenInteractive(t.Context(), calendarScopes, public.WithLoginHint(ada), public.WithOpenURL(func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		asked = u.Query()
		b := newBrowser(t, s).open(address).signIn(ada, password)
		if b.left == nil {
			b.press("Continue")
		}
		response, err := plain.PostForm(b.left.String(), b.posted)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}))
	if err != nil {
		t.Fatal(err)
	}
	if asked.Get("response_mode") != "form_post" || asked.Get("code_challenge_method") != "S256" || asked.Get("prompt") != "select_account" || asked.Get("login_hint") != ada {
		t.Errorf("MSAL asked for %v", asked)
	}
	if claims, err := s.Verify(result.AccessToken); err != nil || claims.UserName != ada {
		t.Errorf("%+v %v", claims, err)
	}
}

// Without a browser window of its own: an address, a code, a proof key.
func TestMSALAuthorizationCode(t *testing.T) {
	s := newSite(t, people)
	client := msalPublic(t, s, func(*http.Request) {})
	address, err := client.AuthCodeURL(t.Context(), publicID, "http://localhost:7777", calendarScopes)
	if err != nil {
		t.Fatal(err)
	}
	code := newBrowser(t, s).open(address+"&code_challenge_method=S256&code_challenge="+challenge()).signIn(ada, password).result().Get("code")
	result, err := client.AcquireTokenByAuthCode(t.Context(), code, "http://localhost:7777", calendarScopes, public.WithChallenge(verifier))
	if err != nil || result.Account.PreferredUsername != ada {
		t.Fatalf("%+v %v", result.Account, err)
	}
	if _, err := client.AcquireTokenByAuthCode(t.Context(), code, "http://localhost:7777", calendarScopes, public.WithChallenge(verifier)); err == nil || !strings.Contains(err.Error(), "AADSTS54005") {
		t.Errorf("used twice: %v", err)
	}
}

// MSAL asks for the account's realm before it sends a password.
func TestMSALUserNameAndPassword(t *testing.T) {
	s := newSite(t, people)
	client := msalPublic(t, s, func(*http.Request) {})
	//nolint:staticcheck // deprecated and still in use
	result, err := client.AcquireTokenByUsernamePassword(t.Context(), calendarScopes, ada, password)
	if err != nil || result.Account.PreferredUsername != ada {
		t.Errorf("%+v %v", result.Account, err)
	}
	//nolint:staticcheck // see above
	if _, err := client.AcquireTokenByUsernamePassword(t.Context(), calendarScopes, careful, password); err == nil || !strings.Contains(err.Error(), "AADSTS50076") {
		t.Errorf("with a second factor: %v", err)
	}
}

// F-083: Microsoft's client carries a challenge's claims to the token endpoint
// past its cache, and says that it can.
func TestMSALClaimsChallenge(t *testing.T) {
	s := newSite(t)
	credential, err := confidential.NewCredFromSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	client, err := confidential.New(s.server.URL+"/"+tenantID, clientID, credential, confidential.WithHTTPClient(s.server.Client()),
		confidential.WithInstanceDiscovery(false), confidential.WithClientCapabilities([]string{"CP1"}))
	if err != nil {
		t.Fatal(err)
	}
	acquire := func(options ...confidential.AcquireByCredentialOption) string {
		t.Helper()
		result, err := client.AcquireTokenByCredential(context.Background(), []string{scope}, options...)
		if err != nil {
			t.Fatal(err)
		}
		return result.AccessToken
	}
	token := acquire()
	if claimsOf(t, token)["xms_cc"] == nil {
		t.Error("the token does not say cp1")
	}
	disturb(t, s, entra.Disturbance{Do: "claims"})
	_, claims := verdict(t, s, token)
	if again := acquire(); again != token {
		t.Error("MSAL did not use its cache")
	}
	if reason, _ := verdict(t, s, acquire(confidential.WithClaims(claims))); reason != "" {
		t.Errorf("with the challenge's claims: %q", reason)
	}
}
