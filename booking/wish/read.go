package wish

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"roomdesk/providers"
	"roomdesk/providers/when"
)

const (
	usualLength = 30 * time.Minute
	maxLine     = 1024 // what a pasted line may cost
)

// reading is a line while it is read.
type reading struct {
	around Surroundings
	wish   Wish
	today  time.Time // midnight UTC of the person's date

	day      time.Time // midnight UTC; zero: not said
	clock    when.Clock
	timed    bool // clock holds
	wait     time.Duration
	waits    bool // counts from now
	length   time.Duration
	zoneName string
	rooms    []string
	count    int
	until    time.Time
	ended    bool
	// otherwise is true where the time is not the line's.
	otherwise bool
}

// Read understands a line. It never fails: what makes no sense is a problem of the
// wish, and every other word narrows the rooms.
func Read(line string, around Surroundings) Wish {
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "")
	}
	if around.Zone == nil {
		around.Zone = time.UTC
	}
	if around.Length <= 0 {
		around.Length = usualLength
	}
	r := &reading{around: around, wish: Wish{Typed: line}, today: when.Date(around.Now.In(around.Zone))}
	r.words(split(line))
	r.zone()
	r.time()
	r.wish.Rooms = strings.Join(r.rooms, " ")
	r.explain()
	return r.wish
}

// split cuts a line at blanks, but not inside quotes.
func split(line string) []string {
	var words []string
	quoted := false
	start := -1
	for i, c := range line {
		switch {
		case c == '"' || c == '“' || c == '”':
			quoted = !quoted
			if start < 0 {
				start = i
			}
		case unicode.IsSpace(c) && !quoted:
			if start >= 0 {
				words = append(words, line[start:i])
				start = -1
			}
		case start < 0:
			start = i
		}
	}
	if start >= 0 {
		words = append(words, line[start:])
	}
	return words
}

// words goes through the line; each reader takes what it understands.
func (r *reading) words(typed []string) {
	lower := make([]string, len(typed))
	for i, w := range typed {
		lower[i] = strings.ToLower(w)
	}
	for i := 0; i < len(typed); {
		used := r.take(typed[i:], lower[i:])
		if used == 0 {
			r.rooms = append(r.rooms, typed[i])
			used = 1
		}
		i += used
	}
}

func (r *reading) take(typed, lower []string) int {
	for _, reader := range []func(typed, lower []string) int{r.takePeople, r.takeSeries, r.takeSeats, r.takeFloor, r.takePlace, r.takeDay, r.takeClock, r.takeWait, r.takeLength, r.takeZone} {
		if used := reader(typed, lower); used > 0 {
			return used
		}
	}
	return 0
}

// takePeople reads "with adele,bob" and "w/ adele, bob".
func (r *reading) takePeople(typed, lower []string) int {
	if lower[0] != "with" && lower[0] != "w/" {
		return 0
	}
	used := 1
	for used < len(typed) {
		for name := range strings.SplitSeq(typed[used], ",") {
			if name = strings.Trim(name, `"“” `); name != "" && !slices.Contains(r.wish.With, name) {
				r.wish.With = append(r.wish.With, name)
			}
		}
		used++
		if used < len(lower) && lower[used] == "and" && used+1 < len(typed) {
			used++
			continue
		}
		if !strings.HasSuffix(typed[used-1], ",") {
			break
		}
	}
	if used == 1 {
		r.problem("nobody is named behind %q", typed[0])
	}
	return used
}

func (r *reading) takeSeries(_, lower []string) int {
	if rule, used := readRepeat(lower); used > 0 {
		if r.wish.Repeat != nil {
			r.problem("the series is said twice")
		}
		r.wish.Repeat = &rule
		return used
	}
	if count, until, used := readEnd(lower, r.today); used > 0 && (!r.ended || until.IsZero()) {
		if r.ended {
			r.problem("the end of the series is said twice")
		}
		r.count, r.until, r.ended = count, until, true
		return used
	}
	return 0
}

