package tui

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

func TestMouse(t *testing.T) {
	d := newDriver(t, office(), 112, 34)
	click := func(x, y int) {
		d.m.View()
		d.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	}
	y := d.rowOf("Eames")
	click(4, y)
	if d.m.rooms.chosen != "eames@contoso.com" {
		t.Errorf("a click chose %s", d.m.rooms.chosen)
	}
	l := d.m.rooms.layout(d.m)
	x := l.grid.x + l.grid.column(at(0, 15, 0))
	click(x, y)
	d.send(tea.MouseMotionMsg{X: x + 3, Y: y, Button: tea.MouseLeft})
	d.send(tea.MouseReleaseMsg{X: x + 3, Y: y})
	d.keys("b")
	d.see("Book Eames", "from 15:00", "to 16:00")
	d.keys("esc")
	tab := d.m.tabs.columns[viewSync]
	click(tab[0]+1, 0)
	if d.m.view != viewSync {
		t.Error("a click on a tab does nothing")
	}
}

// The wheel moves what is under the pointer; the bar stays in sight.
func TestWheel(t *testing.T) {
	d := newDriver(t, manyRooms(300), 80, 24)
	l := d.m.rooms.layout(d.m)
	for range 5 {
		d.send(tea.MouseWheelMsg{X: 5, Y: l.list.y + 2, Button: tea.MouseWheelDown})
	}
	if top := d.m.rooms.list.top; top != 5*wheelLines {
		t.Errorf("the list begins at line %d", top)
	}
	d.lineWith("▎ Room")
	top := d.m.rooms.list.top
	d.send(tea.MouseWheelMsg{X: 5, Y: l.detail.y + 1, Button: tea.MouseWheelDown})
	if d.m.rooms.list.top != top {
		t.Error("the wheel below the list moves the list")
	}
	d.keys("?")
	r, _ := topOf[*reader](d.m)
	d.m.View()
	d.send(tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelDown})
	if r.top != wheelLines {
		t.Errorf("the help begins at line %d", r.top)
	}
}

func TestTooSmallAndBack(t *testing.T) {
	d := newDriver(t, office(), 80, 24)
	for _, size := range [][2]int{{0, 0}, {1, 1}, {39, 9}, {40, 10}, {300, 100}} {
		d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		checkFrame(t, d.m)
	}
	d.send(tea.WindowSizeMsg{Width: 30, Height: 8})
	d.see("roomdesk needs 40x10")
}

// The chosen row stays in sight whatever the size becomes.
func TestResizeKeepsTheBarInSight(t *testing.T) {
	d := newDriver(t, manyRooms(300), 120, 40)
	for range 120 {
		d.keys("down")
	}
	for h := 40; h >= 10; h-- {
		d.send(tea.WindowSizeMsg{Width: 80, Height: h})
		d.lineWith("▎ Room 120")
	}
}

func TestClockTicksSeldomWhenNothingCounts(t *testing.T) {
	f := office()
	f.header.LastGood = fakeNow().Add(-time.Hour)
	d := newDriver(t, f, 80, 24)
	if got := d.m.tickEvery(); got < 15*time.Second {
		t.Errorf("ticks every %v", got)
	}
	d.keys("b")
	if got := d.m.tickEvery(); got != time.Second {
		t.Errorf("with a dialog it ticks every %v", got)
	}
}

func TestWaitStopsWithTheContext(t *testing.T) {
	f := office()
	f.changes = make(chan Changes)
	m := New(Options{Workspace: f, Now: fakeNow})
	ctx, stop := context.WithCancel(context.Background())
	m.ctx = ctx
	stop()
	msg := m.waitForChanges()()
	if _, cmd := m.Update(msg); cmd != nil {
		if _, again := cmd().(changesAnswer); again {
			t.Error("it goes on waiting")
		}
	}
}

// While a first sync announces changes many times a second, the big lists are read
// only now and then, and the last change is never lost.
func TestBurstsAreSpaced(t *testing.T) {
	d := newDriver(t, office(), 80, 24)
	var due []tea.Msg
	d.m.timer = func(_ time.Duration, msg tea.Msg) tea.Cmd {
		if _, ok := msg.(reread); ok {
			due = append(due, msg)
		}
		return nil
	}
	d.send(changesAnswer{changes: Changes{Rooms: true, Sync: true}})
	d.ws.rooms = d.ws.rooms[:3]
	for range 10 {
		d.now = d.now.Add(10 * time.Millisecond)
		d.send(changesAnswer{changes: Changes{Rooms: true, Sync: true}})
	}
	d.see("14 rooms")
	if len(due) != 2 {
		t.Fatalf("%d readings are due", len(due))
	}
	for _, msg := range due {
		d.send(msg)
	}
	d.see("3 rooms")
}
