package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// storyOf is a configured connection to a simulated tenant, its secret in memory.
func storyOf(t *testing.T, o simulator.Options) (*simulator.Tenant, func() *app, keystore.Connection) {
	t.Helper()
	if o.Rooms == 0 {
		o.Rooms, o.People = 4, 4
	}
	tenant, err := StartTenant(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	dir := t.TempDir()
	if err := tenant.WriteDir(filepath.Join(dir, "tenant")); err != nil {
		t.Fatal(err)
	}
	e, memory := tenant.Endpoints(), &keystore.Memory{}
	c := keystore.Connection{
		Name: "story", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, Cloud: "custom", AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL,
		CAFile: filepath.Join(dir, "tenant", "ca.pem"), Organizer: e.Organizer, TestMailbox: e.TestMailbox, Keystore: "memory",
	}
	process := func() *app {
		a, _, _ := newApp(t)
		a.memory, a.flags.config, a.flags.data = memory, filepath.Join(dir, "own", "config.toml"), filepath.Join(dir, "own", "data")
		return a
	}
	config, err := process().loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if err := process().keep(t.Context(), config, c, memory, keystore.NewSecret(e.ClientSecret)); err != nil {
		t.Fatal(err)
	}
	return tenant, process, c
}

// S6, S7, S10: a console goes down when its connection is taken away: nothing leaves any
// more, no credential is left, the mirror stays to be seen as old, also for the next
// console; connected again it goes on.
func TestS7ConsoleGoesDown(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	tenant, process, c := storyOf(t, simulator.Options{})
	open := func() (*workspace, context.CancelFunc, <-chan error) {
		t.Helper()
		a := process()
		s, err := a.open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		w, err := newWorkspace(ctx, s, false)
		if err != nil {
			t.Fatal(err)
		}
		running, leave := context.WithCancel(ctx)
		return w, leave, w.start(running)
	}
	shut := func(w *workspace, leave context.CancelFunc, background <-chan error) {
		t.Helper()
		leave()
		if err := <-background; err != nil {
			t.Errorf("the background ended with %v", err)
		}
		if err := w.session.close(nil); err != nil {
			t.Error(err)
		}
	}
	until := func(w *workspace, what string, holds func() bool) {
		t.Helper()
		for !holds() {
			if _, err := w.Wait(ctx); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	synced := func(w *workspace) func() bool {
		return func() bool {
			progress, _, err := w.Sync(ctx)
			return err == nil && progress.Phase == providers.PhaseChanges && progress.Fresh > 0 && w.Header().Tenant.String() == "Contoso (demo)"
		}
	}
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	day := providers.Interval{Start: time.Now().Truncate(time.Hour), End: time.Now().Add(10 * time.Hour)}
	old := func(w *workspace) {
		t.Helper()
		h := w.Header()
		if h.Disconnected.IsZero() || h.Allowed.Refuses(providers.VerbBook) == "" || h.Problem != nil {
			t.Errorf("header %+v", h)
		}
		rooms, err := w.Rooms(ctx)
		if err != nil || len(rooms) != 4 {
			t.Errorf("%d rooms, %v", len(rooms), err)
		}
		known, err := w.Availability(ctx, []providers.Address{room}, day)
		if err != nil || known[room].Problem == nil {
			t.Errorf("free/busy is shown as current: %+v, %v", known[room], err)
		}
		if _, err := w.Book(ctx, providers.BookingRequest{Room: room, Start: time.Now().Add(48 * time.Hour), End: time.Now().Add(49 * time.Hour)}); err == nil {
			t.Error("a booking was taken")
		}
	}

	w, leave, background := open()
	until(w, "the first sync", synced(w))
	plan, err := w.PlanDisconnect(ctx, "story", true)
	if err != nil || plan.Tenant.String() != "Contoso (demo)" || len(plan.Deletes) != 1 || !strings.Contains(strings.Join(plan.Stays, "\n"), "4 rooms") {
		t.Errorf("plan %+v, %v", plan, err)
	}
	done, err := w.Disconnect(ctx, "story", tui.DisconnectHow{KeepMirror: true})
	if err != nil || len(done.Remains) != 0 || done.Ends {
		t.Fatalf("%+v, %v", done, err)
	}
	if _, err := process().memory.Get(ctx, c.SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the secret: %v", err)
	}
	asked := len(tenant.Ledger())
	old(w)
	shut(w, leave, background)

	// The next console opens on what is left, without a word to the tenant.
	w, leave, background = open()
	old(w)
	if now := len(tenant.Ledger()); now != asked {
		t.Errorf("the tenant was asked %d times since", now-asked)
	}
	shut(w, leave, background)

	// Connected again.
	a := process()
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.keep(ctx, config, c, a.memory, keystore.NewSecret(tenant.Endpoints().ClientSecret)); err != nil {
		t.Fatal(err)
	}
	w, leave, background = open()
	until(w, "reading again", func() bool { h := w.Header(); return h.Problem == nil && !h.LastGood.IsZero() })
	if h := w.Header(); !h.Disconnected.IsZero() {
		t.Errorf("still disconnected: %+v", h)
	}

	// With the mirror: the console ends, and then nothing is left.
	done, err = w.Disconnect(ctx, "story", tui.DisconnectHow{})
	if err != nil || !done.Ends {
		t.Fatalf("%+v, %v", done, err)
	}
	mirror := w.store.Path()
	shut(w, leave, background)
	if err := w.session.eraseLeft(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mirror); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mirror: %v", err)
	}
	if config, err := a.loadConfig(); err != nil || len(config.Connections) != 0 {
		t.Errorf("configured: %+v, %v", config.Connections, err)
	}
}

// S1: the console's test tells each step as it ends, and what it writes is in the
// audit trail.
func TestS1ExamineInTheConsole(t *testing.T) {
	_, process, _ := storyOf(t, simulator.Options{})
	ctx := t.Context()
	a := process()
	s, err := a.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close(nil) //nolint:errcheck // only read
	w, err := newWorkspace(ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	d, err := w.Examine(ctx, tui.Examination{Connection: "story", Write: true}, func(r providers.Rung) { told = append(told, r.Name) })
	if err != nil || d.Cause() != nil {
		t.Fatalf("%s, %v", d.FirstLine(), err)
	}
	var steps []string
	for _, step := range w.ExaminationSteps(tui.Examination{Connection: "story"}) {
		steps = append(steps, step.Connection+step.Name)
	}
	if strings.Join(told, ",") != strings.Join(steps, ",") {
		t.Errorf("told of %q", told)
	}
	// S18: what was found is kept for the list of connections.
	rows, err := w.Connections(ctx)
	if err != nil || len(rows) != 1 || rows[0].Tested.IsZero() || !rows[0].TestHealthy || rows[0].TestResult != d.FirstLine() {
		t.Errorf("%+v, %v", rows, err)
	}
	trail, err := os.ReadFile(a.auditPath(s.connection, s.store.Path()))
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"create event", "cancel event"} {
		if n := strings.Count(string(trail), `"`+action+`"`); n != 2 { // the intent and its outcome
			t.Errorf("%q stands %d times in the trail\n%s", action, n, trail)
		}
	}
}
