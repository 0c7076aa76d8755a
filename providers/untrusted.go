package providers

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Untrusted is text that somebody outside may have chosen: a room's name, a
// subject, a server's error message. Its only way to a string that may be shown
// is [Untrusted.String], which sanitises; every verb of package fmt and every
// slog handler goes through it too. What the tenant really sent is
// [Untrusted.Raw], for storing, comparing and sending back, never for showing.
// Package fmt asks nobody where it prints by reflection: under %p and %w, which go vet
// refuses here, and in an unexported field of a struct that is printed whole. So print
// no structs that keep such text in unexported fields.
//
// Untrusted values are comparable; the zero value is the empty text.
type Untrusted struct{ raw string }

// Outside marks text as coming from outside.
func Outside(raw string) Untrusted { return Untrusted{raw} }

// Raw is the text exactly as it came. A check keeps it out of package tui and of
// everything that prints.
func (u Untrusted) Raw() string { return u.raw }

// Empty reports whether there is no text at all.
func (u Untrusted) Empty() bool { return u.raw == "" }

// String is the text made safe for one line of a terminal: see [Sanitise].
func (u Untrusted) String() string { return Sanitise(u.raw) }

// Or is the text made safe, or fallback where nothing visible is left.
func (u Untrusted) Or(fallback string) string {
	if s := strings.TrimSpace(u.String()); s != "" {
		return s
	}
	return fallback
}

// Format sanitises under every verb, also under those that package fmt would
// refuse or would answer with the struct's inside.
func (u Untrusted) Format(f fmt.State, verb rune) {
	switch verb {
	case 's', 'q', 'x', 'X', 'v':
	default:
		verb = 's'
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), u.String())
}

// LogValue sanitises for structured logs.
func (u Untrusted) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalJSON writes the raw text, with every character that could act on a
// terminal or reorder its line as a \u escape: the value is lossless for a
// program and harmless when the JSON itself is printed.
func (u Untrusted) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, len(u.raw)+2)
	out = append(out, '"')
	for i := 0; i < len(u.raw); {
		r, size := utf8.DecodeRuneInString(u.raw[i:])
		i += size
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case r < 0x20 || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			if r > 0xffff {
				high, low := utf16.EncodeRune(r)
				out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return append(out, '"'), nil
}

// Join sanitises each text and joins those that are not empty.
func Join(texts []Untrusted, separator string) string {
	parts := make([]string, 0, len(texts))
	for _, text := range texts {
		if s := text.Or(""); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, separator)
}
