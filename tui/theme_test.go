package tui

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(shift int) float64 {
		c := float64(v>>shift&255) / 255
		if c <= 0.03928 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// What must be read has a contrast of at least 4.5 to 1 on every ground that it
// stands on (WCAG 2.1, 1.4.3); blocks of the grid at least 2.
func TestContrast(t *testing.T) {
	for name, p := range map[string]palette{"dark": darkPalette(), "light": lightPalette()} {
		grounds := map[string]string{"screen": "16171d", "selection": p.selection, "panel": p.panel}
		if name == "light" {
			grounds["screen"] = "fcfcf9"
		}
		for ground, back := range grounds {
			for role, fore := range map[string]string{"text": p.text, "dim": p.dim, "accent": p.accent, "ok": p.ok, "warn": p.warn, "bad": p.bad} {
				if c := contrast(t, fore, back); c < 4.5 {
					t.Errorf("%s: %s on %s has %.2f to 1", name, role, ground, c)
				}
			}
			for role, fore := range map[string]string{"busy": p.busy, "mine": p.mine, "tentative": p.tentative, "now": p.now, "past": p.pastBusy} {
				if c := contrast(t, fore, back); c < 1.7 {
					t.Errorf("%s: %s on %s has %.2f to 1", name, role, ground, c)
				}
			}
		}
		if c := contrast(t, p.text, p.accentBack); c < 4.5 {
			t.Errorf("%s: text in a field has %.2f to 1", name, c)
		}
		if c := contrast(t, p.accent, p.accentBack); c < 4.5 {
			t.Errorf("%s: the chosen tab has %.2f to 1", name, c)
		}
		if c := contrast(t, p.onBadge, p.badge); c < 4.5 {
			t.Errorf("%s: the badge has %.2f to 1", name, c)
		}
		if c := contrast(t, p.onTentative, p.tentative); c < 4.5 {
			t.Errorf("%s: the demo badge has %.2f to 1", name, c)
		}
	}
}

// Without colour there is none in any prefix, and what is chosen still differs.
func TestColourlessTheme(t *testing.T) {
	theme := newTheme(true, colourless)
	for g := range groundCount {
		for r := range roleCount {
			for code := range strings.SplitSeq(strings.Trim(theme.prefix[g][r], "\x1b[m"), ";") {
				if n, err := strconv.Atoi(code); err != nil || n >= 30 {
					t.Errorf("ground %d role %d has %q", g, r, theme.prefix[g][r])
				}
			}
		}
	}
	for _, pair := range [][2]role{{strong, plain}, {chip, plain}, {caret, plain}, {badge, plain}} {
		if theme.prefix[onScreen][pair[0]] == theme.prefix[onScreen][pair[1]] {
			t.Errorf("role %d looks like role %d", pair[0], pair[1])
		}
	}
	if theme.prefix[onSpan][plain] == theme.prefix[onScreen][plain] {
		t.Error("a marked span cannot be seen")
	}
}
