package outside

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator"
)

// graphSteps are the steps of scripts/graph.mjs.
var graphSteps = []string{
	"signs in with a secret",
	"signs in with a certificate",
	"understands refused credentials",
	"names an unknown tenant and an unknown application",
	"lists rooms page by page",
	"lists room lists and their rooms",
	"reads schedules of several rooms",
	"books a room for a Teams meeting",
	"moves the meeting",
	"cancels the meeting",
	"books a series and changes one meeting of it",
	"sends a batch",
	"follows changes by delta over several rounds",
	"waits as Retry-After says",
	"keeps immutable ids",
	"reads people, zones and settings",
	"receives notifications",
}

// Microsoft's own JavaScript clients sign in as an application and do what a room
// program does.
func testGraphClient(t *testing.T, row *row) {
	s := newSite(t, "")
	saw := s.run(t, row, "graph.mjs", graphSteps...)
	checkSignIn(t, s, saw)
	checkDirectory(t, s, saw)
	checkSchedules(t, s, saw)
	checkBooking(t, s, saw)
	checkThrottling(t, s)
	expect(t, saw, "waits as Retry-After says", map[string]any{"told": []any{"1", "1"}})
	operations, total := s.check.Exchanges()
	if total < 60 || len(operations) < 18 {
		t.Errorf("only %d exchanges were held against the contract: %v", total, operations)
	}
	t.Logf("%d exchanges with %d operations of the contract", total, len(operations))
}

func checkSignIn(t *testing.T, s *site, saw map[string]json.RawMessage) {
	t.Helper()
	type claims struct {
		AppID, IDTyp, AppIDACR string
		Roles                  []string
	}
	if c := read[claims](t, saw, "signs in with a secret"); c.AppID != s.Endpoints().ClientID || c.IDTyp != "app" || c.AppIDACR != "1" || !slices.Contains(c.Roles, "Calendars.ReadWrite") {
		t.Errorf("the token by secret says %+v", c)
	}
	type certified struct{ Thumbprint, Chain, Organization string }
	if c := read[certified](t, saw, "signs in with a certificate"); c != (certified{"2", "2", s.Endpoints().TenantID}) {
		t.Errorf("by certificate: %+v", c)
	}
	type refusal struct {
		Name, Code, AADSTS string
		Correlated         bool
	}
	want := map[string]refusal{
		"wrong":               {"ServerError", "invalid_client", "AADSTS7000215", true},
		"id instead of value": {"ServerError", "invalid_client", "AADSTS7000215", true},
		"expired":             {"ServerError", "invalid_client", "AADSTS7000222", true},
		"unknown certificate": {"ServerError", "invalid_client", "AADSTS700027", true},
	}
	if got := read[map[string]refusal](t, saw, "understands refused credentials"); !maps.Equal(got, want) {
		t.Errorf("refused credentials: %+v, want %+v", got, want)
	}
	// MSAL hides what discovery answers for an unknown tenant behind a code of its own.
	unknown := map[string]refusal{
		"tenant":      {Code: "endpoints_resolution_error"},
		"application": {Code: "unauthorized_client", AADSTS: "AADSTS700016"},
	}
	if got := read[map[string]refusal](t, saw, "names an unknown tenant and an unknown application"); !maps.Equal(got, unknown) {
		t.Errorf("unknown names: %+v, want %+v", got, unknown)
	}
}

func checkDirectory(t *testing.T, s *site, saw map[string]json.RawMessage) {
	t.Helper()
	var rooms []string
	lists := map[string][]string{}
	for _, r := range s.Rooms() {
		rooms = append(rooms, r.Mailbox)
		lists[r.List] = append(lists[r.List], r.Mailbox)
	}
	if got := read[[]string](t, saw, "lists rooms page by page"); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(rooms))) {
		t.Errorf("rooms: %v, want %v", got, rooms)
	}
	got := read[map[string][]string](t, saw, "lists room lists and their rooms")
	if !maps.EqualFunc(got, lists, func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	}) {
		t.Errorf("room lists: %v, want %v", got, lists)
	}
	type people struct {
		People    []string
		Zone      string
		Calendars []string
		Counted   int
	}
	p := read[people](t, saw, "reads people, zones and settings")
	for _, one := range s.People() {
		if n := len(slices.DeleteFunc(slices.Clone(p.People), func(name string) bool { return !strings.EqualFold(name, one.Mailbox) })); n != 1 {
			t.Errorf("%s is listed %d times", one.Mailbox, n)
		}
	}
	if p.Zone == "" || !slices.Contains(p.Calendars, "Calendar") || p.Counted != len(p.People) {
		t.Errorf("zone %q, calendars %v, counted %d of %d", p.Zone, p.Calendars, p.Counted, len(p.People))
	}
}

func checkSchedules(t *testing.T, s *site, saw map[string]json.RawMessage) {
	t.Helper()
	type schedules struct {
		Items, View int
		Zones       []string
		Error       string
	}
	from, to := s.at(t, s.in.Busy.Start), s.at(t, s.in.Busy.End)
	truth, _ := s.Truth(s.in.Room, from, to)
	got := read[schedules](t, saw, "reads schedules of several rooms")
	if got.Items != len(truth.Events) || got.Items == 0 || got.View != int(to.Sub(from)/(30*time.Minute)) ||
		!slices.Equal(got.Zones, []string{"Europe/Berlin"}) || got.Error != "ErrorMailRecipientNotFound" {
		t.Errorf("schedules: %+v; the room has %d entries", got, len(truth.Events))
	}
}

