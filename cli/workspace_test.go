package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	stdsync "sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// newApp is a run whose surroundings are the test's.
func newApp(t *testing.T, args ...string) (*app, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	var out, errs bytes.Buffer
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{memory: &keystore.Memory{}, log: slog.New(slog.DiscardHandler), deps: Deps{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Now: time.Now, Zone: berlin,
		LookupEnv: func(string) (string, bool) { return "", false }, Environ: []string{"NO_COLOR=1"},
	}}
	a.prepareOutput()
	return a, &out, &errs
}

// The console's view of a tenant over the real parts: mirror, engine, provider,
// desk, and a tenant over HTTPS.
func TestWorkspaceOverASimulatedTenant(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent()) // a console of a test before may still wait for its clock
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 12, People: 5, RoomAnswerDelay: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	a, _, errs := newApp(t)
	s, err := a.demoSession(ctx, tenant, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkspace(ctx, s, true)
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(ctx)
	background := w.start(running)

	// until waits for changes until the condition holds.
	until := func(what string, holds func() bool) {
		t.Helper()
		for !holds() {
			if _, err := w.Wait(ctx); err != nil {
				t.Fatalf("%s: %v; %s", what, err, errs)
			}
		}
	}
	until("rooms", func() bool {
		rooms, err := w.Rooms(ctx)
		return err == nil && len(rooms) == 12
	})
	until("the tenant's name", func() bool { return w.Header().Tenant.String() == "Contoso (demo)" })
	until("the first sync", func() bool {
		progress, mailboxes, err := w.Sync(ctx)
		return err == nil && progress.Phase == providers.PhaseChanges && progress.Fresh == 17 && len(mailboxes) == 17
	})
	if h := w.Header(); !h.Demo || h.Organizer == "" || h.Provider != "Graph" || h.Access != providers.FullAccess || h.Problem != nil {
		t.Errorf("header: %+v", h)
	}
	until("people", func() bool {
		people, err := w.People(ctx)
		return err == nil && len(people) >= 5 // and whoever else has an account
	})
	// P7, P11.
	calendars, err := w.Calendars(ctx, w.organizer())
	if err != nil || !slices.ContainsFunc(calendars, func(c providers.Calendar) bool { return c.ReadOnly }) ||
		!slices.ContainsFunc(calendars, func(c providers.Calendar) bool { return c.IntegratedConferencing }) {
		t.Errorf("calendars: %+v, %v", calendars, err)
	}
	rows, err := w.Connections(ctx)
	if err != nil || len(rows) != 1 || !rows[0].Active || !rows[0].Demo || rows[0].Credential != "present" || !rows[0].Healthy {
		t.Errorf("connections: %+v, %v", rows, err)
	}

	room := providers.Address(tenant.Rooms()[0].Mailbox)
	// An evening without the tenant's own meetings, within the room's booking window.
	start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 9).Add(21 * time.Hour)
	request := providers.BookingRequest{Room: room, Start: start, End: start.Add(30 * time.Minute), Teams: true}
	check, err := w.Check(ctx, request)
	if err != nil || !check.Free || !check.TeamsAllowed {
		t.Fatalf("check: %+v, %v", check, err)
	}
	booked, err := w.Book(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	state := func() providers.BookingState {
		bookings, err := w.Bookings(ctx)
		if err != nil || len(bookings) != 1 {
			t.Fatalf("bookings: %d, %v", len(bookings), err)
		}
		return bookings[0].State
	}
	until("the room's answer", func() bool { return state() == providers.BookingAccepted })
	if _, err := w.Cancel(ctx, booked.ID, "not needed"); err != nil {
		t.Fatal(err)
	}
	until("the cancellation", func() bool { return state() == providers.BookingCancelled && w.InFlight() == 0 })

	leave()
	if err := <-background; err != nil {
		t.Errorf("the background ended with %v", err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
	if err := tenant.Close(); err != nil {
		t.Error(err)
	}
}

// Changes are neither lost nor do they hold anybody up.
func TestHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub()
		h.add(tui.Changes{Rooms: true, Mailboxes: []providers.Address{"b@x.example", "a@x.example"}})
		h.add(tui.Changes{Sync: true, Mailboxes: []providers.Address{"a@x.example"}, Notices: []tui.Notice{{Text: "one"}}})
		h.add(tui.Changes{Notices: []tui.Notice{{Text: "two"}}})
		got, err := h.wait(context.Background())
		if err != nil || !got.Rooms || !got.Sync || got.All || len(got.Notices) != 2 || !slices.Equal(got.Mailboxes, []providers.Address{"a@x.example", "b@x.example"}) {
			t.Errorf("%+v, %v", got, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if got, err := h.wait(ctx); err == nil {
			t.Errorf("nothing changed, and yet: %+v", got)
		}
		for i := range nameable + 1 {
			h.add(tui.Changes{Mailboxes: []providers.Address{providers.Address(strings.Repeat("m", i+1) + "@x.example")}})
		}
		if got, err := h.wait(context.Background()); err != nil || !got.All || got.Mailboxes != nil {
			t.Errorf("too many to name: %+v, %v", got, err)
		}
	})
}

// The console itself, drawn over the real parts.
func TestConsoleOfADemo(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 12, People: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	a, _, _ := newApp(t)
	keys, type_ := io.Pipe()
	screen := newWatch(tenant.Rooms()[0].Name)
	a.deps.Stdin, a.deps.Stdout = keys, screen
	a.deps.Environ = []string{"TERM=xterm-256color"}
	a.deps.Console = []tea.ProgramOption{tea.WithWindowSize(100, 30), tea.WithoutSignals()}
	s, err := a.demoSession(ctx, tenant, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		select {
		case <-screen.seen:
		case <-ctx.Done():
		}
		_, _ = type_.Write([]byte("q"))
	}()
	if err := s.close(s.runConsole(ctx, true)); err != nil {
		t.Fatal(err)
	}
	if !screen.has("DEMO") || !screen.has(tenant.Rooms()[0].Name) {
		t.Errorf("the console did not show the demo's rooms:\n%q", screen.text())
	}
}

// watch keeps what is drawn and tells when a text appears in it.
type watch struct {
	mu   stdsync.Mutex
	all  strings.Builder
	want string
	seen chan struct{}
	done bool
}

func newWatch(want string) *watch { return &watch{want: want, seen: make(chan struct{})} }

func (w *watch) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(b)
	if !w.done && strings.Contains(w.all.String(), w.want) {
		w.done = true
		close(w.seen)
	}
	return len(b), nil
}

func (w *watch) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

func (w *watch) has(text string) bool { return strings.Contains(w.text(), text) }
