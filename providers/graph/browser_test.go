package graph

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// browserTenant answers the redemption of a code; claims may change its ID token.
func browserTenant(t *testing.T, claims func(map[string]any)) (*tenant, *Provider, *nowhere) {
	t.Helper()
	n := newTenant(t, organizationAnswer)
	kept := &nowhere{}
	n.entra = func(w http.ResponseWriter, _ int) bool {
		n.mu.Lock()
		form, nonce := n.form, n.nonce
		n.mu.Unlock()
		said := map[string]any{"aud": testClient, "preferred_username": "adele@contoso.test", "oid": "o", "tid": testTenant, "sub": "s", "nonce": nonce}
		if claims != nil {
			claims(said)
		}
		if form.Get("grant_type") != "authorization_code" || form.Get("code") != "canary-code" || form.Get("client_secret") != "" {
			t.Errorf("%v", form)
		}
		scopes := strings.Join(providers.PersonScopes(""), " "+n.URL+"/")
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(1), "refresh_token": "canary-refresh", "scope": n.URL + "/" + scopes,
			"id_token": unsigned(said), "client_info": base64.RawURLEncoding.EncodeToString([]byte(`{"uid":"o","utid":"` + testTenant + `"}`))})
		return true
	}
	config := n.config()
	config.ClientSecret, config.Person = nil, &Person{Kept: kept}
	return n, connect(t, config), kept
}

// link is the parts of the address that the person is shown.
type link struct {
	query    url.Values
	redirect string
}

func readLink(t *testing.T, n *tenant, prompt providers.SignInPrompt) link {
	t.Helper()
	u, err := url.Parse(prompt.Address)
	if err != nil || !strings.HasPrefix(prompt.Address, n.URL+"/"+testTenant+"/oauth2/v2.0/authorize?") || prompt.Way != providers.ByBrowser || prompt.Code != "" {
		t.Fatalf("%+v: %v", prompt, err)
	}
	n.mu.Lock()
	n.nonce = u.Query().Get("nonce") // as a sign-in service does
	n.mu.Unlock()
	return link{u.Query(), u.Query().Get("redirect_uri")}
}

type reply struct {
	status int
	page   string
	header http.Header
}

// post sends what a browser posts to the address that the sign-in service was given.
func post(t *testing.T, to, host string, form url.Values) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if host != "" {
		req.Host = host
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) reply {
	t.Helper()
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return reply{page: err.Error()}
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return reply{resp.StatusCode, string(page), resp.Header}
}

