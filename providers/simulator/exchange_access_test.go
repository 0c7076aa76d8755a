package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/exchange"
)

// freeBusyOf asks for free/busy with a bias of 0.
func freeBusyOf(from, to time.Time, view string, addresses ...string) string {
	const noZone = `<t:TimeZone><t:Bias>0</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>0</t:DayOrder><t:Month>0</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:StandardTime><t:DaylightTime><t:Bias>0</t:Bias><t:Time>00:00:00</t:Time><t:DayOrder>0</t:DayOrder><t:Month>0</t:Month><t:DayOfWeek>Sunday</t:DayOfWeek></t:DaylightTime></t:TimeZone>`
	var boxes strings.Builder
	for _, a := range addresses {
		boxes.WriteString(`<t:MailboxData><t:Email><t:Address>` + a + `</t:Address></t:Email><t:AttendeeType>Required</t:AttendeeType></t:MailboxData>`)
	}
	return `<m:GetUserAvailabilityRequest>` + noZone + `<m:MailboxDataArray>` + boxes.String() + `</m:MailboxDataArray><t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>` +
		from.UTC().Format("2006-01-02T15:04:05") + `</t:StartTime><t:EndTime>` + to.UTC().Format("2006-01-02T15:04:05") + `</t:EndTime></t:TimeWindow><t:MergedFreeBusyIntervalInMinutes>30</t:MergedFreeBusyIntervalInMinutes><t:RequestedView>` + view +
		`</t:RequestedView></t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>`
}

