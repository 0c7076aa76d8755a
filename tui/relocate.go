package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// whyNotRelocate says why a room's meetings cannot be moved from here.
func whyNotRelocate(m *Model, row *roomRow) string {
	if row == nil {
		return "no room is chosen"
	}
	return m.whyNotDo(providers.VerbRelocate, row.room.Mailbox)
}

// relocateForm asks for how long a room is out of order, and why, in one line.
type relocateForm struct {
	room    providers.Address
	title   string
	zone    *time.Location
	line    textField
	asking  bool
	refused string
}

func (m *Model) openRelocateForm(row *roomRow) tea.Cmd {
	f := &relocateForm{room: row.room.Mailbox, title: row.title, zone: m.zone}
	if z := m.zoneNamed(row.room.Zone); z != nil {
		f.zone = z
	}
	m.openDialog(f)
	return nil
}

func (f *relocateForm) scope() scope { return scopeOutOfOrder }

func (f *relocateForm) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if !f.asking && f.line.typed(k) {
		f.refused = ""
	}
	return nil
}

func (f *relocateForm) pasted(_ *Model, text string) tea.Cmd {
	if !f.asking && f.line.insert(text) {
		f.refused = ""
	}
	return nil
}

func (f *relocateForm) size(m *Model, w, _ int) (int, int) {
	w = min(76, w)
	return w, max(len(f.build(m, w).lines)+2, 11)
}

func (f *relocateForm) draw(m *Model, w, h int) ([]string, int, int) {
	return f.build(m, w).fitted(h, m.drawKeys(scopeOutOfOrder, onPanel, 0, w))
}

func (f *relocateForm) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	o.add(o.line().put(strong, f.title).put(dim, "  out of order"))
	o.blank()
	l := o.line().put(accentStrong, "▸ ").put(accent, "when, why").to(labelWidth)
	o.focusY, o.cy = len(o.lines), len(o.lines)
	ground, start := l.ground, l.width
	l.ground = onSpan
	at := f.line.draw(l, strong, max(min(w-labelWidth, 44), 8))
	if !f.asking {
		o.cx = start + at
	}
	l.style(plain)
	l.ground = ground
	o.add(l)
	period, reason, problem := m.ws.ReadPeriod(f.line.text(), f.zone)
	switch {
	case f.refused != "":
		o.blank()
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+f.refused)
		return o
	case f.line.empty():
		o.add(o.line().to(labelWidth).put(dim, "next week leak · tomorrow · mon to wed paint"))
	case problem != "":
		o.add(o.line().to(labelWidth).put(warn, clean(problem)))
	default:
		l := o.line().to(labelWidth).put(plain, daysWords(period, f.zone))
		if reason != "" {
			l.put(dim, " · because: ").put(plain, clean(reason))
		}
		if f.zone.String() != m.zone.String() {
			l.put(dim, " · "+f.zone.String())
		}
		o.add(l)
	}
	o.blank()
	if f.asking {
		o.pinned = len(o.lines)
		o.note(accent, "◌ asking the tenant for its meetings, their organisers and other rooms…")
	} else {
		o.note(dim, "Nothing is changed yet: every meeting is shown with the best other room first.")
	}
	return o
}

// daysWords writes whole days: "Mon 23 – Sun 29 Nov".
func daysWords(p providers.Interval, zone *time.Location) string {
	first, last := p.Start.In(zone), p.End.In(zone).Add(-time.Second)
	if first.YearDay() == last.YearDay() && first.Year() == last.Year() {
		return first.Format("Mon 2 Jan")
	}
	if first.Month() == last.Month() {
		return first.Format("Mon 2") + " – " + last.Format("Mon 2 Jan")
	}
	return first.Format("Mon 2 Jan") + " – " + last.Format("Mon 2 Jan")
}

// send asks the tenant for the plan.
func (f *relocateForm) send(m *Model) tea.Cmd {
	if f.asking {
		return nil
	}
	period, reason, problem := m.ws.ReadPeriod(f.line.text(), f.zone)
	if problem != "" {
		f.refused = clean(problem)
		return nil
	}
	f.asking, f.refused = true, ""
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		plan, err := ws.PlanRelocation(ctx, f.room, period, reason)
		return relocationPlanned{f, plan, err}
	})
}

type relocationPlanned struct {
	form *relocateForm
	plan providers.Relocation
	err  error
}

func (a relocationPlanned) apply(m *Model) tea.Cmd {
	a.form.asking = false
	if top, ok := topOf[*relocateForm](m); !ok || top != a.form {
		return nil // it was closed meanwhile
	}
	switch {
	case a.err != nil:
		a.form.refused = problemText(a.err)
	case len(a.plan.Steps) == 0:
		a.form.refused = a.form.title + " has no meetings then that would have to move"
	default:
		m.closeDialog()
		m.openDialog(&relocatePlan{r: a.plan, taken: make([]bool, len(a.plan.Steps)), title: a.form.title, zone: a.form.zone, list: scroll{n: len(a.plan.Steps), height: 1}})
	}
	return nil
}

// readRelocations reads the journal again.
func (m *Model) readRelocations() tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		all, err := ws.Relocations(ctx)
		return relocationsAnswer{all, err}
	})
}

type relocationsAnswer struct {
	all []providers.Relocation
	err error
}

func (a relocationsAnswer) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.state(m.now, "relocations read", "the journal of relocations could not be read: "+problemText(a.err), true)
		return nil
	}
	m.notices.over("relocations read")
	m.relocations = a.all
	for _, d := range m.dialogs {
		if v, ok := d.(*relocationView); ok {
			v.follow(a.all)
		}
	}
	return nil
}

// openRelocations shows the journal.
func (m *Model) openRelocations() tea.Cmd {
	m.openDialog(&relocationList{})
	return m.readRelocations()
}
