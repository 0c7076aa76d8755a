package tui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// manyRooms is a tenant of n rooms in buildings of 5 floors with 20 rooms each.
func manyRooms(n int) *fakeWorkspace {
	f := office()
	f.rooms, f.statuses = nil, nil
	for i := range n {
		floor := i / 20 % 5
		mailbox := providers.Address(fmt.Sprintf("room%05d@contoso.com", i))
		f.rooms = append(f.rooms, providers.Room{
			Mailbox: mailbox, Name: providers.Outside(fmt.Sprintf("Room %d", i)), Building: providers.Outside(fmt.Sprintf("Building %d", i/100)),
			Floor: providers.Outside(itoa(floor)), FloorNumber: &floor, Capacity: 2 + i%30, Bookable: true, Zone: "Europe/Berlin",
			Equipment: []providers.Equipment{providers.Display, providers.Video}[:i%3],
		})
		a := providers.Availability{Mailbox: mailbox, AsOf: fakeNow()}
		for h := 8 + i%3; h < 18; h += 2 + i%2 {
			a.Blocks = append(a.Blocks, providers.Block{Interval: providers.Interval{Start: at(0, h, 0), End: at(0, h+1, 15*(i%4))}, State: providers.Busy})
		}
		f.avail[mailbox] = a
	}
	return f
}

// BenchmarkKeyPress is one key with the frame that follows: the bar goes down the
// list and up again. The budget is 0.1 ms and 200 allocations, whatever the number
// of rooms.
func BenchmarkKeyPress(b *testing.B) {
	for _, n := range []int{40, 1000, 10000} {
		b.Run(itoa(n), func(b *testing.B) {
			d := newDriver(b, manyRooms(n), 120, 40)
			down, up := tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: tea.KeyUp}
			for range n {
				d.send(down) // everything in sight has been read once
			}
			for range n {
				d.send(up)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				key := down
				if i/30%2 == 1 {
					key = up
				}
				_, _ = d.m.Update(key)
				_ = d.m.View()
			}
		})
	}
}

// BenchmarkFilter is one character typed into the filter, with its frame.
func BenchmarkFilter(b *testing.B) {
	d := newDriver(b, manyRooms(10000), 120, 40)
	d.keys("/")
	query := []tea.KeyPressMsg{{Code: '1', Text: "1"}, {Code: '2', Text: "2"}, {Code: 'p', Text: "p"}, {Code: tea.KeySpace, Text: " "}, {Code: 'f', Text: "f"}, {Code: '3', Text: "3"}}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%len(query) == 0 {
			d.m.rooms.filter.field.set("")
		}
		_, _ = d.m.Update(query[i%len(query)])
		_ = d.m.View()
	}
}

// BenchmarkRead is what a reading of the room list costs outside Update.
func BenchmarkRead(b *testing.B) {
	rooms := manyRooms(10000).rooms
	b.ReportAllocs()
	for b.Loop() {
		_ = newRoomData(rooms, nil)
	}
}

// A key press must not cost more the more rooms there are: allocations are counted
// exactly, and the kept rows stay bounded.
func TestKeyPressDoesNotGrow(t *testing.T) {
	allocs := func(n int) float64 {
		d := newDriver(t, manyRooms(n), 120, 40)
		d.m.timer = func(time.Duration, tea.Msg) tea.Cmd { return nil }
		for range min(n-1, 200) {
			d.keys("down")
			d.m.View()
		}
		if len(d.m.rooms.cache.rows) > 512+40 {
			t.Errorf("%d rows are kept", len(d.m.rooms.cache.rows))
		}
		press := []tea.KeyPressMsg{{Code: tea.KeyUp}, {Code: tea.KeyDown}}
		i := 0
		return testing.AllocsPerRun(100, func() {
			i++
			_, _ = d.m.Update(press[i%2])
			_ = d.m.View()
		})
	}
	few, many := allocs(1000), allocs(10000)
	if many > 200 || many > few*1.1+5 {
		t.Errorf("a key press takes %.0f allocations at 10,000 rooms, %.0f at 1,000; at most 200", many, few)
	}
}
