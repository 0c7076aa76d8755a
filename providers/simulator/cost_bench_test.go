//go:build unix

package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kinds are requests of every kind, as a console sends them.
func kinds(tenant *Tenant, c *client) map[string]request {
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	_, idle := c.all(deltaPath(room, from, to), "Prefer", "odata.maxpagesize=500")
	idle = strings.TrimPrefix(idle, c.at.GraphURL+"/v1.0")
	view := func(n int) request {
		return request{method: "GET", path: strings.Replace(viewPath(room, from, to), "$top=1000", "$top="+strconv.Itoa(n), 1)}
	}
	day := tenant.started.Truncate(24 * time.Hour)
	var rooms []string
	var parts []object
	for i, r := range tenant.Rooms()[:20] {
		rooms = append(rooms, r.Mailbox)
		parts = append(parts, object{"id": strconv.Itoa(i), "method": "GET", "url": "/users/" + r.Mailbox + "/calendar"})
	}
	return map[string]request{
		"users-100":     {method: "GET", path: "/users?$top=100"},
		"rooms-100":     {method: "GET", path: "/places/microsoft.graph.room?$top=100"},
		"view-10":       view(10),
		"view-50":       view(50),
		"view-100":      view(100),
		"delta-first":   {method: "GET", path: deltaPath(room, from, to), header: []string{"Prefer", "odata.maxpagesize=200"}},
		"delta-idle":    {method: "GET", path: idle},
		"schedule-20":   {method: "POST", path: "/users/" + c.at.Organizer + "/calendar/getSchedule", body: object{"schedules": rooms, "startTime": object{"dateTime": day.Format("2006-01-02T15:04:05"), "timeZone": "UTC"}, "endTime": object{"dateTime": day.AddDate(0, 0, 1).Format("2006-01-02T15:04:05"), "timeZone": "UTC"}}},
		"create":        {method: "POST", path: "/users/" + c.at.Organizer + "/events", body: meeting(room, tenant.quiet(), time.Hour)},
		"batch-20":      {method: "POST", path: "/$batch", body: object{"requests": parts}},
		"organization":  {method: "GET", path: "/organization"},
		"calendar":      {method: "GET", path: "/users/" + room + "/calendar"},
		"not-signed-in": {method: "GET", path: "/organization", header: []string{"Authorization", "Bearer x"}},
	}
}

// BenchmarkCost measures the tenant's side alone, by kind of request: everything
// but HTTP and TLS.
func BenchmarkCost(b *testing.B) {
	tenant, c := start(b, Options{Rooms: 100, People: 50, EventsPerMailbox: 100})
	for name, r := range kinds(tenant, c) {
		var body []byte
		if r.body != nil {
			body, _ = json.Marshal(r.body)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer cpu(b)()
			for b.Loop() {
				req := httptest.NewRequest(r.method, "https://127.0.0.1/v1.0"+r.path, bytes.NewReader(body))
				req.Header.Set("Authorization", "Bearer "+c.token)
				req.Header.Set("Accept-Encoding", "gzip")
				for i := 0; i+1 < len(r.header); i += 2 {
					req.Header.Set(r.header[i], r.header[i+1])
				}
				w := httptest.NewRecorder()
				tenant.serve(w, req)
				if w.Code >= 300 && name != "not-signed-in" {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.at.ClientID}, "client_secret": {c.at.ClientSecret}, "scope": {c.at.GraphURL + "/.default"}}.Encode()
	b.Run("token", func(b *testing.B) {
		b.ReportAllocs()
		defer cpu(b)()
		for b.Loop() {
			req := httptest.NewRequest("POST", c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token", strings.NewReader(form))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			tenant.serve(w, req)
			if w.Code != 200 {
				b.Fatal(w.Body.String())
			}
		}
	})
}

// BenchmarkHTTPS measures both sides over loopback TLS, one request at a time and
// 64 in flight.
func BenchmarkHTTPS(b *testing.B) {
	tenant, c := start(b, Options{Rooms: 100, People: 50, EventsPerMailbox: 100})
	all := kinds(tenant, c)
	for _, name := range []string{"organization", "rooms-100", "view-100", "delta-idle", "schedule-20"} {
		r := all[name]
		b.Run(name, func(b *testing.B) {
			defer cpu(b)()
			for b.Loop() {
				c.send(200, r)
			}
		})
		b.Run(name+"-64", func(b *testing.B) {
			defer cpu(b)()
			var running sync.WaitGroup
			slots := make(chan struct{}, 64)
			for b.Loop() {
				slots <- struct{}{}
				running.Go(func() {
					if got, err := c.try(r); err != nil || got.status != 200 {
						b.Error(got.status, err)
					}
					<-slots
				})
			}
			running.Wait()
		})
	}
}

// BenchmarkLargeTenant starts 10,000 rooms and 20,000 people with 100 entries each,
// reads every mailbox's view, and reports the time to the first answer, what is
// resident in the end, and the bytes for each entry.
func BenchmarkLargeTenant(b *testing.B) {
	for b.Loop() {
		begun := time.Now()
		tenant, err := Start(context.Background(), Options{Rooms: 10_000, People: 20_000, EventsPerMailbox: 100, SigningKey: testKey()})
		if err != nil {
			b.Fatal(err)
		}
		c := connect(b, tenant)
		c.get("/organization")
		b.ReportMetric(time.Since(begun).Seconds(), "s-to-first-answer")
		from, to := tenant.around()
		entries := 0
		for _, m := range tenant.world.all {
			req := httptest.NewRequest(http.MethodGet, "https://127.0.0.1/v1.0"+viewPath(m.contact.address, from, to)+"&$select=iCalUId", nil)
			req.Header.Set("Authorization", "Bearer "+c.token)
			w := httptest.NewRecorder()
			tenant.serve(w, req)
			entries += bytes.Count(w.Body.Bytes(), []byte(`"iCalUId":`))
		}
		b.ReportMetric(float64(entries), "entries")
		b.ReportMetric(residentMB(b), "MB-resident")
		b.ReportMetric(float64(tenant.State().Heap)/float64(max(entries, 1)), "B/entry")
		b.ReportMetric(time.Since(begun).Seconds(), "s-for-all")
		if err := tenant.Close(); err != nil {
			b.Fatal(err)
		}
		c.http.CloseIdleConnections()
	}
}

// cpu reports the processor's time for each operation: on a busy machine the
// clock's time says little.
func cpu(b *testing.B) func() {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64((used()-before).Microseconds())/float64(b.N), "cpu-us/op") }
}

// residentMB is what the process holds of memory; 0 where the system does not tell.
func residentMB(b *testing.B) float64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		var kB float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kB); n == 1 { // the most it ever was
			return kB / 1000
		}
	}
	b.Error("no resident size")
	return 0
}
