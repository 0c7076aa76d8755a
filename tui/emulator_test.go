package tui

import (
	"context"
	"errors"
	"image/color"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"roomdesk/providers"
)

// terminal runs the whole program on an emulated terminal.
type terminal struct {
	t    *testing.T
	em   *vt.SafeEmulator
	done chan error
	seen *strings.Builder // everything that the program wrote
	stop context.CancelFunc
}

// tee keeps what is written and gives it to the emulator.
type tee struct {
	em   *vt.SafeEmulator
	seen *strings.Builder
}

func (w tee) Write(p []byte) (int, error) {
	w.seen.Write(p)
	return w.em.Write(p)
}

func (w tee) Read(p []byte) (int, error) { return w.em.Read(p) }

func startTerminal(t *testing.T, ws *fakeWorkspace, w, h int, environ ...string) *terminal {
	t.Helper()
	em := vt.NewSafeEmulator(w, h)
	if _, err := io.WriteString(em, "\x1b[20h"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	term := &terminal{t: t, em: em, done: make(chan error, 1), seen: &strings.Builder{}, stop: stop}
	ws.changes = make(chan Changes, 16)
	both := tee{em, term.seen}
	go func() {
		term.done <- Run(ctx, Options{
			Workspace: ws, Now: fakeNow, Zone: berlin(), Input: both, Output: both,
			Environ: append([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}, environ...),
			Extra:   []tea.ProgramOption{tea.WithWindowSize(w, h), tea.WithoutSignals(), tea.WithColorProfile(colorprofile.TrueColor)},
		})
	}()
	t.Cleanup(stop)
	return term
}

// wait polls until the screen satisfies a condition.
func (term *terminal) wait(what string, ok func(screen string) bool) {
	term.t.Helper()
	deadline := time.After(20 * time.Second)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		if ok(term.em.String()) {
			return
		}
		select {
		case <-poll.C:
		case err := <-term.done:
			term.t.Fatalf("the program ended (%v) before %s", err, what)
		case <-deadline:
			term.t.Fatalf("waited for %s:\n%s", what, term.em.String())
		}
	}
}

func (term *terminal) see(text string) {
	term.t.Helper()
	term.wait(text, func(screen string) bool { return strings.Contains(screen, text) })
}

func (term *terminal) typing(text string) { term.em.SendText(text) }

