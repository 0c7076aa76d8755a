package store_test

import (
	"fmt"
	"os"
	"path/filepath"
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
