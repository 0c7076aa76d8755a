package simulator

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/exchange"
)

func syncXML(state string, most int) string {
	if state != "" {
		state = `<m:SyncState>` + state + `</m:SyncState>`
	}
	return `<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>` + calendarOf("") + `</m:SyncFolderId>` + state +
		fmt.Sprintf(`<m:MaxChangesReturned>%d</m:MaxChangesReturned></m:SyncFolderItems>`, most)
}

// follow goes on with a state until there is no more, and gives the changes.
func follow(t *testing.T, ews *soap, state string, most int) (changes []string, next string) {
	t.Helper()
	for range 1000 {
		page := ews.ask(syncXML(state, most)).want(t, "NoError")
		list := page.find("Changes").kids
		if len(list) > most {
			t.Fatalf("%d changes on a page of %d", len(list), most)
		}
		for _, c := range list {
			changes = append(changes, c.name+" "+c.find("ItemId").attr["Id"])
		}
		state = page.value("SyncState")
		if page.value("IncludesLastItemInRange") == "true" {
			return changes, state
		}
	}
	t.Fatal("no end")
	return nil, ""
}

// The first pass gives every item once, whatever the size of a page; a later one what
// changed; a state of another calendar, or of no calendar, is refused.
func TestExchangeSync(t *testing.T) {
	tenant := startWith(t, Options{Seed: 4, Exchange: ExchangeOnPremises, RoomAnswerDelay: time.Millisecond})
	room, person := freeRoom(t, tenant)
	ews := exchangeClient(t, tenant).impersonating(person)
	all, state := follow(t, ews, "", 512)
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c] || !strings.HasPrefix(c, "Create ") {
			t.Errorf("the first pass gives %s", c)
		}
		seen[c] = true
	}
	paged, _ := follow(t, ews, "", 3)
	if len(paged) != len(all) || len(all) < 4 {
		t.Errorf("by threes there are %d items, at once %d", len(paged), len(all))
	}
	if nothing, _ := follow(t, ews, state, 512); len(nothing) != 0 {
		t.Errorf("changes out of nothing: %v", nothing)
	}
	day := tenant.Clock().Now().AddDate(0, 0, 60).Format("2006-01-02")
	first := ews.ask(meetingXML("One", day+"T09:00:00", day+"T10:00:00", room, "")).find("ItemId").attr
	second := ews.ask(meetingXML("Two", day+"T11:00:00", day+"T12:00:00", room, "")).find("ItemId").attr
	tenant.Clock().Advance(time.Minute)
	changes, middle := follow(t, ews, state, 1)
	if got, want := strings.Join(changes, " "), "Create "+first["Id"]+" Create "+second["Id"]; !strings.Contains(got, "Create "+first["Id"]) || !strings.Contains(got, "Create "+second["Id"]) {
		t.Errorf("after two bookings:\n got %s\nwant %s", got, want)
	}
	key := ews.ask(getXML(first["Id"])).find("ItemId").attr["ChangeKey"]
	ews.ask(setXML(first["Id"], key, "NeverOverwrite", "SendToNone", "item:Subject", `<t:Subject>Changed</t:Subject>`)).want(t, "NoError")
	ews.ask(`<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToNone"><m:ItemIds><t:ItemId Id="`+second["Id"]+`"/></m:ItemIds></m:DeleteItem>`).want(t, "NoError")
	changes, _ = follow(t, ews, middle, 512)
	if got, want := strings.Join(changes, " "), "Update "+first["Id"]+" Delete "+second["Id"]; got != want {
		t.Errorf("after a change and a deletion:\n got %s\nwant %s", got, want)
	}
	ews.impersonating(room).ask(syncXML(state, 10)).want(t, "ErrorInvalidSyncStateData")
	ews.ask(syncXML("bm8gc3RhdGU=", 10)).want(t, "ErrorInvalidSyncStateData")
	ews.wrong(syncXML("", 513)).want(t, "ErrorSchemaValidation")
}

