package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	stdsync "sync"
	"syscall"
	"testing"
	"time"

	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
	"roomdesk/tui"
)

// patienceForService bounds what is waited for; it measures nothing.
const patienceForService = 60 * time.Second

// surroundings are a tenant and a data directory for processes of roomdesk.
type surroundings struct {
	tenant *simulator.Tenant
	dir    string
	env    []string
	ctx    context.Context
}

func newSurroundings(t *testing.T, o simulator.Options) *surroundings {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patienceForService)
	t.Cleanup(cancel)
	tenant, err := StartTenant(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	dir := t.TempDir()
	if err := tenant.WriteDir(filepath.Join(dir, "tenant")); err != nil {
		t.Fatal(err)
	}
	r := &surroundings{tenant: tenant, dir: dir, ctx: ctx}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "ROOMDESK_") && !strings.HasPrefix(name, "XDG_") {
			r.env = append(r.env, v)
		}
	}
	r.env = append(r.env, "HOME="+dir, "ROOMDESK_CONFIG="+filepath.Join(dir, "tenant", "config.toml"), "ROOMDESK_DATA="+filepath.Join(dir, "data"), "NO_COLOR=1")
	return r
}

// store is the file that the processes share.
func (r *surroundings) store(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(r.dir, "data", "*", "*.db"))
	if err != nil || len(found) != 1 {
		all, _ := filepath.Glob(filepath.Join(r.dir, "data", "*", "*"))
		t.Fatalf("stores: %v of %v, %v", found, all, err)
	}
	return found[0]
}

// service is a process of roomdesk sync --watch, and what its manager hears.
type service struct {
	*exec.Cmd
	manager *net.UnixConn
	mu      stdsync.Mutex
	log     []string
	more    chan struct{}
	ended   chan error
}

func (r *surroundings) watch(t *testing.T, name string, args ...string) *service {
	t.Helper()
	socket := filepath.Join(r.dir, name)
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{manager: manager, more: make(chan struct{}, 1), ended: make(chan error, 1)}
	s.Cmd = exec.CommandContext(r.ctx, "roomdesk", append([]string{"sync", "--watch"}, args...)...)
	s.Env = append(append([]string{}, r.env...), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=600000")
	out, err := s.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.mu.Lock()
			s.log = append(s.log, lines.Text())
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
		}
		s.ended <- s.Wait()
	}()
	t.Cleanup(func() { _ = s.Process.Kill(); _ = manager.Close() })
	return s
}

// hears waits until the manager hears what holds is true of, and gives that.
func (s *service) hears(t *testing.T, what string, holds func(string) bool) string {
	t.Helper()
	if err := s.manager.SetReadDeadline(time.Now().Add(patienceForService)); err != nil {
		t.Fatal(err)
	}
	var heard []string
	text := make([]byte, 4096)
	for {
		n, err := s.manager.Read(text)
		if err != nil {
			t.Fatalf("the manager never hears %s, only %q; the log is %s", what, heard, s.text())
		}
		if heard = append(heard, string(text[:n])); holds(heard[len(heard)-1]) {
			return heard[len(heard)-1]
		}
	}
}

func (s *service) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// logs waits for a line of the log and gives the pattern's group.
func (s *service) logs(t *testing.T, pattern string) string {
	t.Helper()
	after := time.After(patienceForService)
	for {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(s.text()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-s.more:
		case <-after:
			t.Fatalf("no %s in the log:\n%s", pattern, s.text())
		}
	}
}

// ends waits for the end of the process and gives its exit code.
func (s *service) ends(t *testing.T) int {
	t.Helper()
	select {
	case err := <-s.ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return s.ProcessState.ExitCode()
	case <-time.After(patienceForService):
		t.Fatalf("it does not end; the log is %s", s.text())
		return 0
	}
}

