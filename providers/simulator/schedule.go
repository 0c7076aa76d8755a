package simulator

import (
	"slices"
	"time"
)

// Limits of getSchedule.
const (
	maxSchedules      = 100
	maxScheduleDays   = 62
	maxScheduleItems  = 1000
	defaultInterval   = 30
	shortestInterval  = 5
	longestInterval   = 1440
	officeStart       = "08:00:00.0000000"
	officeEnd         = "17:00:00.0000000"
	noRecipient       = "ErrorMailRecipientNotFound"
	noProxy           = "ErrorProxyRequestNotAllowed"
	noAccess          = "ErrorNoFreeBusyAccess"
	listTooLarge      = "ErrorFreeBusyDLLimitReached"
	tooManyItemsError = "ErrorExceededMaxRecurrencesOrItems"
)

// wireTime is Graph's dateTimeTimeZone in a request.
type wireTime struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

// parse gives the instant and the zone of a dateTimeTimeZone. An offset in the
// text counts more than the zone; no zone is UTC.
func (w wireTime) parse(zones *zoneTable) (time.Time, *zone, *problem) {
	z := utcZone
	if w.TimeZone != "" {
		var ok bool
		if z, ok = zones.find(w.TimeZone); !ok {
			return time.Time{}, nil, bad("TimeZoneNotSupportedException", "A valid TimeZone value must be specified. The following TimeZone value is not supported: '"+w.TimeZone+"'.")
		}
	}
	if t, err := time.Parse(time.RFC3339Nano, w.DateTime); err == nil {
		return t.Truncate(time.Second), z, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, w.DateTime, z.loc); err == nil {
			return t.Truncate(time.Second), z, nil
		}
	}
	return time.Time{}, nil, bad("ErrorInvalidParameter", "The value '"+w.DateTime+"' of a date and time is invalid.")
}

// scheduleRequest is getSchedule's body; its names are matched without regard to
// case, as the service does.
type scheduleRequest struct {
	Schedules                []string  `json:"schedules"`
	StartTime                *wireTime `json:"startTime"`
	EndTime                  *wireTime `json:"endTime"`
	AvailabilityViewInterval *int      `json:"availabilityViewInterval"`
}

// getSchedule answers free/busy of many mailboxes. What is wrong with one address
// stands in its entry; the request itself still succeeds.
func (c *call) getSchedule() answer {
	if p := c.options("$top", "$skip", "$filter", "$count", "$search"); p != nil {
		return c.refuse(p)
	}
	var r scheduleRequest
	if p := c.parameters(&r); p != nil {
		return c.refuse(p)
	}
	from, to, interval, p := c.scheduleWindow(r)
	if p != nil {
		return c.refuse(p)
	}
	e := c.encoder(c.mailbox, nil)
	e.open()
	e.string("@odata.context", c.context("Collection(microsoft.graph.scheduleInformation)"))
	e.key("value")
	e.openValue('[')
	for _, address := range r.Schedules {
		c.oneSchedule(e, address, from, to, interval)
	}
	e.closeList()
	e.close()
	return c.ok(e.writer)
}

