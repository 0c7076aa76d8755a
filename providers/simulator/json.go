package simulator

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// writer builds JSON by appending: answers with hundreds of events would spend
// most of their time in reflection otherwise.
type writer struct{ b []byte }

func (w *writer) comma() {
	if n := len(w.b); n > 0 {
		switch w.b[n-1] {
		case '{', '[', ':':
		default:
			w.b = append(w.b, ',')
		}
	}
}

func (w *writer) open()      { w.comma(); w.b = append(w.b, '{') }
func (w *writer) close()     { w.b = append(w.b, '}') }
func (w *writer) closeList() { w.b = append(w.b, ']') }

func (w *writer) key(name string) {
	w.comma()
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

func (w *writer) string(name, value string) {
	w.key(name)
	w.b = appendString(w.b, value)
}

// orNull writes text, or null for "".
func (w *writer) orNull(name, value string) {
	if value == "" {
		w.null(name)
		return
	}
	w.string(name, value)
}

func (w *writer) null(name string) { w.key(name); w.b = append(w.b, "null"...) }

func (w *writer) bool(name string, value bool) {
	w.key(name)
	w.b = strconv.AppendBool(w.b, value)
}

func (w *writer) int(name string, value int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, value, 10)
}

func (w *writer) float(name string, value float64) {
	w.key(name)
	w.b = strconv.AppendFloat(w.b, value, 'f', -1, 64)
}

func (w *writer) strings(name string, values []string) {
	w.key(name)
	w.b = append(w.b, '[')
	for _, v := range values {
		w.comma()
		w.b = appendString(w.b, v)
	}
	w.b = append(w.b, ']')
}

// instant writes a date-time with offset Z and seven digits.
func (w *writer) instant(name string, unix int64) {
	w.key(name)
	w.b = append(w.b, '"')
	w.b = time.Unix(unix, 0).UTC().AppendFormat(w.b, "2006-01-02T15:04:05.0000000")
	w.b = append(w.b, 'Z', '"')
}

// dateTime writes Graph's dateTimeTimeZone: a wall clock and the name of its zone.
func (w *writer) dateTime(name string, unix int64, z *zone, zoneName string) {
	w.key(name)
	w.b = append(w.b, `{"dateTime":"`...)
	w.b = time.Unix(unix, 0).In(z.loc).AppendFormat(w.b, "2006-01-02T15:04:05.0000000")
	w.b = append(w.b, `","timeZone":`...)
	w.b = appendString(w.b, zoneName)
	w.b = append(w.b, '}')
}

// appendString appends a JSON string. Text that is not UTF-8 becomes U+FFFD.
func appendString(out []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	out = append(out, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				out = append(out, '\\', c)
			case c == '\n':
				out = append(out, '\\', 'n')
			case c == '\r':
				out = append(out, '\\', 'r')
			case c == '\t':
				out = append(out, '\\', 't')
			case c < 0x20 || c == 0x7f:
				out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			default:
				out = append(out, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		out = utf8.AppendRune(out, r)
		i += size
	}
	return append(out, '"')
}

func itoa(n int) string { return strconv.Itoa(n) }
