package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/keystore"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
	"roomdesk/tui"
)

// A level of access as a tenant or an administrator sets it, and what follows: the
// sentence that refuses writing, and the one that refuses reading meetings; "" allows.
type matrixLevel struct {
	name         string
	level        string // as whoami tells it
	set          func(m *matrix)
	write, teams string
	read         string
	room         func(m *matrix) string // of which room meetings are read; nil: the one inside
	relocate     string                 // where other than write
}

const (
	freeBusyWrites = "shows free/busy only and cannot write"
	freeBusyReads  = "shows free/busy only"
)

// matrixLevels are the rows of PRODUCT L1 to L6 and L15. A provider gives each of them
// in its own way, and the same must be allowed.
func matrixLevels() []matrixLevel {
	return []matrixLevel{
		{name: "full", level: "full", set: func(*matrix) {}},
		{name: "restricted", level: "restricted", set: func(m *matrix) { m.limit(m.organizer, m.room, m.third); m.choose("restricted") }},
		{name: "outside a limit", level: "restricted", set: func(m *matrix) { m.limit(m.organizer, m.room, m.third); m.choose("restricted") },
			room: func(m *matrix) string { return m.other }, read: "access is refused", relocate: "access is refused"},
		{name: "free-busy", level: "free-busy", set: func(m *matrix) { m.permission("Calendars.ReadBasic.All") }, write: freeBusyWrites, teams: freeBusyWrites, read: freeBusyReads, relocate: freeBusyReads},
		{name: "free-busy, chosen", level: "free-busy", set: func(m *matrix) { m.choose("free-busy") }, write: freeBusyWrites, teams: freeBusyWrites, read: freeBusyReads, relocate: freeBusyReads},
		{name: "reading only", level: "full", set: func(m *matrix) { m.permission("Calendars.Read") }, write: "grant Calendars.ReadWrite", teams: "grant Calendars.ReadWrite"},
		{name: "the organizer outside", level: "full", set: func(m *matrix) { m.limit(m.room, m.third) },
			write: "outside the mailboxes that this connection may use", teams: "outside the mailboxes that this connection may use", relocate: "-"},
	}
}

// matrix is one tenant at one level.
type matrix struct {
	t      *testing.T
	ctx    context.Context
	tenant *simulator.Tenant
	dir    string
	seen   int // entries of the ledger that were looked at

	organizer, room, other, third string
	day                           string
	change, cancel                string // ids of bookings
}

func (m *matrix) run(args ...string) (code int, out, errs string) {
	m.t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(m.ctx, m.deps(&stdout, &stderr, args...))
	return code, stdout.String(), stderr.String()
}

func (m *matrix) deps(stdout, stderr *bytes.Buffer, args ...string) Deps {
	return Deps{Args: append([]string{"--config", filepath.Join(m.dir, "config.toml"), "--data", filepath.Join(m.dir, "data")}, args...), Stdin: strings.NewReader(""),
		Stdout: stdout, Stderr: stderr, Now: time.Now, Zone: time.UTC, LookupEnv: func(string) (string, bool) { return "", false }, Environ: []string{"NO_COLOR=1"}}
}

// limit lets the application see only some mailboxes.
func (m *matrix) limit(mailboxes ...string) {
	m.tenant.SetAccessPolicy(simulator.AccessPolicy{Allowed: mailboxes})
}

// permission replaces the application's permission for calendars.
func (m *matrix) permission(role string) {
	if err := m.tenant.Directory().Update(m.tenant.Endpoints().ClientID, func(a *entra.Application) {
		a.Roles = append(slices.DeleteFunc(slices.Clone(a.Roles), func(role string) bool { return strings.HasPrefix(role, "Calendars.") }), role)
	}); err != nil {
		m.t.Fatal(err)
	}
}

// choose sets the level of the connection.
func (m *matrix) choose(level string) {
	config, err := keystore.LoadConfig(filepath.Join(m.dir, "config.toml"))
	if err != nil {
		m.t.Fatal(err)
	}
	c := config.Connections[0]
	c.Access = level
	if err := update(config, c); err != nil {
		m.t.Fatal(err)
	}
}

// since are the requests that came since the last look.
func (m *matrix) since() []simulator.Entry {
	all := m.tenant.Ledger()
	out := all[m.seen:]
	m.seen = len(all)
	return out
}

