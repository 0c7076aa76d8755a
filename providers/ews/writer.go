package ews

import (
	"strings"
	"unicode/utf8"
)

// writer writes a request. Names are constants of this package; values are escaped
// here and nowhere else.
type writer struct{ b strings.Builder }

// open begins an element; attrs are names and values in turn.
func (w *writer) open(name string, attrs ...string) {
	w.b.WriteByte('<')
	w.b.WriteString(name)
	w.attributes(attrs)
	w.b.WriteByte('>')
}

func (w *writer) close(name string) {
	w.b.WriteString("</")
	w.b.WriteString(name)
	w.b.WriteByte('>')
}

// empty writes an element without content.
func (w *writer) empty(name string, attrs ...string) {
	w.b.WriteByte('<')
	w.b.WriteString(name)
	w.attributes(attrs)
	w.b.WriteString("/>")
}

// text writes an element with a value.
func (w *writer) text(name, value string, attrs ...string) {
	w.open(name, attrs...)
	escape(&w.b, value)
	w.close(name)
}

func (w *writer) flag(name string, value bool) {
	if value {
		w.text(name, "true")
	} else {
		w.text(name, "false")
	}
}

func (w *writer) attributes(attrs []string) {
	for i := 0; i+1 < len(attrs); i += 2 {
		w.b.WriteByte(' ')
		w.b.WriteString(attrs[i])
		w.b.WriteString(`="`)
		escape(&w.b, attrs[i+1])
		w.b.WriteByte('"')
	}
}

// escape writes a value. What XML 1.0 cannot hold in any way, control characters above
// all, is left out.
func escape(b *strings.Builder, value string) {
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRuneInString(value[i:])
		switch {
		case r == utf8.RuneError && size == 1, !legal(r):
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\n':
			b.WriteString("&#xA;")
		case r == '\r':
			b.WriteString("&#xD;")
		case r == '\t':
			b.WriteString("&#x9;")
		default:
			b.WriteString(value[i : i+size])
		}
		i += size
	}
}

// legal reports the characters of XML 1.0 (section 2.2).
func legal(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
}

// Carried is what of a text reaches Exchange: XML has no way to write control
// characters.
func Carried(text string) string {
	return strings.Map(func(r rune) rune {
		if !legal(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}
