package typed

import (
	"fmt"
	"io"

	"strings"
	"testing"

	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// benchPage is a delta page of 50 events with six attendees, a preview and a
// body of 1.5 kB each, about 4 kB an event, as the service sends them.
func benchPage() string {
	var b strings.Builder
	b.WriteString(`{"@odata.context":"x","value":[`)
	for i := range 50 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"@odata.etag":"W/\"%d\"","id":"AAMkAGI1AAAoZ%0120d","createdDateTime":"2026-11-01T10:00:00.1234567Z","lastModifiedDateTime":"2026-11-02T10:00:00.1234567Z","changeKey":"k","categories":[],
"transactionId":null,"originalStartTimeZone":"W. Europe Standard Time","originalEndTimeZone":"W. Europe Standard Time","iCalUId":"040000008200E00074C5B7101A82E008%040d","reminderMinutesBeforeStart":15,"isReminderOn":true,"hasAttachments":false,
"subject":"Design review %d","bodyPreview":"%s","importance":"normal","sensitivity":"normal","isAllDay":false,"isCancelled":false,"isOrganizer":false,"responseRequested":true,"seriesMasterId":null,"showAs":"busy","type":"singleInstance",
"webLink":"https://outlook.office365.com/owa/?itemid=%d","onlineMeetingUrl":null,"isOnlineMeeting":true,"onlineMeetingProvider":"teamsForBusiness","allowNewTimeProposals":true,"isDraft":false,"hideAttendees":false,"recurrence":null,
"onlineMeeting":{"joinUrl":"https://teams.microsoft.com/l/meetup-join/%0120d"},"responseStatus":{"response":"accepted","time":"2026-11-02T10:00:00Z"},"body":{"contentType":"html","content":"%s"},
"start":{"dateTime":"2026-11-20T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T10:00:00.0000000","timeZone":"UTC"},
"location":{"displayName":"Aalto","locationType":"conferenceRoom","uniqueId":"aalto@contoso.test","uniqueIdType":"directory","address":{},"coordinates":{}},"locations":[{"displayName":"Aalto","locationType":"conferenceRoom"}],
"organizer":{"emailAddress":{"name":"Adele Vance","address":"adele@contoso.test"}},"attendees":[`, i, i, i, i, strings.Repeat("preview ", 31), i, i, strings.Repeat("<p>text</p>", 136))
		for j := range 6 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"type":"required","status":{"response":"accepted","time":"2026-11-02T10:00:00Z"},"emailAddress":{"name":"Person %d","address":"person%d@contoso.test"}}`, j, j)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`],"@odata.deltaLink":"https://graph.test/v1.0/users/adele@contoso.test/calendarView/delta?$deltatoken=x"}`)
	return b.String()
}

// BenchmarkDecodePage reads the same page with our decoder and with the SDK's
// models, in one run: compare the two, not either with another machine's.
func BenchmarkDecodePage(b *testing.B) {
	page := benchPage()
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			events, _, err := graph.DecodeEvents(strings.NewReader(page), providers.Address("adele@contoso.test"), "")
			if err != nil || len(events) != 50 {
				b.Fatal(err, len(events))
			}
		}
		b.ReportMetric(float64(b.N)*50/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("sdk", func(b *testing.B) {
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		factory := jsonserialization.NewJsonParseNodeFactory()
		for b.Loop() {
			text, err := io.ReadAll(strings.NewReader(page))
			if err != nil {
				b.Fatal(err)
			}
			node, err := factory.GetRootParseNode("application/json", text)
			if err != nil {
				b.Fatal(err)
			}
			value, err := node.GetObjectValue(models.CreateEventCollectionResponseFromDiscriminatorValue)
			if err != nil {
				b.Fatal(err)
			}
			if n := len(value.(models.EventCollectionResponseable).GetValue()); n != 50 {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(b.N)*50/b.Elapsed().Seconds(), "events/s")
	})
}