// ended waits until the program has left.
func (term *terminal) ended() {
	term.t.Helper()
	select {
	case err := <-term.done:
		if err != nil {
			term.t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		term.t.Fatalf("does not end:\n%s", term.em.String())
	}
}

// J1 in small, on a terminal: browse, filter, book, see the room's answer, leave.
func TestTerminalBrowseFilterBook(t *testing.T) {
	ws := office()
	term := startTerminal(t, ws, 112, 34)
	term.see("free until 15:30")
	term.see("DEMO")
	term.typing("/")
	term.typing("dvz")
	term.see("No room matches this filter")
	term.em.SendKey(uv.KeyPressEvent{Code: uv.KeyEscape})
	term.see("filter: words")
	term.typing("b")
	term.see("free, checked")
	term.typing("Review 1")
	term.see("Review 1")
	term.em.SendKey(uv.KeyPressEvent{Code: uv.KeyEnter})
	term.see("being sent")
	ws.mu.Lock()
	id := ws.bookings[0].ID
	ws.mu.Unlock()
	ws.changes <- ws.change(id, func(b *providers.Booking) { b.State, b.Sent = providers.BookingWaiting, fakeNow() }).changes
	term.see("waiting for the room to answer")
	ws.changes <- ws.change(id, func(b *providers.Booking) { b.State, b.Answered = providers.BookingAccepted, fakeNow() }).changes
	term.see("accepted by the room")
	term.em.SendKey(uv.KeyPressEvent{Code: uv.KeyEscape})
	term.wait("the dialog to close", func(s string) bool { return !strings.Contains(s, "what is true") })
	term.typing("q")
	term.ended()
}

func TestTerminalDeclinedAndNetworkGone(t *testing.T) {
	ws := office()
	term := startTerminal(t, ws, 80, 24)
	term.see("Aalto")
	term.typing("3")
	term.see("declined by the room")
	ws.mu.Lock()
	ws.header.LastGood = fakeNow().Add(-3 * time.Hour)
	ws.header.Problem = &providers.Problem{Class: providers.Unreachable}
	ws.mu.Unlock()
	ws.changes <- Changes{Sync: true, Notices: []Notice{{Text: "the tenant cannot be reached", Bad: true}}}
	term.see("the service cannot be reached")
	term.see("old 3 h")
	term.see("✗ the tenant cannot be reached")
	term.typing("1")
	term.see("Aalto") // yesterday's truth is still there
	term.em.SendKey(uv.KeyPressEvent{Code: 'c', Mod: uv.ModCtrl})
	term.ended()
}

// F-112: a dark or light background is followed, also when the answer comes late.
func TestTerminalFollowsTheBackground(t *testing.T) {
	ws := office()
	term := startTerminal(t, ws, 80, 24)
	term.em.SetBackgroundColor(color.White)
	term.see("Aalto")
	term.wait("a colour of the light palette", func(string) bool {
		cell := term.em.CellAt(4, 5)
		if cell == nil || cell.Style.Fg == nil {
			return false
		}
		return hexColour(cell.Style.Fg) == "#"+lightPalette().text || hexColour(cell.Style.Fg) == "#"+darkPalette().text
	})
	term.typing("q")
	term.ended()
}

// S-01 end to end: nothing that a tenant wrote reaches the terminal as a sequence.
// The program's own output has no clipboard, title or hyperlink sequence with a
// payload in it, and the terminal is put back as it was.
func TestTerminalHostile(t *testing.T) {
	for _, payload := range []string{"\x1b]52;c;ZXZpbA==\x07", "\x1b]0;EVIL\x07", "\x1b]8;;https://EVIL\x07", "\u009d0;EVIL\u009c", "\x1b[6n", "\x1b[?1049l"} {
		ws := hostileOffice(payload)
		term := startTerminal(t, ws, 80, 24)
		term.see("1 Rooms")
		for _, view := range "234561" {
			term.typing(string(view))
			name := viewID(view - '0').title()
			term.see(string(view) + " " + name)
		}
		term.typing("q")
		term.ended()
		out := term.seen.String()
		for _, bad := range []string{"\x1b]52", "\x1b]8;", "]0;EVIL", "\x1b[6n", "\u009d"} {
			if strings.Contains(out, bad) {
				t.Errorf("%q reached the terminal with the payload %q", bad, payload)
			}
		}
		if in, left := strings.Count(out, "\x1b[?1049h"), strings.Count(out, "\x1b[?1049l"); in != left {
			t.Errorf("the alternate screen was entered %d times and left %d times with %q", in, left, payload)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ws := office()
	term := startTerminal(t, ws, 80, 24)
	term.see("Aalto")
	term.stop()
	select {
	case err := <-term.done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("does not end with its context")
	}
}

func TestTerminalNoColor(t *testing.T) {
	ws := office()
	em := vt.NewSafeEmulator(80, 24)
	if _, err := io.WriteString(em, "\x1b[20h"); err != nil {
		t.Fatal(err)
	}
	seen := &strings.Builder{}
	term := &terminal{t: t, em: em, done: make(chan error, 1), seen: seen}
	ws.changes = make(chan Changes)
	go func() {
		term.done <- Run(t.Context(), Options{
			Workspace: ws, Now: fakeNow, Zone: berlin(), Input: tee{em, seen}, Output: tee{em, seen}, Environ: []string{"TERM=xterm-256color", "NO_COLOR=1"},
			Extra: []tea.ProgramOption{tea.WithWindowSize(80, 24), tea.WithoutSignals(), tea.WithColorProfile(colorprofile.ASCII)},
		})
	}()
	term.see("▎ Aalto")
	term.typing("q")
	term.ended()
	if strings.Contains(seen.String(), "38;2;") || strings.Contains(seen.String(), "48;2;") {
		t.Error("colours are written although there must be none")
	}
}
