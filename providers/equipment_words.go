package providers

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// EquipmentWord is a word by which people ask for what a room has.
type EquipmentWord struct {
	Word string // folded, without spaces
	// Means is "display", "video", "audio", "teams" or "step-free", all fields of a
	// place; "tag:" and a text that a tag or the name of the room has; or "" where
	// the word means nothing special.
	Means string
	Own   bool // set by the person, not one of the usual words
}

const (
	meansStepFree = "step-free"
	meansTag      = "tag:"
	maxWords      = 2000
	maxWord       = 40
)

// EquipmentWords is a table of such words. nil is the table of usual words. It is
// never changed once it is made.
type EquipmentWords struct {
	list []EquipmentWord // own words first: they hold in place of the usual ones
}

// NewEquipmentWords puts a person's own words before the usual ones. It refuses
// the first that cannot be used.
func NewEquipmentWords(own []EquipmentWord) (*EquipmentWords, error) {
	if len(own) > maxWords {
		return nil, fmt.Errorf("%d words are too many: at most %d", len(own), maxWords)
	}
	w := &EquipmentWords{}
	taken := map[string]bool{}
	for _, word := range own {
		checked, err := word.checked()
		if err != nil {
			return nil, err
		}
		if taken[checked.Word] {
			return nil, fmt.Errorf("%q stands there twice", checked.Word)
		}
		taken[checked.Word] = true
		w.list = append(w.list, checked)
	}
	slices.SortFunc(w.list, func(a, b EquipmentWord) int { return cmp.Compare(a.Word, b.Word) })
	for _, word := range usualWords() {
		if !taken[word.Word] {
			w.list = append(w.list, word)
		}
	}
	return w, nil
}

// checked is the word in the form in which it is compared, or why it cannot be used.
func (e EquipmentWord) checked() (EquipmentWord, error) {
	e.Word, e.Own = foldSearch(Sanitise(strings.TrimSpace(e.Word))), true
	e.Means = strings.TrimSpace(Sanitise(e.Means))
	switch {
	case e.Word == "" || len(e.Word) > maxWord:
		return e, errors.New("a word has 1 to 40 letters")
	case strings.ContainsFunc(e.Word, func(r rune) bool { return unicode.IsSpace(r) || isQuote(r) }):
		return e, fmt.Errorf("%q is more than one word", e.Word)
	case strings.HasPrefix(e.Word, "@") || strings.HasPrefix(e.Word, "-"):
		return e, fmt.Errorf("%q begins with a sign that has a meaning of its own", e.Word)
	}
	if n, unit, ok := leadingNumber(e.Word); ok && n > 0 && (unit == "" || seatUnit(unit)) {
		return e, fmt.Errorf("%q means seats", e.Word)
	}
	if rest, ok := cutAny(e.Word, "floor", "level", "fl", "f"); ok {
		if _, floor := floorKey(rest); floor {
			return e, fmt.Errorf("%q means a floor", e.Word)
		}
	}
	switch kind := Equipment(e.Means); kind {
	case Display, Video, Audio, Teams, meansStepFree, "":
		return e, nil
	}
	if tag, ok := strings.CutPrefix(e.Means, meansTag); ok && foldSearch(strings.TrimSpace(tag)) != "" && len(tag) <= maxWord {
		e.Means = meansTag + foldSearch(strings.TrimSpace(tag))
		return e, nil
	}
	return e, fmt.Errorf("%q cannot mean %q: choose display, video, audio, teams, step-free or tag:TEXT", e.Word, e.Means)
}

// usualWords are the words that everybody has.
func usualWords() []EquipmentWord {
	words := make([]EquipmentWord, 0, len(equipmentWords)+len(stepFreeWords))
	for _, w := range equipmentWords {
		words = append(words, EquipmentWord{Word: w.word, Means: string(w.kind)})
	}
	for _, w := range stepFreeWords {
		words = append(words, EquipmentWord{Word: w, Means: meansStepFree})
	}
	return words
}

// List is every word with what it means, own words first.
func (w *EquipmentWords) List() []EquipmentWord {
	if w == nil {
		return usualWords()
	}
	return slices.Clone(w.list)
}

// all is the same without a copy.
func (w *EquipmentWords) all() []EquipmentWord {
	if w == nil {
		return usualWords()
	}
	return w.list
}

// Evidence says by what a room is known, or guessed, to have a kind of equipment: a
// field of its place proves it; of a tag, or of its name by somebody's own word, it
// is guessed. The words are safe to show; false where nothing says so.
func (w *EquipmentWords) Evidence(r *Room, kind Equipment) (Reason, bool) {
	if r.Has(kind) {
		if kind == Teams {
			return Reason{Words: "Teams room", Proof: Proven}, true
		}
		return Reason{Words: string(kind), Proof: Proven}, true
	}
	for _, tag := range r.Tags {
		for word := range strings.FieldsSeq(foldSearch(tag.String())) {
			if w.means(word, string(kind), false) {
				return Reason{Words: string(kind) + ` by its tag "` + strings.ToLower(tag.String()) + `"`, Proof: Inferred}, true
			}
		}
	}
	for _, name := range []Untrusted{r.Name, r.Nickname} {
		for word := range strings.FieldsSeq(foldSearch(name.String())) {
			if w.means(word, string(kind), true) {
				return Reason{Words: string(kind) + ` by the word "` + word + `" in its name`, Proof: Inferred}, true
			}
		}
	}
	return Reason{}, false
}

// TagEvidence says in which tag, or in what name, a room has a text. It is a guess.
func TagEvidence(r *Room, text string) (Reason, bool) {
	for _, tag := range r.Tags {
		if strings.Contains(foldSearch(tag.String()), text) {
			return Reason{Words: text + ` by its tag "` + strings.ToLower(tag.String()) + `"`, Proof: Inferred}, true
		}
	}
	for _, name := range []Untrusted{r.Name, r.Nickname} {
		if strings.Contains(foldSearch(name.String()), text) {
			return Reason{Words: text + " by its name", Proof: Inferred}, true
		}
	}
	return Reason{}, false
}

// means reports whether a folded word has that meaning.
func (w *EquipmentWords) means(word, meaning string, own bool) bool {
	for _, e := range w.all() {
		if e.Word == word {
			return e.Means == meaning && (e.Own || !own)
		}
	}
	return false
}