// roomdesk runs a command to its end.
func (r *surroundings) roomdesk(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := exec.CommandContext(r.ctx, "roomdesk", args...)
	c.Env = r.env
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

func contains(part string) func(string) bool {
	return func(text string) bool { return strings.Contains(text, part) }
}

// The service from its start to its end, with a second one, a command and a
// console beside it.
func TestServiceBesideOthers(t *testing.T) { // F-104, P5, P7
	r := newSurroundings(t, simulator.Options{Rooms: 12, People: 5})
	first := r.watch(t, "first", "--metrics", "127.0.0.1:0")
	if state := first.hears(t, "that it is ready", contains("READY=1")); !strings.Contains(state, "changes: ") || !strings.HasSuffix(state, ", 0 waiting") {
		t.Errorf("ready before the first round was over: %q", state)
	}
	first.hears(t, "the watchdog", contains("WATCHDOG=1\nSTATUS=changes: "))

	// Figures, on this machine only.
	address := first.logs(t, `"figures are served","address":"(127\.0\.0\.1:\d+)"`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := new(http.Client).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	figures, err := io.ReadAll(response.Body)
	if err != nil || response.Body.Close() != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`roomdesk_mailboxes{state="waiting"} 0`, "roomdesk_stopped 0", "# TYPE roomdesk_requests_total counter"} {
		if !strings.Contains(string(figures), want+"\n") {
			t.Errorf("the figures lack %s:\n%s", want, figures)
		}
	}
	if room := r.tenant.Rooms()[0]; strings.Contains(string(figures), room.Mailbox) || strings.Contains(string(figures), room.Name) {
		t.Error("the figures name a room")
	}

	// A command that would sync is told who does, and one that looks is not.
	holder := fmt.Sprint("process ", first.Process.Pid)
	if _, stderr, code := r.roomdesk(t, "sync", "--once"); code != exitFailed || !strings.Contains(stderr, holder) || !strings.Contains(stderr, "sync status") {
		t.Errorf("a second sync ends with %d and says %q", code, stderr)
	}
	if stdout, stderr, code := r.roomdesk(t, "sync", "status", "--json"); code == exitFailed || !strings.Contains(stdout, `"waiting":0`) && !strings.Contains(stdout, `"waiting": 0`) {
		t.Errorf("status: %d, %s%s", code, stdout, stderr)
	}

	// A console shows what the service stored, and writes nothing.
	file := r.store(t)
	a, _, errs := newApp(t)
	a.deps.LookupEnv = func(name string) (string, bool) {
		for _, v := range r.env {
			if value, found := strings.CutPrefix(v, name+"="); found {
				return value, true
			}
		}
		return "", false
	}
	s, err := a.open(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	console, err := newWorkspace(r.ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	running, leave := context.WithCancel(r.ctx)
	background := console.start(running)
	var notices []tui.Notice
	for len(notices) == 0 {
		changes, err := console.Wait(r.ctx)
		if err != nil {
			t.Fatalf("the console is told nothing: %v; %s", err, errs)
		}
		notices = append(notices, changes.Notices...)
	}
	if !strings.Contains(notices[0].Text, holder) || s.mayWrite() {
		t.Errorf("the console says %+v, and may write: %v", notices, s.mayWrite())
	}
	progress, mailboxes, err := console.Sync(r.ctx)
	if err != nil || progress.Running || progress.Waiting != 0 || len(mailboxes) < 12 {
		t.Errorf("the console shows %+v with %d mailboxes, %v", progress, len(mailboxes), err)
	}

	// A second service waits, and takes over when the first one is killed.
	second := r.watch(t, "second")
	if state := second.hears(t, "that it is ready", contains("READY=1")); !strings.Contains(state, holder+" syncs, this one waits") {
		t.Errorf("the second service: %q", state)
	}
	leave()
	if err := <-background; err != nil {
		t.Error(err)
	}
	if err := s.close(nil); err != nil {
		t.Error(err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.ends(t)
	requests := r.tenant.Requests()
	second.hears(t, "that it syncs", func(state string) bool {
		return strings.Contains(state, "STATUS=changes: ") && !strings.Contains(state, "syncs, this one waits")
	})
	if _, stderr, code := r.roomdesk(t, "sync", "--once"); code != exitFailed || !strings.Contains(stderr, fmt.Sprint("process ", second.Process.Pid)) {
		t.Errorf("after the change a sync ends with %d and says %q", code, stderr)
	}
	if r.tenant.Requests() == requests {
		t.Error("nobody asks the tenant after the change")
	}

	// SIGTERM ends it cleanly.
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	second.hears(t, "that it stops", contains("STOPPING=1"))
	if code := second.ends(t); code != exitDone {
		t.Errorf("stopped with code %d: %s", code, second.text())
	}
	second.logs(t, `"msg":"stopped"`)
	left, err := store.Open(r.ctx, store.Options{Path: file, Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	if report := left.Report(); report.Holder != "" || report.SetAside != "" {
		t.Errorf("left is %+v", report)
	}
	if names, err := filepath.Glob(file + "-*"); err != nil || len(names) > 2 {
		t.Errorf("left is %v, %v", names, err)
	}
	all, err := left.Mailboxes(r.ctx)
	if err != nil || len(all) < 12 {
		t.Fatalf("%d mailboxes, %v", len(all), err)
	}
	for _, m := range all {
		if p, err := left.Position(r.ctx, m.Address); err != nil || !m.Complete() || p.Cursor == "" {
			t.Errorf("%s: %+v, %v", m.Address, p, err)
		}
	}
}

// What the log, the output and the store must not hold is put into the tenant and
// into what it says when it fails.
func TestServiceKeepsSecrets(t *testing.T) { // SECRET, S-08, S-27
	var mu stdsync.Mutex
	secrets := map[string]string{}
	r := newSurroundings(t, simulator.Options{Rooms: 8, People: 5, EventsPerMailbox: 10, Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if kind, token, _ := strings.Cut(request.Header.Get("Authorization"), " "); kind == "Bearer" && token != "" {
				mu.Lock()
				secrets["an access token"] = token
				mu.Unlock()
			}
			next.ServeHTTP(w, request)
		})
	}})
	secrets["the client secret"] = r.tenant.Endpoints().ClientSecret
	truth, err := r.tenant.TruthDump(simulator.TruthOptions{From: time.Now().AddDate(0, 0, -7), To: time.Now().AddDate(0, 0, 60)})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	quoted := ""
	for _, m := range truth.Mailboxes {
		if !m.Room {
			texts["a person's name"+m.Mailbox] = m.Name
		}
		for _, ev := range m.Events {
			if len(ev.Subject) > 8 {
				if strings.Contains(ev.Subject, " ") { // one word could be a code of the service's
					quoted = ev.Subject
				}
				texts["a subject "+ev.Subject] = ev.Subject
			}
		}
	}
	if quoted == "" || len(texts) < 8 {
		t.Fatalf("nothing to look for: %q", texts)
	}
	person := r.tenant.People()[0].Name
	texts["what the service quoted"] = "Quotation of a private matter"
	texts["a person whom the service quoted"] = person
	message := fmt.Sprintf("%s: %s, %s", texts["what the service quoted"], quoted, person)
	rooms := r.tenant.Rooms()
	for i, f := range []simulator.Fault{
		{Fail: &simulator.Failure{Status: 503, Code: "MailboxStoreUnavailable", Message: message}, Times: 2},
		{Fail: &simulator.Failure{Status: 403, Code: "ErrorAccessDenied", Message: message}},
		{Fail: &simulator.Failure{Status: 410, Code: "SyncStateNotFound", Message: message}, Times: 1},
		{Garble: "html", Times: 1}, {Garble: "null_value", Times: 1}, {Fail: &simulator.Failure{Status: 400, Code: quoted, Message: message}},
		{Fail: &simulator.Failure{Status: 404, Code: "ErrorItemNotFound", Message: message}},
	} {
		f.Mailbox, f.Path = rooms[i].Mailbox, "calendarView"
		r.tenant.Inject(f)
	}
	s := r.watch(t, "watch", "--debug", "--today", "15s", "--rest", "1m")
	s.hears(t, "that it is ready", contains("READY=1"))
	for _, what := range []string{"reading failed", "trying again"} {
		s.logs(t, what)
	}
	r.tenant.Inject(simulator.Fault{Path: "/v1.0/**", Fail: &simulator.Failure{Status: 401, Code: "InvalidAuthenticationToken", Message: message}})
	s.logs(t, "reading stopped")
	status, statusErr, _ := r.roomdesk(t, "sync", "status", "--json")
	for _, line := range strings.Split(s.text(), "\n") {
		if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}") {
			t.Errorf("not a line of JSON: %s", line)
		}
	}
	// While the store is open, with its log; nothing is tidied up yet.
	places := map[string]string{"the log": s.text(), "what the service's manager hears": "", "sync status": status + statusErr}
	if err := filepath.WalkDir(filepath.Join(r.dir, "data"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		places["file "+filepath.Base(path)] = string(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(places) < 6 || len(secrets) != 2 {
		t.Errorf("looked only into %d places for %d secrets", len(places), len(secrets))
	}
	mu.Lock()
	found := maps.Clone(secrets)
	mu.Unlock() // a request that waits for it would keep the service from ending
	for place, content := range places {
		for what, secret := range found {
			if strings.Contains(content, secret) {
				t.Errorf("%s holds %s", place, what)
			}
		}
	}
	for what, text := range texts {
		if strings.Contains(places["the log"], text) {
			t.Errorf("the log holds %s: %q", what, text)
			for line := range strings.Lines(places["the log"]) {
				if strings.Contains(line, text) {
					t.Log(line)
					break
				}
			}
		}
	}
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := s.ends(t); code != exitDone {
		t.Errorf("stopped with %d", code)
	}
}
