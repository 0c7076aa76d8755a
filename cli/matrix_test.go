package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/keystore"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
	"roomdesk/providers/simulator/exchange"
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

	exchange func(m *matrix)   // the same by Exchange's means
	said     map[string]string // the sentences that Exchange has in place of Graph's
	exLevel  string            // where its name is another there
	freeBusy string            // as read
	blind    bool              // nothing is known of any room, so there is no key to look at
}

const (
	freeBusyWrites = "shows free/busy only and cannot write"
	freeBusyReads  = "shows free/busy only"
)

// matrixLevels are the rows of PRODUCT L1 to L6 and L15. A provider gives each of them
// in its own way, and the same must be allowed.
func matrixLevels() []matrixLevel {
	return []matrixLevel{
		{name: "full", level: "full", set: func(*matrix) {}, exchange: func(*matrix) {}},
		{name: "restricted", level: "restricted", set: func(m *matrix) { m.limit(m.organizer, m.room, m.third); m.choose("restricted") },
			exchange: func(m *matrix) { m.scope(m.organizer, m.room, m.third); m.choose("restricted") }},
		{name: "outside a limit", level: "restricted", set: func(m *matrix) { m.limit(m.organizer, m.room, m.third); m.choose("restricted") },
			room: func(m *matrix) string { return m.other }, read: "access is refused", relocate: "access is refused",
			exchange: func(m *matrix) { m.scope(m.organizer, m.room, m.third); m.choose("restricted") }, said: map[string]string{"access is refused": "may not act for this mailbox"}},
		{name: "free-busy", level: "free-busy", set: func(m *matrix) { m.permission("Calendars.ReadBasic.All") }, write: freeBusyWrites, teams: freeBusyWrites, read: freeBusyReads, relocate: freeBusyReads,
			exchange: func(m *matrix) { m.share(nil) }},
		{name: "free-busy, chosen", level: "free-busy", set: func(m *matrix) { m.choose("free-busy") }, write: freeBusyWrites, teams: freeBusyWrites, read: freeBusyReads, relocate: freeBusyReads,
			exchange: func(m *matrix) { m.choose("free-busy") }},
		{name: "read-only, chosen", level: "read-only", set: func(m *matrix) { m.choose("read-only") }, write: "set to reading only", teams: "set to reading only",
			exchange: func(m *matrix) { m.choose("read-only") }},
		{name: "reading only", level: "full", set: func(m *matrix) { m.permission("Calendars.Read") }, write: "grant Calendars.ReadWrite", teams: "grant Calendars.ReadWrite",
			exchange: func(m *matrix) {
				m.share(map[string]string{m.organizer: "Reviewer", m.room: "Reviewer", m.other: "Reviewer", m.third: "Reviewer", m.tenant.Endpoints().TestMailbox: "Reviewer"})
			},
			exLevel: "restricted", said: map[string]string{"grant Calendars.ReadWrite": "read-only for the service account"}},
		{name: "the organizer outside", level: "full", set: func(m *matrix) { m.limit(m.room, m.third) },
			write: "outside the mailboxes that this connection may use", teams: "outside the mailboxes that this connection may use", relocate: "-",
			exchange: func(m *matrix) { m.scope(m.room, m.third) }},
		// Graph's token does not tell of rights that Exchange alone has granted: what it
		// calls restricted is then refused mailbox by mailbox.
		{name: "none", level: "restricted", set: func(m *matrix) { m.permission("") }, write: "outside the mailboxes that this connection may use",
			teams: "outside the mailboxes that this connection may use", read: "access is refused", relocate: "access is refused", freeBusy: "refused (", blind: true,
			exchange: func(m *matrix) {
				m.share(map[string]string{m.organizer: "None", m.room: "None", m.other: "None", m.third: "None", m.tenant.Endpoints().TestMailbox: "None"})
			},
			exLevel: "none", said: map[string]string{"outside the mailboxes that this connection may use": "may not open it", "access is refused": "may not open it"}},
	}
}

// matrix is one tenant at one level.
type matrix struct {
	t      *testing.T
	ctx    context.Context
	tenant *simulator.Tenant
	ews    bool // it is asked by Exchange Web Services
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

// permission replaces the application's permission for calendars; "" takes it away.
func (m *matrix) permission(role string) {
	if err := m.tenant.Directory().Update(m.tenant.Endpoints().ClientID, func(a *entra.Application) {
		a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(role string) bool { return strings.HasPrefix(role, "Calendars.") })
		if role != "" {
			a.Roles = append(a.Roles, role)
		}
	}); err != nil {
		m.t.Fatal(err)
	}
}

// scope lets the service account act for some mailboxes only, that of the test among them.
func (m *matrix) scope(mailboxes ...string) {
	mailboxes = append(mailboxes, m.tenant.Endpoints().TestMailbox)
	m.exchangeSettings(func(s *exchange.Settings) { s.Scope = mailboxes })
}

