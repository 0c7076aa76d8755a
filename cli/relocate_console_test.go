package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// player presses keys in a console over the real parts; commands run beside it.
type player struct {
	t    *testing.T
	ctx  context.Context
	m    tea.Model
	msgs chan tea.Msg
	keys int
}

func (p *player) run(cmd tea.Cmd) { p.runFor(cmd, p.msgs) }

// runFor gives what comes of a command to the console that it belongs to.
func (p *player) runFor(cmd tea.Cmd, msgs chan<- tea.Msg) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				p.runFor(c, msgs)
			}
			return
		}
		select {
		case msgs <- msg:
		case <-p.ctx.Done():
		}
	}()
}

func (p *player) send(msg tea.Msg) {
	m, cmd := p.m.Update(msg)
	p.m = m
	p.run(cmd)
}

func (p *player) screen() string { return ansi.Strip(p.m.(*tui.Model).Frame()) }

// see takes what comes in until all texts are on the screen.
func (p *player) see(texts ...string) {
	p.t.Helper()
	for {
		screen, all := p.screen(), true
		for _, text := range texts {
			all = all && strings.Contains(screen, text)
		}
		if all {
			return
		}
		select {
		case msg := <-p.msgs:
			if msg != nil {
				p.send(msg)
			}
		case <-p.ctx.Done():
			p.t.Fatalf("%q did not come:\n%s", texts, screen)
		}
	}
}

func (p *player) press(code rune) {
	p.keys++
	k := tea.KeyPressMsg{Code: code}
	if code >= ' ' && code < 0x7f {
		k.Text = string(code)
	}
	p.send(k)
}

func (p *player) typing(text string) {
	for _, r := range text {
		p.press(r)
	}
}

// J2 in the terminal over mirror, engine, desk and a tenant: planned, moved, accepted
// by the new room, taken back.
func TestJ2OverASimulatedTenant(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 50*time.Second)
	defer stop()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 12, People: 5, RoomAnswerDelay: 50 * time.Millisecond})
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
	room := tenant.Rooms()[0]
	sunday := time.Now().UTC().Truncate(24 * time.Hour) // nobody else meets then
	for sunday = sunday.AddDate(0, 0, 3); sunday.Weekday() != time.Sunday; sunday = sunday.AddDate(0, 0, 1) {
	}
	var first providers.Interval
	for n := range 2 {
		start := sunday.Add(time.Duration(2+2*n) * time.Hour)
		first = providers.Interval{Start: start, End: start.Add(time.Hour)}
		b, err := w.Book(ctx, providers.BookingRequest{Room: providers.Address(room.Mailbox), Start: first.Start, End: first.End, Subject: providers.Outside("Leaking meeting")})
		if err != nil {
			t.Fatal(err)
		}
		if b, err = w.desk.Await(ctx, b.ID); err != nil || b.State != providers.BookingAccepted {
			t.Fatalf("%s, %v", b.State, err)
		}
	}
	p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	p.see(room.Name)
	p.typing("/" + strings.ToLower(room.Name))
	p.press(tea.KeyEnter)
	p.press('o')
	p.typing(sunday.Format(time.DateOnly) + " leak")
	p.see("out of order", "because: leak")
	p.press(tea.KeyEnter)
	p.see("Relocate "+room.Name, "to decide")
	for n := 0; !strings.Contains(p.screen(), "▸○ "+first.Start.Add(-2*time.Hour).Format("Mon 2 Jan 15:04")); n++ { // meetings without a room stand above
		if n > 20 {
			t.Fatalf("the meeting is not in the plan:\n%s", p.screen())
		}
		p.press('j')
	}
	p.press(tea.KeyEnter)
	p.press(tea.KeyEnter)
	p.see("● 2 move")
	p.press('y')
	p.see("2 of 2 moved", "done", "accepted")
	t.Logf("%d keys", p.keys)
	holds := func() bool {
		answers, err := w.provider.Availability(ctx, []providers.Address{providers.Address(room.Mailbox)}, first)
		return err == nil && len(answers) == 1 && len(answers[0].Blocks) > 0
	}
	if holds() {
		t.Error("the room that leaks still has the meeting")
	}
	p.press('u')
	p.see("Put 2 meetings back?")
	p.press('y')
	p.see("2 of 2 back", "taken back")
	if !holds() {
		t.Error("the meeting is not back")
	}
	leave()
	if err := <-background; err != nil {
		t.Errorf("the background ended with %v", err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
}
