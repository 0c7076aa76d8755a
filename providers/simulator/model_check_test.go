package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

const modelTime = "2006-01-02T15:04:05Z"

// line is an entry in words, to compare by.
func (e modelEntry) line() string {
	return fmt.Sprint(e.start.UTC().Format(modelTime), " ", e.end.UTC().Format(modelTime), " ", e.show, " cancelled ", e.cancelled, " all day ", e.allDay, " ", e.subject)
}

// same compares by iCalUId, which the copies of a meeting share.
func (r *modelRun) same(where string, got, want map[string]string) {
	for uid, line := range want {
		if got[uid] != line {
			r.t.Fatalf("%s:\n has %q\nwant %q", where, got[uid], line)
		}
	}
	for uid, line := range got {
		if _, ok := want[uid]; !ok {
			r.t.Fatalf("%s has %q (%s), which it should not", where, line, uid)
		}
	}
}

// subjectIn is what a calendar shows for a subject: rooms show the organiser.
func (r *modelRun) subjectIn(box string, e modelEntry) string {
	if slices.Contains(r.rooms, box) {
		return r.tenant.world.find(e.m.host).contact.name
	}
	return e.subject
}

// wanted is the model's calendar in a window; floating places whole days as views do.
func (r *modelRun) wanted(box string, from, to time.Time, floating bool) map[string]string {
	out := map[string]string{}
	for _, e := range r.w.calendar(box) {
		start, end := e.shown()
		if !within(start, end, from, to) {
			continue
		}
		if floating {
			e.start, e.end = start, end
		}
		e.subject = r.subjectIn(box, e)
		if out[e.uid] != "" {
			r.t.Fatalf("the model has %s twice in %s", e.uid, box)
		}
		out[e.uid] = e.line()
	}
	return out
}

// etags are the entries of all calendars at the latest look: by mailbox and id,
// the ETag and everything else.
type etags map[string]TruthEvent

// checkTruth compares everything that the tenant holds with the model, and looks
// at ETags: they change with an entry, and only where something was touched.
func (r *modelRun) checkTruth(before etags) etags {
	dump, err := r.tenant.TruthDump(TruthOptions{From: r.base, To: r.base.AddDate(0, 0, 60), Mailboxes: r.boxes()})
	if err != nil {
		r.t.Fatal(err)
	}
	now := etags{}
	for _, box := range dump.Mailboxes {
		got := map[string]string{}
		for _, e := range box.Events {
			start, err1 := time.Parse(time.RFC3339, e.Start)
			end, err2 := time.Parse(time.RFC3339, e.End)
			if err1 != nil || err2 != nil {
				r.t.Fatal(err1, err2)
			}
			if got[e.ICalUID] != "" {
				r.t.Fatalf("%s has %s twice", box.Mailbox, e.Subject)
			}
			got[e.ICalUID] = modelEntry{start: start, end: end, show: e.ShowAs, cancelled: e.Cancelled, allDay: e.AllDay, subject: e.Subject}.line()
			key := box.Mailbox + " " + e.ID
			now[key] = e
			old, there := before[key]
			if !there {
				continue
			}
			a, b := e, old
			a.ETag, a.ChangeKey, b.ETag, b.ChangeKey = "", "", "", ""
			changed := fmt.Sprint(a) != fmt.Sprint(b)
			switch {
			case changed && e.ETag == old.ETag:
				r.t.Fatalf("%s: %q changed and kept its ETag:\n%v\n%v", box.Mailbox, e.Subject, a, b)
			case !changed && e.ETag != old.ETag && (r.touched == nil || r.touched.uid[40:] != e.ICalUID[40:]):
				r.t.Fatalf("%s: %q has another ETag and nothing happened to it", box.Mailbox, e.Subject)
			}
		}
		r.same("truth of "+box.Mailbox, got, r.wanted(box.Mailbox, r.base, r.base.AddDate(0, 0, 60), false))
	}
	return now
}

// checkView compares a random window of a calendar.
func (r *modelRun) checkView(box string) {
	from := r.base.Add(time.Duration(rapid.IntRange(0, 45*24*4).Draw(r.t, "from")) * 15 * time.Minute)
	to := from.Add(time.Duration(rapid.SampledFrom([]int{1, 60, 24 * 60, 14 * 24 * 60}).Draw(r.t, "minutes")) * time.Minute)
	zone := rapid.SampledFrom(modelZones).Draw(r.t, "asked in")
	loc, err := time.LoadLocation(zone.iana)
	if err != nil {
		r.t.Fatal(err)
	}
	got := map[string]string{}
	for _, o := range r.view(box, from, to, zone.wire) {
		e := modelEntry{show: o["showAs"].(string), cancelled: o["isCancelled"].(bool), allDay: o["isAllDay"].(bool), subject: o["subject"].(string)}
		in := loc
		if e.allDay {
			in = time.UTC
		}
		for key, at := range map[string]*time.Time{"start": &e.start, "end": &e.end} {
			if *at, err = time.ParseInLocation("2006-01-02T15:04:05.0000000", dig(o, key, "dateTime").(string), in); err != nil {
				r.t.Fatal(err)
			}
		}
		got[o["iCalUId"].(string)] = e.line()
	}
	want := r.wanted(box, from, to, true)
	for _, set := range []map[string]string{got, want} { // an hour that comes twice cannot be told apart on the wall
		for uid, line := range set {
			set[uid] = r.wall(line, loc)
		}
	}
	r.same(fmt.Sprint("view of ", box, " from ", from, " to ", to, " in ", zone.wire), got, want)
}