// newMatrix makes a tenant with a booking to change and one to cancel.
func newMatrix(ctx context.Context, t *testing.T) *matrix {
	t.Helper()
	tenant, err := simulator.Start(ctx, simulator.Options{Rooms: 3, People: 2, Seed: 5, RoomAnswerDelay: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &matrix{t: t, ctx: ctx, tenant: tenant, dir: t.TempDir(), organizer: tenant.Endpoints().Organizer, room: tenant.Rooms()[0].Mailbox, other: tenant.Rooms()[1].Mailbox, third: tenant.Rooms()[2].Mailbox}
	if err := tenant.WriteDir(m.dir); err != nil {
		t.Fatal(err)
	}
	day := time.Now().UTC().AddDate(0, 0, 3)
	for day.Weekday() != time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	m.day = day.Format(time.DateOnly)
	m.change, m.cancel = m.book("01:00", "To be changed"), m.book("03:00", "To be cancelled")
	return m
}

func (m *matrix) book(at, subject string) string {
	m.t.Helper()
	code, out, errs := m.run("book", "--room", m.room, "--start", m.day+" "+at, "--end", "+30m", "--subject", subject, "--json")
	var b struct{ ID, State string }
	if err := json.Unmarshal([]byte(out), &b); err != nil || code != exitDone || b.State != "accepted" {
		m.t.Fatalf("%d %v\n%s%s", code, err, out, errs)
	}
	return b.ID
}

// calendarPath reports whether a request reads or writes meetings, and folders reports
// one that touches anything else of a mailbox than calendars (L4).
func readsMeetings(e simulator.Entry) bool {
	path := strings.ToLower(e.Path)
	return strings.Contains(path, "calendarview") || strings.Contains(path, "/events") || strings.Contains(path, "findmeetingtimes")
}

func otherFolder(e simulator.Entry) bool {
	path := strings.ToLower(e.Path)
	for _, folder := range []string{"mail", "message", "contact", "todo", "drive", "onenote", "inbox", "people", "photo", "planner"} {
		if strings.Contains(path, "/"+folder) && !strings.Contains(path, "mailboxsettings") {
			return true
		}
	}
	return false
}

// L1 to L6, L15: every level times every verb, over the real program: exit code and
// sentence of the command, keys of the console, and what reached the tenant.
func TestMatrixOfLevelsAndVerbs(t *testing.T) {
	for _, level := range matrixLevels() {
		t.Run(level.name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithTimeout(t.Context(), matrixPatience)
			defer stop()
			m := newMatrix(ctx, t)
			level.set(m)
			m.since()
			m.commands(level)
			m.console(level)
		})
	}
}

// commands runs every verb's command.
func (m *matrix) commands(level matrixLevel) {
	t, room, relocate := m.t, m.room, level.write
	if level.room != nil {
		room = level.room(m)
	}
	if level.relocate != "" {
		relocate = level.relocate
	}
	code, out, errs := m.run("whoami", "--json")
	var who struct{ Access string }
	if err := json.Unmarshal([]byte(out), &who); err != nil || code != exitDone || who.Access != level.level {
		t.Errorf("whoami: %d %v %s%s; want level %q", code, err, out, errs, level.level)
	}
	from := []string{"--from", m.day, "--to", "+24h"}
	for _, c := range []struct {
		verb    string
		args    []string
		refused string // "" allowed, "-" not looked at
		writes  bool
	}{
		{"rooms", []string{"rooms", "--json"}, "", false},
		{"people", []string{"people", "--json"}, "", false},
		{"free-busy", append([]string{"freebusy", m.room, "--json"}, from...), "", false},
		{"events", append([]string{"events", room, "--json"}, from...), level.read, false},
		{"details", append([]string{"events", room, "--json"}, from...), level.read, false},
		{"export", append([]string{"export", room, "--format", "ics"}, from...), level.read, false},
		{"book", []string{"book", "--room", m.room, "--start", m.day + " 05:00", "--end", "+30m"}, level.write, true},
		{"teams", []string{"book", "--room", m.room, "--start", m.day + " 06:00", "--end", "+30m", "--teams"}, level.teams, true},
		{"change", []string{"bookings", "extend", m.change}, level.write, true},
		{"cancel", []string{"bookings", "cancel", m.cancel, "--yes"}, level.write, true},
		{"relocate", append([]string{"relocate", room, "--yes"}, from...), relocate, true},
	} {
		if c.refused == "-" {
			continue
		}
		m.since()
		code, out, errs := m.run(c.args...)
		sent := m.since()
		writes := 0
		for _, e := range sent {
			if isWrite(e) {
				writes++
			}
			if otherFolder(e) {
				t.Errorf("L4: %s: %s %s", c.verb, e.Method, e.Path)
			}
			if level.level == "free-busy" && readsMeetings(e) {
				t.Errorf("L5: %s: %s %s", c.verb, e.Method, e.Path)
			}
		}
		switch {
		case c.refused == "":
			if code != exitDone || c.writes && writes == 0 {
				t.Errorf("%s: exit %d, %d writes\n%s%s", c.verb, code, writes, out, errs)
			}
		case code != exitSignIn || !strings.Contains(errs, c.refused) || writes > 0:
			t.Errorf("%s: exit %d, %d writes, want it refused with %q\n%s%s", c.verb, code, writes, c.refused, out, errs)
		}
		if c.verb == "free-busy" && !strings.Contains(out, `"state": "busy"`) {
			t.Errorf("%s: nothing is busy: %s", c.verb, out)
		}
		if !c.writes && strings.Contains(out, "To be changed") && level.read != "" {
			t.Errorf("L5: %s tells a subject:\n%s", c.verb, out)
		}
	}
	if level.level == "free-busy" {
		m.since()
		if code, out, errs := m.run("sync", "--once", "--json"); code != exitDone {
			t.Errorf("sync: exit %d\n%s%s", code, out, errs)
		}
		for _, e := range m.since() {
			if readsMeetings(e) {
				t.Errorf("L5: sync: %s %s", e.Method, e.Path)
			}
		}
	}
}

// matrixPatience bounds what is waited for; it measures nothing.
const matrixPatience = 25 * time.Second

func isWrite(e simulator.Entry) bool {
	path := strings.ToLower(e.Path)
	return e.Method != "GET" && strings.Contains(path, "/users/") && !strings.Contains(path, "getschedule")
}

// console looks at the keys: what is refused says so before anything is filled in.
func (m *matrix) console(level matrixLevel) {
	t := m.t
	a := &app{memory: &keystore.Memory{}, deps: m.deps(&bytes.Buffer{}, &bytes.Buffer{})}
	a.log = a.newLog(false)
	a.flags.config, a.flags.data = filepath.Join(m.dir, "config.toml"), filepath.Join(m.dir, "data")
	a.prepareOutput()
	s, err := a.open(m.ctx)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorkspace(m.ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(m.ctx)
	background := w.start(running)
	defer func() {
		leave()
		if err := <-background; err != nil {
			t.Errorf("the background ended with %v", err)
		}
		if err := s.close(nil); err != nil {
			t.Error(err)
		}
	}()
	// Until somebody answered nothing is known to be left out.
	for known := false; !known; {
		if _, err := w.Wait(m.ctx); err != nil {
			t.Fatalf("nobody answered: %v", err)
		}
		h := w.Header()
		known = h.Allowed.Level != "" && (level.relocate != "-" || h.Mailboxes[h.Organizer].Level != "")
	}
	p := &player{t: t, ctx: m.ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Workspace: w, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 150, Height: 40})
	p.run(p.m.Init())
	p.see(m.tenant.Rooms()[0].Name, fmt.Sprintf("Graph · %s", level.level))
	p.typing("/" + strings.ToLower(m.tenant.Rooms()[0].Name))
	p.press(tea.KeyEnter)
	p.see("1 of 3 rooms")
	m.since()
	for _, key := range []struct {
		verb, press, opens string
		view               rune
	}{
		{"book", "b", "Book ", '1'}, {"relocate", "o", "out of order", '1'}, {"change", "m", "Move", '3'}, {"cancel", "c", "Cancel", '3'},
	} {
		p.press(key.view)
		p.see(map[rune]string{'1': "free now", '3': "what"}[key.view])
		if key.view == '3' {
			p.see("To be changed")
			p.typing("jjjjjjj") // the first that was made
		}
		p.press([]rune(key.press)[0])
		switch {
		case key.verb == "relocate" && level.relocate != "" && level.relocate != freeBusyReads:
		case level.write == "":
			p.see(key.opens)
		default:
			p.see(level.write)
		}
		p.press(tea.KeyEscape)
	}
	for _, e := range m.since() {
		if isWrite(e) || otherFolder(e) || level.level == "free-busy" && readsMeetings(e) {
			t.Errorf("the console sent %s %s", e.Method, e.Path)
		}
	}
}
