package sync_test

import (
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// daily gives a room one event on each of the days around now.
func (tn *tenant) daily(room providers.Address, from, to int) {
	for day := from; day < to; day++ {
		tn.put(room, meeting(room, 1000+day, time.Now().Truncate(24*time.Hour).Add(time.Duration(day)*24*time.Hour+15*time.Hour)))
	}
}

func TestNearestDaysComeFirst(t *testing.T) { // S4, J5
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 40
		tn := newTenant(rooms, 0)
		tn.latency, tn.pageSize = 100*time.Millisecond, 20
		for n := range rooms {
			tn.daily(roomName(n), -6, 60) // four pages of twenty; the nearest days are one
		}
		f := newFixture(t, tn)
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		now := time.Now()
		nearest := providers.Interval{Start: now, End: now.Add(14 * 24 * time.Hour)}
		f.until("the nearest days", time.Minute, func() bool { return f.engine.Progress().Phase == providers.PhaseNearest })
		f.until("the calendars", time.Minute, func() bool { return f.engine.Progress().Phase == providers.PhaseCalendars })
		if p := f.engine.Progress(); p.Done >= rooms/2 {
			t.Errorf("when all rooms have their nearest days, %d of %d are read to their end", p.Done, rooms)
		}
		for n := range rooms {
			if have, want := f.mirror(roomName(n), nearest), tn.truth(roomName(n), nearest); !slices.Equal(have, want) || len(want) != 14 {
				t.Errorf("%s: %d of %d events of the nearest days", roomName(n), len(have), len(want))
			}
		}
		f.synced()
		f.settles(time.Minute)
		requests := 0
		for _, c := range tn.seen("changes") {
			if c.cursor == "" {
				requests++
			}
		}
		if requests < rooms+20 || requests > 2*rooms {
			t.Errorf("%d rounds for %d rooms", requests, rooms)
		}
	})
}

// A calendar that takes one request is read by one.
func TestShortCalendarsTakeOneRequest(t *testing.T) { // J5
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(120, 3)
		tn.latency = 100 * time.Millisecond
		f := newFixture(t, tn)
		f.o.Workers = 4
		f.engine = sync.New(f.o)
		defer f.stop()
		f.run()
		f.until("the first sync", time.Minute, func() bool {
			p := f.engine.Progress()
			return p.Running && p.Phase == providers.PhaseChanges
		})
		seen := map[providers.Address]int{}
		for _, c := range tn.seen("changes") {
			if seen[c.mailbox]++; c.cursor == "" && seen[c.mailbox] > 1 {
				t.Errorf("%s was read anew", c.mailbox)
			}
		}
	})
}

func TestARestartInTheNearestDaysGoesOn(t *testing.T) { // S4, F-101
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 30
		tn := newTenant(rooms, 0)
		tn.latency, tn.pageSize = 100*time.Millisecond, 20
		for n := range rooms {
			tn.daily(roomName(n), -6, 60)
		}
		f := newFixture(t, tn)
		f.o.Workers = 2
		f.engine = sync.New(f.o)
		f.run()
		f.until("the nearest days", time.Minute, func() bool {
			p := f.engine.Progress()
			return p.Phase == providers.PhaseNearest && p.Done > rooms/2
		})
		f.stop()
		read := map[providers.Address]bool{}
		f.open()
		defer f.stop()
		for n := range rooms {
			p, err := f.store.Position(t.Context(), roomName(n))
			if err != nil {
				t.Fatal(err)
			}
			read[roomName(n)] = p.Complete()
		}
		tn.forget()
		f.run()
		f.synced()
		f.settles(time.Minute)
		for _, c := range tn.seen("changes") {
			if read[c.mailbox] && c.cursor == "" && c.window.Duration() < 20*24*time.Hour {
				t.Errorf("the nearest days of %s were read again", c.mailbox)
			}
		}
	})
}

func TestFreshnessTiers(t *testing.T) { // G4, STALE, S12
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(3, 0)
		screen, today, rest := roomName(0), roomName(1), roomName(2)
		tn.put(today, meeting(today, 1, time.Now().Add(5*time.Hour)))
		f := newFixture(t, tn)
		defer f.stop()
		f.engine.Watch([]providers.Address{screen})
		f.run()
		f.synced()
		time.Sleep(12 * time.Minute)
		tn.forget()
		time.Sleep(32 * time.Minute)
		calls := tn.seen("changes")
		for room, bound := range map[providers.Address]time.Duration{screen: 15 * time.Second, today: time.Minute, rest: 10 * time.Minute} {
			all := gaps(calls, room)
			if len(all) == 0 || slices.Max(all) > bound || slices.Min(all) < bound/2 {
				t.Errorf("%s is read every %v to %v; bound %v", room, slices.Min(all), slices.Max(all), bound)
			}
		}
		now := time.Now()
		a, err := f.store.Availability(t.Context(), []providers.Address{screen, today, rest}, providers.Interval{Start: now, End: now.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		for room, bound := range map[providers.Address]time.Duration{screen: 15 * time.Second, today: time.Minute, rest: 10 * time.Minute} {
			if age := now.Sub(a[room].AsOf); age > bound || age < 0 {
				t.Errorf("the age of %s is %v", room, age)
			}
			if m := f.status(room); m.LastGood.IsZero() || m.State != providers.MailboxFresh || !m.Next.After(now.Add(-time.Second)) {
				t.Errorf("%+v", m)
			}
		}
	})
}
