package simulator

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

// Expansion agrees with an independent library wherever both can say the same.
func TestRecurrenceAgreesWithRRule(t *testing.T) {
	days := []rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}
	rapid.Check(t, func(t *rapid.T) {
		first := dayNumber(2026, 1, 1) + int32(rapid.IntRange(0, 800).Draw(t, "first"))
		start := dayDate(first)
		r := &recurrence{
			pattern: patternType(rapid.IntRange(0, 5).Draw(t, "pattern")), interval: int32(rapid.IntRange(1, 4).Draw(t, "interval")),
			days: uint8(rapid.IntRange(1, 127).Draw(t, "days")), dom: int32(rapid.IntRange(1, 28).Draw(t, "day of month")),
			month: int32(rapid.IntRange(1, 12).Draw(t, "month")), index: uint8(rapid.IntRange(0, 4).Draw(t, "index")),
			firstDay: time.Weekday(rapid.IntRange(0, 6).Draw(t, "first day")), first: first, span: noEnd, zone: utcZone,
		}
		o := rrule.ROption{Dtstart: start, Interval: int(r.interval), Wkst: days[r.firstDay]}
		switch rapid.IntRange(0, 2).Draw(t, "range") {
		case 0:
			r.span, r.count = numbered, int32(rapid.IntRange(1, 30).Draw(t, "count"))
			o.Count = int(r.count)
		case 1:
			r.span, r.last = endDate, first+int32(rapid.IntRange(0, 900).Draw(t, "length"))
			o.Until = dayDate(r.last)
		}
		var weekdays []rrule.Weekday
		for d := range 7 {
			if r.days&(1<<d) != 0 {
				weekdays = append(weekdays, days[d])
			}
		}
		position := []int{1, 2, 3, 4, -1}[r.index]
		o.Freq = []rrule.Frequency{rrule.DAILY, rrule.WEEKLY, rrule.MONTHLY, rrule.MONTHLY, rrule.YEARLY, rrule.YEARLY}[r.pattern]
		switch r.pattern {
		case weekly:
			o.Byweekday = weekdays
		case absoluteMonthly:
			o.Bymonthday = []int{int(r.dom)}
		case relativeMonthly:
			o.Byweekday, o.Bysetpos = weekdays, []int{position}
		case absoluteYearly:
			o.Bymonthday, o.Bymonth = []int{int(r.dom)}, []int{int(r.month)}
		case relativeYearly:
			o.Byweekday, o.Bysetpos, o.Bymonth = weekdays, []int{position}, []int{int(r.month)}
		}
		rule, err := rrule.NewRRule(o)
		if err != nil {
			t.Fatal(err)
		}
		from := start.AddDate(0, 0, rapid.IntRange(0, 1000).Draw(t, "from"))
		var want, got []int32
		for _, at := range rule.Between(from, from.AddDate(2, 0, 0), true) {
			want = append(want, dayNumber(at.Year(), at.Month(), at.Day()))
		}
		until := dayNumber(from.Year()+2, from.Month(), from.Day())
		r.dates(dayNumber(from.Year(), from.Month(), from.Day()), func(day int32) bool {
			if day <= until {
				got = append(got, day)
			}
			return day <= until
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%+v from %v:\n got %v\nwant %v", r, from, got, want)
		}
	})
}

