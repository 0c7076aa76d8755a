package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// whyNotOffer says why the date that the bar is on cannot be taken.
func (p *seriesProgress) whyNotOffer() string {
	date := p.chosen()
	switch {
	case p.taking:
		return "it is being booked already"
	case date == nil:
		return "no date is chosen"
	case date.Offer() == "":
		return "dates are offered when the wished room is free after all"
	}
	return ""
}

// take books the wished room on a date on which it is free after all, by a meeting
// of its own. What is booked on the date already stays: nobody is ever without a
// room meanwhile.
func (p *seriesProgress) take(m *Model) tea.Cmd {
	date := p.chosen()
	r := p.booking.Request
	r.Room, r.Start, r.End, r.EvenIfBusy = date.WishedRoom, date.Wished.Start, date.Wished.End, false
	p.taking = true
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		booking, err := ws.Book(ctx, r)
		return dateTaken{p, booking, err}
	})
}

type dateTaken struct {
	progress *seriesProgress
	booking  providers.Booking
	err      error
}

func (a dateTaken) apply(m *Model) tea.Cmd {
	a.progress.taking = false
	if a.err != nil {
		m.notices.add(m.now, "the date was not taken: "+problemText(a.err), true)
		return nil
	}
	m.bookings.put(a.booking)
	m.notices.add(m.now, m.roomTitle(&a.booking)+" "+a.booking.Request.Start.In(m.zone).Format("Mon 2 Jan")+" "+span(request(a.booking), m.zone)+": "+a.booking.State.Words(), false)
	m.openDialog(&bookProgress{id: a.booking.ID, booking: a.booking})
	return m.readBookings()
}

func seriesBookedKeys() []binding {
	top := func(m *Model) *seriesProgress {
		p, _ := topOf[*seriesProgress](m)
		return p
	}
	booking := func(m *Model) *providers.Booking {
		if p := top(m); p != nil {
			return &p.booking
		}
		return nil
	}
	move := func(by int) func(m *Model) tea.Cmd {
		return then(func(m *Model) {
			if p := top(m); p != nil {
				p.list.move(by)
			}
		})
	}
	keys := []binding{
		{keys: []string{"down", "j"}, label: "↑ ↓", what: "dates", more: "the next date", rank: 1, run: move(1)},
		{keys: []string{"up", "k"}, label: "↑", what: "dates", more: "the date before", run: move(-1)},
		{keys: []string{"pgdown", "space"}, label: "pgdn", what: "page down", run: move(8)},
		{keys: []string{"pgup"}, label: "pgup", what: "page up", run: move(-8)},
		{keys: []string{"home"}, label: "home", what: "first date", run: move(-1 << 20)},
		{keys: []string{"end", "G"}, label: "end", what: "last date", run: move(1 << 20)},
		{keys: []string{"t"}, label: "t", what: "take", more: "book the wished room on a date on which it is free after all", rank: 2, why: func(m *Model) string {
			if p := top(m); p != nil {
				return p.whyNotOffer()
			}
			return "no series is shown"
		}, run: func(m *Model) tea.Cmd { return top(m).take(m) }},
		{keys: []string{"y"}, label: "y", what: "copy link", more: "copy the Teams link", rank: 6, why: func(m *Model) string { return whyNoLink(booking(m)) }, run: func(m *Model) tea.Cmd {
			return m.copyText(booking(m).JoinURL.String(), "Teams link")
		}},
		{keys: []string{"c"}, label: "c", what: "cancel", more: "cancel the date, that and the following, or the series; after a question", rank: 5, why: func(m *Model) string { return whyNotCancel(booking(m)) }, run: func(m *Model) tea.Cmd {
			m.openDialog(newCancelDate(*booking(m), top(m).list.at))
			return nil
		}},
		{keys: []string{"esc", "enter", "q"}, label: "esc", what: "close", more: "close; every date is kept in 3 Bookings", rank: 7, run: then(func(m *Model) {
			p := top(m)
			m.closeDialog()
			if p != nil && !p.booking.Settled() {
				m.notices.add(m.now, "the series goes on by itself: see 3 Bookings", false)
			}
		})},
	}
	keys = append(keys[:len(keys)-1:len(keys)-1], append(dateKeys(top), keys[len(keys)-1])...)
	for i := range keys {
		keys[i].scope = scopeSeriesBooked
	}
	return keys
}
