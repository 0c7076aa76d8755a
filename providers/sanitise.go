package providers

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// markEscape stands for an escape sequence that was taken out.
	markEscape = '␛'
	// markBad stands for what must not be shown and has no picture of its own.
	markBad = '\uFFFD'
	// markNewline stands for every kind of line break: one line stays one line.
	markNewline = '␤'

	// maxEscapeBody bounds how much text one escape string may take with it. An
	// unterminated one loses only its introducer; what follows stays visible.
	maxEscapeBody = 64
	// maxCombining is the number of marks that one base character may carry.
	maxCombining = 4
	// MaxSanitised is the longest text, in characters, that [Sanitise] returns;
	// longer text ends in an ellipsis. Nothing on a screen is this wide.
	MaxSanitised = 2048
)

// Sanitise makes text from outside safe for one line of a terminal, a table or a
// log, and keeps its columns countable: escape sequences, control characters and
// line breaks become visible marks; bidirectional and other format controls,
// unassigned and private characters, and excess combining marks become U+FFFD.
// A zero-width joiner survives only between emoji. The result is valid UTF-8 in
// NFC. Printable ASCII comes back unchanged without an allocation.
func Sanitise(raw string) string {
	if len(raw) <= MaxSanitised && printableASCII(raw) {
		return raw
	}
	var s sanitiser
	s.out.Grow(min(len(raw), MaxSanitised) + utf8.UTFMax)
	for len(raw) > 0 {
		if s.written >= MaxSanitised {
			s.out.WriteRune('…')
			break
		}
		raw = raw[s.take(raw):]
	}
	return norm.NFC.String(s.out.String())
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// sanitiser remembers what the next character depends on.
type sanitiser struct {
	out       strings.Builder
	written   int  // characters
	base      bool // a character that can carry combining marks came last
	ascii     bool // and it was an ASCII one
	combining int  // marks since then
	overfull  bool // the excess of marks has its own mark already
	pictured  bool // an emoji, perhaps with its modifiers, came last
	toned     bool // and it has a skin tone
}

// take consumes the front of raw and returns how many bytes that were.
func (s *sanitiser) take(raw string) int {
	r, size := utf8.DecodeRuneInString(raw)
	switch {
	case r == utf8.RuneError && size == 1:
		// A lone C1 byte is an escape introducer to a terminal that is not in
		// UTF-8; as invalid UTF-8 it is only a bad character to us.
		s.mark(markBad)
	case r == 0x1b || (r >= 0x80 && r <= 0x9f && introducesString(r)):
		s.mark(markEscape)
		return escapeLength(raw)
	case r == '\r' && strings.HasPrefix(raw, "\r\n"):
		s.mark(markNewline)
		return 2
	case r == '\n' || r == '\r' || r == 0x85 || r == '\u2028' || r == '\u2029':
		s.mark(markNewline)
	case r < 0x20:
		s.mark(0x2400 + r)
	case r == 0x7f:
		s.mark('␡')
	case r == '\u200d':
		if next, _ := utf8.DecodeRuneInString(raw[size:]); s.pictured && pictographic(next) {
			s.out.WriteRune(r)
		} else {
			s.mark(markBad)
		}
	case r >= 0xfe00 && r <= 0xfe0f:
		// Variation selectors change a width in some terminals only: left out.
	case r >= 0x1f3fb && r <= 0x1f3ff:
		// A skin tone joins whatever stands before it.
		if s.pictured && !s.toned {
			s.out.WriteRune(r)
			s.toned = true
		} else {
			s.mark(markBad)
		}
	case (unicode.Is(unicode.Mc, r) || spacingVowel(r)) && (s.ascii || !s.base):
		// A spacing mark where no script puts it: terminals differ on its width.
		s.mark(markBad)
	case r >= 0xff66 && r <= 0xff9f:
		// Half-width katakana, of which some combine and some do not: as their
		// full-width letters, which every terminal draws alike.
		if wide, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r))); unicode.Is(unicode.Mn, wide) {
			s.combine(wide)
		} else {
			s.put(wide)
		}
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc):
		s.combine(r)
	case r == ' ' || unicode.Is(unicode.Zs, r):
		s.put(' ')
	case !unicode.IsPrint(r) || wideAsNothing(r):
		s.mark(markBad)
	default:
		s.put(r)
		s.pictured = pictographic(r)
	}
	return size
}

