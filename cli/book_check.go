package cli

import (
	"context"

	"roomdesk/booking"
	"roomdesk/providers"
)

// checkObject is a booking that was only looked at.
type checkObject struct {
	Room         providers.Address     `json:"room"`
	RoomName     providers.Untrusted   `json:"room_name"`
	Start        *string               `json:"start"`
	End          *string               `json:"end"`
	Free         bool                  `json:"free"`
	Why          providers.Untrusted   `json:"why"`
	Class        *providers.Class      `json:"class"`
	Warnings     []providers.Untrusted `json:"warnings"`
	Teams        bool                  `json:"teams"`
	TeamsWhy     providers.Untrusted   `json:"teams_why"`
	Alternatives []alternativeObject   `json:"alternatives"`
}

// checkBooking asks whether a booking can be made, and what is to be expected of
// the room; nothing is sent or stored.
func (a *app) checkBooking(ctx context.Context, desk *booking.Desk, request providers.BookingRequest) error {
	c, err := desk.Check(ctx, request)
	if err == nil && c.Class != "" {
		err = &booking.Refused{Check: c, Err: &providers.Error{Class: c.Class, Op: "booking " + string(c.Request.Room), Message: providers.Outside(c.Why)}}
	}
	q := c.Request
	room := providers.Outside(string(q.Room))
	if rooms, readErr := desk.Mirror.Rooms(ctx); readErr == nil {
		for _, r := range rooms {
			if r.Mailbox == q.Room {
				room = providers.Outside(r.Title())
			}
		}
	}
	if a.out.format == formatJSON {
		object := checkObject{Room: q.Room, RoomName: room, Start: a.out.stamp(q.Start), End: a.out.stamp(q.End), Free: c.Free, Why: providers.Outside(c.Why), Class: classOf(c.Class),
			Warnings: []providers.Untrusted{}, Teams: c.TeamsAllowed, TeamsWhy: providers.Outside(c.TeamsWhy), Alternatives: alternativesOf(c.Alternatives)}
		for _, w := range c.Warnings {
			object.Warnings = append(object.Warnings, providers.Outside(w))
		}
		if printErr := a.out.json(object); printErr != nil {
			return printErr
		}
	} else {
		state := "free now; nothing was sent"
		if !c.Free {
			state = c.Why
		}
		a.out.say("%s, %s: %s", room.Or(string(q.Room)), a.out.span(providers.Interval{Start: q.Start, End: q.End}), state)
		for _, w := range c.Warnings {
			a.out.say("  note        %s", w)
		}
		for _, alternative := range c.Alternatives {
			a.out.say("  alternative %s (%s), %s", alternative.Name.Or(string(alternative.Room)), alternative.Room, alternative.Why)
		}
	}
	if err == nil {
		return nil
	}
	return explainRefused(err)
}
