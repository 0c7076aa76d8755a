package outside

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
)

// input is what a script is told.
type input struct {
	Endpoints  simulator.Endpoints `json:"endpoints"`
	Organizer  string              `json:"organizer"`
	Attendee   string              `json:"attendee"`
	Room       string              `json:"room"` // both accept every request
	SecondRoom string              `json:"secondRoom"`
	Day        string              `json:"day"` // 2006-01-02, behind everything that was generated
	Busy       window              `json:"busy"`
	// Certificate may sign in; UnknownCertificate is not registered.
	Certificate        credential `json:"certificate"`
	UnknownCertificate credential `json:"unknownCertificate"`
	// PacificOffset is the offset of the Pacific zone at 09:00 UTC of Day, in minutes.
	PacificOffset int `json:"pacificOffset"`
	// BusyRoom has meetings in Busy; Outside is somebody whom the service account for
	// Exchange may not impersonate.
	BusyRoom string `json:"busyRoom,omitempty"`
	Outside  string `json:"outside,omitempty"`
	Dir      string `json:"dir"` // a folder for the client's own files
	// ChromiumPath and ApplicationName are for the browser: where it is, and what the
	// people's application is called.
	ChromiumPath    string `json:"chromiumPath,omitempty"`
	ApplicationName string `json:"applicationName,omitempty"`
	// Prompts are those of roomdesk, for the browser.
	Prompts *prompts `json:"prompts,omitempty"`
}

// window is a span of time in UTC, without offset.
type window struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// report is a script's line on one step.
type report struct {
	Step  string          `json:"step"`
	OK    bool            `json:"ok"`
	Error string          `json:"error"`
	Saw   json.RawMessage `json:"saw"`
	MS    int             `json:"ms"`
}

// unavailable skips, or fails where nothing may be skipped.
func unavailable(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// oldestNode is what the Microsoft libraries need.
const oldestNode = 20

// node finds the interpreter.
func node(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		unavailable(t, "Node is not installed: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		unavailable(t, "Node is %s, and %d or later is needed", bytes.TrimSpace(out), oldestNode)
	}
	return path
}

// python is the interpreter that Debian's packages are for; another in front of it
// does not see them.
func python(t *testing.T) string {
	t.Helper()
	const path = "/usr/bin/python3"
	if _, err := os.Stat(path); err != nil {
		unavailable(t, "Python is not installed: %v", err)
	}
	return path
}

// pythonVersions names Debian's Python clients; they are as new as the release is.
func pythonVersions(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), python(t), "-c",
		"import authlib, msal, requests; print('msal', msal.__version__, '\\nAuthlib', authlib.__version__, '\\nrequests', requests.__version__)").CombinedOutput()
	if err != nil {
		unavailable(t, "Debian's python3-msal, python3-authlib and python3-requests are needed: %v: %s", err, out)
	}
	var versions []string
	for line := range strings.Lines(string(out)) {
		versions = append(versions, strings.Join(strings.Fields(line), " "))
	}
	return versions
}

// modules finds the installed clients: in the folder that ROOMDESK_OUTSIDE_CLIENTS
// names, else where ".ci/run clients" puts this very lock file's.
func modules(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ROOMDESK_OUTSIDE_CLIENTS")
	if dir == "" {
		lock, err := os.ReadFile("package-lock.json")
		if err != nil {
			t.Fatal(err)
		}
		cache, err := os.UserCacheDir()
		if err != nil {
			unavailable(t, "there is no cache folder: %v", err)
		}
		sum := sha256.Sum256(lock)
		dir = filepath.Join(cache, "roomdesk-ci", "outside-"+hex.EncodeToString(sum[:8]))
	}
	dir = filepath.Join(dir, "node_modules")
	if _, err := os.Stat(dir); err != nil {
		unavailable(t, "the clients are not installed (run .ci/run clients): %v", err)
	}
	return dir
}

// wantedVersions are the pinned versions of package.json, by package.
func wantedVersions(t *testing.T) map[string]string {
	t.Helper()
	var manifest struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	raw, err := os.ReadFile("package.json")
	if err == nil {
		err = json.Unmarshal(raw, &manifest)
	}
	if err != nil || len(manifest.Dependencies) == 0 {
		t.Fatalf("package.json: %v", err)
	}
	return manifest.Dependencies
}

