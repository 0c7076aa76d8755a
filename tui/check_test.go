package tui

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// ourSequence is the only kind of escape sequence that the console writes.
var ourSequence = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// checkFrame asserts what holds of every frame: no line is wider than the window
// under either way of counting, there are not more lines than the window has, and
// nothing but our own colour sequences and printable text is in it.
func checkFrame(t testing.TB, m *Model) {
	t.Helper()
	frame := m.Frame()
	lines := strings.Split(frame, "\n")
	if len(lines) > max(m.height, 1) {
		t.Fatalf("%d lines in a window of %d:\n%s", len(lines), m.height, ansi.Strip(frame))
	}
	if m.width >= leastWidth && m.height >= leastHeight && len(lines) != m.height {
		t.Fatalf("%d lines in a window of %d:\n%s", len(lines), m.height, ansi.Strip(frame))
	}
	for i, line := range lines {
		text := ourSequence.ReplaceAllString(line, "")
		for _, r := range text {
			if r == utf8.RuneError && !utf8.ValidString(text) || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
				t.Fatalf("line %d has %U: %q", i, r, line)
			}
		}
		if g, wc := ansi.StringWidth(text), ansi.StringWidthWc(text); g > m.width || g != wc {
			t.Fatalf("line %d is %d columns wide, %d without clusters, in a window of %d: %q", i, g, wc, m.width, text)
		}
	}
}