func (s *sanitiser) put(r rune) {
	s.out.WriteRune(r)
	s.written++
	s.base, s.combining, s.overfull, s.pictured = true, 0, false, false
	s.ascii, s.toned = r < utf8.RuneSelf, false
}

func (s *sanitiser) mark(r rune) {
	s.put(r)
	s.base = false
}

func (s *sanitiser) combine(r rune) {
	switch {
	case s.base && s.combining < maxCombining:
		s.combining++
		s.out.WriteRune(r)
	case s.base && s.overfull:
	default:
		overfull := s.base
		s.mark(markBad)
		s.base, s.overfull, s.combining = overfull, overfull, maxCombining
	}
}

// pictographic reports characters that may stand beside a zero-width joiner.
func pictographic(r rune) bool {
	return (r >= 0x1f300 && r <= 0x1faff && (r < 0x1f3fb || r > 0x1f3ff)) || (r >= 0x2600 && r <= 0x27bf) || r == 0x2b50
}

// wideAsNothing reports printable characters that terminals draw without a
// column of their own although they are no combining marks: the conjoining
// vowels and finals of Hangul outside a syllable, the fillers, and letters that
// join what follows them (Unicode's grapheme break property Prepend).
func wideAsNothing(r rune) bool {
	switch r {
	case 0x115f, 0x3164, 0xffa0, 0x0d4e, 0x111c2, 0x111c3, 0x113d1, 0x1193f, 0x11941, 0x11a3a, 0x11d46, 0x11f02:
		return true
	}
	return (r >= 0x1160 && r <= 0x11ff) || (r >= 0xd7b0 && r <= 0xd7ff) || (r >= 0x11a84 && r <= 0x11a89)
}

// spacingVowel reports the Thai and Lao vowels that join the letter before them
// although they are letters themselves.
func spacingVowel(r rune) bool { return r == 0x0e33 || r == 0x0eb3 }

// introducesString reports the C1 controls that begin a sequence: CSI, DCS, OSC,
// SOS, PM, APC, and SS2, SS3, which take one character with them.
func introducesString(r rune) bool {
	switch r {
	case 0x8e, 0x8f, 0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f:
		return true
	}
	return false
}

// escapeLength is the length of the escape sequence that raw begins with: the
// whole of it where it is well formed and short, else its introducer.
func escapeLength(raw string) int {
	kind, size := utf8.DecodeRuneInString(raw)
	if kind == 0x1b {
		if len(raw) == 1 {
			return 1
		}
		second, secondSize := utf8.DecodeRuneInString(raw[1:])
		switch {
		case second >= 0x40 && second <= 0x5f:
			kind, size = second+0x40, 1+secondSize
			if !introducesString(kind) {
				return size
			}
		case second >= 0x20 && second <= 0x2f: // intermediate bytes, one final
			for i := 1; i < min(len(raw), maxEscapeBody); i++ {
				if c := raw[i]; c >= 0x30 && c <= 0x7e {
					return i + 1
				} else if c < 0x20 || c > 0x2f {
					return 1
				}
			}
			return 1
		case second >= 0x30 && second <= 0x7e:
			return 1 + secondSize
		default:
			return 1
		}
	}
	switch kind {
	case 0x8e, 0x8f:
		return size
	case 0x9b:
		for i := size; i < min(len(raw), size+maxEscapeBody); i++ {
			if c := raw[i]; c >= 0x40 && c <= 0x7e {
				return i + 1
			} else if c < 0x20 || c > 0x3f {
				return size
			}
		}
		return size
	}
	return stringLength(raw, size)
}

// stringLength finds the terminator of an OSC, DCS, SOS, PM or APC string whose
// body begins at from.
func stringLength(raw string, from int) int {
	for i := from; i < min(len(raw), from+maxEscapeBody); {
		r, size := utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == 0x07 || r == 0x9c:
			return i + size
		case r == 0x1b && strings.HasPrefix(raw[i+1:], `\`):
			return i + 2
		case r == 0x1b || r == '\n' || r == '\r':
			return from
		}
		i += size
	}
	return from
}
