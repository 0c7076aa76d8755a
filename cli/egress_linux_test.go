package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	tea "charm.land/bubbletea/v2"
	"filippo.io/age"

	"roomdesk/providers/simulator"
)

// egressChild marks the process that plays in a network of its own.
const egressChild = "ROOMDESK_EGRESS_CHILD"

// L12: the main journeys, played in a network that has a loopback and no way out: the
// kernel counts every packet and every connection, also those of libraries, that would
// have gone elsewhere, and questions to name servers. There are none. Where the system
// gives nobody a network of their own the journeys are played without the kernel's count.
func TestL12EgressOfTheMainJourneys(t *testing.T) {
	if os.Getenv(egressChild) != "" {
		t.Skip("this is the child")
	}
	child := func(attr *syscall.SysProcAttr, how string) ([]byte, error) {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEgressJourneys$", "-test.v")
		command.Env = append(os.Environ(), egressChild+"="+how, "HTTPS_PROXY=", "https_proxy=")
		command.SysProcAttr = attr
		return command.CombinedOutput()
	}
	out, err := child(&syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}, "alone")
	if err != nil && len(out) == 0 || bytes.Contains(out, []byte(noNetwork)) {
		t.Logf("no network of our own here (%v): played without the kernel's count", err)
		out, err = child(nil, "plain")
	}
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestEgressJourneys")) {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

const noNetwork = "this system gives no network of one's own"

// TestEgressJourneys plays in the child.
func TestEgressJourneys(t *testing.T) {
	how := os.Getenv(egressChild)
	if how == "" {
		return // TestL12EgressOfTheMainJourneys plays it
	}
	if how == "alone" {
		if err := loopbackUp(); err != nil {
			t.Fatalf("%s: %v", noNetwork, err)
		}
	}
	before := strays(t)
	journeys(t)
	after := strays(t)
	if how != "alone" {
		return // others use this network, too
	}
	if after != before {
		t.Errorf("%d packets or connections wanted to go elsewhere", after-before)
	}
	// The count sees what it is there for.
	if _, err := net.DialTimeout("tcp", "192.0.2.1:443", time.Second); err == nil {
		t.Error("there is a way out")
	}
	connected := strays(t)
	if connected == after {
		t.Error("the kernel's count does not see a connection elsewhere")
	}
	_, _ = net.DefaultResolver.LookupHost(t.Context(), "graph.microsoft.com")
	if strays(t) == connected {
		t.Error("the kernel's count does not see a question to a name server")
	}
	t.Logf("none left, of what the kernel counts")
}

// journeys plays connect, sync, find, book, cancel, doctor, export, the console of a demo
// and disconnect.
func journeys(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 4, People: 4, RoomAnswerDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	dir := t.TempDir()
	if err := tenant.WriteDir(filepath.Join(dir, "tenant")); err != nil {
		t.Fatal(err)
	}
	e := tenant.Endpoints()
	own := []string{"--config", filepath.Join(dir, "config.toml"), "--data", filepath.Join(dir, "data")}
	identity := filepath.Join(dir, "identity")
	if err := os.WriteFile(identity, []byte(newIdentity(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(stdin string, want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := Main(ctx, Deps{Args: append(args, own...), Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Now: time.Now, Zone: time.UTC,
			LookupEnv: func(string) (string, bool) { return "", false }, Environ: []string{"NO_COLOR=1"}})
		if code != want {
			t.Fatalf("%s ended with %d\n%s\n%s", args, code, out.String(), errs.String())
		}
		return out.String()
	}
	room, day := tenant.Rooms()[0].Mailbox, time.Now().AddDate(0, 0, 40).Format(time.DateOnly)
	run(e.ClientSecret, 0, "connect", "graph", "--name", "story", "--tenant", e.TenantID, "--client-id", e.ClientID, "--authority-url", e.AuthorityURL, "--graph-url", e.GraphURL,
		"--ca-file", filepath.Join(dir, "tenant", "ca.pem"), "--organizer", e.Organizer, "--secret-stdin", "--keystore", "age", "--age-identity", identity)
	run("", 0, "sync", "--once", "--full")
	run("", 0, "verify", "--json")
	run("", 0, "rooms", "--json")
	run("", 0, "rooms", "find", "4p tmr 14-15", "--json")
	run("", 0, "freebusy", room, "--json")
	run("", 0, "book", "--room", room, "--start", day+"T04:00", "--end", day+"T04:30", "--subject", "Egress", "--json")
	run("", 0, "bookings", "--json")
	run("", 0, "doctor", "--write", "--json")
	run("", 0, "permissions", "--json")
	run("", 0, "export", "--format", "csv", "--from", day, "--to", day+"T08:00", room)
	if data := run("", 0, "data", "--json"); !strings.Contains(data, `"refused": 0`) {
		t.Errorf("something was refused: %s", data)
	}
	consoleJourney(t, ctx, tenant)
	run("", 0, "disconnect", "story", "--yes")
}

// consoleJourney opens the console of a demo until it shows a room.
func consoleJourney(t *testing.T, ctx context.Context, tenant *simulator.Tenant) {
	a, _, _ := newApp(t)
	keys, typed := io.Pipe()
	screen := newWatch(tenant.Rooms()[0].Name)
	a.deps.Stdin, a.deps.Stdout = keys, screen
	a.deps.Environ = []string{"TERM=xterm-256color"}
	a.deps.Console = []tea.ProgramOption{tea.WithWindowSize(100, 30), tea.WithoutSignals()}
	s, err := a.demoSession(ctx, tenant, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		select {
		case <-screen.seen:
		case <-ctx.Done():
		}
		_, _ = typed.Write([]byte("q"))
	}()
	if err := s.close(s.runConsole(ctx, true)); err != nil {
		t.Fatal(err)
	}
}

// newIdentity is an age identity, as age-keygen writes one.
func newIdentity(t *testing.T) string {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return identity.String() + "\n"
}

// strays is how much wanted to leave this network without a way out of it, or asked a
// name server on this machine.
func strays(t *testing.T) (n int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	found := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if names == nil || names[0] != fields[0] {
			names = fields
			continue
		}
		for i, name := range names {
			if name == "OutNoRoutes" || fields[0] == "Udp:" && (name == "OutDatagrams" || name == "NoPorts") {
				value, err := strconv.Atoi(fields[i])
				if err != nil {
					t.Fatal(err)
				}
				n += value
				found++
			}
		}
		names = nil
	}
	if found != 3 {
		t.Fatalf("the kernel's counts are written otherwise:\n%s", text)
	}
	return n
}

// loopbackUp brings up the loopback of a new network.
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var request struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], "lo")
	request.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("bringing the loopback up: %w", errno)
	}
	return nil
}
