package simulator

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"
)

// eventProperties are the names that $select may use for an event.
var eventProperties = []string{"id", "categories", "changeKey", "createdDateTime", "lastModifiedDateTime", "allowNewTimeProposals", "attendees", "body", "bodyPreview", "cancelledOccurrences", "end", "hasAttachments", "hideAttendees", "iCalUId", "importance", "isAllDay", "isCancelled", "isDraft", "isOnlineMeeting", "isOrganizer", "isReminderOn", "location", "locations", "onlineMeeting", "onlineMeetingProvider", "onlineMeetingUrl", "organizer", "originalEndTimeZone", "originalStart", "originalStartTimeZone", "recurrence", "reminderMinutesBeforeStart", "responseRequested", "responseStatus", "sensitivity", "seriesMasterId", "showAs", "start", "subject", "transactionId", "type", "webLink", "calendar", "exceptionOccurrences", "extensions", "instances", "multiValueExtendedProperties", "singleValueExtendedProperties"}

// eventEncoder writes events of one mailbox as one request wants them.
type eventEncoder struct {
	*writer
	t      *Tenant
	m      *mailbox
	prefer preferences
	pick   selection
	expand *expansion
	sight  sight
	// rewritten writes the same content in another way, as the service does after
	// moving a mailbox: fewer digits, other change keys.
	rewritten bool
	basic     bool      // without bodies and extensions; see [call.basic]
	heads     [2][]byte // what the mailbox's ids begin with, mutable and immutable
	place     location  // the latest that was written: mostly the next is the same
	placeText []byte
}

func (c *call) encoder(m *mailbox, pick selection) *eventEncoder {
	return &eventEncoder{writer: &writer{b: make([]byte, 0, 4096)}, t: c.t, m: m, prefer: c.prefer, pick: pick, sight: c.sight, expand: c.expand, basic: c.basic()}
}

func (e *eventEncoder) wants(name string) bool { return e.pick == nil || e.pick[name] }

func (e *eventEncoder) id(name string, id itemID) {
	b := append(appendKey(e.b, name), '"')
	e.b = append(e.appendID(b, id, e.prefer.immutable), '"')
}

// tailText is the length of an id's end in base64: what is not the same in all
// ids of a mailbox.
const tailText = 16

// appendID is [mailbox.appendID] for many ids of one mailbox.
func (e *eventEncoder) appendID(out []byte, id itemID, immutable bool) []byte {
	if id.moves > 0 {
		return e.m.appendID(out, id, immutable)
	}
	form := 0
	if immutable {
		form = 1
	}
	if e.heads[form] == nil {
		whole := e.m.appendID(nil, itemID{num: 1}, immutable)
		e.heads[form] = whole[:len(whole)-tailText]
	}
	var tail [12]byte
	binary.BigEndian.PutUint32(tail[:], uint32(id.date))
	binary.BigEndian.PutUint32(tail[4:], id.num)
	binary.BigEndian.PutUint32(tail[8:], e.m.checkID(id))
	return base64.URLEncoding.AppendEncode(append(out, e.heads[form]...), tail[:])
}

// instanceID is the id of an entry of a view.
func instanceID(i instance) itemID {
	if i.master != nil {
		return itemID{num: i.master.num, date: i.date, moves: i.master.moves}
	}
	return i.e.id()
}

// id is that of a stored item.
func (e *event) id() itemID { return itemID{num: e.num, moves: e.moves} }

// etag is the value of an event's @odata.etag.
func (m *mailbox) etag(i instance) string {
	var raw [40]byte
	return string(append(m.appendETag(append(raw[:0], `W/"`...), i), '"'))
}

// appendETag appends an entry's change key.
func (m *mailbox) appendETag(out []byte, i instance) []byte {
	switch {
	case i.kind == occurrenceKind:
		return m.appendKey(out, i.e.num, i.date, i.e.rev)
	case i.master != nil:
		return m.appendKey(out, i.master.num, i.e.date, i.e.rev)
	}
	return m.appendKey(out, i.e.num, i.e.date, i.e.rev)
}

// key writes an entry's change key and gives what it wrote.
func (e *eventEncoder) keyOf(i instance) (key [32]byte) {
	e.m.appendETag(key[:0], i)
	if e.rewritten {
		key[31] = '9'
	}
	return key
}

// etag writes @odata.etag.
func (e *eventEncoder) etag(key [32]byte) {
	b := append(appendKey(e.b, "@odata.etag"), `"W/\"`...)
	e.b = append(append(b, key[:]...), `\""`...)
}

