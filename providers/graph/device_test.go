package graph

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// nowhere is a person's keystore in memory.
type nowhere struct{ text []byte }

func (n *nowhere) Read(context.Context) ([]byte, error)       { return n.text, nil }
func (n *nowhere) Lock(context.Context) (func(), error)       { return func() {}, nil }
func (n *nowhere) Write(_ context.Context, text []byte) error { n.text = text; return nil }

// deviceService answers sign-ins by device code without a network.
type deviceService struct {
	interval, life int
	answers        []deviceAnswer // to polls, the last one for all that follow
	begun          time.Time
	polls          []time.Duration // since the code was given
}

type deviceAnswer struct {
	status int
	word   string // error
	code   int
	after  string // Retry-After
	broken error  // no answer at all
}

const deviceRoot = "https://entra.example"

func (s *deviceService) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, header http.Header, v any) (*http.Response, error) {
		text, err := json.Marshal(v)
		if header == nil {
			header = http.Header{}
		}
		header.Set("Content-Type", "application/json")
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: header, Body: io.NopCloser(bytes.NewReader(text)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, err
	}
	root := deviceRoot + "/" + testTenant
	switch {
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		return answer(200, nil, map[string]any{"authorization_endpoint": root + "/oauth2/v2.0/authorize", "token_endpoint": root + "/oauth2/v2.0/token", "issuer": root + "/v2.0"})
	case strings.HasSuffix(r.URL.Path, "/devicecode"):
		s.begun = time.Now()
		out := map[string]any{"user_code": "ABCDEFGHJ", "device_code": "the-device-code", "verification_uri": root + "/deviceauth", "expires_in": s.life}
		if s.interval > 0 {
			out["interval"] = s.interval
		}
		return answer(200, nil, out)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if form, err := url.ParseQuery(string(body)); err != nil || form.Get("device_code") != "the-device-code" || form.Get("client_id") != testClient {
		return nil, errors.New("a poll without its code")
	}
	next := s.answers[min(len(s.polls), len(s.answers)-1)]
	s.polls = append(s.polls, time.Since(s.begun))
	if next.broken != nil {
		return nil, next.broken
	}
	if next.status != 200 {
		header := http.Header{}
		if next.after != "" {
			header.Set("Retry-After", next.after)
		}
		return answer(next.status, header, map[string]any{"error": next.word, "error_codes": []int{next.code}, "error_description": "AADSTS" + itoa(next.code) + ": says the service."})
	}
	return answer(200, nil, map[string]any{
		"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(1), "refresh_token": "canary-refresh", "scope": "https://graph.example/" + strings.Join(providers.PersonScopes(""), " https://graph.example/"),
		"id_token":    unsigned(map[string]any{"aud": testClient, "preferred_username": "adele@contoso.test", "oid": "o", "tid": testTenant, "sub": "s"}),
		"client_info": base64.RawURLEncoding.EncodeToString([]byte(`{"uid":"o","utid":"` + testTenant + `"}`)),
	})
}

// unsigned makes a token with claims and without a signature.
func unsigned(claims map[string]any) string {
	text, _ := json.Marshal(claims)
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + ".x"
}

func (s *deviceService) provider(t *testing.T) *Provider {
	t.Helper()
	p, err := New(Config{TenantID: testTenant, ClientID: testClient, Cloud: "custom", AuthorityURL: deviceRoot, GraphURL: "https://graph.example",
		Person: &Person{Kept: &nowhere{}}, Around: func(http.RoundTripper) http.RoundTripper { return s }})
	if err != nil {
		t.Fatal(err)
	}
	p.engine.tokens.client.rand = func() float64 { return 0 }
	return p
}

// RFC 8628, 3.5: a client asks no oftener than the service says, and slower from then
// on where it is told to. MSAL does neither by itself.
func TestDeviceCodeAsksPolitely(t *testing.T) {
	pending, slower, done := deviceAnswer{400, "authorization_pending", 70016, "", nil}, deviceAnswer{400, "slow_down", 70016, "", nil}, deviceAnswer{status: 200}
	for name, c := range map[string]struct {
		interval int
		answers  []deviceAnswer
		gaps     []time.Duration // between polls, at least
	}{
		"interval":                {7, []deviceAnswer{pending, pending, pending, done}, []time.Duration{7, 7, 7}},
		"none named":              {0, []deviceAnswer{pending, pending, done}, []time.Duration{5, 5}},
		"slow down":               {5, []deviceAnswer{pending, slower, pending, slower, pending, done}, []time.Duration{5, 10, 10, 15, 15}},
		"unreachable":             {5, []deviceAnswer{pending, {broken: errors.New("no route")}, pending, done}, []time.Duration{5, 5, 5}},
		"a long way out of reach": {5, append(slices.Repeat([]deviceAnswer{{broken: &net.DNSError{Err: "no such host", IsNotFound: true}}}, 12), done), slices.Repeat([]time.Duration{5}, 12)},
		"trouble":                 {5, []deviceAnswer{pending, {503, "temporarily_unavailable", 90033, "", nil}, pending, done}, []time.Duration{5, 5, 5}},
		"busy":                    {5, []deviceAnswer{pending, {429, "x", 0, "30", nil}, pending, done}, []time.Duration{5, 30, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &deviceService{interval: c.interval, life: 900, answers: c.answers}
				p := s.provider(t)
				defer p.Close()
				var prompt providers.SignInPrompt
				who, err := p.SignInWithDeviceCode(t.Context(), func(shown providers.SignInPrompt) { prompt = shown })
				if err != nil || who.Address != "adele@contoso.test" || who.TenantID != testTenant || who.Account == "" {
					t.Fatalf("%+v, %v", who, err)
				}
				if prompt.Way != providers.ByDeviceCode || prompt.Code != "ABCDEFGHJ" || !strings.HasPrefix(prompt.Address, deviceRoot) || !prompt.Expires.After(s.begun) {
					t.Errorf("%+v", prompt)
				}
				if len(s.polls) != len(c.answers) {
					t.Fatalf("%d polls: %v", len(s.polls), s.polls)
				}
				for i, least := range c.gaps {
					if gap := s.polls[i+1] - s.polls[i]; gap < least*time.Second {
						t.Errorf("poll %d came %v after the one before, which had asked for %d s: %v", i+2, gap, least, s.polls)
					}
				}
				// No slower than needed either: who signed in does not wait for minutes.
				if last := s.polls[len(s.polls)-1]; last > time.Duration(len(s.polls))*40*time.Second {
					t.Errorf("took %v", last)
				}
			})
		})
	}
}

