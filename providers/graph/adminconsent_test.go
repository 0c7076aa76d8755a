package graph

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

const foreignTenant = "99999999-0000-4000-8000-000000000001"

// consentLink is the parts of the link that an administrator is shown.
func consentLink(t *testing.T, n *tenant, p providers.ConsentPrompt) (back *url.URL, state string) {
	t.Helper()
	u, err := url.Parse(p.Address)
	if err != nil || !strings.HasPrefix(p.Address, n.URL+"/"+testTenant+"/adminconsent?") || u.Query().Get("client_id") != testClient {
		t.Fatalf("%+v: %v", p, err)
	}
	if back, err = url.Parse(u.Query().Get("redirect_uri")); err != nil || back.Hostname() != "localhost" || back.Port() == "" || back.Path != "" || back.Scheme != "http" {
		t.Fatalf("redirect %v: %v", back, err)
	}
	if state = u.Query().Get("state"); len(state) < 40 {
		t.Errorf("the state %q can be guessed", state)
	}
	return back, state
}

// landing is where a browser is sent at the end.
func landing(back *url.URL, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return back.String() + "/?" + q.Encode()
}

func visit(t *testing.T, address, host string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	if host != "" {
		req.Host = host
	}
	return do(t, req)
}

// C25: the browser's answer closes the loop by itself. What is not the one answer
// changes nothing, a wrong state least of all.
func TestAdminConsentComesBack(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	p := connect(t, n.config())
	var told, second reply
	done := make(chan struct{})
	given, err := p.AdminConsent(t.Context(), 0, func(prompt providers.ConsentPrompt) {
		back, state := consentLink(t, n, prompt)
		if life := time.Until(prompt.Expires); life > consentLimit || life < consentLimit-time.Minute {
			t.Errorf("expires in %v", life)
		}
		go func() {
			defer close(done)
			good := []string{"admin_consent", "True", "tenant", strings.ToUpper(testTenant), "state", state}
			for i, c := range []struct {
				reply
				status int
			}{
				{visit(t, back.String()+"/favicon.ico", ""), 404},
				{visit(t, landing(back, "admin_consent", "True", "tenant", testTenant, "state", "guess"), ""), 400},
				{visit(t, landing(back, "admin_consent", "True", "tenant", testTenant, "state", state+"x"), ""), 400},
				{visit(t, landing(back, "admin_consent", "True", "tenant", testTenant), ""), 400},
				{visit(t, landing(back, "error", "access_denied"), ""), 400},
				{post(t, back.String(), "", url.Values{"admin_consent": {"True"}, "tenant": {testTenant}, "state": {state}}), 405},
				{visit(t, landing(back, good...), "evil.example:"+back.Port()), 404},
			} {
				if c.reply.status != c.status || strings.Contains(c.page, state) {
					t.Errorf("%d: %d %s", i, c.reply.status, c.page)
				}
			}
			for name, text := range map[string]string{"state": landing(back, "admin_consent", "True", "tenant", testTenant, "state", "guess"), "nothing": "", "host": strings.Replace(landing(back, good...), "localhost", "evil.example", 1), "words": "consent was given"} {
				if err := prompt.Paste(text); !providers.Is(err, providers.Foreign) {
					t.Errorf("%s was pasted, and taken: %v", name, err)
				}
			}
			told = visit(t, landing(back, good...), "")
			second = visit(t, landing(back, good...), "")
		}()
	})
	<-done
	if err != nil || given.TenantID != testTenant || given.At.IsZero() {
		t.Fatalf("%+v, %v", given, err)
	}
	if told.status != 200 || !strings.Contains(told.page, "Consent given") || !strings.Contains(told.page, testTenant) || told.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the browser was told %d %s", told.status, told.page)
	}
	if second.status != 410 && second.status != 0 {
		t.Errorf("a second answer got %d %s", second.status, second.page)
	}
}

// C25: the browser is on another machine, and the address at which it ended is pasted.
func TestAdminConsentIsPasted(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	given, err := connect(t, n.config()).AdminConsent(t.Context(), 0, func(prompt providers.ConsentPrompt) {
		back, state := consentLink(t, n, prompt)
		address := " " + landing(back, "admin_consent", "True", "tenant", testTenant, "state", state) + "\n"
		if err := prompt.Paste(address); err != nil {
			t.Error(err)
		}
		if err := prompt.Paste(address); err == nil {
			t.Error("it is taken twice")
		}
	})
	if err != nil || given.TenantID != testTenant {
		t.Errorf("%+v, %v", given, err)
	}
}

