package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// S-08: forms of secrets, addresses, ids and known names do not survive; what support
// needs does.
func TestRedactorTakesOutWhatNamesSomebody(t *testing.T) {
	dir := t.TempDir()
	r, err := newRedactor(dir)
	if err != nil {
		t.Fatal(err)
	}
	r.secret("Value!Of/Another+Form")
	r.know("name", "Adele Vance", "Adele", "Ad", "Ämilie Straße")
	r.know("host", "contoso.com")
	r.know("path", "/home/adele")
	r.ready()
	for _, row := range []struct{ in, want string }{
		{"adele.vance@contoso.com is refused", "mailbox- is refused"},
		{"ADELE VANCE and Adele, not Adelens", "name- and name-, not Adelens"},
		{"Ämilie Straße", "name-"},
		{"proxy.contoso.com:8080", "proxy.host-:8080"},
		{"tenant aaaaaaaa-BBBB-cccc-dddd-eeeeeeeeeeee", "tenant id-"},
		{"at 10.1.2.3 and 127.0.0.1, [fe80::1]:443 and [::1]:443", "at address- and 127.0.0.1, address-:443 and [::1]:443"},
		{"/home/adele/.local/share/roomdesk", "path-/.local/share/roomdesk"},
		{"secret abc8Q~value-of-a-client-secret-0123456 here", "secret [secret] here"},
		{"Authorization: Bearer abcdefgh12345678", "Authorization: [secret]"},
		{"it was Value!Of/Another+Form", "it was [secret]"},
		{"eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln", "[secret]"},
		{"AGE-SECRET-KEY-1QQQQ", "[secret]"},
		{"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "[secret]"},
		{"Calendars.ReadWrite, HTTP 403 ErrorAccessDenied", "Calendars.ReadWrite, HTTP 403 ErrorAccessDenied"},
		{"login.microsoftonline.com:443", "login.microsoftonline.com:443"},
	} {
		got := r.text(row.in)
		plain := got
		for _, kind := range []string{"mailbox", "name", "host", "id", "address", "path"} {
			for i := strings.Index(plain, kind+"-"); i >= 0 && i+len(kind)+9 <= len(plain); {
				j := i + len(kind) + 1
				plain = plain[:j] + plain[j+8:]
				next := strings.Index(plain[j:], kind+"-")
				if next < 0 {
					break
				}
				i = j + next
			}
		}
		if plain != row.want {
			t.Errorf("%q becomes %q, want %q", row.in, got, row.want)
		}
	}
	// The same each time, also for the next process; another machine's are others.
	again, err := newRedactor(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := newRedactor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const mailbox = "Someone@Contoso.com"
	if a, b, c := r.text(mailbox), again.text(strings.ToLower(mailbox)), other.text(mailbox); a != b || a == c {
		t.Errorf("pseudonyms %q, %q and on another machine %q", a, b, c)
	}
	if info, err := os.Stat(filepath.Join(dir, pseudonymKey)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.Chmod(filepath.Join(dir, pseudonymKey), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := newRedactor(dir); err == nil {
		t.Error("a key that others can read is used")
	}
	// The id of a request stays where support looks for it, and only there.
	const request = "5c1b2f3e-0000-4000-8000-7d3a11112222"
	v := r.value("", map[string]any{"request_id": request, "tenant": request}).(map[string]any)
	if v["request_id"] != request || v["tenant"] == request {
		t.Errorf("%v", v)
	}
}

// The bundle of a connection that has trouble has what support needs, and nobody's name,
// address, subject or secret; nor what the service said, which may hold anything.
func TestBundleHoldsNobody(t *testing.T) {
	tenant, process, c := storyOf(t, simulator.Options{})
	a := process()
	s, err := a.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx := providers.WithPriority(t.Context(), providers.Interactive)
	if _, _, err := s.rooms(ctx); err != nil {
		t.Fatal(err)
	}
	people, _, err := s.people(ctx)
	if err != nil {
		t.Fatal(err)
	}
	booked := providers.Booking{ID: "b1", State: providers.BookingAccepted, Request: providers.BookingRequest{Subject: providers.Outside("Project Chimera"), Room: "x@contoso.example"}}
	if err := s.store.SaveBooking(ctx, booked); err != nil {
		t.Fatal(err)
	}
	tenant.Inject(simulator.Fault{Path: "/v1.0/users/*/calendar", Times: -1, Fail: &simulator.Failure{Status: 418, Code: "Teapot", Message: "the calendar of Jane Roe about Chimera is short"}})
	o := a.examination(c)
	d := a.diagnose(ctx, o, s.trail)
	if err := s.close(nil); err != nil {
		t.Fatal(err)
	}
	text, parts, replaced, err := a.makeBundle(ctx, examined{c, d})
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	if len(parts) != len(whole) || replaced["mailbox"] == 0 || replaced["id"] == 0 || replaced["name"] == 0 {
		t.Errorf("%d parts of %d, %v", len(parts), len(whole), replaced)
	}
	e := tenant.Endpoints()
	forbidden := []string{e.ClientSecret, e.TenantID, e.ClientID, e.Domain, "Contoso", "Chimera", "Jane Roe", "@", "story", c.CAFile}
	for _, room := range tenant.Rooms() {
		forbidden = append(forbidden, room.Name, room.Mailbox)
	}
	for _, person := range people {
		forbidden = append(forbidden, person.Name.Or("-none-"))
	}
	lower := strings.ToLower(string(text))
	for _, name := range forbidden {
		if strings.Contains(lower, strings.ToLower(name)) {
			i := strings.Index(lower, strings.ToLower(name))
			t.Errorf("%q is in the bundle: %q", name, text[max(i-60, 0):min(i+60, len(text))])
		}
	}
	cause := d.Cause()
	for _, needed := range []string{cause.RequestID, "Teapot", `"status": 418`, `"name": "sign-in"`, `"accepted": 1`, "127.0.0.1"} {
		if !strings.Contains(string(text), needed) {
			t.Errorf("%q is not in the bundle", needed)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}
