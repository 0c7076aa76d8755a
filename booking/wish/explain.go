package wish

import (
	"fmt"
	"strings"
	"time"

	"roomdesk/providers"
)

// explain writes what was understood in the order of a sentence: when, how often,
// where, for how many, with what, with whom.
func (r *reading) explain() {
	w := &r.wish
	notes := w.Meaning
	w.Meaning = nil
	add := func(words string, assumed bool) { w.Meaning = append(w.Meaning, Part{Words: words, Assumed: assumed}) }
	zone := w.Zone
	switch {
	case !w.Span.Start.IsZero():
		add(spanWords(w.Span, zone, r.around.Now), r.otherwise)
		if r.length == 0 && !r.otherwise && (!r.clock.HasTo || r.waits) {
			add("for "+lengthWords(w.Length), true)
		}
	case !w.Within.Start.IsZero():
		add("some "+lengthWords(w.Length)+" on "+spanWords(w.Within, zone, r.around.Now), true)
	}
	if w.Timed() {
		if same := sameClock(zone, r.around.Zone, w.Span, w.Within); !same {
			add("in "+zone.String()+" time", false)
			if !w.Span.Start.IsZero() {
				add(w.Span.Start.In(r.around.Zone).Format("15:04")+"–"+w.Span.End.In(r.around.Zone).Format("15:04")+" for you", false)
			}
		}
	}
	w.Meaning = append(w.Meaning, notes...)
	if w.Repeat != nil {
		add(w.Repeat.Words(), false)
	}
	if w.Place != "" && strings.Contains(w.Rooms, "@") {
		add("at "+providers.Sanitise(w.Place), false)
	}
	if w.Floor != "" {
		add("on or near floor "+providers.Sanitise(w.Floor[1:]), false)
	}
	if w.Seats > 0 {
		add(fmt.Sprintf("at least %d seats", w.Seats), false)
	}
	var others []string
	for _, word := range r.rooms {
		if !strings.HasPrefix(word, "@") {
			others = append(others, word)
		}
	}
	if len(others) > 0 {
		for _, term := range providers.NewRoomIndexWith(nil, r.around.Words).Filter(strings.Join(others, " ")).Terms {
			if term.Meaning != "" {
				add(term.Meaning, false)
			}
		}
	}
	if len(w.With) > 0 {
		names := make([]string, len(w.With))
		for i, name := range w.With {
			names[i] = providers.Sanitise(name)
		}
		add("with "+strings.Join(names, ", "), false)
	}
}

// spanWords writes a span with its day, as short as it is clear.
func spanWords(s providers.Interval, zone *time.Location, now time.Time) string {
	start, end := s.Start.In(zone), s.End.In(zone)
	layout := "Mon 2 Jan 15:04"
	if start.Year() != now.In(zone).Year() {
		layout = "Mon 2 Jan 2006 15:04"
	}
	if start.YearDay() != end.YearDay() || start.Year() != end.Year() {
		return start.Format(layout) + "–" + end.Format("Mon 2 Jan 15:04")
	}
	return start.Format(layout) + "–" + end.Format("15:04")
}

// sameClock reports that both zones' clocks show the same at these times.
func sameClock(a, b *time.Location, spans ...providers.Interval) bool {
	for _, s := range spans {
		for _, t := range []time.Time{s.Start, s.End} {
			_, x := t.In(a).Zone()
			_, y := t.In(b).Zone()
			if !t.IsZero() && x != y {
				return false
			}
		}
	}
	return true
}

// At is the same wish at another time.
func (w Wish) At(span providers.Interval, now time.Time) Wish {
	w.Span, w.Within, w.Length = span, providers.Interval{}, span.Duration()
	w.Meaning = append([]Part{{Words: "instead " + spanWords(span, w.Zone, now)}}, w.Meaning...)
	return w
}
