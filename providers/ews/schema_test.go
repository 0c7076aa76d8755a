package ews

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"roomdesk/providers"
)

// Every request is valid against Microsoft's schema: its elements stand in the order
// that Exchange demands, and no value breaks out of its place.
func TestRequestsFollowTheSchema(t *testing.T) {
	nasty := providers.Outside("a <b> & \"c\" 'd' ]]> \x1b]0;x\x07 \xff\u202e ü &#x1F;\n\ttwo")
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	requests := map[string]string{}
	w := &wire{}
	w.answers = func(operation, body string) (int, string) {
		requests[fmt.Sprintf("%s-%d", operation, len(requests))] = body
		switch operation {
		case "GetItem":
			return 200, soap(`<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Items><t:CalendarItem>
				<t:ItemId Id="made" ChangeKey="k"/><t:UID>uid</t:UID><t:Start>2026-11-23T09:00:00Z</t:Start><t:End>2026-11-23T10:00:00Z</t:End><t:IsMeeting>true</t:IsMeeting>
				<t:CalendarItemType>RecurringMaster</t:CalendarItemType><t:MyResponseType>Organizer</t:MyResponseType>
				<t:OptionalAttendees><t:Attendee><t:Mailbox><t:EmailAddress>jonas@hq.example</t:EmailAddress></t:Mailbox></t:Attendee></t:OptionalAttendees>
				<t:StartTimeZoneId>W. Europe Standard Time</t:StartTimeZoneId></t:CalendarItem></m:Items></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>`)
		case "FindItem":
			return 200, soap(`<m:FindItemResponse><m:ResponseMessages><m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>
				<m:RootFolder TotalItemsInView="0" IncludesLastItemInRange="true"><t:Items/></m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse>`)
		case "GetUserAvailability":
			return 200, soap(`<m:GetUserAvailabilityResponse><m:FreeBusyResponseArray><m:FreeBusyResponse/></m:FreeBusyResponseArray></m:GetUserAvailabilityResponse>`)
		case "SyncFolderItems":
			return 200, soap(`<m:SyncFolderItemsResponse><m:ResponseMessages><m:SyncFolderItemsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>
				<m:SyncState>next&amp;</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange></m:SyncFolderItemsResponseMessage></m:ResponseMessages></m:SyncFolderItemsResponse>`)
		case "GetRoomLists":
			return 200, soap(`<m:GetRoomListsResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:RoomLists><t:Address><t:EmailAddress>list@hq.example</t:EmailAddress></t:Address></m:RoomLists></m:GetRoomListsResponse>`)
		case "GetRooms":
			return 200, soap(`<m:GetRoomsResponse ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Rooms/></m:GetRoomsResponse>`)
		}
		part := `<m:` + operation + `ResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>`
		if operation == "CreateItem" {
			part += `<m:Items><t:CalendarItem><t:ItemId Id="made"/></t:CalendarItem></m:Items>`
		}
		if operation == "GetFolder" {
			part += `<m:Folders><t:CalendarFolder><t:FolderId Id="f"/><t:EffectiveRights><t:Read>true</t:Read></t:EffectiveRights></t:CalendarFolder></m:Folders>`
		}
		if operation == "Subscribe" {
			part += `<m:SubscriptionId>JwBzYQ==</m:SubscriptionId>`
		}
		if operation == "ResolveNames" {
			part += `<m:ResolutionSet/>`
		}
		return 200, soap(`<m:` + operation + `Response><m:ResponseMessages>` + part + `</m:` + operation + `ResponseMessage></m:ResponseMessages></m:` + operation + `Response>`)
	}
	for _, how := range []manner{asOwner, asDelegate} {
		p := connected(t, w, nil)
		if how == asDelegate {
			p.manners[maria] = kept[manner]{asDelegate, p.now()}
		}
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		_, err := p.Identify(ctx)
		must(err)
		_, err = p.Rooms(ctx, func([]providers.Room) error { return nil })
		must(err)
		_, err = p.FindPeople(ctx, nasty.Raw())
		must(err)
		_, err = p.Calendars(ctx, maria)
		must(err)
		_, err = p.Access(ctx, maria, true)
		must(err)
		window := providers.Interval{Start: start, End: start.AddDate(0, 0, 28)}
		_, err = p.Availability(ctx, []providers.Address{maria}, window)
		must(err)
		next := ""
		for range 2 {
			must(p.Changes(ctx, providers.ChangesRequest{Mailbox: maria, Window: window, Cursor: next}, func(page providers.ChangePage) error {
				next = page.Cursor
				return nil
			}))
		}
		day := start.Truncate(24 * time.Hour)
		monday := []time.Weekday{time.Monday}
		for _, r := range []*providers.Recurrence{
			nil,
			{Pattern: providers.PatternDaily, Interval: 2, Range: providers.RangeNumbered, Count: 3},
			{Pattern: providers.PatternWeekly, Interval: 2, Weekdays: []time.Weekday{time.Tuesday, time.Saturday}, FirstDay: time.Monday, Range: providers.RangeEndDate, End: day.AddDate(0, 0, 30)},
			{Pattern: providers.PatternAbsoluteMonthly, Interval: 1, DayOfMonth: 23, Range: providers.RangeNoEnd},
			{Pattern: providers.PatternRelativeMonthly, Interval: 1, Weekdays: []time.Weekday{1, 2, 3, 4, 5}, Index: providers.IndexLast, Range: providers.RangeNumbered, Count: 2},
			{Pattern: providers.PatternAbsoluteYearly, Interval: 1, DayOfMonth: 23, Month: time.November, Range: providers.RangeNumbered, Count: 2},
			{Pattern: providers.PatternRelativeYearly, Interval: 1, Weekdays: monday, Index: providers.IndexFourth, Month: time.November, Range: providers.RangeNoEnd},
		} {
			d := providers.EventDraft{TransactionID: nasty.Raw(), Organizer: maria, Subject: nasty, Body: nasty, Start: start, End: start.Add(time.Hour), Zone: "Europe/Oslo",
				Room: atlas, RoomName: nasty, Required: []providers.Address{"jonas@hq.example"}, Optional: []providers.Address{"a&b@hq.example"}, Private: true, Recurrence: r}
			if r != nil {
				r.Start, r.Zone = day, "Europe/Oslo"
			}
			_, err = p.CreateEvent(ctx, d)
			must(err)
		}
		later := start.Add(2 * time.Hour)
		_, err = p.ChangeEvent(ctx, maria, "made", "", providers.EventChange{Subject: &nasty, Location: &nasty, Start: &start, End: &later,
			Attendees: []providers.Attendee{{Mailbox: atlas, Type: providers.Resource}}})
		must(err)
		must(p.CancelEvent(ctx, maria, "made", nasty.Raw()))
		must(p.DeleteEvent(ctx, maria, `"><x/>`))
		_, err = p.SeriesDates(ctx, maria, "made", window)
		must(err)
		_, err = p.subscribe(ctx, maria, &affinity{})
		must(err)
		listening := &stream{p: p, ids: map[providers.Address]string{maria: `a"&<b>`, atlas: "x"}}
		c := listening.streamCall(maria)
		requests["GetStreamingEvents-"+strconv.Itoa(int(how))] = string(envelope(c.how, c.mailbox, "", func(w *writer) { c.body(w, c.how) }))
		_, err = p.getItems(ctx, "reading", maria, []itemRef{{id: "two", masterOf: true}})
		must(err)
	}
	if len(requests) < 60 {
		t.Errorf("only %d requests were made", len(requests))
	}
	validate(t, requests)
}
