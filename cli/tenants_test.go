package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers/simulator"
)

// twoTenants are two tenants that look alike: the same domain, and addresses that are
// rooms or people in both.
type twoTenants struct {
	t       *testing.T
	dir     string
	tenants map[string]*simulator.Tenant
}

// run is a roomdesk of its own.
func (s *twoTenants) run(stdin string, args ...string) (code int, out, errs string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(s.t.Context(), Deps{
		Args:  append([]string{"--config", filepath.Join(s.dir, "config.toml"), "--data", filepath.Join(s.dir, "data")}, args...),
		Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Now: time.Now, Zone: time.UTC,
		LookupEnv: func(string) (string, bool) { return "", false }, Environ: []string{"NO_COLOR=1"},
	})
	return code, stdout.String(), stderr.String()
}

// P14, S-09, NEVER-CROSS: two tenants at once, in one configuration and one directory.
// What belongs to one is never asked of, sent to, kept with or shown as the other.
func TestTwoTenantsNeverMix(t *testing.T) {
	s := &twoTenants{t: t, dir: t.TempDir(), tenants: map[string]*simulator.Tenant{}}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identityFile := filepath.Join(s.dir, "identity")
	if err := os.WriteFile(identityFile, []byte(identity.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"one", "two"} {
		tenant, err := simulator.Start(t.Context(), simulator.Options{Seed: int64(41 + i), Rooms: 6, People: 6, RoomAnswerDelay: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tenant.Close() })
		s.tenants[name] = tenant
		home, e := filepath.Join(s.dir, name), tenant.Endpoints()
		if err := tenant.WriteDir(home); err != nil {
			t.Fatal(err)
		}
		code, _, errs := s.run(e.ClientSecret+"\n", "connect", "graph", "--name", name, "--tenant", e.TenantID, "--client-id", e.ClientID, "--authority-url", e.AuthorityURL,
			"--graph-url", e.GraphURL, "--ca-file", filepath.Join(home, "ca.pem"), "--organizer", e.Organizer, "--secret-stdin", "--keystore", "age", "--age-identity", identityFile)
		if code != exitDone {
			t.Fatalf("%s: %d %s", name, code, errs)
		}
	}
	one, two := s.tenants["one"].Endpoints(), s.tenants["two"].Endpoints()
	if one.TenantID == two.TenantID || one.Domain != two.Domain {
		t.Fatal("the tenants are not two that look alike")
	}
	// Nothing is guessed where both could be meant.
	if code, _, errs := s.run("", "rooms"); code != exitUsage || !strings.Contains(errs, "one, two") {
		t.Errorf("without --connection: %d %s", code, errs)
	}
	// All at once.
	day := time.Now().AddDate(0, 0, 40).Format(time.DateOnly)
	var group sync.WaitGroup
	for name, tenant := range s.tenants {
		room := tenant.Rooms()[0].Mailbox
		for _, args := range [][]string{
			{"rooms", "--json"}, {"people", "--json"}, {"freebusy", room, "--json"}, {"connections", "--json"},
			{"book", "--room", room, "--start", day + "T04:00", "--end", day + "T04:30", "--subject", "meeting of " + name, "--json"},
		} {
			group.Go(func() {
				if code, _, errs := s.run("", append([]string{"--connection", name}, args...)...); code != exitDone && code != exitPartly {
					t.Errorf("%s %v: %d %s", name, args, code, errs)
				}
			})
		}
	}
	group.Wait()
	for name := range s.tenants { // one process at a time syncs a mirror
		group.Go(func() {
			if code, _, errs := s.run("", "--connection", name, "sync", "--once", "--json"); code != exitDone && code != exitPartly {
				t.Errorf("%s: %d %s", name, code, errs)
			}
		})
	}
	group.Wait()
	s.checkLedgers()
	s.checkTruth(day)
	s.checkTrail()
	for name, tenant := range s.tenants {
		s.shows(name, tenant, exitDone)
	}
	// Credentials: of different keys in different files, and no file opens as another's.
	config, err := keystore.LoadConfig(filepath.Join(s.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if config.Connections[0].SecretKey() == config.Connections[1].SecretKey() {
		t.Error("both credentials have the same key")
	}
	if err := os.Rename(filepath.Join(s.dir, "credentials-one.age"), filepath.Join(s.dir, "credentials-two.age")); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := s.run("", "--connection", "two", "freebusy", s.tenants["two"].Rooms()[0].Mailbox); code == exitDone || strings.Contains(errs, one.ClientSecret) {
		t.Errorf("with the other's credential: %d %s", code, errs)
	}
	s.checkLedgers()
	// A mirror in the other's place is not taken for its own.
	mirror, err := os.ReadFile(filepath.Join(s.dir, "data", "one", "mirror.db"))
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, "data", "two", "mirror.db"), mirror, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, out, errs := s.run("", "--connection", "two", "rooms", "--json")
	for _, room := range s.tenants["one"].Rooms() {
		if strings.Contains(out, room.Name) && !s.has("two", room.Name) {
			t.Errorf("the other's mirror is shown: %s; %s", out, errs)
		}
	}
	if !strings.Contains(errs, "tenant") {
		t.Errorf("nothing is said about the other's mirror: %s", errs)
	}
}

func (s *twoTenants) has(name, room string) bool {
	for _, r := range s.tenants[name].Rooms() {
		if r.Name == room {
			return true
		}
	}
	return false
}

// shows compares the list of rooms with the tenant's.
func (s *twoTenants) shows(name string, tenant *simulator.Tenant, want int) {
	s.t.Helper()
	code, out, errs := s.run("", "--connection", name, "rooms", "--json")
	var rooms []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(out), &rooms); err != nil || code != want || len(rooms) != len(tenant.Rooms()) {
		s.t.Errorf("%s: %d, %d rooms, %v: %s", name, code, len(rooms), err, errs)
	}
	for _, room := range rooms {
		if !s.has(name, room.Name) {
			s.t.Errorf("%s shows room %s", name, room.Name)
		}
	}
}

// checkLedgers looks who came to each tenant, and with which tokens.
func (s *twoTenants) checkLedgers() {
	s.t.Helper()
	tokens := map[string]string{}
	for name, tenant := range s.tenants {
		entries := tenant.Ledger()
		if len(entries) < 5 {
			s.t.Errorf("%s: %d requests", name, len(entries))
		}
		for _, e := range entries {
			if e.Caller != "" && e.Caller != tenant.Endpoints().ClientID {
				s.t.Errorf("%s was asked by %s", name, e.Caller)
			}
			if e.Code == "InvalidAuthenticationToken" {
				s.t.Errorf("%s got a token that is not its own", name)
			}
			if other, ok := tokens[e.Token]; ok && e.Token != "" && other != name {
				s.t.Errorf("token %s went to both", e.Token)
			}
			tokens[e.Token] = name
		}
	}
}

// checkTruth looks that each meeting is in its tenant.
func (s *twoTenants) checkTruth(day string) {
	s.t.Helper()
	from, err := time.Parse(time.DateOnly, day)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, tenant := range s.tenants {
		found := 0
		for _, room := range tenant.Rooms() {
			truth, _ := tenant.Truth(tenant.Endpoints().Organizer, from, from.AddDate(0, 0, 1))
			text, err := json.Marshal(truth)
			if err != nil {
				s.t.Fatal(err)
			}
			for other := range s.tenants {
				if strings.Contains(string(text), "meeting of "+other) {
					if other != name {
						s.t.Errorf("%s has the meeting of %s in %s", name, other, room.Mailbox)
					}
					found++
				}
			}
		}
		if found == 0 {
			s.t.Errorf("%s has no meeting", name)
		}
	}
}

// checkTrail looks that each line of the audit trail names connection and tenant
// together.
func (s *twoTenants) checkTrail() {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "audit.jsonl"))
	if err != nil {
		s.t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var r audit.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			s.t.Fatal(err)
		}
		tenant, ok := s.tenants[r.Actor.Connection]
		if !ok || r.Actor.Tenant != tenant.Endpoints().TenantID || r.Actor.Application != tenant.Endpoints().ClientID {
			s.t.Errorf("a line of %+v", r.Actor)
		}
		seen[r.Actor.Connection]++
	}
	if seen["one"] < 3 || seen["two"] < 3 {
		s.t.Errorf("lines: %v", seen)
	}
	if code, _, errs := s.run("", "audit", "verify"); code != exitDone {
		s.t.Errorf("audit verify: %d %s", code, errs)
	}
}