// F-091: a series keeps its wall clock when the offset changes, whichever name the
// zone came with.
func TestSeriesKeepsItsWallClock(t *testing.T) {
	clock := newClock(time.Date(2026, 10, 12, 8, 0, 0, 0, time.UTC))
	_, c := checked(t, Options{Seed: 50, Now: clock.now})
	for _, zone := range []string{"W. Europe Standard Time", "Europe/Berlin"} {
		e := c.post(201, "/users/"+c.at.Organizer+"/events", object{
			"subject": "across the change in " + zone, "attendees": []any{},
			"start": object{"dateTime": "2026-10-19T23:15:00", "timeZone": zone}, "end": object{"dateTime": "2026-10-20T00:15:00", "timeZone": zone},
			"recurrence": object{"pattern": object{"type": "weekly", "interval": 1, "daysOfWeek": []string{"monday"}},
				"range": object{"type": "endDate", "startDate": "2026-10-19", "endDate": "2026-11-02"}},
		})
		var starts []string
		for _, o := range c.view(c.at.Organizer, time.Date(2026, 10, 18, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)) {
			if o["seriesMasterId"] == e["id"] {
				starts = append(starts, dig(o, "start", "dateTime").(string))
			}
		}
		want := []string{"2026-10-19T21:15:00.0000000", "2026-10-26T22:15:00.0000000", "2026-11-02T22:15:00.0000000"}
		if !slices.Equal(starts, want) {
			t.Errorf("%s: %v, want %v", zone, starts, want)
		}
		local := c.get("/users/"+c.at.Organizer+"/events/"+e["id"].(string), "Prefer", `outlook.timezone="`+zone+`"`)
		if got := dig(local, "start", "dateTime"); got != "2026-10-19T23:15:00.0000000" || dig(local, "start", "timeZone") != zone {
			t.Errorf("%s: in its own zone it starts at %v %v", zone, got, dig(local, "start", "timeZone"))
		}
	}
}

func TestBadEventsAreRefused(t *testing.T) {
	tenant, c := start(t, Options{Seed: 51, Rooms: 12, People: 6})
	at := tenant.quiet()
	for code, body := range map[string]object{
		"ErrorInvalidRecipients":                     meeting("nobody", at, time.Hour),
		"RequestBodyRead":                            meeting("a@b.example", at, time.Hour, "subjct", "typo"),
		"ErrorInvalidPropertySet":                    meeting("a@b.example", at, time.Hour, "isAllDay", true),
		"TimeZoneNotSupportedException":              meeting("a@b.example", at, time.Hour, "start", wire(at, "Middle Earth")),
		"ErrorPropertyValidationFailure":             {"subject": "no times"},
		"ErrorInvalidArgument":                       meeting("a@b.example", at, time.Hour, "showAs", "purple"),
		"ErrorCalendarEndDateIsEarlierThanStartDate": meeting("a@b.example", at, -time.Hour),
	} {
		if r := c.send(400, request{method: "POST", path: "/users/" + c.at.Organizer + "/events", body: body}); r.errorCode() != code {
			t.Errorf("code %s, want %s", r.errorCode(), code)
		}
	}
	weekly := object{"pattern": object{"type": "weekly", "interval": 1, "daysOfWeek": []string{strings.ToLower(at.Weekday().String())}}, "range": object{"type": "noEnd", "startDate": at.Format("2006-01-02")}}
	e := c.post(201, "/users/"+c.at.Organizer+"/events", meeting("a@b.example", at, time.Hour, "recurrence", weekly))
	list, _ := c.all("/users/" + c.at.Organizer + "/events/" + e["id"].(string) + "/instances?startDateTime=" + at.Format("2006-01-02") + "&endDateTime=" + at.AddDate(0, 0, 20).Format("2006-01-02"))
	path := "/users/" + c.at.Organizer + "/events/" + list[1]["id"].(string)
	over := object{"start": wire(at.AddDate(0, 0, 14), "UTC"), "end": wire(at.AddDate(0, 0, 14).Add(time.Hour), "UTC")}
	if r := c.send(400, request{method: "PATCH", path: path, body: over}); r.errorCode() != "ErrorOccurrenceCrossingBoundary" {
		t.Errorf("code %s for an occurrence moved onto its neighbour", r.errorCode())
	}
}

