package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/audit"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/tui"
)

// fakeEngine moves mailboxes in memory, at once, but those that refuse.
type fakeEngine struct {
	m        providers.Migration
	have     bool
	why      string
	refuse   map[providers.Address]string
	boxes    []providers.MailboxMove
	entries  map[providers.Address][]providers.ParityEntry
	now      func() time.Time
	planned  int
	finished bool
}

func (f *fakeEngine) Migration(context.Context) (providers.Migration, bool, error) {
	m := f.m
	m.Mailboxes = slices.Clone(m.Mailboxes)
	return m, f.have, nil
}

func (f *fakeEngine) Close() error { return nil }

func (f *fakeEngine) WhyNotMigrate() string { return f.why }

func (f *fakeEngine) PlanMigration(ctx context.Context) (providers.Migration, error) {
	f.planned++
	f.m = providers.Migration{
		ID: "m1", From: "hq", To: "contoso", FromProvider: "ews", ToProvider: "graph", State: providers.MigrationCompared, Created: f.now(), Mailboxes: slices.Clone(f.boxes), Artefacts: 2,
		Scope: providers.MigrationScope{Old: 4, New: 4, Limited: true, Words: "Graph reaches the same 4 mailboxes", Checked: f.now()},
	}
	f.have = true
	m, _, err := f.Migration(ctx)
	return m, err
}

func (f *fakeEngine) SetPilot(ctx context.Context, group []providers.Address) (providers.Migration, error) {
	for i := range f.m.Mailboxes {
		f.m.Mailboxes[i].Pilot = slices.Contains(group, f.m.Mailboxes[i].Mailbox)
	}
	m, _, err := f.Migration(ctx)
	return m, err
}

func (f *fakeEngine) turn(c providers.MigrationChoice, state providers.MoveState, home string, from ...providers.MoveState) {
	for i := range f.m.Mailboxes {
		b := &f.m.Mailboxes[i]
		meant := c.All || c.Pilot && b.Pilot || slices.Contains(c.Mailboxes, b.Mailbox)
		if c.EvenIfDifferent {
			from = append(from, providers.MoveDiffers)
		}
		if !meant || !slices.Contains(from, b.State) {
			continue
		}
		if why := f.refuse[b.Mailbox]; why != "" {
			b.Why = why
			continue
		}
		b.State, b.Home, b.Moved, b.Why = state, home, f.now(), ""
	}
}

func (f *fakeEngine) MoveMailboxes(ctx context.Context, c providers.MigrationChoice) (providers.Migration, error) {
	f.turn(c, providers.MoveMoved, "graph", providers.MoveReady, providers.MoveReturned)
	f.m.State = providers.MigrationPaused
	m, _, err := f.Migration(ctx)
	return m, err
}

func (f *fakeEngine) ReturnMailboxes(ctx context.Context, c providers.MigrationChoice) (providers.Migration, error) {
	f.turn(c, providers.MoveReturned, "ews", providers.MoveMoved)
	f.m.State = providers.MigrationReturned
	m, _, err := f.Migration(ctx)
	return m, err
}

func (f *fakeEngine) StopMigration(ctx context.Context) (providers.Migration, error) {
	m, _, err := f.Migration(ctx)
	return m, err
}

func (f *fakeEngine) FinishMigration(ctx context.Context) (providers.Migration, error) {
	f.finished, f.m.State = true, providers.MigrationFinished
	m, _, err := f.Migration(ctx)
	return m, err
}

func (f *fakeEngine) ParityEntries(_ context.Context, mailbox providers.Address) ([]providers.ParityEntry, error) {
	return f.entries[mailbox], nil
}

// migrateBench runs commands over a tenant of its own with a fake engine.
type migrateBench struct {
	t      *testing.T
	tenant *simulator.Tenant
	dir    string
	engine *fakeEngine
	rooms  []providers.Address
	byDef  *bool
}

