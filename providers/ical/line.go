package ical

import (
	"bufio"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLine is the longest line in octets, without its line break (RFC 5545,
// section 3.1).
const maxLine = 75

// lines writes content lines; the first failure stays.
type lines struct {
	out *bufio.Writer
	err error
}

// put writes one content line, folded. What is in it must be escaped already; a
// line break or control character that is left would begin a line of its own in
// somebody's reader, so it is taken out here whatever it came from.
func (l *lines) put(line string) {
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, ""))
	used := 0
	for len(line) > 0 {
		_, size := utf8.DecodeRuneInString(line)
		if used+size > maxLine {
			l.write("\r\n ")
			used = 1
		}
		l.write(line[:size])
		used += size
		line = line[size:]
	}
	l.write("\r\n")
}

func (l *lines) putf(format string, args ...any) { l.put(fmt.Sprintf(format, args...)) }

func (l *lines) write(s string) {
	if l.err == nil {
		_, l.err = l.out.WriteString(s)
	}
}

// text escapes a value of type TEXT (RFC 5545, section 3.3.11). Every kind of line
// break becomes \n; other control characters are left out.
func text(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\r' && strings.HasPrefix(s[i:], "\n"):
		case r == '\n' || r == '\r' || r == 0x85 || r == '\u2028' || r == '\u2029':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == utf8.RuneError && size == 1, unicode.IsControl(r) && r != '\t':
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// quoted is a parameter's value in quotes, which cannot hold quotes nor control
// characters (RFC 5545, section 3.2).
func quoted(s string) string {
	return `"` + strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s) + `"`
}
