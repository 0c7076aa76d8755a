package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// cancelDialog asks how much is cancelled, with a comment for those invited. The
// safe choice has the focus.
type cancelDialog struct {
	booking providers.Booking
	date    int                     // of a series that was booked here: what following dates follow
	scopes  []providers.CancelScope // "" keeps it
	at      int
	comment textField
	writing bool // the comment has the focus
	asking  bool
	refused string
}

func newCancelDialog(b providers.Booking) *cancelDialog {
	d := &cancelDialog{booking: b, scopes: []providers.CancelScope{"", providers.CancelOne}}
	switch {
	case b.Series != nil:
		d.scopes = []providers.CancelScope{"", providers.CancelAll}
	case b.SeriesID != "" && b.SeriesID == b.EventID:
		d.scopes = []providers.CancelScope{"", providers.CancelAll}
	case b.SeriesID != "":
		d.scopes = append(d.scopes, providers.CancelFollowing, providers.CancelAll)
	}
	return d
}

// newCancelDate asks about one date of a series that was booked here.
func newCancelDate(b providers.Booking, date int) *cancelDialog {
	d := newCancelDialog(b)
	d.date = date
	line := &b.Series.Dates[date]
	if line.Live() && line.State != providers.BookingCancelling {
		d.scopes = []providers.CancelScope{"", providers.CancelOne, providers.CancelFollowing, providers.CancelAll}
		d.booking.Request.Start, d.booking.Request.End, d.booking.Request.Room, d.booking.RoomName = line.Span.Start, line.Span.End, line.Room, line.RoomName
	}
	return d
}

func (d *cancelDialog) scope() scope { return scopeCancel }

func (d *cancelDialog) words(s providers.CancelScope) string {
	switch {
	case s == "":
		return "keep it"
	case s == providers.CancelFollowing:
		return "cancel this and all following dates"
	case s == providers.CancelAll && (d.booking.Series != nil || d.booking.SeriesID != ""):
		return "cancel the whole series"
	case d.booking.Series != nil, d.booking.SeriesID != "":
		return "cancel this date only"
	}
	return "cancel the meeting"
}

func (d *cancelDialog) size(m *Model, w, _ int) (int, int) {
	w = min(72, w)
	return w, len(d.build(m, w).lines) + 2
}

func (d *cancelDialog) draw(m *Model, w, h int) ([]string, int, int) {
	return d.build(m, w).fitted(h, m.drawKeys(scopeCancel, onPanel, 0, w))
}

func (d *cancelDialog) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	b := d.booking
	when := request(b)
	o.add(o.line().put(strong, "Cancel “"+cut(shown(b.Request.Subject, "Meeting"), 40)+"”?"))
	o.blank()
	text := func(r role, s string) {
		for _, s := range wrap(s, w) {
			o.add(o.line().put(r, s))
		}
	}
	text(plain, m.roomTitle(&b)+", "+when.Start.In(m.zone).Format("Mon 2 Jan")+" "+span(when, m.zone)+", booked for "+m.people.nameOf(b.Request.Organizer)+".")
	mail := append(append([]providers.Address(nil), b.Request.Required...), b.Request.Optional...)
	if names := m.names(mail); names != "" {
		text(plain, "These get a cancellation by mail: the room "+m.roomTitle(&b)+", "+names+".")
	} else {
		text(plain, "The room "+m.roomTitle(&b)+" gets a cancellation by mail.")
	}
	text(dim, "It cannot be taken back.")
	o.blank()
	for i, s := range d.scopes {
		l := o.line()
		switch {
		case i == d.at && !d.writing:
			o.focusY = len(o.lines)
			l.put(chip, "▸ "+d.words(s)+" ")
		case s == "":
			l.put(plain, "  "+d.words(s))
		default:
			l.put(plain, "  ").put(bad, d.words(s))
		}
		o.add(l)
	}
	l := o.line().put(dim, "  comment")
	if d.writing {
		l = o.line().put(accentStrong, "▸ ").put(accent, "comment")
		o.focusY = len(o.lines)
	}
	l.to(labelWidth)
	ground, look, width := l.ground, plain, max(w-labelWidth-2, 8)
	if d.writing {
		l.ground, look = onSpan, strong
		o.cy = len(o.lines)
	}
	if d.comment.empty() && !d.writing {
		l.fit(faint, "none", width)
	} else {
		start := l.width
		at := d.comment.draw(l, look, width)
		if d.writing {
			o.cx = start + at
		}
	}
	l.style(plain)
	l.ground = ground
	o.add(l)
	switch {
	case d.refused != "":
		o.blank()
		text(bad, "✗ "+d.refused)
	case d.asking:
		o.blank()
		text(accent, "◌ asking the tenant which dates follow…")
	}
	return o
}