// scheduleWindow checks the request against the limits.
func (c *call) scheduleWindow(r scheduleRequest) (from, to, interval int64, p *problem) {
	if len(r.Schedules) == 0 {
		return 0, 0, 0, bad("ErrorInvalidParameter", "The parameter Schedules is required.")
	}
	if len(r.Schedules) > maxSchedules {
		return 0, 0, 0, bad("ErrorMailboxDataArrayTooBig", "The number of mailboxes in the request is larger than the allowed maximum of 100.")
	}
	if r.StartTime == nil || r.EndTime == nil || r.StartTime.DateTime == "" || r.EndTime.DateTime == "" {
		return 0, 0, 0, bad("ErrorInvalidTimeInterval", "The start time and the end time are required.")
	}
	start, _, p := r.StartTime.parse(c.t.zones)
	if p != nil {
		return 0, 0, 0, p
	}
	end, _, p := r.EndTime.parse(c.t.zones)
	if p != nil {
		return 0, 0, 0, p
	}
	minutes := defaultInterval
	if r.AvailabilityViewInterval != nil {
		minutes = *r.AvailabilityViewInterval
	}
	span := end.Sub(start)
	switch {
	case span <= 0:
		return 0, 0, 0, bad("ErrorInvalidTimeInterval", "The end time must be after the start time.")
	case span > maxScheduleDays*24*time.Hour:
		return 0, 0, 0, bad("ErrorTimeIntervalTooBig", "The time interval is larger than the allowed maximum of 62 days.")
	case minutes < shortestInterval || minutes > longestInterval || time.Duration(minutes)*time.Minute > span:
		return 0, 0, 0, bad("ErrorInvalidMergedFreeBusyInterval", "The merged free/busy interval must be between 5 and 1440 minutes and no longer than the time window.")
	}
	return start.Unix(), end.Unix(), int64(minutes) * 60, nil
}

// busy lists what takes time in a mailbox within [from, to), by start. Whole days
// count in their own zone here, unlike in a view.
func (m *mailbox) busy(from, to int64) []instance {
	all := m.view(from-maxOffset, to+maxOffset)
	out := all[:0]
	for _, i := range all {
		if overlaps(i.start, i.end, from, to) && !i.e.has(cancelledFlag) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b instance) int {
		if a.start != b.start {
			return int(a.start - b.start)
		}
		return int(a.end - b.end)
	})
	return out
}

func (e *eventEncoder) scheduleError(address, code, message string) {
	e.open()
	e.string("scheduleId", address)
	e.string("availabilityView", "")
	e.key("scheduleItems")
	e.b = append(e.b, '[', ']')
	e.key("error")
	e.open()
	e.string("message", message)
	e.string("responseCode", code)
	e.close()
	e.close()
}

// weight orders states for the merged view: the worst wins a slot.
var weight = map[showAs]int{showFree: 0, showElsewhere: 1, showTentative: 2, showUnknown: 3, showBusy: 4, showOOF: 5}

// digit is a state in availabilityView.
var digit = map[showAs]byte{showFree: '0', showTentative: '1', showBusy: '2', showOOF: '3', showElsewhere: '4', showUnknown: '2'}

// merged is availabilityView: one digit for each slot, the worst state wins.
func merged(busy []instance, from, to, interval int64) string {
	view := make([]showAs, (to-from+interval-1)/interval)
	for _, i := range busy {
		first := max(i.start-from, 0) / interval
		for n := first; n < int64(len(view)) && from+n*interval < i.end; n++ {
			if weight[i.e.show] > weight[view[n]] {
				view[n] = i.e.show
			}
		}
	}
	digits := make([]byte, len(view))
	for n, s := range view {
		digits[n] = digit[s]
	}
	return string(digits)
}

// schedule writes a mailbox's entry with as much detail as the caller may see.
func (e *eventEncoder) schedule(address string, z *zone, hours *workHours, busy []instance, s sight, from, to, interval int64) {
	e.open()
	e.string("scheduleId", address)
	e.string("availabilityView", merged(busy, from, to, interval))
	e.key("scheduleItems")
	e.openValue('[')
	for _, i := range busy {
		e.open()
		private := i.e.sens >= 2
		switch {
		case s == seesTimes:
		default:
			e.bool("isPrivate", private)
			if private {
				break // subject and place come with normal and personal events only
			}
			e.string("subject", i.e.subject)
			place := ""
			if len(i.e.locations) > 0 {
				place = i.e.locations[0].name
			}
			e.string("location", place)
		}
		e.string("status", showNames[i.e.show])
		e.dateTime("start", i.start, e.prefer.zone, e.prefer.zoneName)
		e.dateTime("end", i.end, e.prefer.zone, e.prefer.zoneName)
		e.close()
	}
	e.closeList()
	e.workingHours(z, hours)
	e.close()
}