// stream opens GetStreamingEvents and gives what its envelopes hold, one by one.
func (s *soap) stream(t *testing.T, subscription string) <-chan *element {
	t.Helper()
	text := s.envelope(`<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>` + subscription + `</t:SubscriptionId></m:SubscriptionIds><m:ConnectionTimeout>30</m:ConnectionTimeout></m:GetStreamingEvents>`)
	validXML(t, []byte(text))
	req, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("Authorization", s.auth)
	resp, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	out := make(chan *element, 100)
	var parts [][]byte
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = resp.Body.Close()
		<-done
		for _, p := range parts {
			validXML(t, p)
		}
	})
	go func() {
		defer close(done)
		defer close(out)
		r := bufio.NewReader(resp.Body)
		var envelope []byte
		for {
			b, err := r.ReadBytes('>')
			if err != nil {
				return
			}
			if envelope = append(envelope, b...); strings.HasSuffix(string(envelope), "</Envelope>") {
				parts = append(parts, envelope)
				out <- parseElement(t, envelope)
				envelope = nil
			}
		}
	}()
	return out
}

// A streaming connection tells of changes, of being alive, and of its end.
func TestExchangeStreaming(t *testing.T) {
	tenant := startWith(t, Options{Seed: 4, Exchange: ExchangeOnPremises, RoomAnswerDelay: time.Millisecond})
	settings, _ := tenant.ExchangeSettings()
	settings.Heartbeat = exchange.Duration(time.Hour)
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	room, person := freeRoom(t, tenant)
	ews := exchangeClient(t, tenant).impersonating(person)
	ews.http.Timeout = 0
	subscription := ews.ask(`<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds>`+calendarOf("")+`</t:FolderIds><t:EventTypes><t:EventType>CreatedEvent</t:EventType><t:EventType>ModifiedEvent</t:EventType><t:EventType>DeletedEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe>`).want(t, "NoError").value("SubscriptionId")
	events := ews.stream(t, subscription)
	if first := <-events; first.value("ConnectionStatus") != "OK" {
		t.Fatalf("it begins with %q", first.value("ConnectionStatus"))
	}
	day := tenant.Clock().Now().AddDate(0, 0, 60).Format("2006-01-02")
	id := ews.ask(meetingXML("Hear", day+"T09:00:00", day+"T10:00:00", room, "")).want(t, "NoError").find("ItemId").attr["Id"]
	told := ""
	for !strings.Contains(told, "ModifiedEvent") { // the room's answer changes the meeting
		e, more := <-events
		if !more {
			t.Fatal("the stream ended")
		}
		for _, n := range e.all("Notification") {
			for _, k := range n.kids[1:] {
				if got := k.find("ItemId").attr["Id"]; got == id {
					told += k.name + " "
				}
			}
		}
	}
	if !strings.HasPrefix(told, "CreatedEvent ") {
		t.Errorf("told: %s", told)
	}
	tenant.Clock().Advance(61 * time.Minute) // both the heartbeat and the end are due
	last := ""
	for e := range events {
		last = e.value("ConnectionStatus")
	}
	if last != "Closed" {
		t.Errorf("it ends with %q", last)
	}
	ews.ask(`<m:Unsubscribe><m:SubscriptionId>`+subscription+`</m:SubscriptionId></m:Unsubscribe>`).want(t, "NoError")
	ews.ask(`<m:Unsubscribe><m:SubscriptionId>`+subscription+`</m:SubscriptionId></m:Unsubscribe>`).want(t, "ErrorSubscriptionNotFound")
	dead := <-ews.stream(t, subscription)
	if dead.code() != "ErrorInvalidSubscription" || dead.value("ErrorSubscriptionIds", "SubscriptionId") != subscription {
		t.Errorf("a dead subscription: %s", dead.code())
	}
}
