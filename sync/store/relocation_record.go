package store

import (
	"time"

	"roomdesk/providers"
)

// relocationRecord is a relocation as the journal has it, by the same rule as
// [bookingRecord].
type relocationRecord struct {
	ID        string            `json:"id"`
	Room      providers.Address `json:"room"`
	RoomName  string            `json:"room_name,omitempty"`
	From      time.Time         `json:"from"`
	To        time.Time         `json:"to"`
	Reason    string            `json:"reason,omitempty"`
	State     string            `json:"state"`
	Created   time.Time         `json:"created,omitzero"`
	Updated   time.Time         `json:"updated,omitzero"`
	Ended     time.Time         `json:"ended,omitzero"`
	Steps     []stepRecord      `json:"steps,omitempty"`
	Blocked   int               `json:"blocked,omitempty"`
	BatchSize int               `json:"batch_size"`
	Patience  time.Duration     `json:"patience_ns"`
	Stopped   bool              `json:"stopped,omitempty"`
	Holder    string            `json:"holder,omitempty"`
	HeldUntil time.Time         `json:"held_until,omitzero"`
}

type stepRecord struct {
	Was       slotRecord          `json:"was"`
	Subject   string              `json:"subject,omitempty"`
	Private   bool                `json:"private,omitempty"`
	Organizer providers.Address   `json:"organizer,omitempty"`
	EventID   string              `json:"event_id,omitempty"`
	ICalUID   string              `json:"ical_uid,omitempty"`
	Series    bool                `json:"series,omitempty"`
	Dates     []time.Time         `json:"dates,omitempty"`
	People    int                 `json:"people,omitempty"`
	Mails     []providers.Address `json:"mails,omitempty"`
	Foreign   bool                `json:"foreign,omitempty"`
	Text      string              `json:"text,omitempty"`
	Choices   []roomChoiceRecord  `json:"choices,omitempty"`
	At        int                 `json:"at,omitempty"`
	Batch     int                 `json:"batch,omitempty"`
	State     string              `json:"state"`
	Why       string              `json:"why,omitempty"`
	BookingID string              `json:"booking_id,omitempty"`
	Answers   []roomAnswerRecord  `json:"answers,omitempty"`
	Began     time.Time           `json:"began,omitzero"`
	Ended     time.Time           `json:"ended,omitzero"`
	UndoneAt  time.Time           `json:"undone_at,omitzero"`
}

type roomChoiceRecord struct {
	Room     providers.Address `json:"room"`
	Name     string            `json:"name,omitempty"`
	Place    string            `json:"place,omitempty"`
	Capacity int               `json:"capacity,omitempty"`
	Why      []reasonRecord    `json:"why,omitempty"`
	Lesser   bool              `json:"lesser,omitempty"`
}

type reasonRecord struct {
	Words string `json:"words"`
	Proof string `json:"proof,omitempty"`
}

type roomAnswerRecord struct {
	Room     providers.Address `json:"room"`
	Name     string            `json:"name,omitempty"`
	Response string            `json:"response,omitempty"`
	Words    string            `json:"words,omitempty"`
	At       time.Time         `json:"at,omitzero"`
	Undo     bool              `json:"undo,omitempty"`
}

func encodeRelocation(r providers.Relocation) relocationRecord {
	out := relocationRecord{
		ID: r.ID, Room: r.Room, RoomName: r.RoomName.Raw(), From: r.Period.Start, To: r.Period.End, Reason: r.Reason.Raw(), State: string(r.State),
		Created: r.Created, Updated: r.Updated, Ended: r.Ended, Blocked: r.Blocked, BatchSize: r.BatchSize, Patience: r.Patience, Stopped: r.Stopped,
		Holder: r.Holder, HeldUntil: r.HeldUntil,
	}
	for _, s := range r.Steps {
		step := stepRecord{
			Was: encodeSlot(s.Was), Subject: s.Subject.Raw(), Private: s.Private, Organizer: s.Organizer, EventID: s.EventID, ICalUID: s.ICalUID,
			Series: s.Series, Dates: s.Dates, People: s.People, Mails: s.Mails, Foreign: s.Foreign, Text: s.Text, At: s.At, Batch: s.Batch,
			State: string(s.State), Why: s.Why, BookingID: s.BookingID, Began: s.Began, Ended: s.Ended, UndoneAt: s.UndoneAt,
		}
		for _, c := range s.Choices {
			choice := roomChoiceRecord{Room: c.Room, Name: c.Name.Raw(), Place: c.Place, Capacity: c.Capacity, Lesser: c.Lesser}
			for _, why := range c.Why {
				choice.Why = append(choice.Why, reasonRecord{why.Words, string(why.Proof)})
			}
			step.Choices = append(step.Choices, choice)
		}
		for _, a := range s.Answers {
			step.Answers = append(step.Answers, roomAnswerRecord{a.Room, a.Name.Raw(), string(a.Response), a.Words, a.At, a.Undo})
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

func (r relocationRecord) relocation(revision int) providers.Relocation {
	out := providers.Relocation{
		ID: r.ID, Room: r.Room, RoomName: providers.Outside(r.RoomName), Period: providers.Interval{Start: r.From, End: r.To}, Reason: providers.Outside(r.Reason),
		State: providers.RelocationState(r.State), Created: r.Created, Updated: r.Updated, Ended: r.Ended, Blocked: r.Blocked, BatchSize: r.BatchSize,
		Patience: r.Patience, Stopped: r.Stopped, Holder: r.Holder, HeldUntil: r.HeldUntil, Revision: revision,
	}
	for _, s := range r.Steps {
		step := providers.RelocationStep{
			Was: s.Was.slot(), Subject: providers.Outside(s.Subject), Private: s.Private, Organizer: s.Organizer, EventID: s.EventID, ICalUID: s.ICalUID,
			Series: s.Series, Dates: s.Dates, People: s.People, Mails: s.Mails, Foreign: s.Foreign, Text: s.Text, At: s.At, Batch: s.Batch,
			State: providers.StepState(s.State), Why: s.Why, BookingID: s.BookingID, Began: s.Began, Ended: s.Ended, UndoneAt: s.UndoneAt,
		}
		for _, c := range s.Choices {
			choice := providers.RoomChoice{Room: c.Room, Name: providers.Outside(c.Name), Place: c.Place, Capacity: c.Capacity, Lesser: c.Lesser}
			for _, why := range c.Why {
				choice.Why = append(choice.Why, providers.Reason{Words: why.Words, Proof: providers.Proof(why.Proof)})
			}
			step.Choices = append(step.Choices, choice)
		}
		for _, a := range s.Answers {
			step.Answers = append(step.Answers, providers.RoomAnswer{
				Room: a.Room, Name: providers.Outside(a.Name), Response: providers.Response(a.Response), Words: a.Words, At: a.At, Undo: a.Undo,
			})
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}
