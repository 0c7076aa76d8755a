package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// meetingXML is a new meeting in a room, in the schema's order.
func meetingXML(subject, start, end, room, rest string) string {
	return `<m:CreateItem SendMeetingInvitations="SendToAllAndSaveCopy"><m:Items><t:CalendarItem><t:Subject>` + subject + `</t:Subject><t:Body BodyType="Text">Agenda follows.</t:Body>` +
		`<t:ExtendedProperty><t:ExtendedFieldURI PropertySetId="0f3c4b1e-6a52-4f0e-9d0b-5a1f0c7d2e11" PropertyName="BookingRequestId" PropertyType="String"/><t:Value>key-` + subject + `</t:Value></t:ExtendedProperty>` +
		`<t:Start>` + start + `</t:Start><t:End>` + end + `</t:End><t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus><t:Location>Somewhere</t:Location>` +
		`<t:Resources><t:Attendee><t:Mailbox><t:EmailAddress>` + room + `</t:EmailAddress></t:Mailbox></t:Attendee></t:Resources>` + rest +
		`<t:StartTimeZone Id="W. Europe Standard Time"/><t:EndTimeZone Id="W. Europe Standard Time"/></t:CalendarItem></m:Items></m:CreateItem>`
}

func getXML(id string) string {
	return `<m:GetItem><m:ItemShape>` + allProperties + `</m:ItemShape><m:ItemIds><t:ItemId Id="` + id + `"/></m:ItemIds></m:GetItem>`
}

// setXML changes one property of an item.
func setXML(id, key, resolution, send, uri, value string) string {
	return `<m:UpdateItem ConflictResolution="` + resolution + `" SendMeetingInvitationsOrCancellations="` + send + `"><m:ItemChanges><t:ItemChange><t:ItemId Id="` + id + `" ChangeKey="` + key +
		`"/><t:Updates><t:SetItemField><t:FieldURI FieldURI="` + uri + `"/><t:CalendarItem>` + value + `</t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`
}

// freeRoom is a room that accepts every request, and a person.
func freeRoom(t *testing.T, tenant *Tenant) (room, person string) {
	t.Helper()
	for _, r := range tenant.Rooms() {
		if r.Policy.Name == "auto-accept" {
			return r.Mailbox, tenant.People()[0].Mailbox
		}
	}
	t.Fatal("no room accepts every request")
	return "", ""
}

// copiesOf counts what a mailbox really has of a meeting around a day.
func copiesOf(tenant *Tenant, address, uid string, day time.Time) (n int) {
	truth, _ := tenant.Truth(address, day.AddDate(0, 0, -2), day.AddDate(0, 0, 2))
	for _, e := range truth.Events {
		if e.ICalUID == uid {
			n++
		}
	}
	return n
}

