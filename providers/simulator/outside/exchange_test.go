package outside

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers/simulator"
)

// exchangeSite is a tenant with a server of the company's own; what is said to it and
// what it answers is held to Microsoft's schema when the test ends.
func exchangeSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	record := &recorder{dir: t.TempDir()}
	tenant, err := simulator.Start(context.Background(), simulator.Options{
		Seed: 11, Rooms: 24, People: 60, RoomAnswerDelay: roomAnswerDelay, Exchange: simulator.ExchangeOnPremises, Wrap: record.wrap,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
		record.check(t)
	})
	now := time.Now().UTC().Truncate(24 * time.Hour)
	s := &site{Tenant: tenant, ca: filepath.Join(dir, "ca.pem"), in: input{
		Endpoints: tenant.Endpoints(), Dir: t.TempDir(),
		Busy: window{now.Format("2006-01-02T15:04:05"), now.AddDate(0, 0, 7).Format("2006-01-02T15:04:05")},
	}}
	s.choose(t, now)
	s.in.BusyRoom, s.in.Outside = s.Rooms()[0].Mailbox, s.People()[9].Mailbox // who shares with nobody
	settings, _ := tenant.ExchangeSettings()
	for _, r := range s.Rooms() {
		settings.Scope = append(settings.Scope, r.Mailbox)
	}
	settings.Scope = append(settings.Scope, s.in.Organizer, s.in.Attendee)
	if s.in.Outside == s.in.Organizer || s.in.Outside == s.in.Attendee {
		s.in.Outside = s.People()[10].Mailbox
	}
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.ca, tenant.Endpoints().CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// recorder keeps the messages of Exchange Web Services.
type recorder struct {
	dir string
	mu  sync.Mutex
	n   int
}

func (r *recorder) keep(text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	// A write that fails shows as a message that is missing or broken.
	_ = os.WriteFile(filepath.Join(r.dir, fmt.Sprintf("%05d.xml", r.n)), text, 0o600)
}

func (r *recorder) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.EqualFold(q.URL.Path, "/EWS/Exchange.asmx") || q.Method != http.MethodPost {
			next.ServeHTTP(w, q)
			return
		}
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		q.Body = io.NopCloser(bytes.NewReader(body))
		q.Header.Del("Accept-Encoding") // the answer is kept as it is
		out := &tee{ResponseWriter: w}
		next.ServeHTTP(out, q)
		if out.status != http.StatusUnauthorized && len(body) > 0 {
			r.keep(body)
			for part := range strings.SplitAfterSeq(out.copy.String(), "</Envelope>") {
				if part != "" {
					r.keep([]byte(part))
				}
			}
		}
	})
}

// tee copies what is answered.
type tee struct {
	http.ResponseWriter
	copy   bytes.Buffer
	status int
}

