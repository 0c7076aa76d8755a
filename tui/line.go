package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"roomdesk/providers"
)

// line builds one line of a frame: runs of text in roles, with the number of
// columns counted. It never grows beyond its limit; text that does not fit ends
// in an ellipsis. Text from outside must have been through [shown].
type line struct {
	theme  *theme
	ground ground
	limit  int
	width  int
	buf    []byte
	open   string // the prefix in force
}

// newLine begins a line of at most limit columns.
func newLine(t *theme, g ground, limit int) *line {
	return &line{theme: t, ground: g, limit: max(limit, 0), buf: make([]byte, 0, 4*max(limit, 16))}
}

func (l *line) style(r role) {
	if prefix := l.theme.prefix[l.ground][r]; prefix != l.open {
		l.buf = append(l.buf, prefix...)
		l.open = prefix
	}
}

// put appends text.
func (l *line) put(r role, s string) *line {
	if s == "" || l.width >= l.limit {
		return l
	}
	w := columns(s)
	if w > l.limit-l.width {
		s = ansi.Truncate(s, l.limit-l.width, "…")
		w = columns(s)
	}
	l.style(r)
	l.buf = append(l.buf, s...)
	l.width += w
	return l
}

// cell appends one character that is one column wide.
func (l *line) cell(r role, glyph string) {
	if l.width < l.limit {
		l.style(r)
		l.buf = append(l.buf, glyph...)
		l.width++
	}
}

// repeat appends a one-column character n times.
func (l *line) repeat(r role, glyph string, n int) *line {
	for range n {
		l.cell(r, glyph)
	}
	return l
}

// to appends spaces up to a column; nothing where the line is there already.
func (l *line) to(column int) *line {
	if n := min(column, l.limit) - l.width; n > 0 {
		l.style(plain)
		for range n {
			l.buf = append(l.buf, ' ')
		}
		l.width += n
	}
	return l
}

// fit appends text cut and padded to exactly w columns.
func (l *line) fit(r role, s string, w int) *line {
	end := l.width + w
	return l.put(r, cut(s, w)).to(end)
}

// right appends text so that it ends at a column.
func (l *line) right(r role, s string, end int) *line {
	s = cut(s, end-l.width)
	return l.to(end-columns(s)).put(r, s)
}

// done closes the line.
func (l *line) done() string {
	if l.open == "" {
		return string(l.buf)
	}
	return string(append(l.buf, "\x1b[m"...))
}

// full pads to the limit, so that the ground reaches the edge, and closes.
func (l *line) full() string { return l.to(l.limit).done() }

// columns is the width of text on the terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		if !single(r) {
			return ansi.StringWidth(s)
		}
		n++
	}
	return n
}

// single reports characters that are surely one column wide and combine with
// nothing: most of what is ever shown, so that the tables are seldom asked.
func single(r rune) bool {
	switch {
	case r >= 0x20 && r < 0x7f, r > 0xa0 && r < 0x300 && r != 0xad:
		return true
	case r >= 0x2010 && r <= 0x2026, r >= 0x2190 && r <= 0x2193, r >= 0x2500 && r <= 0x25fc:
		return true
	}
	return false
}

// cut shortens text to w columns, with an ellipsis where something is lost.
func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	if columns(s) <= w {
		return s
	}
	return ansi.Truncate(s, w, "…")
}

// outside is text that came through providers.Untrusted.
type outside interface{ Or(fallback string) string }

// shown is the only way of outside text into a frame: made safe, and without the
// characters whose width terminals disagree about.
func shown(u outside, fallback string) string { return steady(short(u.Or(fallback))) }

// longestShown is the longest text, in characters, that is worth measuring: no
// place on a screen takes more.
const longestShown = 400

func short(s string) string {
	if len(s) <= longestShown {
		return s
	}
	n := 0
	for i := range s {
		if n == longestShown {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// steady keeps columns countable: a cluster whose width differs between terminals
// that know grapheme clusters and those that do not is reduced to its first
// character, or to a replacement where that is no better.
func steady(s string) string {
	simple := true
	for _, r := range s {
		if r >= 0x300 {
			simple = false
			break
		}
	}
	if simple {
		return s
	}
	// What is left of two clusters may join into a new one; replacements never do.
	s, ok := steadyClusters(s, false)
	if !ok {
		if again, ok := steadyClusters(s, false); ok {
			return again
		}
		s, _ = steadyClusters(s, true)
	}
	return s
}

// steadyClusters reduces the clusters whose width is in doubt, to their first
// character or, where that is not enough, to a replacement. It reports whether
// nothing had to be done.
func steadyClusters(s string, replace bool) (string, bool) {
	var b strings.Builder
	fine := true
	for rest := s; rest != ""; {
		cluster, w := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		rest = rest[len(cluster):]
		if w == ansi.StringWidthWc(cluster) && !strings.ContainsRune(cluster, '\u200d') {
			b.WriteString(cluster)
			continue
		}
		fine = false
		first := string([]rune(cluster)[:1])
		if w := ansi.StringWidth(first); replace || w == 0 || w != ansi.StringWidthWc(first) {
			first = "\uFFFD"
		}
		b.WriteString(first)
	}
	return b.String(), fine
}

// clean is shown for text that the program composed and that may hold outside
// text inside.
func clean(s string) string { return steady(short(providers.Sanitise(s))) }
