package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A naive model of meetings and calendars, which shares nothing with the tenant:
// every question is answered by walking day by day over everything.

// modelRule is a recurrence as a person would read it aloud.
type modelRule struct {
	kind       string // Graph's recurrencePatternType
	interval   int
	days       []time.Weekday
	dayOfMonth int
	month      time.Month
	nth        int // 1 to 4, or 5 for the last
	weekStart  time.Weekday
	from       time.Time // a civil day, at midnight UTC
	until      time.Time // zero: no such end
	count      int       // 0: no such end
}

// monthsBetween counts calendar months.
func monthsBetween(a, b time.Time) int {
	return (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
}

// meets tells whether the pattern has a day, whatever the range says.
func (r *modelRule) meets(day time.Time) bool {
	since := int(day.Sub(r.from) / (24 * time.Hour))
	last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	absolute := day.Day() == min(r.dayOfMonth, last)
	switch r.kind {
	case "daily":
		return since%r.interval == 0
	case "weekly":
		week := func(d time.Time) time.Time { return d.AddDate(0, 0, -((int(d.Weekday()) - int(r.weekStart) + 7) % 7)) }
		weeks := int(week(day).Sub(week(r.from)) / (7 * 24 * time.Hour))
		return slices.Contains(r.days, day.Weekday()) && weeks%r.interval == 0
	case "absoluteMonthly":
		return absolute && monthsBetween(r.from, day)%r.interval == 0
	case "absoluteYearly":
		return absolute && day.Month() == r.month && (day.Year()-r.from.Year())%r.interval == 0
	}
	var such []int
	for d := 1; d <= last; d++ {
		if slices.Contains(r.days, time.Date(day.Year(), day.Month(), d, 0, 0, 0, 0, time.UTC).Weekday()) {
			such = append(such, d)
		}
	}
	wanted := such[len(such)-1]
	if r.nth < 5 {
		if r.nth > len(such) {
			return false
		}
		wanted = such[r.nth-1]
	}
	if day.Day() != wanted {
		return false
	}
	if r.kind == "relativeMonthly" {
		return monthsBetween(r.from, day)%r.interval == 0
	}
	return day.Month() == r.month && (day.Year()-r.from.Year())%r.interval == 0
}

// dates lists the days of the rule before a day.
func (r *modelRule) dates(before time.Time) (out []time.Time) {
	for day := r.from; day.Before(before); day = day.AddDate(0, 0, 1) {
		if !r.until.IsZero() && day.After(r.until) || r.count > 0 && len(out) == r.count {
			break
		}
		if r.meets(day) {
			out = append(out, day)
		}
	}
	return out
}

// modelDate is what the organiser made of one date of a series.
type modelDate struct {
	cancelled  bool
	moved      bool
	start, end time.Time // where moved
	subject    string    // "": the series'
}

// modelSeat is one invited mailbox of the tenant.
type modelSeat struct {
	room   bool
	here   bool   // it has a copy
	answer string // to the whole meeting, in its own calendar
	told   string // to the whole meeting, as the organiser knows it
	dates  map[int]*modelSeatDate
	// cancelled copies say so, and hear no more of the meeting: what they show
	// stands in frozen.
	cancelled bool
	frozen    []modelEntry
}

type modelSeatDate struct {
	gone      bool        // declined or deleted
	cancelled *modelEntry // called off: what the copy went on showing
	answer    string      // "": the answer to the whole meeting counts
}

// modelMeeting is a meeting as its organiser means it.
type modelMeeting struct {
	uid, id, host string
	subject, show string
	allDay        bool
	zone          string // as it went out
	loc           *time.Location
	day           time.Time // civil day of the first date, at midnight UTC
	minute        int       // wall clock of the start
	length        time.Duration
	days          int // of whole days
	rule          *modelRule
	dates         map[int]*modelDate
	gone          bool
	seats         map[string]*modelSeat
	dayList       []time.Time // the rule's dates, once they were found
}

// modelEntry is what a calendar shows.
type modelEntry struct {
	m          *modelMeeting
	date       int    // yyyymmdd; 0 for single meetings
	uid        string // of the entry
	start, end time.Time
	subject    string
	show       string
	cancelled  bool
	allDay     bool
}

func dateKey(day time.Time) int { return day.Year()*10000 + int(day.Month())*100 + day.Day() }

// modelDays is how far series are followed: further than anything is looked at.
const modelDays = 100

// span is where the pattern puts a day.
func (m *modelMeeting) span(day time.Time) (start, end time.Time) {
	start = time.Date(day.Year(), day.Month(), day.Day(), 0, m.minute, 0, 0, m.loc)
	if m.allDay {
		return start, time.Date(day.Year(), day.Month(), day.Day()+m.days, 0, 0, 0, 0, m.loc)
	}
	return start, start.Add(m.length)
}

// patternDays are the days of the meeting, cancelled ones included.
func (m *modelMeeting) patternDays() []time.Time {
	if m.rule == nil {
		return []time.Time{m.day}
	}
	if m.dayList == nil {
		m.dayList = m.rule.dates(m.rule.from.AddDate(0, 0, modelDays))
	}
	return m.dayList
}

// entries is the meeting in its organiser's calendar.
func (m *modelMeeting) entries() (out []modelEntry) {
	if m.gone {
		return nil
	}
	return m.all()
}

func (m *modelMeeting) all() (out []modelEntry) {
	for _, day := range m.patternDays() {
		e := modelEntry{m: m, uid: m.uid, subject: m.subject, show: m.show, allDay: m.allDay}
		e.start, e.end = m.span(day)
		if m.rule != nil {
			e.date = dateKey(day)
			e.uid = m.uid[:32] + fmt.Sprintf("%04X%02X%02X", day.Year(), int(day.Month()), day.Day()) + m.uid[40:]
			if d := m.dates[e.date]; d != nil {
				if d.cancelled {
					// Kept for those who keep a cancelled date; see seatEntries.
					e.cancelled = true
				}
				if d.moved {
					e.start, e.end = d.start, d.end
				}
				if d.subject != "" {
					e.subject = d.subject
				}
			}
		}
		out = append(out, e)
	}
	return out
}

// hosted drops the cancelled dates, which the organiser no longer has.
func hosted(list []modelEntry) []modelEntry {
	return slices.DeleteFunc(list, func(e modelEntry) bool { return e.cancelled })
}

// seated is the meeting in an invited mailbox.
func (m *modelMeeting) seated(s *modelSeat) (out []modelEntry) {
	switch {
	case !s.here:
		return nil
	case s.cancelled:
		return slices.Clone(s.frozen)
	}
	for _, e := range m.all() {
		answer := s.answer
		d := s.dates[e.date]
		if d != nil && d.answer != "" {
			answer = d.answer
		}
		switch {
		case d != nil && d.gone, e.cancelled && s.room, e.cancelled && (d == nil || d.cancelled == nil):
			continue
		case d != nil && d.cancelled != nil:
			e = *d.cancelled
		case e.show == "busy" && answer != "accepted":
			e.show = "tentative"
		}
		out = append(out, e)
	}
	return out
}

// callOff marks an entry.
func (e *modelEntry) callOff() {
	if e.cancelled && e.show == "free" && strings.HasPrefix(e.subject, "Canceled: ") {
		return
	}
	e.cancelled, e.show, e.subject = true, "free", "Canceled: "+e.subject
}

// withdraw takes the meeting from an invited mailbox: a room loses it, a person
// keeps it with a mark.
func (m *modelMeeting) withdraw(s *modelSeat) {
	if s.room {
		s.here = false
		return
	}
	if !s.here || s.cancelled {
		return
	}
	s.frozen = m.seated(s)
	for n := range s.frozen {
		s.frozen[n].callOff()
	}
	s.cancelled = true
}

func (s *modelSeat) on(date int) *modelSeatDate {
	if s.dates[date] == nil {
		s.dates[date] = &modelSeatDate{}
	}
	return s.dates[date]
}

// model is all that was made in a tenant.
type model struct {
	now      time.Time
	meetings []*modelMeeting
}

// calendar is what a mailbox has to show.
func (w *model) calendar(mailbox string) (out []modelEntry) {
	for _, m := range w.meetings {
		if m.host == mailbox {
			out = append(out, hosted(m.entries())...)
		} else if s := m.seats[mailbox]; s != nil {
			out = append(out, m.seated(s)...)
		}
	}
	return out
}

// shown is where a view shows an entry: whole days stand at the midnights of
// their own zone, whatever zone is asked for.
func (e modelEntry) shown() (start, end time.Time) {
	if !e.allDay {
		return e.start, e.end
	}
	wall := func(t time.Time) time.Time {
		t = t.In(e.m.loc)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return wall(e.start), wall(e.end)
}

func within(start, end, from, to time.Time) bool {
	if start.Equal(end) {
		return !start.Before(from) && start.Before(to)
	}
	return start.Before(to) && end.After(from)
}

// taken tells whether something in a room's calendar is in the way of [start, end).
func (w *model) taken(room string, start, end time.Time, but *modelMeeting) bool {
	for _, e := range w.calendar(room) {
		if e.m == but || e.cancelled || e.show == "free" || e.show == "workingElsewhere" {
			continue
		}
		if within(e.start, e.end, start, end) {
			return true
		}
	}
	return false
}

// tooFar tells whether a series goes on for longer than rooms look ahead.
func (w *model) tooFar(m *modelMeeting) bool {
	if m.rule == nil {
		return false
	}
	if m.rule.count == 0 {
		return m.rule.until.IsZero()
	}
	return len(m.rule.dates(w.now.AddDate(0, 0, 180).Add(time.Second))) < m.rule.count
}

// ask puts a request for the whole meeting to an invited mailbox; a room answers
// by its rule. A person has not answered yet.
func (w *model) ask(m *modelMeeting, mailbox string, rule roomRule) {
	s := m.seats[mailbox]
	if !s.room {
		*s = modelSeat{here: true, answer: "none", told: "none", dates: map[int]*modelSeatDate{}}
		return
	}
	var clashes []int
	for _, e := range hosted(m.entries()) {
		if w.taken(mailbox, e.start, e.end, m) {
			clashes = append(clashes, e.date)
		}
	}
	*s = modelSeat{room: true, told: "declined", answer: "declined", dates: map[int]*modelSeatDate{}}
	if w.tooFar(m) || len(clashes) > 0 && (m.rule == nil || len(clashes) > rule.tolerance) {
		return
	}
	s.here, s.told, s.answer = true, rule.yes, rule.yes
	for _, date := range clashes {
		s.on(date).gone = true
	}
}

// askDate puts a moved date of a series to an invited mailbox.
func (w *model) askDate(m *modelMeeting, date int, mailbox string, rule roomRule) {
	s := m.seats[mailbox]
	if !s.here || s.cancelled {
		return
	}
	d := m.dates[date]
	switch own := s.on(date); {
	case !s.room:
		*own = modelSeatDate{answer: "none"}
	case w.taken(mailbox, d.start, d.end, m):
		*own = modelSeatDate{gone: true}
	default:
		*own = modelSeatDate{answer: rule.yes}
	}
}

// roomRule is how a room answers.
type roomRule struct {
	tolerance int    // so many dates of a series may clash
	yes       string // accepted, or tentativelyAccepted until somebody approves
}

// graphDays writes weekdays as Graph spells them.
func graphDays(days []time.Weekday) (out []string) {
	for _, d := range days {
		out = append(out, strings.ToLower(d.String()))
	}
	return out
}

// wire is the rule as Graph's patternedRecurrence.
func (r *modelRule) wire() object {
	pattern := object{"type": r.kind, "interval": r.interval}
	if len(r.days) > 0 {
		pattern["daysOfWeek"] = graphDays(r.days)
	}
	switch r.kind {
	case "weekly":
		pattern["firstDayOfWeek"] = strings.ToLower(r.weekStart.String())
	case "absoluteMonthly":
		pattern["dayOfMonth"] = r.dayOfMonth
	case "absoluteYearly":
		pattern["dayOfMonth"], pattern["month"] = r.dayOfMonth, int(r.month)
	case "relativeYearly":
		pattern["month"] = int(r.month)
	}
	if strings.HasPrefix(r.kind, "relative") {
		pattern["index"] = []string{"first", "second", "third", "fourth", "last"}[r.nth-1]
	}
	span := object{"type": "noEnd", "startDate": r.from.Format("2006-01-02")}
	switch {
	case r.count > 0:
		span["type"], span["numberOfOccurrences"] = "numbered", r.count
	case !r.until.IsZero():
		span["type"], span["endDate"] = "endDate", r.until.Format("2006-01-02")
	}
	return object{"pattern": pattern, "range": span}
}
