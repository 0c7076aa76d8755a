package graph

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

func decodePage(text string) (pageOfEvents, error) {
	return decodeEvents(strings.NewReader(text), adele, "")
}

// recordedPage is a delta page with everything that roomdesk reads.
const recordedPage = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#Collection(event)","value":[
{"@odata.etag":"W/\"x\"","id":"AAMk1","iCalUId":"0400","type":"exception","seriesMasterId":"AAMk0","originalStart":"2026-11-20T08:00:00Z",
"originalStartTimeZone":"W. Europe Standard Time","start":{"dateTime":"2026-11-20T09:00:00.0000000","timeZone":"UTC"},
"end":{"dateTime":"2026-11-20T10:30:00.0000000","timeZone":"UTC"},"isAllDay":false,"subject":"Design review \ud83c\udfa8 \ud83c","bodyPreview":"long",
"body":{"contentType":"html","content":"<p>x</p>"},"organizer":{"emailAddress":{"name":"Adele Vance","address":"Adele@Contoso.test"}},"isOrganizer":true,
"location":{"displayName":"Aalto","locationType":"conferenceRoom"},"locations":[{"displayName":"Aalto"}],
"attendees":[{"type":"resource","status":{"response":"accepted","time":"2026-11-19T10:00:00.5Z"},"emailAddress":{"name":"Aalto","address":"aalto@contoso.test"}},
{"type":"required","status":{"response":"none","time":"0001-01-01T00:00:00Z"},"emailAddress":{"name":"Bob","address":"/o=ExchangeLabs/ou=x/cn=bob"}}],
"showAs":"oof","sensitivity":"private","isCancelled":false,"responseStatus":{"response":"organizer","time":"0001-01-01T00:00:00Z"},
"isOnlineMeeting":true,"onlineMeeting":{"joinUrl":"https://teams.microsoft.com/l/x"},"onlineMeetingUrl":null,"transactionId":"T-1",
"lastModifiedDateTime":"2026-11-18T07:06:05.1234567Z","recurrence":null,"unknownMember":{"deep":[1,{"x":null}]}},
{"@odata.type":"#microsoft.graph.event","@odata.etag":"W/\"y\"","id":"AAMk2","seriesMasterId":"AAMk0","type":"occurrence",
"start":{"dateTime":"2026-11-21T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-21T10:00:00.0000000","timeZone":"UTC"}},
{"id":"AAMk3","@removed":{"reason":"deleted"}}],
"@odata.deltaLink":"https://graph.microsoft.com/v1.0/users/adele/calendarView/delta?$deltatoken=d"}`

func TestDecodeEventPage(t *testing.T) {
	got, err := decodePage(recordedPage)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.events) != 2 || len(got.removed) != 1 || got.removed[0] != "AAMk3" || !strings.HasSuffix(got.delta, "=d") || got.next != "" {
		t.Fatalf("page %+v", got)
	}
	e := got.events[0]
	at := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, time.UTC) }
	switch {
	case e.ID != "AAMk1", e.ICalUID != "0400", e.SeriesMasterID != "AAMk0", e.Type != providers.Exception, e.Stub,
		!e.Start.Equal(at(20, 9, 0)), !e.End.Equal(at(20, 10, 30)), !e.OriginalStart.Equal(at(20, 8, 0)), e.Zone != "W. Europe Standard Time",
		e.Subject.Raw() != "Design review 🎨 \ufffd", e.Organizer != adele, e.OrganizerName.String() != "Adele Vance", !e.IsOrganizer,
		e.Location.String() != "Aalto", e.ShowAs != providers.ShowOutOfOffice, !e.Private, e.Cancelled, e.Response != providers.ResponseOrganizer,
		!e.OnlineMeeting, e.JoinURL.Raw() != "https://teams.microsoft.com/l/x", e.TransactionID != "T-1", e.ETag != `W/"x"`,
		e.Modified.Nanosecond() != 123456700, e.Mailbox != adele:
		t.Errorf("event %+v", e)
	}
	if a, ok := e.Attendee(aalto); !ok || a.Type != providers.Resource || a.Response != providers.ResponseAccepted || a.ResponseAt.IsZero() {
		t.Errorf("the room's answer: %+v", a)
	}
	if dn := e.Attendees[1]; dn.Mailbox != "" || dn.Text.Empty() || !dn.ResponseAt.IsZero() {
		t.Errorf("an attendee with a legacy name: %+v", dn)
	}
	if stub := got.events[1]; !stub.Stub || stub.Start != at(21, 9, 0) || stub.SeriesMasterID != "AAMk0" {
		t.Errorf("stub %+v", stub)
	}
}

// F-022: what is missing stays empty; what is unknown is kept.
func TestDecodeEventsWithGaps(t *testing.T) {
	got, err := decodePage(`{"value":[
		{"id":"1","subject":null,"location":null,"organizer":null,"type":"futureKind","showAs":"futureState","start":{"dateTime":"2026-11-20T09:00:00","timeZone":"UTC"},"attendees":null},
		{"id":"2","start":null,"end":{"dateTime":"garbage","timeZone":"UTC"},"attendees":[null,{"emailAddress":null},{"status":null,"emailAddress":{"address":"x@contoso.test"}}]},
		{"id":"3","start":{"dateTime":"2026-11-20T09:00:00.1","timeZone":"Nowhere Standard Time"}},
		{"id":"4","start":{"dateTime":"2026-11-20T09:00:00.0000000","timeZone":"W. Europe Standard Time"},"end":{"dateTime":"2026-11-20T10:00:00Z","timeZone":"UTC"}},
		{"id":"5","isAllDay":true,"start":{"dateTime":"9999-12-31T00:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"0001-01-01T00:00:00.0000000","timeZone":"UTC"}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	e := got.events
	switch {
	case len(e) != 5,
		e[0].Type != "futureKind" || e[0].ShowAs != "futureState" || !e[0].ShowAs.Blocks() || e[0].End != e[0].Start || e[0].Stub,
		!e[1].Start.IsZero() || !e[1].End.IsZero() || len(e[1].Attendees) != 1 || e[1].Attendees[0].Mailbox != "x@contoso.test",
		!e[2].Start.IsZero(), // a wrong time would be worse than none
		!e[3].Start.Equal(day(20, 8)) || !e[3].End.Equal(day(20, 10)),
		e[4].Start.Year() != 9999 || e[4].End != e[4].Start:
		t.Errorf("events %+v", e)
	}
}

// F-023: a page of another shape is refused whole.
func TestDecodeRefusesOtherShapes(t *testing.T) {
	for _, text := range []string{
		"", " ", "null", "[]", `"x"`, "1", "{}", `{"value":null}`, `{"value":{}}`, `{"value":"x"}`, `{"value":[null]}`, `{"value":[[]]}`,
		`{"value":[1]}`, `{"value":["x"]}`, `{"value":[{"id":"1"},null]}`, `{"value":[{}]}`, `{"value":[{"id":1}]}`, `{"value":[{"id":""}]}`,
		`{"value":[{"id":"1","isAllDay":"true"}]}`, `{"value":[{"id":"1","attendees":{}}]}`, `{"value":[{"id":"1","start":"2026"}]}`,
		`{"value":[{"id":"1","id":"2"}]}`, `{"value":[],"value":[]}`, `{"value":[]} x`, `{"value":[]}{}`, `{"value":[],}`,
		`{"value":[],"@odata.nextLink":1}`, `{"value":[],"@odata.count":"12"}`, `{"value":[],"@odata.count":1.5}`,
		`<html></html>`, "{\"value\":[{\"id\":\"a\nb\"}]}",
	} {
		got, err := decodePage(text)
		if err == nil {
			t.Errorf("%q is accepted: %+v", text, got)
			continue
		}
		if len(got.events)+len(got.removed) != 0 {
			t.Errorf("%q: half a page came out", text)
		}
		if e := decodeError(err); e.Class != providers.Foreign && e.Class != providers.Transient {
			t.Errorf("%q: class %q", text, e.Class)
		}
	}
	if _, err := page(strings.NewReader(`{"value":[{"capacity":"12"}]}`), func(*WirePlace) error { return nil }); err == nil {
		t.Error("a number as a text is accepted")
	}
}

// F-024: a page that ends at any byte is refused whole.
func TestDecodeRefusesTruncationAtEveryByte(t *testing.T) {
	for n := range len(recordedPage) {
		got, err := decodePage(recordedPage[:n])
		if err == nil || len(got.events)+len(got.removed) != 0 {
			t.Fatalf("cut at %d: %d events, %v", n, len(got.events), err)
		}
		if class := decodeError(err).Class; class != providers.Transient {
			t.Fatalf("cut at %d: class %q (%v)", n, class, err)
		}
	}
}

// The decoder agrees with the standard library's on whatever that accepts as a
// page, never panics, and delivers nothing of a page that it refuses.
func FuzzEventPage(f *testing.F) {
	f.Add([]byte(recordedPage))
	f.Add([]byte(`{"value":[]}`))
	f.Add([]byte(`{"value":[null]}`))
	f.Add([]byte(`{"value":[{"id":"1","@removed":{"reason":"changed"}}],"@odata.nextLink":"https://x"}`))
	f.Add([]byte(`{"value":[{"id":"\ud800","start":{"dateTime":"2026-11-20T09:00:00","timeZone":"Asia/Kolkata"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := decodeEvents(strings.NewReader(string(text)), adele, "")
		if err != nil {
			if len(got.events)+len(got.removed) != 0 || got.next != "" {
				t.Fatal("half a page came out")
			}
			if decodeError(err).Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		var reference struct {
			Value []map[string]any `json:"value"`
		}
		if err := json.Unmarshal(text, &reference); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if len(reference.Value) != len(got.events)+len(got.removed) {
			t.Fatalf("%d entries, encoding/json has %d", len(got.events)+len(got.removed), len(reference.Value))
		}
		for _, e := range got.events {
			if e.ID == "" || e.Start.Location() != time.UTC || e.End.Location() != time.UTC {
				t.Fatalf("event %+v", e)
			}
			_ = fmt.Sprint(e)
		}
	})
}
