package simulator

import (
	"strings"
	"time"

	"roomdesk/providers/simulator/exchange"
)

// Enumerations in the schema's words, in the order of the model's.
var (
	exchangeKinds         = []string{"Single", "RecurringMaster", "Exception", "Occurrence"}
	exchangeShow          = []string{"Free", "Tentative", "Busy", "OOF", "WorkingElsewhere", "NoData"}
	exchangeResponses     = []string{"Unknown", "Organizer", "Tentative", "Accept", "Decline", "NoResponseReceived"}
	exchangeSensitivities = []string{"Normal", "Personal", "Private", "Confidential"}
	exchangeImportances   = []string{"Low", "Normal", "High"}
	exchangeAttendance    = []string{"Required", "Optional", "Resource"}
	exchangePatterns      = []string{"Daily", "Weekly", "AbsoluteMonthly", "RelativeMonthly", "AbsoluteYearly", "RelativeYearly"}
	exchangeRanges        = []string{"EndDate", "NoEnd", "Numbered"}
	exchangeIndexes       = []string{"First", "Second", "Third", "Fourth", "Last"}
)

// at is an instant; 0 is none.
func at(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// item shows an entry as a reader sees it. The lock is held where m's own items are
// concerned.
func (x *exchangeModel) item(m *mailbox, i instance, as exchange.Role) exchange.Item {
	e := i.e.seenWith(sightOf(as))
	created := seriesCreated(i)
	out := exchange.Item{
		ID: m.exchangeID(i), ChangeKey: string(m.appendETag(nil, i)), Box: m.mail(), Folder: "calendar",
		UID: string(appendICalUID(nil, e.uid, created, 0)), GlobalID: string(appendICalUID(nil, e.uid, created, i.date)),
		Type: exchangeKinds[i.kind], Subject: e.subject, Sensitivity: exchangeSensitivities[e.sens], Importance: exchangeImportances[e.imp], Private: i.e.sens >= 2,
		Categories: e.seldom().categories, Created: at(e.created), Modified: at(e.modified),
		ReminderSet: e.has(reminderFlag), Reminder: int(e.reminder), Start: at(i.start), End: at(i.end),
		StartZone: x.zone(e.zone), EndZone: x.zone(e.endZone), AllDay: e.has(allDayFlag), Show: exchangeShow[e.show],
		Meeting: len(i.e.attendees) > 0 || !i.e.has(isOrganizerFlag), Cancelled: e.has(cancelledFlag), Recurring: i.master != nil,
		Sent: len(i.e.attendees) > 0 && !e.has(draftFlag), ResponseAsked: !e.has(noResponseFlag), NewTime: !e.has(noProposalFlag),
		Answer: exchangeResponses[e.resp], AnsweredAt: at(e.respondedAt),
		Organizer: &exchange.Attendee{Name: e.organizer.name, Address: e.organizer.address},
	}
	if e.has(isOrganizerFlag) {
		out.Answer = "Organizer"
	}
	for _, p := range e.seldom().properties {
		out.Properties = append(out.Properties, exchange.Property{ID: p.id, Value: p.value})
	}
	if e.body != nil {
		out.Body = &exchange.Body{HTML: e.body.html, Text: e.body.content}
	}
	if e.has(onlineFlag) && x.t.linked(e) {
		out.Online = x.t.joinURL(e)
	}
	for _, l := range e.locations {
		out.Locations = append(out.Locations, x.location(l))
	}
	x.people(m, &out, e)
	if i.master != nil {
		out.Original = at(originalStart(i))
		out.MasterID = toExchangeID(string(m.appendID(nil, i.master.id(), false)))
	}
	if i.kind == seriesMaster {
		x.series(m, &out, i.e)
	}
	return out
}

// people adds the attendees; only the organiser's copy knows their answers.
func (x *exchangeModel) people(m *mailbox, out *exchange.Item, e *event) {
	for _, a := range e.attendees {
		if e.has(hideFlag) && !e.has(isOrganizerFlag) && a.who.box != m {
			continue
		}
		who := exchange.Attendee{Name: a.who.name, Address: a.who.address, Kind: exchangeAttendance[a.kind], Response: "Unknown"}
		if e.has(isOrganizerFlag) {
			who.Response, who.At = exchangeResponses[a.resp], at(a.at)
			if a.resp == respondedNone && !e.has(draftFlag) {
				who.Response = "NoResponseReceived"
			}
			for _, p := range e.seldom().proposals {
				if p.who == a.who {
					who.ProposedStart, who.ProposedEnd = at(p.start), at(p.end)
				}
			}
		}
		out.Attendees = append(out.Attendees, who)
	}
}

func (x *exchangeModel) location(l location) exchange.Location {
	out := exchange.Location{Name: l.name, Address: l.email}
	if a := l.address; a != nil {
		out.Street, out.City, out.State, out.Country, out.Postal = a.street, a.city, a.state, a.country, a.postal
	}
	if m := x.t.world.find(l.email); l.email != "" && m != nil && m.room != nil {
		out.Resource = true
		// The two services keep coordinates with different precision.
		out.Latitude, out.Longitude, out.HasCoordinates = m.room.building.lat, m.room.building.lon, true
	}
	return out
}

// series adds what a master says about its dates.
func (x *exchangeModel) series(m *mailbox, out *exchange.Item, e *event) {
	r := e.recurrence
	out.Recurrence = &exchange.Recurrence{
		Pattern: exchangePatterns[r.pattern], Interval: int(r.interval), DayOfMonth: int(r.dom), Month: time.Month(r.month), Index: exchangeIndexes[r.index],
		FirstDay: r.firstDay, Range: exchangeRanges[r.span], Start: dayDate(r.first), Occurrences: int(r.count),
	}
	if r.span == endDate {
		out.Recurrence.End = dayDate(r.last)
	}
	for d := range time.Weekday(7) {
		if r.days&(1<<d) != 0 {
			out.Recurrence.Days = append(out.Recurrence.Days, d)
		}
	}
	occurrence := func(date int32) *exchange.Occurrence {
		i, ok := e.dated(date)
		if !ok {
			return nil
		}
		return &exchange.Occurrence{ID: m.exchangeID(i), ChangeKey: string(m.appendETag(nil, i)), Start: at(i.start), End: at(i.end), Original: at(originalStart(i))}
	}
	out.First = occurrence(e.edgeDate(r.first, false))
	if last, ends := r.lastDay(); ends {
		out.Last = occurrence(e.edgeDate(last, true))
	}
	for _, ex := range e.exceptions {
		if o := occurrence(ex.date); o != nil {
			out.Modifieds = append(out.Modifieds, *o)
		}
	}
	for _, date := range e.cancelled {
		if start, _, ok := e.occurrenceOn(date); ok {
			out.Deleted = append(out.Deleted, at(start))
		}
	}
}

// edgeDate is the first or last date of a series that was not taken out.
func (e *event) edgeDate(day int32, last bool) int32 {
	gone := func(date int32) bool {
		for _, c := range e.cancelled {
			if c == date {
				return true
			}
		}
		return false
	}
	found := int32(0)
	e.recurrence.dates(e.recurrence.first, func(d int32) bool {
		if !gone(yyyymmdd(d)) {
			found = yyyymmdd(d)
			return last && d < day
		}
		return d < day || !last
	})
	return found
}

// graphWord turns the schema's spelling of a word into the model's.
func graphWord(word string, from, to []string) string {
	for i, name := range from {
		if strings.EqualFold(name, word) {
			return to[i]
		}
	}
	return word
}
