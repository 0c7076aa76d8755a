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

func (w *writer) key(name string) { w.b = appendKey(w.b, name) }

// appendKey appends a name, behind a comma where something stands before it. One
// store of the slice for each member keeps the collector's barriers cheap.
func appendKey(b []byte, name string) []byte {
	if n := len(b); n > 0 {
		switch b[n-1] {
		case '{', '[', ':':
		default:
			b = append(b, ',')
		}
	}
	return append(append(append(b, '"'), name...), '"', ':')
}

func (w *writer) string(name, value string) {
	w.b = appendString(appendKey(w.b, name), value)
}

// orNull writes text, or null for "".
func (w *writer) orNull(name, value string) {
	if value == "" {
		w.null(name)
		return
	}
	w.string(name, value)
}

func (w *writer) null(name string) { w.b = append(appendKey(w.b, name), "null"...) }

func (w *writer) bool(name string, value bool) {
	w.b = strconv.AppendBool(appendKey(w.b, name), value)
}

func (w *writer) int(name string, value int64) {
	w.b = strconv.AppendInt(appendKey(w.b, name), value, 10)
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
	w.b = append(appendStamp(w.b, unix, time.UTC), 'Z', '"')
}

// dateTime writes Graph's dateTimeTimeZone: a wall clock and the name of its zone.
func (w *writer) dateTime(name string, unix int64, z *zone, zoneName string) {
	w.key(name)
	b := append(w.b, `{"dateTime":"`...)
	b = append(appendStamp(b, unix, z.loc), `","timeZone":`...)
	w.b = append(appendString(b, zoneName), '}')
}

// plain marks the bytes that stand in a JSON string as they are.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\' && c != 0x7f
	}
	return t
}()

// appendString appends a JSON string. Text that is not UTF-8 becomes U+FFFD.
func appendString(out []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	out = append(out, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		out = append(out, s[from:i]...)
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			out = utf8.AppendRune(out, r)
			i += size
			from = i
			continue
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(out, s[from:]...), '"')
}

// appendStamp appends the wall clock of a zone with seven digits.
func appendStamp(out []byte, unix int64, loc *time.Location) []byte {
	if loc != time.UTC {
		_, offset := time.Unix(unix, 0).In(loc).Zone()
		unix += int64(offset)
	}
	seconds := unix % 86400
	if seconds < 0 {
		seconds += 86400
	}
	y, m, d := civil((unix - seconds) / 86400)
	if y < 0 || y > 9999 {
		return time.Unix(unix, 0).UTC().AppendFormat(out, stampLayout)
	}
	two := func(n int64) { out = append(out, byte('0'+n/10), byte('0'+n%10)) }
	two(y / 100)
	two(y % 100)
	out = append(out, '-')
	two(m)
	out = append(out, '-')
	two(d)
	out = append(out, 'T')
	two(seconds / 3600)
	out = append(out, ':')
	two(seconds / 60 % 60)
	out = append(out, ':')
	two(seconds % 60)
	return append(out, ".0000000"...)
}

const stampLayout = "2006-01-02T15:04:05.0000000"

// civil is the date of a day counted from 1970-01-01, in the Gregorian calendar.
func civil(day int64) (y, m, d int64) {
	day += 719468 // from 0000-03-01: a year that ends with its leap day
	era := day / 146097
	if day < 0 {
		era = (day - 146096) / 146097
	}
	of := day - era*146097
	year := (of - of/1460 + of/36524 - of/146096) / 365
	of -= 365*year + year/4 - year/100
	month := (5*of + 2) / 153
	d = of - (153*month+2)/5 + 1
	m = month + 3
	if m > 12 {
		m -= 12
	}
	y = year + era*400
	if m <= 2 {
		y++
	}
	return y, m, d
}

func itoa(n int) string { return strconv.Itoa(n) }