// A booking through Exchange is the same booking on Graph: one UID, the room's own
// answer, and changes and cancellation reach the room whichever face they came by.
func TestExchangeBooking(t *testing.T) {
	tenant, graph := start(t, Options{Seed: 4, Exchange: ExchangeOnline, RoomAnswerDelay: time.Hour, TokenLife: 48 * time.Hour})
	room, person := freeRoom(t, tenant)
	ews := exchangeClient(t, tenant).impersonating(person)
	day := tenant.Clock().Now().AddDate(0, 0, 60)
	text := func(hour int) string { return day.Format("2006-01-02") + fmt.Sprintf("T%02d:00:00", hour) }
	made := ews.ask(meetingXML("Review", text(9), text(10), room, "")).want(t, "NoError").find("ItemId")
	id := made.attr["Id"]
	got := ews.ask(getXML(id)).want(t, "NoError")
	if r := got.value("Resources", "ResponseType"); r != "NoResponseReceived" {
		t.Errorf("before it answered the room says %q", r)
	}
	tenant.Clock().Advance(2 * time.Hour)
	got = ews.ask(getXML(id)).want(t, "NoError")
	if r := got.value("Resources", "ResponseType"); r != "Accept" {
		t.Errorf("the room says %q, want Accept", r)
	}
	key := got.find("ItemId").attr["ChangeKey"]
	if key == made.attr["ChangeKey"] {
		t.Error("the room's answer did not change the change key")
	}
	restID := strings.NewReplacer("/", "-", "+", "_").Replace(id)
	v := graph.get("/users/" + person + "/events/" + restID + "?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%20{0f3c4b1e-6a52-4f0e-9d0b-5a1f0c7d2e11}%20Name%20BookingRequestId')")
	if v["iCalUId"] != got.value("UID") || v["subject"] != "Review" || dig(v, "singleValueExtendedProperties", 0, "value") != "key-Review" {
		t.Errorf("Graph sees %v %v %v", v["iCalUId"], v["subject"], v["singleValueExtendedProperties"])
	}
	if zone := v["originalStartTimeZone"]; zone != "W. Europe Standard Time" {
		t.Errorf("the zone on Graph is %v", zone)
	}
	// Found again by the key.
	const field = `<t:ExtendedFieldURI PropertySetId="0f3c4b1e-6a52-4f0e-9d0b-5a1f0c7d2e11" PropertyName="BookingRequestId" PropertyType="String"/>`
	found := ews.ask(`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>`+field+`</t:AdditionalProperties></m:ItemShape><m:Restriction><t:IsEqualTo>`+field+
		`<t:FieldURIOrConstant><t:Constant Value="key-Review"/></t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds>`+calendarOf("")+`</m:ParentFolderIds></m:FindItem>`).want(t, "NoError")
	if list := found.all("CalendarItem"); len(list) != 1 || list[0].value("ExtendedProperty", "Value") != "key-Review" {
		t.Errorf("found %d items by the booking's key", len(list))
	}

	// A lost race is told, and nothing is overwritten.
	ews.ask(setXML(id, made.attr["ChangeKey"], "NeverOverwrite", "SendToAllAndSaveCopy", "item:Subject", `<t:Subject>Lost</t:Subject>`)).want(t, "ErrorIrresolvableConflict")
	ews.ask(setXML(id, key, "NeverOverwrite", "SendToAllAndSaveCopy", "calendar:End", `<t:End>`+text(11)+`</t:End>`)).want(t, "NoError")
	if r := ews.ask(getXML(id)).value("Resources", "ResponseType"); r != "NoResponseReceived" {
		t.Errorf("after the time moved the room says %q", r)
	}
	tenant.Clock().Advance(2 * time.Hour)
	ends := ""
	for _, i := range ews.impersonating(room).ask(viewOf("", day.AddDate(0, 0, -1), day.AddDate(0, 0, 1), allProperties)).want(t, "NoError").all("CalendarItem") {
		if i.value("UID") == got.value("UID") {
			ends += i.value("End")
		}
	}
	if moved := ews.ask(getXML(id)).value("End"); ends != moved || moved == got.value("End") {
		t.Errorf("the room's copy ends at %q, the organiser's at %s after %s", ends, moved, got.value("End"))
	}

	ews.ask(`<m:DeleteItem DeleteType="MoveToDeletedItems"><m:ItemIds><t:ItemId Id="`+id+`"/></m:ItemIds></m:DeleteItem>`).want(t, "ErrorSendMeetingCancellationsRequired")
	ews.ask(`<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToAllAndSaveCopy"><m:ItemIds><t:ItemId Id="`+id+`"/></m:ItemIds></m:DeleteItem>`).want(t, "NoError")
	ews.ask(getXML(id)).want(t, "ErrorItemNotFound")
	if n := copiesOf(tenant, room, got.value("UID"), day); n != 0 {
		t.Errorf("the room still has %d copies", n)
	}
	effects := map[string]int{}
	for _, e := range tenant.Ledger() {
		if e.Operation != "" && e.Effect != "" {
			effects[e.Operation+": "+e.Effect]++
		}
	}
	if effects["CreateItem: created event"] != 1 || effects["UpdateItem: changed event"] != 1 || effects["DeleteItem: cancelled event"] != 1 {
		t.Errorf("effects in the ledger: %v", effects)
	}
}

