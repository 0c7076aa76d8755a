package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// modelRun is one random sequence against a tenant of its own.
type modelRun struct {
	t       *rapid.T
	tenant  *Tenant
	c       *client
	clock   *clock
	base    time.Time // a midnight in UTC; everything happens in the weeks after it
	people  []string
	rooms   []string
	rules   map[string]roomRule
	w       model
	made    int
	touched *modelMeeting // by the latest step
}

// ask sends a request and wants a status; what comes back otherwise ends the run.
func (r *modelRun) ask(want int, q request) reply {
	r.t.Helper()
	got, err := r.c.try(q)
	if err != nil || got.status != want {
		r.t.Fatalf("%s %s: status %d, want %d: %v %s\nbody %v", q.method, q.path, got.status, want, err, got.raw, q.body)
	}
	return got
}

func (r *modelRun) boxes() []string { return slices.Concat(r.people, r.rooms) }

var modelZones = []struct{ wire, iana string }{
	{"UTC", "UTC"}, {"W. Europe Standard Time", "Europe/Berlin"}, {"Europe/Berlin", "Europe/Berlin"},
	{"Pacific Standard Time", "America/Los_Angeles"}, {"India Standard Time", "Asia/Kolkata"}, {"Lord Howe Standard Time", "Australia/Lord_Howe"},
}

// times draws when a meeting is.
func (r *modelRun) times(m *modelMeeting) {
	t := r.t
	m.day = r.base.AddDate(0, 0, rapid.IntRange(3, 20).Draw(t, "day"))
	m.minute = 15 * rapid.IntRange(0, 95).Draw(t, "quarter")
	m.length = time.Duration(rapid.SampledFrom([]int{30, 60, 15, 0, 95, 240, 26 * 60}).Draw(t, "minutes")) * time.Minute
	if m.allDay {
		m.minute, m.days = 0, rapid.IntRange(1, 3).Draw(t, "days")
	}
	if slices.ContainsFunc(slices.Collect(maps.Values(m.seats)), func(s *modelSeat) bool { return s.room }) {
		m.length = min(m.length, 4*time.Hour) // longer ones are against the rooms' rules
	}
	// A time that comes twice, or that the clocks leave out, cannot be asked for.
	start, end := m.span(m.day)
	if local := start.In(m.loc); !m.allDay && (!unambiguous(start, m.loc) || !unambiguous(end, m.loc) || local.Hour()*60+local.Minute() != m.minute) {
		m.minute = 12 * 60
	}
}

// unambiguous tells whether a wall clock names this instant and no other.
func unambiguous(at time.Time, loc *time.Location) bool {
	local := at.In(loc)
	for _, by := range []time.Duration{-time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour} {
		if other := at.Add(by).In(loc); other.Format(time.DateTime) == local.Format(time.DateTime) {
			return false
		}
	}
	return true
}

