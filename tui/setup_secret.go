package tui

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// longestSecret is the most bytes that a secret's field takes.
const longestSecret = 8 << 10

// hiddenField is a field whose text is never drawn.
type hiddenField struct{ value []byte }

func (f *hiddenField) empty() bool { return len(f.value) == 0 }

func (f *hiddenField) hidden() providers.Hidden { return providers.NewHidden(string(f.value)) }

func (f *hiddenField) wipe() {
	clear(f.value)
	f.value = nil
}

// replace takes a paste in place of what was there.
func (f *hiddenField) replace(text string) {
	f.wipe()
	f.value = []byte(trimPaste(text[:min(len(text), longestSecret)]))
}

// typed edits by one key and reports whether the text changed.
func (f *hiddenField) typed(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "backspace", "ctrl+h":
		if len(f.value) == 0 {
			return false
		}
		_, n := utf8.DecodeLastRune(f.value)
		clear(f.value[len(f.value)-n:])
		f.value = f.value[:len(f.value)-n]
		return true
	case "ctrl+u", "ctrl+w", "alt+backspace":
		f.wipe()
		return true
	}
	if k.Text == "" || k.Mod&^tea.ModShift != 0 || len(f.value) >= longestSecret {
		return false
	}
	f.value = append(f.value, k.Text...)
	return true
}

// words says how much is there, and nothing of what.
func (f *hiddenField) words() string {
	n := utf8.RuneCount(f.value)
	if n == 0 {
		return ""
	}
	return strings.Repeat("•", 12) + "  " + itoa(n) + " characters"
}

// trimPaste takes the line break and the blanks away that copying often adds.
func trimPaste(text string) string { return strings.TrimSpace(text) }

// hiddenAt is the field of a hidden input, made when it is first seen.
func (d *setupDialog) hiddenAt(f providers.SetupField) *hiddenField {
	if f == providers.SetupSecret {
		return &d.secret
	}
	if d.hidden[f] == nil {
		if d.hidden == nil {
			d.hidden = map[providers.SetupField]*hiddenField{}
		}
		d.hidden[f] = &hiddenField{}
	}
	return d.hidden[f]
}

// hiddenEdited drops what rested on the value before.
func (d *setupDialog) hiddenEdited(m *Model, f providers.SetupField) {
	if f != providers.SetupSecret {
		d.setup.SetHidden(f, d.hiddenAt(f).hidden())
	}
	d.edited(m)
}

// wipe overwrites all that was entered and is never kept.
func (d *setupDialog) wipe() {
	d.secret.wipe()
	for f, field := range d.hidden {
		field.wipe()
		delete(d.hidden, f)
	}
	d.setup.WipeHidden()
}