// A month that lacks the day has the series on its last one, as in Outlook.
func TestMonthsThatLackTheDay(t *testing.T) {
	for _, row := range []struct {
		pattern patternType
		month   int32
		first   string
		want    string
	}{
		{absoluteMonthly, 0, "2027-01-31", "2027-01-31 2027-02-28 2027-03-31 2027-04-30"},
		{absoluteYearly, 2, "2028-02-29", "2028-02-29 2029-02-28 2030-02-28 2031-02-28"},
	} {
		first, err := time.Parse(time.DateOnly, row.first)
		if err != nil {
			t.Fatal(err)
		}
		r := &recurrence{pattern: row.pattern, interval: 1, dom: int32(first.Day()), month: row.month, span: numbered, count: 4, first: dayNumber(first.Date())}
		var got []string
		r.dates(r.first, func(day int32) bool {
			got = append(got, dayDate(day).Format(time.DateOnly))
			return true
		})
		if strings.Join(got, " ") != row.want {
			t.Errorf("%s: %v", row.first, got)
		}
	}
}

// Where a week begins decides what every second week is.
func TestWeeksBeginWhereTheSeriesSays(t *testing.T) {
	for firstDay, want := range map[time.Weekday]string{
		time.Monday: "2027-01-05 2027-01-10 2027-01-19 2027-01-24",
		time.Sunday: "2027-01-05 2027-01-17 2027-01-19 2027-01-31",
	} {
		r := &recurrence{
			pattern: weekly, interval: 2, days: 1<<time.Sunday | 1<<time.Tuesday, firstDay: firstDay,
			span: numbered, count: 4, first: dayNumber(2027, time.January, 5),
		}
		var got []string
		r.dates(r.first, func(day int32) bool {
			got = append(got, dayDate(day).Format(time.DateOnly))
			return true
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", firstDay, got)
		}
	}
}

// F-091: over changes of the clock too, whole series stand where the independent
// library puts them: at the same wall clock of their zone.
func TestOccurrencesAgreeWithRRuleOverClockChanges(t *testing.T) {
	zones := newZoneTable()
	days := []rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}
	rapid.Check(t, func(t *rapid.T) {
		z, ok := zones.find(rapid.SampledFrom([]string{"W. Europe Standard Time", "Pacific Standard Time", "Lord Howe Standard Time", "E. South America Standard Time"}).Draw(t, "zone"))
		if !ok {
			t.Fatal("no such zone")
		}
		day := dayDate(dayNumber(2026, 1, 1) + int32(rapid.IntRange(0, 500).Draw(t, "first")))
		// Between three and midnight no clock of these zones changes, so every wall clock is one instant.
		minute := rapid.IntRange(3*60, 24*60-1).Draw(t, "minute")
		start := time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, z.loc)
		r := &recurrence{
			pattern: patternType(rapid.IntRange(0, 2).Draw(t, "pattern")), interval: int32(rapid.IntRange(1, 4).Draw(t, "interval")),
			days: 1 << start.Weekday(), dom: int32(min(start.Day(), 28)), first: dayNumber(day.Year(), day.Month(), day.Day()),
			span: numbered, count: int32(rapid.IntRange(1, 200).Draw(t, "count")), zone: z,
		}
		o := rrule.ROption{Dtstart: start, Interval: int(r.interval), Count: int(r.count), Wkst: rrule.SU, Freq: []rrule.Frequency{rrule.DAILY, rrule.WEEKLY, rrule.MONTHLY}[r.pattern]}
		switch r.pattern {
		case weekly:
			o.Byweekday = []rrule.Weekday{days[start.Weekday()]}
		case absoluteMonthly:
			o.Bymonthday = []int{int(r.dom)}
		}
		rule, err := rrule.NewRRule(o)
		if err != nil {
			t.Fatal(err)
		}
		e := &event{kind: seriesMaster, start: start.Unix(), end: start.Unix() + 1800, zone: z, endZone: z, recurrence: r}
		from := start.AddDate(0, 0, rapid.IntRange(0, 400).Draw(t, "from"))
		to := from.AddDate(0, 0, 250)
		var got, want []int64
		for _, at := range rule.Between(from, to, true) {
			want = append(want, at.Unix())
		}
		for _, i := range e.instances(nil, from.Unix(), to.Unix()+1) {
			if i.start >= from.Unix() { // one that is going on at the beginning is in a view too
				got = append(got, i.start)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v %+v from %v:\n got %v\nwant %v", start, r, from, got, want)
		}
	})
}
