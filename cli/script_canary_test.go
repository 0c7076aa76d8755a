package cli_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

type canaryKey struct{}

// canaries are what must be found nowhere, and the files that are allowed to hold it.
type canaries struct {
	needles map[string][]byte // by what they are
	allowed []string
	// challenges are those of links that were shown: what has one of them as its
	// hash is a proof key.
	challenges []string
	searched   map[string]int // how many places of each kind
}

// kinds are the kinds of place that a file is, by its name and by what is in it.
func kinds(path string, text []byte) (found []string) {
	name := filepath.Base(path)
	for kind, is := range map[string]bool{
		"configuration": name == "config.toml", "store": bytes.HasPrefix(text, []byte("SQLite format 3\x00")),
		"write-ahead-log": strings.HasSuffix(name, "-wal") && len(text) > 0, "shared-memory": strings.HasSuffix(name, "-shm") && len(text) > 0,
		"trail": name == "audit.jsonl", "bundle": strings.HasPrefix(name, "bundle"), "export": strings.HasPrefix(name, "export."),
		"printed": strings.HasPrefix(name, "out-") || strings.HasPrefix(name, "err-"), "trace": bytes.Contains(text, []byte("SIGQUIT")) && bytes.Contains(text, []byte("\ngoroutine ")),
	} {
		if is && len(text) > 0 {
			found = append(found, kind)
		}
	}
	return found
}

var (
	// bearer is the form of a token that Entra issues: two parts of JSON in base64.
	bearer = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{12,}\.eyJ[A-Za-z0-9_-]{12,}`)
	// granted is the form of its refresh tokens, authorization codes and device codes.
	granted = regexp.MustCompile(`1\.[AD][A-Za-z0-9_-]{43}`)
	// proofKey is the form of roomdesk's own.
	proofKey = regexp.MustCompile(`[A-Z2-7]{52}`)
)

// searchCanaries looks for secrets: canary saved FILE... names files whose text they
// are; canary search looks through every file of the script's directory but those and
// the tenant's own; canary kinds KIND... asks that places of each kind were searched until
// now, and says how many; canary processes looks through arguments and environments of the
// processes that the script started; canary abort does that and makes them print a trace.
func searchCanaries(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case len(args) > 1 && args[0] == "saved":
		c := &canaries{needles: map[string][]byte{}, searched: map[string]int{}}
		for _, name := range args[1:] {
			text := strings.TrimSpace(ts.ReadFile(name))
			c.allowed = append(c.allowed, ts.MkAbs(name))
			c.needles[name] = []byte(text)
			c.needles[name+" in base64"] = []byte(base64.StdEncoding.EncodeToString([]byte(text)))
			c.needles[name+" in hex"] = []byte(hex.EncodeToString([]byte(text)))
			c.needles[name+" in a form"] = []byte(url.QueryEscape(text))
			c.needles[name+", its end"] = []byte(text[len(text)/2:])
		}
		*ts.Value(canaryKey{}).(*canaries) = *c
	case len(args) == 1 && args[0] == "search":
		c := ts.Value(canaryKey{}).(*canaries)
		found, files := c.search(ts)
		if files < 10 {
			ts.Fatalf("only %d files were searched", files)
		}
		if (len(found) > 0) != neg {
			ts.Fatalf("in %d files: %q", files, found)
		}
	case len(args) == 1 && (args[0] == "processes" || args[0] == "abort"):
		c := ts.Value(canaryKey{}).(*canaries)
		found, processes := c.processes(ts, args[0] == "abort")
		if processes == 0 {
			ts.Fatalf("no process runs that could be looked at")
		}
		if len(found) > 0 {
			ts.Fatalf("of %d processes: %q", processes, found)
		}
	case len(args) > 1 && args[0] == "kinds":
		c := ts.Value(canaryKey{}).(*canaries)
		for _, kind := range args[1:] {
			if c.searched[kind] == 0 {
				ts.Fatalf("no place of the kind %s was searched: %v", kind, c.searched)
			}
		}
		ts.Logf("searched for %d forms of secrets: %v", len(c.needles), c.searched)
	default:
		ts.Fatalf("usage: canary saved FILE... | search | processes | abort | kinds KIND...")
	}
}

// noCore is the limit that keeps a process from writing its memory to a file.
var noCore = regexp.MustCompile(`Max core file size\s+1\s+1\s`)

func (c *canaries) in(place string, text []byte) (found []string) {
	for name, needle := range c.needles {
		if bytes.Contains(text, needle) {
			found = append(found, place+" holds "+name)
		}
	}
	if bearer.Match(text) {
		found = append(found, place+" holds a token")
	}
	if granted.Match(text) {
		found = append(found, place+" holds a refresh token or a code")
	}
	for _, candidate := range proofKey.FindAll(text, -1) {
		sum := sha256.Sum256(candidate)
		if slices.Contains(c.challenges, base64.RawURLEncoding.EncodeToString(sum[:])) {
			found = append(found, place+" holds the proof key of a link")
		}
	}
	return found
}

func (c *canaries) search(ts *testscript.TestScript) (found []string, files int) {
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, entry os.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path == ts.Getenv("TENANT") {
				return filepath.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || slices.Contains(c.allowed, path) {
			return nil
		}
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) { // a process was faster
			return nil
		}
		files++
		c.searched["file"]++
		for _, kind := range kinds(path, text) {
			c.searched[kind]++
		}
		found = append(found, c.in(filepath.Base(path), text)...)
		return err
	}))
	return found, files
}

func (c *canaries) processes(ts *testscript.TestScript, abort bool) (found []string, processes int) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	ts.Check(err)
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid ...
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		for _, name := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join(filepath.Dir(stat), name))
			if err != nil || len(text) == 0 {
				continue
			}
			// Scripts run side by side: only this one's processes are its own.
			if name == "environ" && !bytes.Contains(text, []byte("HOME="+ts.Getenv("HOME")+"\x00")) {
				continue
			}
			c.searched[map[string]string{"cmdline": "arguments", "environ": "environment"}[name]]++
			if name == "environ" {
				processes++
				c.searched["core-limit"]++
				limits, err := os.ReadFile(filepath.Join(filepath.Dir(stat), "limits"))
				if err != nil || !noCore.Match(limits) {
					found = append(found, fmt.Sprintf("%s could write its memory to a core file: %v", filepath.Base(filepath.Dir(stat)), err))
				}
				if abort {
					pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
					ts.Check(err)
					ts.Check(syscall.Kill(pid, syscall.SIGQUIT))
				}
			}
			found = append(found, c.in(fmt.Sprintf("%s of %s", name, filepath.Base(filepath.Dir(stat))), text)...)
		}
	}
	return found, processes
}

// addSecret registers one more client secret with the tenant's application:
// addsecret FILE.
func addSecret(ts *testscript.TestScript, _ bool, args []string) {
	tenant := ts.Value(tenantKey{}).(*simulator.Tenant)
	value := strings.TrimSpace(ts.ReadFile(args[0]))
	ts.Check(tenant.Directory().Update(tenant.Endpoints().ClientID, func(a *entra.Application) {
		a.Secrets = append(a.Secrets, entra.Secret{ID: "11111111-aaaa-bbbb-cccc-" + hex.EncodeToString([]byte(value))[:12], Value: value})
	}))
}