// versionOf gives the installed version of a package, which must be the pinned one.
func versionOf(t *testing.T, modules, name string) string {
	t.Helper()
	var manifest struct {
		Version string `json:"version"`
	}
	raw, err := os.ReadFile(filepath.Join(modules, filepath.FromSlash(name), "package.json"))
	if err == nil {
		err = json.Unmarshal(raw, &manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	if want := wantedVersions(t)[name]; manifest.Version != want {
		t.Fatalf("%s %s is installed, package.json says %q", name, manifest.Version, want)
	}
	return manifest.Version
}

// site is a tenant that a client is let loose on.
type site struct {
	*simulator.Tenant
	in    input
	ca    string // file
	check *providertest.Checker
}

// roomAnswerDelay is short, because scripts wait for the answers.
const roomAnswerDelay = 200 * time.Millisecond

// newSite starts a tenant whose Graph side is held against the contract.
func newSite(t *testing.T, listen string, spellings ...spelling) *site {
	t.Helper()
	checker := providertest.Contract(t)
	dir := t.TempDir()
	tenant, err := simulator.Start(context.Background(), simulator.Options{
		Seed: 11, Rooms: 24, People: 60, Listen: listen, RoomAnswerDelay: roomAnswerDelay, PlainNotifications: true, Wrap: spelled(t, checker.Handler, spellings),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Now().UTC().Truncate(24 * time.Hour)
	s := &site{Tenant: tenant, ca: filepath.Join(dir, "ca.pem"), check: checker, in: input{
		Endpoints:   tenant.Endpoints(),
		Busy:        window{now.Format("2006-01-02T15:04:05"), now.AddDate(0, 0, 7).Format("2006-01-02T15:04:05")},
		Certificate: newCredential(t), UnknownCertificate: newCredential(t), Dir: t.TempDir(),
	}}
	s.choose(t, now)
	s.register(t, s.in.Certificate)
	if err := os.WriteFile(s.ca, tenant.Endpoints().CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// quiet is how many days the scripts have for themselves.
const quiet = 7

// choose finds two rooms that accept every request, two people with Teams, and days
// on which nothing stands in anybody's way.
func (s *site) choose(t *testing.T, today time.Time) {
	t.Helper()
	var rooms, people []string
	for _, r := range s.Rooms() {
		if r.Policy.Name == "auto-accept" {
			rooms = append(rooms, r.Mailbox)
		}
	}
	for _, p := range s.People() {
		if p.Teams {
			people = append(people, p.Mailbox)
		}
	}
	for ahead := 35; ahead < 400; ahead++ {
		day := today.AddDate(0, 0, ahead)
		free, idle := s.free(rooms, day, day.AddDate(0, 0, quiet)), s.free(people, day, day.AddDate(0, 0, quiet))
		if len(free) > 1 && len(idle) > 1 {
			s.in.Day, s.in.Room, s.in.SecondRoom = day.Format(time.DateOnly), free[0], free[1]
			s.in.Organizer, s.in.Attendee = idle[0], idle[1]
			return
		}
	}
	t.Fatal("there are no two rooms that accept every request and two people who are free for a week")
}

func (s *site) free(mailboxes []string, from, to time.Time) []string {
	var out []string
	for _, m := range mailboxes {
		if truth, ok := s.Truth(m, from, to); ok && len(truth.Events) == 0 {
			out = append(out, m)
		}
	}
	return out
}

// run executes a script and gives what each step saw. Every step of want must be
// there and pass, and none besides.
func (s *site) run(t *testing.T, row *row, script string, want ...string) map[string]json.RawMessage {
	t.Helper()
	work := t.TempDir()
	if err := os.CopyFS(work, os.DirFS("scripts")); err != nil {
		t.Fatal(err)
	}
	var interpreter string
	if filepath.Ext(script) == ".py" {
		interpreter = python(t)
	} else {
		interpreter = node(t)
		// Modules are looked for beside the script that imports them, with links
		// followed.
		if err := os.Symlink(modules(t), filepath.Join(work, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	row.steps += len(want)
	raw, err := json.Marshal(s.in)
	if err == nil {
		err = os.WriteFile(filepath.Join(work, "input.json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), interpreter, script, "input.json")
	command.Dir = work
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.in.Dir, "TMPDIR=" + work, "TZ=UTC",
		"NODE_EXTRA_CA_CERTS=" + s.ca, "REQUESTS_CA_BUNDLE=" + s.ca, "PYTHONDONTWRITEBYTECODE=1"}
	command.WaitDelay = 5 * time.Second
	var out, trouble bytes.Buffer
	command.Stdout, command.Stderr = &out, &trouble
	ended := command.Run()
	saw := map[string]json.RawMessage{}
	lines := bufio.NewScanner(&out)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil || r.Step == "" {
			t.Errorf("%s wrote: %s", script, lines.Text())
			continue
		}
		t.Run(r.Step, func(t *testing.T) {
			if !r.OK {
				t.Error(r.Error)
			}
			t.Logf("%d ms, saw %s", r.MS, shorten(r.Saw))
		})
		if r.OK {
			row.passed++
			saw[r.Step] = r.Saw
		}
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	if ended != nil {
		t.Errorf("%s: %v\n%s", script, ended, trouble.Bytes())
	}
	for _, step := range want {
		if _, ok := saw[step]; !ok {
			t.Errorf("the step %q did not pass", step)
		}
	}
	if len(saw) > len(want) {
		t.Errorf("the script has %d steps, the test knows of %d", len(saw), len(want))
	}
	return saw
}

func shorten(raw []byte) string {
	if len(raw) > 400 {
		return fmt.Sprintf("%s ... (%d bytes)", raw[:400], len(raw))
	}
	return string(raw)
}

// read decodes what a step saw.
func read[T any](t *testing.T, saw map[string]json.RawMessage, step string) T {
	t.Helper()
	var v T
	if raw, ok := saw[step]; ok {
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Errorf("%s: %v in %s", step, err, raw)
		}
	}
	return v
}

// expect compares all that a step saw.
func expect(t *testing.T, saw map[string]json.RawMessage, step string, want map[string]any) {
	t.Helper()
	if got := read[map[string]any](t, saw, step); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v, want %v", step, got, want)
	}
}
