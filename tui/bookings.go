package tui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// bookingsPane is view 3: what was booked here, newest first.
type bookingsPane struct {
	rows    []providers.Booking
	read    bool
	reading bool
	again   bool
	err     error
	list    scroll
	chosen  string
}

type bookingsAnswer struct {
	rows []providers.Booking
	err  error
}

func (m *Model) readBookings() tea.Cmd {
	if m.bookings.reading {
		m.bookings.again = true
		return nil
	}
	m.bookings.reading = true
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		rows, err := ws.Bookings(ctx)
		return bookingsAnswer{slices.Clone(rows), err}
	})
}

func (a bookingsAnswer) apply(m *Model) tea.Cmd {
	p := &m.bookings
	p.reading, p.err = false, a.err
	if a.err == nil {
		p.read, p.rows = true, slices.DeleteFunc(slices.Clone(a.rows), isDate)
		p.keepChosen()
		m.notices.over("bookings read")
		for _, d := range m.dialogs {
			if progress, ok := d.(follower); ok {
				progress.follow(a.rows)
			}
		}
	} else {
		m.notices.state(m.now, "bookings read", "the bookings could not be read: "+problemText(a.err), true)
	}
	if p.again {
		p.again = false
		return m.readBookings()
	}
	return nil
}

// isDate reports whether a booking is one date of a series that was changed by itself:
// it is told with its series.
func isDate(b providers.Booking) bool { return b.DateOf != "" }

// follower is a dialog about a stored booking.
type follower interface {
	follow(list []providers.Booking)
}

// put shows a booking before the list is read again.
func (p *bookingsPane) put(b providers.Booking) {
	if isDate(b) {
		return
	}
	for i := range p.rows {
		if p.rows[i].ID == b.ID {
			p.rows[i] = b
			return
		}
	}
	p.rows = slices.Insert(p.rows, 0, b)
	p.keepChosen()
}

func (p *bookingsPane) keepChosen() {
	for i := range p.rows {
		if p.rows[i].ID == p.chosen {
			p.list.at = i
			return
		}
	}
	p.list.at = max(min(p.list.at, len(p.rows)-1), 0)
	p.choose()
}

func (p *bookingsPane) choose() {
	if b := p.row(); b != nil {
		p.chosen = b.ID
	}
}

func (p *bookingsPane) row() *providers.Booking {
	if p.list.at < 0 || p.list.at >= len(p.rows) {
		return nil
	}
	return &p.rows[p.list.at]
}

func (p *bookingsPane) listRect(m *Model) rect {
	body := m.body()
	below := 0
	if p.roomForNews(m) {
		below = 3
	}
	return rect{0, body.y + 2, body.w, max(body.h-2-below, 1)}
}

func (p *bookingsPane) draw(m *Model, lines []string, _ rect) []string {
	switch {
	case !p.read && p.err != nil:
		return note(m, append(lines, ""), bad, "The bookings could not be read: "+problemText(p.err))
	case !p.read:
		return note(m, append(lines, ""), plain, "reading…")
	}
	c := p.columns(m)
	head := newLine(m.theme, onScreen, m.width).to(2).put(dim, "when")
	if m.shownBy != shownYours && c.when > 16 {
		head.put(accent, ", "+m.shownBy.short())
	}
	head.to(c.room).put(dim, "room").to(c.state).put(dim, "state")
	end := m.width
	if c.what > 0 {
		end = c.what - 2
	}
	head.to(end-4).put(dim, "age")
	if c.what > 0 {
		head.to(c.what).put(dim, "what")
	}
	lines = append(lines, "", head.done())
	if len(p.rows) == 0 {
		return note(m, lines, dim, "Nothing was booked here yet. Press b on a room in 1 Rooms.")
	}
	r := p.listRect(m)
	lines = drawList(m, lines, r, &p.list, len(p.rows), func(i int, selected bool) string {
		return p.drawRow(m, &p.rows[i], c, selected)
	})
	for p.roomForNews(m) && len(lines) < r.y+r.h {
		lines = append(lines, "")
	}
	return p.drawNews(m, lines)
}

// ageWidth is the column of how old it is what is told of a booking.
const ageWidth = 8

type bookingColumns struct{ when, room, state, what int }

