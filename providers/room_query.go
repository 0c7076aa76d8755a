package providers

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxQuery and maxTerms bound what a pasted query may cost.
	maxQuery = 1024
	maxTerms = 24
	// minPrefix is how much of an equipment word must be typed before it counts
	// as its beginning.
	minPrefix = 3
)

// termKind is what a term of a room query asks for.
type termKind int

const (
	termIgnored termKind = iota // incomplete, or nothing to search for
	termText
	termPlace
	termSeats
	termEquipment
	termStepFree
	termFloor
	termTag
	termHome
)

// roomTerm is one understood term of a query.
type roomTerm struct {
	kind      termKind
	typed     string // safe to show
	excludes  bool
	text      string // folded: for termText and termPlace; the key for termFloor
	seats     int
	equipment Equipment
	// or widens a word that is still being typed and may become an equipment word.
	orEquipment Equipment
	orStepFree  bool
}

// meaning is the term in words, safe to show; "" while it is incomplete.
func (t roomTerm) meaning() string {
	words := ""
	switch t.kind {
	case termIgnored:
		return ""
	case termText:
		words = `"` + t.text + `"`
		if t.orEquipment != "" {
			words += " or " + string(t.orEquipment)
		} else if t.orStepFree {
			words += " or step-free"
		}
	case termPlace:
		words = `in "` + t.text + `"`
	case termSeats:
		if t.excludes {
			return "fewer than " + strconv.Itoa(t.seats) + " seats"
		}
		return "at least " + strconv.Itoa(t.seats) + " seats"
	case termEquipment:
		words = string(t.equipment)
	case termStepFree:
		words = "step-free"
	case termFloor:
		words = "floor " + t.text
	case termTag:
		words = t.text + " by tag or name"
	case termHome:
		words = t.text
		if t.text == "cloud" {
			words = "in the cloud"
		}
	}
	if t.excludes {
		return "not " + words
	}
	return words
}

// equipmentWords are the words for a kind of equipment as people type them,
// folded. Their order decides between words with the same beginning.
var equipmentWords = []struct {
	word string
	kind Equipment
}{
	{"display", Display}, {"screen", Display}, {"projector", Display}, {"proj", Display}, {"beamer", Display}, {"tv", Display}, {"monitor", Display},
	{"video", Video}, {"camera", Video}, {"cam", Video}, {"vc", Video}, {"webcam", Video}, {"videoconference", Video},
	{"audio", Audio}, {"phone", Audio}, {"speaker", Audio}, {"speakers", Audio}, {"speakerphone", Audio}, {"microphone", Audio}, {"mic", Audio},
	{"teams", Teams}, {"mtr", Teams},
}

// stepFreeWords ask for a room that can be reached without steps.
var stepFreeWords = []string{"step-free", "stepfree", "accessible", "wheelchair", "barrier-free", "♿"}

// queryToken is a piece of a query as typed.
type queryToken struct {
	body     string // as typed, without sign and quotes
	excludes bool
	place    bool
	phrase   bool
	open     bool // nothing follows, not even a space: may still be growing
}

func (t queryToken) typed() string {
	s := t.body
	if t.phrase {
		s = `"` + s + `"`
	}
	if t.place {
		s = "@" + s
	}
	if t.excludes {
		s = "-" + s
	}
	return Sanitise(s)
}

func isQuote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' }

// splitQuery cuts a query into at most maxTerms tokens.
func splitQuery(query string) []queryToken {
	if len(query) > maxQuery {
		query = query[:maxQuery]
	}
	var tokens []queryToken
	for len(tokens) < maxTerms {
		query = strings.TrimLeftFunc(query, unicode.IsSpace)
		if query == "" {
			break
		}
		var t queryToken
		if rest, ok := strings.CutPrefix(query, "-"); ok {
			t.excludes, query = true, rest
		}
		if rest, ok := strings.CutPrefix(query, "@"); ok {
			t.place, query = true, rest
		}
		if r, size := utf8.DecodeRuneInString(query); isQuote(r) {
			t.phrase, query = true, query[size:]
			end := strings.IndexFunc(query, isQuote)
			if end < 0 {
				t.body, query, t.open = query, "", true
			} else {
				_, size := utf8.DecodeRuneInString(query[end:])
				t.body, query = query[:end], query[end+size:]
			}
		} else {
			end := strings.IndexFunc(query, unicode.IsSpace)
			if end < 0 {
				t.body, query, t.open = query, "", true
			} else {
				t.body, query = query[:end], query[end:]
			}
		}
		tokens = append(tokens, t)
	}
	return tokens
}

// readQuery understands a query. No text is wrong: what is incomplete is ignored
// until more is typed, and everything else is at least a word.
func readQuery(query string, words *EquipmentWords) []roomTerm {
	tokens := splitQuery(query)
	terms := make([]roomTerm, 0, len(tokens))
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+1 < len(tokens) && !t.phrase && !t.place {
			if joined, ok := joinTokens(t, tokens[i+1]); ok {
				terms = append(terms, joined)
				i++
				continue
			}
		}
		terms = append(terms, readToken(t, words))
	}
	return terms
}