func (s *site) at(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// mine keeps what the scripts booked.
func mine(events []simulator.TruthEvent) []simulator.TruthEvent {
	return slices.DeleteFunc(slices.Clone(events), func(e simulator.TruthEvent) bool { return !strings.HasPrefix(e.Subject, "Outside ") })
}

func checkBooking(t *testing.T, s *site, saw map[string]json.RawMessage) {
	t.Helper()
	type booked struct{ UID, Answer, Transaction string }
	b := read[booked](t, saw, "books a room for a Teams meeting")
	if b.Answer != "accepted" {
		t.Errorf("the room answered %q", b.Answer)
	}
	created := map[string]int{}
	var transaction []string
	for _, e := range s.Ledger() {
		if e.Effect == "created event" {
			created[e.Event]++
		}
		if e.TransactionID != "" && e.TransactionID == b.Transaction {
			transaction = append(transaction, e.Effect)
		}
	}
	if !slices.Equal(transaction, []string{"created event", "found event of the same transaction"}) {
		t.Errorf("one transaction, sent twice, did %q", transaction)
	}
	steps := []string{"books a room for a Teams meeting", "books a series and changes one meeting of it", "sends a batch", "follows changes by delta over several rounds", "keeps immutable ids", "receives notifications"}
	for _, step := range steps {
		if uid := read[booked](t, saw, step).UID; created[uid] != 1 {
			t.Errorf("%s: its event was created %d times", step, created[uid])
		}
	}
	if len(created) != len(steps) {
		t.Errorf("%d events were created, want %d", len(created), len(steps))
	}

	if got := read[map[string]any](t, saw, "receives notifications"); got["deaf"] != 400.0 || got["left"] != 0.0 {
		t.Errorf("notifications: %v", got)
	}
	type moved struct {
		Code, Subject string
		Online        bool
	}
	// The room shows its organiser as the subject's beginning, or the subject.
	if m := read[moved](t, saw, "moves the meeting"); m.Code != "ErrorIrresolvableConflict" || !m.Online || m.Subject == "" {
		t.Errorf("moved: %+v", m)
	}
	type gone struct {
		Status int
		Code   string
	}
	for _, step := range []string{"cancels the meeting", "keeps immutable ids"} {
		if g := read[gone](t, saw, step); g != (gone{404, "ErrorItemNotFound"}) {
			t.Errorf("%s: %+v", step, g)
		}
	}
	type series struct{ Types, Starts []string }
	if got := read[series](t, saw, "books a series and changes one meeting of it"); !slices.Equal(slices.Sorted(slices.Values(got.Types)), []string{"exception", "occurrence", "occurrence", "occurrence"}) ||
		!slices.Equal(slices.Sorted(slices.Values(got.Starts)), []string{"13:00", "13:00", "13:00", "15:00"}) {
		t.Errorf("series: %+v", got)
	}
	type batched struct {
		Statuses      []int
		Refused, Free string
		Viewed        bool
		Removed       int
	}
	if got := read[batched](t, saw, "sends a batch"); !slices.Equal(got.Statuses, []int{201, 404, 424}) || got.Refused != "ErrorInvalidUser" || got.Free != "002000" || !got.Viewed || got.Removed != 204 {
		t.Errorf("batch: %+v", got)
	}
	type rounds struct {
		First   int
		Reason  string
		Foreign gone
	}
	if got := read[rounds](t, saw, "follows changes by delta over several rounds"); got.First < 5 || got.Reason != "deleted" || got.Foreign.Status < 400 || got.Foreign.Code == "" {
		t.Errorf("delta: %+v", got)
	}

	day, err := time.Parse(time.DateOnly, s.in.Day)
	if err != nil {
		t.Fatal(err)
	}
	for mailbox, want := range map[string]int{s.in.Organizer: 4, s.in.Room: 0, s.in.SecondRoom: 4} {
		truth, ok := s.Truth(mailbox, day, day.AddDate(0, 0, quiet))
		left := truth.Events
		if mailbox == s.in.Organizer {
			left = mine(left)
		}
		if !ok || len(left) != want {
			t.Errorf("%s holds %d entries in the end, want %d: %+v", mailbox, len(left), want, left)
		}
	}
}

// The client's own middleware comes back after the time that it was told, twice.
func checkThrottling(t *testing.T, s *site) {
	t.Helper()
	var statuses []int
	for _, e := range s.Ledger() {
		if e.Path == "/v1.0/users/"+s.in.Organizer+"/calendar" {
			statuses = append(statuses, e.Status)
			if e.Early {
				t.Error("the client came before Retry-After had passed")
			}
		}
	}
	if !slices.Equal(statuses, []int{429, 429, 200}) {
		t.Errorf("throttled requests were answered %v", statuses)
	}
}
