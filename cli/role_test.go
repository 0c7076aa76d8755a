package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/audit"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// configured opens a session by a configuration file over a tenant of its own.
func configured(ctx context.Context, t *testing.T, o simulator.Options) (*simulator.Tenant, *app, *session) {
	t.Helper()
	tenant, err := StartTenant(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	a, _, _ := newApp(t)
	a.log = a.newLog(false)
	a.flags.config, a.flags.data = filepath.Join(dir, "config.toml"), filepath.Join(dir, "data")
	s, err := a.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(nil); err != nil {
			t.Error(err)
		}
	})
	return tenant, a, s
}

// writesTo are the requests that change a tenant's calendars.
func writesTo(tenant *simulator.Tenant) (out []simulator.Entry) {
	for _, e := range tenant.Ledger() {
		if e.Method != "GET" && !strings.Contains(strings.ToLower(e.Path), "getschedule") && !strings.Contains(e.Path, "oauth2") && !strings.Contains(e.Path, "$batch") {
			out = append(out, e)
		}
	}
	return out
}

func setRole(t *testing.T, a *app, role string) {
	t.Helper()
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	c.Role = role // as an administrator edits it
	if err := update(config, c); err != nil {
		t.Fatal(err)
	}
}

// C19: what waits in the outbox or stands in the journal of relocations cannot write
// beyond the role, nor can who goes around keys and commands.
func TestNothingWritesBeyondTheRole(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	tenant, a, s := configured(ctx, t, simulator.Options{Rooms: 8, People: 4, RoomAnswerDelay: 30 * time.Millisecond})
	w, err := newWorkspace(ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.rooms(ctx); err != nil {
		t.Fatal(err)
	}
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	day := time.Now().UTC().Truncate(24 * time.Hour)
	for day = day.AddDate(0, 0, 3); day.Weekday() != time.Sunday; day = day.AddDate(0, 0, 1) {
	}
	request := func(n int) providers.BookingRequest {
		start := day.Add(time.Duration(2+2*n) * time.Hour)
		return providers.BookingRequest{Room: room, Start: start, End: start.Add(time.Hour), Subject: providers.Outside("Meeting")}
	}
	made, err := w.Book(ctx, request(0))
	if err == nil {
		made, err = w.desk.Await(ctx, made.ID)
	}
	if err != nil || made.State != providers.BookingAccepted {
		t.Fatalf("%s %v", made.State, err)
	}
	plan, err := w.PlanRelocation(ctx, room, providers.Interval{Start: day, End: day.AddDate(0, 0, 1)}, "leak")
	if err != nil || plan.Count(providers.StepPlanned) == 0 { // the tenant may have meetings of its own on a Sunday
		t.Fatalf("%+v %v", plan, err)
	}
	before := len(writesTo(tenant))
	if before == 0 {
		t.Fatal("no write is seen in the ledger")
	}

	setRole(t, a, "viewer")
	for what, err := range map[string]error{
		"book":       second(w.Book(ctx, request(1))),
		"series":     second(w.BookSeries(ctx, providers.SeriesRequest{})),
		"change":     second(w.Change(ctx, made.ID, tui.ChangeWish{Kind: providers.ChangeExtend, End: made.Request.End.Add(15 * time.Minute)})),
		"cancel":     second(w.Cancel(ctx, made.ID, "")),
		"scope":      second(w.CancelScope(ctx, made.ID, providers.CancelOne, "")),
		"date":       second(w.CancelDate(ctx, made.ID, 0, providers.CancelOne, "")),
		"review":     second(w.SendReviewed(ctx, made.ID, true)),
		"relocate":   second(w.Relocate(ctx, plan)),
		"take back":  second(w.UndoRelocation(ctx, plan.ID)),
		"write test": second(w.Examine(ctx, tui.Examination{Connection: s.connection.Name, Write: true}, nil)),
		"look":       second(w.Connections(ctx)),
	} {
		if f := explain(err); err == nil || f.code != exitSignIn || !strings.Contains(f.message, "your role is viewer") {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Around all of it: straight from the desk, as the outbox and the journal go on.
	stored, err := w.desk.Book(ctx, request(2))
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.desk.Run(running) }()
	if stored, err = w.desk.Await(ctx, stored.ID); err != nil || stored.State != providers.BookingFailed || !strings.Contains(stored.Reason, "your role is viewer") {
		t.Errorf("from the outbox: %s, %q, %v", stored.State, stored.Reason, err)
	}
	r, err := w.desk.Relocate(ctx, plan)
	if err == nil {
		r, err = w.desk.DriveRelocation(ctx, r.ID)
	}
	if err != nil || r.Count(providers.StepMoved, providers.StepMoving, providers.StepWaiting) != 0 {
		t.Errorf("from the journal: %+v, %v", r.Steps, err)
	}
	leave()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("the desk ended with %v", err)
	}
	if all := writesTo(tenant); len(all) != before {
		t.Errorf("a viewer wrote: %+v", all[before:])
	}
	refused := map[string]int{}
	report, err := audit.Read(a.auditPath(s.connection, a.mirrorPath(s.connection)), audit.Head{}, func(r audit.Record) error {
		if r.Result == audit.Refused && r.Class == providers.NotAllowed && r.Intent == 0 {
			refused[r.Action]++
		}
		return nil
	})
	if err != nil || len(report.Breaks) > 0 {
		t.Errorf("%+v %v", report, err)
	}
	for _, action := range []string{"book", "change", "cancel", "relocate", "doctor --write", "create event", "change event"} {
		if refused[action] == 0 {
			t.Errorf("the attempt to %s is not in the trail: %v", action, refused)
		}
	}

	// The role is given back, and holds at once.
	setRole(t, a, "booker")
	again, err := w.Book(ctx, request(3))
	if err == nil {
		again, err = w.desk.Await(ctx, again.ID)
	}
	if err != nil || again.State != providers.BookingAccepted {
		t.Errorf("a booker: %s %v", again.State, err)
	}
}

func second[T any](_ T, err error) error { return err }

// C19: in the console keys say what a role leaves out, and a booker cannot open
// Connections.
func TestRolesInTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	tenant, a, s := configured(ctx, t, simulator.Options{Rooms: 6, People: 3, RoomAnswerDelay: 30 * time.Millisecond})
	for _, c := range []struct{ role, book, six string }{
		{"viewer", "your role is viewer: you may look, not book or change", "your role is viewer: connections are an administrator's"},
		{"booker", "", "your role is booker: connections are an administrator's"},
		{"administrator", "", ""},
	} {
		setRole(t, a, c.role)
		w, err := newWorkspace(ctx, s, false)
		if err != nil {
			t.Fatal(err)
		}
		running, leave := context.WithCancel(ctx)
		background := w.start(running)
		before := len(writesTo(tenant))
		p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
		p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
		p.send(tea.WindowSizeMsg{Width: 140, Height: 40})
		p.run(p.m.Init())
		p.see(tenant.Rooms()[0].Name)
		p.press('b')
		if c.book == "" {
			p.see("Book ", "enter book")
			p.press(tea.KeyEscape)
		} else {
			p.see(c.book, "Graph · full · viewer")
			p.press('o')
			p.see(c.book)
		}
		p.press('6')
		if c.six == "" {
			p.see("credential", "present")
			p.press('1')
		} else {
			p.see(c.six)
			if strings.Contains(p.screen(), "keystore") {
				t.Errorf("%s sees the connections:\n%s", c.role, p.screen())
			}
			p.press('5')
			p.see("mailbox")
			p.press(tea.KeyTab) // past Connections
			p.see(tenant.Rooms()[0].Name)
		}
		if got := len(writesTo(tenant)); got != before {
			t.Errorf("%s: %d writes", c.role, got-before)
		}
		leave()
		if err := <-background; err != nil {
			t.Errorf("the background ended with %v", err)
		}
	}
}
