package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
)

// hybridOffice is a hybrid organisation with its configuration.
type hybridOffice struct {
	t      *testing.T
	tenant *simulator.Tenant
	dir    string
}

func newHybridOffice(t *testing.T, mistakes ...int) *hybridOffice {
	t.Helper()
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 8, People: 6, Seed: 7, EventsPerMailbox: 1, RoomAnswerDelay: time.Millisecond, Mistakes: mistakes,
		Exchange: simulator.ExchangeHybrid, OnPremisesRooms: 3, OnPremisesPeople: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	o := &hybridOffice{t, tenant, t.TempDir()}
	if err := tenant.WriteDir(o.dir); err != nil {
		t.Fatal(err)
	}
	return o
}

// set changes what an administrator of the Exchange server decides.
func (o *hybridOffice) set(change func(*exchange.Settings)) {
	o.t.Helper()
	settings, _ := o.tenant.ExchangeSettings()
	change(&settings)
	if err := o.tenant.SetExchange(settings); err != nil {
		o.t.Fatal(err)
	}
}

// run gives the exit code, and what was printed.
func (o *hybridOffice) run(args ...string) (code int, out string) {
	o.t.Helper()
	var printed, errs bytes.Buffer
	args = append(args, "--config", filepath.Join(o.dir, "config.toml"), "--data", filepath.Join(o.dir, "data"))
	code = Main(o.t.Context(), Deps{Args: args, Stdin: strings.NewReader(""), Stdout: &printed, Stderr: &errs, Zone: time.UTC, Now: o.tenant.Clock().Now, Environ: []string{"NO_COLOR=1"},
		LookupEnv: func(string) (string, bool) { return "", false }})
	if code == exitUsage {
		o.t.Fatal(errs.String())
	}
	return code, printed.String()
}

// sideDiagnosis is what of a diagnosis in JSON is held to.
type sideDiagnosis struct {
	Connection string `json:"connection"`
	FirstLine  string `json:"first_line"`
	ExitCode   int    `json:"exit_code"`
	Cause      *struct {
		Mistake int
		What    string
	}
	Rungs       []struct{ Name, State, Seen string }
	Connections []sideDiagnosis `json:"connections"`
}

func (o *hybridOffice) doctor(args ...string) sideDiagnosis {
	o.t.Helper()
	code, out := o.run(append([]string{"doctor", "--json"}, args...)...)
	var d sideDiagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		o.t.Fatalf("%v: %s", err, out)
	}
	if d.ExitCode != code {
		o.t.Errorf("exit code %d, in JSON %d", code, d.ExitCode)
	}
	return d
}

// sideRow is a mistake on one side of an organisation, as doctor tells it.
type sideRow struct {
	name, side string
	says       string // in the first line, after the connection
	mistakes   []int  // of the tenant's catalogue
	set        func(*exchange.Settings)
	gone       string // a path that does not answer
	code       int
}

func sideRows() []sideRow {
	no := false
	return []sideRow{
		{name: "secret id", side: "demo", mistakes: []int{1}, says: "Secret ID", code: exitSignIn},
		{name: "no such tenant", side: "demo", mistakes: []int{4}, says: "tenant", code: exitSignIn},
		{name: "not granted", side: "demo", mistakes: []int{6}, says: "Calendars.ReadWrite", code: exitSignIn},
		{name: "places", side: "demo", mistakes: []int{8}, says: "Place.Read.All", code: exitSignIn},
		{name: "teams", side: "demo", mistakes: []int{16}, says: "cannot make Teams meetings", code: exitPartly},
		{name: "Graph is not reached", side: "demo", gone: "/v1.0", says: "", code: exitUnreachable},
		{name: "no impersonation", side: "demo-exchange", set: func(s *exchange.Settings) { s.Impersonation = false }, says: "may act for no mailbox that was tried", code: exitSignIn},
		{name: "no room lists", side: "demo-exchange", set: func(s *exchange.Settings) { s.NoRoomLists = true }, says: "no room lists", code: exitFailed},
		{name: "no own mailbox", side: "demo-exchange", set: func(s *exchange.Settings) { s.Service.NoMailbox = true }, says: "no mailbox of its own", code: exitFailed},
		{name: "EWS off", side: "demo-exchange", set: func(s *exchange.Settings) { s.EWSEnabled = &no }, says: "Exchange Web Services", code: exitSignIn},
		{name: "password", side: "demo-exchange", set: func(s *exchange.Settings) { s.Service.State, s.Service.Told = "expired", true }, says: "has expired", code: exitSignIn},
		{name: "the server is not reached", side: "demo-exchange", gone: "/EWS/Exchange.asmx", says: "", code: exitUnreachable},
		{name: "both", side: "demo-exchange", mistakes: []int{16}, set: func(s *exchange.Settings) { s.Service.State, s.Service.Told = "expired", true }, says: "has expired", code: exitSignIn},
	}
}

