package tui

import (
	"strings"

	"roomdesk/providers"
)

// seriesSentence is a line of the detail, in runs.
type seriesSentence []struct {
	look role
	text string
}

func (s *seriesSentence) put(look role, text string) *seriesSentence {
	*s = append(*s, struct {
		look role
		text string
	}{look, text})
	return s
}

// drawDetail says everything about the date and the room that the bar is on: what
// is known, the ways out with their keys, and what the room would answer.
func (p *seriesPane) drawDetail(m *Model, s *seriesLayout) []string {
	var lines []string
	if s.detail > 3 {
		lines = append(lines, newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done())
	}
	sentences := []seriesSentence{p.cellSentence(m), p.waysSentence(m)}
	if notes := p.noteSentence(); len(notes) > 0 {
		sentences = append(sentences, notes)
	}
	sentences = append(sentences, p.ruleSentence(), p.moreSentence(m))
	for _, sentence := range sentences {
		if len(lines) == s.detail || len(sentence) == 0 {
			continue
		}
		l := newLine(m.theme, onScreen, m.width-1).to(1)
		for _, run := range sentence {
			l.put(run.look, run.text)
		}
		lines = append(lines, l.done())
	}
	return lines
}

func (p *seriesPane) cellSentence(m *Model) seriesSentence {
	var s seriesSentence
	date, zone := p.answer.Matrix.Dates[p.date()].Span, p.zone(m)
	s.put(strong, date.Start.In(zone.zone).Format("Mon 2 Jan")+" "+span(date, zone.zone))
	for _, other := range p.zones(m) {
		_, a := date.Start.In(zone.zone).Zone()
		if _, b := date.Start.In(other.zone).Zone(); a != b && other.whose != "UTC" && m.width >= 64 {
			s.put(dim, " ("+other.words()+" "+span(date, other.zone)+")")
		}
	}
	cell := p.cell()
	glyph, look, word := cellLook(cell)
	s.put(dim, " · ").put(plain, cut(p.roomTitle(p.room), 24)+" ").put(look, glyph+" "+word)
	if cell.State != providers.SeriesFree && cell.Words != "" {
		s.put(plain, " "+clean(cell.Words))
	}
	return s
}

func (p *seriesPane) waysSentence(m *Model) seriesSentence {
	var s seriesSentence
	if p.whyNot() != "" {
		return s
	}
	way := func(key, words string) {
		if len(s) > 1 {
			s.put(plain, "   ")
		}
		s.put(accentStrong, key+" ").put(plain, words)
	}
	if m.width >= 64 {
		s.put(dim, "ways out: ")
	}
	step := p.chosen.Steps[p.date()]
	if r := p.otherRoom(); r >= 0 && p.whyBehind() == "" {
		way("o", cut(p.roomTitle(r), 20))
	}
	if shift, ok := p.shift(); ok && step.Act != providers.SeriesShift {
		way("s", span(shift.Span, p.zone(m).zone))
	}
	if step.Act != providers.SeriesSkip {
		way("x", "skip")
	}
	if len(p.undo) > 0 {
		way("u", "undo")
	}
	return s
}

func (p *seriesPane) noteSentence() seriesSentence {
	var s seriesSentence
	date := &p.answer.Matrix.Dates[p.date()]
	notes := append([]string{}, date.Notes...)
	if len(date.Busy) > 0 {
		notes = append(notes, "not free: "+strings.Join(date.Busy, ", "))
	}
	if len(date.Dark) > 0 {
		notes = append(notes, "not known whether free: "+strings.Join(date.Dark, ", "))
	}
	if len(notes) > 0 {
		s.put(warn, "! "+clean(strings.Join(notes, "; ")))
	}
	return s
}

// ruleSentence is what the room would answer to the whole series, sent as it is.
func (p *seriesPane) ruleSentence() seriesSentence {
	var s seriesSentence
	room := &p.answer.Matrix.Rooms[p.room]
	s.put(plain, cut(p.roomTitle(p.room), 24))
	switch room.Outcome {
	case providers.SeriesAccepted:
		s.put(good, " would accept").put(dim, " all dates")
	case providers.SeriesPartly:
		s.put(warn, " would accept a part").put(dim, " of all dates")
	case providers.SeriesRefused:
		s.put(bad, " would refuse").put(dim, " all dates")
	case providers.SeriesUnsure:
		s.put(warn, ": not known").put(dim, " what it would answer to all dates")
	}
	for i, why := range room.Why {
		if i == 0 {
			s.put(dim, ": ")
		} else {
			s.put(faint, " · ")
		}
		words := clean(strings.TrimPrefix(why.Words, "its rules: "))
		switch why.Proof {
		case providers.Proven:
			s.put(plain, words)
		case providers.Inferred:
			s.put(dim, "◐ "+words)
		case providers.UnknownCause:
			s.put(dim, "? "+words)
		}
	}
	return s
}

// moreSentence is what was not looked at, and how old the oldest answer is.
func (p *seriesPane) moreSentence(m *Model) seriesSentence {
	var s seriesSentence
	if n := p.answer.Matrix.Beyond; n > 0 {
		s.put(dim, thousands(n)+" more rooms fit and were not looked at; narrow the wish to see them")
	}
	if old := p.answer.AsOf; !old.IsZero() && m.now.Sub(old) > staleAfter {
		if len(s) > 0 {
			s.put(dim, " · ")
		}
		s.put(warn, "some of it is known as of "+clockOrDay(old, m.now, m.zone))
	}
	return s
}
