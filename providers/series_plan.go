package providers

import (
	"fmt"
	"strings"
	"time"
)

// Tally counts what the steps of a plan do, and says its price in words. dates are
// those of the matrix.
func (p *SeriesPlan) Tally(dates []SeriesDate) {
	p.Changes, p.Shifts, p.Skips, p.Absent = 0, 0, 0, 0
	for i, s := range p.Steps {
		switch s.Act {
		case SeriesOther:
			p.Changes++
		case SeriesShift:
			p.Shifts++
		case SeriesSkip:
			p.Skips++
		case SeriesKeep:
		}
		if (s.Act == SeriesKeep || s.Act == SeriesOther) && len(dates[i].Busy) > 0 {
			p.Absent++
		}
	}
	words := []string{counted(p.Changes, "room change", "room changes")}
	if p.Shifts > 0 {
		words = append(words, fmt.Sprintf("%d shifted", p.Shifts))
	}
	words = append(words, fmt.Sprintf("%d skipped", p.Skips))
	if len(p.Parts) > 1 {
		words = append(words, "two series")
	}
	if p.Absent > 0 {
		words = append(words, "somebody not free on "+counted(p.Absent, "date", "dates"))
	}
	p.Words = strings.Join(words, ", ")
}

// PartRoom is the room of the series that a date belongs to; -1 where the date was
// given up.
func (p *SeriesPlan) PartRoom(date int) int {
	for _, part := range p.Parts {
		if date >= part.From && date < part.To {
			return part.Room
		}
	}
	return -1
}

// First is when the first date begins on which the plan has a meeting; the zero time
// where it has none. dates are those of the matrix.
func (p *SeriesPlan) First(dates []SeriesDate) time.Time {
	for i, s := range p.Steps {
		switch s.Act {
		case SeriesSkip:
		case SeriesShift:
			return s.Span.Start
		default:
			return dates[i].Span.Start
		}
	}
	return time.Time{}
}