// share takes the right to act away, and gives the account what calendars share with
// it; who is not named shows what everybody sees.
func (m *matrix) share(permissions map[string]string) {
	m.exchangeSettings(func(s *exchange.Settings) { s.Impersonation, s.Permissions = false, permissions })
}

func (m *matrix) exchangeSettings(change func(*exchange.Settings)) {
	settings, ok := m.tenant.ExchangeSettings()
	if change(&settings); !ok || m.tenant.SetExchange(settings) != nil {
		m.t.Fatal("the tenant has no Exchange face")
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
func newMatrix(ctx context.Context, t *testing.T, service string) *matrix {
	t.Helper()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 3, People: 2, Seed: 5, RoomAnswerDelay: 20 * time.Millisecond, Exchange: service})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &matrix{t: t, ctx: ctx, tenant: tenant, ews: service != "", dir: t.TempDir(), organizer: tenant.Endpoints().Organizer, room: tenant.Rooms()[0].Mailbox, other: tenant.Rooms()[1].Mailbox, third: tenant.Rooms()[2].Mailbox}
	if err := tenant.WriteDir(m.dir); err != nil {
		t.Fatal(err)
	}
	day := time.Now().UTC().AddDate(0, 0, 3)
	for day.Weekday() != time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	m.day = day.Format(time.DateOnly)
	m.change, m.cancel = m.book("01:00", "To be changed"), m.book("03:00", "To be cancelled")
	m.book("07:00", "Nobody's business", "--private")
	return m
}

func (m *matrix) book(at, subject string, more ...string) string {
	m.t.Helper()
	code, out, errs := m.run(append([]string{"book", "--room", m.room, "--start", m.day + " " + at, "--end", "+30m", "--subject", subject, "--json"}, more...)...)
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
	if e.Operation != "" {
		return slices.Contains([]string{"FindItem", "GetItem", "SyncFolderItems"}, e.Operation) && e.Status == http.StatusOK && e.Code == ""
	}
	return strings.Contains(path, "calendarview") || strings.Contains(path, "/events") || strings.Contains(path, "findmeetingtimes")
}

func otherFolder(e simulator.Entry) bool {
	path := strings.ToLower(e.Path)
	if e.Folder != "" && e.Folder != "calendar" {
		return true
	}
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
		t.Run(level.name, func(t *testing.T) { runMatrix(t, level, "") })
	}
}

// The same levels and verbs over Exchange: what is allowed is the same, by the same
// table; only the means by which an administrator sets a level, and some sentences,
// differ. Teams is refused at each level (P8).
func TestMatrixOfLevelsAndVerbsOverExchange(t *testing.T) {
	for _, level := range matrixLevels() {
		t.Run(level.name, func(t *testing.T) { runMatrix(t, level.overExchange(), simulator.ExchangeOnPremises) })
	}
}

// overExchange is the same row with Exchange's means and sentences.
func (l matrixLevel) overExchange() matrixLevel {
	l.set = l.exchange
	if l.exLevel != "" {
		l.level = l.exLevel
	}
	if l.teams == "" || l.relocate == "-" { // what the connection cannot do comes before what the organizer may not
		l.teams = "cannot make Teams meetings"
	}
	for _, sentence := range []*string{&l.write, &l.teams, &l.read, &l.relocate, &l.freeBusy} {
		if other, ok := l.said[*sentence]; ok {
			*sentence = other
		}
	}
	return l
}

func runMatrix(t *testing.T, level matrixLevel, service string) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), matrixPatience)
	defer stop()
	m := newMatrix(ctx, t, service)
	level.set(m)
	m.since()
	m.commands(level)
	if !level.blind {
		m.console(level)
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
		{"free-busy", append([]string{"freebusy", m.room, "--json"}, from...), level.freeBusy, false},
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
		if c.verb == "free-busy" && c.refused == "" && !strings.Contains(out, `"state": "busy"`) {
			t.Errorf("%s: nothing is busy: %s", c.verb, out)
		}
		if !c.writes && strings.Contains(out, "To be changed") && level.read != "" {
			t.Errorf("L5: %s tells a subject:\n%s", c.verb, out)
		}
		if strings.Contains(out+errs, "Nobody's business") {
			t.Errorf("%s tells of a private meeting:\n%s%s", c.verb, out, errs)
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
	if e.Operation != "" {
		return slices.Contains([]string{"CreateItem", "UpdateItem", "DeleteItem"}, e.Operation)
	}
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
	provider := "Graph"
	if m.ews {
		provider = "Exchange"
	}
	p.see(m.tenant.Rooms()[0].Name, fmt.Sprintf("%s · %s", provider, level.level))
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