// Answers come in the order of the request, each with its own outcome, and with as
// much detail as the caller may see.
func TestExchangeAvailability(t *testing.T) {
	tenant := startWith(t, Options{Seed: 2, Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	room, person := tenant.Rooms()[0].Mailbox, tenant.People()[0].Mailbox
	from, _ := tenant.around()
	to := from.AddDate(0, 0, 14)
	answer := ews.ask(freeBusyOf(from, to, "DetailedMerged", person, "nobody@contoso.example", room, "who@elsewhere.example"))
	parts := answer.all("FreeBusyResponse")
	if len(parts) != 4 {
		t.Fatalf("%d answers for 4 mailboxes", len(parts))
	}
	for n, want := range []string{"NoError FreeBusyMerged", "ErrorMailRecipientNotFound None", "NoError DetailedMerged", "ErrorProxyRequestNotAllowed None"} {
		if got := parts[n].code() + " " + parts[n].value("FreeBusyViewType"); got != want {
			t.Errorf("answer %d: %s, want %s", n, got, want)
		}
	}
	truth, _ := tenant.Truth(room, from, to)
	events := parts[2].all("CalendarEvent")
	if len(events) != len(truth.Events) || len(events) == 0 {
		t.Errorf("free/busy of the room has %d entries, its calendar %d", len(events), len(truth.Events))
	}
	for n, e := range events {
		start, err := time.Parse("2006-01-02T15:04:05", e.value("StartTime"))
		if err != nil {
			t.Fatal(err)
		}
		if merged := parts[2].value("MergedFreeBusy"); e.value("BusyType") == "Busy" && !start.Before(from) && merged[int(start.Sub(from)/(30*time.Minute))] < '2' {
			t.Errorf("entry %d is busy at %s, the merged view is not", n, start)
		}
	}
	if parts[0].find("CalendarEventDetails") != nil {
		t.Error("details of a person's calendar that shows times only")
	}
	ews.ask(freeBusyOf(from, from.AddDate(0, 0, 42), "FreeBusy", room)).want(t, "NoError")
	ews.ask(freeBusyOf(from, from.AddDate(0, 0, 43), "FreeBusy", room)).want(t, "ErrorTimeIntervalTooBig")
	ews.ask(freeBusyOf(to, from, "FreeBusy", room)).want(t, "ErrorInvalidTimeInterval")
	ews.ask(freeBusyOf(from, to, "None", room)).want(t, "ErrorInvalidFreeBusyViewType")
	many := make([]string, 101)
	for n := range many {
		many[n] = room
	}
	ews.ask(freeBusyOf(from, to, "FreeBusy", many...)).want(t, "ErrorIndividualMailboxLimitReached")
}

// accessProbe is what a client learns about one mailbox in the three harmless steps.
func accessProbe(ews *soap, address string) string {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	const shape = `<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI FieldURI="folder:EffectiveRights"/><t:FieldURI FieldURI="folder:SharingEffectiveRights"/></t:AdditionalProperties></m:FolderShape>`
	own := ews.impersonating("")
	busy := own.ask(freeBusyOf(now, now.AddDate(0, 0, 1), "DetailedMerged", address))
	acting := ews.impersonating(address).ask(`<m:GetFolder>` + shape + `<m:FolderIds>` + calendarOf("") + `</m:FolderIds></m:GetFolder>`)
	inbox := ews.impersonating(address).ask(`<m:GetFolder>` + shape + `<m:FolderIds><t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>`)
	delegate := own.ask(`<m:GetFolder>` + shape + `<m:FolderIds>` + calendarOf(address) + `</m:FolderIds></m:GetFolder>`)
	return fmt.Sprintf("%s | %s | %s | %s read=%s create=%s %s", busy.code()+" "+busy.value("FreeBusyViewType"), acting.code(), inbox.code(), delegate.code(), delegate.value("Read"), delegate.value("CreateContents"), delegate.value("SharingEffectiveRights"))
}

// L1 to L3: each access level shows in the probes of the reference.
func TestExchangeAccessLevels(t *testing.T) {
	tenant := startWith(t, Options{Seed: 2, Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	rooms := tenant.Rooms()
	full, restricted, editor, reviewer, times, nothing := rooms[0].Mailbox, rooms[1].Mailbox, rooms[2].Mailbox, rooms[3].Mailbox, rooms[4].Mailbox, rooms[5].Mailbox
	settings, _ := tenant.ExchangeSettings()
	settings.Scope, settings.CalendarOnly = []string{full, restricted}, []string{restricted}
	settings.Permissions = map[string]string{editor: "Editor", reviewer: "Reviewer", times: "FreeBusyTimeOnly", nothing: "None"}
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ address, want string }{
		{full, "NoError DetailedMerged | NoError | NoError | NoError read=false create=false TimeAndSubjectAndLocation"},
		{restricted, "NoError DetailedMerged | NoError | ErrorAccessDenied | NoError read=false create=false TimeAndSubjectAndLocation"},
		{editor, "NoError DetailedMerged | ErrorImpersonateUserDenied | ErrorImpersonateUserDenied | NoError read=true create=true FullDetails"},
		{reviewer, "NoError DetailedMerged | ErrorImpersonateUserDenied | ErrorImpersonateUserDenied | NoError read=true create=false FullDetails"},
		{times, "NoError FreeBusyMerged | ErrorImpersonateUserDenied | ErrorImpersonateUserDenied | NoError read=false create=false TimeOnly"},
		{nothing, "ErrorNoFreeBusyAccess None | ErrorImpersonateUserDenied | ErrorImpersonateUserDenied | ErrorItemNotFound read= create= "},
	} {
		if got := accessProbe(ews, row.address); got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.address, got, row.want)
		}
	}
	// Without a permission to read, items are not shown and not found by their id.
	from, to := tenant.around()
	ews.ask(viewOf(times, from, to, allProperties)).want(t, "ErrorAccessDenied")
	seen := ews.ask(viewOf(reviewer, from, to, allProperties)).want(t, "NoError")
	if len(seen.all("CalendarItem")) == 0 {
		t.Error("a reviewer sees nothing")
	}
	stranger := ews.impersonating(full).ask(viewOf("", from, to, allProperties)).want(t, "NoError").find("ItemId").attr["Id"]
	ews.ask(`<m:GetItem><m:ItemShape>`+allProperties+`</m:ItemShape><m:ItemIds><t:ItemId Id="`+stranger+`"/></m:ItemIds></m:GetItem>`).want(t, "ErrorAccessDenied")

	settings.Impersonation = false
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	ews.impersonating(full).ask(viewOf("", from, to, allProperties)).want(t, "ErrorImpersonationDenied")
	if err := tenant.SetExchange(exchange.Settings{OnPremises: true, Permissions: map[string]string{full: "King"}}); err == nil {
		t.Error("a permission that there is not was taken")
	}
}
