package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// findPane is view 2: the rooms that are free for a span, narrowed by the filter
// of view 1. It lists; it does not rank.
type findPane struct {
	length  time.Duration
	rows    []freeRoom // those known to be free for the whole span
	data    *roomData
	unknown int // rooms of which it is not known
	asked   findKey
	have    findKey
	read    bool
	old     bool
	reading bool
	err     error
	list    scroll
	chosen  providers.Address
}

// freeRoom is a room of the list that is free, or was when last read.
type freeRoom struct {
	row  int
	asOf time.Time
	old  bool
}

// findKey is what an answer depends on.
type findKey struct {
	span  providers.Interval
	query string
	data  *roomData
}

func (p *findPane) init() { p.length = 2 * quarter }

// span is the time that a room is wanted for: what is marked on the grid, else
// from the cursor as long as chosen here.
func (p *findPane) span(m *Model) providers.Interval {
	s, marked := m.day.span()
	if !marked {
		s.End = s.Start.Add(p.length)
	}
	return s
}

type findAnswer struct {
	key     findKey
	rows    []freeRoom
	unknown int
	err     error
}

func (m *Model) readFind() tea.Cmd {
	p := &m.find
	if m.view != viewFind || p.reading || !m.rooms.read || m.now.Before(m.avail.pauseUntil) {
		return nil
	}
	key := findKey{p.span(m), m.rooms.filter.field.text(), m.rooms.data}
	if p.read && key == p.have && !p.old {
		return nil
	}
	p.reading, p.old, p.asked = true, false, key
	matches := append([]int(nil), m.rooms.matches...)
	ws, now := m.ws, m.now
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		mailboxes := make([]providers.Address, 0, len(matches))
		for _, i := range matches {
			mailboxes = append(mailboxes, key.data.mailboxes[i])
		}
		all, err := ws.Availability(ctx, mailboxes, key.span)
		answer := findAnswer{key: key, err: err}
		for n, i := range matches {
			a, ok := all[mailboxes[n]]
			switch {
			case !ok || !a.Known() || !a.Window.Covers(key.span):
				answer.unknown++
			case a.FreeFor(key.span):
				answer.rows = append(answer.rows, freeRoom{i, a.AsOf, stale(a, now)})
			}
		}
		return answer
	})
}

func (a findAnswer) apply(m *Model) tea.Cmd {
	p := &m.find
	p.reading = false
	if a.key != p.asked {
		return nil
	}
	p.err, p.have, p.read = a.err, a.key, true
	if a.err != nil {
		m.avail.pauseUntil = m.now.Add(pauseAfterError)
		p.old = true
		return nil
	}
	p.rows, p.unknown, p.data = a.rows, a.unknown, a.key.data
	p.list.at = min(p.list.at, max(len(p.rows)-1, 0))
	for n := range p.rows {
		if p.data.mailboxes[p.rows[n].row] == p.chosen {
			p.list.at = n
		}
	}
	p.choose()
	return nil
}

func (p *findPane) choose() {
	if row := p.row(); row != nil {
		p.chosen = row.room.Mailbox
	}
}

func (p *findPane) row() *roomRow {
	if p.data == nil || p.list.at < 0 || p.list.at >= len(p.rows) {
		return nil
	}
	return &p.data.rows[p.rows[p.list.at].row]
}

func (p *findPane) listRect(m *Model) rect {
	body := m.body()
	return rect{0, body.y + 3, body.w, max(body.h-4, 1)}
}

func (p *findPane) draw(m *Model, lines []string, body rect) []string {
	s := p.span(m)
	head := newLine(m.theme, onScreen, m.width).to(1).put(strong, "Free "+s.Start.In(m.zone).Format("Mon 2 Jan")+" "+span(s, m.zone))
	head.put(dim, "  "+duration(s.Duration()))
	if q := m.rooms.filter.field.text(); q != "" {
		head.put(dim, "  filter: ").put(plain, q)
	}
	current := p.read && p.have == (findKey{s, m.rooms.filter.field.text(), m.rooms.data}) && p.err == nil
	if current {
		count := thousands(len(p.rows)) + " free of " + thousands(len(m.rooms.matches))
		if p.unknown > 0 {
			count += " · " + thousands(p.unknown) + " unknown"
		}
		if m.width-1-columns(count) > head.width {
			head.right(dim, count, m.width-1)
		}
	}
	lines = append(lines, head.done(), newLine(m.theme, onScreen, m.width).to(1).
		put(faint, "in the order of 1 Rooms; ranking by fit is not built yet").done(), "")
	switch {
	case p.err != nil:
		return note(m, lines, bad, "Free rooms could not be read: "+problemText(p.err))
	case !m.rooms.read || !p.read:
		return note(m, lines, plain, "reading…")
	case len(p.rows) == 0 && p.unknown > 0:
		return note(m, lines, plain, "No room is known to be free then; of "+thousands(p.unknown)+" it is not known.")
	case len(p.rows) == 0:
		return note(m, lines, plain, "No room that matches is free for the whole time. ← → moves it, - makes it shorter.")
	}
	name := max(min(p.data.longest, m.width-36, 34), 10)
	lines = drawList(m, lines, p.listRect(m), &p.list, len(p.rows), func(i int, selected bool) string {
		found := &p.rows[i]
		row := &p.data.rows[found.row]
		l, r := rowLine(m, selected)
		l.fit(r, row.title, name).right(dim, row.seats, 2+name+5)
		if m.width >= 70 {
			l.put(plain, "  ").put(dim, row.glyphs)
		}
		l.put(plain, "  ")
		if found.old {
			l.put(dim, "○ ").put(plain, "free? ").put(warn, "as of "+clockOrDay(found.asOf, m.now, m.zone)+"  ")
		} else {
			l.put(good, "● ").put(plain, "free  ")
		}
		l.put(dim, row.place())
		return l.finish(selected)
	})
	return lines
}

// lengthen changes how long a room is wanted for.
func (p *findPane) lengthen(m *Model, by time.Duration) {
	if s, marked := m.day.span(); marked {
		p.length = s.Duration()
		m.day.moveTo(s.Start)
		m.day.unmark()
	}
	p.length = max(min(p.length+by, 12*time.Hour), quarter)
}