func (p *bookingsPane) columns(m *Model) bookingColumns {
	switch {
	case m.width >= 100:
		return bookingColumns{22, 26, 44, 80}
	case m.width >= 64:
		return bookingColumns{22, 26, 42, 0}
	}
	return bookingColumns{12, 15, 26, 0}
}

// bookingLook is a state as a character and role. Only the room's own acceptance
// looks confirmed.
func bookingLook(s providers.BookingState) (string, role) {
	switch s {
	case providers.BookingAccepted:
		return "●", good
	case providers.BookingTentative, providers.BookingPartly:
		return "◐", held
	case providers.BookingDeclined, providers.BookingFailed:
		return "✗", bad
	case providers.BookingCancelled, providers.BookingCancelling:
		return "–", dim
	}
	return "◌", accent
}

func (p *bookingsPane) drawRow(m *Model, b *providers.Booking, c bookingColumns, selected bool) string {
	l, name := rowLine(m, selected)
	w := request(*b)
	zone := m.clockZone(b.Request.Room, b.Request.Organizer)
	start := w.Start.In(zone)
	if c.when > 16 {
		l.put(plain, start.Format("Mon 2 Jan")+" ").to(13).put(dim, span(w, zone))
	} else {
		l.put(dim, start.Format("2 Jan 15:04"))
	}
	room := m.roomTitle(b)
	if b.Series != nil {
		room = itoa(len(b.Series.Dates)) + "× " + room
	}
	l.to(c.room).put(name, cut(room, c.state-c.room-2))
	glyph, look := bookingLook(b.State)
	if b.Change.Open() {
		glyph, look = "◌", accent
	}
	l.to(c.state).put(look, glyph+" ")
	end := m.width
	if c.what > 0 {
		end = c.what - 2
	}
	words := b.State.Words()
	if b.Series != nil {
		words = seriesState(b)
		if n := seriesOffers(b); n > 0 {
			words = itoa(n) + " free again · " + words
		}
	}
	if b.Change.Open() {
		words = "change: " + b.Change.Words()
	}
	end -= ageWidth
	if text, urgent := newsWords(b, m.now); text != "" && !b.Change.Open() {
		words, look = "! "+text, urgent
	}
	l.put(look, cut(words, end-l.width))
	if at := lookedAt(b); !at.IsZero() {
		age := providers.Age(m.now.Sub(at))
		l.to(end+ageWidth-1-columns(age)).put(faint, age)
	}
	if c.what > 0 {
		l.to(c.what).put(plain, shown(b.Request.Subject, "Meeting"))
		if b.Request.Teams {
			text, look := " · Teams", dim
			if b.TeamsMissing {
				text, look = " · no Teams link", warn
			}
			l.put(look, text)
		}
	}
	return l.finish(selected)
}

func (m *Model) roomTitle(b *providers.Booking) string {
	if i, ok := m.rooms.data.find[b.Request.Room]; ok {
		return m.rooms.data.rows[i].title
	}
	return shown(b.RoomName, string(b.Request.Room))
}

// whyNotCancel says why a booking cannot be cancelled now, by its state or by what its
// organizer's calendar allows.
func (m *Model) whyNotCancel(b *providers.Booking) string {
	if why := whyNotCancel(b); why != "" {
		return why
	}
	return m.whyNotDo(providers.VerbCancel, b.Request.Organizer)
}

// whyNotCancel says why a booking cannot be cancelled now.
func whyNotCancel(b *providers.Booking) string {
	switch {
	case b == nil:
		return "no booking is chosen"
	case b.State == providers.BookingCancelled:
		return "it is cancelled already"
	case b.State == providers.BookingCancelling:
		return "it is being cancelled already"
	case b.State == providers.BookingFailed:
		return "nothing reached the tenant"
	case b.State == providers.BookingSending, b.State == providers.BookingUnknown:
		return "it is on its way; wait until it is known to be there"
	}
	return ""
}

type cancelAnswer struct {
	booking providers.Booking
	err     error
}

func (a cancelAnswer) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, "it was not cancelled: "+problemText(a.err), true)
		return nil
	}
	m.bookings.put(a.booking)
	for _, d := range m.dialogs {
		if progress, ok := d.(follower); ok {
			progress.follow(m.bookings.rows)
		}
	}
	m.notices.add(m.now, m.roomTitle(&a.booking)+" "+span(request(a.booking), m.zone)+": "+a.booking.State.Words(), false)
	return m.readBookings()
}
