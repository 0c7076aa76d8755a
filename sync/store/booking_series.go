package store

import (
	"time"

	"roomdesk/providers"
)

// seriesRecord is the series of a booking as the outbox has it, by the same rule
// as [bookingRecord].
type seriesRecord struct {
	Words       string                `json:"words,omitempty"`
	PlanWords   string                `json:"plan_words,omitempty"`
	Meetings    []seriesMeetingRecord `json:"meetings,omitempty"`
	Dates       []bookingDateRecord   `json:"dates,omitempty"`
	Given       string                `json:"given,omitempty"`
	CancelScope string                `json:"cancel_scope,omitempty"`
}

type seriesMeetingRecord struct {
	TransactionID string            `json:"transaction_id"`
	EventID       string            `json:"event_id,omitempty"`
	ICalUID       string            `json:"ical_uid,omitempty"`
	Room          providers.Address `json:"room"`
	RoomName      string            `json:"room_name,omitempty"`
	Recurrence    recurrenceRecord  `json:"recurrence"`
	Start         time.Time         `json:"start"`
	End           time.Time         `json:"end"`
	Quiet         bool              `json:"quiet,omitempty"`
	Trimmed       bool              `json:"trimmed,omitempty"`
	Invited       bool              `json:"invited,omitempty"`
	Tries         int               `json:"tries,omitempty"`
	Gone          bool              `json:"gone,omitempty"`
}

type recurrenceRecord struct {
	Pattern    string         `json:"pattern"`
	Interval   int            `json:"interval"`
	Weekdays   []time.Weekday `json:"weekdays,omitempty"`
	FirstDay   time.Weekday   `json:"first_day,omitempty"`
	DayOfMonth int            `json:"day_of_month,omitempty"`
	Month      time.Month     `json:"month,omitempty"`
	Index      string         `json:"index,omitempty"`
	Range      string         `json:"range"`
	Start      time.Time      `json:"start"`
	End        time.Time      `json:"end,omitzero"`
	Count      int            `json:"count,omitempty"`
	Zone       string         `json:"zone,omitempty"`
}

type bookingDateRecord struct {
	WishedStart   time.Time           `json:"wished_start"`
	WishedEnd     time.Time           `json:"wished_end"`
	WishedRoom    providers.Address   `json:"wished_room,omitempty"`
	WishedName    string              `json:"wished_name,omitempty"`
	Start         time.Time           `json:"start,omitzero"`
	End           time.Time           `json:"end,omitzero"`
	Room          providers.Address   `json:"room,omitempty"`
	RoomName      string              `json:"room_name,omitempty"`
	Act           string              `json:"act"`
	Because       string              `json:"because,omitempty"`
	Meeting       int                 `json:"meeting"`
	TransactionID string              `json:"transaction_id,omitempty"`
	EventID       string              `json:"event_id,omitempty"`
	Tries         int                 `json:"tries,omitempty"`
	State         string              `json:"state"`
	Sent          time.Time           `json:"sent,omitzero"`
	Answered      time.Time           `json:"answered,omitzero"`
	Reason        string              `json:"reason,omitempty"`
	ReasonProof   string              `json:"reason_proof,omitempty"`
	Alternatives  []alternativeRecord `json:"alternatives,omitempty"`
	Notes         []string            `json:"notes,omitempty"`
	FreeAgain     time.Time           `json:"free_again,omitzero"`
	Change        *changeRecord       `json:"change,omitempty"`
}

func encodeSeries(s *providers.BookingSeries) *seriesRecord {
	if s == nil {
		return nil
	}
	r := &seriesRecord{Words: s.Words, PlanWords: s.PlanWords, Given: s.Given, CancelScope: string(s.CancelScope)}
	for _, m := range s.Meetings {
		c := m.Recurrence
		r.Meetings = append(r.Meetings, seriesMeetingRecord{
			TransactionID: m.TransactionID, EventID: m.EventID, ICalUID: m.ICalUID, Room: m.Room, RoomName: m.RoomName.Raw(), Start: m.Start, End: m.End,
			Quiet: m.Quiet, Trimmed: m.Trimmed, Invited: m.Invited, Tries: m.Tries, Gone: m.Gone,
			Recurrence: recurrenceRecord{string(c.Pattern), c.Interval, c.Weekdays, c.FirstDay, c.DayOfMonth, c.Month, string(c.Index), string(c.Range), c.Start, c.End, c.Count, c.Zone},
		})
	}
	for _, d := range s.Dates {
		r.Dates = append(r.Dates, bookingDateRecord{
			WishedStart: d.Wished.Start, WishedEnd: d.Wished.End, WishedRoom: d.WishedRoom, WishedName: d.WishedName.Raw(), Start: d.Span.Start, End: d.Span.End,
			Room: d.Room, RoomName: d.RoomName.Raw(), Act: string(d.Act), Because: d.Because, Meeting: d.Meeting, TransactionID: d.TransactionID, EventID: d.EventID, Tries: d.Tries,
			State: string(d.State), Sent: d.Sent, Answered: d.Answered, Reason: d.Reason, ReasonProof: string(d.ReasonProof),
			Alternatives: encodeAlternatives(d.Alternatives), Notes: d.Notes, FreeAgain: d.FreeAgain, Change: encodeChange(d.Change),
		})
	}
	return r
}

func (r *seriesRecord) series() *providers.BookingSeries {
	if r == nil {
		return nil
	}
	s := &providers.BookingSeries{Words: r.Words, PlanWords: r.PlanWords, Given: r.Given, CancelScope: providers.CancelScope(r.CancelScope)}
	for _, m := range r.Meetings {
		c := m.Recurrence
		s.Meetings = append(s.Meetings, providers.SeriesMeeting{
			TransactionID: m.TransactionID, EventID: m.EventID, ICalUID: m.ICalUID, Room: m.Room, RoomName: providers.Outside(m.RoomName), Start: m.Start, End: m.End,
			Quiet: m.Quiet, Trimmed: m.Trimmed, Invited: m.Invited, Tries: m.Tries, Gone: m.Gone,
			Recurrence: providers.Recurrence{Pattern: providers.PatternType(c.Pattern), Interval: c.Interval, Weekdays: c.Weekdays, FirstDay: c.FirstDay, DayOfMonth: c.DayOfMonth,
				Month: c.Month, Index: providers.WeekIndex(c.Index), Range: providers.RangeType(c.Range), Start: c.Start, End: c.End, Count: c.Count, Zone: c.Zone},
		})
	}
	for _, d := range r.Dates {
		s.Dates = append(s.Dates, providers.BookingDate{
			Wished: providers.Interval{Start: d.WishedStart, End: d.WishedEnd}, WishedRoom: d.WishedRoom, WishedName: providers.Outside(d.WishedName),
			Span: providers.Interval{Start: d.Start, End: d.End}, Room: d.Room, RoomName: providers.Outside(d.RoomName), Act: providers.SeriesAct(d.Act), Because: d.Because,
			Meeting: d.Meeting, TransactionID: d.TransactionID, EventID: d.EventID, Tries: d.Tries, State: providers.BookingState(d.State), Sent: d.Sent, Answered: d.Answered,
			Reason: d.Reason, ReasonProof: providers.Proof(d.ReasonProof), Alternatives: decodeAlternatives(d.Alternatives), Notes: d.Notes, FreeAgain: d.FreeAgain, Change: d.Change.change(),
		})
	}
	return s
}