// takeSeats reads 12p, 12pax, "12 people", "for 12".
func (r *reading) takeSeats(_, lower []string) int {
	number := strings.TrimRight(lower[0], "abcdefghijklmnopqrstuvwxyz")
	used := 1
	switch unit := lower[0][len(number):]; {
	case unit == "p" || unit == "pax" || unit == "people" || unit == "persons" || unit == "seats":
	case unit == "" && len(lower) > 1 && slices.Contains([]string{"p", "pax", "people", "persons", "seats"}, strings.TrimSuffix(lower[1], ",")):
		used = 2
	default:
		return 0
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || number[0] == '+' {
		return 0
	}
	r.wish.Seats = max(r.wish.Seats, min(n, 1_000_000))
	return used
}

// takeFloor reads f3, floor3, "floor 3", "near f3", ~f3: the finder prefers the
// floor and takes what is near.
func (r *reading) takeFloor(_, lower []string) int {
	used := 0
	if lower[0] == "near" || lower[0] == "on" {
		used = 1
	}
	if len(lower) <= used {
		return 0
	}
	word := strings.TrimPrefix(lower[used], "~")
	rest := word
	for _, prefix := range []string{"floor", "level", "fl", "f"} {
		if after, ok := strings.CutPrefix(word, prefix); ok {
			rest = strings.TrimLeft(after, ":.")
			break
		}
	}
	if rest == word {
		return 0
	}
	used++
	if rest == "" && len(lower) > used && (word == "floor" || word == "level") {
		rest = lower[used]
		used++
	}
	digits := strings.TrimPrefix(rest, "-")
	if digits == "" || len(digits) > 4 || digits[0] < '0' || digits[0] > '9' || strings.Trim(digits[1:], "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return 0
	}
	if r.wish.Floor != "" && r.wish.Floor != "f"+rest {
		r.problem("two floors are named, %s and %s", providers.Sanitise(r.wish.Floor[1:]), providers.Sanitise(rest))
	}
	r.wish.Floor = "f" + rest
	return used
}

// takePlace reads @berlin, @"west wing".
func (r *reading) takePlace(typed, _ []string) int {
	place, ok := strings.CutPrefix(typed[0], "@")
	if !ok {
		return 0
	}
	place = strings.Trim(place, `"“”`)
	if place == "" {
		return 1 // still being typed
	}
	if r.wish.Place != "" && !strings.EqualFold(r.wish.Place, place) {
		r.problem("two places are named, %s and %s", providers.Sanitise(r.wish.Place), providers.Sanitise(place))
	}
	r.wish.Place = place
	return 1
}

func (r *reading) takeDay(_, lower []string) int {
	day, used := when.Day(lower, r.today)
	if used == 0 {
		return 0
	}
	if !r.day.IsZero() && !r.day.Equal(day) {
		r.problem("two days are named, %s and %s", r.day.Format("Mon 2 Jan"), day.Format("Mon 2 Jan"))
	}
	r.day = day
	// "tmr 14": a number behind a day is an hour.
	if clock, more := when.TimeOfDay(lower[used:], true); more > 0 && !r.timed {
		if !isSeats(lower[used:]) {
			r.clock, r.timed = clock, true
			used += more
		}
	}
	return used
}

// isSeats reports that a number in front counts people.
func isSeats(lower []string) bool {
	return len(lower) > 1 && slices.Contains([]string{"p", "pax", "people", "persons", "seats"}, lower[1])
}

func (r *reading) takeClock(_, lower []string) int {
	clock, used := when.TimeOfDay(lower, false)
	if used == 0 {
		return 0
	}
	if r.timed && r.clock != clock {
		r.problem("two times are named")
	}
	r.clock, r.timed = clock, true
	return used
}

func (r *reading) takeWait(_, lower []string) int {
	wait, used := when.FromNow(lower)
	if used > 0 {
		r.wait, r.waits = wait, true
	}
	return used
}

func (r *reading) takeLength(_, lower []string) int {
	length, used := when.Length(lower)
	if used > 0 {
		if r.length != 0 && r.length != length {
			r.problem("two lengths are named, %s and %s", lengthWords(r.length), lengthWords(length))
		}
		r.length = length
	}
	return used
}

// takeZone reads an IANA name, with its slash, or UTC.
func (r *reading) takeZone(typed, lower []string) int {
	name := typed[0]
	if lower[0] == "utc" || lower[0] == "gmt" {
		name = "UTC"
	} else if !strings.Contains(name, "/") || lower[0] == "w/" {
		return 0
	}
	zone, err := loadZone(name, r.around.Zones)
	if err != nil {
		return 0
	}
	if r.zoneName != "" && r.zoneName != zone.String() {
		r.problem("two time zones are named, %s and %s", r.zoneName, zone.String())
	}
	r.zoneName = zone.String()
	r.wish.Zone = zone
	return 1
}

// loadZone loads a zone in whatever case it was typed.
func loadZone(name string, known []string) (*time.Location, error) {
	for _, zone := range known {
		if strings.EqualFold(zone, name) {
			return time.LoadLocation(zone)
		}
	}
	if strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("zone %q has no name", name)
	}
	return time.LoadLocation(name)
}

func (r *reading) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(r.wish.Problems, text) {
		r.wish.Problems = append(r.wish.Problems, text)
	}
}
