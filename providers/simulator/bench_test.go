package simulator

import (
	"context"
	"fmt"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// BenchmarkStart measures the start of a tenant up to the first answer.
func BenchmarkStart(b *testing.B) {
	for _, rooms := range []int{40, 1000, 10_000} {
		b.Run(fmt.Sprint(rooms, "-rooms"), func(b *testing.B) {
			for b.Loop() {
				tenant, err := Start(context.Background(), Options{Rooms: rooms, People: 2 * rooms, EventsPerMailbox: 100})
				if err != nil {
					b.Fatal(err)
				}
				if err := tenant.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEveryMailbox touches all mailboxes of a large tenant and reports what
// that takes.
func BenchmarkEveryMailbox(b *testing.B) {
	for b.Loop() {
		tenant, err := Start(context.Background(), Options{Rooms: 10_000, People: 20_000, EventsPerMailbox: 100})
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		for _, m := range tenant.world.all {
			tenant.ensure(m)
		}
		b.ReportMetric(time.Since(begun).Seconds(), "s-to-make-all")
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		b.ReportMetric(float64(stats.HeapAlloc)/1e6, "MB-heap")
		if err := tenant.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequest measures the tenant's and the client's side of one request
// together, over loopback TLS.
func BenchmarkRequest(b *testing.B) {
	tenant, c := start(b, Options{Rooms: 100, People: 50, EventsPerMailbox: 100})
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	_, link := c.all(deltaPath(room, from, to), "Prefer", "odata.maxpagesize=500")
	for name, path := range map[string]string{
		"rooms":      "/places/microsoft.graph.room",
		"view-100":   viewPath(room, from, to),
		"delta-idle": link,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.get(path)
			}
		})
	}
}

// BenchmarkEncode measures what one event of a page costs before compression.
func BenchmarkEncode(b *testing.B) {
	tenant, c := start(b, Options{Rooms: 100, People: 50, EventsPerMailbox: 100})
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	for name, path := range map[string]string{"view": viewPath(room, from, to), "delta": deltaPath(room, from, to)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			begun := cpuTime()
			for b.Loop() {
				r := httptest.NewRequest("GET", "https://127.0.0.1/v1.0"+path, nil)
				r.Header.Set("Prefer", "odata.maxpagesize=200")
				call := tenant.newCall(r)
				call.claims, call.sight = entra.Claims{Roles: grantedRoles}, seesAll
				call.resolve()
				a := call.dispatch()
				if a.status != 200 {
					b.Fatal(string(a.body), c.token)
				}
				keepBody(a.body)
			}
			b.ReportMetric(float64(cpuTime()-begun)/float64(b.N)/100, "cpu-ns/event")
		})
	}
}

// BenchmarkPage measures the tenant's side alone: a page of a hundred entries,
// compressed.
func BenchmarkPage(b *testing.B) {
	tenant, c := start(b, Options{Rooms: 100, People: 50, EventsPerMailbox: 100})
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	for name, path := range map[string]string{"view": viewPath(room, from, to), "delta": deltaPath(room, from, to)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			begun := cpuTime()
			defer func() { b.ReportMetric(float64(cpuTime()-begun)/float64(b.N)/1000, "cpu-µs/page") }()
			for b.Loop() {
				r := httptest.NewRequest("GET", "https://127.0.0.1/v1.0"+path, nil)
				r.Header.Set("Authorization", "Bearer "+c.token)
				r.Header.Set("Accept-Encoding", "gzip")
				r.Header.Set("Prefer", "odata.maxpagesize=200")
				w := httptest.NewRecorder()
				tenant.serve(w, r)
				if w.Code != 200 {
					b.Fatal(w.Body.String())
				}
				b.ReportMetric(float64(w.Body.Len())/1000, "kB")
			}
		})
	}
}
