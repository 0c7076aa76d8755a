package simulator

import (
	"regexp"
	"strings"
	"time"
)

// workHours are a mailbox's working hours. It is immutable.
type workHours struct {
	days       uint8  // bit n is weekday n, Sunday is 0
	start, end string // 08:00:00.0000000
	zone       *zone  // nil: the mailbox's
	custom     *customZone
}

// customZone is a zone that has no name that everybody knows: what old clients
// store, with its offset and the days on which that changes.
type customZone struct {
	name               string
	bias               int // minutes to add for UTC
	standard, daylight zoneChange
	daylightBias       int
}

type zoneChange struct {
	time, day               string
	occurrence, month, year int
}

var officeDays = uint8(0b0111110)

func (w *writer) workingHours(z *zone, h *workHours) {
	w.key("workingHours")
	w.open()
	w.hours(z, h)
	w.close()
}

// hours writes the members of workingHours; h is nil for office hours.
func (w *writer) hours(z *zone, h *workHours) {
	if h == nil {
		h = &workHours{days: officeDays, start: officeStart, end: officeEnd}
	}
	var days []string
	for d, name := range dayNames {
		if h.days&(1<<d) != 0 {
			days = append(days, name)
		}
	}
	w.strings("daysOfWeek", days)
	w.string("startTime", h.start)
	w.string("endTime", h.end)
	w.key("timeZone")
	w.open()
	switch {
	case h.custom != nil:
		w.string("@odata.type", "#microsoft.graph.customTimeZone")
		w.string("name", h.custom.name)
		w.int("bias", int64(h.custom.bias))
		w.key("standardOffset")
		w.zoneChange(h.custom.standard)
		w.close()
		w.key("daylightOffset")
		w.zoneChange(h.custom.daylight)
		w.int("daylightBias", int64(h.custom.daylightBias))
		w.close()
	case h.zone != nil:
		w.string("name", h.zone.windows)
	default:
		w.string("name", z.windows)
	}
	w.close()
}

// zoneChange opens an object that the caller closes.
func (w *writer) zoneChange(c zoneChange) {
	w.open()
	w.string("time", c.time)
	w.int("dayOccurrence", int64(c.occurrence))
	w.string("dayOfWeek", c.day)
	w.int("month", int64(c.month))
	w.int("year", int64(c.year))
}

// wireHours is Graph's workingHours in a request.
type wireHours struct {
	DaysOfWeek *[]string `json:"daysOfWeek"`
	StartTime  *string   `json:"startTime"`
	EndTime    *string   `json:"endTime"`
	TimeZone   *struct {
		Name           string      `json:"name"`
		Bias           *int        `json:"bias"`
		StandardOffset *wireOffset `json:"standardOffset"`
		DaylightOffset *wireOffset `json:"daylightOffset"`
	} `json:"timeZone"`
}

type wireOffset struct {
	Time          string `json:"time"`
	DayOccurrence int    `json:"dayOccurrence"`
	DayOfWeek     string `json:"dayOfWeek"`
	Month         int    `json:"month"`
	Year          int    `json:"year"`
	DaylightBias  int    `json:"daylightBias"`
}

var timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,7})?)?$`)

// timeText writes a time of day with seven digits.
func timeText(text string) (string, bool) {
	if !timeOfDay.MatchString(text) {
		return "", false
	}
	if len(text) == 5 {
		text += ":00"
	}
	if len(text) == 8 {
		text += "."
	}
	return text + strings.Repeat("0", 16-len(text)), true
}

func (w *wireHours) apply(t *Tenant, before *workHours) (*workHours, *problem) {
	h := &workHours{days: officeDays, start: officeStart, end: officeEnd}
	if before != nil {
		*h = *before
	}
	if w.DaysOfWeek != nil {
		h.days = 0
		for _, day := range *w.DaysOfWeek {
			n, p := member(dayNames, day, "dayOfWeek")
			if p != nil {
				return nil, p
			}
			h.days |= 1 << n
		}
	}
	for _, side := range []struct{ value, into *string }{{w.StartTime, &h.start}, {w.EndTime, &h.end}} {
		if side.value == nil {
			continue
		}
		text, ok := timeText(*side.value)
		if !ok {
			return nil, bad("ErrorInvalidArgument", "The time of day '"+*side.value+"' is invalid.")
		}
		*side.into = text
	}
	if h.end <= h.start {
		return nil, bad("ErrorInvalidArgument", "Working hours must end after they start.")
	}
	if w.TimeZone == nil {
		return h, nil
	}
	if w.TimeZone.Bias == nil {
		z, ok := t.zones.find(w.TimeZone.Name)
		if !ok {
			return nil, bad("ErrorInvalidTimeZone", "The time zone '"+w.TimeZone.Name+"' is not known.")
		}
		h.zone, h.custom = z, nil
		return h, nil
	}
	if w.TimeZone.StandardOffset == nil || w.TimeZone.DaylightOffset == nil {
		return nil, bad("ErrorInvalidTimeZone", "A custom time zone needs standardOffset and daylightOffset.")
	}
	custom := &customZone{name: w.TimeZone.Name, bias: *w.TimeZone.Bias, daylightBias: w.TimeZone.DaylightOffset.DaylightBias}
	if custom.name == "" {
		custom.name = "Customized Time Zone"
	}
	for _, side := range []struct {
		wire *wireOffset
		into *zoneChange
	}{{w.TimeZone.StandardOffset, &custom.standard}, {w.TimeZone.DaylightOffset, &custom.daylight}} {
		at, ok := timeText(side.wire.Time)
		day, p := member(dayNames, side.wire.DayOfWeek, "dayOfWeek")
		if !ok || p != nil || side.wire.Month < 0 || side.wire.Month > 12 || side.wire.DayOccurrence < 0 || side.wire.DayOccurrence > 5 {
			return nil, bad("ErrorInvalidTimeZone", "The custom time zone's change is invalid.")
		}
		*side.into = zoneChange{time: at, day: dayNames[day], occurrence: side.wire.DayOccurrence, month: side.wire.Month, year: side.wire.Year}
	}
	h.zone, h.custom = nil, custom
	return h, nil
}

// open reports whether an instant lies in working hours.
func (h *workHours) open(at int64, z *zone) bool {
	if h == nil {
		h = &workHours{days: officeDays, start: officeStart, end: officeEnd}
	}
	if h.zone != nil {
		z = h.zone
	}
	local := time.Unix(at, 0).In(z.loc)
	if h.custom != nil {
		local = time.Unix(at-int64(h.custom.bias)*60, 0).UTC()
	}
	text := local.Format("15:04:05.0000000")
	return h.days&(1<<local.Weekday()) != 0 && text >= h.start && text < h.end
}
