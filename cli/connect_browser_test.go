package cli

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// linkOutput calls back once a link was printed, like a person who opens it.
type linkOutput struct {
	text   strings.Builder
	onLink func(link string)
	done   bool
	// pattern finds the link; nil: that of a sign-in.
	pattern *regexp.Regexp
}

var (
	printedLink = regexp.MustCompile(`open this link[^\n]*\n\n  (https://\S+)\n`)
	waitingLink = regexp.MustCompile(`Link: (https://\S+&state=\S+)\nWaiting`)
)

func (w *linkOutput) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	pattern := w.pattern
	if pattern == nil {
		pattern = printedLink
	}
	if m := pattern.FindStringSubmatch(w.text.String()); m != nil && !w.done {
		w.done = true
		w.onLink(m[1])
	}
	return n, err
}

// personSite is a simulated tenant with a place for a person's own connection.
type personSite struct {
	t        *testing.T
	tenant   *simulator.Tenant
	e        simulator.Endpoints
	dir, own string
	memory   *keystore.Memory
}

func newPersonSite(t *testing.T) *personSite {
	t.Helper()
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 4, People: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenant.Close() })
	dir := t.TempDir()
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	return &personSite{t: t, tenant: tenant, e: tenant.Endpoints(), dir: dir, own: filepath.Join(dir, "own"), memory: &keystore.Memory{}}
}

// process is roomdesk started anew, with the same keystore.
func (s *personSite) process() *app {
	s.t.Helper()
	a, _, _ := newApp(s.t)
	a.memory, a.flags.config, a.flags.data = s.memory, filepath.Join(s.own, "config.toml"), filepath.Join(s.own, "data")
	return a
}

func (s *personSite) connection(name string) keystore.Connection {
	return keystore.Connection{
		Name: name, Provider: "graph", Tenant: s.e.TenantID, ClientID: s.e.PublicClientID, AuthorityURL: s.e.AuthorityURL, GraphURL: s.e.GraphURL,
		CAFile: filepath.Join(s.dir, "ca.pem"), Keystore: "memory",
	}
}

// connect runs connect graph --browser; browse does what a person does with the link.
func (s *personSite) connect(ctx context.Context, flags personFlags, browse func(link string)) (*linkOutput, error) {
	a := s.process()
	errs := &linkOutput{onLink: browse}
	a.deps.Stderr = errs
	a.prepareOutput()
	flags.browser = true
	return errs, a.connectGraph(ctx, &connectFlags{person: flags, connection: s.connection("mine")})
}

// signIn goes through the pages as user, and reads the last one.
func (s *personSite) signIn(link, user string) string {
	d := newDevice(s.t, s.dir)
	d.signIn(link, "", user, s.e.UserPassword)
	return d.page
}

func (s *personSite) nothingStored(what string) {
	s.t.Helper()
	if _, err := os.Stat(s.own); !errors.Is(err, fs.ErrNotExist) {
		s.t.Errorf("%s: something was stored: %v", what, err)
	}
}

// C12, C13, C25: a person connects with a browser on this machine. The account is
// confirmed before anything is stored.
func TestConnectWithABrowser(t *testing.T) {
	s := newPersonSite(t)
	last := make(chan string, 1)
	asUser := func(user string) func(string) {
		return func(link string) { go func() { last <- s.signIn(link, user) }() }
	}
	// Another account than the one that was meant, and nobody who could be asked.
	_, err := s.connect(t.Context(), personFlags{account: "somebody.else@" + s.e.Domain}, asUser(s.e.User))
	if explain(err).code != exitSignIn || !strings.Contains(explain(err).message, s.e.User) || !strings.Contains(<-last, s.e.User) {
		t.Errorf("wrong account: %v", err)
	}
	s.nothingStored("wrong account")
	_, err = s.connect(t.Context(), personFlags{}, asUser(s.e.User))
	if explain(err).code != exitSignIn || !strings.Contains(explain(err).sentence(), "--account") {
		t.Errorf("nobody to ask: %v", err)
	}
	<-last
	s.nothingStored("nobody to ask")
	// Given up in the browser.
	_, err = s.connect(t.Context(), personFlags{account: s.e.User}, func(link string) {
		go func() {
			d := newDevice(t, s.dir)
			d.take(d.client.Get(link))
			d.press("Cancel")
			d.press("Continue")
			last <- d.page
		}()
	})
	if explain(err).code != exitSignIn || !strings.Contains(explain(err).sentence(), "declined") || !strings.Contains(explain(err).message, "nothing was stored") {
		t.Errorf("given up: %v", explain(err).sentence())
	}
	if page := <-last; !strings.Contains(page, "Not signed in") {
		t.Errorf("the browser was told %s", page)
	}
	s.nothingStored("given up")
	// Given up here.
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.connect(ctx, personFlags{account: s.e.User}, func(string) { cancel() })
	if !providers.Is(err, providers.Cancelled) && !errors.Is(err, context.Canceled) && explain(err).class != string(providers.Cancelled) {
		t.Errorf("Ctrl-C: %v", explain(err))
	}
	s.nothingStored("Ctrl-C")
	// Another program on the port that was asked for.
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	_, err = s.connect(t.Context(), personFlags{account: s.e.User, port: port}, func(string) { t.Error("a link that leads to another program") })
	if sentence := explain(err).sentence(); !strings.Contains(sentence, "port "+strconv.Itoa(port)) || !strings.Contains(sentence, "taken") {
		t.Errorf("port taken: %s", sentence)
	}
	s.nothingStored("port taken")

	said, err := s.connect(t.Context(), personFlags{account: s.e.User}, asUser(s.e.User))
	if err != nil {
		t.Fatalf("%v; %s", err, said.text.String())
	}
	if page := <-last; !strings.Contains(page, "Signed in") || !strings.Contains(page, s.e.User) {
		t.Errorf("the browser was told %s", page)
	}
	if link := printedLink.FindStringSubmatch(said.text.String())[1]; strings.Contains(said.text.String()[strings.Index(said.text.String(), link)+len(link):], "code=") {
		t.Error("the code is printed")
	}
	config, err := s.process().loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, _ := config.Find("mine")
	if c.Account != s.e.User || c.AccountID == "" || c.Organizer != s.e.User {
		t.Errorf("%+v", c)
	}
	// Another process: silently, from what was kept.
	a := s.process()
	provider, err := a.newProvider(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	if identity, err := provider.Identify(t.Context()); err != nil || !identity.Capabilities.Write {
		t.Errorf("later: %+v, %v", identity, err)
	}
}
