package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// findPane is view 2: rooms for a wish typed in one line, ranked, with reasons. A
// line that says nothing of a time means the time that is marked on the grid, or
// the cursor's.
type findPane struct {
	line    filterLine
	length  time.Duration // of the time at the cursor
	why     bool          // show the rooms that are not offered
	instead providers.Interval
	found   providers.Finding
	asked   findKey
	have    findKey
	read    bool
	old     bool
	reading bool
	err     error
	list    scroll
	chosen  providers.Address
	last    string // the line of the latest booking from here
}

// findKey is what an answer depends on.
type findKey struct {
	question FindQuestion
	data     *roomData
}

// findLimit is how many rooms are offered at once.
const findLimit = 200

func (p *findPane) init() { p.length = 2 * quarter }

// otherwise is the time that a line without one means: what is marked on the grid,
// else from the cursor as long as chosen here.
func (p *findPane) otherwise(m *Model) providers.Interval {
	s, marked := m.day.span()
	if !marked {
		s.End = s.Start.Add(p.length)
	}
	return s
}

func (p *findPane) question(m *Model) FindQuestion {
	return FindQuestion{
		Line: p.line.field.text(), Otherwise: p.otherwise(m), Instead: p.instead, Explain: p.why, Limit: findLimit, Zone: m.zone,
	}
}

type findAnswer struct {
	key   findKey
	found providers.Finding
	err   error
}

func (m *Model) readFind() tea.Cmd {
	p := &m.find
	if m.view != viewFind || p.reading || !m.rooms.read || m.now.Before(m.avail.pauseUntil) {
		return nil
	}
	key := findKey{p.question(m), m.rooms.data}
	if p.read && key == p.have && !p.old {
		return nil
	}
	p.reading, p.old, p.asked = true, false, key
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		found, err := ws.Find(ctx, key.question)
		return findAnswer{key, found, err}
	})
}

func (a findAnswer) apply(m *Model) tea.Cmd {
	p := &m.find
	p.reading = false
	p.err = a.err
	if a.err != nil {
		m.avail.pauseUntil = m.now.Add(pauseAfterError)
		p.old = true
		return nil
	}
	// An answer to an older line is better than none while somebody types; the
	// newer question follows at once.
	p.found, p.have, p.read = a.found, a.key, true
	p.list.at = min(p.list.at, max(p.count()-1, 0))
	for i := range p.count() {
		if p.mailbox(i) == p.chosen {
			p.list.at = i
		}
	}
	return nil
}

// count is the number of rows in the list: the offers, and with w all other rooms.
func (p *findPane) count() int {
	if p.why {
		return len(p.found.Offers) + len(p.found.Withheld)
	}
	return len(p.found.Offers)
}

func (p *findPane) mailbox(i int) providers.Address {
	switch offers := len(p.found.Offers); {
	case i < 0 || i >= p.count():
		return ""
	case i < offers:
		return p.found.Offers[i].Room.Mailbox
	default:
		return p.found.Withheld[i-offers].Room.Mailbox
	}
}

// appendInSight names the rooms of the list that are on the screen.
func (p *findPane) appendInSight(to []providers.Address) []providers.Address {
	for i := p.list.top; i < min(p.list.bottom(), p.count()); i++ {
		to = append(to, p.mailbox(i))
	}
	return to
}

func (p *findPane) choose() { p.chosen = p.mailbox(p.list.at) }

// offer is the chosen offer, nil on a room that is not offered.
func (p *findPane) offer() *providers.RoomOffer {
	if i := p.list.at; i >= 0 && i < len(p.found.Offers) {
		return &p.found.Offers[i]
	}
	return nil
}

// row is the chosen room, nil where there is none.
func (p *findPane) row(m *Model) *roomRow {
	if m.rooms.data == nil {
		return nil
	}
	i, ok := m.rooms.data.find[p.mailbox(p.list.at)]
	if !ok {
		return nil
	}
	return &m.rooms.data.rows[i]
}

// edited follows the line: another time that was taken instead no longer holds.
func (p *findPane) edited() {
	p.instead = providers.Interval{}
	p.list.top, p.list.at, p.chosen = 0, 0, ""
}

// open shows the view with a line to type into.
func (p *findPane) open(m *Model, line string) {
	m.show(viewFind)
	if line != p.line.field.text() {
		p.line.field.set(line)
		p.edited()
	}
	p.line.open = true
}

// nearHere asks for what is free now near the chosen room.
func (p *findPane) nearHere(m *Model) {
	line := "now 30m"
	if row := m.rooms.row(); row != nil {
		if row.room.FloorNumber != nil {
			line += " f" + itoa(*row.room.FloorNumber)
		}
		if building := strings.ReplaceAll(shown(row.room.Building, ""), `"`, ""); building != "" {
			line += ` @"` + building + `"`
		}
	}
	p.open(m, line)
	p.line.open = false
}

// lengthen changes how long a room is wanted for where the line does not say.
func (p *findPane) lengthen(m *Model, by time.Duration) {
	if s, marked := m.day.span(); marked {
		p.length = s.Duration()
		m.day.moveTo(s.Start)
		m.day.unmark()
	}
	p.length = max(min(p.length+by, 12*time.Hour), quarter)
}

// whyNotBook says why the chosen row cannot be booked.
func (p *findPane) whyNotBook(m *Model) string {
	switch {
	case p.reading && p.asked != p.have:
		return "the answer is on its way"
	case len(p.found.Problems) > 0:
		return p.found.Problems[0]
	case p.offer() == nil && p.row(m) != nil:
		return "this room is not offered; the reasons stand beside it"
	}
	return whyNotBook(m, p.row(m))
}

// book opens the form for the chosen offer, with its time and the guests.
func (p *findPane) book(m *Model) tea.Cmd {
	offer, row := p.offer(), p.row(m)
	kept := m.keepWish(p.line.field.text())
	f := m.newBookForm(row.room, offer.Span)
	for _, guest := range p.found.Guests {
		f.who.add(guest.Mailbox)
	}
	f.validate(m)
	m.openDialog(f)
	return tea.Batch(kept, f.recheck(m))
}

// whyNotOther says why the n-th other time cannot be taken.
func (p *findPane) whyNotOther(n int) string {
	if n >= len(p.found.Others) {
		return "no such time is proposed"
	}
	return ""
}

// takeOther asks for the same at another time.
func (p *findPane) takeOther(n int) {
	p.instead = p.found.Others[n].Span
	p.list.top, p.list.at, p.chosen = 0, 0, ""
}