// C12, C25: another tenant's answer, one that says no, and one that says nothing.
func TestAdminConsentIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		answer []string
		class  providers.Class
		says   string
	}{
		"foreign tenant": {[]string{"admin_consent", "True", "tenant", foreignTenant}, providers.Foreign, foreignTenant},
		"no tenant":      {[]string{"admin_consent", "True"}, providers.Foreign, "in which tenant"},
		"no tenant's id": {[]string{"admin_consent", "True", "tenant", "contoso.com\x1b[2J"}, providers.Foreign, "in which tenant"},
		"not given":      {[]string{"admin_consent", "False", "tenant", testTenant}, providers.Foreign, "does not say that consent was given"},
		"nothing":        {[]string{"tenant", testTenant}, providers.Foreign, "does not say that consent was given"},
		"declined": {[]string{"error", "access_denied", "error_description", "AADSTS65004: User declined to consent.\r\nTrace ID: x", "admin_consent", "True", "tenant", testTenant},
			providers.SignedOut, "declined in the browser"},
		"no role": {[]string{"error", "access_denied", "error_description", "AADSTS90093: The user is not an administrator."}, providers.SignedOut, "Privileged Role Administrator"},
		"hostile": {[]string{"error", "\x1b]0;x\a<b>", "error_description", "<script>alert(1)</script>\x1b[2J"}, providers.SignedOut, "portal"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, organizationAnswer)
			told := make(chan reply, 1)
			given, err := connect(t, n.config()).AdminConsent(t.Context(), 0, func(prompt providers.ConsentPrompt) {
				back, state := consentLink(t, n, prompt)
				go func() { told <- visit(t, landing(back, append(c.answer, "state", state)...), "") }()
			})
			e := wantError(t, err, c.class)
			if !strings.Contains(e.Error()+e.Advice, c.says) || strings.ContainsAny(e.Error(), "\x1b\a") || given.TenantID != "" {
				t.Errorf("%q, %q, %+v", e.Error(), e.Advice, given)
			}
			if page := <-told; !strings.Contains(page.page, "No consent") || strings.Contains(page.page, "<script") || strings.Contains(page.page, "\x1b") {
				t.Errorf("the browser was told %d %s", page.status, page.page)
			}
		})
	}
}

// A tenant that was given by its domain is known by its id, which is what comes back.
func TestAdminConsentOfADomain(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	config := n.config()
	config.TenantID = "contoso.test"
	for answered, class := range map[string]providers.Class{testTenant: "", foreignTenant: providers.Foreign} {
		_, err := connect(t, config).AdminConsent(t.Context(), 0, func(prompt providers.ConsentPrompt) {
			u, err := url.Parse(prompt.Address)
			if err != nil || !strings.HasPrefix(prompt.Address, n.URL+"/contoso.test/adminconsent?") {
				t.Fatal(prompt.Address, err)
			}
			back, err := url.Parse(u.Query().Get("redirect_uri"))
			if err != nil {
				t.Fatal(err)
			}
			if err := prompt.Paste(landing(back, "admin_consent", "True", "tenant", answered, "state", u.Query().Get("state"))); err != nil {
				t.Error(err)
			}
		})
		if class == "" && err != nil || class != "" && !providers.Is(err, class) {
			t.Errorf("%s: %v", answered, err)
		}
	}
}

// Nobody consents, the wait is given up, and another program has the port: nothing
// listens afterwards.
func TestAdminConsentEnds(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	p := connect(t, n.config())
	var back *url.URL
	closed := func() {
		t.Helper()
		for _, host := range []string{"127.0.0.1", "::1"} {
			if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(host, back.Port())); err == nil {
				conn.Close()
				t.Errorf("%s still listens", back)
			}
		}
	}
	p.engine.tokens.browserLimit = time.Millisecond
	_, err := p.AdminConsent(t.Context(), 0, func(prompt providers.ConsentPrompt) { back, _ = consentLink(t, n, prompt) })
	if e := wantError(t, err, providers.SignedOut); !errors.Is(err, providers.ErrPromptExpired) || !strings.Contains(e.Advice, "the test shows") {
		t.Error(e)
	}
	closed()
	p.engine.tokens.browserLimit = 0
	ctx, cancel := context.WithCancel(t.Context())
	_, err = p.AdminConsent(ctx, 0, func(prompt providers.ConsentPrompt) { back, _ = consentLink(t, n, prompt); cancel() })
	wantClass(t, err, providers.Cancelled)
	closed()
	other, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = p.AdminConsent(t.Context(), other.Addr().(*net.TCPAddr).Port, func(providers.ConsentPrompt) { t.Error("a link that leads to another program") })
	if e := wantError(t, err, providers.Local); !strings.Contains(e.Advice, "without the way back") {
		t.Error(e)
	}
}
