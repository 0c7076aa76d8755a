package ews

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

const (
	maria = providers.Address("maria@hq.example")
	atlas = providers.Address("room-atlas@hq.example")
)

// wire stands in for the network: it keeps what was asked and gives what answers says
// for the operation.
type wire struct {
	mu      sync.Mutex
	asked   []*http.Request
	bodies  []string
	answers func(operation, body string) (status int, answer string)
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.asked, w.bodies = append(w.asked, req), append(w.bodies, string(raw))
	w.mu.Unlock()
	action := strings.Trim(req.Header.Get("SOAPAction"), `"`)
	status, answer := w.answers(action[strings.LastIndexByte(action, '/')+1:], string(raw))
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: req}, nil
}

func connected(t testing.TB, w *wire, change func(*Config)) *Provider {
	t.Helper()
	config := Config{
		URL: "https://mail.hq.example/EWS/Exchange.asmx", Account: "svc@hq.example", User: `HQ\svc`, Basic: true,
		Password: func(context.Context) (string, error) { return "secret", nil },
		Around:   func(http.RoundTripper) http.RoundTripper { return w },
	}
	if change != nil {
		change(&config)
	}
	p, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	p.engine.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// contract is the folder with the schemas, or the test is skipped; in CI it must be
// there.
func contract(t testing.TB) string {
	t.Helper()
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
		missing(t, "the contract of Exchange Web Services is not beside this checkout")
	}
	return dir
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// validate holds envelopes against Microsoft's schema; each is told by its name.
func validate(t *testing.T, envelopes map[string]string) {
	t.Helper()
	dir := contract(t)
	if _, err := exec.LookPath("xmllint"); err != nil {
		missing(t, "xmllint is not installed (Debian: libxml2-utils)")
	}
	into := t.TempDir()
	args := []string{"--noout", "--nonet", "--schema", filepath.Join(dir, "envelope.xsd")}
	for name, text := range envelopes {
		file := filepath.Join(into, name+".xml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command("xmllint", args...).CombinedOutput(); err != nil {
		var wrong []string
		for line := range strings.Lines(string(out)) {
			if !strings.HasSuffix(strings.TrimSpace(line), " validates") {
				wrong = append(wrong, line)
			}
		}
		t.Errorf("not as the schema has it: %v\n%s", err, strings.Join(wrong, ""))
	}
}

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(contract(t), "samples", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// soap wraps the body of an answer.
func soap(body string) string {
	return `<s:Envelope xmlns:s="` + soapSpace + `" xmlns:m="` + messagesSpace + `" xmlns:t="` + typesSpace + `"><s:Body>` + body + `</s:Body></s:Envelope>`
}
