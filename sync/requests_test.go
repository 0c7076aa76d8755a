package sync_test

import (
	"context"
	"crypto/x509"
	"path/filepath"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// kindOf sorts a request by what it asks for.
func kindOf(path string) string {
	for _, kind := range []string{"calendarView", "getSchedule", "places", "organization", "calendars", "events"} {
		if strings.Contains(path, kind) {
			return kind
		}
	}
	return "other"
}

// A first sync takes no request more than it must: a page of each calendar,
// free/busy of 20 mailboxes a time, the pages of the lists and the proof that they
// are complete, and who we are.
func TestAFirstSyncTakesNoRequestMoreThanItMust(t *testing.T) {
	t.Parallel()
	rooms := 130
	if raceDetector || testing.Short() {
		rooms = 45
	}
	tenant, err := simulator.Start(t.Context(), simulator.Options{Rooms: rooms, People: 5, Seed: 5, EventsPerMailbox: 100, Throttle: true})
	if err != nil {
		t.Fatal(err)
	}
	at, roots := tenant.Endpoints(), x509.NewCertPool()
	roots.AppendCertsFromPEM(at.CAPEM)
	var mu stdsync.Mutex
	asked := map[string]int{}
	provider, err := graph.New(graph.Config{
		TenantID: at.TenantID, ClientID: at.ClientID, ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: roots,
		Audit: func(x graph.Exchange) {
			mu.Lock()
			defer mu.Unlock()
			asked[kindOf(x.Path)]++
			if x.Status != 200 {
				t.Errorf("%s %s: status %d", x.Method, x.Path, x.Status)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	// The mirror's clock stands still: on a slow machine what was read first would
	// become due again before the last is read.
	begin := time.Now()
	clock := func() time.Time { return begin }
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "store.db"), Tenant: strings.ToLower(at.TenantID), Location: location, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, end := range []func() error{s.Close, provider.Close, tenant.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	}()
	result, err := sync.New(sync.Options{Store: s, Source: provider, Now: clock}).Once(t.Context(), false, nil)
	if err != nil || result.Read != rooms || len(result.Failed) > 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	lists := map[providers.Address]bool{}
	stored, err := s.Rooms(t.Context())
	if err != nil || len(stored) != rooms {
		t.Fatalf("%d rooms are stored, %v", len(stored), err)
	}
	for _, room := range stored {
		for _, list := range room.Lists {
			lists[list] = true
		}
	}
	// Each room list has to be asked which rooms it contains.
	least := map[string]int{"calendarView": rooms, "getSchedule": (rooms + 19) / 20, "places": (rooms+99)/100 + 1 + len(lists), "organization": 1, "other": 1}
	took := int(provider.Stats().Requests)
	sum := 0
	for kind, n := range least {
		sum += n
		most := n
		if kind == "places" { // a list that the service does not count is complete when an empty page follows it
			most += 2*len(lists) + 2
		}
		if asked[kind] < n || asked[kind] > most {
			t.Errorf("%d requests of kind %s; the least possible is %d, the most %d", asked[kind], kind, n, most)
		}
	}
	t.Logf("%d rooms in %d lists: %d requests, the least possible is %d: %v", rooms, len(lists), took, sum, asked)
	if took > sum+2*len(lists)+2 || result.Requests > int64(took) {
		t.Errorf("a first sync of %d rooms takes %d requests (it says %d); the least possible is %d", rooms, took, result.Requests, sum)
	}
}