// RFC 8252: what is not the one answer changes nothing, and the answer itself
// is believed once.
func TestBrowserAnswerIsBelievedOnce(t *testing.T) {
	n, p, kept := browserTenant(t, nil)
	var first, second, stranger reply
	done := make(chan struct{})
	who, err := p.SignInWithBrowser(t.Context(), 0, func(prompt providers.SignInPrompt) {
		l := readLink(t, n, prompt)
		state := l.query.Get("state")
		for name, want := range map[string]string{"response_type": "code", "response_mode": "form_post", "prompt": "select_account", "code_challenge_method": "S256", "client_id": testClient} {
			if got := l.query.Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		if scopes := strings.Fields(l.query.Get("scope")); !slices.Contains(scopes, "offline_access") || !slices.Contains(scopes, n.URL+"/Calendars.ReadWrite") {
			t.Errorf("scopes %v", scopes)
		}
		if len(state) < 40 || len(l.query.Get("nonce")) < 40 || state == l.query.Get("nonce") {
			t.Error("state or nonce can be guessed")
		}
		if life := time.Until(prompt.Expires); life > browserLimit || life < browserLimit-time.Minute {
			t.Errorf("expires in %v", life)
		}
		u, err := url.Parse(l.redirect)
		if err != nil || u.Hostname() != "localhost" || u.Port() == "" || u.Path != "" {
			t.Errorf("redirect %q", l.redirect)
		}
		go func() {
			defer close(done)
			good := url.Values{"code": {"canary-code"}, "state": {state}}
			// A browser's wish for an icon, the answer as a GET, a guessed state, no
			// state, another host's name (DNS rebinding), a path, too much.
			get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.redirect+"/?"+good.Encode(), http.NoBody)
			if err != nil {
				t.Error(err)
			}
			icon, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.redirect+"/favicon.ico", http.NoBody)
			if err != nil {
				t.Error(err)
			}
			for i, c := range []struct {
				reply
				status int
			}{
				{do(t, icon), 404}, {do(t, get), 405},
				{post(t, l.redirect, "", url.Values{"code": {"evil"}, "state": {"guess"}}), 400},
				{post(t, l.redirect, "", url.Values{"code": {"evil"}}), 400},
				{post(t, l.redirect, "", url.Values{"error": {"access_denied"}, "state": {""}}), 400},
				{post(t, l.redirect, "evil.example:"+u.Port(), good), 404},
				{post(t, l.redirect+"/callback", "", good), 404},
				{post(t, l.redirect, "", url.Values{"code": {strings.Repeat("x", maxRedirectBody)}, "state": {state}}), 400},
			} {
				if c.reply.status != c.status || strings.Contains(c.page, "canary") || strings.Contains(c.page, state) {
					t.Errorf("%d: %d %s", i, c.reply.status, c.page)
				}
			}
			// Two at once: one is taken.
			answers := make(chan reply, 2)
			for range 2 {
				go func() { answers <- post(t, l.redirect, "", good) }()
			}
			first, second = <-answers, <-answers
			stranger = post(t, l.redirect, "", good)
		}()
	})
	<-done
	if err != nil || who.Address != "adele@contoso.test" || who.TenantID != testTenant || who.Account == "" {
		t.Fatalf("%+v, %v", who, err)
	}
	if first.status != 200 {
		first, second = second, first
	}
	if first.status != 200 || !strings.Contains(first.page, "adele@contoso.test") || strings.Contains(first.page, "canary") {
		t.Errorf("the browser was told %d %s", first.status, first.page)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if !strings.Contains(first.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the last page may load something")
	}
	if second.status != 410 && second.status != 0 || stranger.status != 410 && stranger.status != 0 {
		t.Errorf("a second answer got %d %s, one afterwards %d", second.status, second.page, stranger.status)
	}
	if n.tokens != 1 {
		t.Errorf("%d redemptions", n.tokens)
	}
	verifier, challenge := n.form.Get("code_verifier"), ""
	if sum := sha256.Sum256([]byte(verifier)); len(verifier) >= 43 {
		challenge = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if challenge == "" || n.form.Get("redirect_uri") == "" {
		t.Errorf("redeemed with %v", n.form)
	}
	if !strings.Contains(string(kept.text), "canary-refresh") {
		t.Error("the sign-in was not kept")
	}
}

// The answer of another sign-in, for example one that somebody smuggled into the
// browser, is not taken for ours.
func TestBrowserAnswerOfAnotherSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		claims func(map[string]any)
		answer func(url.Values)
		class  providers.Class
		says   string
	}{
		"nonce":    {func(c map[string]any) { c["nonce"] = "another" }, nil, providers.Foreign, "another sign-in"},
		"no nonce": {func(c map[string]any) { delete(c, "nonce") }, nil, providers.Foreign, "another sign-in"},
		"audience": {func(c map[string]any) { c["aud"] = testTenant }, nil, providers.Foreign, "another application"},
		"no code":  {nil, func(v url.Values) { v.Del("code") }, providers.Foreign, "no code"},
		"declined": {nil, func(v url.Values) {
			v.Set("error", "access_denied")
			v.Set("error_description", "AADSTS65004: User declined.\r\nTrace ID: x")
		}, providers.SignedOut, "declined"},
		"declined bare": {nil, func(v url.Values) { v.Set("error", "access_denied") }, providers.SignedOut, "given up in the browser"},
		"hostile": {nil, func(v url.Values) {
			v.Set("error", "\x1b]0;x\a<b>")
			v.Set("error_description", "<script>alert(1)</script>\x1b[2J")
		}, providers.SignedOut, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n, p, kept := browserTenant(t, c.claims)
			told := make(chan reply, 1)
			_, err := p.SignInWithBrowser(t.Context(), 0, func(prompt providers.SignInPrompt) {
				l := readLink(t, n, prompt)
				answer := url.Values{"code": {"canary-code"}, "state": {l.query.Get("state")}}
				if c.answer != nil {
					c.answer(answer)
				}
				go func() { told <- post(t, l.redirect, "", answer) }()
			})
			e := wantError(t, err, c.class)
			if !strings.Contains(e.Error()+e.Advice, c.says) || strings.ContainsAny(e.Error(), "\x1b\a") || strings.Contains(e.Error(), "canary") {
				t.Errorf("%q, %q", e.Error(), e.Advice)
			}
			page := <-told
			if !strings.Contains(page.page, "Not signed in") || strings.Contains(page.page, "<script") || strings.Contains(page.page, "\x1b") || strings.Contains(page.page, "canary") {
				t.Errorf("the browser was told %d %s", page.status, page.page)
			}
			if name != "nonce" && name != "no nonce" && name != "audience" && kept.text != nil {
				t.Error("something was kept")
			}
		})
	}
}

