package tui

import (
	"os"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"roomdesk/providers"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.SkipNow()
	}
	shot := func(name string, d *driver) {
		d.t = t
		svg := renderSVG(d.m.Frame(), d.m.width, d.m.height, d.m.dark)
		if err := os.WriteFile(dir+"/"+name+".svg", []byte(svg), 0o644); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(dir+"/"+name+".txt", []byte(d.screen()), 0o644)
	}
	light := newDriver(t, office(), 112, 34, func(o *Options) { o.Light = true })
	light.keys("right", "down", "down")
	shot("light", light)
	light.keys("b")
	shot("lightform", light)
	plainOne := newDriver(t, office(), 112, 34, func(o *Options) { o.NoColor = true })
	plainOne.keys("right", "down", "shift+right")
	shot("nocolor", plainOne)
	sixteenOne := newDriver(t, office(), 112, 34)
	sixteenOne.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
	sixteenOne.keys("right", "down", "shift+right")
	shot("sixteen", sixteenOne)
	prog := newDriver(t, office(), 112, 34)
	prog.keys("3", "down", "enter")
	shot("waiting", prog)
	prog.keys("esc", "down", "enter")
	shot("declined", prog)
	prog.keys("x")
	shot("cancel", prog)
	long := newDriver(t, office(), 112, 34)
	long.ws.check.Free = false
	long.ws.check.Why = "taken 14:00–15:00 by another meeting"
	long.ws.check.Alternatives = long.ws.bookings[2].Alternatives
	long.keys("down", "b", "tab", "tab", "tab", "tab")
	long.typing("ke")
	shot("complete", long)
	long.keys("enter")
	long.typing("chen")
	long.keys("enter")
	long.ws.check.Attendees = []providers.Availability{{Mailbox: "bob@contoso.com", AsOf: fakeNow(), Window: providers.Interval{Start: at(0, 0, 0), End: at(1, 0, 0)}}, {Mailbox: "chen@contoso.com", AsOf: fakeNow(), Window: providers.Interval{Start: at(0, 0, 0), End: at(1, 0, 0)}, Blocks: []providers.Block{{Interval: providers.Interval{Start: at(0, 14, 0), End: at(0, 14, 30)}, State: providers.Busy}}}}
	long.keys("shift+tab", "up")
	shot("taken", long)
	for _, size := range [][2]int{{80, 24}, {112, 34}, {40, 12}, {160, 45}, {120, 40}, {62, 20}} {
		n := itoa(size[0])
		d := newDriver(t, office(), size[0], size[1])
		shot("rooms-"+n, d)
		d.keys("3")
		shot("bookings-"+n, d)
		d.keys("2")
		shot("find-"+n, d)
		d.keys("4")
		shot("people-"+n, d)
		d.keys("5", "down")
		shot("sync-"+n, d)
		d.keys("enter")
		shot("explain-"+n, d)
		d.keys("esc", "6")
		shot("connections-"+n, d)
		d.keys("1", "?")
		shot("help-"+n, d)
		d.keys("esc", "right", "right", "shift+right", "shift+right", "b")
		d.typing("Design review")
		shot("form-"+n, d)
		d.keys("esc", "/")
		d.typing("12p display f3")
		shot("filter-"+n, d)
	}
}
