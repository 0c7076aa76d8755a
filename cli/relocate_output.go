package cli

import (
	"fmt"

	"roomdesk/booking/relocate"
	"roomdesk/providers"
)

// relocationObject is the result of relocate in JSON.
type relocationObject struct {
	Room     providers.Address `json:"room"`
	From     *string           `json:"from"`
	To       *string           `json:"to"`
	Meetings []moveObject      `json:"meetings"`
	Solved   int               `json:"solved"`
	Unsolved int               `json:"unsolved"`
	Blocked  int               `json:"blocked"` // entries that are no meetings to move
	Mails    int               `json:"mails"`
}

type moveObject struct {
	Start     *string             `json:"start"`
	End       *string             `json:"end"`
	Subject   providers.Untrusted `json:"subject"`
	Organizer providers.Address   `json:"organizer"`
	ICalUID   providers.Untrusted `json:"ical_uid"`
	Series    bool                `json:"series"`
	People    *int                `json:"people"`
	Mails     int                 `json:"mails"`
	State     string              `json:"state"` // planned, unsolved, moved, held, unknown, failed
	Why       string              `json:"why"`
	To        *providers.Address  `json:"to"`
	Choices   []choiceObject      `json:"choices"`
	Foreign   bool                `json:"foreign"`
	Text      string              `json:"text"`       // ready to send where it is foreign
	BookingID string              `json:"booking_id"` // for bookings undo
}

type choiceObject struct {
	Room providers.Address   `json:"room"`
	Name providers.Untrusted `json:"name"`
	Why  []reasonObject      `json:"why"`
}

func (o *output) relocation(p relocate.Plan, moves []*move) relocationObject {
	object := relocationObject{Room: p.Room.Mailbox, From: o.stamp(p.Period.Start), To: o.stamp(p.Period.End), Meetings: make([]moveObject, len(moves)), Blocked: p.Blocked}
	for n, m := range moves {
		row := moveObject{
			Start: o.stamp(m.Event.Start), End: o.stamp(m.Event.End), Organizer: m.Event.Organizer, ICalUID: providers.Outside(m.Event.ICalUID), Series: m.Event.Recurring(),
			Mails: m.Mails, State: m.state, Why: m.why, Foreign: m.Foreign, Text: m.Text, BookingID: m.booking, Choices: make([]choiceObject, len(m.Choices)),
		}
		if !m.Event.Private {
			row.Subject = m.Event.Subject
		}
		if m.People > 0 {
			row.People = &m.People
		}
		for i, c := range m.Choices {
			row.Choices[i] = choiceObject{Room: c.Room.Mailbox, Name: c.Room.Name, Why: reasonsOf(c.Why)}
		}
		switch m.state {
		case "planned":
			row.To = &m.Choices[0].Room.Mailbox
		case "moved", "held":
			row.To = &m.room.Mailbox
		}
		if m.well() {
			object.Solved++
			object.Mails += m.Mails
		} else {
			object.Unsolved++
		}
		object.Meetings[n] = row
	}
	return object
}

// well reports whether nobody has to do anything more about a meeting.
func (m *move) well() bool { return m.state == "planned" || m.state == "moved" || m.state == "held" }

func (a *app) sayRelocation(p relocate.Plan, moves []*move) {
	for _, m := range moves {
		a.out.say("%s  %s", a.out.span(providers.Interval{Start: m.Event.Start, End: m.Event.End}), m.becomes())
	}
	a.out.say("%s of %s can be moved; mail goes to %s.", fmt.Sprint(p.Solved), plural(len(moves), "meeting", ""), plural(p.Mails, "person", "")+" besides the rooms")
}

// becomes says what is planned or done for a meeting.
func (m *move) becomes() string {
	if m.state == "planned" {
		return m.Choices[0].Room.Title() + ": " + reasonWords(m.Choices[0].Why)
	}
	return m.words()
}

// reportRelocation prints the plan, or what became of it, and decides the exit code.
func (a *app) reportRelocation(p relocate.Plan, moves []*move) error {
	object := a.out.relocation(p, moves)
	if a.out.format == formatJSON {
		if err := a.out.json(object); err != nil {
			return err
		}
	} else {
		rows := make([][]string, len(moves))
		for n, m := range moves {
			subject := m.Event.Subject.Or("")
			if m.Event.Private {
				subject = "private"
			}
			people := ""
			if m.People > 0 {
				people = fmt.Sprint(m.People)
			}
			rows[n] = []string{a.out.span(providers.Interval{Start: m.Event.Start, End: m.Event.End}), subject, string(m.Event.Organizer), people, m.becomes()}
		}
		columns := []column{{title: "WHEN", keep: true}, {title: "MEETING"}, {title: "ORGANIZER"}, {title: "PEOPLE", right: true}, {title: "BECOMES", keep: true}}
		if err := a.out.table(columns, rows, "The room has no meetings then."); err != nil {
			return err
		}
		for _, m := range moves {
			if m.Foreign {
				a.out.say("To %s: %s", providers.Sanitise(string(m.Event.Organizer)), m.Text)
			}
			if m.booking != "" && m.state != "failed" {
				a.out.say("To take it back: roomdesk bookings undo %s --yes", m.booking)
			}
		}
	}
	switch {
	case object.Unsolved == 0:
		return nil
	case object.Solved == 0:
		return &failure{code: exitDeclined, class: string(providers.Conflict), message: "no meeting has another room", next: "choose another time, or ask the organisers"}
	}
	return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf("%d of %d meetings have no other room", object.Unsolved, len(moves)), next: "ask their organisers, or move them by hand"}
}