func newMigrateBench(t *testing.T) *migrateBench {
	t.Helper()
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 4, People: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	b := &migrateBench{t: t, tenant: tenant, dir: t.TempDir(), engine: &fakeEngine{now: time.Now, refuse: map[providers.Address]string{}}}
	if err := tenant.WriteDir(b.dir); err != nil {
		t.Fatal(err)
	}
	for i, r := range tenant.Rooms() {
		mailbox := providers.Address(r.Mailbox)
		b.rooms = append(b.rooms, mailbox)
		box := providers.MailboxMove{Mailbox: mailbox, Name: providers.Outside(r.Name), Room: true, State: providers.MoveReady, Home: "ews", Parity: providers.ParityCounts{Same: 10 + i}}
		switch i {
		case 2:
			box.State, box.Parity.Missing = providers.MoveDiffers, 1
		case 3:
			box.State, box.Why = providers.MoveBlocked, "=cmd|'/c calc'!A1 on premises"
		}
		b.engine.boxes = append(b.engine.boxes, box)
	}
	b.engine.entries = map[providers.Address][]providers.ParityEntry{b.rooms[2]: {
		{Mailbox: b.rooms[2], Kind: providers.ParityMissing, ICalUID: "uid-1", Start: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Subject: providers.Outside("=HYPERLINK(1)")},
		{Mailbox: b.rooms[2], Kind: providers.ParityCosmetic, ICalUID: "uid-2", Start: time.Date(2026, 12, 2, 9, 0, 0, 0, time.UTC), Subject: providers.Outside("Salary talks"), Private: true,
			Fields: []providers.ParityField{{Field: "location", Before: providers.Outside("behind the door"), After: providers.Outside("x"), Cosmetic: true, Why: "listed"}}},
	}}
	return b
}