// Nobody hears of what is sent to nobody, until it is sent to all.
func TestExchangeSendToNone(t *testing.T) {
	tenant := startWith(t, Options{Seed: 4, Exchange: ExchangeOnPremises, RoomAnswerDelay: time.Millisecond})
	room, person := freeRoom(t, tenant)
	ews := exchangeClient(t, tenant).impersonating(person)
	day := tenant.Clock().Now().AddDate(0, 0, 60)
	quiet := strings.Replace(meetingXML("Quiet", day.Format("2006-01-02")+"T09:00:00", day.Format("2006-01-02")+"T10:00:00", room, ""), "SendToAllAndSaveCopy", "SendToNone", 1)
	made := ews.ask(quiet).want(t, "NoError").find("ItemId")
	tenant.Clock().Advance(time.Hour)
	uid := ews.ask(getXML(made.attr["Id"])).value("UID")
	if copiesOf(tenant, room, uid, day) != 0 {
		t.Fatal("the room heard of a meeting that was sent to nobody")
	}
	if sent := ews.ask(getXML(made.attr["Id"])).value("MeetingRequestWasSent"); sent != "false" {
		t.Errorf("MeetingRequestWasSent is %s", sent)
	}
	ews.ask(setXML(made.attr["Id"], made.attr["ChangeKey"], "NeverOverwrite", "SendToAllAndSaveCopy", "item:Subject", `<t:Subject>Loud</t:Subject>`)).want(t, "NoError")
	tenant.Clock().Advance(time.Hour)
	if copiesOf(tenant, room, uid, day) != 1 {
		t.Error("the room did not hear of the meeting when it was sent")
	}
	ews.ask(strings.Replace(quiet, ` SendMeetingInvitations="SendToNone"`, "", 1)).want(t, "ErrorSendMeetingInvitationsRequired")
}

// A series: its dates by number, one date changed, one taken out, and what the master
// says about both.
func TestExchangeSeries(t *testing.T) {
	tenant := startWith(t, Options{Seed: 4, Exchange: ExchangeOnPremises, RoomAnswerDelay: time.Millisecond, Now: func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }})
	room, person := freeRoom(t, tenant)
	ews := exchangeClient(t, tenant).impersonating(person)
	ews.zone = "W. Europe Standard Time"
	const weekly = `<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday Thursday</t:DaysOfWeek><t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2027-03-15</t:StartDate><t:NumberOfOccurrences>6</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>`
	made := ews.ask(meetingXML("Stand-up", "2027-03-15T09:00:00", "2027-03-15T09:15:00", room, weekly)).want(t, "NoError").find("ItemId")
	tenant.Clock().Advance(time.Minute)
	from, to := time.Date(2027, 3, 14, 0, 0, 0, 0, time.UTC), time.Date(2027, 4, 14, 0, 0, 0, 0, time.UTC)
	var starts []string
	for _, item := range ews.ask(viewOf("", from, to, allProperties)).want(t, "NoError").all("CalendarItem") {
		if item.value("Subject") == "Stand-up" {
			starts = append(starts, item.value("Start"))
		}
	}
	// The clocks change on 28 March: the wall clock stays.
	want := "2027-03-15T09:00:00+01:00 2027-03-18T09:00:00+01:00 2027-03-22T09:00:00+01:00 2027-03-25T09:00:00+01:00 2027-03-29T09:00:00+02:00 2027-04-01T09:00:00+02:00"
	if got := strings.Join(starts, " "); got != want {
		t.Errorf("dates:\n got %s\nwant %s", got, want)
	}
	nth := func(n int) string {
		return fmt.Sprintf(`<t:OccurrenceItemId RecurringMasterId="%s" InstanceIndex="%d"/>`, made.attr["Id"], n)
	}
	get := func(id string) *element {
		return ews.ask(`<m:GetItem><m:ItemShape>` + allProperties + `</m:ItemShape><m:ItemIds>` + id + `</m:ItemIds></m:GetItem>`)
	}
	third := get(nth(3)).want(t, "NoError")
	if third.value("Start") != "2027-03-22T09:00:00+01:00" || third.value("CalendarItemType") != "Occurrence" {
		t.Errorf("the third date is %s %s", third.value("Start"), third.value("CalendarItemType"))
	}
	get(nth(7)).want(t, "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")
	ref := third.find("ItemId").attr
	ews.ask(setXML(ref["Id"], ref["ChangeKey"], "NeverOverwrite", "SendToAllAndSaveCopy", "item:Subject", `<t:Subject>Long stand-up</t:Subject>`)).want(t, "NoError")
	ews.ask(`<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToAllAndSaveCopy"><m:ItemIds>`+nth(5)+`</m:ItemIds></m:DeleteItem>`).want(t, "NoError")
	get(nth(5)).want(t, "ErrorCalendarOccurrenceIsDeletedFromRecurrence")
	get(`<t:RecurringMasterItemId OccurrenceId="`+ref["Id"]+`"/>`).want(t, "NoError")
	master := ews.ask(getXML(made.attr["Id"])).want(t, "NoError")
	if got := master.value("ModifiedOccurrences", "OriginalStart") + " " + master.value("DeletedOccurrences", "Start"); got != "2027-03-22T09:00:00+01:00 2027-03-29T09:00:00+02:00" {
		t.Errorf("the master says of its dates: %s", got)
	}
	if got := master.value("Recurrence", "DaysOfWeek") + " " + master.value("Recurrence", "NumberOfOccurrences"); got != "Monday Thursday 6" {
		t.Errorf("the pattern is %s", got)
	}
	inRoom := 0
	for _, item := range ews.impersonating(room).ask(viewOf("", from, to, allProperties)).want(t, "NoError").all("CalendarItem") {
		if item.value("UID") == master.value("UID") {
			inRoom++
		}
	}
	if inRoom != 5 {
		t.Errorf("the room has %d dates, want 5", inRoom)
	}
}

