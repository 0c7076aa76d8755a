package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// bookProgress shows what is true of a booking: sent, Teams link, the room's
// answer. It follows the stored booking; closing it stops nothing.
type bookProgress struct {
	id      string
	booking providers.Booking
	busy    bool // an alternative is being booked
}

func (p *bookProgress) scope() scope { return scopeProgress }

func (p *bookProgress) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (p *bookProgress) pasted(*Model, string) tea.Cmd         { return nil }

// book stores the intent and sends it. Where it takes the place of a declined
// booking, that is cancelled as soon as the new one is stored, so that nobody has
// two invitations.
func (m *Model) book(form *bookForm, request providers.BookingRequest, inPlaceOf string) tea.Cmd {
	ws := m.ws
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		booking, err := ws.Book(ctx, request)
		answer := bookAnswer{form: form, booking: booking, err: err, inPlaceOf: inPlaceOf}
		if err == nil && inPlaceOf != "" {
			_, answer.cancelErr = ws.Cancel(ctx, inPlaceOf, "The meeting is in another room.")
		}
		return answer
	})
}

type bookAnswer struct {
	form      *bookForm
	booking   providers.Booking
	err       error
	inPlaceOf string
	cancelErr error
}

func (a bookAnswer) apply(m *Model) tea.Cmd {
	room := shown(a.booking.RoomName, string(a.booking.Request.Room))
	if a.err != nil {
		text := problemText(a.err)
		if a.form != nil {
			a.form.sending, a.form.refused = false, text
			if slices.Contains(m.dialogs, dialog(a.form)) {
				return nil
			}
			room = a.form.title
		}
		if p, ok := topOf[*bookProgress](m); ok {
			p.busy = false
		}
		m.notices.add(m.now, room+" was not booked: "+text, true)
		return nil
	}
	if a.cancelErr != nil {
		m.notices.add(m.now, "the declined meeting could not be cancelled: "+problemText(a.cancelErr), true)
	}
	m.bookings.put(a.booking)
	progress := &bookProgress{id: a.booking.ID, booking: a.booking}
	at := -1
	for i, d := range m.dialogs {
		if old, ok := d.(*bookProgress); a.form != nil && d == dialog(a.form) || ok && a.inPlaceOf != "" && old.id == a.inPlaceOf {
			at = i
		}
	}
	if at >= 0 {
		m.dialogs[at] = progress
	} else {
		m.notices.add(m.now, room+" "+span(request(a.booking), m.zone)+": "+a.booking.State.Words(), false)
	}
	return m.readBookings()
}

func request(b providers.Booking) providers.Interval {
	return providers.Interval{Start: b.Request.Start, End: b.Request.End}
}

// follow takes the newer state of the booking.
func (p *bookProgress) follow(list []providers.Booking) {
	for i := range list {
		if list[i].ID == p.id {
			p.booking = list[i]
		}
	}
}

// step is a line of what is true.
type step struct {
	glyph string
	look  role
	text  string
	time  string
	faint bool
}

// steps are the three steps of a booking. Only the room's own acceptance is told
// as one.
func (p *bookProgress) steps(m *Model) []step {
	b := &p.booking
	zone := m.clockZone(b.Request.Room, b.Request.Organizer)
	clock := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("15:04:05")
	}
	sent := step{"●", good, "sent to the tenant", clock(b.Sent), false}
	switch {
	case b.Sent.IsZero() && b.State == providers.BookingFailed:
		sent = step{"✗", bad, "not sent", "", false}
	case b.Sent.IsZero() && b.State == providers.BookingUnknown:
		sent = step{"◌", warn, "the answer was lost; looking whether it is there", since(m, b.Created), false}
	case b.Sent.IsZero():
		sent = step{"◌", accent, b.State.Words(), since(m, b.Created), false}
	}
	steps := []step{sent, p.teamsStep(m), p.roomStep(m, clock)}
	if change, ok := changeStep(b, clock); ok {
		steps = append([]step{change}, steps...)
	}
	return steps
}

func since(m *Model, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return providers.Age(m.now.Sub(t))
}

func (p *bookProgress) teamsStep(_ *Model) step {
	b := &p.booking
	switch {
	case !b.Request.Teams:
		return step{"–", dim, "no Teams link asked for", "", true}
	case !b.JoinURL.Empty():
		return step{"●", good, "Teams link created", "", false}
	case b.TeamsMissing:
		return step{"✗", warn, "no Teams link: the organiser's calendar did not make one", "", false}
	case b.Sent.IsZero() || b.State == providers.BookingFailed:
		return step{"○", faint, "Teams link", "", true}
	}
	return step{"◌", accent, "waiting for the Teams link", "", false}
}

