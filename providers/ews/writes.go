package ews

import (
	"context"
	"slices"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// tellNobody and tellAll are how Exchange is told whom to write to.
const (
	tellNobody  = "SendToNone"
	tellAll     = "SendToAllAndSaveCopy"
	tellChanged = "SendToChangedAndSaveCopy"
)

// tries of a write that somebody else's change came between.
const conflictTries = 3

// CreateEvent makes an event in the organiser's calendar, with the room as a resource.
// Exchange knows no transaction ids: the event is stamped with it, and before anything is
// made the calendar is asked for the stamp.
func (p *Provider) CreateEvent(ctx context.Context, d providers.EventDraft) (providers.Event, error) {
	const op = "making an event"
	switch {
	case d.TransactionID == "" || d.Organizer == "":
		return providers.Event{}, &providers.Error{Class: providers.Permanent, Op: op, Message: providers.Outside("organiser and transaction id are needed")}
	case d.Teams:
		return providers.Event{}, &providers.Error{Class: providers.Unsupported, Op: op, Mailbox: d.Organizer, Message: providers.Outside(noTeams)}
	case d.Recurrence != nil:
		if err := checkRecurrence(*d.Recurrence); err != nil {
			return providers.Event{}, err
		}
	}
	defer p.making.take(string(d.Organizer) + " " + d.TransactionID)()
	if made, found, err := p.findStamp(ctx, d.Organizer, d.TransactionID); err != nil || found {
		return made, err
	}
	message, err := p.one(ctx, call{op: op, operation: "CreateItem", want: []string{"CreateItemResponseMessage"}, mailbox: d.Organizer, folder: "calendar", write: true,
		body: func(w *writer, how manner) { w.create(d, how) }})
	if err != nil {
		return providers.Event{}, err
	}
	item := calendarItem(message)
	if item == nil {
		return providers.Event{}, &providers.Error{Class: providers.Foreign, Op: op, Mailbox: d.Organizer, Status: 200, Message: providers.Outside("the answer does not name the event that was made")}
	}
	return p.Event(ctx, d.Organizer, item.at("ItemId").attr("Id"))
}

// create writes the request, with the elements in the schema's order.
func (w *writer) create(d providers.EventDraft, how manner) {
	invited := d.Room != "" || len(d.Required)+len(d.Optional) > 0
	send := tellNobody
	if invited {
		send = tellAll
	}
	w.open("m:CreateItem", "SendMeetingInvitations", send)
	if how == asDelegate {
		w.open("m:SavedItemFolderId")
		w.folder("calendar", how, d.Organizer)
		w.close("m:SavedItemFolderId")
	}
	w.open("m:Items")
	w.open("t:CalendarItem")
	w.text("t:Subject", d.Subject.Raw())
	if d.Private {
		w.text("t:Sensitivity", "Private")
	}
	if !d.Body.Empty() {
		w.text("t:Body", d.Body.Raw(), "BodyType", "Text")
	}
	w.flag("t:ReminderIsSet", false)
	w.open("t:ExtendedProperty")
	w.stampField()
	w.text("t:Value", d.TransactionID)
	w.close("t:ExtendedProperty")
	w.text("t:Start", instantText(d.Start))
	w.text("t:End", instantText(d.End))
	w.flag("t:IsAllDayEvent", false)
	w.text("t:LegacyFreeBusyStatus", busyStatus(d.ShowAs))
	if !d.RoomName.Empty() {
		w.text("t:Location", d.RoomName.Raw())
	}
	w.people("t:RequiredAttendees", d.Required)
	w.people("t:OptionalAttendees", d.Optional)
	if d.Room != "" {
		w.people("t:Resources", []providers.Address{d.Room})
	}
	zone := d.Zone
	if d.Recurrence != nil {
		zone = d.Recurrence.Zone
		w.recurrence(*d.Recurrence)
	}
	// Times are absolute; the zone says by whose clocks people and the series think.
	windows := zones.WindowsZone(zone)
	w.empty("t:StartTimeZone", "Id", windows)
	w.empty("t:EndTimeZone", "Id", windows)
	w.close("t:CalendarItem")
	w.close("m:Items")
	w.close("m:CreateItem")
}

func (w *writer) people(group string, mailboxes []providers.Address) {
	if len(mailboxes) == 0 {
		return
	}
	w.open(group)
	for _, mailbox := range mailboxes {
		w.open("t:Attendee")
		w.open("t:Mailbox")
		w.text("t:EmailAddress", string(mailbox))
		w.close("t:Mailbox")
		w.close("t:Attendee")
	}
	w.close(group)
}

// ChangeEvent changes an event, where etag is given only in the version that was seen.
func (p *Provider) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	const op = "changing an event"
	for try := 1; ; try++ {
		now, own, err := p.event(ctx, op, mailbox, id)
		if err != nil {
			return providers.Event{}, err
		}
		key := etag
		if key == "" {
			key = now.ETag
		}
		_, err = p.one(ctx, call{op: op, operation: "UpdateItem", want: []string{"UpdateItemResponseMessage"}, mailbox: mailbox, write: true,
			body: func(w *writer, _ manner) { w.update(own, key, now, change) }})
		if etag == "" && providers.Is(err, providers.Conflict) && try < conflictTries {
			continue // nobody saw a version: what is now holds
		}
		if err != nil {
			return providers.Event{}, err
		}
		return p.Event(ctx, mailbox, id)
	}
}