// rule draws a recurrence that has at least one date.
func (r *modelRun) rule(m *modelMeeting) *modelRule {
	t := r.t
	kinds := []string{"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}
	rule := &modelRule{
		kind: rapid.SampledFrom(kinds).Draw(t, "pattern"), interval: rapid.IntRange(1, 3).Draw(t, "interval"), from: m.day,
		dayOfMonth: rapid.SampledFrom([]int{m.day.Day(), 31, 15}).Draw(t, "day of month"), month: m.day.AddDate(0, rapid.IntRange(0, 1).Draw(t, "month"), 0).Month(),
		nth: rapid.IntRange(1, 5).Draw(t, "nth"), weekStart: time.Weekday(rapid.IntRange(0, 6).Draw(t, "week starts")),
	}
	if rule.kind == "weekly" || strings.HasPrefix(rule.kind, "relative") {
		for n := range rapid.IntRange(1, 3).Draw(t, "weekdays") {
			if d := time.Weekday((int(m.day.Weekday()) + n*rapid.IntRange(1, 4).Draw(t, "apart")) % 7); !slices.Contains(rule.days, d) {
				rule.days = append(rule.days, d)
			}
		}
	}
	switch rapid.SampledFrom([]string{"numbered", "endDate", "noEnd"}).Draw(t, "range") {
	case "numbered":
		rule.count = rapid.IntRange(1, 8).Draw(t, "count")
	case "endDate":
		rule.until = m.day.AddDate(0, 0, rapid.IntRange(0, 50).Draw(t, "until"))
		if len(rule.dates(rule.until.AddDate(0, 0, 1))) == 0 {
			rule.until = time.Time{}
			rule.count = 2
		}
	}
	return rule
}

// body is how a meeting goes out.
func (r *modelRun) body(m *modelMeeting) object {
	o := object{"subject": m.subject, "showAs": m.show, "isAllDay": m.allDay, "attendees": r.attendees(m)}
	maps.Copy(o, m.when())
	if m.rule != nil {
		o["recurrence"] = m.rule.wire()
	}
	return o
}

// when is start and end on the first date, on the wall clock.
func (m *modelMeeting) when() object {
	start, end := m.span(m.day)
	return object{"start": wire(start.In(m.loc), m.zone), "end": wire(end.In(m.loc), m.zone)}
}

func (r *modelRun) attendees(m *modelMeeting) []any {
	out := []any{object{"type": "optional", "emailAddress": object{"address": "guest@elsewhere.example"}}}
	for _, box := range slices.Sorted(maps.Keys(m.seats)) {
		if s := m.seats[box]; s.cancelled {
			continue // was taken off
		}
		kind := "required"
		if slices.Contains(r.rooms, box) {
			kind = "resource"
		}
		out = append(out, object{"type": kind, "emailAddress": object{"address": box}})
	}
	return out
}

// create books something.
func (r *modelRun) create() {
	t := r.t
	z := rapid.SampledFrom(modelZones).Draw(t, "zone")
	loc, err := time.LoadLocation(z.iana)
	if err != nil {
		t.Fatal(err)
	}
	r.made++
	m := &modelMeeting{
		host: rapid.SampledFrom(r.people).Draw(t, "host"), subject: fmt.Sprint("meeting ", r.made), zone: z.wire, loc: loc,
		show:   rapid.SampledFrom([]string{"busy", "busy", "tentative", "oof", "free", "workingElsewhere"}).Draw(t, "show as"),
		allDay: rapid.IntRange(0, 5).Draw(t, "all day") == 0, dates: map[int]*modelDate{}, seats: map[string]*modelSeat{},
	}
	for _, box := range r.boxes() {
		if box != m.host && rapid.IntRange(0, 2).Draw(t, "invited") == 0 {
			m.seats[box] = &modelSeat{room: slices.Contains(r.rooms, box)}
			if m.seats[box].room && (m.show == "free" || m.show == "workingElsewhere") {
				m.show = "busy" // what a room makes of others is not known
			}
		}
	}
	r.times(m)
	if rapid.Bool().Draw(t, "repeats") {
		m.rule = r.rule(m)
	}
	path, body := "/users/"+m.host+"/events", r.body(m)
	if rapid.Bool().Draw(t, "transaction") {
		body["transactionId"] = fmt.Sprint("transaction ", r.made)
	}
	got := r.ask(201, request{method: "POST", path: path, body: body}).body
	m.id, m.uid = got["id"].(string), got["iCalUId"].(string)
	if m.rule != nil { // the master stands on its first date
		m.day = m.patternStart()
	}
	r.w.meetings = append(r.w.meetings, m)
	r.touched = m
	r.request(m)
	r.t.Logf("%s creates %q: %v", m.host, m.subject, body)
	if body["transactionId"] != nil && rapid.Bool().Draw(t, "sent again") {
		// The same create once more makes nothing; checks after the step see to it.
		if again := r.ask(201, request{method: "POST", path: path, body: body}).body; again["id"] != m.id {
			t.Fatalf("a repeated transaction made %v", again["id"])
		}
	}
}

// patternStart is the first date, however far away.
func (m *modelMeeting) patternStart() time.Time {
	for day := m.rule.from; ; day = day.AddDate(0, 0, 1) {
		if m.rule.meets(day) {
			return day
		}
	}
}

// request asks everybody on a meeting; rooms by address, as each looks at its own
// calendar only.
func (r *modelRun) request(m *modelMeeting) {
	for box, s := range m.seats {
		if !s.cancelled {
			r.w.ask(m, box, r.rules[box])
		}
	}
}

// target is an entry of a calendar to do something with.
func (r *modelRun) target(boxes []string, ok func(box string, e modelEntry) bool) (box string, e modelEntry, found bool) {
	type choice struct {
		box string
		e   modelEntry
	}
	var all []choice
	for _, box := range boxes {
		for _, e := range r.w.calendar(box) {
			if start, _ := e.shown(); ok(box, e) && start.Before(r.base.AddDate(0, 0, 60)) {
				all = append(all, choice{box, e})
			}
		}
	}
	if len(all) == 0 {
		return "", modelEntry{}, false
	}
	one := all[rapid.IntRange(0, len(all)-1).Draw(r.t, "which")]
	return one.box, one.e, true
}

// path is where an entry stands in a mailbox: itself, or its series.
func (r *modelRun) path(box string, e modelEntry, series bool) string {
	start, end := e.shown()
	list := r.view(box, start, end.Add(time.Minute), "")
	for _, have := range list {
		if have["iCalUId"] == e.uid {
			id := have["id"]
			if series && e.date != 0 {
				id = have["seriesMasterId"]
			}
			return "/users/" + box + "/events/" + id.(string)
		}
	}
	r.t.Fatalf("%s has no %s %v in its view", box, e.subject, start)
	return ""
}

// view reads a calendar over all pages.
func (r *modelRun) view(box string, from, to time.Time, zone string) (out []object) {
	path := viewPath(box, from, to)
	for path != "" {
		q := request{method: "GET", path: path}
		if zone != "" {
			q.header = []string{"Prefer", `outlook.timezone="` + zone + `"`}
		}
		page := r.ask(200, q).body
		for _, v := range page["value"].([]any) {
			out = append(out, v.(object))
		}
		path, _ = page["@odata.nextLink"].(string)
	}
	return out
}

func hosts(box string, e modelEntry) bool { return e.m.host == box }

// step does one random thing.
func (r *modelRun) step() {
	r.clock.advance(time.Minute)
	r.touched = nil
	switch rapid.SampledFrom([]string{"create", "rename", "move", "date", "date", "cancel", "people", "answer", "answer", "answer", "leave", "repeat"}).Draw(r.t, "step") {
	case "create":
		r.create()
	case "rename":
		r.rename()
	case "move":
		r.move()
	case "repeat":
		r.repeat()
	case "date":
		r.changeDate()
	case "cancel":
		r.cancel()
	case "people":
		r.changePeople()
	case "answer":
		r.answer()
	case "leave":
		r.leave()
	}
	r.ask(200, request{method: "GET", path: "/organization"}) // the rooms answer
}

func (r *modelRun) rename() {
	box, e, ok := r.target(r.people, hosts)
	if !ok {
		return
	}
	m := e.m
	r.made++
	m.subject = fmt.Sprint("renamed ", r.made)
	r.touched = m
	r.t.Logf("%s renames to %q", box, m.subject)
	r.ask(200, request{method: "PATCH", path: "/users/" + box + "/events/" + m.id, body: object{"subject": m.subject}})
}

// move puts a meeting to another time; a series to another time of the day.
func (r *modelRun) move() {
	box, e, ok := r.target(r.people, func(box string, e modelEntry) bool { return hosts(box, e) && !(e.allDay && e.m.rule != nil) })
	if !ok {
		return
	}
	m := e.m
	before := *m
	r.times(m)
	if m.rule != nil {
		m.day = before.day
	}
	r.touched = m
	body := m.when()
	r.t.Logf("%s moves %q: %v", box, m.subject, body)
	r.ask(200, request{method: "PATCH", path: "/users/" + box + "/events/" + m.id, body: body})
	start, end := m.span(m.day)
	if oldStart, oldEnd := before.span(before.day); start.Equal(oldStart) && end.Equal(oldEnd) {
		return // nothing moved, so nobody is asked again
	}
	m.dates = map[int]*modelDate{}
	r.request(m)
}

// repeat gives a meeting another pattern.
func (r *modelRun) repeat() {
	box, e, ok := r.target(r.people, hosts)
	if !ok {
		return
	}
	m := e.m
	r.touched = m
	m.rule, m.dates, m.dayList = r.rule(m), map[int]*modelDate{}, nil
	r.t.Logf("%s repeats %q: %v", box, m.subject, m.rule.wire())
	r.ask(200, request{method: "PATCH", path: "/users/" + box + "/events/" + m.id, body: object{"recurrence": m.rule.wire()}})
	m.day = m.patternStart()
	r.request(m)
}

// changeDate renames or moves one date of a series.
func (r *modelRun) changeDate() {
	box, e, ok := r.target(r.people, func(box string, e modelEntry) bool { return hosts(box, e) && e.date != 0 && !e.allDay })
	if !ok {
		return
	}
	m, path := e.m, r.path(box, e, false)
	d := &modelDate{start: e.start, end: e.end}
	if have := m.dates[e.date]; have != nil {
		*d = *have
	}
	r.touched = m
	if rapid.Bool().Draw(r.t, "rename") {
		r.made++
		d.subject = fmt.Sprint("special ", r.made)
		m.dates[e.date] = d
		r.t.Logf("%s renames %d of %q to %q", box, e.date, m.subject, d.subject)
		r.ask(200, request{method: "PATCH", path: path, body: object{"subject": d.subject}})
		return
	}
	origin := time.Date(e.date/10000, time.Month(e.date/100%100), e.date%100, 0, 0, 0, 0, time.UTC)
	day := origin.AddDate(0, 0, rapid.SampledFrom([]int{0, 0, 1, -1, 2}).Draw(r.t, "days later"))
	start := time.Date(day.Year(), day.Month(), day.Day(), 0, 15*rapid.IntRange(0, 95).Draw(r.t, "quarter"), 0, 0, m.loc)
	if end := start.Add(e.end.Sub(e.start)); !unambiguous(start, m.loc) || !unambiguous(end, m.loc) {
		start = time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, m.loc)
	}
	end := start.Add(e.end.Sub(e.start))
	body := object{"start": wire(start.In(m.loc), m.zone), "end": wire(end.In(m.loc), m.zone)}
	days := m.patternDays()
	at := slices.IndexFunc(days, origin.Equal)
	local := start.In(m.loc)
	on := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	if at > 0 && !on.After(days[at-1]) || at+1 < len(days) && !on.Before(days[at+1]) {
		if got := r.ask(400, request{method: "PATCH", path: path, body: body}); got.errorCode() != "ErrorOccurrenceCrossingBoundary" {
			r.t.Fatalf("a date onto its neighbour: %s", got.raw)
		}
		r.touched = nil
		return
	}
	r.t.Logf("%s moves %d of %q: %v", box, e.date, m.subject, body)
	// Wall clocks that occur twice, or not at all, may come out as another instant.
	got := r.ask(200, request{method: "PATCH", path: path, body: body}).body
	if dig(got, "start", "dateTime") != start.UTC().Format("2006-01-02T15:04:05.0000000") {
		r.t.Fatalf("moved to %v, not %v", got["start"], start.UTC())
	}
	if start.Equal(e.start) && end.Equal(e.end) {
		return
	}
	d.moved, d.start, d.end = true, start, end
	m.dates[e.date] = d
	for other := range m.seats {
		r.w.askDate(m, e.date, other, r.rules[other])
	}
}
