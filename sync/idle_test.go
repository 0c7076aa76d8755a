package sync_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/recorded"
	"roomdesk/sync"
	"roomdesk/sync/store"

	_ "modernc.org/sqlite"
)

// watchWrites makes the store's file note every row that is written, but for the
// clock: when a mailbox was read and is read next, and the queue of what is due.
func watchWrites(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	run := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	run("CREATE TABLE written (what TEXT)")
	for _, table := range strings1(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('written') AND name NOT LIKE 'sqlite_%'") {
		for _, event := range []string{"INSERT", "DELETE", "UPDATE"} {
			when := ""
			if event == "UPDATE" && table == "mailbox" {
				var differs []string
				for _, column := range strings1(t, db, "SELECT name FROM pragma_table_info('mailbox') WHERE name NOT IN ('last_good', 'next')") {
					differs = append(differs, fmt.Sprintf("old.%s IS NOT new.%s", column, column))
				}
				when = "WHEN " + strings.Join(differs, " OR ")
			}
			switch {
			case event == "UPDATE" && table == "job":
				continue
			case event == "UPDATE" && table == "meta": // when a list was read stands beside how
				when = "WHEN CASE WHEN json_type(old.value) = 'object' THEN json_remove(old.value, '$.At') IS NOT json_remove(new.value, '$.At') ELSE 1 END"
			}
			run(fmt.Sprintf("CREATE TRIGGER watch_%s_%s AFTER %s ON %s %s BEGIN INSERT INTO written VALUES ('%s %s'); END", table, event, event, table, when, event, table))
		}
	}
	return db
}

// strings1 is the first column of a query.
func strings1(t testing.TB, db *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// Where nothing changed, a round asks once for each mailbox and writes nothing but
// the clock.
func TestAnIdleRoundWritesNothingButTheClock(t *testing.T) {
	t.Parallel()
	const rooms = 6
	// A clock that stands still: on a slow machine what was read first would become
	// due again before the last is read.
	begin := time.Now()
	clock := func() time.Time { return begin }
	c := connectAt(t, simulator.Options{Rooms: rooms, People: 5, Seed: 3, EventsPerMailbox: 30}, clock)
	e := sync.New(sync.Options{Store: c.store, Source: c.provider, Now: clock})
	if result, err := e.Once(t.Context(), false, nil); err != nil || result.Read != rooms {
		t.Fatalf("%+v, %v", result, err)
	}
	db := watchWrites(t, c.store.Path())
	before := pages(t, db)
	for round := range 2 {
		result, err := e.Once(t.Context(), false, nil)
		if err != nil || result.Read != rooms || result.Changed != 0 {
			t.Fatalf("round %d: %+v, %v", round, result, err)
		}
		t.Logf("%d requests", result.Requests)
		if least := int64(rooms); result.Requests < least || result.Requests > least+overhead(rooms) {
			t.Errorf("round %d took %d requests for %d mailboxes", round, result.Requests, rooms)
		}
	}
	if written := strings1(t, db, "SELECT what FROM written"); len(written) > 0 {
		slices.Sort(written)
		t.Errorf("idle rounds wrote %d rows: %q", len(written), slices.Compact(written))
	}
	if after := pages(t, db); after != before {
		t.Errorf("the file has %d pages after idle rounds, %d before", after, before)
	}
	// The guard itself: one event that changes is noticed.
	if _, err := db.ExecContext(t.Context(), "UPDATE event SET subject = subject WHERE row_id = (SELECT min(row_id) FROM event)"); err != nil {
		t.Fatal(err)
	}
	if written := strings1(t, db, "SELECT what FROM written"); len(written) != 1 {
		t.Errorf("a written row was not noticed: %q", written)
	}
}

func pages(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// overhead is the most that is asked besides one request for each mailbox: who we
// are, the lists of rooms (places, and free/busy of 20 mailboxes a time) and of
// people, and some for what is retried in smaller batches.
func overhead(rooms int) int64 { return int64(8 + (rooms+19)/20 + rooms/100) }

// BenchmarkIdleRound reads 10,000 mailboxes in which nothing happened. The floor is
// a request for each. ROOMDESK_BENCH_ROOMS changes the number of rooms.
func BenchmarkIdleRound(b *testing.B) {
	rooms := 10_000
	if testing.Short() {
		rooms = 8
	}
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_ROOMS")); err == nil {
		rooms = n
	}
	tenant := recorded.Start(b, recorded.Options{Rooms: rooms, People: 25, EventsPerMailbox: 10})
	provider, err := graph.New(graph.Config{
		TenantID: tenant.TenantID, ClientID: tenant.ClientID, ClientSecret: func(context.Context) (string, error) { return tenant.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: tenant.AuthorityURL, GraphURL: tenant.GraphURL, RootCAs: tenant.Roots,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer provider.Close()
	s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "store.db"), Tenant: strings.ToLower(tenant.TenantID), Location: location})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	e := sync.New(sync.Options{Store: s, Source: provider})
	if result, err := e.Once(b.Context(), false, nil); err != nil || result.Read != rooms {
		b.Fatalf("%+v, %v", result, err)
	}
	recorded.ResetPeak()
	used, begin, rounds, requests := recorded.CPUTime(), time.Now(), 0, provider.Stats().Requests
	for b.Loop() {
		result, err := e.Once(b.Context(), false, nil)
		if err != nil || result.Read != rooms || result.Changed != 0 {
			b.Fatalf("%+v, %v", result, err)
		}
		rounds++
	}
	b.ReportMetric(time.Since(begin).Seconds()/float64(rounds), "s")
	b.ReportMetric((recorded.CPUTime()-used).Seconds()/float64(rounds), "cpu-s")
	b.ReportMetric(float64(provider.Stats().Requests-requests)/float64(rounds*rooms), "requests/room")
	b.ReportMetric(float64(recorded.PeakMemory())/1e6, "MB-resident")
}