// A person is never sent to a host that is not the sign-in service's, whatever the
// discovery document says.
func TestBrowserLinkLeadsToTheAuthority(t *testing.T) {
	evil := func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err != nil || !strings.HasSuffix(r.URL.Path, "openid-configuration") {
				return resp, err
			}
			text, err := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(text), r.URL.Host+"/"+testTenant+"/oauth2/v2.0/authorize", "login.evil.example/authorize")))
			resp.ContentLength = -1
			return resp, err
		})
	}
	n := newTenant(t, organizationAnswer)
	config := n.config()
	config.ClientSecret, config.Person, config.Around = nil, &Person{Kept: &nowhere{}}, evil
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := connect(t, config).SignInWithBrowser(ctx, 0, func(p providers.SignInPrompt) { t.Errorf("shown: %s", p.Address); cancel() })
	if e := wantError(t, err, providers.Foreign); !strings.Contains(e.Error(), "login.evil.example") {
		t.Error(e)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestBrowserSignInEnds(t *testing.T) {
	_, p, _ := browserTenant(t, nil)
	var redirect string
	show := func(prompt providers.SignInPrompt) {
		u, err := url.Parse(prompt.Address)
		if err != nil {
			t.Error(err)
		}
		redirect = u.Query().Get("redirect_uri")
	}
	closed := func(what string) {
		t.Helper()
		u, err := url.Parse(redirect)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"127.0.0.1", "::1"} {
			if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(host, u.Port())); err == nil {
				conn.Close()
				t.Errorf("%s: %s still listens", what, redirect)
			}
		}
	}
	// Nobody signs in.
	p.engine.tokens.browserLimit = time.Millisecond
	_, err := p.SignInWithBrowser(t.Context(), 0, show)
	if e := wantError(t, err, providers.SignedOut); !errors.Is(err, providers.ErrPromptExpired) || !strings.Contains(e.Advice, "new one") {
		t.Error(e)
	}
	closed("expired")
	// Ctrl-C.
	p.engine.tokens.browserLimit = 0
	ctx, cancel := context.WithCancel(t.Context())
	_, err = p.SignInWithBrowser(ctx, 0, func(prompt providers.SignInPrompt) { show(prompt); cancel() })
	wantClass(t, err, providers.Cancelled)
	closed("given up")
}

// Another program of this machine may sit on the port in one address family only: then
// it would get the answers of browsers that try that one first.
func TestBrowserPortTaken(t *testing.T) {
	_, p, _ := browserTenant(t, nil)
	for _, where := range []string{"127.0.0.1:0", "[::1]:0"} {
		other, err := new(net.ListenConfig).Listen(t.Context(), "tcp", where)
		if err != nil {
			t.Logf("not on this machine: %v", err)
			continue
		}
		port := other.Addr().(*net.TCPAddr).Port
		_, err = p.SignInWithBrowser(t.Context(), port, func(providers.SignInPrompt) { t.Error("a link that leads to another program") })
		if e := wantError(t, err, providers.Local); !strings.Contains(e.Message.String(), itoa(port)) || !strings.Contains(e.Advice, "device code") {
			t.Error(e)
		}
		other.Close()
	}
	// Only this machine can reach it.
	back, err := listenLoopback(t.Context(), 0, http.MethodPost, "state")
	if err != nil {
		t.Fatal(err)
	}
	defer back.finish(closingPage{})
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(back.host)
	for _, address := range addresses {
		ip, _, err := net.ParseCIDR(address.String())
		if err != nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			continue
		}
		if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", net.JoinHostPort(ip.String(), port)); err == nil {
			conn.Close()
			t.Errorf("%s can be reached", ip)
		}
	}
}
