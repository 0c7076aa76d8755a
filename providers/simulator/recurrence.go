package simulator

import (
	"time"
)

// patternType is Graph's recurrencePatternType.
type patternType uint8

const (
	daily patternType = iota
	weekly
	absoluteMonthly
	relativeMonthly
	absoluteYearly
	relativeYearly
)

type rangeType uint8

const (
	endDate rangeType = iota
	noEnd
	numbered
)

var (
	patternNames = []string{"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}
	rangeNames   = []string{"endDate", "noEnd", "numbered"}
	indexNames   = []string{"first", "second", "third", "fourth", "last"}
	dayNames     = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

// recurrence is Graph's patternedRecurrence. Dates are days of the civil
// calendar, counted from 1970-01-01.
type recurrence struct {
	pattern  patternType
	interval int32
	days     uint8 // bit n is weekday n, Sunday is 0
	dom      int32 // dayOfMonth
	month    int32
	index    uint8 // 0 first ... 4 last
	firstDay time.Weekday

	span  rangeType
	first int32 // day number of startDate
	last  int32 // day number of endDate, inclusive; only for endDate
	count int32 // only for numbered
	zone  *zone // recurrenceTimeZone
}

// day numbers ---------------------------------------------------------------

func dayNumber(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dayDate(day int32) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// yyyymmdd is how a date stands in an occurrence's id.
func yyyymmdd(day int32) int32 {
	t := dayDate(day)
	return int32(t.Year()*10000 + int(t.Month())*100 + t.Day())
}

func fromYYYYMMDD(date int32) int32 {
	return dayNumber(int(date/10000), time.Month(date/100%100), int(date%100))
}

func weekdayOf(day int32) time.Weekday { return time.Weekday(((int(day)+4)%7 + 7) % 7) }

// maxYears bounds the search of a pattern that hardly ever occurs, for example
// February 30.
const maxYears = 200

// dates calls yield with the day number of every occurrence in order, from the
// first on or after from, until yield returns false or the range ends. The count
// of a numbered range starts at the range's first day, whatever from is.
func (r *recurrence) dates(from int32, yield func(day int32) bool) {
	n := int32(0)
	emit := func(day int32) bool { // false: stop
		if r.span == endDate && day > r.last {
			return false
		}
		n++
		if r.span == numbered && n > r.count {
			return false
		}
		if day < from {
			return true
		}
		return yield(day)
	}
	interval := max(r.interval, 1)
	// Without a count to keep, whole periods before from can be skipped.
	skip := int32(0)
	if r.span != numbered && from > r.first {
		skip = from - r.first
	}
	switch r.pattern {
	case daily:
		for day := r.first + skip/interval*interval; ; day += interval {
			if !emit(day) {
				return
			}
		}
	case weekly:
		week := r.first - (int32(weekdayOf(r.first))-int32(r.firstDay)+7)%7
		week += skip / (7 * interval) * (7 * interval)
		if r.days == 0 {
			return
		}
		for ; ; week += 7 * interval {
			for d := range int32(7) {
				day := week + d
				if day >= r.first && r.days&(1<<weekdayOf(day)) != 0 && !emit(day) {
					return
				}
			}
		}
	default:
		r.months(skip, emit)
	}
}

// months walks the monthly and yearly patterns.
func (r *recurrence) months(skip int32, emit func(int32) bool) {
	start := dayDate(r.first)
	y, m := start.Year(), start.Month()
	step := int(max(r.interval, 1))
	if r.pattern == absoluteYearly || r.pattern == relativeYearly {
		step *= 12
		if r.month >= 1 && r.month <= 12 {
			m = time.Month(r.month)
		}
	}
	months := int(skip) / 31 / step * step
	limit := y + maxYears + months/12
	for ; ; months += step {
		t := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
		if t.Year() > limit {
			return
		}
		day, ok := r.inMonth(t.Year(), t.Month())
		if ok && day >= r.first && !emit(day) {
			return
		}
	}
}

// inMonth finds the pattern's day in a month. An absolute day that the month
// lacks falls on its last day, as in Outlook.
func (r *recurrence) inMonth(y int, m time.Month) (int32, bool) {
	length := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
	first := dayNumber(y, m, 1)
	if r.pattern == absoluteMonthly || r.pattern == absoluteYearly {
		return first + min(max(r.dom, 1), int32(length)) - 1, true
	}
	if r.days == 0 {
		return 0, false
	}
	seen, last := uint8(0), int32(-1)
	for d := range int32(length) {
		if r.days&(1<<weekdayOf(first+d)) == 0 {
			continue
		}
		if r.index < 4 && seen == r.index {
			return first + d, true
		}
		seen++
		last = first + d
	}
	return last, r.index == 4 && last >= 0
}

// lastDay is the day number of the last occurrence; false where there is no end.
func (r *recurrence) lastDay() (int32, bool) {
	if r.span == noEnd {
		return 0, false
	}
	last, any := r.first, false
	r.dates(r.first, func(day int32) bool { last, any = day, true; return true })
	return last, any
}

// occurrences calls yield for the occurrences of a master that may share time
// with [from, to), cancelled and changed ones included. The wall clock of the
// series' zone is kept across changes of its offset.
func (e *event) occurrences(from, to int64, yield func(date int32, start, end int64) bool) {
	r := e.recurrence
	local := time.Unix(e.start, 0).In(e.zone.loc)
	localEnd := time.Unix(e.end, 0).In(e.zone.loc)
	days := dayNumber(localEnd.Year(), localEnd.Month(), localEnd.Day()) - dayNumber(local.Year(), local.Month(), local.Day())
	firstDay := int32((from-(e.end-e.start))/86400) - 2
	r.dates(firstDay, func(day int32) bool {
		d := dayDate(day)
		start := time.Date(d.Year(), d.Month(), d.Day(), local.Hour(), local.Minute(), local.Second(), 0, e.zone.loc).Unix()
		if start >= to {
			return false
		}
		end := start + (e.end - e.start)
		if e.has(allDayFlag) {
			end = time.Date(d.Year(), d.Month(), d.Day()+int(days), 0, 0, 0, 0, e.zone.loc).Unix()
		}
		if end < from {
			return true
		}
		return yield(yyyymmdd(day), start, end)
	})
}

// occurrenceOn gives the span that the pattern puts on a date; false where it
// puts none.
func (e *event) occurrenceOn(date int32) (start, end int64, ok bool) {
	from := int64(fromYYYYMMDD(date)) * 86400
	e.occurrences(from-2*86400, from+3*86400+(e.end-e.start), func(d int32, s, t int64) bool {
		if d == date {
			start, end, ok = s, t, true
		}
		return d < date
	})
	return start, end, ok
}
