package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// generated is a mirror of rooms with 100 events each over two months, of as many
// people, and of 200 bookings. With ROOMDESK_BENCH_STORE=DIR it is made once and
// kept there.
func generated(b *testing.B, rooms int) (dir string) {
	b.Helper()
	dir = os.Getenv("ROOMDESK_BENCH_STORE")
	if dir == "" {
		dir = b.TempDir()
	}
	s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(dir, "store.db"), Tenant: tenant})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if have, err := s.Rooms(b.Context()); err != nil || len(have) == rooms {
		return dir
	}
	list, people := s.BeginRooms(), s.BeginPeople()
	for n := 0; n < rooms; n += 100 {
		var roomPage []providers.Room
		var peoplePage []providers.Person
		for i := n; i < min(n+100, rooms); i++ {
			roomPage = append(roomPage, providers.Room{Mailbox: room(i), Name: providers.Outside(fmt.Sprint("Room ", i)), Building: providers.Outside(fmt.Sprint("Building ", i/200)),
				Floor: providers.Outside(fmt.Sprint(i / 20 % 10)), Capacity: 2 + i%20, Bookable: true, Provider: "graph", Zone: "Europe/Amsterdam"})
			peoplePage = append(peoplePage, providers.Person{Mailbox: providers.Address(fmt.Sprintf("person%05d@contoso.com", i)), Name: providers.Outside(fmt.Sprint("Person ", i))})
		}
		if _, err := list.Page(b.Context(), roomPage); err != nil {
			b.Fatal(err)
		}
		if _, err := people.Page(b.Context(), peoplePage); err != nil {
			b.Fatal(err)
		}
	}
	whole := providers.Listing{Count: rooms, Reported: rooms, Complete: true}
	if _, err := list.Finish(b.Context(), whole, noon); err != nil {
		b.Fatal(err)
	}
	if _, err := people.Finish(b.Context(), whole, noon); err != nil {
		b.Fatal(err)
	}
	populate(b, s, rooms)
	for n := range 200 {
		at := noon.AddDate(0, 0, n%20)
		if err := s.SaveBooking(b.Context(), providers.Booking{ID: fmt.Sprint("booking-", n), Created: at, Updated: at, State: providers.BookingAccepted,
			Request: providers.BookingRequest{Room: room(n % rooms), Organizer: "adele@contoso.com", Start: at, End: at.Add(time.Hour), Subject: providers.Outside("Review")}}); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkViews are the queries behind the console's views, with the 95th
// percentile of each. ROOMDESK_BENCH_ROOMS=10000 is the promise's 1,000,000 events.
func BenchmarkViews(b *testing.B) {
	rooms := large(b)
	if testing.Short() {
		rooms = min(rooms, 20)
	}
	dir := generated(b, rooms)
	s := benchStore(b, dir)
	if info, err := os.Stat(s.Path()); err == nil {
		b.Logf("%d rooms, %d events, %.0f bytes an event", rooms, 100*rooms, float64(info.Size())/float64(100*rooms))
	}
	r := rand.New(rand.NewPCG(1, 2))
	day := func() providers.Interval {
		start := noon.AddDate(0, 0, r.IntN(20)-10)
		return providers.Interval{Start: start, End: start.Add(24 * time.Hour)}
	}
	screen := func(n int) (all []providers.Address) {
		for first, i := r.IntN(rooms), 0; i < n; i++ {
			all = append(all, room((first+i)%rooms))
		}
		return all
	}
	for _, view := range []struct {
		name  string
		query func(context.Context) (int, error)
	}{
		{"rooms-on-screen", func(ctx context.Context) (int, error) {
			found, err := s.Availability(ctx, screen(50), day())
			return len(found), err
		}},
		{"room-for-a-week", func(ctx context.Context) (int, error) {
			d := day()
			found, err := s.Events(ctx, screen(1)[0], providers.Interval{Start: d.Start, End: d.End.AddDate(0, 0, 6)})
			return len(found), err
		}},
		{"find-500-candidates", func(ctx context.Context) (int, error) {
			d := day()
			found, err := s.Availability(ctx, screen(500), providers.Interval{Start: d.Start, End: d.Start.Add(time.Hour)})
			return len(found), err
		}},
		{"bookings", func(ctx context.Context) (int, error) {
			found, err := s.Bookings(ctx)
			return len(found), err
		}},
		{"one-mailbox", func(ctx context.Context) (int, error) {
			p, err := s.Position(ctx, screen(1)[0])
			return p.Rows, err
		}},
		// Read once at the start and when the list changed, never for a frame.
		{"list-of-rooms", func(ctx context.Context) (int, error) {
			found, err := s.Rooms(ctx)
			return len(found), err
		}},
		{"list-of-people", func(ctx context.Context) (int, error) {
			found, err := s.People(ctx)
			return len(found), err
		}},
		{"state-of-all", func(ctx context.Context) (int, error) {
			found, err := s.Mailboxes(ctx)
			return len(found), err
		}},
		// A command of its own, not a view.
		{"events-of-100-rooms-for-a-day", func(ctx context.Context) (int, error) {
			found, err := s.EventsAll(ctx, day(), screen(100)...)
			return len(found), err
		}},
	} {
		b.Run(view.name, func(b *testing.B) {
			var took []time.Duration
			rows := 0
			for b.Loop() {
				begin := time.Now()
				n, err := view.query(b.Context())
				if err != nil || n == 0 {
					b.Fatal(n, err)
				}
				took, rows = append(took, time.Since(begin)), n
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

// BenchmarkReopen opens a stored mirror and reads what the first frame shows.
func BenchmarkReopen(b *testing.B) {
	rooms := large(b)
	if testing.Short() {
		rooms = min(rooms, 20)
	}
	dir := generated(b, rooms)
	for b.Loop() {
		s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(dir, "store.db"), Tenant: tenant})
		if err != nil {
			b.Fatal(err)
		}
		all, err := s.Rooms(b.Context())
		if err != nil || len(all) != rooms {
			b.Fatal(len(all), err)
		}
		var first []providers.Address
		for _, room := range all[:min(40, len(all))] {
			first = append(first, room.Mailbox)
		}
		if _, err := s.Availability(b.Context(), first, providers.Interval{Start: noon, End: noon.Add(12 * time.Hour)}); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
