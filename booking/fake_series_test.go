package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// mail counts the mails that a meeting of now sends. The lock is held.
func (t *tenant) mail(m *meeting) {
	for _, a := range m.event.Attendees {
		t.mails[a.Mailbox]++
	}
}

// patternDays are the days of a recurrence, by its definition: day after day is
// held against the pattern.
func patternDays(r providers.Recurrence) []time.Time {
	var days []time.Time
	weekOf := func(d time.Time) time.Time { return d.AddDate(0, 0, -((int(d.Weekday())-int(r.FirstDay))+7)%7) }
	for d := r.Start; !d.After(r.End); d = d.AddDate(0, 0, 1) {
		months := (d.Year()-r.Start.Year())*12 + int(d.Month()) - int(r.Start.Month())
		in := false
		switch r.Pattern {
		case providers.PatternDaily:
			in = int(d.Sub(r.Start).Hours()/24)%r.Interval == 0
		case providers.PatternWeekly:
			in = slices.Contains(r.Weekdays, d.Weekday()) && int(weekOf(d).Sub(weekOf(r.Start)).Hours()/24/7)%r.Interval == 0
		case providers.PatternAbsoluteMonthly:
			last := time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
			in = months%r.Interval == 0 && d.Day() == min(r.DayOfMonth, last)
		}
		if in {
			days = append(days, d)
		}
	}
	return days
}

// makeSeries makes a master, which takes no time itself, and a meeting for each of
// its dates. The lock is held.
func (t *tenant) makeSeries(draft providers.EventDraft) *meeting {
	r := *draft.Recurrence
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		panic(err)
	}
	room := draft.Room
	draft.Room = ""
	bare := func(d providers.EventDraft) *meeting {
		m := t.make(d)
		m.answer, m.place = providers.ResponsePending, ""
		m.event.Attendees = nil
		return m
	}
	master := bare(draft)
	master.event.Type, master.event.End = providers.SeriesMaster, master.event.Start
	local := draft.Start.In(zone)
	for _, day := range patternDays(r) {
		d := draft
		d.TransactionID = ""
		d.Start = time.Date(day.Year(), day.Month(), day.Day(), local.Hour(), local.Minute(), 0, 0, zone).UTC()
		d.End = d.Start.Add(draft.End.Sub(draft.Start))
		m := bare(d)
		m.event.Type, m.event.SeriesMasterID, m.event.ICalUID = providers.Occurrence, master.event.ID, master.event.ICalUID
	}
	if room != "" {
		all := []providers.Attendee{{Mailbox: room, Text: providers.Outside(string(room)), Name: draft.RoomName, Type: providers.Resource}}
		for _, a := range draft.Required {
			all = append(all, providers.Attendee{Mailbox: a, Text: providers.Outside(string(a)), Type: providers.Required})
		}
		t.inviteSeries(master, providers.EventChange{Attendees: all})
	}
	return master
}

// inviteSeries asks the room about all dates that the series has now. By the usual
// rule it takes all or none.
func (t *tenant) inviteSeries(master *meeting, change providers.EventChange) {
	master.event.Attendees = slices.Clone(change.Attendees)
	t.mail(master)
	room := change.Attendees[0].Mailbox
	var dates []*meeting
	clashes := 0
	for _, m := range t.meetings {
		if m.event.SeriesMasterID == master.event.ID && !m.event.Cancelled {
			dates = append(dates, m)
			if t.taken(room, providers.Interval{Start: m.event.Start, End: m.event.End}, m) {
				clashes++
			}
		}
	}
	for _, m := range dates {
		span := providers.Interval{Start: m.event.Start, End: m.event.End}
		answer := t.rooms[room].answer
		if answer == "" {
			answer = providers.ResponseAccepted
			if clashes > t.tolerates || t.taken(room, span, m) {
				answer = providers.ResponseDeclined
			}
		}
		if t.rooms[room].silent {
			answer = providers.ResponsePending
		}
		m.place, m.answer, m.answerAt = room, answer, t.now().Add(t.rooms[room].after)
		m.event.Attendees = slices.Clone(change.Attendees)
		for i := range m.event.Attendees {
			m.event.Attendees[i].Response = providers.ResponsePending
		}
		m.version++
		if m.event.Type == providers.Exception {
			t.mail(m)
		}
	}
	master.place, master.answer = "", providers.ResponsePending
}

func (t *tenant) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	after, before := t.meet(ctx, "delete", id)
	if before != nil {
		return before
	}
	t.mu.Lock()
	for _, m := range t.meetings {
		if m.event.ID == id && m.event.Mailbox == mailbox && !m.event.Cancelled {
			m.event.Cancelled = true
			t.mail(m)
			for _, date := range t.meetings {
				if date.event.SeriesMasterID == id {
					date.event.Cancelled = true
				}
			}
			t.mu.Unlock()
			return after()
		}
	}
	t.mu.Unlock()
	return &providers.Error{Class: providers.Gone, Status: 404}
}

func (t *tenant) FindSeries(ctx context.Context, mailbox providers.Address, tx string, start time.Time) (providers.Event, bool, error) {
	after, before := t.meet(ctx, "findseries", fmt.Sprint(tx, " ", start))
	if before != nil {
		return providers.Event{}, false, before
	}
	t.mu.Lock()
	event, ok := t.find(func(m *meeting) bool {
		return m.event.TransactionID == tx && m.event.Mailbox == mailbox && m.event.Type == providers.SeriesMaster && m.event.Start.Sub(start).Abs() < 24*time.Hour
	})
	t.mu.Unlock()
	return event, ok, after()
}

func (d dyingTenant) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	if !d.k.pass() {
		return errDead
	}
	err := d.tenant.DeleteEvent(context.WithoutCancel(ctx), mailbox, id)
	if !d.k.pass() {
		return errDead
	}
	return err
}

func (d dyingTenant) FindSeries(ctx context.Context, mailbox providers.Address, tx string, start time.Time) (providers.Event, bool, error) {
	if !d.k.pass() {
		return providers.Event{}, false, errDead
	}
	return d.tenant.FindSeries(ctx, mailbox, tx, start)
}
