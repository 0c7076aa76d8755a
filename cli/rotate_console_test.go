package cli

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/pelletier/go-toml/v2"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
	"roomdesk/providers/simulator/exchange"
	"roomdesk/tui"
)

// console is a console over a configured connection, played by keys.
func console(ctx context.Context, t *testing.T, a *app) (p *player, w *workspace) {
	t.Helper()
	s, err := a.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = newWorkspace(ctx, s, false); err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(ctx)
	background := w.start(running)
	t.Cleanup(func() {
		leave()
		if err := <-background; err != nil {
			t.Errorf("the background ended with %v", err)
		}
		if err := s.close(nil); err != nil {
			t.Error(err)
		}
	})
	p = &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	return p, w
}

// rotate opens the dialog from the palette.
func (p *player) rotate() {
	p.press(':')
	p.typing("rotate")
	p.press(tea.KeyEnter)
}

// J7 in the console over a real tenant: the banner a month before, :rotate, a paste, enter.
// Both secrets are kept until a whole sync succeeded with the new one, no request fails, and
// the console goes on when the old one is deleted in the tenant.
func TestJ7InTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	held := make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	defer release()
	var holding atomic.Bool // requests for calendars wait
	tenant, process, c := storyOf(t, simulator.Options{Rooms: 6, People: 4, Wrap: func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if holding.Load() && (strings.Contains(r.URL.Path, "calendarView") || strings.HasSuffix(r.URL.Path, "$batch")) {
				select {
				case <-held:
				case <-r.Context().Done():
				}
			}
			h.ServeHTTP(w, r)
		})
	}})
	first := tenant.Endpoints().ClientSecret
	change := func(do func(*entra.Application)) {
		t.Helper()
		if err := tenant.Directory().Update(c.ClientID, do); err != nil {
			t.Fatal(err)
		}
	}
	configured := func() keystore.Connection {
		t.Helper()
		config, err := process().loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		now, _ := config.Find(c.Name)
		return now
	}
	a := process()
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Now().UTC().AddDate(0, 0, 20)
	now := configured()
	now.SecretExpires = &toml.LocalDate{Year: ends.Year(), Month: int(ends.Month()), Day: ends.Day()}
	if err := update(config, now); err != nil {
		t.Fatal(err)
	}
	change(func(a *entra.Application) { a.Secrets = append(a.Secrets, entra.Secret{ID: "2", Value: secondSecret}) })

	p, w := console(ctx, t, a)
	p.see("The client secret of story ends in 20 days", ":rotate", tenant.Rooms()[0].Name)
	for progress := w.engine.Progress(); progress.Phase != providers.PhaseChanges || progress.Fresh == 0; progress = w.engine.Progress() {
		if _, err := w.engine.Wait(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
	quiet := len(tenant.Ledger())
	before := p.keys
	p.rotate()
	p.see("Rotate the client secret of story", "ends in 20 days")
	p.paste("wrong8Q~value-that-nobody-knows-here-12345")
	p.see("✗ the new one is tried", "Nothing is replaced")
	refused := 0
	for _, e := range tenant.Ledger()[quiet:] {
		if e.Status >= 400 {
			refused++
		}
	}
	p.paste(secondSecret)
	p.see("It works. Nothing is replaced yet")
	if kept, err := a.memory.Get(ctx, configured().SecretKey()); err != nil || kept.Reveal() != first {
		t.Fatal("something was stored before enter")
	}
	holding.Store(true)
	p.press(tea.KeyEnter)
	p.see("✓ it takes the old one's place; both are kept", "◌ a whole sync succeeds with it: 0 of ")
	if kept, err := a.memory.Get(ctx, c.SecretKey()); err != nil || kept.Reveal() != first {
		t.Errorf("the old secret went before anything was read with the new one: %v", err)
	}
	release()
	p.see("✓ a whole sync succeeds with it", "✓ the old one is removed", "Done: nothing was missed")
	p.press(tea.KeyEnter)
	p.see("6 Connections")
	if keys := p.keys - before + 1; keys != 11 { // one paste
		t.Errorf("%d keys", keys)
	}
	after := configured()
	if used, _ := w.members[0].used(); used.Secret != secondSecret || after.Spare != "" || after.SecretExpires != nil {
		t.Errorf("afterwards: %+v", after)
	}
	if kept, err := a.memory.Get(ctx, after.SecretKey()); err != nil || kept.Reveal() != secondSecret {
		t.Errorf("kept is another one: %v", err)
	}
	old := c.SecretKey()
	if _, err := a.memory.Get(ctx, old); err == nil {
		t.Error("the old secret is still kept")
	}
	// Nobody noticed: the only requests that failed are those of the wrong one.
	failed := 0
	for _, e := range tenant.Ledger()[quiet:] {
		if e.Status >= 400 {
			failed++
		}
	}
	if failed != refused {
		t.Errorf("%d requests failed, %d of them of the wrong secret", failed, refused)
	}
	change(func(a *entra.Application) {
		a.Secrets = slices.DeleteFunc(a.Secrets, func(s entra.Secret) bool { return s.Value == first })
	})
	w.Retry()
	since := time.Now()
	for w.engine.Progress().LastGood.Before(since) {
		if _, err := w.engine.Wait(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(p.screen(), secondSecret) {
		t.Error("the secret is drawn")
	}
}

// J7 over Exchange: an account has one password at a time. Once it is changed on the server,
// the console says what is wrong, and one paste and one key make it read again.
func TestJ7InTheConsoleOverExchange(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmptyExchange(t)
	desk := &setupDesk{app: e.process()}
	s, secret := e.enteredExchange(desk)
	if _, err := desk.TestSetup(ctx, s, secret, func(providers.Rung) {}); err != nil {
		t.Fatal(err)
	}
	connected, err := desk.ConnectSetup(ctx, s, secret)
	if err != nil {
		t.Fatal(err)
	}
	p, w := console(ctx, t, e.process())
	p.see(e.tenant.Rooms()[0].Name)
	e.setExchange(func(x *exchange.Settings) { x.Service.Password = "Spring-2027" })
	p.rotate()
	p.see("Rotate the password of "+connected.Name, "on its server first")
	p.paste("Spring-2027")
	p.see("It works. Nothing is replaced yet")
	since := time.Now()
	p.press(tea.KeyEnter)
	p.see("✓ a whole sync succeeds with it", "✓ the old one is removed", "Done: nothing was missed")
	config, err := e.process().loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, _ := config.Find(connected.Name)
	if kept, err := e.memory.Get(ctx, c.SecretKey()); err != nil || kept.Reveal() != "Spring-2027" || c.Spare != "" {
		t.Errorf("kept is another one: %v, %+v", err, c)
	}
	if at := w.engine.Progress().LastGood; at.Before(since) {
		t.Errorf("the last good read was at %v", at)
	}
	if strings.Contains(e.files(), "Spring-2027") {
		t.Error("the password is in a file")
	}
}
