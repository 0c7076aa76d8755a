package tui

import (
	"math/rand/v2"
	"testing"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// randomKeys are all keys that any binding names, and some that none does.
func randomKeys() []string {
	keys := []string{"a", "é", "会", "space", "backspace", "delete", "f5", "0", "9", "ctrl+w", "ctrl+k", "@", ","}
	seen := map[string]bool{"ctrl+c": true, "q": true, "ctrl+z": true}
	for _, b := range bindings() {
		for _, k := range b.keys {
			if !seen[k] {
				seen[k] = true
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// play presses random keys in windows of random sizes, with changes of the tenant
// in between. Every frame must hold what checkFrame asks.
func play(t *testing.T, seed uint64, steps int) {
	random := rand.New(rand.NewPCG(seed, 1))
	list := payloads()
	ws := office()
	if seed%2 == 1 {
		ws = hostileOffice(list[int(seed)%len(list)])
		ws.bookErr = nil
	}
	d := newDriver(t, ws, 80, 24)
	keys := randomKeys()
	var done []string
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("seed %d: %v after %q at %dx%d", seed, p, done, d.m.width, d.m.height)
		}
	}()
	for range steps {
		switch n := random.IntN(40); {
		case n == 0:
			size := tea.WindowSizeMsg{Width: random.IntN(310), Height: random.IntN(110)}
			if random.IntN(2) == 0 {
				size = tea.WindowSizeMsg{Width: 30 + random.IntN(70), Height: 6 + random.IntN(24)}
			}
			d.send(size)
			done = append(done, "size")
		case n == 1:
			d.send(tea.PasteMsg{Content: list[random.IntN(len(list))]})
			done = append(done, "paste")
		case n == 2:
			d.send(tea.MouseClickMsg{X: random.IntN(310), Y: random.IntN(110), Button: tea.MouseLeft})
			d.send(tea.MouseMotionMsg{X: random.IntN(310), Y: random.IntN(110), Button: tea.MouseLeft})
			done = append(done, "click")
		case n == 3:
			d.send(tea.MouseWheelMsg{X: random.IntN(100), Y: random.IntN(40), Button: []tea.MouseButton{tea.MouseWheelUp, tea.MouseWheelDown, tea.MouseWheelLeft}[random.IntN(3)]})
			done = append(done, "wheel")
		case n == 4:
			ws.rooms = ws.rooms[:random.IntN(len(ws.rooms)+1)]
			ws.people = ws.people[:random.IntN(len(ws.people)+1)]
			ws.statuses = ws.statuses[:random.IntN(len(ws.statuses)+1)]
			d.send(changesAnswer{changes: Changes{All: true, Rooms: true, People: true, Sync: true, Bookings: true}})
			done = append(done, "shrink")
		case n == 5:
			full := office()
			ws.rooms, ws.people, ws.statuses = full.rooms, full.people, full.statuses
			d.send(changesAnswer{changes: Changes{Rooms: true, People: true, Sync: true}})
			done = append(done, "grow")
		case n == 6 && len(ws.bookings) > 0:
			states := []providers.BookingState{providers.BookingAccepted, providers.BookingDeclined, providers.BookingFailed, providers.BookingUnknown, providers.BookingState("odd")}
			d.send(ws.change(ws.bookings[random.IntN(len(ws.bookings))].ID, func(b *providers.Booking) { b.State = states[random.IntN(len(states))] }))
			done = append(done, "booking")
		default:
			k := keys[random.IntN(len(keys))]
			d.keys(k)
			done = append(done, k)
		}
		checkFrame(t, d.m)
		d.m.View()
		if t.Failed() {
			t.Fatalf("seed %d after %q", seed, done)
		}
	}
}

// F-112: whatever is pressed at whatever size, nothing panics and no line is wider
// than the window.
func TestRandomKeysAndSizes(t *testing.T) {
	for seed := range uint64(16) {
		play(t, seed, 120)
	}
}

func FuzzKeysAndSizes(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { play(t, seed, 200) })
}

func FuzzTimes(f *testing.F) {
	for _, s := range []string{"14:00", "2pm", "fri 21 nov", "+45", "1h30", "2026-11-21", "29 feb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if minutes, ok := parseClock(s); ok && (minutes < 0 || minutes > 24*60) {
			t.Errorf("%q is minute %d", s, minutes)
		}
		if length, ok := parseLength(s); ok && (length <= 0 || length > 24*60*60*1e9) {
			t.Errorf("%q is %v", s, length)
		}
		if day, ok := parseDay(s, at(0, 0, 0)); ok && day.Hour() != 0 {
			t.Errorf("%q is %v", s, day)
		}
	})
}