// S1, P17: the doctor of an organisation looks at both connections. A mistake on one side
// is the first cause, named with its connection, and rooms of the other side are none that
// are missing: that side is healthy, or says that it cannot tell.
func TestS1DoctorOfAnOrganisationNamesTheSide(t *testing.T) {
	plain := newHybridOffice(t) // of the rows whose mistake can be taken back
	settings, _ := plain.tenant.ExchangeSettings()
	for _, row := range sideRows() {
		t.Run(row.name, func(t *testing.T) {
			o := plain
			if len(row.mistakes) > 0 {
				o = newHybridOffice(t, row.mistakes...)
			}
			if row.set != nil {
				o.set(row.set)
				defer plain.set(func(s *exchange.Settings) { *s = settings })
			}
			if row.gone != "" {
				defer o.tenant.Inject(simulator.Fault{Path: row.gone, Network: "proxy_407"})()
			}
			d := o.doctor()
			if d.Connection != row.side || !strings.HasPrefix(d.FirstLine, row.side+": ") || !strings.Contains(d.FirstLine, row.says) || d.ExitCode != row.code {
				t.Errorf("%s, exit %d: %s", d.Connection, d.ExitCode, d.FirstLine)
			}
			if len(d.Connections) != 2 || d.Connections[0].Connection != "demo" || d.Connections[1].Connection != "demo-exchange" {
				t.Fatalf("%d sections", len(d.Connections))
			}
			for _, section := range d.Connections {
				if section.Connection != row.side && row.name != "both" && section.Cause != nil && !strings.Contains(section.Cause.What, "cannot be told") {
					t.Errorf("the other side: %s", section.FirstLine)
				}
			}
		})
	}
}

// Either name, and none, look at both sides, and a room of the other side is not missing,
// whether a mirror knows its home or not. --alone looks at one, in the shape of one.
func TestP17DoctorKnowsTheHomesOfAnOrganisation(t *testing.T) {
	o := newHybridOffice(t)
	healthy := func(when string) {
		t.Helper()
		for _, args := range [][]string{nil, {"demo"}, {"demo-exchange"}} {
			d := o.doctor(args...)
			if d.ExitCode != exitDone || len(d.Connections) != 2 || d.Connection != "" {
				t.Errorf("%s, doctor %v: exit %d, %s", when, args, d.ExitCode, d.FirstLine)
				continue
			}
			for i, want := range []string{"5 of 5 rooms that were tried answer; 3 rooms reached through demo-exchange", "3 of 3 rooms that were tried answer; 5 rooms reached through demo"} {
				at := slices.IndexFunc(d.Connections[i].Rungs, func(r struct{ Name, State, Seen string }) bool { return r.Name == "room calendars" })
				if got := d.Connections[i].Rungs[at]; got.State != "passed" || got.Seen != want {
					t.Errorf("%s: %s is %s: %s", when, d.Connections[i].Connection, got.State, got.Seen)
				}
			}
		}
	}
	healthy("before the first sync")
	if code, out := o.run("sync", "--once"); code != exitDone {
		t.Fatal(out)
	}
	healthy("with a mirror")
	d := o.doctor("demo-exchange", "--alone")
	if d.ExitCode != exitDone || d.Connection != "demo-exchange" || d.Connections != nil || len(d.Rungs) == 0 {
		t.Errorf("alone: %+v", d)
	}
	// A room of either side is asked for its answer once, over its own side.
	rooms := o.tenant.Rooms()
	before := len(o.tenant.Ledger())
	code, out := o.run("doctor", "--write", "--mailbox", rooms[0].Mailbox, "--mailbox", rooms[7].Mailbox)
	if code != exitDone || strings.Count(out, "1 room answered") != 2 {
		t.Errorf("exit %d after %d requests\n%s", code, len(o.tenant.Ledger())-before, out)
	}
	// Each is remembered as tested.
	a := &app{deps: Deps{LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now}}
	a.flags.config, a.flags.data = filepath.Join(o.dir, "config.toml"), filepath.Join(o.dir, "data")
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range config.Connections {
		if test, ok := a.tested(c); !ok || !test.Healthy {
			t.Errorf("%s is not known as tested", c.Name)
		}
	}
}

