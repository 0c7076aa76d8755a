package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// large scales the benchmarks: ROOMDESK_BENCH_ROOMS=10000 makes 1,000,000 events.
func large(b *testing.B) int {
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_ROOMS")); err == nil {
		return n
	}
	return 500
}

// rich is an event of the size that Graph sends: six attendees, a Teams link.
func rich(mailbox providers.Address, n int) providers.Event {
	ev := meeting(mailbox, n)
	ev.ID = fmt.Sprintf("AAMkAGI1AAAt9AHjAAA=%0100d%s%d", n, mailbox, n)
	for i := range 6 {
		a := providers.Address(fmt.Sprintf("person%d@contoso.com", i))
		ev.Attendees = append(ev.Attendees, providers.Attendee{Mailbox: a, Text: providers.Outside(string(a)), Name: providers.Outside("Some Person Name"),
			Type: providers.Required, Response: providers.ResponseAccepted, ResponseAt: noon})
	}
	ev.JoinURL = providers.Outside("https://teams.microsoft.com/l/meetup-join/19%3ameeting_ZjQ0ZjQ0ZjQ0ZjQ0ZjQ0ZjQ0%40thread.v2/0?context=%7b%22Tid%22%3a%22")
	ev.OnlineMeeting, ev.ETag, ev.Modified, ev.Zone = true, `W/"DwAAABYAAAC5vT0HcBTzQ6UNBuPaCCG5AAFZGXNW"`, noon, "W. Europe Standard Time"
	return ev
}

func room(n int) providers.Address { return providers.Address(fmt.Sprintf("room%05d@contoso.com", n)) }

// populate fills rooms with 100 events each, over a month, from several workers
// as a sync does.
func populate(b *testing.B, s *store.Store, rooms int) {
	b.Helper()
	work := make(chan int)
	done := make(chan error)
	workers := 8
	for range workers {
		go func() {
			for n := range work {
				var events []providers.Event
				for i := range 100 {
					events = append(events, rich(room(n), (i-50)*7+n%7))
				}
				r := s.BeginFull(room(n), providers.Interval{Start: noon.AddDate(0, -2, 0), End: noon.AddDate(0, 2, 0)})
				for i := range 2 {
					if _, err := r.Apply(b.Context(), providers.ChangePage{Events: events[i*50 : i*50+50], Cursor: fmt.Sprint("https://graph.example/", i), Done: i == 1}, stamp); err != nil {
						done <- err
						return
					}
				}
			}
			done <- nil
		}()
	}
	for n := range rooms {
		work <- n
	}
	close(work)
	for range workers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}

func benchStore(b *testing.B, dir string) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(dir, "store.db"), Tenant: tenant})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkInsert is a first sync without its network: rows a second.
func BenchmarkInsert(b *testing.B) {
	rooms := large(b)
	for b.Loop() {
		s := benchStore(b, b.TempDir())
		begin := time.Now()
		populate(b, s, rooms)
		b.ReportMetric(float64(rooms*100)/time.Since(begin).Seconds(), "rows/s")
		if info, err := os.Stat(s.Path()); err == nil {
			b.ReportMetric(float64(info.Size())/float64(rooms*100), "B/row")
		}
	}
}

// BenchmarkUnchanged re-reads everything: rows a second.
func BenchmarkUnchanged(b *testing.B) {
	rooms := large(b)
	s := benchStore(b, b.TempDir())
	populate(b, s, rooms)
	for b.Loop() {
		begin := time.Now()
		populate(b, s, rooms)
		b.ReportMetric(float64(rooms*100)/time.Since(begin).Seconds(), "rows/s")
	}
}

// BenchmarkViews are the queries behind the console's views, with the 95th
// percentile of each.
func BenchmarkViews(b *testing.B) {
	rooms := large(b)
	dir := b.TempDir()
	s := benchStore(b, dir)
	list := s.BeginRooms()
	for n := 0; n < rooms; n += 100 {
		var page []providers.Room
		for i := n; i < min(n+100, rooms); i++ {
			page = append(page, providers.Room{Mailbox: room(i), Name: providers.Outside(fmt.Sprint("Room ", i)), Building: providers.Outside("HQ"), Capacity: 8, Bookable: true, Provider: "graph"})
		}
		if _, err := list.Page(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	populate(b, s, rooms)
	r := rand.New(rand.NewPCG(1, 2))
	day := func() providers.Interval {
		start := noon.AddDate(0, 0, r.IntN(20)-10)
		return providers.Interval{Start: start, End: start.Add(24 * time.Hour)}
	}
	screen := func(n int) []providers.Address {
		var all []providers.Address
		first := r.IntN(rooms)
		for i := range n {
			all = append(all, room((first+i)%rooms))
		}
		return all
	}
	for name, query := range map[string]func() error{
		"availability of 50 rooms for a day": func() error { _, err := s.Availability(b.Context(), screen(50), day()); return err },
		"events of a room for a week": func() error {
			d := day()
			_, err := s.Events(b.Context(), screen(1)[0], providers.Interval{Start: d.Start, End: d.End.AddDate(0, 0, 6)})
			return err
		},
		"bookings": func() error { _, err := s.Bookings(b.Context()); return err },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				if err := query(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
		})
	}
	b.Run("open and list rooms", func(b *testing.B) {
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(dir, "store.db"), Tenant: tenant})
			if err != nil {
				b.Fatal(err)
			}
			all, err := s.Rooms(b.Context())
			if err != nil || len(all) != rooms {
				b.Fatal(len(all), err)
			}
			runtime.KeepAlive(all)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