// dateTime writes a dateTimeTimeZone; see [eventEncoder.rewritten].
func (e *eventEncoder) dateTime(name string, unix int64, z *zone, zoneName string) {
	e.writer.dateTime(name, unix, z, zoneName)
	if e.rewritten {
		e.b = bytes.Replace(e.b, []byte(".0000000\",\"timeZone\""), []byte("\",\"timeZone\""), 1)
	}
}

// times writes start and end. All-day events show midnights in whatever zone is
// asked for.
func (e *eventEncoder) times(i instance) {
	z, name := e.prefer.zone, e.prefer.zoneName
	if i.e.has(allDayFlag) {
		z = i.e.zone
	}
	if e.wants("start") {
		e.dateTime("start", i.start, z, name)
	}
	if e.wants("end") {
		e.dateTime("end", i.end, z, name)
	}
}

// stub writes an occurrence as calendarView's delta shows it: everything else is
// its master's.
func (e *eventEncoder) stub(i instance) {
	e.open()
	e.string("@odata.type", "#microsoft.graph.event")
	e.etag(e.keyOf(i))
	e.id("seriesMasterId", i.master.id())
	e.string("type", kindNames[occurrenceKind])
	all := e.pick
	e.pick = nil
	e.times(i)
	e.pick = all
	e.id("id", instanceID(i))
	e.close()
}

// bare writes an occurrence with nothing but its place in the series.
func (e *eventEncoder) bare(i instance) {
	e.open()
	e.string("@odata.type", "#microsoft.graph.event")
	e.id("id", instanceID(i))
	e.id("seriesMasterId", i.master.id())
	e.string("type", kindNames[occurrenceKind])
	e.times(i)
	e.close()
}

func (e *eventEncoder) removed(id itemID) {
	e.open()
	e.id("id", id)
	e.key("@removed")
	e.b = append(e.b, `{"reason":"deleted"}`...)
	e.close()
}

// event writes one entry with the selected properties. typed adds @odata.type, as
// delta does.
func (e *eventEncoder) event(i instance, typed bool) {
	e.open()
	e.fields(i, typed)
	e.close()
}

func (e *eventEncoder) fields(i instance, typed bool) {
	x := i.e.seenWith(e.sight)
	key := e.keyOf(i)
	if typed {
		e.string("@odata.type", "#microsoft.graph.event")
	}
	e.etag(key)
	e.id("id", instanceID(i))
	if e.wants("createdDateTime") {
		e.instant("createdDateTime", x.created)
	}
	if e.wants("lastModifiedDateTime") {
		e.instant("lastModifiedDateTime", x.modified)
	}
	if e.wants("changeKey") {
		e.b = append(append(append(appendKey(e.b, "changeKey"), '"'), key[:]...), '"')
	}
	if e.wants("categories") {
		e.strings("categories", x.seldom().categories)
	}
	if id := x.seldom().transaction; id != "" && e.wants("transactionId") {
		e.string("transactionId", id)
	}
	if e.wants("originalStartTimeZone") {
		e.string("originalStartTimeZone", cmp.Or(x.seldom().startZone, x.zone.windows))
	}
	if e.wants("originalEndTimeZone") {
		e.string("originalEndTimeZone", cmp.Or(x.seldom().endZone, x.endZone.windows))
	}
	if e.wants("iCalUId") {
		e.key("iCalUId")
		e.b = append(appendICalUID(append(e.b, '"'), x.uid, seriesCreated(i), i.date), '"')
	}
	if e.wants("reminderMinutesBeforeStart") {
		e.int("reminderMinutesBeforeStart", int64(x.reminder))
	}
	e.flag("isReminderOn", x.has(reminderFlag))
	e.flag("hasAttachments", false)
	if e.wants("subject") {
		e.string("subject", x.subject)
	}
	content := ""
	if x.body != nil || x.has(onlineFlag) {
		content = e.bodyOf(x)
	}
	if e.wants("bodyPreview") {
		e.string("bodyPreview", preview(content))
	}
	if e.wants("importance") {
		e.string("importance", importanceNames[x.imp])
	}
	if e.wants("sensitivity") {
		e.string("sensitivity", sensitivityNames[x.sens])
	}
	e.flag("isAllDay", x.has(allDayFlag))
	e.flag("isCancelled", x.has(cancelledFlag))
	e.flag("isOrganizer", x.has(isOrganizerFlag))
	e.flag("responseRequested", !x.has(noResponseFlag))
	if e.wants("seriesMasterId") {
		if i.master != nil {
			e.id("seriesMasterId", i.master.id())
		} else {
			e.null("seriesMasterId")
		}
	}
	if e.wants("showAs") {
		e.string("showAs", cmp.Or(x.seldom().oddShow, showNames[x.show]))
	}
	if e.wants("type") {
		e.string("type", kindNames[i.kind])
	}
	if e.wants("webLink") {
		// An id has only characters that need no escape.
		b := append(appendKey(e.b, "webLink"), `"https://outlook.office365.com/owa/?itemid=`...)
		e.b = append(e.appendID(b, instanceID(i), false), `&exvsurl=1&path=/calendar/item"`...)
	}
	e.meeting(x)
	e.flag("allowNewTimeProposals", !x.has(noProposalFlag))
	e.flag("isDraft", x.has(draftFlag))
	e.flag("hideAttendees", x.has(hideFlag))
	if i.kind != singleInstance && i.kind != seriesMaster && e.wants("originalStart") {
		e.instant("originalStart", originalStart(i))
	}
	if e.wants("recurrence") {
		e.recurrence(i)
	}
	if e.pick["cancelledOccurrences"] {
		e.cancelledOccurrences(i)
	}
	if e.wants("responseStatus") {
		if odd := x.seldom().oddAnswer; odd != "" {
			e.answered("responseStatus", odd, x.respondedAt)
		} else {
			e.responseStatus("responseStatus", x.resp, x.respondedAt)
		}
	}
	if e.wants("body") {
		e.body(content)
	}
	e.times(i)
	e.places(x)
	e.people(x)
	if e.expand != nil {
		e.expanded(i, x)
	}
}

