package ews_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// traffic keeps what crosses the wire, so that it can be held against Microsoft's
// schema and against what must never be asked for.
type traffic struct {
	mu       sync.Mutex
	messages map[string][]byte // by file name
	count    map[string]int    // by operation and direction
	total    int
	folders  map[string]int // well-known folders that were named
	spoilt   bool           // faults are switched on: answers are not the service's own
}

func newTraffic() *traffic {
	return &traffic{messages: map[string][]byte{}, count: map[string]int{}, folders: map[string]int{}}
}

var (
	namedFolder = regexp.MustCompile(`DistinguishedFolderId Id="([^"]*)"`)
	operation   = regexp.MustCompile(`<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)`)
)

// perOperation bounds how many messages of a kind are kept.
const perOperation = 40

func (tr *traffic) keep(direction string, body []byte) {
	found := operation.FindSubmatch(body)
	if found == nil {
		return
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.total++
	kind := direction + "-" + string(found[1])
	if tr.count[kind]++; tr.count[kind] <= perOperation {
		tr.messages[fmt.Sprintf("%s-%x.xml", kind, sha256.Sum256(body))] = body
	}
	if direction == "request" {
		for _, folder := range namedFolder.FindAllSubmatch(body, -1) {
			tr.folders[string(folder[1])]++
		}
	}
}

func (tr *traffic) spoil() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.spoilt = true
}

func (tr *traffic) own() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.spoilt = false
}

func (tr *traffic) isSpoilt() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.spoilt
}

// handler goes around a tenant.
func (tr *traffic) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.URL.Path, "/EWS/Exchange.asmx") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		tr.keep("request", body)
		kept := &keptAnswer{ResponseWriter: w}
		defer func() { // an aborted answer panics on
			if kept.status == http.StatusOK && !tr.isSpoilt() {
				tr.keep("answer", kept.text())
			}
		}()
		next.ServeHTTP(kept, r)
	})
}

type keptAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keptAnswer) Write(p []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	k.body.Write(p)
	return k.ResponseWriter.Write(p)
}

func (k *keptAnswer) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *keptAnswer) text() []byte {
	if k.Header().Get("Content-Encoding") != "gzip" {
		return k.body.Bytes()
	}
	unpacked, err := gzip.NewReader(&k.body)
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return nil
	}
	return text
}

// check holds all that was kept against the schema, and the folders against L4.
func (tr *traffic) check(t *testing.T) {
	t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for folder, times := range tr.folders {
		if folder != "calendar" {
			t.Errorf("L4: folder %q was named %d times", folder, times)
		}
	}
	for _, name := range []string{"GetRoomLists", "GetRooms", "ResolveNames", "GetUserAvailabilityRequest", "GetFolder", "FindItem", "GetItem", "SyncFolderItems", "CreateItem", "UpdateItem", "DeleteItem"} {
		if all := !strings.Contains(flag.Lookup("test.run").Value.String(), "/"); all && tr.count["request-"+name] == 0 {
			t.Errorf("no %s was sent: it is not proven", name)
		}
	}
	schema := filepath.Join(schemas(t), "envelope.xsd")
	dir := t.TempDir()
	args := []string{"--noout", "--nonet", "--schema", schema}
	for name, body := range tr.messages {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	out, err := exec.Command("xmllint", args...).CombinedOutput()
	wrong := 0
	for line := range strings.Lines(string(out)) {
		if !strings.HasSuffix(strings.TrimSpace(line), " validates") {
			if wrong++; wrong <= 10 {
				t.Errorf("not as the schema has it: %s", strings.TrimPrefix(strings.TrimSpace(line), dir+"/"))
			}
		}
	}
	if err != nil && wrong == 0 {
		t.Errorf("xmllint: %v", err)
	}
	t.Logf("%d of %d messages held against the schema: %v", len(tr.messages), tr.total, tr.count)
}

// schemas is the folder with Microsoft's schemas; without them, or without xmllint, the
// test ends here, and in CI it fails.
func schemas(t *testing.T) string {
	t.Helper()
	missing := func(what string) {
		if os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	dir := os.Getenv("ROOMDESK_CONTRACT")
	if dir == "" {
		out, err := exec.Command("go", "env", "GOMOD").Output()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "..", "shared", "contract")
	}
	dir = filepath.Join(dir, "ews")
	if _, err := os.Stat(filepath.Join(dir, "envelope.xsd")); err != nil {
		missing("the contract of Exchange Web Services is not beside this checkout")
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		missing("xmllint is not installed (Debian: libxml2-utils)")
	}
	return dir
}
