package cli

import (
	"fmt"

	"roomdesk/providers"
)

// relocationObject is a relocation in JSON: a plan, or what became of it.
type relocationObject struct {
	ID       string              `json:"id"` // "" for a plan
	State    string              `json:"state"`
	Room     providers.Address   `json:"room"`
	From     *string             `json:"from"`
	To       *string             `json:"to"`
	Reason   providers.Untrusted `json:"reason"`
	Created  *string             `json:"created"`
	Meetings []moveObject        `json:"meetings"`
	Solved   int                 `json:"solved"`
	Unsolved int                 `json:"unsolved"`
	Blocked  int                 `json:"blocked"` // entries that are no meetings to move
	Mails    int                 `json:"mails"`
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
	State     string              `json:"state"`
	Why       string              `json:"why"`
	To        *providers.Address  `json:"to"`
	Batch     int                 `json:"batch"`
	Choices   []choiceObject      `json:"choices"`
	Answers   []answerObject      `json:"answers"`
	Foreign   bool                `json:"foreign"`
	Text      string              `json:"text"`       // ready to send where it is unsolved
	BookingID string              `json:"booking_id"` // for bookings undo
}

type choiceObject struct {
	Room   providers.Address   `json:"room"`
	Name   providers.Untrusted `json:"name"`
	Why    []reasonObject      `json:"why"`
	Lesser bool                `json:"lesser"`
}

// answerObject is what one room said.
type answerObject struct {
	Room     providers.Address `json:"room"`
	Response string            `json:"response"` // "" where it was not asked because it was taken
	Words    string            `json:"words"`
	At       *string           `json:"at"`
	Undo     bool              `json:"undo"`
}

func (o *output) relocation(r providers.Relocation) relocationObject {
	object := relocationObject{
		ID: r.ID, State: string(r.State), Room: r.Room, From: o.stamp(r.Period.Start), To: o.stamp(r.Period.End), Reason: r.Reason, Created: o.stamp(r.Created),
		Meetings: make([]moveObject, len(r.Steps)), Blocked: r.Blocked,
	}
	_, object.Mails = r.Mails()
	for n, s := range r.Steps {
		row := moveObject{
			Start: o.stamp(s.Was.Start), End: o.stamp(s.Was.End), Organizer: s.Organizer, ICalUID: providers.Outside(s.ICalUID), Series: s.Series,
			Mails: len(s.Mails), State: string(s.State), Why: s.Why, Batch: s.Batch, Foreign: s.Foreign, BookingID: s.BookingID,
			Choices: make([]choiceObject, len(s.Choices)), Answers: make([]answerObject, len(s.Answers)),
		}
		if !s.Private {
			row.Subject = s.Subject
		}
		if s.People > 0 {
			row.People = &r.Steps[n].People
		}
		for i, c := range s.Choices {
			row.Choices[i] = choiceObject{Room: c.Room, Name: c.Name, Why: reasonsOf(c.Why), Lesser: c.Lesser}
		}
		for i, a := range s.Answers {
			row.Answers[i] = answerObject{Room: a.Room, Response: string(a.Response), Words: a.Words, At: o.stamp(a.At), Undo: a.Undo}
		}
		if c, ok := s.Choice(); ok && s.State != providers.StepUnsolved && s.State != providers.StepFailed && s.State != providers.StepLeft {
			row.To = &c.Room
			if s.State == providers.StepUndone {
				row.To = &r.Steps[n].Was.Room
			}
		}
		if s.State == providers.StepUnsolved || s.State == providers.StepFailed {
			row.Text = s.Text
		}
		if well(s) {
			object.Solved++
		} else {
			object.Unsolved++
		}
		object.Meetings[n] = row
	}
	return object
}

// well reports whether nobody has to do anything more about a meeting.
func well(s providers.RelocationStep) bool {
	switch s.State {
	case providers.StepPlanned, providers.StepMoved, providers.StepUndoing, providers.StepUndone, providers.StepLeft:
		return true
	}
	return false
}

func (a *app) sayRelocation(r providers.Relocation) {
	for _, s := range r.Steps {
		a.out.say("%s  %s", a.out.span(s.Was.Span()), becomes(s))
	}
	people, mails := r.Mails()
	a.out.say("%d of %s; %s to %s, besides organisers and rooms.", r.Count(providers.StepPlanned, providers.StepUndoing), plural(r.Meetings(), "meeting", ""), plural(mails, "mail", ""), fmt.Sprint(len(people))+" people")
}

// becomes says what is planned or done for a meeting.
func becomes(s providers.RelocationStep) string {
	room := "?"
	c, ok := s.Choice()
	if ok {
		room = c.Name.Or(string(c.Room))
	}
	switch s.State {
	case providers.StepPlanned:
		return room + ": " + reasonWords(c.Why)
	case providers.StepMoved:
		return "moved to " + room
	case providers.StepUndoing:
		return "goes back to " + s.Was.RoomName.Or(string(s.Was.Room))
	case providers.StepUndone:
		return "back in " + s.Was.RoomName.Or(string(s.Was.Room))
	case providers.StepKept:
		return "stays in " + room + ": " + s.Why
	}
	if s.Why == "" {
		return string(s.State)
	}
	return string(s.State) + ": " + s.Why
}

// reportRelocation prints a plan, or what became of it, and decides the exit code.
func (a *app) reportRelocation(r providers.Relocation) error {
	object := a.out.relocation(r)
	if a.out.format == formatJSON {
		if err := a.out.json(object); err != nil {
			return err
		}
	} else if err := a.printRelocation(r); err != nil {
		return err
	}
	switch {
	case object.Unsolved == 0:
		return nil
	case object.Solved == 0:
		return &failure{code: exitDeclined, class: string(providers.Conflict), message: "no meeting has another room", next: "choose another time, or ask the organisers"}
	}
	return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf("%d of %d meetings are not settled", object.Unsolved, len(r.Steps)), next: "send their organisers the text, or move them by hand"}
}

func (a *app) printRelocation(r providers.Relocation) error {
	rows := make([][]string, len(r.Steps))
	for n, s := range r.Steps {
		subject := s.Subject.Or("")
		if s.Private {
			subject = "private"
		}
		people := ""
		if s.People > 0 {
			people = fmt.Sprint(s.People)
		}
		rows[n] = []string{a.out.span(s.Was.Span()), subject, string(s.Organizer), people, becomes(s)}
	}
	columns := []column{{title: "WHEN", keep: true}, {title: "MEETING"}, {title: "ORGANIZER"}, {title: "PEOPLE", right: true}, {title: "BECOMES", keep: true}}
	if err := a.out.table(columns, rows, "The room has no meetings then."); err != nil {
		return err
	}
	for _, s := range r.Steps {
		if (s.State == providers.StepUnsolved || s.State == providers.StepFailed) && s.Text != "" {
			a.out.say("To %s: %s", providers.Sanitise(string(s.Organizer)), s.Text)
		}
	}
	if r.Count(providers.StepMoved) > 0 && !r.State.Open() && r.ID != "" {
		a.out.say("To take it back: roomdesk relocate undo %s", r.ID)
	}
	return nil
}
