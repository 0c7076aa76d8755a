package relocate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roomdesk/providers"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func at(hour int) time.Time { return monday.Add(time.Duration(hour) * time.Hour) }

func room(name string, floor, seats int, equipment ...providers.Equipment) providers.Room {
	return providers.Room{
		Mailbox: providers.Address(strings.ToLower(name) + "@contoso.com"), Name: providers.Outside(name), Building: providers.Outside("Berlin"),
		FloorNumber: &floor, Capacity: seats, Equipment: equipment, Bookable: true, Zone: "Europe/Berlin",
	}
}

func event(uid string, from, to, people int) providers.Event {
	e := providers.Event{ICalUID: uid, ID: uid, Type: providers.SingleInstance, Start: at(from), End: at(to), Organizer: "adele@contoso.com", ShowAs: providers.ShowBusy}
	e.Attendees = []providers.Attendee{{Mailbox: "walnut@contoso.com", Type: providers.Resource}}
	for n := range people - 1 {
		e.Attendees = append(e.Attendees, providers.Attendee{Mailbox: providers.Address(fmt.Sprint("p", n, "@contoso.com")), Type: providers.Required})
	}
	return e
}

func question(events []providers.Event, rooms ...providers.Room) Question {
	q := Question{
		Room: room("Walnut", 2, 10, providers.Display, providers.Video), Period: providers.Interval{Start: at(0), End: at(24)}, Now: at(0), Events: events, Rooms: rooms,
		Free: map[providers.Address]providers.Availability{}, Ours: func(a providers.Address) bool { return a.Domain() == "contoso.com" },
	}
	for _, r := range rooms {
		q.Free[r.Mailbox] = providers.Availability{Mailbox: r.Mailbox, Window: providers.Interval{Start: at(-24), End: at(48)}, AsOf: at(0)}
	}
	return q
}

func (q Question) busy(room string, from, to int) {
	a := q.Free[providers.Address(room+"@contoso.com")]
	a.Blocks = append(a.Blocks, providers.Block{Interval: providers.Interval{Start: at(from), End: at(to)}, State: providers.Busy})
	q.Free[a.Mailbox] = a
}

func summary(p Plan) string {
	var lines []string
	for _, m := range p.Meetings {
		line := m.Event.ICalUID + ":"
		for _, c := range m.Choices {
			line += " " + c.Room.Title()
		}
		lines = append(lines, line+m.Unsolved)
	}
	return strings.Join(lines, "\n")
}

// J2: equipment before nearness before size; what is not the room's to move is left
// out, what nobody here may move has a text, and what is not solved comes first.
func TestJ2Plan(t *testing.T) {
	cancelled, own, declined, guest, over := event("cancelled", 9, 10, 4), event("own", 9, 10, 4), event("declined", 9, 10, 4), event("guest", 16, 17, 4), event("over", -3, -1, 4)
	cancelled.Cancelled, own.IsOrganizer, declined.Response, guest.Organizer = true, true, providers.ResponseDeclined, "ann@fabrikam.com"
	q := question([]providers.Event{event("small", 9, 10, 4), event("big", 11, 12, 30), event("late", 14, 15, 4), cancelled, own, declined, guest, over},
		room("Far", 9, 4, providers.Display, providers.Video), room("Near", 2, 12, providers.Display, providers.Video), room("Snug", 2, 4, providers.Display, providers.Video),
		room("Bare", 2, 4), room("Tiny", 2, 3, providers.Display, providers.Video), room("Walnut", 2, 10))
	q.busy("snug", 14, 15)
	p := Make(q)
	want := "big:no other room is free and fits\nguest:its organiser is not of this organisation: ask for another room\nsmall: Snug Near Far\nlate: Near Far Bare"
	if got := summary(p); got != want {
		t.Errorf("the plan is\n%s\nwant\n%s", got, want)
	}
	if p.Solved != 2 || p.Blocked != 4 || p.Mails != 6 {
		t.Errorf("%d solved, %d blocked, %d mails", p.Solved, p.Blocked, p.Mails)
	}
	if text := p.Meetings[1].Text; !strings.Contains(text, "Walnut cannot be used on Monday, 23 November 2026") || !strings.Contains(text, "17:00 to 18:00 (Europe/Berlin)") {
		t.Errorf("the text is %q", text)
	}
	var why []string
	for _, r := range p.Meetings[3].Choices[2].Why {
		why = append(why, r.Words)
	}
	if got := strings.Join(why, ", "); got != "no display, no video, same floor, 4 seats for 4" {
		t.Errorf("Bare: %s", got)
	}
}

