package tui

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"roomdesk/providers"
)

// withEnding puts the countdown to the end of a protocol at the right of the status
// line, as far as there is room beside what the line says.
func (m *Model) withEnding(status string) string {
	look, long, short := m.endingWords()
	if long == "" {
		return status
	}
	left := columns(ansi.Strip(status))
	text := long
	if left+2+columns(text)+1 > m.width {
		text = short
	}
	if left+2+columns(text)+1 > m.width {
		return status
	}
	l := newLine(m.theme, onScreen, m.width)
	l.raw(status)
	return l.right(look, text, m.width-1).done()
}

// endingWords counts down to the end of a protocol while mailboxes are reached by it;
// "" where none is.
func (m *Model) endingWords() (look role, long, short string) {
	e := m.header.Ending
	if !m.header.known || e.Ends.IsZero() || e.Left == 0 {
		return plain, "", ""
	}
	name, date := clean(e.Name), e.Ends.UTC().Format(time.DateOnly)
	left := e.Ends.Sub(m.now)
	days := int(left / (24 * time.Hour))
	switch {
	case left <= 0:
		return badStrong, name + " ended on " + date + ": " + mailboxes(e.Left) + " not moved", name + " ended"
	case days <= 14:
		look = badStrong
	case days <= 60:
		look = warn
	default:
		look = dim
	}
	words := name + " ends in " + counted(days, "day")
	if days == 0 {
		words = name + " ends within a day"
	}
	return look, words + ", on " + date + ": " + mailboxes(e.Left) + " to move", words
}

// wasWritable says of a read-only calendar that it could be written before its mailbox
// was moved; "" where nothing is known of that.
func (m *Model) wasWritable(c *providers.Calendar) string {
	if !c.ReadOnly || !m.migration.have || c.Name.Empty() {
		return ""
	}
	for i := range m.migration.m.Mailboxes {
		b := &m.migration.m.Mailboxes[i]
		if b.Mailbox != c.Mailbox || b.State != providers.MoveMoved && b.State != providers.MoveFinished {
			continue
		}
		for _, was := range b.Was {
			if strings.Contains(was, "“"+c.Name.String()+"”") {
				return "was writable under EWS"
			}
		}
	}
	return ""
}
