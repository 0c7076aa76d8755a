package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers/simulator"
)

// phases is a terminal whose person waits for a text, then presses keys, again and
// again. What was drawn while each phase lasted is kept apart.
type phases struct {
	mu    stdsync.Mutex
	steps []phase
	drawn []strings.Builder
	at    int
	keys  io.Writer
}

type phase struct{ want, press string }

func (p *phases) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drawn[min(p.at, len(p.drawn)-1)].Write(b)
	if p.at < len(p.steps) && strings.Contains(p.drawn[p.at].String(), p.steps[p.at].want) {
		press := p.steps[p.at].press
		p.at++
		go func() { _, _ = io.WriteString(p.keys, press) }() // the test fails by what is not drawn
	}
	return len(b), nil
}

// P14, NEVER-CROSS in the terminal: the console goes over to another tenant and back.
// Nothing of the one is drawn, asked or sent while the other is shown.
func TestConsoleGoesOverBetweenTenants(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 40*time.Second)
	defer stop()
	a, _, _ := newApp(t)
	dir := t.TempDir()
	var config strings.Builder
	names := map[string][]string{}
	var tenants []*simulator.Tenant
	secrets := map[string]string{}
	for i, name := range []string{"one", "two"} {
		tenant, err := StartTenant(ctx, simulator.Options{Seed: int64(41 + i), Rooms: 6, People: 4})
		if err != nil {
			t.Fatal(err)
		}
		defer tenant.Close()
		tenants = append(tenants, tenant)
		ca, e := filepath.Join(dir, name+".pem"), tenant.Endpoints()
		if err := os.WriteFile(ca, e.CAPEM, 0o600); err != nil {
			t.Fatal(err)
		}
		secrets["ROOMDESK_SECRET_"+strings.ToUpper(name)] = e.ClientSecret
		_, _ = fmt.Fprintf(&config, "[[connections]]\nname = %q\nprovider = \"graph\"\ntenant = %q\nclient_id = %q\ncloud = \"custom\"\nauthority_url = %q\ngraph_url = %q\nca_file = %q\norganizer = %q\nkeystore = \"env\"\n",
			name, e.TenantID, e.ClientID, e.AuthorityURL, e.GraphURL, ca, e.Organizer)
		for _, room := range tenant.Rooms() {
			names[name] = append(names[name], room.Name)
		}
	}
	own := func(of, not string) []string { // names that only one of them has
		return slices.DeleteFunc(slices.Clone(names[of]), func(n string) bool {
			return slices.ContainsFunc(names[not], func(other string) bool { return strings.Contains(other, n) || strings.Contains(n, other) })
		})
	}
	first, second := own("one", "two"), own("two", "one")
	if len(first) == 0 || len(second) == 0 {
		t.Fatal("the tenants cannot be told apart")
	}
	a.flags.config, a.flags.data, a.flags.connection = filepath.Join(dir, "config.toml"), filepath.Join(dir, "data"), "one"
	if err := os.WriteFile(a.flags.config, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	a.prepareOutput()
	keys, press, err := os.Pipe() // of the system's: the reader of a console that ended lets go of it
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	defer press.Close()
	screen := &phases{keys: press, drawn: make([]strings.Builder, 6), steps: []phase{
		{first[0], "6"}, {"two", "\x1b[Bo"}, {second[0], "6"}, {"two", "\x1b[Ao"}, {first[0], "q"},
	}}
	a.deps.Stdin, a.deps.Stdout, a.deps.Environ = keys, screen, []string{"TERM=xterm-256color"}
	a.deps.LookupEnv = func(key string) (string, bool) { v, ok := secrets[key]; return v, ok }
	a.deps.Console = []tea.ProgramOption{tea.WithWindowSize(110, 30), tea.WithoutSignals()}
	if err := a.consoles(ctx); err != nil {
		t.Fatalf("%v; it came to step %d:\n%q", err, screen.at, screen.drawn[screen.at].String())
	}
	if screen.at != len(screen.steps) {
		t.Fatalf("it came to step %d:\n%q", screen.at, screen.drawn[screen.at].String())
	}
	// While the second was shown: from its console's first frame to the key that left it.
	shown := screen.drawn[2].String() + screen.drawn[3].String()
	if at := strings.LastIndex(shown, "\x1b[?1049h"); at >= 0 {
		shown = shown[at:]
	} else {
		t.Error("no second screen was opened")
	}
	for _, name := range first {
		if strings.Contains(shown, name) {
			t.Errorf("%s of the first tenant is on the screen of the second", name)
		}
	}
	for i, tenant := range tenants {
		other := tenants[1-i].Endpoints()
		for _, entry := range tenant.Ledger() {
			if strings.Contains(entry.Path+entry.Query, other.TenantID) || strings.Contains(entry.Path, other.ClientID) {
				t.Errorf("%s %s belongs to the other tenant", entry.Method, entry.Path)
			}
		}
	}
}
