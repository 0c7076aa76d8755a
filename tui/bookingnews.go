package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// silentAfter is how long a room may think before a person is offered choices.
const silentAfter = 15 * time.Minute

// silent reports whether the room of a booking owes an answer for so long.
func silent(b *providers.Booking, now time.Time) bool {
	return b.State == providers.BookingWaiting && b.Series == nil && !b.Sent.IsZero() && now.Sub(b.Sent) >= silentAfter && b.Request.End.After(now) && !b.Change.Open()
}

// lookedAt is when it was last known how a booking stands.
func lookedAt(b *providers.Booking) time.Time {
	if b.Looked.IsZero() {
		return b.Updated
	}
	return b.Looked
}

// newsWords is what a person must see of a booking before anything else: that it
// waits for a review, what others did, or that the room does not answer. "" where
// there is nothing.
func newsWords(b *providers.Booking, now time.Time) (text string, look role) {
	switch {
	case b.Review != "":
		return "not sent: " + clean(b.Review), warn
	case b.News.Words != "":
		return "noticed " + providers.Age(now.Sub(b.News.At)) + " ago: " + clean(b.News.Words), warn
	case silent(b, now) && b.Kept.IsZero():
		return "the room has not answered for " + providers.Age(now.Sub(b.Sent)) + ": keep waiting, take another room, or cancel", held
	}
	return "", dim
}

// drawNews writes the sentence about the chosen booking below the list.
func (p *bookingsPane) drawNews(m *Model, lines []string) []string {
	b := p.row()
	if b == nil || !p.roomForNews(m) {
		return lines
	}
	text, look := newsWords(b, m.now)
	if text == "" {
		text, look = clean(b.Reason), dim
	}
	lines = append(lines, newLine(m.theme, onScreen, m.width).to(1).repeat(ruled, "─", m.width-2).done())
	age := "as of " + providers.Age(m.now.Sub(lookedAt(b))) + " ago"
	if lookedAt(b).IsZero() {
		age = ""
	}
	sentence := wrap(text, max(m.width-6-columns(age), 10))
	for i := range 2 {
		l := newLine(m.theme, onScreen, m.width-1).to(1)
		if i == 0 && look != dim {
			l.put(look, "! ")
		}
		if i < len(sentence) {
			l.to(3).put(plain, sentence[i])
		}
		if i == 0 && m.width-1-columns(age) > l.width {
			l.right(dim, age, m.width-1)
		}
		lines = append(lines, l.done())
	}
	return lines
}

func (p *bookingsPane) roomForNews(m *Model) bool { return m.body().h >= 9 }

// whyNotReview says why a booking cannot be reviewed.
func whyNotReview(b *providers.Booking) string {
	switch {
	case b == nil:
		return "no booking is chosen"
	case b.Review == "":
		return "it does not wait for a review"
	}
	return ""
}

// askReview asks what shall be done with a booking that was not sent in time. The
// safe choice leaves it.
func (m *Model) askReview(b providers.Booking) {
	w := request(b)
	text := []string{
		m.roomTitle(&b) + ", " + w.Start.In(m.zone).Format("Mon 2 Jan ") + span(w, m.zone) + ", " + shown(b.Request.Subject, "Meeting") + ".",
		"It was not sent: " + clean(b.Review) + ". Nothing is sent late on its own.",
		"The tenant is asked once more whether the room is free; else it stays here. c drops it.",
	}
	ws, id := m.ws, b.ID
	m.openDialog(&question{title: "Send it now?", text: text, no: "leave it", yes: "send it", do: func(m *Model) tea.Cmd {
		m.notices.add(m.now, "asking the tenant about "+m.roomTitle(&b)+"…", false)
		return m.ask(networkTime, func(ctx context.Context) tea.Msg {
			sent, err := ws.SendReviewed(ctx, id, false)
			return changedBooking{sent, err, "was not sent"}
		})
	}})
}

// whyNotKeep says why there is nothing to wait on for.
func whyNotKeep(b *providers.Booking, now time.Time) string {
	switch {
	case b == nil:
		return "no booking is chosen"
	case !silent(b, now):
		return "the room does not owe an answer for 15 minutes"
	case !b.Kept.IsZero():
		return "you wait on for it already"
	}
	return ""
}

func (m *Model) keep(id string) tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		b, err := ws.Keep(ctx, id)
		return changedBooking{b, err, "could not be kept"}
	})
}

// changedBooking is a booking after something was done about it.
type changedBooking struct {
	booking providers.Booking
	err     error
	not     string // what did not happen
}

func (a changedBooking) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, m.roomTitle(&a.booking)+" "+a.not+": "+problemText(a.err), true)
		return m.readBookings()
	}
	m.bookings.put(a.booking)
	for _, d := range m.dialogs {
		if progress, ok := d.(*bookProgress); ok {
			progress.follow(m.bookings.rows)
		}
	}
	return m.readBookings()
}

// reviewKeys are the keys for bookings that wait for a person.
func reviewKeys(s scope, chosen func(m *Model) *providers.Booking) []binding {
	return []binding{
		{scope: s, keys: []string{"s"}, label: "s", what: "review", more: "look at a booking that was not sent in time, and send it; c drops it", why: func(m *Model) string { return whyNotReview(chosen(m)) }, run: func(m *Model) tea.Cmd {
			m.askReview(*chosen(m))
			return nil
		}},
		{scope: s, keys: []string{"k"}, label: "k", what: "keep waiting", more: "wait on for a room that has not answered for 15 minutes", why: func(m *Model) string { return whyNotKeep(chosen(m), m.now) }, run: func(m *Model) tea.Cmd { return m.keep(chosen(m).ID) }},
	}
}
