package booking

import (
	"context"
	"time"

	"roomdesk/providers"
)

const (
	// atOnce is how fast a room answers that decides by rule. Later than
	// byPerson, somebody has probably decided.
	atOnce   = time.Minute
	byPerson = 10 * time.Minute
	// Rooms' rules as the service sets them unless an administrator changed them.
	usualWindow = 180 * 24 * time.Hour
)

// whyDeclined explains a room's refusal. The service does not say why, and a
// room's rules cannot be read: what another meeting in the room's calendar shows
// is proven, what only fits the usual rules is inferred.
func (d *Desk) whyDeclined(ctx context.Context, before, b providers.Booking) (string, providers.Proof) {
	q := b.Request
	answers, err := d.live(ctx, []providers.Address{q.Room}, providers.Interval{Start: q.Start, End: q.End.Add(horizon)})
	room := answers[q.Room]
	changedMind := before.State == providers.BookingAccepted || before.State == providers.BookingTentative
	switch {
	case believed(room) && !room.FreeFor(span(q)):
		words := takenWords(q, room)
		if block, ok := clash(room, span(q)); ok && block.State == providers.Tentative {
			return "probably because the room is " + words, providers.Inferred
		}
		if q.EvenIfBusy {
			return "the room is " + words, providers.Proven
		}
		return "the room was taken meanwhile: it is " + words, providers.Proven
	case !believed(room):
		what := "the service did not say whether it is taken"
		if err != nil {
			what = providers.ProblemOf(err, d.Now()).What()
		} else if room.Problem != nil {
			what = room.Problem.What()
		}
		return "the room gave no reason, and its calendar cannot be read: " + what, providers.UnknownCause
	case !changedMind && len(d.forbidden(ctx, q)) > 0:
		return d.forbidden(ctx, q)[0].Words, providers.Inferred
	case changedMind:
		return "the room took its answer back although nothing else is booked there; somebody may have decided so", providers.Inferred
	case q.End.Sub(q.Start) >= longest:
		return "the room is free; meetings of a day or longer are usually refused by rule", providers.Inferred
	case q.Start.Sub(b.Created) > usualWindow:
		return "the room is free; bookings more than 180 days ahead are usually refused by rule", providers.Inferred
	case b.Answered.Sub(b.Sent) <= atOnce:
		return "the room is free and declined at once: a booking rule, for example who may book it, its hours or the length of meetings", providers.Inferred
	case b.Answered.Sub(b.Sent) >= byPerson:
		return "the room is free and declined after " + providers.Age(b.Answered.Sub(b.Sent)) + ": probably a person decided", providers.Inferred
	}
	return "the room is free and gave no reason", providers.UnknownCause
}
