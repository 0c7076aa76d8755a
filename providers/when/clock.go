package when

import (
	"strconv"
	"strings"
	"time"
)

// Clock is what words say about the time of day. From and To count from midnight
// as the wall clock shows it; To may lie beyond 24 hours where a span runs over
// midnight.
type Clock struct {
	From, To time.Duration
	// HasTo is false where only a start is said.
	HasTo bool
	// Period says that From to To is not the span itself but where it shall lie:
	// "afternoon".
	Period bool
}

// maxSpan is the longest span that a line may ask for.
const maxSpan = 24 * time.Hour

// TimeOfDay reads a time or a span of the day off the front of words: 14:00, 14-15,
// 9:30-11, 2pm, 2-3pm, "from 14 to 15:30", "at 14", noon, afternoon. A lone number
// counts only behind "at" or "from", or where bare is set: in front of it stands a
// day.
func TimeOfDay(words []string, bare bool) (clock Clock, used int) {
	if len(words) == 0 {
		return Clock{}, 0
	}
	first := strings.TrimSuffix(words[0], ",")
	switch first {
	case "at", "from", "@":
		if clock, used := TimeOfDay(words[1:], true); used > 0 {
			return clock, used + 1
		}
		return Clock{}, 0
	case "in", "this", "the":
		if len(words) > 1 {
			if p, ok := periods()[words[1]]; ok {
				return p, 2
			}
			if first == "in" && words[1] == "the" && len(words) > 2 {
				if p, ok := periods()[words[2]]; ok {
					return p, 3
				}
			}
		}
		return Clock{}, 0
	}
	if p, ok := periods()[first]; ok {
		return p, 1
	}
	if clock, ok := spanOfDay(first); ok {
		return clock, 1
	}
	from, said, ok := timeOf(first)
	if !ok {
		return Clock{}, 0
	}
	if len(words) > 2 && (words[1] == "to" || words[1] == "until" || words[1] == "till" || words[1] == "-" || words[1] == "–") {
		if to, toSaid, ok := timeOf(strings.TrimSuffix(words[2], ",")); ok {
			if clock, ok := join(from, said, to, toSaid); ok && (bare || said != plainHour || toSaid != plainHour || words[1] == "to") {
				return clock, 3
			}
		}
	}
	if said == plainHour && !bare {
		return Clock{}, 0
	}
	return Clock{From: from}, 1
}

// periods are habits of speech, not facts: they only say where to look.
func periods() map[string]Clock {
	between := func(from, to int) Clock {
		return Clock{From: time.Duration(from) * time.Hour, To: time.Duration(to) * time.Hour, HasTo: true, Period: true}
	}
	return map[string]Clock{"morning": between(9, 12), "lunch": between(12, 14), "lunchtime": between(12, 14), "afternoon": between(13, 17), "evening": between(17, 20)}
}

// spanOfDay reads 14-15, 14:00-15:30, 2-3pm, also with a longer dash.
func spanOfDay(word string) (Clock, bool) {
	a, b, cut := strings.Cut(strings.NewReplacer("–", "-", "—", "-").Replace(word), "-")
	if !cut || a == "" || b == "" {
		return Clock{}, false
	}
	from, said, ok := timeOf(a)
	to, toSaid, okTo := timeOf(b)
	if !ok || !okTo {
		return Clock{}, false
	}
	return join(from, said, to, toSaid)
}

// join makes a span of two times. "2-3pm" means both in the afternoon; a span that
// ends before it starts runs over midnight, if it is said without doubt.
func join(from time.Duration, said saying, to time.Duration, toSaid saying) (Clock, bool) {
	if said == plainHour && toSaid == halfDay && to >= 12*time.Hour && from < 12*time.Hour && from+12*time.Hour < to {
		from += 12 * time.Hour
	}
	if to <= from {
		if said == plainHour && toSaid == plainHour && to != 0 {
			return Clock{}, false // "3-2" is more likely a name than a night
		}
		to += 24 * time.Hour
	}
	return Clock{From: from, To: to, HasTo: true}, to-from <= maxSpan
}

// saying is how clearly a time was written.
type saying int

const (
	plainHour saying = iota // 14
	exactly                 // 14:00, noon
	halfDay                 // 2pm
)

// timeOf reads one time of day: 14, 14:00, 2pm, 2:30pm, noon, midnight. 14h is none:
// it is a length.
func timeOf(s string) (time.Duration, saying, bool) {
	switch s {
	case "noon", "midday":
		return 12 * time.Hour, exactly, true
	case "midnight":
		return 0, exactly, true
	}
	said, pm, half := plainHour, false, false
	for _, suffix := range []string{"pm", "p.m.", "am", "a.m."} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			s, half, pm = rest, true, suffix[0] == 'p'
			said = halfDay
			break
		}
	}
	hour, minute, clock := strings.Cut(s, ":")
	if clock && !half {
		said = exactly
	}
	h, ok := digits(hour, 2)
	if !ok || h > 24 || (half && (h < 1 || h > 12)) {
		return 0, 0, false
	}
	m := 0
	if clock {
		if m, ok = digits(minute, 2); !ok || len(minute) != 2 || m > 59 || (h == 24 && m > 0) {
			return 0, 0, false
		}
	}
	if half {
		h %= 12
		if pm {
			h += 12
		}
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, said, true
}

func digits(s string, most int) (int, bool) {
	if s == "" || len(s) > most || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
