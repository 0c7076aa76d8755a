package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// parityView is in what the two sides of a mailbox differ, side by side.
type parityView struct {
	box     providers.MailboxMove
	from    string // names of the sides
	to      string
	entries []providers.ParityEntry
	read    bool
	err     error
	list    scroll
}

func (p *parityView) scope() scope                          { return scopeParity }
func (p *parityView) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (p *parityView) pasted(*Model, string) tea.Cmd         { return nil }
func (p *parityView) size(_ *Model, w, h int) (int, int)    { return min(w, 120), h }

// whyNotParity says why there is nothing to see of the chosen mailbox.
func (v *migrationView) whyNotParity(m *Model) string {
	switch b := v.box(m); {
	case b == nil:
		return "no mailbox is chosen"
	case b.State == providers.MovePlanned:
		return "it was not compared yet"
	}
	return ""
}

// openParity reads in what the chosen mailbox's sides differ.
func (v *migrationView) openParity(m *Model) tea.Cmd {
	s := &m.migration.m
	p := &parityView{box: *v.box(m), from: clean(s.From) + " " + providerWords(s.FromProvider), to: clean(s.To) + " " + providerWords(s.ToProvider)}
	m.openDialog(p)
	ws, mailbox := m.ws, p.box.Mailbox
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		entries, err := ws.ParityEntries(ctx, mailbox)
		return parityAnswer{p, slices.Clone(entries), err}
	})
}

type parityAnswer struct {
	view    *parityView
	entries []providers.ParityEntry
	err     error
}

func (a parityAnswer) apply(*Model) tea.Cmd {
	slices.SortStableFunc(a.entries, func(x, y providers.ParityEntry) int {
		if order := parityOrder(x.Kind) - parityOrder(y.Kind); order != 0 {
			return order
		}
		return x.Start.Compare(y.Start)
	})
	a.view.entries, a.view.err, a.view.read = a.entries, a.err, true
	return nil
}

// parityOrder brings what does harm before what does not.
func parityOrder(k providers.ParityKind) int {
	return slices.Index([]providers.ParityKind{providers.ParityMissing, providers.ParityExtra, providers.ParityDifferent, providers.ParityCosmetic, providers.ParitySame}, k)
}

func parityLook(k providers.ParityKind) (sign string, look role) {
	switch k {
	case providers.ParityMissing:
		return "−", bad
	case providers.ParityExtra:
		return "+", bad
	case providers.ParityDifferent:
		return "≠", bad
	case providers.ParityCosmetic:
		return "≈", dim
	case providers.ParitySame:
		return "=", good
	}
	return "?", warn
}

// entry is the chosen one; nil where there is none.
func (p *parityView) entry() *providers.ParityEntry {
	if p.list.at >= len(p.entries) {
		return nil
	}
	return &p.entries[p.list.at]
}

func entrySubject(e *providers.ParityEntry) string {
	switch {
	case e.Private:
		return "private"
	case e.ICalUID == "" && e.Start.IsZero():
		return shown(e.Subject, "the calendar")
	}
	return shown(e.Subject, "Meeting")
}

func (p *parityView) when(m *Model, e *providers.ParityEntry) string {
	if e.Start.IsZero() {
		return ""
	}
	if m.width < 90 {
		return e.Start.In(m.zone).Format("2 Jan 15:04")
	}
	return e.Start.In(m.zone).Format("Mon 2 Jan 2006 15:04")
}

func (p *parityView) draw(m *Model, w, h int) ([]string, int, int) {
	head := newLine(m.theme, onPanel, w).put(strong, cut(boxTitle(&p.box), w/2)).put(dim, "  in what both sides differ")
	lines := []string{head.done()}
	if h >= 14 {
		lines = append(lines, "")
	}
	keys := m.drawKeys(scopeParity, onPanel, 0, w)
	end := func() ([]string, int, int) {
		for len(lines) < h-1 {
			lines = append(lines, "")
		}
		return append(lines[:max(h-1, 1)], keys), -1, -1
	}
	switch {
	case p.err != nil:
		for _, part := range wrap("✗ It could not be read: "+problemText(p.err), w) {
			lines = append(lines, newLine(m.theme, onPanel, w).put(bad, part).done())
		}
		return end()
	case !p.read:
		lines = append(lines, newLine(m.theme, onPanel, w).put(dim, "reading…").done())
		return end()
	case len(p.entries) == 0:
		lines = append(lines, newLine(m.theme, onPanel, w).put(good, "● ").put(plain, "both sides say the same").done())
		return end()
	}
	beside := p.beside(m, w)
	room := max(min(len(beside), h/2), 0)
	p.list.fix(len(p.entries), max(h-len(lines)-3-room, 1))
	when := 21
	if m.width < 90 {
		when = 12
	}
	for n := p.list.top; n < p.list.bottom(); n++ {
		e := &p.entries[n]
		g, mark, name := onPanel, " ", plain
		if n == p.list.at {
			g, mark, name = onSelected, "▸", strong
		}
		sign, look := parityLook(e.Kind)
		l := newLine(m.theme, g, w).put(accentStrong, mark+" ").put(look, sign+" ")
		l.fit(dim, p.when(m, e), when).put(plain, " ").fit(name, entrySubject(e), max(w/3, 10)).put(plain, " ")
		l.put(look, p.words(e))
		lines = append(lines, l.full())
	}
	for len(lines) < h-2-room {
		lines = append(lines, "")
	}
	lines = append(lines, newLine(m.theme, onPanel, w).repeat(ruled, "─", w).done())
	lines = append(lines, beside[:room]...)
	return end()
}

