package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// bothSides opens an organisation whose mailboxes Exchange Online and Graph reach.
func bothSides(ctx context.Context, t *testing.T, o simulator.Options) (*simulator.Tenant, *session) {
	t.Helper()
	o.Exchange = simulator.ExchangeOnline
	tenant, err := StartTenant(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	dir, e := t.TempDir(), tenant.Endpoints()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, e.CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	a, _, _ := newApp(t)
	a.flags.config, a.flags.data = filepath.Join(dir, "config.toml"), dir
	a.log = a.newLog(false)
	old := keystore.Connection{
		Name: "hq", Provider: "ews", Tenant: e.TenantID, ClientID: e.ClientID, AuthorityURL: e.AuthorityURL, Server: e.EWSURL, Audience: "https://outlook.office365.com",
		Email: e.Organizer, CAFile: ca, Organizer: e.Organizer, TestMailbox: e.TestMailbox, Domains: []string{e.Domain}, Keystore: "memory",
	}
	fresh := keystore.Connection{
		Name: "contoso", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, Cloud: "custom", AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL,
		CAFile: ca, Organizer: e.Organizer, TestMailbox: e.TestMailbox, Domains: []string{e.Domain}, Keystore: "memory", Beside: "hq",
	}
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []keystore.Connection{old, fresh} {
		if err := config.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := config.Save(); err != nil {
		t.Fatal(err)
	}
	credential := only(graph.Credential{Secret: e.ClientSecret})
	s, err := a.openMembers(ctx, filepath.Join(dir, "mirror.db"), member{old, credential}, member{fresh, credential})
	if err != nil {
		t.Fatal(err)
	}
	return tenant, s
}

// J8 in the terminal over mirror, engine and a tenant with both services: compared, a
// pilot group, all by the tenant's name, with no moment without free/busy, and back; the
// countdown goes with the last mailbox (P18) and comes back with the first.
func TestJ8OverASimulatedTenant(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 50*time.Second)
	defer stop()
	tenant, s := bothSides(ctx, t, simulator.Options{Rooms: 6, People: 4, RoomAnswerDelay: 50 * time.Millisecond})
	w, err := newWorkspace(ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(ctx)
	background := w.start(running)
	p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	p.see("EWS ends in", "6 mailboxes to move")
	p.press(':')
	p.typing("migrate plan")
	p.press(tea.KeyEnter)
	p.see("hq Exchange → contoso Graph", "compared, nothing moved yet", "− 0 missing", "+ 0 extra", "≠ 0 different")
	p.press('g')
	p.see("Pilot group")
	p.press(tea.KeyEnter)
	p.see("5 of", "moved", "some mailboxes are moved", "free/busy gap 0 s")
	p.press('A')
	name := tenant.Endpoints().Domain // as Exchange names the organisation
	p.see("Type " + name + " and press enter.")
	p.typing(name)
	p.press(tea.KeyEnter)
	p.see("moved, can be taken back", "free/busy gap 0 s")
	p.see("− 0 missing")
	if keys := p.keys - len(name) + len("contoso"); keys > 25 {
		t.Errorf("J8 took %d keys", keys)
	}
	for n := 0; strings.Contains(p.screen(), "EWS ends in"); n++ {
		select {
		case msg := <-p.msgs:
			if msg != nil {
				p.send(msg)
			}
		case <-ctx.Done():
			t.Fatalf("the countdown stays:\n%s", p.screen())
		}
	}
	mark := int64(0)
	for _, entry := range tenant.Ledger() {
		mark = max(mark, entry.N)
	}
	w.Retry()
	p.press(tea.KeyEscape)
	// What is read now is read from Graph.
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	if _, err := s.provider.Calendars(ctx, room); err != nil {
		t.Fatal(err)
	}
	for _, entry := range tenant.Ledger() {
		if entry.N > mark && strings.HasPrefix(strings.ToLower(entry.Path), "/ews/") && strings.EqualFold(entry.Mailbox, string(room)) {
			t.Errorf("a moved mailbox was asked for over EWS: %+v", entry)
		}
	}
	p.press('6')
	p.press('m')
	p.press('z')
	p.see("back to Exchange?")
	p.press('y')
	p.see("taken back", "back")
	p.press(tea.KeyEscape)
	p.see("EWS ends in")
	leave()
	if err := <-background; err != nil {
		t.Error(err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
}