// run is a command as a process of its own would run it.
func (b *migrateBench) run(args ...string) (code int, out, errs string) {
	b.t.Helper()
	a, stdout, stderr := newApp(b.t, args...)
	a.movers = func(*session, func(tui.Changes)) engine { return b.engine }
	a.graphByDefault = b.byDef
	a.log = a.newLog(false)
	root := a.root()
	root.SetArgs(append([]string{"--config", filepath.Join(b.dir, "config.toml"), "--data", filepath.Join(b.dir, "data")}, args...))
	root.SetOut(&bytes.Buffer{})
	root.SetErr(&bytes.Buffer{})
	if err := root.ExecuteContext(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return a.code, stdout.String(), stderr.String()
}

func (b *migrateBench) must(code int, args ...string) string {
	b.t.Helper()
	got, out, errs := b.run(args...)
	if got != code {
		b.t.Fatalf("roomdesk %s ended with %d, want %d\n%s%s", strings.Join(args, " "), got, code, out, errs)
	}
	return out + errs
}

// J8 on the command line: plan, report, pilot, all by name, back, finish, each with its
// exit code.
func TestMigrateCommandsJ8(t *testing.T) {
	b := newMigrateBench(t)
	if text := b.must(exitFailed, "migrate"); !strings.Contains(text, "roomdesk migrate plan") {
		t.Errorf("before a plan: %s", text)
	}
	text := b.must(exitPartly, "migrate", "plan")
	if !strings.Contains(text, "2 mailboxes cannot be moved as they are") || !strings.Contains(text, "1 missing") {
		t.Errorf("plan: %s", text)
	}
	b.must(exitUsage, "migrate", "move")
	b.must(exitUsage, "migrate", "move", "--pilot", "--all")
	b.must(exitFailed, "migrate", "move", "--pilot") // nobody belongs to it
	b.must(exitUsage, "migrate", "move", "nobody@contoso.com")
	b.must(exitDone, "migrate", "pilot", string(b.rooms[0]))
	var pilot []struct {
		Mailbox providers.Address
		Pilot   bool
	}
	_, out, _ := b.run("migrate", "pilot", "--json")
	if err := json.Unmarshal([]byte(out), &pilot); err != nil || len(pilot) != 1 || pilot[0].Mailbox != b.rooms[0] || !pilot[0].Pilot {
		t.Fatalf("pilot: %v %s", err, out)
	}
	b.must(exitDone, "migrate", "move", "--pilot")
	if b.engine.m.Count(providers.MoveMoved) != 1 {
		t.Fatal("not just the pilot group was moved")
	}
	// All wants the tenant's name, and nothing happens without it.
	b.must(exitUsage, "migrate", "move", "--all")
	if text := b.must(exitFailed, "migrate", "move", "--all", "--yes", "fabrikam"); !strings.Contains(text, "nothing was moved") {
		t.Errorf("another name: %s", text)
	}
	if b.engine.m.Count(providers.MoveMoved) != 1 {
		t.Fatal("moved under another name")
	}
	if text := b.must(exitPartly, "migrate", "move", "--all", "--yes", "contoso (demo)"); !strings.Contains(text, string(b.rooms[2])) || !strings.Contains(text, "on premises") {
		t.Errorf("what was not moved is not said: %s", text)
	}
	if b.engine.m.Count(providers.MoveMoved) != 2 {
		t.Fatal("what differs was moved, or not all else")
	}
	b.must(exitUsage, "migrate", "return", "--all") // nobody can be asked
	b.must(exitDone, "migrate", "return", string(b.rooms[0]), "--yes")
	b.must(exitFailed, "migrate", "return", string(b.rooms[0]), "--yes")
	b.must(exitDone, "migrate", "return", "--all", "--yes")
	b.must(exitDone, "migrate", "move", string(b.rooms[0]), string(b.rooms[1]))
	b.must(exitDone, "migrate", "move", string(b.rooms[2]), "--even-if-different")
	b.must(exitFailed, "migrate", "move", string(b.rooms[3]))
	b.must(exitUsage, "migrate", "finish")
	if b.engine.finished {
		t.Fatal("finished without being asked")
	}
	b.must(exitDone, "migrate", "finish", "--yes")
	if !b.engine.finished {
		t.Fatal("not finished")
	}
	var o struct {
		State     string
		Counts    map[string]int
		Artefacts int
		Scope     struct{ Wider bool }
		Mailboxes []any
	}
	_, out, _ = b.run("migrate", "status", "--json")
	if err := json.Unmarshal([]byte(out), &o); err != nil || o.State != "finished" || o.Counts["moved"] != 3 || o.Artefacts != 2 || o.Scope.Wider || len(o.Mailboxes) != 4 {
		t.Fatalf("%v %s", err, out)
	}
}

// A migration that some mailboxes refuse is partly done, and one that all refuse failed.
func TestMigrateRefusals(t *testing.T) {
	b := newMigrateBench(t)
	b.must(exitPartly, "migrate", "plan")
	b.engine.refuse[b.rooms[0]] = "the service asked to wait"
	if text := b.must(exitPartly, "migrate", "move", string(b.rooms[0]), string(b.rooms[1])); !strings.Contains(text, "the service asked to wait") {
		t.Errorf("%s", text)
	}
	b.must(exitFailed, "migrate", "move", string(b.rooms[0]))
	b.engine.why = "EWS does not answer"
	if text := b.must(exitFailed, "migrate", "move", string(b.rooms[0])); !strings.Contains(text, "EWS does not answer") {
		t.Errorf("%s", text)
	}
}

// A wider scope is said, and is no success.
func TestMigratePlanWiderScope(t *testing.T) {
	b := newMigrateBench(t)
	b.engine.boxes = b.engine.boxes[:2]
	b.must(exitDone, "migrate", "plan")
	for _, scope := range []providers.MigrationScope{{Limited: true, Extra: []providers.Address{"ceo@contoso.com"}}, {Limited: false}} {
		if !widerScope(scope) {
			t.Errorf("%+v is not wider", scope)
		}
	}
}

// C19, P4: a booker moves nothing; who moved what is in the trail, a line for each
// mailbox, once.
func TestMigrateAuditP4(t *testing.T) {
	b := newMigrateBench(t)
	b.must(exitPartly, "migrate", "plan")
	b.must(exitDone, "migrate", "move", string(b.rooms[0]), string(b.rooms[1]))
	b.must(exitDone, "migrate", "status")
	b.must(exitDone, "migrate", "return", string(b.rooms[1]), "--yes")
	trail := func() (lines []audit.Record) {
		t.Helper()
		_, out, _ := b.run("audit", "--json", "--limit", "0")
		var o auditObject
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		for _, r := range o.Lines {
			if r.Mailbox != "" && (r.Action == "migrate" || r.Action == "return") {
				lines = append(lines, r)
			}
		}
		return lines
	}
	lines := trail()
	if len(lines) != 3 {
		t.Fatalf("%d lines of moved mailboxes: %+v", len(lines), lines)
	}
	for i, want := range []struct {
		action, was, is string
		mailbox         providers.Address
	}{{"migrate", "exchange_web_services", "graph_api", b.rooms[0]}, {"migrate", "exchange_web_services", "graph_api", b.rooms[1]}, {"return", "graph_api", "exchange_web_services", b.rooms[1]}} {
		r := lines[i]
		if r.Action != want.action || r.Mailbox != want.mailbox || len(r.Was) != 1 || r.Was[0] != want.was || r.Is[0] != want.is || r.Actor.User == "" || r.At.IsZero() {
			t.Errorf("line %d is %+v", i, r)
		}
	}
	// One that changed over in a process that died is written down by the next.
	b.engine.turn(providers.MigrationChoice{Mailboxes: []providers.Address{b.rooms[1]}}, providers.MoveMoved, "graph", providers.MoveReturned)
	b.must(exitDone, "migrate", "status")
	if lines := trail(); len(lines) != 4 || lines[3].Mailbox != b.rooms[1] || lines[3].Action != "migrate" {
		t.Errorf("after a process that died: %+v", lines)
	}
	a, _, _ := newApp(t)
	a.flags.config = filepath.Join(b.dir, "config.toml")
	setRole(t, a, "booker")
	b.must(exitSignIn, "migrate", "move", string(b.rooms[1]))
	b.must(exitSignIn, "migrate", "status")
	b.must(exitSignIn, "profiles", "authorise", string(b.rooms[1]))
	b.must(exitSignIn, "features", "graph", "off")
}

// The report as table, CSV and JSON: harmful first, formulas defused, private values
// left out, files never replaced by chance.
func TestMigrateReport(t *testing.T) {
	b := newMigrateBench(t)
	b.must(exitPartly, "migrate", "plan")
	_, out, _ := b.run("migrate", "report", "--plain")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], string(b.rooms[2])) || !strings.Contains(lines[1], string(b.rooms[3])) {
		t.Errorf("the report is %q", lines)
	}
	if _, out, _ = b.run("migrate", "report", "--all", "--plain"); strings.Count(out, "\n") != 4 {
		t.Errorf("all is %q", out)
	}
	if _, out, _ = b.run("migrate", "report", string(b.rooms[2])); !strings.Contains(out, "private") || strings.Contains(out, "Salary") || strings.Contains(out, "behind the door") {
		t.Errorf("entries are %s", out)
	}
	file := filepath.Join(t.TempDir(), "report.csv")
	b.must(exitDone, "migrate", "report", "--format", "csv", "--entries", "--output", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Equal(rows[0], parityEntryColumns) || rows[1][4] != "'=HYPERLINK(1)" || rows[2][4] != "" || rows[2][7] != "" {
		t.Errorf("%v %q", err, rows)
	}
	b.must(exitUsage, "migrate", "report", "--format", "csv", "--output", file)
	b.must(exitDone, "migrate", "report", "--format", "csv", "--output", file, "--force")
	if text, _ = os.ReadFile(file); !strings.Contains(string(text), `"'=cmd`) {
		t.Errorf("a formula is not defused: %s", text)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	_, out, _ = b.run("migrate", "report", "--format", "json")
	var o struct {
		Mailboxes, Entries []any
		Parity             struct {
			Missing int
			Whole   bool
		}
	}
	if err := json.Unmarshal([]byte(out), &o); err != nil || len(o.Mailboxes) != 2 || len(o.Entries) != 2 || o.Parity.Missing != 1 || o.Parity.Whole {
		t.Errorf("%v %s", err, out)
	}
	if strings.Contains(out, "Salary") || strings.Contains(out, "behind the door") {
		t.Error("private values are in the JSON")
	}
	b.must(exitUsage, "migrate", "report", "--format", "xml")
	b.must(exitUsage, "migrate", "report", "--entries")
	b.must(exitUsage, "migrate", "report", "--output", file)
}

// An organisation with one provider is told what to do.
func TestMigrateWithOneProvider(t *testing.T) {
	b := newMigrateBench(t)
	a, _, stderr := newApp(t)
	a.log = a.newLog(false)
	root := a.root()
	root.SetArgs([]string{"--config", filepath.Join(b.dir, "config.toml"), "--data", filepath.Join(b.dir, "data"), "migrate", "plan"})
	if err := root.ExecuteContext(t.Context()); err != nil || a.code != exitFailed || !strings.Contains(stderr.String(), "--beside") {
		t.Errorf("%v, %d: %s", err, a.code, stderr)
	}
}
