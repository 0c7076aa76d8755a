package providertest

import (
	"context"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
)

func (p *fake) find(mailbox providers.Address, id string) *item {
	for _, it := range p.items {
		if it.Mailbox == mailbox && it.ID == id && !it.removed {
			return it
		}
	}
	return nil
}

func (p *fake) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	if err := p.enter(ctx, "event", CalendarsPermission, mailbox); err != nil {
		return providers.Event{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.find(mailbox, id)
	if it == nil && p.flaw == "gone is empty" {
		return providers.Event{}, nil
	}
	if it == nil {
		return providers.Event{}, fail(providers.Gone, "event")
	}
	return it.Event, nil
}

func (p *fake) FindEvent(ctx context.Context, mailbox providers.Address, transaction string, _ providers.Interval) (providers.Event, bool, error) {
	if err := p.enter(ctx, "find", CalendarsPermission, mailbox); err != nil {
		return providers.Event{}, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, it := range p.items {
		if it.Mailbox == mailbox && it.TransactionID == transaction && !it.removed {
			return it.Event, true, nil
		}
	}
	return providers.Event{}, false, nil
}

func (p *fake) CreateEvent(ctx context.Context, d providers.EventDraft) (providers.Event, error) {
	if err := p.enter(ctx, "create", CalendarsPermission, d.Organizer); err != nil {
		return providers.Event{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, it := range p.items {
		if it.TransactionID == d.TransactionID && p.flaw != "creates twice" {
			return it.Event, nil
		}
	}
	var made *item
	if d.Recurrence != nil {
		made = p.makeSeries(d)
	} else {
		made = p.make(d)
	}
	if p.trouble[LostAnswer] == d.Organizer {
		return providers.Event{}, fail(providers.Transient, "create")
	}
	return made.Event, nil
}

// make makes one meeting with its copies.
func (p *fake) make(d providers.EventDraft) *item {
	e := providers.Event{Mailbox: d.Organizer, Type: providers.SingleInstance, Subject: d.Subject, Start: d.Start.UTC(), End: d.End.UTC(),
		ShowAs: providers.ShowBusy, Private: d.Private, TransactionID: d.TransactionID, Organizer: d.Organizer, IsOrganizer: true}
	if p.flaw == "an hour off" {
		e.Start, e.End = e.Start.Add(time.Hour), e.End.Add(time.Hour)
	}
	if d.Teams && (d.Organizer != p.people[4] || p.flaw == "invents Teams") {
		e.OnlineMeeting, e.JoinURL = true, providers.Outside("https://teams.microsoft.com/l/x")
	}
	for _, mailbox := range slices.Concat(d.Required, d.Optional) {
		e.Attendees = append(e.Attendees, providers.Attendee{Mailbox: mailbox, Type: providers.Required})
	}
	if d.Room != "" {
		answer := providers.ResponseAccepted
		for _, it := range p.items {
			if it.Mailbox == d.Room && !it.removed && it.Overlaps(providers.Interval{Start: e.Start, End: e.End}) && p.flaw != "accepts everything" {
				answer = providers.ResponseDeclined
			}
		}
		e.Attendees = append(e.Attendees, providers.Attendee{Mailbox: d.Room, Type: providers.Resource, Response: answer})
		e.ICalUID = "meeting" + d.TransactionID
		if answer == providers.ResponseAccepted && p.flaw != "room has no copy" {
			copied := e
			copied.Mailbox, copied.IsOrganizer, copied.TransactionID = d.Room, false, ""
			p.add(copied)
		}
	}
	return p.add(e)
}

func (p *fake) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	if err := p.enter(ctx, "change", CalendarsPermission, mailbox); err != nil {
		return providers.Event{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.find(mailbox, id)
	switch {
	case it == nil:
		return providers.Event{}, fail(providers.Gone, "change")
	case etag != "" && etag != it.ETag && p.flaw != "ignores etags":
		return providers.Event{}, fail(providers.Conflict, "change")
	}
	if change.Subject != nil {
		it.Subject = *change.Subject
	}
	p.move(it, change)
	p.version++
	it.touch(p.version)
	return it.Event, nil
}

// move brings time and attendees of a change to the meeting and to its rooms.
func (p *fake) move(it *item, change providers.EventChange) {
	if change.Start != nil {
		it.Start = *change.Start
	}
	if change.End != nil {
		it.End = *change.End
	}
	for _, copied := range p.items {
		if copied == it || copied.ICalUID != it.ICalUID || copied.removed {
			continue
		}
		if p.flaw != "rooms stay where they were" {
			copied.Start, copied.End = it.Start, it.End
		}
		gone := !slices.ContainsFunc(change.Attendees, func(a providers.Attendee) bool { return a.Mailbox == copied.Mailbox })
		copied.removed = change.Attendees != nil && gone && p.flaw != "rooms are kept"
	}
	if change.Attendees != nil {
		it.Attendees = slices.Clone(change.Attendees)
		if it.SeriesMasterID != "" { // the room of one date answers at once
			for i := range it.Attendees {
				it.Attendees[i].Response = providers.ResponseAccepted
			}
		}
	}
	if change.Attendees != nil && it.SeriesMasterID != "" && p.flaw == "all dates change" {
		for _, other := range p.items {
			if other.SeriesMasterID == it.SeriesMasterID {
				other.Attendees = it.Attendees
			}
		}
	}
}

func (p *fake) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	if err := p.enter(ctx, "dates", CalendarsPermission, mailbox); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.find(mailbox, seriesID) == nil && p.flaw != "no dates for no series" {
		return nil, fail(providers.Gone, "dates")
	}
	var dates []providers.Event
	for _, it := range p.items {
		if it.SeriesMasterID == seriesID && !it.removed && it.Overlaps(window) {
			dates = append(dates, it.Event)
		}
	}
	slices.SortFunc(dates, func(a, b providers.Event) int { return a.Start.Compare(b.Start) })
	if p.flaw == "forgets a date" {
		dates = dates[1:]
	}
	return dates, nil
}

func (p *fake) CancelEvent(ctx context.Context, mailbox providers.Address, id, _ string) error {
	if err := p.enter(ctx, "cancel", CalendarsPermission, mailbox); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	it := p.find(mailbox, id)
	switch {
	case it == nil && p.flaw == "second cancel fails":
		return fail(providers.Gone, "cancel")
	case it == nil:
		return nil
	case !it.IsOrganizer && p.flaw != "anybody cancels":
		return fail(providers.Permanent, "cancel")
	}
	p.version++
	uids := map[string]bool{it.ICalUID: true}
	for _, date := range p.items {
		if date.SeriesMasterID == id {
			uids[date.ICalUID] = true
		}
	}
	for _, copied := range p.items {
		if uids[copied.ICalUID] && !(p.flaw == "room stays taken" && copied != it) {
			copied.removed = true
			copied.touch(p.version)
		}
	}
	return nil
}

func (p *fake) truth(_ context.Context, mailbox providers.Address, window providers.Interval) ([]Fact, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Fact
	for _, it := range p.items {
		if it.Mailbox == mailbox && !it.removed && it.Type != providers.SeriesMaster && it.Overlaps(window) {
			uid := strings.Clone(it.ICalUID)
			out = append(out, Fact{ICalUID: uid, Start: it.Start, End: it.End, ShowAs: it.ShowAs})
		}
	}
	return out, nil
}
