package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"
	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/cli"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
)

func TestMain(m *testing.M) {
	testscript.Main(ownDirectories{m}, map[string]func(){"roomdesk": func() {
		os.Exit(cli.Main(interrupted(), cli.ProcessDeps()))
	}})
}

// ownDirectories keeps tests out of the directories of whoever runs them.
type ownDirectories struct{ *testing.M }

func (o ownDirectories) Run() int {
	dir, err := os.MkdirTemp("", "roomdesk-cli")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	xdg.ConfigHome, xdg.DataHome, xdg.StateHome = filepath.Join(dir, "config"), filepath.Join(dir, "data"), filepath.Join(dir, "state")
	code := o.M.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "left behind:", err)
	}
	return code
}

// patience bounds what a script waits for; it measures nothing.
const patience = 30 * time.Second

// The scripts of testdata/script run roomdesk as a person or a script would, each
// over a simulated tenant of its own. Every exchange with the tenant is held
// against the service's contract where that is present.
func TestScripts(t *testing.T) {
	checker := providertest.ContractIfPresent(t)
	if all := flag.Lookup("test.run").Value.String() == ""; all && checker != nil {
		t.Cleanup(func() {
			if operations, total := checker.Exchanges(); total == 0 || len(operations) < 8 {
				t.Errorf("only %d exchanges of %d operations were held against the contract", total, len(operations))
			}
		})
	}
	testscript.Run(t, testscript.Params{
		Dir:                 scripts(t, time.Now()),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return setUp(t, env, checker) },
		Condition: func(name string) (bool, error) {
			if name != "keyring" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			real := os.Getenv("ROOMDESK_REAL_KEYRING") == "1"
			if !real && os.Getenv("ROOMDESK_REQUIRE_ALL") != "" {
				t.Error("ROOMDESK_REQUIRE_ALL is set and ROOMDESK_REAL_KEYRING is not")
			}
			return real, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"json":      checkJSON,
			"code":      checkCode,
			"waitfor":   waitFor,
			"fault":     inject,
			"perm":      checkPerm,
			"nowhere":   checkNowhere,
			"id":        keepID,
			"gone":      closeTenant,
			"series":    makeSeries,
			"elsewhere": elsewhere,
			"limit":     limitMailboxes,
			"mistake":   makeMistake,
			"calendars": changeCalendarRole,
			"upload":    uploadCertificate,
			"makepfx":   makePFX,
			"envfile":   setFromFile,
			"canary":    searchCanaries,
			"proxy":     startProxy,
			"ledger":    checkLedger,
			"addsecret": addSecret,
			"identity":  makeIdentity,
			"signin":    signIn,
			"person":    changePerson,
			"phrase":    underPassphrase,
			"exchange":  startExchange,
			"online":    startOnline,
			"hybrid":    startHybrid,
			"side":      changeSide,
			"named":     startNamed,
			"ewsset":    setEWS,
			"ewsday":    dayOfEWS,
			"ewscount":  countEWS,
			"ewswait":   waitEWS,
			"ewsput":    putEWS,
		},
	})
}

// programFirst is where a script finds roomdesk: this test binary, which the race
// detector watches where these tests run with it, or the program that was built as
// ROOMDESK_PROGRAM says, which starts ten times as fast. Then a fourth of the scripts,
// by the day another one, still runs the former.
func programFirst(env *testscript.Env) string {
	path := os.Getenv("PATH") + string(os.PathListSeparator) + env.Getenv("PATH")
	program := os.Getenv("ROOMDESK_PROGRAM")
	h := fnv.New32a()
	_, _ = io.WriteString(h, filepath.Base(env.WorkDir)) // a hash does not fail
	if program == "" || (int(h.Sum32()%4)+time.Now().YearDay())%4 == 0 {
		return path
	}
	return filepath.Dir(program) + string(os.PathListSeparator) + path
}

type tenantKey struct{}

