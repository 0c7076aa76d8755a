package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// whyNotDate says why the date that the bar is on cannot be changed in that way by
// itself.
func (p *seriesProgress) whyNotDate(m *Model, kind providers.ChangeKind) string {
	date := p.chosen()
	if date == nil {
		return "no date is chosen"
	}
	if why := m.whyNotDo(providers.VerbChange, p.booking.Request.Organizer); why != "" {
		return why
	}
	open := date.Change.Open()
	switch {
	case p.asking:
		return "the tenant is being asked"
	case !date.Live() || date.State == providers.BookingCancelling:
		return "nothing is booked on this date: it is " + date.State.Words()
	case date.EventID == "":
		return "it is on its way; wait until it is known to be there"
	case kind == providers.ChangeUndo && !open && date.Change.State != providers.ChangeDone:
		return "there is no change to take back"
	case kind != providers.ChangeUndo && open:
		return "a change of it is under way: " + date.Change.Words()
	case !date.Span.End.After(m.now):
		return "it is over"
	case kind == providers.ChangeEnd && date.Span.Start.After(m.now):
		return "it has not begun: cancel it"
	}
	return ""
}

// changeDate takes the date that the bar is on as a booking of its own, and goes on
// with that as with a single meeting.
func (p *seriesProgress) changeDate(m *Model, kind providers.ChangeKind) tea.Cmd {
	p.asking = true
	ws, id, date := m.ws, p.id, p.list.at
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		booking, err := ws.DateBooking(ctx, id, date)
		return dateTakenOut{p, kind, booking, err}
	})
}

type dateTakenOut struct {
	progress *seriesProgress
	kind     providers.ChangeKind
	booking  providers.Booking
	err      error
}

func (a dateTakenOut) apply(m *Model) tea.Cmd {
	a.progress.asking = false
	if top, ok := topOf[*seriesProgress](m); !ok || top != a.progress {
		return nil // it was closed meanwhile
	}
	b := a.booking
	if a.err != nil {
		m.notices.add(m.now, "the date was not changed: "+problemText(a.err), true)
		return nil
	}
	if why := m.ws.WhyNotChange(b, a.kind, m.now); why != "" {
		m.notices.add(m.now, "the date was not changed: "+clean(why), true)
		return nil
	}
	switch a.kind {
	case providers.ChangeMove:
		m.openDialog(m.newMoveForm(b))
		return nil
	case providers.ChangeExtend:
		return m.planChange(&b, ChangeWish{Kind: a.kind, End: b.Request.End.Add(quarter)}, nil)
	case providers.ChangeEnd, providers.ChangeUndo:
	}
	return m.planChange(&b, ChangeWish{Kind: a.kind}, nil)
}

// dateKeys change the date that the bar is on.
func dateKeys(top func(m *Model) *seriesProgress) []binding {
	key := func(kind providers.ChangeKind, rank int, what, more string, keys ...string) binding {
		return binding{keys: keys, label: keys[0], what: what, more: more, rank: rank, why: func(m *Model) string {
			if p := top(m); p != nil {
				return p.whyNotDate(m, kind)
			}
			return "no series is shown"
		}, run: func(m *Model) tea.Cmd { return top(m).changeDate(m, kind) }}
	}
	return []binding{
		key(providers.ChangeExtend, 3, "longer", "this date alone: 15 minutes longer, or as far as its room is free", "+", "="),
		key(providers.ChangeMove, 4, "move", "this date alone: to another time or room", "m"),
		key(providers.ChangeEnd, 0, "end now", "this date alone: end the running meeting now, after a question", "x"),
		key(providers.ChangeUndo, 0, "undo", "put this date back to what it was before its latest change", "u"),
	}
}

// changeWords are what is under way with a date, or went wrong; "" where nothing is
// to be told.
func changeWords(c providers.BookingChange) (text string, look role) {
	words := map[providers.ChangeKind]string{providers.ChangeExtend: "extension", providers.ChangeEnd: "early end", providers.ChangeMove: "move", providers.ChangeUndo: "undo"}[c.Kind]
	switch {
	case c.Open():
		return words + ": " + c.Words(), accent
	case c.State == providers.ChangeUndone:
		return words + " declined", warn
	case c.State == providers.ChangeFailed:
		return words + " not done", warn
	}
	return "", plain
}
