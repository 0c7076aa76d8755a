package typed_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/graph/typed"
	"roomdesk/providers/simulator"
)

// recorder is a service with one canned answer.
type recorder struct {
	*httptest.Server
	requests []*http.Request
	bodies   []map[string]any
}

func record(t *testing.T, answers ...string) (*recorder, graph.Objects) {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, _ := io.ReadAll(req.Body)
		var body map[string]any
		if len(text) > 0 && json.Unmarshal(text, &body) != nil {
			t.Errorf("body %q", text)
		}
		r.requests, r.bodies = append(r.requests, req), append(r.bodies, body)
		answer := answers[min(len(r.requests), len(answers))-1]
		if answer == "" {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, strings.ReplaceAll(answer, "HOST", "http://"+req.Host))
	}))
	t.Cleanup(r.Close)
	return r, typed.New(graph.Authorised{BaseURL: r.URL + "/v1.0", Client: r.Client()})
}

const organizer, room = providers.Address("adele@contoso.test"), providers.Address("aalto@contoso.test")

// What leaves for a booking: the room as a resource and as the location, the
// times in the organiser's zone, Teams, and the transaction id.
func TestCreateEventBody(t *testing.T) {
	r, objects := record(t, `{"id":"1","@odata.etag":"W/\"e\"","transactionId":"T-1","type":"futureKind","start":{"dateTime":"2026-11-20T08:00:00.0000000","timeZone":"UTC"},
		"end":{"dateTime":"2026-11-20T09:00:00.0000000","timeZone":"UTC"},"isOnlineMeeting":true,"onlineMeeting":{"joinUrl":"https://teams.microsoft.com/l/1"},
		"attendees":[{"type":"resource","status":{"response":"none","time":"0001-01-01T00:00:00Z"},"emailAddress":{"address":"aalto@contoso.test"}}],"newMember":{"x":1}}`)
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	e, err := objects.CreateEvent(t.Context(), providers.EventDraft{
		TransactionID: "T-1", Organizer: organizer, Subject: providers.Outside("Design \x1b[2J"), Body: providers.Outside("text"),
		Start: start, End: start.Add(time.Hour), Zone: "Europe/Amsterdam", Room: room, RoomName: providers.Outside("Aalto"),
		Required: []providers.Address{"bob@contoso.test"}, Optional: []providers.Address{"eve@contoso.test"}, Teams: true, Private: true, ShowAs: providers.ShowTentative,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"transactionId":"T-1","subject":"Design \u001b[2J","body":{"contentType":"text","content":"text"},
		"start":{"dateTime":"2026-11-20T09:00:00","timeZone":"W. Europe Standard Time"},"end":{"dateTime":"2026-11-20T10:00:00","timeZone":"W. Europe Standard Time"},
		"location":{"displayName":"Aalto","locationEmailAddress":"aalto@contoso.test","locationType":"conferenceRoom"},
		"attendees":[{"type":"required","emailAddress":{"address":"bob@contoso.test"}},{"type":"optional","emailAddress":{"address":"eve@contoso.test"}},
			{"type":"resource","emailAddress":{"address":"aalto@contoso.test","name":"Aalto"}}],
		"isOnlineMeeting":true,"onlineMeetingProvider":"teamsForBusiness","showAs":"tentative","sensitivity":"private"}`
	compare(t, r.bodies[0], want)
	if req := r.requests[0]; req.Method != "POST" || req.URL.Path != "/v1.0/users/adele@contoso.test/events" || !strings.Contains(strings.Join(req.Header.Values("Prefer"), ","), "ImmutableId") {
		t.Errorf("%s %s %v", req.Method, req.URL, req.Header)
	}
	if e.ID != "1" || e.ETag != `W/"e"` || !e.Start.Equal(start) || e.TransactionID != "T-1" || !e.OnlineMeeting || e.JoinURL.Raw() != "https://teams.microsoft.com/l/1" || e.Mailbox != organizer {
		t.Errorf("%+v", e)
	}
	if a, ok := e.Attendee(room); !ok || a.Type != providers.Resource || a.Response != providers.ResponseNone || !a.ResponseAt.IsZero() {
		t.Errorf("%+v", a)
	}
}

func compare(t *testing.T, got map[string]any, want string) {
	t.Helper()
	// The type annotations that the SDK adds are its own affair.
	var strip func(any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "@odata.type")
			for _, inner := range v {
				strip(inner)
			}
		case []any:
			for _, inner := range v {
				strip(inner)
			}
		}
	}
	strip(any(got))
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, wanted) {
		text, _ := json.MarshalIndent(got, "", " ")
		t.Errorf("sent %s", text)
	}
}

// Only what changes is sent: the rest stays as others made it.
func TestChangeEventBody(t *testing.T) {
	r, objects := record(t, `{"id":"1"}`)
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	if _, err := objects.ChangeEvent(t.Context(), organizer, "a/b=", `W/"e"`, providers.EventChange{Start: &start}); err != nil {
		t.Fatal(err)
	}
	compare(t, r.bodies[0], `{"start":{"dateTime":"2026-11-20T08:00:00","timeZone":"UTC"}}`)
	if req := r.requests[0]; req.Method != "PATCH" || req.Header.Get("If-Match") != `W/"e"` || req.URL.EscapedPath() != "/v1.0/users/adele%40contoso.test/events/a%2Fb%3D" {
		t.Errorf("%s %s %v", req.Method, req.URL.EscapedPath(), req.Header)
	}
	location := providers.Outside("Bauhaus")
	if _, err := objects.ChangeEvent(t.Context(), organizer, "1", "", providers.EventChange{Location: &location, Attendees: []providers.Attendee{
		{Mailbox: room, Type: providers.Resource, Name: providers.Outside("Bauhaus")}, {Text: providers.Outside("/o=x"), Type: providers.Required}}}); err != nil {
		t.Fatal(err)
	}
	compare(t, r.bodies[1], `{"location":{"displayName":"Bauhaus","locationEmailAddress":"aalto@contoso.test","locationType":"conferenceRoom"},
		"attendees":[{"type":"resource","emailAddress":{"address":"aalto@contoso.test","name":"Bauhaus"}},{"type":"required","emailAddress":{"address":"/o=x"}}]}`)
	if r.requests[1].Header.Get("If-Match") != "" {
		t.Error("If-Match without an etag")
	}
}

func TestCancelEventBody(t *testing.T) {
	r, objects := record(t, "")
	if err := objects.CancelEvent(t.Context(), organizer, "1", "not needed"); err != nil {
		t.Fatal(err)
	}
	compare(t, r.bodies[0], `{"Comment":"not needed"}`) // as the metadata spells it; the service takes both
	if path := r.requests[0].URL.Path; path != "/v1.0/users/adele@contoso.test/events/1/cancel" {
		t.Error(path)
	}
}

// P7, P11: the flags of calendars, over more than one page.
func TestCalendars(t *testing.T) {
	r, objects := record(t,
		`{"value":[{"id":"1","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":{"name":"Adele","address":"Adele@contoso.test"},"allowedOnlineMeetingProviders":["teamsForBusiness","futureProvider"]}],
		 "@odata.nextLink":"HOST/v1.0/users/adele@contoso.test/calendars?$skip=1"}`,
		`{"value":[{"id":"2","name":"Holidays","canEdit":false,"allowedOnlineMeetingProviders":[]},{"id":"3","owner":null}]}`)
	got, err := objects.Calendars(t.Context(), organizer)
	if err != nil || len(got) != 3 {
		t.Fatalf("%v: %+v", err, got)
	}
	if c := got[0]; !c.Default || c.ReadOnly || !c.IntegratedConferencing || c.Owner != organizer || c.Name.Raw() != "Calendar" {
		t.Errorf("%+v", c)
	}
	if c := got[1]; c.Default || !c.ReadOnly || c.IntegratedConferencing || c.Owner != "" {
		t.Errorf("%+v", c)
	}
	if got[2].ReadOnly {
		t.Error("a calendar that does not say is read only")
	}
	if len(r.requests) != 2 || r.requests[1].URL.Query().Get("$skip") != "1" {
		t.Errorf("%d requests", len(r.requests))
	}
}

func TestPlace(t *testing.T) {
	_, objects := record(t, `{"id":"i","placeId":"p","emailAddress":"Aalto@contoso.test","displayName":"Aalto","capacity":12,"floorNumber":3,"displayDeviceName":"Screen","teamsEnabledState":"enabled","isWheelChairAccessible":true}`)
	got, err := objects.Place(t.Context(), room)
	if err != nil || got.Mailbox != room || got.PlaceID != "p" || got.Capacity != 12 || *got.FloorNumber != 3 || !got.Has(providers.Display) || !got.Has(providers.Teams) || !*got.StepFree {
		t.Errorf("%v: %+v", err, got)
	}
}

// F-022, F-023: whatever comes, the provider has an error of its own kind and no
// panic goes through.
func TestDamagedAnswersOverTheSDK(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 4, People: 4, Seed: 3})
	p := connect(t, tenant, nil)
	at := tenant.Endpoints()
	mailbox := providers.Address(at.Organizer)
	for _, garble := range []string{"html", "null_value", "not_array", "no_value", "not_json", "empty"} {
		remove := tenant.Inject(simulator.Fault{Path: "/calendars", Garble: garble})
		got, err := p.Calendars(t.Context(), mailbox)
		remove()
		if class := providers.ClassOf(err); class != providers.Foreign && class != providers.Transient || got != nil {
			t.Errorf("%s: %v, %v", garble, got, err)
		}
	}
	for _, failure := range []simulator.Failure{
		{Status: 403, Code: "ErrorAccessDenied"}, {Status: 404, Code: "MailboxNotEnabledForRESTAPI"}, {Status: 401, Headers: map[string]string{"WWW-Authenticate": "Bearer claims"}},
		{Status: 400, Body: "<html>", Headers: map[string]string{"Content-Type": "text/html"}}, {Status: 400, Empty: true},
	} {
		remove := tenant.Inject(simulator.Fault{Path: "/calendars", Fail: &failure})
		_, err := p.Calendars(t.Context(), mailbox)
		remove()
		want := map[int]providers.Class{403: providers.NotAllowed, 404: providers.NoMailbox, 401: providers.SignedOut}[failure.Status]
		if want == "" && failure.Empty {
			want = providers.Permanent
		} else if want == "" {
			want = providers.Foreign
		}
		if providers.ClassOf(err) != want {
			t.Errorf("%+v: %v, want class %q", failure, err, want)
		}
	}
}

// F-041, F-053: an answer that is lost leaves one event and one cancellation.
func TestLostAnswersLeaveOneEvent(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 4, People: 4, Seed: 3})
	p := connect(t, tenant, nil)
	mailbox := providers.Address(tenant.Endpoints().Organizer)
	begin := time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, 40)
	draft := providers.EventDraft{TransactionID: "7b1c6f9e-0000-4000-8000-000000000001", Organizer: mailbox, Subject: providers.Outside("lost"),
		Start: begin, End: begin.Add(time.Hour), Room: providers.Address(tenant.Rooms()[0].Mailbox)}
	remove := tenant.Inject(simulator.Fault{Method: "POST", Path: "/events", CommitThen: "fail", Nth: 1, Times: 1})
	_, err := p.CreateEvent(t.Context(), draft)
	remove()
	if !providers.Is(err, providers.Transient) {
		t.Fatalf("%v, want class transient: it may have happened", err)
	}
	found, ok, err := p.FindEvent(t.Context(), mailbox, draft.TransactionID, providers.Interval{Start: draft.Start, End: draft.End})
	if err != nil || !ok {
		t.Fatalf("the event is not found: %v", err)
	}
	again, err := p.CreateEvent(t.Context(), draft)
	if err != nil || again.ICalUID != found.ICalUID {
		t.Errorf("a second create with the same transaction id: %+v, %v", again, err)
	}
	tenant.Inject(simulator.Fault{Method: "POST", Path: "/cancel", CommitThen: "fail", Nth: 1, Times: 1})
	if err := p.CancelEvent(t.Context(), mailbox, found.ID, ""); err != nil {
		t.Errorf("a cancel whose answer was lost: %v", err)
	}
	truth, _ := tenant.Truth(string(mailbox), begin, begin.Add(time.Hour))
	for _, e := range truth.Events {
		if e.TransactionID == draft.TransactionID && !e.Cancelled {
			t.Error("the event is still there")
		}
	}
	if p.Stats().InFlight != 0 {
		t.Error("a slot is held")
	}
}
