package tui

import (
	"time"

	"roomdesk/providers"
)

// booked brings the first booking into a state and shows it.
func (d *driver) booked(change func(b *providers.Booking)) {
	d.send(d.ws.change(d.ws.bookings[0].ID, func(b *providers.Booking) {
		b.Looked = d.now.Add(-40 * time.Second)
		change(b)
	}))
	d.keys("3", "enter")
}

// declined is a refusal with its reason and how that is known.
func (d *driver) declined(reason string, proof providers.Proof) {
	alternatives := d.ws.bookings[2].Alternatives
	d.booked(func(b *providers.Booking) {
		b.State, b.Reason, b.ReasonProof, b.Alternatives = providers.BookingDeclined, reason, proof, alternatives
	})
}

// bookingScenes are the states of the dialogs about bookings.
func bookingScenes() map[string]func(d *driver) {
	return map[string]func(d *driver){
		"findguests":      func(d *driver) { d.keys("f"); d.typing("tmr 14-15 with bob,chen"); d.keys("enter") },
		"forminvalid":     func(d *driver) { d.keys("b", "tab", "tab"); d.keys("ctrl+u"); d.typing("25:00") },
		"formtaken":       func(d *driver) { d.ws.check = takenCheck(d); d.keys("b"); d.typing("Design review"); d.release() },
		"formwarned":      func(d *driver) { d.ws.check = warnedCheck(); d.keys("b"); d.typing("Design review"); d.release() },
		"formnoteams":     func(d *driver) { d.noTeams(); d.keys("b"); d.typing("Design review") },
		"accepted":        func(d *driver) { d.booked(func(*providers.Booking) {}) },
		"acceptedbyclock": func(d *driver) { d.booked(func(*providers.Booking) {}); d.keys("z", "z", "z") },
		"tentative": func(d *driver) {
			d.booked(func(b *providers.Booking) {
				b.State, b.Reason, b.ReasonProof = providers.BookingTentative, "the room holds the time; somebody must approve", providers.Inferred
			})
		},
		"declinedinferred": func(d *driver) {
			d.declined("the room is free and declined at once: a booking rule, for example who may book it, its hours or the length of meetings", providers.Inferred)
		},
		"declinedunknown": func(d *driver) {
			d.declined("the room declined, and nothing tells why", providers.UnknownCause)
		},
		"lost": func(d *driver) {
			d.booked(func(b *providers.Booking) {
				b.State, b.Sent, b.Answered, b.JoinURL = providers.BookingUnknown, time.Time{}, time.Time{}, providers.Untrusted{}
				b.Reason, b.ReasonProof = "the answer was lost; looking whether it was made", providers.UnknownCause
			})
		},
		"teamsmissing": func(d *driver) {
			d.booked(func(b *providers.Booking) { b.JoinURL, b.TeamsMissing = providers.Untrusted{}, true })
		},
		"failed":          func(d *driver) { d.keys("3", "end", "enter") },
		"bookingsbyclock": func(d *driver) { d.keys("3", "z") },
		"wishbyclock":     func(d *driver) { d.keys("f"); d.typing("tmr 14-15 @london"); d.keys("enter", "z") },
		"dayofaroom":      func(d *driver) { d.keys("end", "enter", "z") },
		"relocatebyclock": func(d *driver) { d.leak(); d.plannedLeak(); d.keys("z", "z", "z") },
		"relocationundo":  func(d *driver) { d.leak(); d.journalLeak(); d.keys("u") },
		"exchangeform":    func(d *driver) { d.overExchange(); d.keys("b"); d.typing("Design review") },
		"exchangeaccess":  func(d *driver) { d.overExchange(); d.keys("6", "a") },
		"notallowed": func(d *driver) {
			d.m.header.Allowed = providers.ConnectionAccess(providers.Capabilities{Access: providers.FreeBusyAccess, WriteWhy: providers.Outside("grant Calendars.ReadWrite")})
			d.keys("b")
		},
	}
}

// overExchange shows an organisation on premises, where no Teams meetings can be made.
func (d *driver) overExchange() {
	d.m.header.provider, d.m.header.tenant = "Exchange", "contoso.example"
	d.m.header.Allowed = providers.ConnectionAccess(providers.Capabilities{Access: providers.FullAccess, Write: true,
		TeamsWhy: providers.Outside("Exchange Web Services cannot make Teams meetings; a Graph connection can")})
}

func (d *driver) noTeams() {
	d.m.header.Mailboxes = map[providers.Address]providers.Access{"adele@contoso.com": providers.CalendarAccess("adele@contoso.com", []providers.Calendar{{Default: true}})}
}

func takenCheck(d *driver) BookingCheck {
	return BookingCheck{Why: "taken 14:00–15:00 by Hiring", TeamsAllowed: true, Alternatives: d.ws.bookings[2].Alternatives}
}

func warnedCheck() BookingCheck {
	return BookingCheck{Free: true, TeamsAllowed: true, Warnings: []string{
		"the room may decline: 3 of the last 3 requests for 5 h or longer were declined here although the room was free, the last one 2 d ago",
		"bob@contoso.com: busy 14:00–14:30",
	}}
}
