package tui

import (
	tea "charm.land/bubbletea/v2"
)

// seriesKeys work on the matrix of a wish that repeats, in view 2.
func seriesKeys() []binding {
	why := func(m *Model) string { return m.series.whyNot() }
	keys := []binding{
		{keys: []string{"enter", "b"}, label: "enter", what: "book", more: "book the series as the chosen plan says; asks before anything is sent", rank: 1, why: func(m *Model) string { return m.whyNotBookSeries() }, run: (*Model).openSeriesForm},
		{keys: []string{"o"}, label: "o", what: "other room", more: "on this date the next room that is free; again: the one after", rank: 2, why: func(m *Model) string { return m.series.whyNotOther() }, run: then(func(m *Model) { m.series.takeOther() })},
		{keys: []string{"s"}, label: "s", what: "shift", more: "on this date another time, in the room of the series", rank: 3, why: func(m *Model) string { return m.series.whyNotShift() }, run: then(func(m *Model) { m.series.takeShift() })},
		{keys: []string{"x"}, label: "x", what: "skip", more: "no meeting on this date", rank: 4, why: why, run: then(func(m *Model) { m.series.takeSkip() })},
		{keys: []string{"space"}, label: "space", what: "this room", more: "on this date the room that the bar is on", rank: 6, why: func(m *Model) string { return m.series.whyNotTake() }, run: then(func(m *Model) { m.series.choose(m.series.inRoom(m.series.room)) })},
		{keys: []string{"u"}, label: "u", what: "undo", more: "take the latest choice back", rank: 7, why: func(m *Model) string { return m.series.whyNotUndo() }, run: then(func(m *Model) { m.series.takeBack() })},
		{keys: []string{"p"}, label: "p", what: "next plan", rank: 5, why: why, run: then(func(m *Model) { m.series.nextPlan(1) })},
		{keys: []string{"P"}, label: "P", what: "plan before", why: why, run: then(func(m *Model) { m.series.nextPlan(-1) })},
		{keys: []string{"left", "h"}, label: "←", what: "room before", why: why, run: then(func(m *Model) { m.series.moveRoom(-1) })},
		{keys: []string{"right", "l"}, label: "→", what: "next room", why: why, run: then(func(m *Model) { m.series.moveRoom(1) })},
		{keys: []string{"n"}, label: "n", what: "next clash", more: "to the next date that is not as wished", why: why, run: then(func(m *Model) { m.series.nextWay() })},
		{keys: []string{"z"}, label: "z", what: "clock", more: "times by your clock, the series’, the room’s, or UTC", rank: 9, why: why, run: then(func(m *Model) { m.series.clock++ })},
		{keys: []string{"r"}, label: "r", what: "ask again", more: "ask the tenant again who is free; choices made are forgotten", rank: 10, why: func(m *Model) string {
			if m.series.reading {
				return "the tenant is being asked"
			}
			return ""
		}, run: func(m *Model) tea.Cmd { return m.series.again(m) }},
		{keys: []string{"/", "f"}, label: "f", what: "the wish", more: "change the wish", rank: 8, run: then(func(m *Model) { m.find.line.open = true })},
	}
	for n := range 5 {
		keys = append(keys, binding{
			keys: []string{"alt+" + itoa(n+1)}, label: "alt+" + itoa(n+1), what: "plan " + itoa(n+1), more: "take that plan",
			why: func(m *Model) string { return m.series.whyNotPlan(n) }, run: then(func(m *Model) { m.series.toPlan(n) }),
		})
	}
	for i := range keys {
		keys[i].scope = scopeSeries
	}
	return keys
}