func (e *eventEncoder) flag(name string, value bool) {
	if e.wants(name) {
		e.bool(name, value)
	}
}

// seriesCreated is the time in the UID, the same for all of a series.
func seriesCreated(i instance) int64 {
	if i.master != nil {
		return i.master.created
	}
	return i.e.created
}

// originalStart is where the pattern put an occurrence or exception.
func originalStart(i instance) int64 {
	if i.kind == exceptionKind {
		if start, _, ok := i.master.occurrenceOn(i.date); ok {
			return start
		}
	}
	return i.start
}

// meeting writes what belongs to Teams.
func (e *eventEncoder) meeting(x *event) {
	online := x.has(onlineFlag)
	if e.wants("onlineMeetingUrl") {
		e.null("onlineMeetingUrl")
	}
	e.flag("isOnlineMeeting", online)
	if e.wants("onlineMeetingProvider") {
		if online {
			e.string("onlineMeetingProvider", "teamsForBusiness")
		} else {
			e.string("onlineMeetingProvider", "unknown")
		}
	}
	if !e.wants("onlineMeeting") {
		return
	}
	if !online || !e.t.linked(x) {
		e.null("onlineMeeting")
		return
	}
	e.key("onlineMeeting")
	e.open()
	e.string("joinUrl", e.t.joinURL(x))
	number := strconv.FormatUint(x.uid%900_000_000+100_000_000, 10)
	e.string("conferenceId", number)
	e.string("tollNumber", "+1 555-0100")
	e.strings("tollFreeNumbers", []string{"+1 800-555-0100"})
	e.string("quickDial", "+15550100,,"+number+"#")
	e.key("phones")
	e.openValue('[')
	e.open()
	e.string("type", "business")
	e.string("number", "+1 555-0100")
	e.string("language", "en-US")
	e.string("region", "US")
	e.close()
	e.closeList()
	e.close()
}

// joinURL has the shape of a Teams link; it leads nowhere.
func (t *Tenant) joinURL(x *event) string {
	var raw [24]byte
	for i := range raw {
		raw[i] = byte(mix(x.uid+uint64(i/8)) >> (8 * (i % 8)))
	}
	oid := "00000000-0000-0000-0000-000000000000"
	if x.organizer != nil && x.organizer.box != nil {
		oid = x.organizer.box.id
	}
	return "https://teams.microsoft.com/l/meetup-join/19%3ameeting_" + base64.RawURLEncoding.EncodeToString(raw[:]) +
		"%40thread.v2/0?context=%7b%22Tid%22%3a%22" + t.endpoints.TenantID + "%22%2c%22Oid%22%3a%22" + oid + "%22%7d"
}

func (e *eventEncoder) responseStatus(name string, r response, at int64) {
	e.answered(name, responseNames[r], at)
}

func (e *eventEncoder) answered(name, word string, at int64) {
	b := append(append(append(appendKey(e.b, name), `{"response":"`...), word...), `","time":"`...)
	if at == 0 { // the year 1 says never
		b = append(b, "0001-01-01T00:00:00Z"...)
	} else {
		b = append(appendStamp(b, at, time.UTC), 'Z')
	}
	e.b = append(b, `"}`...)
}