func (p *bookProgress) roomStep(m *Model, clock func(time.Time) string) step {
	b := &p.booking
	switch b.State {
	case providers.BookingAccepted:
		return step{"●", goodStrong, "accepted by the room", clock(b.Answered), false}
	case providers.BookingDeclined:
		return step{"✗", badStrong, "declined by the room", clock(b.Answered), false}
	case providers.BookingTentative:
		return step{"◐", held, "held by the room: somebody must approve", clock(b.Answered), false}
	case providers.BookingPartly:
		return step{"◐", warn, "accepted for some dates only", clock(b.Answered), false}
	case providers.BookingWaiting:
		return step{"◌", held, "waiting for the room to answer", since(m, b.Sent), false}
	case providers.BookingCancelling, providers.BookingCancelled:
		return step{"–", dim, b.State.Words(), "", false}
	case providers.BookingFailed:
		return step{"✗", bad, "failed: nothing was booked", "", false}
	}
	return step{"○", faint, "the room's answer", "", true}
}

func (p *bookProgress) size(m *Model, w, _ int) (int, int) {
	w = min(88, w)
	return w, max(len(p.build(m, w, false).lines)+2, 17)
}

func (p *bookProgress) draw(m *Model, w, h int) ([]string, int, int) {
	o := p.build(m, w, false)
	if len(o.lines) > h-1 {
		o = p.build(m, w, true)
	}
	return o.fitted(h, m.drawKeys(scopeProgress, onPanel, 0, w))
}

// build writes all lines of the dialog; short leaves out what a small screen has no
// room for, and puts the time beside the room.
func (p *bookProgress) build(m *Model, w int, short bool) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	b := &p.booking
	room := shown(b.RoomName, string(b.Request.Room))
	if i, ok := m.rooms.data.find[b.Request.Room]; ok {
		room = m.rooms.data.rows[i].title
	}
	title := o.line().put(strong, "Booking "+cut(room, 40))
	o.add(title)
	if short {
		when, zone := request(*b), m.clockZone(b.Request.Room, b.Request.Organizer)
		words := when.Start.In(zone).Format("Mon 2 Jan") + " " + span(when, zone)
		if w-columns(words) <= title.width+1 {
			words = when.Start.In(zone).Format("2 Jan 15:04")
		}
		if at := w - columns(words); at > title.width+1 {
			o.lines[0] = title.to(at).put(plain, words).done()
		}
		p.truth(m, o)
		return o
	}
	o.blank()
	fact := func(label, text string) {
		for i, s := range wrap(text, max(w-labelWidth, 10)) {
			l := o.line()
			if i == 0 {
				l.put(dim, label)
			}
			o.add(l.to(labelWidth).put(plain, s))
		}
	}
	fact("what", shown(b.Request.Subject, "Meeting"))
	zone := m.zone
	if z := m.zoneNamed(b.Request.Zone); z != nil {
		zone = z
	}
	when := request(*b)
	text := when.Start.In(zone).Format("Mon 2 Jan") + "  " + span(when, zone)
	if other := m.clockZone(b.Request.Room, b.Request.Organizer); other.String() != zone.String() && (m.shownBy != shownYours || span(when, zone) != span(when, other)) {
		words := " for you)"
		if m.shownBy != shownYours {
			words = " by " + m.shownBy.words() + m.clockNote(b.Request.Room, b.Request.Organizer) + ")"
		}
		text += "  (" + span(when, other) + words
	} else if m.shownBy != shownYours {
		text += "  by " + m.shownBy.words() + m.clockNote(b.Request.Room, b.Request.Organizer)
	}
	fact("when", text)
	if who := m.names(b.Request.Required); who != "" {
		fact("who", who)
	}
	if b.Request.Organizer != "" {
		fact("on behalf", m.people.nameOf(b.Request.Organizer))
	}
	o.blank()
	p.truth(m, o)
	return o
}

// truth says what is true of the booking and how old that is, why, and what can be
// done.
func (p *bookProgress) truth(m *Model, o *formLines) {
	b, w := &p.booking, o.w
	o.add(o.line().repeat(ruled, "─", w))
	head := o.line().put(dim, "what is true")
	if at := lookedAt(b); !at.IsZero() {
		head.put(dim, ", as of "+providers.Age(m.now.Sub(at))+" ago")
	}
	m.putClock(head, b.Request.Room, b.Request.Organizer)
	o.add(head)
	if b.News.Words != "" {
		for i, s := range wrap(clean(b.News.Words)+", noticed "+providers.Age(m.now.Sub(b.News.At))+" ago", max(w-4, 10)) {
			l := o.line().put(plain, "  ")
			if i == 0 {
				l.put(warn, "! ")
			}
			o.add(l.to(4).put(warn, s))
		}
	}
	for _, s := range p.steps(m) {
		l := o.line().put(plain, "  ").put(s.look, s.glyph+" ")
		switch {
		case s.faint:
			l.put(dim, s.text)
		case s.look == goodStrong || s.look == badStrong: // the room's own answer
			l.put(s.look, s.text)
		default:
			l.put(plain, s.text)
		}
		if s.time != "" {
			l.to(max(l.width+2, min(44, w-9))).put(dim, s.time)
		}
		o.add(l)
	}
	o.pinned = len(o.lines) - 1 // the room's answer
	o.focusY = o.pinned         // on a small screen the answer counts most
	drawChange(o, b)
	p.drawReason(o)
	if b.State.Settled() || b.Review != "" || silent(b, m.now) {
		o.focusY = len(o.lines) - 1
	}
}

