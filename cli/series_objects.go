package cli

import (
	"time"

	"roomdesk/providers"
)

// The shapes of a planned series in JSON. Dates and rooms are named by their place
// in dates and rooms.
type seriesObject struct {
	Understood string             `json:"understood"`
	Zone       string             `json:"zone"`
	Dates      []seriesDateObject `json:"dates"`
	Rooms      []seriesRoomObject `json:"rooms"`
	Plans      []seriesPlanObject `json:"plans"`
	Ways       []seriesStepObject `json:"ways"`
	Beyond     int                `json:"beyond"`
}

type seriesDateObject struct {
	Start *string  `json:"start"`
	End   *string  `json:"end"`
	Notes []string `json:"notes"`
	Busy  []string `json:"busy"`
	Dark  []string `json:"dark"`
}

type seriesRoomObject struct {
	Mailbox providers.Address       `json:"mailbox"`
	Name    providers.Untrusted     `json:"name"`
	Free    int                     `json:"free"`
	Outcome providers.SeriesOutcome `json:"outcome"`
	Why     []reasonObject          `json:"why"`
	Cells   []seriesCellObject      `json:"cells"`
}

type seriesCellObject struct {
	State providers.SeriesCellState `json:"state"`
	Words string                    `json:"words"`
}

type seriesPlanObject struct {
	Name    string             `json:"name"`
	Price   int                `json:"price"`
	Words   string             `json:"words"`
	Changes int                `json:"changes"`
	Shifts  int                `json:"shifts"`
	Skips   int                `json:"skips"`
	Absent  int                `json:"absent"`
	Parts   []seriesPartObject `json:"parts"`
	Steps   []seriesStepObject `json:"steps"`
}

type seriesPartObject struct {
	From int               `json:"from"`
	To   int               `json:"to"`
	Room providers.Address `json:"room"`
}

type seriesStepObject struct {
	Date  int                 `json:"date"`
	Act   providers.SeriesAct `json:"act"`
	Room  *providers.Address  `json:"room"`
	Start *string             `json:"start"`
	End   *string             `json:"end"`
	Price int                 `json:"price"`
}

func (o *output) series(m providers.SeriesMatrix, understood string, zone *time.Location) seriesObject {
	object := seriesObject{Understood: understood, Zone: zone.String(), Dates: []seriesDateObject{}, Rooms: []seriesRoomObject{}, Plans: []seriesPlanObject{},
		Ways: []seriesStepObject{}, Beyond: m.Beyond}
	for _, d := range m.Dates {
		object.Dates = append(object.Dates, seriesDateObject{o.stamp(d.Span.Start), o.stamp(d.Span.End), list(d.Notes), list(d.Busy), list(d.Dark)})
	}
	for _, r := range m.Rooms {
		room := seriesRoomObject{r.Room.Mailbox, r.Room.Name, r.Free, r.Outcome, reasonsOf(r.Why), make([]seriesCellObject, len(r.Cells))}
		for i, cell := range r.Cells {
			room.Cells[i] = seriesCellObject{cell.State, cell.Words}
		}
		object.Rooms = append(object.Rooms, room)
	}
	step := func(s providers.SeriesStep) seriesStepObject {
		out := seriesStepObject{Date: s.Date, Act: s.Act, Price: s.Price}
		if s.Room >= 0 {
			out.Room, out.Start, out.End = &m.Rooms[s.Room].Room.Mailbox, o.stamp(s.Span.Start), o.stamp(s.Span.End)
		}
		return out
	}
	for _, p := range m.Plans {
		plan := seriesPlanObject{Name: planName(m, p), Price: p.Price, Words: p.Words, Changes: p.Changes, Shifts: p.Shifts, Skips: p.Skips, Absent: p.Absent}
		for _, part := range p.Parts {
			plan.Parts = append(plan.Parts, seriesPartObject{part.From, part.To, m.Rooms[part.Room].Room.Mailbox})
		}
		for _, s := range p.Steps {
			plan.Steps = append(plan.Steps, step(s))
		}
		object.Plans = append(object.Plans, plan)
	}
	for d := range m.Dates {
		for _, way := range m.Ways[d] {
			object.Ways = append(object.Ways, step(way))
		}
	}
	return object
}
