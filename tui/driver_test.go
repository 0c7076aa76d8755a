package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// driver plays the console without a terminal: every command runs at once, to the
// end, and timers are either immediate or never, so that nothing is waited for.
type driver struct {
	t    testing.TB
	m    *Model
	ws   *fakeWorkspace
	now  time.Time
	quit bool
	// held keeps commands back instead of running them.
	hold bool
	held []tea.Cmd
}

func newDriver(t testing.TB, ws *fakeWorkspace, w, h int, change ...func(o *Options)) *driver {
	t.Helper()
	d := &driver{t: t, ws: ws, now: fakeNow()}
	o := Options{Workspace: ws, Now: func() time.Time { return d.now }, Zone: berlin()}
	for _, c := range change {
		c(&o)
	}
	d.m = New(o)
	d.m.timer = func(_ time.Duration, msg tea.Msg) tea.Cmd {
		switch msg.(type) {
		case tickMsg, quitLook:
			return nil
		}
		return func() tea.Msg { return msg }
	}
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	d.run(d.m.Init())
	return d
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.m.Update(msg)
	d.run(cmd)
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if d.hold {
		d.held = append(d.held, cmd)
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	case tea.QuitMsg:
		d.quit = true
	default:
		d.send(msg)
	}
}

// deliver runs a command and what it holds, and gives the answers to the model.
func (d *driver) deliver(cmd tea.Cmd) {
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.deliver(c)
		}
	default:
		d.send(msg)
	}
}

// release runs what was held back.
func (d *driver) release() {
	d.hold = false
	held := d.held
	d.held = nil
	for _, cmd := range held {
		d.run(cmd)
	}
}

// keyNamed makes the message of a key from its name.
func keyNamed(name string) tea.KeyPressMsg {
	var k tea.KeyPressMsg
	for {
		switch {
		case strings.HasPrefix(name, "ctrl+"):
			k.Mod |= tea.ModCtrl
			name = name[len("ctrl+"):]
			continue
		case strings.HasPrefix(name, "shift+"):
			k.Mod |= tea.ModShift
			name = name[len("shift+"):]
			continue
		case strings.HasPrefix(name, "alt+"):
			k.Mod |= tea.ModAlt
			name = name[len("alt+"):]
			continue
		}
		break
	}
	codes := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "space": tea.KeySpace,
	}
	if code, ok := codes[name]; ok {
		k.Code = code
		if name == "space" {
			k.Text = " "
		}
		return k
	}
	r := []rune(name)[0]
	k.Code = r
	if k.Mod&^tea.ModShift == 0 {
		k.Text = name
	}
	return k
}

// keys presses keys by name.
func (d *driver) keys(names ...string) {
	for _, name := range names {
		d.send(keyNamed(name))
	}
}

// typing presses a key for each character.
func (d *driver) typing(text string) {
	for _, r := range text {
		if r == ' ' {
			d.keys("space")
			continue
		}
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// screen is the frame as plain text.
func (d *driver) screen() string { return ansi.Strip(d.m.Frame()) }

func (d *driver) see(texts ...string) {
	d.t.Helper()
	screen := d.screen()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			d.t.Fatalf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

func (d *driver) notSee(texts ...string) {
	d.t.Helper()
	screen := d.screen()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			d.t.Fatalf("%q is on the screen:\n%s", text, screen)
		}
	}
}

// lineWith is the first line that contains a text.
func (d *driver) lineWith(text string) string {
	for line := range strings.SplitSeq(d.screen(), "\n") {
		if strings.Contains(line, text) {
			return line
		}
	}
	d.t.Fatalf("no line has %q:\n%s", text, d.screen())
	return ""
}

// rowOf is the number of the first line that contains a text.
func (d *driver) rowOf(text string) int {
	for i, line := range strings.Split(d.screen(), "\n") {
		if strings.Contains(line, text) {
			return i
		}
	}
	d.t.Fatalf("no line has %q:\n%s", text, d.screen())
	return -1
}