// joinTokens understands "floor 3", "floor -1" and "12 people", which belong
// together.
func joinTokens(a, b queryToken) (roomTerm, bool) {
	if b.phrase || b.place {
		return roomTerm{}, false
	}
	first, second := foldSearch(Sanitise(a.body)), foldSearch(Sanitise(b.body))
	term := roomTerm{typed: a.typed() + " " + b.typed(), excludes: a.excludes}
	if first == "floor" || first == "level" {
		if b.excludes {
			second = "-" + second
		}
		if key, ok := floorKey(second); ok {
			term.kind, term.text = termFloor, key
			return term, true
		}
	}
	if n, unit, ok := leadingNumber(first); ok && unit == "" && !b.excludes {
		switch second {
		case "p", "pax", "people", "persons", "seats":
			term.kind, term.seats = termSeats, n
			return term, true
		}
	}
	return roomTerm{}, false
}

func readToken(t queryToken, words *EquipmentWords) roomTerm {
	word := foldSearch(Sanitise(strings.TrimSpace(t.body)))
	term := roomTerm{kind: termText, typed: t.typed(), excludes: t.excludes, text: word}
	switch {
	case word == "":
		term.kind = termIgnored
		return term
	case t.place:
		term.kind = termPlace
		return term
	case t.phrase:
		return term
	}
	if rest, ok := cutAny(word, ">=", "≥", ">"); ok {
		n, unit, number := leadingNumber(rest)
		switch {
		case rest == "" || rest == "=":
			term.kind = termIgnored
		case number && (unit == "" || seatUnit(unit)):
			if strings.HasPrefix(word, ">") && !strings.HasPrefix(word, ">=") {
				n = min(n+1, math.MaxInt32)
			}
			term.kind, term.seats = termSeats, n
		}
		return term
	}
	if n, unit, ok := leadingNumber(word); ok && unit != "" && seatUnit(unit) {
		term.kind, term.seats = termSeats, n
		return term
	}
	if rest, ok := cutAny(word, "floor", "level", "fl", "f"); ok && rest != "" {
		value := strings.TrimLeft(rest, ":.")
		if key, ok := floorKey(value); ok {
			term.kind, term.text = termFloor, key
			return term
		}
		if value == "" || value == "-" {
			term.kind = termIgnored
			return term
		}
	}
	if rest, ok := strings.CutPrefix(word, "home:"); ok {
		if home, ok := homeTerm(rest); ok {
			term.kind, term.text = termHome, home
			return term
		}
		if rest == "" {
			term.kind = termIgnored
			return term
		}
	}
	for _, synonym := range words.all() {
		if word == synonym.Word {
			term.ask(synonym.Means)
			return term
		}
	}
	if t.open && !t.excludes && len(word) >= minPrefix {
		for _, synonym := range words.all() {
			if !strings.HasPrefix(synonym.Word, word) {
				continue
			}
			switch Equipment(synonym.Means) {
			case Display, Video, Audio, Teams:
				term.orEquipment = Equipment(synonym.Means)
				return term
			case meansStepFree:
				term.orStepFree = true
				return term
			}
		}
	}
	return term
}

// homeTerm understands where mailboxes live, also while it is typed.
func homeTerm(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	for _, form := range []struct{ typed, home string }{
		{"cloud", "cloud"}, {"graph", "cloud"}, {"on-premises", "on premises"}, {"onpremises", "on premises"}, {"premises", "on premises"}, {"exchange", "on premises"},
	} {
		if strings.HasPrefix(form.typed, s) {
			return form.home, true
		}
	}
	return "", false
}

// ask makes the term ask for what a word means.
func (t *roomTerm) ask(means string) {
	tag, isTag := strings.CutPrefix(means, meansTag)
	switch {
	case isTag:
		t.kind, t.text = termTag, tag
	case means == meansStepFree:
		t.kind = termStepFree
	case means != "":
		t.kind, t.equipment = termEquipment, Equipment(means)
	}
}

// cutAny cuts the first of the prefixes that s has.
func cutAny(s string, prefixes ...string) (string, bool) {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			return rest, true
		}
	}
	return s, false
}

// seatUnit reports words for seats behind a number, also while they are typed.
func seatUnit(unit string) bool {
	return strings.HasPrefix("pax", unit) || strings.HasPrefix("people", unit) || strings.HasPrefix("persons", unit) || unit == "seats"
}

// leadingNumber cuts a number of seats off the front of s. Numbers beyond any
// room are as good as the largest.
func leadingNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = min(n*10+int(s[i]-'0'), math.MaxInt32)
	}
	return n, s[i:], i > 0
}

// floorKey is the form under which floors are indexed: a number without leading
// zeroes and sign where it has one, with the letter that may follow: "3", "-1",
// "3a". It reports false for other text.
func floorKey(s string) (string, bool) {
	negative := strings.HasPrefix(s, "-")
	digits := strings.TrimPrefix(s, "-")
	n, rest, ok := leadingNumber(digits)
	if !ok || n > 999 || len(digits)-len(rest) > 4 {
		return "", false
	}
	switch rest {
	case "", "st", "nd", "rd", "th":
		rest = ""
	default:
		if len(rest) != 1 || rest[0] < 'a' || rest[0] > 'z' {
			return "", false
		}
	}
	if negative {
		n = -n
	}
	return strconv.Itoa(n) + rest, true
}

// floorOfLabel is the key of a floor's folded label: that of its first part with a
// number.
func floorOfLabel(label string) (string, bool) {
	for _, part := range strings.FieldsFunc(label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		if key, ok := floorKey(part); ok {
			return key, true
		}
		if rest, ok := cutAny(part, "floor", "level", "fl", "f", "l"); ok {
			if key, ok := floorKey(rest); ok {
				return key, true
			}
		}
	}
	return "", false
}