func setUp(t *testing.T, env *testscript.Env, checker *providertest.Checker) error {
	o := simulator.Options{Rooms: 12, People: 8, Seed: 7, RoomAnswerDelay: 100 * time.Millisecond, Wrap: checker.Handler}
	if strings.HasSuffix(env.WorkDir, "script-end") {
		o.EventsPerMailbox = 1 // a room has to be free at this moment, whichever it is
	}
	tenant, err := cli.StartTenant(context.Background(), o)
	if err != nil {
		return err
	}
	env.Defer(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	env.Values[tenantKey{}] = tenant
	env.Values[canaryKey{}] = &canaries{}
	env.Values[ledgerKey{}] = new(int64)
	env.Values[ewsKey{}] = &ewsSide{}
	env.Values[exchangeKey{}] = new(*simulator.Tenant)
	env.Values[hybridKey{}] = &hybridTenant{}
	dir := filepath.Join(env.WorkDir, "tenant")
	if err := tenant.WriteDir(dir); err != nil {
		return err
	}
	e := tenant.Endpoints()
	for name, value := range map[string]string{
		"HOME": env.WorkDir, "XDG_CONFIG_HOME": filepath.Join(env.WorkDir, "config"), "XDG_DATA_HOME": filepath.Join(env.WorkDir, "data"),
		"XDG_STATE_HOME": filepath.Join(env.WorkDir, "state"), "TZ": "Europe/Berlin", "NO_COLOR": "1",
		"DBUS_SESSION_BUS_ADDRESS": "", "REAL_BUS": os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "XDG_RUNTIME_DIR": env.WorkDir, "PATH": programFirst(env),
		"TENANT": dir, "TENANT_ID": e.TenantID, "CLIENT_ID": e.ClientID, "PUBLIC_CLIENT_ID": e.PublicClientID, "PERSON": e.User, "ADMIN": e.Admin, "SECRET_ID": e.SecretID, "SECRET": e.ClientSecret,
		"EXPIRED_SECRET": e.ExpiredSecret, "ORGANIZER": e.Organizer, "TEST_MAILBOX": e.TestMailbox, "DOMAIN": e.Domain,
		"AUTHORITY_URL": e.AuthorityURL, "GRAPH_URL": e.GraphURL, "CA": filepath.Join(dir, "ca.pem"),
		"ROOM": tenant.Rooms()[0].Mailbox, "ROOM_NAME": tenant.Rooms()[0].Name, "ROOM2": tenant.Rooms()[1].Mailbox, "SILENT": silent(tenant),
		"GORACE": "atexit_sleep_ms=20", // under the detector a process otherwise sleeps for a second before it ends
		"NEAR":   time.Now().AddDate(0, 0, 9).Format(time.DateOnly),
		"DAY":    time.Now().AddDate(0, 0, 40).Format(time.DateOnly), // few have planned anything so far ahead
	} {
		env.Setenv(name, value)
	}
	for name, content := range map[string]string{"secret": e.ClientSecret + "\n", "expired": e.ExpiredSecret + "\n", "secret-id": e.SecretID + "\n", "wrong": "abc8Q~not-the-secret-that-was-issued-0000000\n"} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// silent is a room that answers nobody.
func silent(tenant *simulator.Tenant) string {
	for _, room := range tenant.Rooms() {
		if room.Policy.Silent {
			return room.Mailbox
		}
	}
	return ""
}

// keepID puts what a pattern's group matches in the last standard output into the
// variable ID: id PATTERN.
func keepID(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[0]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("no match for %s", args[0])
	}
	ts.Setenv("ID", found[1])
}

// checkCode runs a command that must end with an exit code: code N command...
func checkCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var exit interface{ ExitCode() int }
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// checkJSON compares a value of the last standard output, or with "stderr" of its
// last line of standard error, with a pattern: json PATH PATTERN. A path is like
// "[0].mailbox" or ".rooms.length".
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	source := "stdout"
	if len(args) == 3 && args[0] == "stderr" {
		source, args = args[0], args[1:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: json [stderr] PATH PATTERN")
	}
	text := ts.ReadFile(source)
	if source == "stderr" {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		text = lines[len(lines)-1]
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		ts.Fatalf("%s is not JSON: %v", source, err)
	}
	got, err := walk(value, args[0])
	ts.Check(err)
	matched, err := regexp.MatchString("^(?:"+args[1]+")$", got)
	ts.Check(err)
	if matched == neg {
		ts.Fatalf("%s is %q, pattern %q, negated %v", args[0], got, args[1], neg)
	}
}

var step = regexp.MustCompile(`^(?:\[(\d+)\]|\.(length)\b|\.([A-Za-z_]+))`)

func walk(value any, path string) (string, error) {
	for rest := path; rest != ""; {
		m := step.FindStringSubmatch(rest)
		if m == nil {
			return "", fmt.Errorf("bad path %q", path)
		}
		rest = rest[len(m[0]):]
		switch v := value.(type) {
		case []any:
			if m[2] != "" {
				value = float64(len(v))
				continue
			}
			i, err := strconv.Atoi(m[1])
			if err != nil || i >= len(v) {
				return "", fmt.Errorf("%s: no such element", path)
			}
			value = v[i]
		case map[string]any:
			next, ok := v[m[3]]
			if !ok {
				return "", fmt.Errorf("%s: no key %q", path, m[3])
			}
			value = next
		default:
			return "", fmt.Errorf("%s: nothing below %v", path, value)
		}
	}
	if text, ok := value.(string); ok {
		return text, nil
	}
	b, err := json.Marshal(value)
	return string(b), err
}

// waitFor waits until a file exists: waitfor FILE.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		select {
		case <-deadline:
			ts.Fatalf("%s did not appear", args[0])
		case <-ticker.C:
		}
	}
}

// inject makes the script's tenant misbehave: fault JSON.
func inject(ts *testscript.TestScript, _ bool, args []string) {
	var fault simulator.Fault
	ts.Check(json.Unmarshal([]byte(strings.Join(args, " ")), &fault))
	ts.Value(tenantKey{}).(*simulator.Tenant).Inject(fault)
}

// closeTenant takes the script's tenant off the network.
func closeTenant(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Value(tenantKey{}).(*simulator.Tenant).Close())
}

// checkPerm compares a file's permissions: perm 0600 FILE.
func checkPerm(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

// checkNowhere looks for the tenant's secret in every file below the directories:
// it must be in none.
func checkNowhere(ts *testscript.TestScript, _ bool, args []string) {
	secret := ts.Getenv("SECRET")
	files := 0
	for _, dir := range args {
		ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			files++
			content, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(content), secret) {
				ts.Fatalf("%s holds the client secret", path)
			}
			return err
		}))
	}
	if files == 0 {
		ts.Fatalf("there is no file to look into")
	}
}
