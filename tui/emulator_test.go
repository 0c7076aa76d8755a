package tui

import (
	"context"
	"errors"
	"image/color"
	"io"
	"strings"
	"sync"
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
	both *tee
	stop context.CancelFunc
}

// tee keeps what is written and gives it to the emulator. Its lock also guards the
// emulator's screen as a text, which the emulator itself does not.
type tee struct {
	em   *vt.SafeEmulator
	mu   sync.Mutex
	seen strings.Builder
}

func (w *tee) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.Write(p)
	return w.em.Write(p)
}

func (w *tee) Read(p []byte) (int, error) { return w.em.Read(p) }

func (w *tee) screen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.em.String()
}

func startTerminal(t *testing.T, ws *fakeWorkspace, w, h int, change ...func(o *Options)) *terminal {
	t.Helper()
	em := vt.NewSafeEmulator(w, h)
	if _, err := io.WriteString(em, "\x1b[20h"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	term := &terminal{t: t, em: em, done: make(chan error, 1), both: &tee{em: em}, stop: stop}
	ws.changes = make(chan Changes, 16)
	o := Options{
		Workspace: ws, Now: fakeNow, Zone: berlin(), Input: term.both, Output: term.both,
		Environ: []string{"TERM=xterm-256color", "COLORTERM=truecolor"},
		Extra:   []tea.ProgramOption{tea.WithWindowSize(w, h), tea.WithoutSignals(), tea.WithColorProfile(colorprofile.TrueColor)},
	}
	for _, c := range change {
		c(&o)
	}
	go func() { term.done <- Run(ctx, o) }()
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
		if ok(term.both.screen()) {
			return
		}
		select {
		case <-poll.C:
		case err := <-term.done:
			term.t.Fatalf("the program ended (%v) before %s", err, what)
		case <-deadline:
			term.t.Fatalf("waited for %s:\n%s", what, term.both.screen())
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
		term.t.Fatalf("does not end:\n%s", term.both.screen())
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

// F-112: the terminal is asked for its background, and its answer is followed also
// when it comes late.
func TestTerminalFollowsTheBackground(t *testing.T) {
	term := startTerminal(t, office(), 80, 24)
	term.see("Aalto")
	term.typing("q")
	term.ended()
	if !strings.Contains(term.both.seen.String(), "\x1b]11;?") {
		t.Error("the terminal is not asked for its background")
	}
	d := newDriver(t, office(), 80, 24)
	dark, light := "38;2;"+components(darkPalette().text), "38;2;"+components(lightPalette().text)
	if frame := d.m.Frame(); !strings.Contains(frame, dark) || strings.Contains(frame, light) {
		t.Error("it does not begin with the dark palette")
	}
	d.send(tea.BackgroundColorMsg{Color: color.White})
	if frame := d.m.Frame(); strings.Contains(frame, dark) || !strings.Contains(frame, light) {
		t.Error("a light background is not followed")
	}
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
		out := term.both.seen.String()
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
	term := startTerminal(t, office(), 80, 24, func(o *Options) {
		o.Environ = append(o.Environ, "NO_COLOR=1")
		o.Extra = append(o.Extra, tea.WithColorProfile(colorprofile.ASCII))
	})
	term.see("▎ Aalto")
	term.typing("q")
	term.ended()
	if out := term.both.seen.String(); strings.Contains(out, "38;2;") || strings.Contains(out, "48;2;") {
		t.Error("colours are written although there must be none")
	}
}
