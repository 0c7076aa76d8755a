package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

const (
	// seriesWindow is how much time free/busy is asked for at once: the service
	// refuses more than 62 days.
	seriesWindow = 60 * 24 * time.Hour
	// explained is for how many declined dates other rooms are looked for.
	explained = 3
)

// wanted is a room at a time.
type wanted struct {
	room providers.Address
	span providers.Interval
}

// liveSpans asks the tenant for free/busy of rooms at times, in as few questions
// as it takes. It answers for each of them; the error is the first that kept some
// from being asked.
func (d *Desk) liveSpans(ctx context.Context, all []wanted) ([]providers.Availability, error) {
	answers := make([]providers.Availability, len(all))
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return all[a].span.Start.Compare(all[b].span.Start) })
	var failed error
	for len(order) > 0 {
		from := all[order[0]].span.Start
		n := 1
		to := all[order[0]].span.End
		for n < len(order) && all[order[n]].span.End.Sub(from) <= seriesWindow {
			to = laterOf(to, all[order[n]].span.End)
			n++
		}
		var rooms []providers.Address
		for _, i := range order[:n] {
			if !slices.Contains(rooms, all[i].room) {
				rooms = append(rooms, all[i].room)
			}
		}
		got, err := d.live(ctx, rooms, providers.Interval{Start: from, End: to})
		if err != nil && failed == nil {
			failed = err
		}
		for _, i := range order[:n] {
			answers[i] = got[all[i].room]
		}
		order = order[n:]
	}
	return answers, failed
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// dateRequest is a date of a series as if it were booked alone.
func dateRequest(b providers.Booking, line providers.BookingDate) providers.BookingRequest {
	q := b.Request
	q.Room, q.Start, q.End = line.Room, line.Span.Start, line.Span.End
	return q
}

// checkDates asks whether each date's room is free now, and says in the lines
// where not. The class is that of the weightiest reason, and why one sentence.
func (d *Desk) checkDates(ctx context.Context, b *providers.Booking) (class providers.Class, why string, err error) {
	var (
		asked []wanted
		lines []*providers.BookingDate
	)
	for i := range b.Series.Dates {
		if line := &b.Series.Dates[i]; line.Live() && line.Span.End.After(d.Now()) {
			asked, lines = append(asked, wanted{line.Room, line.Span}), append(lines, line)
		}
	}
	answers, err := d.liveSpans(ctx, asked)
	var first string
	bad := 0
	note := func(line *providers.BookingDate, c providers.Class, words string) {
		line.Reason, line.ReasonProof = words, providers.Proven
		if bad++; first == "" || class != providers.Conflict && c == providers.Conflict {
			class, first = c, dateWords(*b, *line)+": "+words
		}
	}
	for n, line := range lines {
		switch a := answers[n]; {
		case !believed(a):
			c, what := providers.Transient, "the service did not say"
			if a.Problem != nil {
				c, what = a.Problem.Class, a.Problem.What()
			}
			note(line, c, "it is not known whether the room is free: "+what)
		case !a.FreeFor(line.Span):
			note(line, providers.Conflict, takenWords(dateRequest(*b, *line), a))
		}
	}
	switch bad {
	case 0:
		return "", "", nil
	case 1:
		return class, first, err
	}
	return class, fmt.Sprintf("%d dates are not as planned any more; %s", bad, first), err
}

// dateWords names a date: "Tue 1 Dec".
func dateWords(b providers.Booking, line providers.BookingDate) string {
	zone, err := zoneOf(b.Request.Zone)
	if err != nil {
		zone = time.UTC
	}
	at := line.Span.Start
	if at.IsZero() {
		at = line.Wished.Start
	}
	return at.In(zone).Format("Mon 2 Jan")
}

// offerDates looks for other rooms on the first dates that have a reason against
// them, and for rooms that could take all of these dates.
func (d *Desk) offerDates(ctx context.Context, b *providers.Booking) {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	var against []*providers.BookingDate
	for i := range b.Series.Dates {
		line := &b.Series.Dates[i]
		line.Alternatives = nil
		refused := line.State == providers.BookingDeclined || line.State == providers.BookingQueued
		if refused && line.Reason != "" && line.Span.End.After(d.Now()) {
			against = append(against, line)
		}
	}
	b.Alternatives = nil
	if len(against) == 0 {
		return
	}
	for _, line := range against[:min(len(against), explained)] {
		room, err := d.room(ctx, line.Room)
		if err == nil {
			line.Alternatives, err = d.alternatives(ctx, dateRequest(*b, *line), room)
		}
		if err != nil {
			d.log.Warn("no other rooms can be offered", "booking", b.ID, "error", err)
			return
		}
	}
	all, err := d.roomsForAll(ctx, *b, against)
	if err != nil {
		d.log.Warn("no other rooms can be offered", "booking", b.ID, "error", err)
	}
	b.Alternatives = all
}

// roomsForAll finds rooms that are free on all of some dates.
func (d *Desk) roomsForAll(ctx context.Context, b providers.Booking, lines []*providers.BookingDate) ([]providers.Alternative, error) {
	if len(lines) == 1 {
		return lines[0].Alternatives, nil
	}
	rooms, err := d.Mirror.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	want, err := d.room(ctx, lines[0].Room)
	if err != nil {
		return nil, err
	}
	candidates := standIns(rooms, want)
	for _, line := range lines { // known to be taken on one of them: not asked
		known, err := d.Mirror.Availability(ctx, addresses(candidates), line.Span)
		if err != nil {
			break // worth a guess less
		}
		candidates = slices.DeleteFunc(candidates, func(r providers.Room) bool {
			a, ok := known[r.Mailbox]
			return ok && believed(a) && a.Window.Covers(line.Span) && !a.FreeFor(line.Span)
		})
	}
	if len(candidates) > perCall {
		candidates = candidates[:perCall]
	}
	var asked []wanted
	for _, room := range candidates {
		for _, line := range lines {
			asked = append(asked, wanted{room.Mailbox, line.Span})
		}
	}
	answers, err := d.liveSpans(ctx, asked)
	if err != nil {
		return nil, err
	}
	var found []providers.Alternative
	for n, room := range candidates {
		free := true
		for l, line := range lines {
			a := answers[n*len(lines)+l]
			free = free && believed(a) && a.FreeFor(line.Span)
		}
		if free && len(found) < offered {
			why := whyOffered(dateRequest(b, *lines[0]), want, room, providers.Availability{})
			why = "free on all " + plural(len(lines), "date") + strings.TrimPrefix(why, "free")
			found = append(found, providers.Alternative{Room: room.Mailbox, Name: providers.Outside(room.Title()), Place: room.Place(), Capacity: room.Capacity, Why: why})
		}
	}
	return found, nil
}
