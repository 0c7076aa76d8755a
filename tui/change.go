package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// whyNotChange says why a booking cannot be changed in that way now.
func (m *Model) whyNotChange(b *providers.Booking, kind providers.ChangeKind) string {
	switch {
	case b == nil:
		return "no booking is chosen"
	case m.whyNotDo(providers.VerbChange, b.Request.Organizer) != "":
		return m.whyNotDo(providers.VerbChange, b.Request.Organizer)
	case b.Series != nil:
		return "it is a series: enter shows its dates"
	}
	return m.ws.WhyNotChange(*b, kind, m.now)
}

// changeKeys are the keys that change a booking, for the list of bookings and for
// the details of one.
func changeKeys(s scope, rank int, chosen func(m *Model) *providers.Booking) []binding {
	why := func(kind providers.ChangeKind) func(m *Model) string {
		return func(m *Model) string { return m.whyNotChange(chosen(m), kind) }
	}
	keys := []binding{
		{keys: []string{"+", "="}, label: "+", what: "longer", more: "15 minutes longer, or as far as the room is free", rank: rank, why: why(providers.ChangeExtend), run: func(m *Model) tea.Cmd {
			b := chosen(m)
			return m.planChange(b, ChangeWish{Kind: providers.ChangeExtend, End: b.Request.End.Add(quarter)}, nil)
		}},
		{keys: []string{"x"}, label: "x", what: "end now", more: "end the running meeting now, after a question", rank: rank + 1, why: why(providers.ChangeEnd), run: func(m *Model) tea.Cmd {
			return m.planChange(chosen(m), ChangeWish{Kind: providers.ChangeEnd}, nil)
		}},
		{keys: []string{"m"}, label: "m", what: "move", more: "move to another time or room", rank: rank + 2, why: why(providers.ChangeMove), run: func(m *Model) tea.Cmd {
			m.openDialog(m.newMoveForm(*chosen(m)))
			return nil
		}},
		{keys: []string{"u"}, label: "u", what: "undo", more: "put it back to what it was before the latest change", why: why(providers.ChangeUndo), run: func(m *Model) tea.Cmd {
			return m.planChange(chosen(m), ChangeWish{Kind: providers.ChangeUndo}, nil)
		}},
		{keys: []string{"c"}, label: "c", what: "cancel", more: "cancel: the meeting, or of a series one date, the following too, or all; after a question", rank: rank + 3, why: func(m *Model) string { return m.whyNotCancel(chosen(m)) }, run: func(m *Model) tea.Cmd {
			m.openDialog(newCancelDialog(*chosen(m)))
			return nil
		}},
	}
	for i := range keys {
		keys[i].scope = s
	}
	return keys
}

// planChange asks the tenant what a change would do; the answer is a question, the
// change itself, or why not. A move comes from its form.
func (m *Model) planChange(b *providers.Booking, wish ChangeWish, form *moveForm) tea.Cmd {
	ws, id, title := m.ws, b.ID, m.roomTitle(b)
	if form == nil {
		m.notices.add(m.now, "asking the tenant about "+title+"…", false)
	}
	open := b.Change.Open() && wish.Kind == providers.ChangeUndo
	was := b.Change
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		if open { // taking back what the room has not answered: nothing to be asked
			return planAnswer{id: id, title: title, wish: wish, plan: ChangePlan{Was: was.Wanted, Wanted: was.Was, Free: true, Mails: was.Mails}}
		}
		plan, err := ws.PlanChange(ctx, id, wish)
		return planAnswer{id: id, title: title, wish: wish, plan: plan, err: err, form: form}
	})
}

type planAnswer struct {
	id, title string
	wish      ChangeWish
	plan      ChangePlan
	err       error
	form      *moveForm
}

func (a planAnswer) apply(m *Model) tea.Cmd {
	p := a.plan
	if a.form != nil {
		a.form.asking = false
		if top, ok := topOf[*moveForm](m); !ok || top != a.form {
			return nil // it was closed meanwhile
		}
	}
	if !p.Free {
		why := p.Why
		if why == "" && a.err != nil {
			why = problemText(a.err)
		}
		if a.form != nil {
			a.form.refused, a.form.alternatives, a.form.insist = clean(why), p.Alternatives, nil
			if p.MayInsist && a.err == nil {
				a.form.insist = &a
			}
			return nil
		}
		if a.wish.Kind == providers.ChangeExtend && p.Until.After(p.Was.End) {
			return m.offerGap(a)
		}
		m.notices.add(m.now, a.title+" was not changed: "+clean(why), true)
		return nil
	}
	people := 0
	for _, n := range p.Mails {
		if !n.Room {
			people++
		}
	}
	if a.wish.Kind == providers.ChangeExtend && people == 0 && len(p.Warnings) == 0 {
		return m.change(a.id, a.wish, nil)
	}
	m.askChange(a, "")
	return nil
}

// offerGap offers to extend as far as the room is free.
func (m *Model) offerGap(a planAnswer) tea.Cmd {
	a.wish.End, a.plan.Wanted.End = a.plan.Until, a.plan.Until
	m.askChange(a, "The room is taken from "+a.plan.Until.In(m.zone).Format("15:04")+" on.")
	return nil
}