// Two meetings at one time do not get one room, and one moves on for the other.
func TestTwoMeetingsAtOneTime(t *testing.T) {
	q := question([]providers.Event{event("any", 9, 11, 2), event("large", 10, 12, 8)}, room("Hall", 2, 8, providers.Display, providers.Video), room("Box", 2, 4, providers.Display, providers.Video))
	q.busy("box", 11, 12)
	if got := summary(Make(q)); got != "any: Box\nlarge: Hall" {
		t.Errorf("the plan is\n%s", got)
	}
	q.busy("box", 9, 10)
	if got := summary(Make(q)); !strings.HasPrefix(got, "any:the rooms that fit are needed") && !strings.HasPrefix(got, "large:the rooms that fit are needed") {
		t.Errorf("with one room for two:\n%s", got)
	}
}

func TestRulesOfSubstitutes(t *testing.T) {
	q := question([]providers.Event{event("one", 9, 12, 4)}, room("Asks", 2, 4, providers.Display, providers.Video), room("Short", 2, 4, providers.Display, providers.Video), room("Yes", 5, 4))
	asks, short := providers.UsualRoomRules("asks@contoso.com"), providers.UsualRoomRules("short@contoso.com")
	asks.AllBookInPolicy, asks.AllRequestInPolicy, short.MaximumDurationInMinutes = false, true, 60
	q.Rules = map[providers.Address]providers.RoomRules{asks.Mailbox: asks, short.Mailbox: short}
	if got := summary(Make(q)); got != "one: Yes Asks" {
		t.Errorf("the plan is %s", got)
	}
}

// Whatever the meetings and rooms: each planned room is free, large enough and
// planned once at a time; where meetings do not overlap, everything that can be
// solved is, with the best room there is.
func TestPlansAreFeasibleAndBest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var events []providers.Event
		apart := rapid.Bool().Draw(rt, "apart")
		hour := 8
		for n := range rapid.IntRange(1, 6).Draw(rt, "meetings") {
			from := hour
			if !apart {
				from = rapid.IntRange(8, 14).Draw(rt, "from")
			}
			to := from + rapid.IntRange(1, 2).Draw(rt, "length")
			hour = to
			events = append(events, event(fmt.Sprint("m", n), from, to, rapid.IntRange(1, 9).Draw(rt, "people")))
		}
		var rooms []providers.Room
		for n := range rapid.IntRange(0, 5).Draw(rt, "rooms") {
			kinds := [][]providers.Equipment{nil, {providers.Display}, {providers.Display, providers.Video}}
			rooms = append(rooms, room(fmt.Sprint("R", n), rapid.IntRange(0, 4).Draw(rt, "floor"), rapid.IntRange(0, 10).Draw(rt, "seats"), rapid.SampledFrom(kinds).Draw(rt, "kinds")...))
		}
		q := question(events, rooms...)
		for n := range rooms {
			for range rapid.IntRange(0, 3).Draw(rt, "blocks") {
				from := rapid.IntRange(7, 20).Draw(rt, "busy from")
				q.busy(fmt.Sprint("r", n), from, from+rapid.IntRange(1, 3).Draw(rt, "busy for"))
			}
		}
		p := Make(q)
		if len(p.Meetings) != len(events) {
			rt.Fatalf("%d of %d meetings", len(p.Meetings), len(events))
		}
		for i, m := range p.Meetings {
			fits := choices(q, &m, false)
			if (m.Unsolved == "") != (len(m.Choices) > 0) || apart && (len(fits) > 0) != (m.Unsolved == "") {
				rt.Fatalf("%s: %d fit, %d choices, %q", m.Event.ICalUID, len(fits), len(m.Choices), m.Unsolved)
			}
			if len(m.Choices) == 0 {
				continue
			}
			first := m.Choices[0].Room
			if !slices.ContainsFunc(fits, func(c Choice) bool { return c.Room.Mailbox == first.Mailbox }) {
				rt.Fatalf("%s gets %s, which does not fit", m.Event.ICalUID, first.Title())
			}
			when := providers.Interval{Start: m.Event.Start, End: m.Event.End}
			if a := q.Free[first.Mailbox]; !a.FreeFor(when) || first.Capacity > 0 && first.Capacity < m.People {
				rt.Fatalf("%s gets %s, which is taken or too small", m.Event.ICalUID, first.Title())
			}
			if apart && fits[0].Room.Mailbox != first.Mailbox {
				rt.Fatalf("%s gets %s, %s is better", m.Event.ICalUID, first.Title(), fits[0].Room.Title())
			}
			for _, other := range p.Meetings[:i] {
				if len(other.Choices) > 0 && other.Choices[0].Room.Mailbox == first.Mailbox && other.Event.Start.Before(m.Event.End) && m.Event.Start.Before(other.Event.End) {
					rt.Fatalf("%s and %s both get %s", other.Event.ICalUID, m.Event.ICalUID, first.Title())
				}
			}
		}
	})
}