func (d *cancelDialog) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if d.writing {
		d.comment.typed(k)
	}
	return nil
}

func (d *cancelDialog) pasted(_ *Model, text string) tea.Cmd {
	d.writing = true
	d.comment.insert(text)
	return nil
}

func (d *cancelDialog) move(by int) {
	if d.writing {
		d.writing = false
		return
	}
	d.at = max(min(d.at+by, len(d.scopes)-1), 0)
}

// choose takes the choice that has the focus.
func (d *cancelDialog) choose(m *Model) tea.Cmd {
	if d.writing {
		d.writing = false
		return nil
	}
	if d.asking {
		return nil
	}
	s := d.scopes[d.at]
	switch s {
	case "":
		m.closeDialog()
		return nil
	case providers.CancelFollowing:
		d.asking, d.refused = true, ""
		ws, id, date, ours := m.ws, d.booking.ID, d.date, d.booking.Series != nil
		return m.ask(networkTime, func(ctx context.Context) tea.Msg {
			if ours {
				plan, err := ws.PlanCancelDate(ctx, id, date, s)
				return cancelPlanAnswer{d, plan, err}
			}
			plan, err := ws.PlanCancel(ctx, id, s)
			return cancelPlanAnswer{d, plan, err}
		})
	}
	m.closeDialog()
	return m.cancelScope(d.booking, d.date, s, d.comment.text())
}

type cancelPlanAnswer struct {
	dialog *cancelDialog
	plan   CancelPlan
	err    error
}

// apply asks once more with the dates counted, because each has a mail of its own.
func (a cancelPlanAnswer) apply(m *Model) tea.Cmd {
	d := a.dialog
	d.asking = false
	if top, ok := topOf[*cancelDialog](m); !ok || top != d {
		return nil
	}
	if a.plan.Why != "" || a.err != nil {
		d.refused = clean(a.plan.Why)
		if d.refused == "" {
			d.refused = problemText(a.err)
		}
		return nil
	}
	m.closeDialog()
	first, last := a.plan.Dates[0], a.plan.Dates[len(a.plan.Dates)-1]
	n := itoa(len(a.plan.Dates))
	m.openDialog(&question{
		title: "Cancel " + n + " dates?",
		text: []string{
			"From " + first.Start.In(m.zone).Format("Mon 2 Jan") + " to " + last.Start.In(m.zone).Format("Mon 2 Jan 2006") + ".",
			m.mailWords(a.plan.Mails), clean(a.plan.NoUndo),
		},
		no: "keep them", yes: "cancel " + n + " dates",
		do: func(m *Model) tea.Cmd {
			return m.cancelScope(d.booking, d.date, providers.CancelFollowing, d.comment.text())
		},
	})
	return nil
}

func (m *Model) cancelScope(b providers.Booking, date int, s providers.CancelScope, comment string) tea.Cmd {
	ws := m.ws
	m.notices.add(m.now, "cancelling…", false)
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		if b.Series != nil {
			booking, err := ws.CancelDate(ctx, b.ID, date, s, comment)
			return cancelAnswer{booking, err}
		}
		booking, err := ws.CancelScope(ctx, b.ID, s, comment)
		return cancelAnswer{booking, err}
	})
}

func cancelKeys() []binding {
	with := func(do func(m *Model, d *cancelDialog) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if d, ok := topOf[*cancelDialog](m); ok {
				return do(m, d)
			}
			return nil
		}
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "choose", more: "take the choice that has the focus; in the comment: back to the choices", rank: 1, run: with(func(m *Model, d *cancelDialog) tea.Cmd { return d.choose(m) })},
		{keys: []string{"down"}, label: "↑ ↓", what: "choice", more: "the next choice", rank: 2, run: with(func(_ *Model, d *cancelDialog) tea.Cmd { d.move(1); return nil })},
		{keys: []string{"up"}, label: "↑", what: "choice", more: "the choice before", run: with(func(_ *Model, d *cancelDialog) tea.Cmd { d.move(-1); return nil })},
		{keys: []string{"tab", "shift+tab"}, label: "tab", what: "comment", more: "write a comment for those invited, or back to the choices", rank: 3, run: with(func(_ *Model, d *cancelDialog) tea.Cmd {
			d.writing = !d.writing
			return nil
		})},
		{keys: []string{"esc"}, label: "esc", what: "keep it", rank: 4, run: then((*Model).closeDialog)},
	}
	for i := range keys {
		keys[i].scope = scopeCancel
	}
	return keys
}
