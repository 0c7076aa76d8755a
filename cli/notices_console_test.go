package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// S12: that reading stopped goes from the console's foot by itself once reading goes on,
// without being put away, and stands in the sync view from then on.
func TestReadingThatGoesOnTakesItsNoticeAway(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 6, People: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	a, _, _ := newApp(t)
	s, err := a.demoSession(ctx, tenant, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkspace(ctx, s, true)
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(ctx)
	background := w.start(running)
	p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	p.press('5')
	p.see("first sync is complete")
	repaired := tenant.Inject(simulator.Fault{Path: "/v1.0/**", Fail: &simulator.Failure{Status: 401, Code: "InvalidAuthenticationToken"}})
	p.press('R')
	p.see("✗ Reading stopped", "✗ stopped:")
	if strings.Contains(p.screen(), "reading had stopped") {
		t.Errorf("it is not over:\n%s", p.screen())
	}
	repaired()
	p.press('R') // sooner than in a minute
	p.see("● Reading goes on", "reading had stopped ", "first sync is complete")
	if screen := p.screen(); strings.Contains(screen, "Reading stopped") || strings.Contains(screen, "✗") {
		t.Errorf("what is over is still shown as wrong:\n%s", screen)
	}
	leave()
	if err := <-background; err != nil {
		t.Errorf("the background ended with %v", err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
}