// field is one property to set, or to take away where write is nil.
type field struct {
	uri   string
	write func(w *writer)
}

func (w *writer) update(id, key string, now providers.Event, change providers.EventChange) {
	fields, send := updates(now, change)
	w.open("m:UpdateItem", "ConflictResolution", "NeverOverwrite", "SendMeetingInvitationsOrCancellations", send)
	w.open("m:ItemChanges")
	w.open("t:ItemChange")
	w.empty("t:ItemId", "Id", id, "ChangeKey", key)
	w.open("t:Updates")
	for _, f := range fields {
		if f.write == nil {
			w.open("t:DeleteItemField")
			w.empty("t:FieldURI", "FieldURI", f.uri)
			w.close("t:DeleteItemField")
			continue
		}
		w.open("t:SetItemField")
		w.empty("t:FieldURI", "FieldURI", f.uri)
		w.open("t:CalendarItem")
		f.write(w)
		w.close("t:CalendarItem")
		w.close("t:SetItemField")
	}
	w.close("t:Updates")
	w.close("t:ItemChange")
	w.close("m:ItemChanges")
	w.close("m:UpdateItem")
}

// updates lists what to set, and whom Exchange shall tell: everybody of another time or
// text, otherwise only those who come or go.
func updates(now providers.Event, change providers.EventChange) ([]field, string) {
	var out []field
	text := func(uri, name, value string) {
		out = append(out, field{uri, func(w *writer) { w.text(name, value) }})
	}
	if change.Subject != nil {
		text("item:Subject", "t:Subject", change.Subject.Raw())
	}
	if change.Location != nil {
		text("calendar:Location", "t:Location", change.Location.Raw())
	}
	if change.Start != nil || change.End != nil {
		start, end := now.Start, now.End
		if change.Start != nil {
			start = *change.Start
		}
		if change.End != nil {
			end = *change.End
		}
		windows := now.Zone
		if change.Zone != "" || windows == "" {
			windows = zones.WindowsZone(change.Zone)
		}
		text("calendar:Start", "t:Start", instantText(start))
		text("calendar:End", "t:End", instantText(end))
		for _, side := range []string{"StartTimeZone", "EndTimeZone"} {
			out = append(out, field{"calendar:" + side, func(w *writer) { w.empty("t:"+side, "Id", windows) }})
		}
	}
	send := tellNobody
	if len(now.Attendees) > 0 {
		send = tellAll
	}
	if change.Attendees == nil {
		return out, send
	}
	others := len(out) > 0 // people who stay hear of another place, time or subject, too
	for _, group := range []struct {
		role providers.AttendeeType
		name string
	}{{providers.Required, "RequiredAttendees"}, {providers.Optional, "OptionalAttendees"}, {providers.Resource, "Resources"}} {
		had := slices.ContainsFunc(now.Attendees, func(a providers.Attendee) bool { return a.Type == group.role })
		var mailboxes []providers.Address
		for _, a := range change.Attendees {
			if a.Type == group.role && a.Mailbox != "" && a.Response != providers.ResponseOrganizer {
				mailboxes = append(mailboxes, a.Mailbox)
			}
		}
		uri, name := "calendar:"+group.name, "t:"+group.name
		switch {
		case len(mailboxes) > 0:
			out = append(out, field{uri, func(w *writer) { w.people(name, mailboxes) }})
		case had:
			out = append(out, field{uri, nil})
		}
	}
	switch {
	case len(now.Attendees) == 0 && len(change.Attendees) == 0:
		send = tellNobody
	case others || len(now.Attendees) == 0:
		send = tellAll
	default:
		send = tellChanged
	}
	return out, send
}

