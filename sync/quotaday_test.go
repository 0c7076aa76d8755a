package sync_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	stdsync "sync"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
	"roomdesk/sync/store"
)

// inProcess answers a client's requests by the simulated tenant's own handler,
// without a network, whose waiting would stop a bubble's clock. The time that an
// answer takes passes here, so the limit of four requests at a time for a mailbox
// is held here too.
type inProcess struct {
	handler http.Handler

	mu      stdsync.Mutex
	running map[string]int // by mailbox
	most    int
}

func (p *inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	mailbox, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/v1.0/users/"), "/")
	p.mu.Lock()
	if p.running[mailbox]++; rest != "" && mailbox != "" { // what concerns no mailbox has no such limit
		p.most = max(p.most, p.running[mailbox])
	}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running[mailbox]--
	}()
	select {
	case <-time.After(120 * time.Millisecond):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	answer := httptest.NewRecorder()
	asked := req.Clone(req.Context())
	asked.Host, asked.RequestURI, asked.RemoteAddr = req.URL.Host, req.URL.RequestURI(), "127.0.0.1:4711"
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	p.handler.ServeHTTP(answer, asked)
	return answer.Result(), nil
}

// A whole day in a company whose meetings come, move and go, with Microsoft's
// limits as the simulated tenant models them: nothing is refused, and everything
// stays fresh. ROOMDESK_DAY_ROOMS=1000 is the whole of the promise and takes about
// a quarter of an hour of one processor; ROOMDESK_DAY_HOURS shortens it.
func TestADayInTheSimulatedTenantWithoutThrottling(t *testing.T) { // G7, QUOTA, G4
	t.Parallel()
	rooms, hours := 3, 24
	if raceDetector || testing.Short() {
		rooms, hours = 2, 3
	}
	for name, n := range map[string]*int{"ROOMDESK_DAY_ROOMS": &rooms, "ROOMDESK_DAY_HOURS": &hours} {
		if given, err := strconv.Atoi(os.Getenv(name)); err == nil {
			*n = given
		}
	}
	// The tenant listens, so it begins outside the bubble. Its clock is the bubble's,
	// which begins in the year 2000, moved to today.
	today := time.Now().UTC().Truncate(24 * time.Hour)
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time {
		if at := time.Now(); at.Year() < 2010 {
			return today.Add(at.Sub(epoch)).Round(0)
		}
		return today
	}
	var handler http.Handler
	tenant, err := simulator.Start(t.Context(), simulator.Options{
		Rooms: rooms, People: max(5, 2*rooms), Seed: 11, Throttle: true, Life: 1, Now: clock,
		Wrap: func(h http.Handler) http.Handler { handler = h; return h },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	}()
	wire := &inProcess{handler: handler, running: map[string]int{}}
	at, path := tenant.Endpoints(), filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		asked, most := map[int]int{}, 0
		var tens []time.Time // requests of the last ten seconds
		ctx, cancel := context.WithCancel(context.Background())
		audit := make(chan graph.Exchange, 1024)
		counted := make(chan struct{})
		go func() {
			defer close(counted)
			for x := range audit {
				if x.Class == providers.Cancelled && ctx.Err() != nil {
					continue // under way when the day ended
				}
				asked[x.Status]++
				tens = append(tens, x.Start)
				for x.Start.Sub(tens[0]) > 10*time.Second {
					tens = tens[1:]
				}
				most = max(most, len(tens))
			}
		}()
		provider, err := graph.New(graph.Config{
			TenantID: at.TenantID, ClientID: at.ClientID, ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
			Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, Now: clock,
			Around: func(http.RoundTripper) http.RoundTripper { return wire },
			Audit:  func(x graph.Exchange) { audit <- x },
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(context.Background(), store.Options{Path: path, Tenant: strings.ToLower(at.TenantID), Location: location, Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		engine := sync.New(sync.Options{Store: s, Source: provider, Now: clock})
		ended := make(chan error, 1)
		go func() { ended <- engine.Run(ctx) }()
		var screen []providers.Address
		for _, room := range tenant.Rooms()[:min(rooms, 20)] {
			screen = append(screen, providers.Address(room.Mailbox))
		}
		for hour := range hours {
			switch hour { // somebody looks from eight to six
			case 8:
				engine.Watch(screen)
			case 18:
				engine.Watch(nil)
			}
			time.Sleep(time.Hour) // the bubble's clock
			if p := engine.Progress(); p.Fresh != rooms || p.Problem != nil {
				t.Errorf("hour %d: %+v", hour, p)
			}
			if rooms >= 100 { // it takes its time: where it stands
				stats := provider.Stats()
				t.Logf("hour %d: %d requests, %d throttled, %d fresh", hour+1, stats.Requests, stats.Throttled, engine.Progress().Fresh)
			}
		}
		cancel()
		for _, end := range []error{<-ended, s.Close(), provider.Close()} {
			if end != nil {
				t.Error(end)
			}
		}
		close(audit)
		<-counted
		usage, stats := tenant.Usage(), provider.Stats()
		for status, n := range asked {
			if status != http.StatusOK {
				t.Errorf("%d requests of %d were answered with status %d", n, stats.Requests, status)
			}
		}
		if wire.most > 4 {
			t.Errorf("%d requests at a time for a mailbox", wire.most)
		}
		if usage.Refused > 0 || stats.Throttled > 0 || !usage.Enforced || stats.Requests < int64(rooms*hours) {
			t.Errorf("%d refused, %d throttled of %d requests; limits enforced: %v", usage.Refused, stats.Throttled, stats.Requests, usage.Enforced)
		}
		t.Logf("%d rooms, %d hours: %d requests, at most %d in ten seconds, %d at a time for a mailbox", rooms, hours, stats.Requests, most, wire.most)
	})
}
