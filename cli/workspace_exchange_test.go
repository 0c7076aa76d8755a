package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
	"roomdesk/tui"
)

// C3, C21, L1, P16: the console over a real connection to an Exchange server: what the
// account lacks is named with the commands that give it, and is there once it is given; what
// the level allows; and an old connection with what can be done about it.
func TestPermissionsOfAnExchangeConnectionInTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmpty(t, simulator.Options{Rooms: 4, People: 3, Seed: 7, Exchange: simulator.ExchangeOnPremises})
	a := e.process()
	a.flags.config, a.memory = filepath.Join(e.dir, "config.toml"), nil // the ready connection
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	if !c.Exchange() {
		t.Fatalf("%+v", c)
	}
	old := filepath.Join(t.TempDir(), "old.csv")
	if err := os.WriteFile(old, []byte("name,mechanism,tenant,account\nlobby,Office 365 API,contoso.com,desk@contoso.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	importer := e.process()
	importer.flags.config, importer.deps.Stdout = a.flags.config, &said
	importer.prepareOutput()
	if err := importer.importConnections(old); err != nil {
		t.Fatal(err)
	}
	secrets, err := a.secrets(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.openSession(ctx, c, a.mirrorPath(c), a.held(c, secrets))
	if err != nil {
		t.Fatal(err)
	}
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
	p.press('6')
	p.see(c.Name, "lobby", "migrate or remove it")

	p.press('p')
	p.see("Permissions of "+c.Name, "ApplicationImpersonation  works", "needed")
	if strings.Contains(p.screen(), "New-Management") || strings.Contains(p.screen(), "in token") {
		t.Errorf("nothing is missing, and a password has no token:\n%s", p.screen())
	}
	e.setExchange(func(x *exchange.Settings) { x.Impersonation = false })
	p.press('r')
	p.see("refused", "missing", "Exchange Management Shell", "> New-ManagementScope -Name 'roomdesk "+c.Name+"'", "> New-ManagementRoleAssignment", "'"+c.User+"' -CustomRecipientWriteScope")
	p.press('s')
	p.see("copied")
	e.setExchange(func(x *exchange.Settings) { x.Impersonation = true })
	p.press('r')
	p.see("ApplicationImpersonation  works")
	p.press(tea.KeyEscape)

	p.press('a')
	p.see("level         full", "read-only", "Exchange Web Services cannot make Teams meetings")
	p.press(tea.KeyEscape)

	p.press(tea.KeyDown)
	p.press('t')
	p.see("lobby is over an API that is no more")
	p.press(tea.KeyEnter)
	p.see("Office 365 API, which is no more", "roomdesk import migrate", "roomdesk import remove lobby")
	leave()
	if err := <-background; err != nil {
		t.Errorf("the background ended with %v", err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
}
