package outside

import (
	"context"
	"crypto/x509"
	"os/exec"
	"strings"
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// prompts is what roomdesk shows to people who sign in.
type prompts struct {
	Link    string `json:"link"`
	GivenUp string `json:"given_up"`
	Device  string `json:"device"`
	Code    string `json:"code"`
}

// inMemory keeps a person's sign-in.
type inMemory struct{ text []byte }

func (m *inMemory) Lock(context.Context) (func(), error)       { return func() {}, nil }
func (m *inMemory) Read(context.Context) ([]byte, error)       { return m.text, nil }
func (m *inMemory) Write(_ context.Context, text []byte) error { m.text = text; return nil }

// outcome is how a sign-in ended.
type outcome struct {
	who providers.SignedIn
	err error
}

// roomdesk begins a sign-in as roomdesk does it, and gives what it shows.
func (s *site) roomdesk(t *testing.T, way providers.SignInWay) (providers.SignInPrompt, *graph.Provider, <-chan outcome) {
	t.Helper()
	e := s.Endpoints()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(e.CAPEM)
	p, err := graph.New(graph.Config{TenantID: e.TenantID, ClientID: e.PublicClientID, Cloud: "custom", AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL,
		RootCAs: roots, Person: &graph.Person{Kept: &inMemory{}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	shown, ended := make(chan providers.SignInPrompt, 1), make(chan outcome, 1)
	go func() {
		var o outcome
		show := func(prompt providers.SignInPrompt) { shown <- prompt }
		if way == providers.ByBrowser {
			o.who, o.err = p.SignInWithBrowser(t.Context(), 0, show)
		} else {
			o.who, o.err = p.SignInWithDeviceCode(t.Context(), show)
		}
		ended <- o
	}()
	select {
	case prompt := <-shown:
		return prompt, p, ended
	case o := <-ended:
		t.Fatalf("%s: %v", way, o.err)
	}
	panic("unreachable")
}

// C12, C13: a real browser brings roomdesk's own answer back: from the sign-in page over
// TLS to the port on loopback, without a warning and without the code in its address.
func testRoomdesk(t *testing.T, row *row) {
	path := chromium(t)
	out, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	row.versions = append(row.versions, strings.TrimSpace(string(out)))
	s := newSite(t, "")
	s.in.ChromiumPath = path
	link, browser, byLink := s.roomdesk(t, providers.ByBrowser)
	givenUp, _, refused := s.roomdesk(t, providers.ByBrowser)
	device, code, byCode := s.roomdesk(t, providers.ByDeviceCode)
	s.in.Prompts = &prompts{link.Address, givenUp.Address, device.Address, device.Code}
	saw := s.run(t, row, "roomdesk.mjs", "signs in by the link", "gives up in the browser", "signs in by the code")
	if t.Failed() {
		return
	}
	end := func(heading string, named bool) map[string]any {
		return map[string]any{"heading": heading, "named": named, "url": "http://localhost:PORT/", "scripts": 0., "said": []any{}}
	}
	expect(t, saw, "signs in by the link", end("Signed in", true))
	expect(t, saw, "gives up in the browser", end("Not signed in", false))
	expect(t, saw, "signs in by the code", map[string]any{"heading": "You have signed in to the application on your device"})
	e := s.Endpoints()
	for way, c := range map[providers.SignInWay]struct {
		p     *graph.Provider
		ended <-chan outcome
	}{providers.ByBrowser: {browser, byLink}, providers.ByDeviceCode: {code, byCode}} {
		o := <-c.ended
		if o.err != nil || o.who.Address != e.User || o.who.TenantID != e.TenantID {
			t.Errorf("%s: %+v, %v", way, o.who, o.err)
			continue
		}
		if identity, err := c.p.Identify(t.Context()); err != nil || identity.TenantID != e.TenantID {
			t.Errorf("%s: %+v, %v", way, identity, err)
		}
	}
	if o := <-refused; !providers.Is(o.err, providers.SignedOut) || !strings.Contains(o.err.Error(), "65004") {
		t.Errorf("given up: %+v, %v", o.who, o.err)
	}
}