func TestDeviceCodeThatNobodyEnters(t *testing.T) {
	pending := deviceAnswer{400, "authorization_pending", 70016, "", nil}
	for name, c := range map[string]struct {
		life    int
		answers []deviceAnswer
		expired bool
		advice  string
	}{
		"expired by the service": {900, []deviceAnswer{pending, {400, "expired_token", 70019, "", nil}}, true, "new one"},
		"expired by the clock":   {60, []deviceAnswer{pending}, true, "new one"},
		"declined":               {900, []deviceAnswer{pending, {400, "authorization_declined", 65004, "", nil}}, false, "declined"},
		"wrong code":             {900, []deviceAnswer{{400, "bad_verification_code", 70018, "", nil}}, false, "not the one"},
		"policy":                 {900, []deviceAnswer{{400, "interaction_required", 53003, "", nil}}, false, "policy"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &deviceService{interval: 5, life: c.life, answers: c.answers}
				p := s.provider(t)
				defer p.Close()
				_, err := p.SignInWithDeviceCode(t.Context(), func(providers.SignInPrompt) {})
				e := wantError(t, err, providers.SignedOut)
				if errors.Is(err, providers.ErrPromptExpired) != c.expired || !strings.Contains(e.Advice, c.advice) {
					t.Errorf("%+v", e)
				}
				if polls := len(s.polls); c.life == 60 && (polls < 8 || polls > 13) {
					t.Errorf("%d polls in a minute: %v", polls, s.polls)
				}
			})
		})
	}
}

// Ctrl-C, at each moment of the wait, ends it at once.
func TestDeviceCodeGivenUp(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, 4 * time.Second, 5*time.Second + time.Millisecond, 23 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := &deviceService{interval: 5, life: 900, answers: []deviceAnswer{{400, "authorization_pending", 70016, "", nil}}}
			p := s.provider(t)
			defer p.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(after, cancel)
			began := time.Now()
			_, err := p.SignInWithDeviceCode(ctx, func(providers.SignInPrompt) {})
			wantClass(t, err, providers.Cancelled)
			if took := time.Since(began); took != after {
				t.Errorf("given up after %v, ended after %v", after, took)
			}
			if slices.ContainsFunc(s.polls, func(at time.Duration) bool { return at > after }) {
				t.Errorf("asked afterwards: %v", s.polls)
			}
		})
	}
}