// CancelEvent cancels a meeting for everybody, or removes an appointment to which nobody
// was invited. What is already gone is cancelled.
func (p *Provider) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	const op = "cancelling an event"
	for try := 1; ; try++ {
		e, own, err := p.event(ctx, op, mailbox, id)
		switch {
		case gone(err) || err == nil && e.Cancelled && e.IsOrganizer:
			return nil
		case err != nil:
			return err
		case !e.IsOrganizer:
			return &providers.Error{Class: providers.NotAllowed, Op: op, Mailbox: mailbox, Message: providers.Outside("only the organiser can cancel a meeting for everybody")}
		case len(e.Attendees) == 0:
			return p.remove(ctx, op, mailbox, own)
		}
		_, err = p.one(ctx, call{op: op, operation: "CreateItem", want: []string{"CreateItemResponseMessage"}, mailbox: mailbox, write: true, body: func(w *writer, _ manner) {
			w.open("m:CreateItem", "MessageDisposition", "SendAndSaveCopy")
			w.open("m:Items")
			w.open("t:CancelCalendarItem")
			w.empty("t:ReferenceItemId", "Id", own, "ChangeKey", e.ETag)
			if comment != "" {
				w.text("t:NewBodyContent", comment, "BodyType", "Text")
			}
			w.close("t:CancelCalendarItem")
			w.close("m:Items")
			w.close("m:CreateItem")
		}})
		switch {
		case gone(err):
			return nil
		case providers.Is(err, providers.Conflict) && try < conflictTries:
		default:
			return err
		}
	}
}

// DeleteEvent takes an event out of the calendar without a word to anybody.
func (p *Provider) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	const op = "deleting an event"
	own := id
	if master, original, date := splitID(id); date {
		var err error
		if own, err = p.dateOf(ctx, op, mailbox, master, original); gone(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return p.remove(ctx, op, mailbox, own)
}

// remove moves an item to the deleted items, from where a person can bring it back.
func (p *Provider) remove(ctx context.Context, op string, mailbox providers.Address, id string) error {
	_, err := p.one(ctx, call{op: op, operation: "DeleteItem", want: []string{"DeleteItemResponseMessage"}, mailbox: mailbox, body: func(w *writer, _ manner) {
		w.open("m:DeleteItem", "DeleteType", "MoveToDeletedItems", "SendMeetingCancellations", tellNobody)
		w.open("m:ItemIds")
		w.empty("t:ItemId", "Id", id)
		w.close("m:ItemIds")
		w.close("m:DeleteItem")
	}})
	if gone(err) {
		return nil
	}
	return err
}
