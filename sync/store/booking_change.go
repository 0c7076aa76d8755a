package store

import (
	"time"

	"roomdesk/providers"
)

// changeRecord is the latest change of a booking as the outbox has it, by the
// same rule as [bookingRecord].
type changeRecord struct {
	Kind           string              `json:"kind"`
	State          string              `json:"state"`
	Step           string              `json:"step,omitempty"`
	Was            slotRecord          `json:"was"`
	Wanted         slotRecord          `json:"wanted"`
	Asked          time.Time           `json:"asked,omitzero"`
	Sent           time.Time           `json:"sent,omitzero"`
	Ended          time.Time           `json:"ended,omitzero"`
	Tries          int                 `json:"tries,omitempty"`
	NextTry        time.Time           `json:"next_try,omitzero"`
	AnsweredBefore time.Time           `json:"answered_before,omitzero"`
	Mails          []noticeRecord      `json:"mails,omitempty"`
	Reason         string              `json:"reason,omitempty"`
	ReasonProof    string              `json:"reason_proof,omitempty"`
	Failure        string              `json:"failure,omitempty"`
	Alternatives   []alternativeRecord `json:"alternatives,omitempty"`
}

type slotRecord struct {
	Room     providers.Address `json:"room"`
	RoomName string            `json:"room_name,omitempty"`
	Start    time.Time         `json:"start"`
	End      time.Time         `json:"end"`
}

type noticeRecord struct {
	Mailbox providers.Address `json:"mailbox"`
	Room    bool              `json:"room,omitempty"`
	Cause   string            `json:"cause,omitempty"`
}

func encodeChange(c providers.BookingChange) *changeRecord {
	if c.Kind == "" {
		return nil
	}
	r := &changeRecord{
		Kind: string(c.Kind), State: string(c.State), Step: string(c.Step), Was: encodeSlot(c.Was), Wanted: encodeSlot(c.Wanted),
		Asked: c.Asked, Sent: c.Sent, Ended: c.Ended, Tries: c.Tries, NextTry: c.NextTry, AnsweredBefore: c.AnsweredBefore,
		Reason: c.Reason, ReasonProof: string(c.ReasonProof), Failure: string(c.Failure), Alternatives: encodeAlternatives(c.Alternatives),
	}
	for _, m := range c.Mails {
		r.Mails = append(r.Mails, noticeRecord{m.Mailbox, m.Room, m.Cause})
	}
	return r
}

func (r *changeRecord) change() providers.BookingChange {
	if r == nil {
		return providers.BookingChange{}
	}
	c := providers.BookingChange{
		Kind: providers.ChangeKind(r.Kind), State: providers.ChangeState(r.State), Step: providers.ChangeStep(r.Step), Was: r.Was.slot(), Wanted: r.Wanted.slot(),
		Asked: r.Asked, Sent: r.Sent, Ended: r.Ended, Tries: r.Tries, NextTry: r.NextTry, AnsweredBefore: r.AnsweredBefore,
		Reason: r.Reason, ReasonProof: providers.Proof(r.ReasonProof), Failure: providers.Class(r.Failure),
		Alternatives: decodeAlternatives(r.Alternatives),
	}
	for _, m := range r.Mails {
		c.Mails = append(c.Mails, providers.Notice{Mailbox: m.Mailbox, Room: m.Room, Cause: m.Cause})
	}
	return c
}

func encodeSlot(s providers.Slot) slotRecord {
	return slotRecord{s.Room, s.RoomName.Raw(), s.Start, s.End}
}

func (r slotRecord) slot() providers.Slot {
	return providers.Slot{Room: r.Room, RoomName: providers.Outside(r.RoomName), Start: r.Start, End: r.End}
}

// cancelRecord is one meeting of a cancellation.
type cancelRecord struct {
	EventID string    `json:"event_id"`
	Start   time.Time `json:"start,omitzero"`
	End     time.Time `json:"end,omitzero"`
	Done    bool      `json:"done,omitempty"`
	Refused string    `json:"refused,omitempty"`
}

func encodeCancelDates(all []providers.CancelDate) (records []cancelRecord) {
	for _, c := range all {
		records = append(records, cancelRecord(c))
	}
	return records
}

func decodeCancelDates(records []cancelRecord) (all []providers.CancelDate) {
	for _, r := range records {
		all = append(all, providers.CancelDate(r))
	}
	return all
}
