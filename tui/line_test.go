package tui

import (
	"testing"

	"github.com/charmbracelet/x/ansi"

	"roomdesk/providers"
)

// The short cut of columns must agree with both width tables for every character.
func TestColumnsOfSingles(t *testing.T) {
	for r := rune(0x20); r < 0x30000; r++ {
		if !single(r) {
			continue
		}
		if s := string(r); ansi.StringWidth(s) != 1 || ansi.StringWidthWc(s) != 1 {
			t.Errorf("%U is %d columns, %d without clusters", r, ansi.StringWidth(s), ansi.StringWidthWc(s))
		}
	}
}

// Every character that the console itself draws is one column wide in both ways
// of counting.
func TestOwnGlyphsAreOneColumn(t *testing.T) {
	for _, glyph := range []string{
		glyphBusy, glyphMine, glyphHeld, glyphUnknown, glyphHour, glyphNow, glyphDisplay, glyphVideo, glyphAudio, glyphStepFree,
		"▎", "▸", "●", "○", "■", "□", "◐", "◌", "✓", "✗", "–", "⊘", "…", "━", "─", "↓", "↑", "←", "→", "?",
		"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█", "·",
	} {
		if ansi.StringWidth(glyph) != 1 || ansi.StringWidthWc(glyph) != 1 {
			t.Errorf("%s (%U) is %d columns, %d without clusters", glyph, []rune(glyph), ansi.StringWidth(glyph), ansi.StringWidthWc(glyph))
		}
	}
}

// F-116: whatever the text, both ways of counting give the same width.
func TestSteady(t *testing.T) {
	for _, s := range []string{
		"plain", "Cederström", "会議室 3", "👩‍👩‍👧‍👦 family", "🏳️‍🌈", "🇩🇪 Berlin", "👍🏽 ok", "e\u0301\u0302\u0303 x", "עברית", "مكتب", "한글", "각", "ｶﾅ", "①②", "a\u200db", "☎️ phone", "♿ ramp", "⚠︎", "1️⃣", "ก็", "\u1112\u1161\u11ab\u1100\u1173\u11af", "\u1112\u1100", "🇩", "🇩🇪🇳",
	} {
		got := shown(providers.Outside(s), "-")
		if g, wc := ansi.StringWidth(got), ansi.StringWidthWc(got); g != wc {
			t.Errorf("%q becomes %q: %d columns, %d without clusters", s, got, g, wc)
		}
	}
	if got := shown(providers.Outside("会議室 3"), ""); got != "会議室 3" {
		t.Errorf("harmless wide text became %q", got)
	}
}

func FuzzSteady(f *testing.F) {
	f.Add("👩‍👩‍👧‍👦 e\u0301 会議")
	f.Fuzz(func(t *testing.T, s string) {
		got := shown(providers.Outside(s), "-")
		if g, wc := ansi.StringWidth(got), ansi.StringWidthWc(got); g != wc {
			t.Errorf("%q becomes %q: %d columns, %d without clusters", s, got, g, wc)
		}
		for w := range 12 {
			if n := columns(cut(got, w)); n > w {
				t.Errorf("%q cut to %d is %d columns", got, w, n)
			}
		}
	})
}
