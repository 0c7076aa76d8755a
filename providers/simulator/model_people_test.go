package simulator

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// cancel calls off a meeting or one date of it, by DELETE or by cancel.
func (r *modelRun) cancel() {
	box, e, ok := r.target(r.people, hosts)
	if !ok {
		return
	}
	m, path := e.m, "/users/"+box+"/events/"+e.m.id
	one := e.date != 0 && rapid.IntRange(0, 3).Draw(r.t, "one date") > 0
	if one {
		path = r.path(box, e, false)
	}
	r.t.Logf("%s cancels %q, one date: %v %d", box, m.subject, one, e.date)
	r.touched = m
	if rapid.Bool().Draw(r.t, "by DELETE") {
		r.ask(204, request{method: "DELETE", path: path})
	} else {
		r.ask(202, request{method: "POST", path: path + "/cancel", body: object{"comment": "sorry"}})
	}
	if !one {
		for _, s := range m.seats {
			m.withdraw(s)
		}
		m.gone = true
		return
	}
	for _, s := range m.seats {
		for _, have := range m.seated(s) {
			if have.date == e.date && !s.room && !s.cancelled {
				have.callOff()
				s.on(e.date).cancelled = &have
			}
		}
	}
	if m.dates[e.date] == nil {
		m.dates[e.date] = &modelDate{}
	}
	m.dates[e.date].cancelled = true
}

// changePeople takes somebody off a meeting, or puts somebody on.
func (r *modelRun) changePeople() {
	box, e, ok := r.target(r.people, hosts)
	if !ok {
		return
	}
	m := e.m
	other := rapid.SampledFrom(slices.DeleteFunc(r.boxes(), func(b string) bool { return b == m.host })).Draw(r.t, "who")
	room := slices.Contains(r.rooms, other)
	if room && (m.show == "free" || m.show == "workingElsewhere" || m.length > 4*time.Hour) {
		return
	}
	r.touched = m
	s, added := m.seats[other], false
	switch {
	case s == nil || s.cancelled:
		m.seats[other], added = &modelSeat{room: room}, true
	case s.room:
		delete(m.seats, other)
	default:
		m.withdraw(s)
		if !s.here {
			delete(m.seats, other) // had declined it: nothing is left
		}
	}
	r.t.Logf("%s: %s on %q: %v", box, other, m.subject, added)
	r.ask(200, request{method: "PATCH", path: "/users/" + box + "/events/" + m.id, body: object{"attendees": r.attendees(m)}})
	if added {
		r.w.ask(m, other, r.rules[other])
	}
}

// invited is a copy that an attendee can answer.
func (r *modelRun) invited(box string, e modelEntry) bool { return e.m.host != box }

// answer responds to a meeting, or to one date of a series.
func (r *modelRun) answer() {
	box, e, ok := r.target(r.people, r.invited)
	if !ok {
		return
	}
	m, s := e.m, e.m.seats[box]
	one := e.date != 0 && rapid.Bool().Draw(r.t, "one date")
	word := rapid.SampledFrom([]string{"accept", "tentativelyAccept", "decline"}).Draw(r.t, "answer")
	tell := rapid.Bool().Draw(r.t, "tell")
	path := r.path(box, e, !one)
	q := request{method: "POST", path: path + "/" + word, body: object{"sendResponse": tell}}
	if s.cancelled || one && e.cancelled {
		r.ask(400, q)
		return
	}
	r.t.Logf("%s %ss %q, one date: %v %d, tells: %v", box, word, m.subject, one, e.date, tell)
	r.touched = m
	r.ask(202, q)
	answer := map[string]string{"accept": "accepted", "tentativelyAccept": "tentativelyAccepted", "decline": "declined"}[word]
	switch {
	case one && word == "decline":
		s.on(e.date).gone = true
	case one:
		s.on(e.date).answer = answer
	default:
		s.answer, s.here = answer, word != "decline"
		for _, d := range s.dates { // moved dates that nobody answered yet
			if d.answer == "none" {
				d.answer = ""
			}
		}
		if tell {
			s.told = answer
		}
	}
}

// leave deletes a copy, or one date of it.
func (r *modelRun) leave() {
	box, e, ok := r.target(r.people, r.invited)
	if !ok {
		return
	}
	m, s := e.m, e.m.seats[box]
	one := e.date != 0 && rapid.Bool().Draw(r.t, "one date")
	r.t.Logf("%s deletes %q, one date: %v %d", box, m.subject, one, e.date)
	r.touched = m
	r.ask(204, request{method: "DELETE", path: r.path(box, e, !one)})
	switch {
	case !one:
		s.here = false
	case s.cancelled:
		s.frozen = slices.DeleteFunc(s.frozen, func(have modelEntry) bool { return have.uid == e.uid })
	default:
		s.on(e.date).gone = true
	}
}
