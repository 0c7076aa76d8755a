package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// ask is a request that lies with a further room of a meeting.
type ask struct {
	room     providers.Address
	answerAt time.Time
	answer   providers.Response
}

func (m *meeting) holdsOther(room providers.Address, now time.Time) bool {
	return slices.ContainsFunc(m.others, func(a *ask) bool {
		return a.room == room && a.answer == providers.ResponseAccepted && !now.Before(a.answerAt)
	})
}

func (m *meeting) seenOthers(attendees []providers.Attendee, now time.Time) {
	for i := range attendees {
		for _, a := range m.others {
			if attendees[i].Mailbox == a.room && !now.Before(a.answerAt) {
				attendees[i].Response, attendees[i].ResponseAt = a.answer, a.answerAt
			}
		}
	}
}

// hasRoom reports whether some room's calendar holds the meeting, at whatever
// time the room knows it to be.
func (m *meeting) hasRoom(now time.Time) bool {
	if now.Before(m.answerAt) {
		if m.held {
			return true
		}
	} else if m.answer == providers.ResponseAccepted {
		return true
	}
	return slices.ContainsFunc(m.others, func(a *ask) bool { return m.holdsOther(a.room, now) })
}

// checkRooms keeps the oracle "never a moment without a room". The lock is held.
func (t *tenant) checkRooms(op string) {
	now := t.now()
	for _, m := range t.meetings {
		has := m.hasRoom(now)
		if m.was && !has && !m.event.Cancelled {
			t.roomless = append(t.roomless, op)
		}
		m.was = m.was || has
	}
}

// decide is a room's answer to a meeting at a time.
func (t *tenant) decide(m *meeting, room providers.Address) (providers.Response, time.Time) {
	rule := t.rooms[room]
	answer := rule.answer
	if answer == "" {
		answer = providers.ResponseAccepted
		if t.taken(room, providers.Interval{Start: m.event.Start, End: m.event.End}, m) {
			answer = providers.ResponseDeclined
		}
	}
	if rule.silent {
		answer = providers.ResponsePending
	}
	return answer, t.now().Add(rule.after)
}

func (t *tenant) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	after, before := t.meet(ctx, "change", fmt.Sprint(id, " ", etag))
	if before != nil {
		return providers.Event{}, before
	}
	t.mu.Lock()
	i := slices.IndexFunc(t.meetings, func(m *meeting) bool { return m.event.ID == id && m.event.Mailbox == mailbox && !m.event.Cancelled })
	if i < 0 {
		t.mu.Unlock()
		return providers.Event{}, &providers.Error{Class: providers.Gone, Status: 404}
	}
	m := t.meetings[i]
	if etag != fmt.Sprint("W/", m.version) {
		t.mu.Unlock()
		return providers.Event{}, &providers.Error{Class: providers.Conflict, Status: 412, Code: "ErrorIrresolvableConflict"}
	}
	m.version++
	t.changes = append(t.changes, change)
	now := t.now()
	if m.event.Type == providers.SeriesMaster && change.Attendees != nil {
		t.inviteSeries(m, change)
		event := t.seen(m)
		t.mu.Unlock()
		return event, after()
	}
	if m.event.SeriesMasterID != "" && m.event.OriginalStart.IsZero() {
		m.event.OriginalStart, m.event.Type = m.event.Start, providers.Exception
	}
	moved := change.Start != nil || change.End != nil
	if change.Start != nil {
		m.event.Start = *change.Start
	}
	if change.End != nil {
		m.event.End = *change.End
	}
	if change.Location != nil {
		m.event.Location = *change.Location
	}
	if change.Attendees != nil {
		t.invite(m, change.Attendees)
	}
	if moved && m.place != "" {
		m.held = m.hasRoom(now)
		if t.stale && !now.Before(m.answerAt) {
			m.old, m.oldAt = m.answer, m.answerAt
		}
		m.answer, m.answerAt = t.decide(m, m.place)
		for n := range m.event.Attendees {
			m.event.Attendees[n].Response = providers.ResponsePending
		}
		for _, a := range m.others {
			a.answer, a.answerAt = t.decide(m, a.room)
		}
	}
	t.checkRooms("change")
	event := t.seen(m)
	t.mu.Unlock()
	return event, after()
}

// invite replaces the list of attendees; rooms that are new are asked.
func (t *tenant) invite(m *meeting, attendees []providers.Attendee) {
	invited := func(room providers.Address) bool {
		return slices.ContainsFunc(attendees, func(a providers.Attendee) bool { return a.Mailbox == room })
	}
	m.others = slices.DeleteFunc(m.others, func(a *ask) bool { return !invited(a.room) })
	if !invited(m.place) && len(m.others) > 0 { // the next becomes the one
		next := m.others[0]
		m.place, m.answer, m.answerAt, m.others = next.room, next.answer, next.answerAt, m.others[1:]
	}
	var rooms, people []providers.Attendee
	for _, a := range attendees {
		switch {
		case a.Type != providers.Resource:
			people = append(people, a)
		case a.Mailbox == m.place:
			rooms = append([]providers.Attendee{a}, rooms...)
		default:
			rooms = append(rooms, a)
			if !slices.ContainsFunc(m.others, func(o *ask) bool { return o.room == a.Mailbox }) {
				answer, at := t.decide(m, a.Mailbox)
				m.others = append(m.others, &ask{a.Mailbox, at, answer})
			}
		}
	}
	m.event.Attendees = append(rooms, people...)
}

func (t *tenant) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	after, before := t.meet(ctx, "dates", seriesID)
	if before != nil {
		return nil, before
	}
	t.mu.Lock()
	if slices.ContainsFunc(t.meetings, func(m *meeting) bool { return m.event.ID == seriesID && m.event.Cancelled }) {
		t.mu.Unlock()
		return nil, &providers.Error{Class: providers.Gone, Status: 404}
	}
	var dates []providers.Event
	for _, m := range t.meetings {
		if m.event.SeriesMasterID == seriesID && !m.event.Cancelled && window.Overlaps(providers.Interval{Start: m.event.Start, End: m.event.End}) {
			dates = append(dates, t.seen(m))
		}
	}
	t.mu.Unlock()
	return dates, after()
}

// series puts a daily series of n dates into the organizer's calendar: a master
// and one meeting for each date.
func (t *tenant) series(n int) (master *meeting, dates []*meeting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	start := t.now().Add(3 * time.Hour).Truncate(time.Hour)
	draft := providers.EventDraft{Organizer: alice, Room: aalto, RoomName: providers.Outside("Aalto"), Required: []providers.Address{bob}, Start: start, End: start.Add(time.Hour)}
	master = t.make(draft)
	master.event.Type = providers.SeriesMaster
	master.event.End = master.event.Start // takes no time itself
	for range n {
		m := t.make(draft)
		m.event.Type, m.event.SeriesMasterID, m.event.ICalUID = providers.Occurrence, master.event.ID, master.event.ICalUID
		dates = append(dates, m)
		draft.Start, draft.End = draft.Start.AddDate(0, 0, 1), draft.End.AddDate(0, 0, 1)
	}
	return master, dates
}