// An attendee's answer goes to the organiser; a declined meeting leaves the calendar.
func TestExchangeAnswers(t *testing.T) {
	tenant := startWith(t, Options{Seed: 4, Exchange: ExchangeOnPremises, RoomAnswerDelay: time.Millisecond})
	room, person := freeRoom(t, tenant)
	guest := tenant.People()[1].Mailbox
	ews := exchangeClient(t, tenant).impersonating(person)
	other := ews.impersonating(guest)
	day := tenant.Clock().Now().AddDate(0, 0, 60)
	made := ews.ask(strings.Replace(meetingXML("Ask", day.Format("2006-01-02")+"T09:00:00", day.Format("2006-01-02")+"T10:00:00", room, ""), "<t:Resources>",
		`<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>`+guest+`</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees><t:Resources>`, 1)).want(t, "NoError").find("ItemId").attr["Id"]
	mine := func() *element {
		for _, i := range other.ask(viewOf("", day.AddDate(0, 0, -1), day.AddDate(0, 0, 1), allProperties)).want(t, "NoError").all("CalendarItem") {
			if i.value("Subject") == "Ask" {
				return i
			}
		}
		return nil
	}
	answer := func(kind, id, key string) *element {
		return other.ask(`<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:` + kind + `><t:ReferenceItemId Id="` + id + `" ChangeKey="` + key + `"/></t:` + kind + `></m:Items></m:CreateItem>`)
	}
	item := mine()
	if item == nil || item.value("MyResponseType") != "NoResponseReceived" {
		t.Fatal("the guest has no request")
	}
	ref := item.find("ItemId").attr
	answer("TentativelyAcceptItem", ref["Id"], ref["ChangeKey"]).want(t, "NoError")
	if got := ews.ask(getXML(made)).value("RequiredAttendees", "ResponseType"); got != "Tentative" {
		t.Errorf("the organiser sees %s", got)
	}
	answer("AcceptItem", ref["Id"], ref["ChangeKey"]).want(t, "ErrorIrresolvableConflict") // the key is old
	ref = mine().find("ItemId").attr
	answer("DeclineItem", ref["Id"], ref["ChangeKey"]).want(t, "NoError")
	if mine() != nil {
		t.Error("a declined meeting is still in the calendar")
	}
	if got := ews.ask(getXML(made)).value("RequiredAttendees", "ResponseType"); got != "Decline" {
		t.Errorf("the organiser sees %s", got)
	}
	// Cancelling is the organiser's, with a change key.
	own := ews.ask(getXML(made)).find("ItemId").attr
	cancel := `<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:CancelCalendarItem><t:ReferenceItemId Id="` + own["Id"] + `" ChangeKey="` + own["ChangeKey"] + `"/><t:NewBodyContent BodyType="Text">Sorry</t:NewBodyContent></t:CancelCalendarItem></m:Items></m:CreateItem>`
	ews.ask(cancel).want(t, "NoError")
	ews.ask(getXML(made)).want(t, "ErrorItemNotFound")
}
