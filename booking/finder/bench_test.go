package finder_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// BenchmarkFind10000 is a question about 10,000 rooms and ten guests, answered from
// a real mirror that holds 20 events of each: the first page of offers, and the
// reasons of all rooms. The budget of the first is 50 ms.
func BenchmarkFind10000(b *testing.B) {
	const count = 10_000
	r := rand.New(rand.NewPCG(1, 2))
	var rooms []providers.Room
	var people []providers.Person
	for i := range count {
		rm := room(fmt.Sprintf("Room%05d", i), i%12, 2+i%20)
		rm.Building = providers.Outside(fmt.Sprintf("Building %d", i/100))
		if i%3 == 0 {
			rm.Equipment = []providers.Equipment{providers.Display}
		} else if i%7 == 0 {
			rm.Tags = []providers.Untrusted{providers.Outside("Quiet"), providers.Outside("Projector")}
		}
		rooms = append(rooms, rm)
	}
	for i := range 20_000 {
		people = append(people, providers.Person{Mailbox: providers.Address(fmt.Sprintf("p%05d@contoso.com", i)), Name: providers.Outside(fmt.Sprintf("Person Number%05d", i))})
	}
	s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "store.db"), Tenant: "t"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	fill := func(m providers.Address) {
		window := providers.Interval{Start: now.AddDate(0, 0, -7), End: now.AddDate(0, 0, 60)}
		var events []providers.Event
		for i := range 20 {
			start := now.Truncate(24*time.Hour).AddDate(0, 0, r.IntN(10)).Add(time.Duration(8+r.IntN(9)) * time.Hour)
			events = append(events, providers.Event{Mailbox: m, ID: fmt.Sprint(m, i), ICalUID: fmt.Sprint(m, i), Type: providers.SingleInstance, Start: start, End: start.Add(time.Hour), ShowAs: providers.ShowBusy, Subject: providers.Outside("Meeting")})
		}
		if _, err := s.BeginFull(m, window).Apply(b.Context(), providers.ChangePage{Events: events, Cursor: "c", Done: true}, store.Stamp{At: now}); err != nil {
			b.Fatal(err)
		}
	}
	for _, rm := range rooms {
		fill(rm.Mailbox)
	}
	for _, p := range people[:10] {
		fill(p.Mailbox)
	}
	f := finder.New(rooms, people)
	line := "12p display f3 tmr 14-15 with p00000,p00001,p00002,p00003,p00004,p00005,p00006,p00007,p00008,p00009"
	for name, explain := range map[string]bool{"offers": false, "reasons": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := wish.Read(line, wish.Surroundings{Now: now, Zone: time.UTC, ZoneOf: f.ZoneOf})
				a, err := f.Find(context.Background(), finder.Question{Wish: w, Now: now, Explain: explain}, s.Availability)
				if err != nil || len(a.Problems) > 0 || len(a.Offers) == 0 {
					b.Fatalf("%d offers, %q, %v", len(a.Offers), a.Problems, err)
				}
			}
		})
	}
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			finder.New(rooms, people)
		}
	})
}
