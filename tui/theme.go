package tui

import (
	"fmt"
	"strconv"
	"strings"
)

// role is what a piece of text is for; the theme decides how that looks.
type role uint8

const (
	plain role = iota
	strong
	dim
	faint
	ruled
	accent
	accentStrong
	busy
	pastBusy
	mine
	held // tentative
	nowLine
	good
	goodStrong
	warn
	bad
	badStrong
	badge
	demoBadge
	chip  // the chosen tab
	caret // the time cursor on the grid
	roleCount
)

// ground is what the text stands on.
type ground uint8

const (
	onScreen   ground = iota // the terminal's own background
	onSelected               // the selected row
	onSpan                   // a marked span, a text field in use
	onPanel                  // a dialog
	groundCount
)

// depth is how many colours the terminal can show.
type depth uint8

const (
	trueColour depth = iota // also 256 colours: the renderer finds the nearest
	sixteen
	colourless
)

// theme holds the escape sequence that begins each role on each ground. They are
// computed once: rendering a style for each cell costs more than everything else
// in a frame together.
type theme struct {
	dark   bool
	depth  depth
	prefix [groundCount][roleCount]string
}

// palette is the colours of one kind of background, as RRGGBB. A test holds what
// must be read to a contrast of 4.5 to 1.
type palette struct {
	text, dim, faint, rule          string
	accent, accentBack, selection   string
	busy, pastBusy, mine, tentative string
	now, ok, warn, bad              string
	badge, onBadge, onTentative     string
	panel                           string
}

func darkPalette() palette {
	return palette{
		text: "d6dae3", dim: "8b93a3", faint: "4c5363", rule: "2a2f3b",
		accent: "7cc5ff", accentBack: "1d3347", selection: "232936",
		busy: "8b7bb8", pastBusy: "6f6299", mine: "4fb3a5", tentative: "c9a25b",
		now: "ff7a6b", ok: "7ccf8a", warn: "e5b567", bad: "ef6f6c",
		badge: "c8b6ff", onBadge: "1a1626", onTentative: "1a1626", panel: "1b1f29",
	}
}

func lightPalette() palette {
	return palette{
		text: "2a2d34", dim: "626977", faint: "a9afbb", rule: "dfe2e8",
		accent: "1668a8", accentBack: "dcebf7", selection: "eceff4",
		busy: "8f7fc0", pastBusy: "aea2d3", mine: "2a8f82", tentative: "c28a2c",
		now: "d6453a", ok: "277a3b", warn: "8a5800", bad: "b9332e",
		badge: "5d4a9c", onBadge: "ffffff", onTentative: "1a1626", panel: "f4f6fa",
	}
}

// newTheme computes every prefix.
func newTheme(dark bool, d depth) *theme {
	t := &theme{dark: dark, depth: d}
	for g := range groundCount {
		for r := range roleCount {
			t.prefix[g][r] = "\x1b[" + strings.Join(append([]string{"0"}, t.codes(g, r)...), ";") + "m"
		}
	}
	return t
}

func (t *theme) codes(g ground, r role) []string {
	switch t.depth {
	case colourless:
		return colourlessCodes(g, r)
	case sixteen:
		return sixteenCodes(t.dark, g, r)
	case trueColour:
	}
	p := lightPalette()
	if t.dark {
		p = darkPalette()
	}
	return fullCodes(p, g, r)
}

func fullCodes(p palette, g ground, r role) []string {
	fore := [roleCount]string{
		plain: p.text, strong: p.text, dim: p.dim, faint: p.faint, ruled: p.rule,
		accent: p.accent, accentStrong: p.accent, busy: p.busy, pastBusy: p.pastBusy,
		mine: p.mine, held: p.tentative, nowLine: p.now, good: p.ok, goodStrong: p.ok,
		warn: p.warn, bad: p.bad, badStrong: p.bad, badge: p.onBadge, demoBadge: p.onTentative,
		chip: p.accent, caret: p.accent,
	}[r]
	back := [groundCount]string{onSelected: p.selection, onSpan: p.accentBack, onPanel: p.panel}[g]
	var codes []string
	switch r {
	case badge:
		back = p.badge
	case demoBadge:
		back = p.tentative
	case chip:
		back = p.accentBack
	case caret:
		codes = append(codes, "7")
	}
	if bold(r) {
		codes = append(codes, "1")
	}
	codes = append(codes, "38;2;"+components(fore))
	if back != "" {
		codes = append(codes, "48;2;"+components(back))
	}
	return codes
}

func bold(r role) bool {
	switch r {
	case strong, accentStrong, goodStrong, badStrong, badge, demoBadge, chip:
		return true
	}
	return false
}

// components turns RRGGBB into the decimal "R;G;B" of a colour sequence.
func components(hex string) string {
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return "255;255;255"
	}
	return fmt.Sprintf("%d;%d;%d", v>>16&255, v>>8&255, v&255)
}

// sixteenCodes uses the terminal's own sixteen colours, which its owner chose to
// be readable; a ground paints nothing, because any of them could swallow a
// text colour.
func sixteenCodes(dark bool, g ground, r role) []string {
	pick := func(onDark, onLight string) string {
		if dark {
			return onDark
		}
		return onLight
	}
	var codes []string
	switch r {
	case dim, faint, ruled:
		codes = append(codes, "90")
	case accent:
		codes = append(codes, pick("96", "34"))
	case accentStrong:
		codes = append(codes, "1", pick("96", "34"))
	case busy:
		codes = append(codes, pick("95", "35"))
	case pastBusy:
		codes = append(codes, pick("35", "95"))
	case mine:
		codes = append(codes, "36")
	case held, warn:
		codes = append(codes, "33")
	case nowLine, bad:
		codes = append(codes, pick("91", "31"))
	case badStrong:
		codes = append(codes, "1", pick("91", "31"))
	case good:
		codes = append(codes, "32")
	case goodStrong:
		codes = append(codes, "1", "32")
	case strong:
		codes = append(codes, "1")
	case badge:
		codes = append(codes, "1", "7", pick("95", "35"))
	case demoBadge:
		codes = append(codes, "1", "7", "33")
	case chip:
		codes = append(codes, "1", "7", pick("96", "34"))
	case caret:
		codes = append(codes, "7")
	}
	if g == onSpan && r != caret {
		codes = append(codes, "4")
	}
	return codes
}

// colourlessCodes are the attributes that survive NO_COLOR.
func colourlessCodes(g ground, r role) []string {
	var codes []string
	switch r {
	case badge, demoBadge, chip:
		codes = append(codes, "1", "7")
	case caret:
		codes = append(codes, "7")
	case dim, faint, ruled, pastBusy:
		codes = append(codes, "2")
	default:
		if bold(r) {
			codes = append(codes, "1")
		}
	}
	if g == onSpan && r != caret {
		codes = append(codes, "4")
	}
	return codes
}