// C4, P17: permissions of an organisation are both sides', a limit is tried where the
// mailbox lives, and one side that cannot be asked leaves the other.
func TestP17PermissionsOfAnOrganisation(t *testing.T) {
	o := newHybridOffice(t)
	rooms := o.tenant.Rooms()
	type limit struct {
		Mailbox, Result string
		Holds           bool
	}
	type section struct {
		Connection, Home, Error string
		ExitCode                int `json:"exit_code"`
		Least                   []string
		Limit                   []limit
	}
	ask := func(args ...string) (int, []section) {
		t.Helper()
		code, out := o.run(append([]string{"permissions", "--json"}, args...)...)
		var told struct {
			Organisation string
			ExitCode     int `json:"exit_code"`
			Connections  []section
		}
		if err := json.Unmarshal([]byte(out), &told); err != nil || told.ExitCode != code || told.Organisation != "demo" || len(told.Connections) != 2 {
			t.Fatalf("%v: exit %d\n%s", err, code, out)
		}
		return code, told.Connections
	}
	code, both := ask("demo-exchange", "--inside", rooms[0].Mailbox, "--inside", rooms[7].Mailbox)
	if code != exitDone || !slices.Contains(both[0].Least, "Calendars.ReadWrite") || !slices.Contains(both[1].Least, "ApplicationImpersonation") || both[1].Home != "on premises" {
		t.Errorf("exit %d: %+v", code, both)
	}
	if !slices.Equal(both[0].Limit, []limit{{rooms[0].Mailbox, "open", true}}) || !slices.Equal(both[1].Limit, []limit{{rooms[7].Mailbox, "open", true}}) {
		t.Errorf("a limit is tried at %+v and %+v", both[0].Limit, both[1].Limit)
	}
	if code, both = ask("--outside", rooms[7].Mailbox); code != exitPartly || len(both[0].Limit) != 0 || both[1].ExitCode != exitPartly {
		t.Errorf("exit %d: %+v", code, both)
	}
	o.set(func(s *exchange.Settings) { s.Service.State = "expired" })
	if code, both = ask(); code != exitSignIn || both[0].ExitCode != exitDone || len(both[0].Least) == 0 || both[1].Error == "" {
		t.Errorf("exit %d: %+v", code, both)
	}
}

// A bundle of an organisation holds both sides, redacted.
func TestBundleOfAnOrganisation(t *testing.T) {
	o := newHybridOffice(t)
	if code, out := o.run("sync", "--once"); code != exitDone {
		t.Fatal(out)
	}
	path := filepath.Join(o.dir, "bundle.json")
	if code, out := o.run("doctor", "--bundle", path, "--yes"); code != exitDone {
		t.Fatalf("exit %d\n%s", code, out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		Diagnosis   sideDiagnosis
		Connection  any
		Connections []struct{ Provider, Credential string }
	}
	if err := json.Unmarshal(text, &b); err != nil || b.Connection != nil || len(b.Connections) != 2 || b.Connections[1].Provider != "ews" || b.Connections[1].Credential != "present" {
		t.Errorf("%v: %+v", err, b.Connections)
	}
	if len(b.Diagnosis.Connections) != 2 || len(b.Diagnosis.Connections[1].Rungs) == 0 {
		t.Errorf("%d diagnoses", len(b.Diagnosis.Connections))
	}
	e := o.tenant.Endpoints()
	for _, secret := range []string{e.ClientSecret, e.ExchangePassword, "svc-roomdesk", e.Domain, e.TenantID, "@", "demo-exchange"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the bundle holds %q", secret)
		}
	}
}