// askChange asks before people get mail. What can be taken back has the focus on
// yes, so that enter does it.
func (m *Model) askChange(a planAnswer, first string) {
	p := a.plan
	title, yes := "", ""
	switch a.wish.Kind {
	case providers.ChangeExtend:
		title, yes = "Extend to "+p.Wanted.End.In(m.zone).Format("15:04")+"?", "extend"
	case providers.ChangeEnd:
		title, yes = "End it now?", "end it"
	case providers.ChangeUndo:
		title, yes = "Put it back?", "put it back"
	default:
		title, yes = "Move it?", "move it"
	}
	text := []string{m.slotWords(p.Was) + " becomes " + m.slotWords(p.Wanted) + "."}
	if first != "" {
		text = append([]string{first}, text...)
	}
	text = append(text, m.mailWords(p.Mails))
	for _, w := range p.Warnings {
		text = append(text, "! "+clean(w))
	}
	if p.NoUndo != "" {
		text = append(text, clean(p.NoUndo))
	}
	wish, form := a.wish, a.form
	m.openDialog(&question{
		title: title, text: text, no: "leave it", yes: yes, onYes: p.NoUndo == "",
		do: func(m *Model) tea.Cmd { return m.change(a.id, wish, form) },
	})
}

func (m *Model) slotWords(s providers.Slot) string {
	title := shown(s.RoomName, string(s.Room))
	if i, ok := m.rooms.data.find[s.Room]; ok {
		title = m.rooms.data.rows[i].title
	}
	return title + ", " + s.Start.In(m.zone).Format("Mon 2 Jan") + " " + span(s.Span(), m.zone)
}

// mailWords names who gets mail, by cause.
func (m *Model) mailWords(mails []providers.Notice) string {
	var causes []string
	by := map[string][]providers.Address{}
	for _, n := range mails {
		if _, known := by[n.Cause]; !known {
			causes = append(causes, n.Cause)
		}
		by[n.Cause] = append(by[n.Cause], n.Mailbox)
	}
	if len(causes) == 0 {
		return "Nobody gets mail."
	}
	text := itoa(len(mails)) + " get mail: "
	if len(mails) == 1 {
		text = "1 gets mail: "
	}
	for i, cause := range causes {
		if i > 0 {
			text += "; "
		}
		text += m.mailboxes(by[cause]) + " (" + clean(cause) + ")"
	}
	return text + "."
}

// mailboxes names rooms and people.
func (m *Model) mailboxes(all []providers.Address) string {
	text := ""
	for i, mailbox := range all {
		if i > 0 {
			text += ", "
		}
		if i == 8 && len(all) > 10 {
			return text + itoa(len(all)-i) + " more"
		}
		if row, ok := m.rooms.data.find[mailbox]; ok {
			text += "the room " + m.rooms.data.rows[row].title
		} else {
			text += m.people.nameOf(mailbox)
		}
	}
	return text
}

// change stores a change and sends it.
func (m *Model) change(id string, wish ChangeWish, form *moveForm) tea.Cmd {
	ws := m.ws
	if top, ok := topOf[*moveForm](m); ok && top == form {
		m.closeDialog()
	}
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		booking, err := ws.Change(ctx, id, wish)
		return changeAnswer{booking, err}
	})
}

type changeAnswer struct {
	booking providers.Booking
	err     error
}

func (a changeAnswer) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, "it was not changed: "+problemText(a.err), true)
		return m.readBookings()
	}
	m.bookings.put(a.booking)
	if top, ok := topOf[*bookProgress](m); ok && top.id == a.booking.ID {
		top.booking = a.booking
	} else {
		m.openDialog(&bookProgress{id: a.booking.ID, booking: a.booking})
	}
	return m.readBookings()
}

// changeStep is the line of a change in the details of a booking.
func changeStep(b *providers.Booking, clock func(time.Time) string) (step, bool) {
	c := &b.Change
	words := map[providers.ChangeKind]string{providers.ChangeExtend: "extension", providers.ChangeEnd: "early end", providers.ChangeMove: "move", providers.ChangeUndo: "undo"}[c.Kind]
	switch {
	case c.Kind == "":
		return step{}, false
	case c.State == providers.ChangeDone:
		return step{"●", good, words + ": done", clock(c.Ended), false}, true
	case c.State == providers.ChangeUndone:
		return step{"✗", badStrong, words + ": " + c.Words(), clock(c.Ended), false}, true
	case c.State == providers.ChangeFailed:
		return step{"✗", bad, words + ": " + c.Words(), clock(c.Ended), false}, true
	}
	return step{"◌", held, words + ": " + c.Words(), clock(c.Asked), false}, true
}

// drawChange says what a change was, and why it went as it did.
func drawChange(o *formLines, b *providers.Booking) {
	c := &b.Change
	if c.Kind == "" {
		return
	}
	o.note(dim, o.m.slotWords(c.Was)+" → "+o.m.slotWords(c.Wanted))
	if reason := clean(c.Reason); reason != "" {
		o.note(warn, reason)
	}
	if c.State == providers.ChangeUndone && len(c.Alternatives) > 0 {
		o.add(o.line().put(dim, "free then"))
		for i, a := range c.Alternatives {
			if i == 3 {
				break
			}
			l := o.line().to(labelWidth).put(plain, cut(shown(a.Name, string(a.Room)), 24))
			for _, text := range []string{a.Place, a.Why} {
				if text = clean(text); text != "" {
					l.put(dim, " · "+text)
				}
			}
			o.add(l)
		}
		o.note(dim, "m moves it to one of them.")
	}
}