func (w *tee) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *tee) Write(b []byte) (int, error) {
	w.copy.Write(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets the server flush.
func (w *tee) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// check runs xmllint over all messages.
func (r *recorder) check(t *testing.T) {
	t.Helper()
	tool, err := exec.LookPath("xmllint")
	schema := filepath.Join("..", "..", "..", "..", "shared", "contract", "ews", "envelope.xsd")
	if place := os.Getenv("ROOMDESK_CONTRACT"); place != "" {
		if info, statErr := os.Stat(place); statErr == nil && !info.IsDir() {
			place = filepath.Dir(place)
		}
		schema = filepath.Join(place, "ews", "envelope.xsd")
	}
	if err == nil {
		_, err = os.Stat(schema)
	}
	if err != nil {
		if os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Logf("messages are not held to the schema: %v", err)
		return
	}
	files, err := filepath.Glob(filepath.Join(r.dir, "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages were kept: %v", err)
	}
	out, err := exec.CommandContext(context.Background(), tool, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if err != nil && !strings.Contains(line, " validates") {
			t.Error(strings.TrimSpace(line))
		}
	}
	t.Logf("%d messages are valid by Microsoft's schema", len(files))
}

// exchangelibSteps are the steps of scripts/exchange.py.
var exchangelibSteps = []string{
	"signs in with NTLM, and is told of a wrong password",
	"lists rooms and resolves names",
	"reads free/busy",
	"reads folder rights",
	"reads a calendar view",
	"synchronises a calendar",
	"books a room, changes and cancels",
	"books a series and takes one date out",
	"hears of changes by streaming",
	"is told who may not be impersonated",
}

// exchangelib is a reading of Exchange by somebody else, over a sign-in by somebody
// else.
func testExchangelib(t *testing.T, row *row) {
	out, err := exec.CommandContext(t.Context(), python(t), "-c", "import exchangelib; print('exchangelib', exchangelib.__version__)").CombinedOutput()
	if err != nil {
		unavailable(t, "Debian's python3-exchangelib is needed: %v: %s", err, out)
	}
	row.versions = []string{strings.TrimSpace(string(out))}
	s := exchangeSite(t)
	saw := s.run(t, row, "exchange.py", exchangelibSteps...)
	rooms, lists := len(s.Rooms()), map[string]bool{}
	for _, r := range s.Rooms() {
		lists[r.List] = true
	}
	expect(t, saw, "signs in with NTLM, and is told of a wrong password", map[string]any{"ntlm": "Calendar", "basic": "Calendar"})
	expect(t, saw, "lists rooms and resolves names", map[string]any{"lists": float64(len(lists)), "rooms": float64(rooms), "has": true, "resolved": s.in.Room})
	expect(t, saw, "reads folder rights", map[string]any{"own": true, "foreign": false})
	from, to := s.window(t)
	truth, _ := s.Truth(s.in.BusyRoom, from, to)
	expect(t, saw, "reads free/busy", map[string]any{"views": []any{"DetailedMerged", "FreeBusyMerged"}, "events": float64(len(truth.Events))})
	if seen := read[map[string]float64](t, saw, "reads a calendar view"); int(seen["items"]) != len(truth.Events) || seen["items"] == 0 {
		t.Errorf("exchangelib saw %v entries, the room has %d", seen["items"], len(truth.Events))
	}
	expect(t, saw, "books a series and takes one date out", map[string]any{"dates": 2.0, "deleted": 1.0, "kinds": []any{"Occurrence"}})
	expect(t, saw, "hears of changes by streaming", map[string]any{"told": []any{"CreatedEvent"}})
	expect(t, saw, "is told who may not be impersonated", map[string]any{"outside": "ErrorImpersonateUserDenied", "nobody": "ErrorNonExistentMailbox", "delegate": []any{"ErrorAccessDenied"}})
	if list := read[map[string][]any](t, saw, "books a room, changes and cancels")["changes"]; len(list) == 0 {
		t.Error("exchangelib's sync did not see its own booking")
	}
	s.nothingLeft(t)
}

// window is the time that scripts look at.
func (s *site) window(t *testing.T) (from, to time.Time) {
	t.Helper()
	from, err := time.Parse("2006-01-02T15:04:05", s.in.Busy.Start)
	if err != nil {
		t.Fatal(err)
	}
	return from, from.AddDate(0, 0, 7)
}

// nothingLeft looks whether the days that the scripts had are empty again.
func (s *site) nothingLeft(t *testing.T) {
	t.Helper()
	day, err := time.Parse(time.DateOnly, s.in.Day)
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range []string{s.in.Room, s.in.Organizer} {
		truth, _ := s.Truth(box, day, day.AddDate(0, 0, quiet))
		for _, e := range truth.Events {
			t.Errorf("%s still has %s of %s", box, e.Subject, e.Start)
		}
	}
}

// ewsJavaScriptSteps are the steps of scripts/exchange.mjs.
var ewsJavaScriptSteps = []string{
	"lists rooms",
	"resolves a name",
	"reads free/busy",
	"reads folder rights",
	"reads a calendar view",
	"synchronises a calendar",
	"books a room, changes and cancels",
	"hears of changes by streaming",
	"is told what is wrong",
}

// ews-javascript-api is the port of Microsoft's own library.
func testEWSJavaScript(t *testing.T, row *row) {
	s := exchangeSite(t)
	saw := s.run(t, row, "exchange.mjs", ewsJavaScriptSteps...)
	from, to := s.window(t)
	truth, _ := s.Truth(s.in.BusyRoom, from, to)
	expect(t, saw, "lists rooms", map[string]any{"rooms": float64(len(s.Rooms())), "has": true})
	expect(t, saw, "resolves a name", map[string]any{"count": 1.0, "address": s.in.Room})
	expect(t, saw, "reads free/busy", map[string]any{"events": float64(len(truth.Events)), "second": "ErrorMailRecipientNotFound"})
	expect(t, saw, "reads folder rights", map[string]any{"name": "Calendar", "rights": true})
	expect(t, saw, "reads a calendar view", map[string]any{"items": float64(len(truth.Events))})
	expect(t, saw, "synchronises a calendar", map[string]any{"more": false, "again": 0.0})
	expect(t, saw, "books a room, changes and cancels", map[string]any{"lost": "ErrorIrresolvableConflict", "gone": "ErrorItemNotFound", "changes": 1.0})
	expect(t, saw, "hears of changes by streaming", map[string]any{"told": []any{"Created", "Deleted"}})
	expect(t, saw, "is told what is wrong", map[string]any{"wrong": true, "outside": "ErrorImpersonateUserDenied"})
	s.nothingLeft(t)
}
