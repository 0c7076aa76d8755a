package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// peopleField is a field for one or several mailboxes, completed from the people
// that are known.
type peopleField struct {
	field   textField
	picked  []providers.Address
	single  bool
	suggest []int // of the people's rows
	at      int
}

// mostSuggestions is how many completions are offered.
const mostSuggestions = 4

// seek finds completions of what is typed: those whose name or address has all
// its words.
func (f *peopleField) seek(people []personRow) {
	f.suggest, f.at = f.suggest[:0], 0
	words := strings.Fields(strings.ToLower(f.field.text()))
	if len(words) == 0 {
		return
	}
next:
	for i := range people {
		for _, w := range words {
			if !strings.Contains(people[i].search, w) {
				continue next
			}
		}
		if slices.Contains(f.picked, people[i].person.Mailbox) {
			continue
		}
		f.suggest = append(f.suggest, i)
		if len(f.suggest) == mostSuggestions {
			return
		}
	}
}

// take makes what is typed a mailbox: the chosen completion, else a whole
// address. It reports false where it is neither.
func (f *peopleField) take(people []personRow) bool {
	text := strings.TrimSpace(f.field.text())
	var mailbox providers.Address
	switch {
	case text == "":
		return true
	case len(f.suggest) > 0 && f.at < len(f.suggest) && f.suggest[f.at] < len(people):
		mailbox = people[f.suggest[f.at]].person.Mailbox
	default:
		var ok bool
		if mailbox, ok = providers.ParseAddress(text); !ok {
			return false
		}
	}
	f.add(mailbox)
	f.field.set("")
	f.seek(people)
	return true
}

func (f *peopleField) add(mailbox providers.Address) {
	if f.single {
		f.picked = f.picked[:0]
	}
	if mailbox != "" && !slices.Contains(f.picked, mailbox) {
		f.picked = append(f.picked, mailbox)
	}
}

// typed takes one key and reports whether the mailboxes changed.
func (f *peopleField) typed(k tea.KeyPressMsg, people []personRow) bool {
	before := len(f.picked)
	switch key := k.String(); {
	case key == "backspace" && f.field.empty() && len(f.picked) > 0:
		f.picked = f.picked[:len(f.picked)-1]
		return true
	case (key == "," || key == ";") && !f.field.empty():
		f.take(people)
		return len(f.picked) != before
	case f.field.typed(k):
		f.seek(people)
	}
	return false
}

// pasted takes a list of addresses as mail programs copy them; what is no address
// stays in the field.
func (f *peopleField) pasted(text string, people []personRow) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' })
	var rest []string
	before := len(f.picked)
	for _, part := range parts[:min(len(parts), 500)] {
		inner := part
		if from, to := strings.IndexByte(part, '<'), strings.IndexByte(part, '>'); from >= 0 && to > from {
			inner = part[from+1 : to]
		}
		if mailbox, ok := providers.ParseAddress(inner); ok {
			f.add(mailbox)
		} else {
			rest = append(rest, part)
		}
	}
	f.field.insert(strings.TrimSpace(strings.Join(rest, " ")))
	f.seek(people)
	return len(f.picked) != before
}

// move changes the chosen completion and reports whether there was one to change.
func (f *peopleField) move(by int) bool {
	if len(f.suggest) == 0 {
		return false
	}
	f.at = (f.at + by + len(f.suggest)) % len(f.suggest)
	return true
}