// words says what kind of difference it is.
func (p *parityView) words(e *providers.ParityEntry) string {
	switch e.Kind {
	case providers.ParityMissing:
		return "only in " + p.from
	case providers.ParityExtra:
		return "only in " + p.to
	}
	text := string(e.Kind)
	for i, f := range e.Fields {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		text += sep + clean(f.Field)
	}
	return text
}

// beside writes the fields of the chosen entry with both sides' values.
func (p *parityView) beside(m *Model, w int) []string {
	e := p.entry()
	if e == nil {
		return nil
	}
	label := min(16, w/5)
	side := (w - label - 2) / 2
	lines := []string{newLine(m.theme, onPanel, w).to(label).fit(accent, p.from, side).put(ruled, "│ ").put(accent, cut(p.to, side)).done()}
	for i := range e.Fields {
		f := &e.Fields[i]
		l := newLine(m.theme, onPanel, w).fit(dim, clean(f.Field), label-1).to(label)
		look := bad
		if f.Cosmetic {
			look = plain
		}
		l.fit(look, rawValue(f.Before, e.Private), side-1).to(label+side).put(ruled, "│ ").put(look, cut(rawValue(f.After, e.Private), side))
		lines = append(lines, l.done())
		if f.Why != "" {
			for _, part := range wrap(clean(f.Why), w-label) {
				lines = append(lines, newLine(m.theme, onPanel, w).to(label).put(dim, part).done())
			}
		}
	}
	if len(e.Fields) == 0 {
		lines = append(lines, newLine(m.theme, onPanel, w).to(label).put(dim, p.words(e)).done())
	}
	return lines
}

// rawValue is a field's value as the side gave it. Of private entries only times are
// shown.
func rawValue(u providers.Untrusted, private bool) string {
	if private {
		return "private"
	}
	return shown(u, "—")
}

// openWhole shows the chosen entry with every value in full.
func (p *parityView) openWhole(m *Model) tea.Cmd {
	e := *p.entry()
	from, to := p.from, p.to
	m.openDialog(&reader{title: entrySubject(&e), aside: p.when(m, &e), wide: 96, make: func(m *Model, w int) []string {
		o := &formLines{m: m, w: w, cx: -1}
		pair := pairs(o)
		pair("mailbox", string(e.Mailbox))
		if e.ICalUID != "" {
			pair("iCalUId", e.ICalUID)
		}
		if !e.Start.IsZero() {
			pair("start", e.Start.UTC().Format(time.RFC3339))
		}
		sign, look := parityLook(e.Kind)
		o.add(o.line().put(dim, "kind").to(14).put(look, sign+" "+p.words(&e)))
		for i := range e.Fields {
			f := &e.Fields[i]
			o.blank()
			o.add(o.line().put(accentStrong, clean(f.Field)))
			if f.Why != "" {
				o.para(dim, clean(f.Why))
			}
			for _, side := range []struct {
				name  string
				value providers.Untrusted
			}{{from, f.Before}, {to, f.After}} {
				o.add(o.line().put(accent, side.name))
				for _, part := range wrap(wholeValue(side.value, e.Private), max(w-2, 10)) {
					o.add(o.line().to(2).put(plain, part))
				}
			}
		}
		return o.lines
	}})
	return nil
}

// longestWhole bounds a value that is shown in full, in bytes.
const longestWhole = 8000

func wholeValue(u providers.Untrusted, private bool) string {
	if private {
		return "private"
	}
	s := u.Or("—")
	if len(s) > longestWhole {
		s = s[:longestWhole] + "…"
	}
	return steady(providers.Sanitise(s))
}
