package typed_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/graph"
	"roomdesk/providers/simulator/recorded"
	"roomdesk/providers/zones"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// contender reads the calendars of some rooms into a database file and gives the
// number of events that are in it afterwards.
type contender struct {
	name string
	// share of the rooms that it reads: the slow ones would take minutes, and get
	// slower with each row, so that a share flatters them.
	share int
	read  func(*bench, []string, string) (int, error)
}

// bench is what all contenders read.
type bench struct {
	*recorded.Tenant
	token    string
	from, to time.Time
}

// prefer is what every contender asks for, so that all read the same pages.
var prefer = []string{`IdType="ImmutableId"`, `outlook.timezone="UTC"`, "odata.maxpagesize=200"}

// spent is what one reading cost for a thousand events.
type spent struct{ wall, cpu time.Duration }

// BenchmarkFirstSync compares the first sync of a tenant with what people would
// write instead, all over the same loopback HTTPS server, one after another, in
// rounds: the figures are medians of ratios within a round. 2,000 rooms with 100
// events each; ROOMDESK_BENCH_ROOMS and ROOMDESK_BENCH_ROUNDS change that.
//
// Ours also reads the lists of rooms and people and free/busy of all rooms, and is
// the only one that can go on after a failure.
func BenchmarkFirstSync(b *testing.B) {
	rooms, rounds := 2000, 3
	if testing.Short() {
		rooms, rounds = 12, 1
	}
	for name, n := range map[string]*int{"ROOMDESK_BENCH_ROOMS": &rooms, "ROOMDESK_BENCH_ROUNDS": &rounds} {
		if given, err := strconv.Atoi(os.Getenv(name)); err == nil {
			*n = given
		}
	}
	contenders := []contender{
		{"ours", 1, firstSync},
		{"bare", 1, bareLoop(decodeFast)},
		{"bare-encoding/json", 1, bareLoop(decodeStandard)},
		{"careful", 5, carefulLoop},
		{"naive", 20, naiveLoop},
	}
	if only := os.Getenv("ROOMDESK_BENCH_ONLY"); only != "" { // for a profile
		contenders = slices.DeleteFunc(contenders, func(c contender) bool { return c.name != only })
	}
	tenant := recorded.Start(b, recorded.Options{Rooms: rooms, People: 50, EventsPerMailbox: 100})
	day := time.Now().UTC().Truncate(24 * time.Hour) // the window that the engine reads
	all := &bench{Tenant: tenant, from: day.Add(-7 * 24 * time.Hour), to: day.Add(62 * 24 * time.Hour)}
	tenant.Record(b, all.from, all.to, strings.Join(prefer, ","))
	client := tenant.Client()
	defer client.CloseIdleConnections()
	all.token = tenant.Token(b, client)
	ratios := map[string][]float64{}
	for b.Loop() {
		for range rounds {
			cost := map[string]spent{}
			for _, c := range contenders {
				mailboxes := tenant.Mailboxes[:max(rooms/c.share, 1)]
				begin, used := time.Now(), recorded.CPUTime()
				events, err := c.read(all, mailboxes, filepath.Join(b.TempDir(), "store.db"))
				if err != nil {
					b.Fatal(c.name, ": ", err)
				}
				if want := 100 * len(mailboxes); events < want {
					b.Fatalf("%s has %d events of %d", c.name, events, want)
				}
				each := time.Duration(events)
				cost[c.name] = spent{1000 * time.Since(begin) / each, 1000 * (recorded.CPUTime() - used) / each}
				b.Logf("%-20s %6d events, %8.0f a second, %6.1f ms of CPU for a thousand", c.name, events,
					1000/cost[c.name].wall.Seconds(), 1000*cost[c.name].cpu.Seconds())
			}
			ours := cost["ours"]
			for _, c := range contenders {
				if c.name == "ours" {
					continue
				}
				ratios["x-"+c.name] = append(ratios["x-"+c.name], ratio(cost[c.name].wall, ours.wall))
				ratios["cpu-of-"+c.name] = append(ratios["cpu-of-"+c.name], ratio(ours.cpu, cost[c.name].cpu))
			}
			ratios["events/s"] = append(ratios["events/s"], 1000/ours.wall.Seconds())
		}
	}
	for name, found := range ratios {
		b.ReportMetric(median(found), name)
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }

func median[T cmp.Ordered](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

// firstSync is roomdesk sync --once on an empty store.
func firstSync(on *bench, mailboxes []string, file string) (int, error) {
	ctx := context.Background()
	provider, err := graph.New(graph.Config{
		TenantID: on.TenantID, ClientID: on.ClientID, ClientSecret: func(context.Context) (string, error) { return on.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: on.AuthorityURL, GraphURL: on.GraphURL, RootCAs: on.Roots,
	})
	if err != nil {
		return 0, err
	}
	defer provider.Close()
	s, err := store.Open(ctx, store.Options{Path: file, Tenant: strings.ToLower(on.TenantID), Location: func(zone string) *time.Location {
		found, _ := zones.Location(zone)
		return found
	}})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	result, err := sync.New(sync.Options{Store: s, Source: provider}).Once(ctx, false, nil)
	switch {
	case err != nil:
		return 0, err
	case len(result.Failed) > 0 || result.Read != len(mailboxes):
		return 0, fmt.Errorf("%d of %d rooms were read, %d failed", result.Read, len(mailboxes), len(result.Failed))
	}
	rows := 0
	all, err := s.Mailboxes(ctx)
	for _, m := range all {
		rows += m.Rows
	}
	return rows, err
}