// names are mailboxes as people know them.
func (m *Model) names(mailboxes []providers.Address) string {
	names := make([]string, 0, len(mailboxes))
	for i, mailbox := range mailboxes {
		if i == 8 && len(mailboxes) > 10 {
			names = append(names, itoa(len(mailboxes)-i)+" more")
			break
		}
		names = append(names, m.people.nameOf(mailbox))
	}
	return strings.Join(names, ", ")
}

// drawReason says why, how sure that is, and what can be done.
func (p *bookProgress) drawReason(o *formLines) {
	b := &p.booking
	reason := clean(b.Reason)
	switch b.State {
	case providers.BookingDeclined, providers.BookingFailed, providers.BookingPartly, providers.BookingTentative:
		o.blank()
		if reason == "" {
			reason = "The room gave no reason."
		}
		for i, s := range wrap(reason, max(o.w-labelWidth, 10)) {
			l := o.line()
			if i == 0 {
				l.put(dim, "why")
			}
			o.add(l.to(labelWidth).put(plain, s))
		}
		o.add(o.line().to(labelWidth).put(dim, proofWords(b.ReasonProof)))
		if b.State == providers.BookingDeclined && len(b.Alternatives) > 0 {
			o.add(o.line().put(dim, "free then"))
			drawAlternatives(o, b.Alternatives, "")
			if p.busy {
				o.note(accent, "◌ booking the other room…")
			} else {
				o.note(dim, "Taking one cancels the declined meeting; its people get the new invitation.")
			}
		}
	case providers.BookingWaiting, providers.BookingQueued, providers.BookingSending, providers.BookingUnknown, providers.BookingDraft:
		o.blank()
		if reason != "" && (b.State != providers.BookingUnknown || !strings.HasPrefix(reason, "the answer was lost")) { // that is said above
			o.note(warn, reason)
		}
		if (silent(b, o.m.now) || b.Review != "") && len(b.Alternatives) > 0 {
			o.add(o.line().put(dim, "free then"))
			drawAlternatives(o, b.Alternatives, "")
		}
		switch {
		case b.Review != "":
			o.note(dim, "s sends it after asking the tenant once more, 1-3 book another room, c drops it.")
			return
		case silent(b, o.m.now) && b.Kept.IsZero():
			o.note(dim, "k keeps waiting, 1-3 take another room and cancel this meeting, c cancels.")
		case !b.Kept.IsZero() && b.State == providers.BookingWaiting:
			o.note(dim, "You chose to wait on, "+providers.Age(o.m.now.Sub(b.Kept))+" ago.")
		}
		if !b.NextTry.IsZero() && b.NextTry.After(o.m.now) {
			o.note(dim, "Tried again in "+providers.Age(b.NextTry.Sub(o.m.now))+".")
		}
		for _, s := range wrap("Close any time: the answer is kept in 3 Bookings.", o.w) {
			o.add(o.line().put(dim, s))
		}
	}
}

// proofWords says how sure an explanation is.
func proofWords(p providers.Proof) string {
	switch p {
	case providers.Proven:
		return "● proven: the tenant says so"
	case providers.Inferred:
		return "◐ inferred from what is known here"
	}
	return "? not known for certain"
}

// whyNotAlternative says why a key for another room does nothing.
func (p *bookProgress) whyNotAlternative(m *Model, n int) string {
	switch {
	case p.busy:
		return "it is being booked already"
	case p.booking.State != providers.BookingDeclined && p.booking.Review == "" && !silent(&p.booking, m.now):
		return "other rooms are offered when the room declines or does not answer"
	case n >= len(p.booking.Alternatives):
		return "there is no such room"
	}
	return ""
}

// takeAlternative books one of the rooms offered, for the same request.
func (p *bookProgress) takeAlternative(m *Model, n int) tea.Cmd {
	r := p.booking.Request
	r.Room, r.EvenIfBusy = p.booking.Alternatives[n].Room, false
	p.busy = true
	return m.book(nil, r, p.id)
}
