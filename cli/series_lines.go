package cli

import (
	"strings"

	"roomdesk/providers"
)

// printDates prints a line for each date of a booked series.
func (a *app) printDates(b providers.Booking) error {
	rows := make([][]string, len(b.Series.Dates))
	for n, line := range b.Series.Dates {
		span, room := line.Span, line.RoomName.Or(string(line.Room))
		if span.Start.IsZero() {
			span = line.Wished
		}
		words := []string{}
		changed := ""
		if c := line.Change; c.Kind != "" && c.State != providers.ChangeDone {
			changed = string(c.Kind) + ": " + c.Words()
		}
		for _, text := range append([]string{changed, line.Reason, line.Because, line.Offer()}, line.Notes...) {
			if text != "" {
				words = append(words, text)
			}
		}
		proof := ""
		if line.Reason != "" {
			proof = string(line.ReasonProof)
		}
		for _, other := range line.Alternatives {
			words = append(words, "or "+other.Name.Or(string(other.Room))+" ("+string(other.Room)+")")
		}
		rows[n] = []string{span.Start.In(a.out.zone).Format("Mon ") + a.out.span(span), room, string(line.State), string(line.Act), strings.Join(words, "; "), proof}
	}
	if a.out.format == formatTable {
		a.out.say("")
	}
	return a.out.table([]column{{title: "DATE", keep: true}, {title: "ROOM", keep: true}, {title: "STATE", keep: true, state: true}, {title: "PLAN"}, {title: "REASON"}, {title: "THE REASON IS"}}, rows, "The series has no dates.")
}

// The shapes of a booked series in JSON.
type bookedSeriesObject struct {
	Words string             `json:"words"`
	Plan  string             `json:"plan"`
	Tally string             `json:"tally"`
	Dates []bookedDateObject `json:"dates"`
}

type bookedDateObject struct {
	WishedStart  *string                `json:"wished_start"`
	WishedEnd    *string                `json:"wished_end"`
	WishedRoom   providers.Address      `json:"wished_room"`
	Start        *string                `json:"start"`
	End          *string                `json:"end"`
	Room         providers.Address      `json:"room"`
	RoomName     providers.Untrusted    `json:"room_name"`
	Act          providers.SeriesAct    `json:"act"`
	State        providers.BookingState `json:"state"`
	Reason       providers.Untrusted    `json:"reason"`
	ReasonProof  string                 `json:"reason_proof"`
	Because      providers.Untrusted    `json:"because"`
	Notes        []string               `json:"notes"`
	Alternatives []alternativeObject    `json:"alternatives"`
	FreeAgain    *string                `json:"free_again"`
	Answered     *string                `json:"answered"`
	EventID      providers.Untrusted    `json:"event_id"`
	Change       *changeObject          `json:"change"`
}

func (o *output) bookedSeries(s *providers.BookingSeries) *bookedSeriesObject {
	if s == nil {
		return nil
	}
	object := &bookedSeriesObject{Words: s.Words, Plan: s.PlanWords, Tally: s.Tally(), Dates: []bookedDateObject{}}
	for _, d := range s.Dates {
		object.Dates = append(object.Dates, bookedDateObject{
			WishedStart: o.stamp(d.Wished.Start), WishedEnd: o.stamp(d.Wished.End), WishedRoom: d.WishedRoom, Start: o.stamp(d.Span.Start), End: o.stamp(d.Span.End),
			Room: d.Room, RoomName: d.RoomName, Act: d.Act, State: d.State, Reason: providers.Outside(d.Reason), ReasonProof: string(d.ReasonProof),
			Because: providers.Outside(d.Because), Notes: list(d.Notes), Alternatives: alternativesOf(d.Alternatives), FreeAgain: o.stamp(d.FreeAgain),
			Answered: o.stamp(d.Answered), EventID: providers.Outside(d.EventID), Change: o.change(d.Change),
		})
	}
	return object
}