// wall rewrites the two instants of a line to wall clocks of a zone.
func (r *modelRun) wall(line string, loc *time.Location) string {
	if strings.Contains(line, "all day true") {
		return line
	}
	parts := strings.SplitN(line, " ", 3)
	for n := range 2 {
		at, err := time.Parse(modelTime, parts[n])
		if err != nil {
			r.t.Fatal(err)
		}
		parts[n] = at.In(loc).Format(time.DateTime)
	}
	return strings.Join(parts, " ")
}

// checkSchedule compares free/busy with the model: items and merged view.
func (r *modelRun) checkSchedule(box string) {
	rank := map[string]int{"free": 0, "workingElsewhere": 1, "tentative": 2, "busy": 3, "oof": 4}
	digits := map[string]byte{"free": '0', "workingElsewhere": '4', "tentative": '1', "busy": '2', "oof": '3'}
	from := r.base.Add(time.Duration(rapid.IntRange(0, 30*24*12).Draw(r.t, "from")) * 5 * time.Minute)
	length := time.Duration(rapid.SampledFrom([]int{60, 24 * 60, 10 * 24 * 60}).Draw(r.t, "minutes")) * time.Minute
	to := from.Add(length)
	slot := time.Duration(rapid.SampledFrom([]int{30, 5, 15, 60, 7}).Draw(r.t, "interval")) * time.Minute
	zone := rapid.SampledFrom([]string{"UTC", "India Standard Time"}).Draw(r.t, "zone")
	loc := time.UTC
	if zone != "UTC" {
		loc = time.FixedZone("", 5*3600+1800)
	}
	answer := r.ask(200, request{method: "POST", path: "/users/" + r.people[0] + "/calendar/getSchedule", body: object{
		"Schedules": []string{box}, "StartTime": wire(from.In(loc), zone), "EndTime": wire(to.In(loc), zone), "AvailabilityViewInterval": int(slot / time.Minute)}}).body
	var got, want []string
	for _, v := range dig(answer, "value", 0, "scheduleItems").([]any) {
		got = append(got, fmt.Sprint(dig(v, "start", "dateTime"), " ", dig(v, "end", "dateTime"), " ", dig(v, "status")))
	}
	view := make([]string, (length+slot-1)/slot)
	for n := range view {
		view[n] = "free"
	}
	for _, e := range r.w.calendar(box) {
		if e.cancelled || !within(e.start, e.end, from, to) {
			continue
		}
		stamp := "2006-01-02T15:04:05.0000000"
		want = append(want, fmt.Sprint(e.start.UTC().Format(stamp), " ", e.end.UTC().Format(stamp), " ", e.show))
		for n := range view {
			a := from.Add(time.Duration(n) * slot)
			if e.start.Before(a.Add(slot)) && e.end.After(a) && rank[e.show] > rank[view[n]] {
				view[n] = e.show
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Fatalf("free/busy of %s from %v to %v:\n has %v\nwant %v", box, from, to, got, want)
	}
	merged := make([]byte, len(view))
	for n, show := range view {
		merged[n] = digits[show]
	}
	if dig(answer, "value", 0, "availabilityView") != string(merged) {
		r.t.Fatalf("merged view of %s from %v by %v:\n has %v\nwant %s", box, from, slot, dig(answer, "value", 0, "availabilityView"), merged)
	}
}

// checkRooms holds what organisers know against what rooms have, and looks for
// rooms that took two meetings at one time.
func (r *modelRun) checkRooms(now etags) {
	from, to := r.base, r.base.AddDate(0, 0, 60)
	for _, room := range r.rooms {
		have := map[string]TruthEvent{}
		var last TruthEvent
		truth, _ := r.tenant.Truth(room, from, to)
		for _, e := range truth.Events {
			have[e.ICalUID] = e
			if e.Start < last.End && e.Start != e.End && e.ICalUID[40:] != last.ICalUID[40:] {
				r.t.Fatalf("%s has %s from %s to %s and %s from %s", room, last.Organizer, last.Start, last.End, e.Organizer, e.Start)
			}
			if e.End > last.End {
				last = e
			}
		}
		for _, e := range now {
			if !e.IsOrganizer {
				continue
			}
			for _, a := range e.Attendees {
				own, there := have[e.ICalUID]
				switch {
				case a.Mailbox != room:
				case (a.Response == "accepted" || a.Response == "tentativelyAccepted") != there:
					r.t.Fatalf("%s reads %q about %s for %q at %s, and the room has it: %v", e.Organizer, a.Response, room, e.Subject, e.Start, there)
				case there && (own.Start != e.Start || own.End != e.End || own.Response != a.Response):
					r.t.Fatalf("%s has %q from %s as %s, the organiser from %s as %s", room, e.Subject, own.Start, own.Response, e.Start, a.Response)
				}
			}
		}
	}
}

// checkAnswers compares what organisers read about answers to whole meetings.
func (r *modelRun) checkAnswers() {
	for _, m := range r.w.meetings {
		if m.gone {
			continue
		}
		got := r.ask(200, request{method: "GET", path: "/users/" + m.host + "/events/" + m.id + "?$select=attendees,iCalUId,isOrganizer"}).body
		for _, a := range got["attendees"].([]any) {
			if s := m.seats[dig(a, "emailAddress", "address").(string)]; s != nil && dig(a, "status", "response") != s.told {
				r.t.Fatalf("%s reads %v about %v for %q, want %s", m.host, dig(a, "status", "response"), dig(a, "emailAddress", "address"), m.subject, s.told)
			}
		}
	}
}
