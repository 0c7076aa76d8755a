package graph

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// cursor walks through text that is known to be one valid JSON value, without
// duplicate names. The first value of another kind than is wanted sets err, and
// ends all walking.
type cursor struct {
	text    []byte
	at      int
	name    []byte // of the member that next came to
	scratch []byte
	strings arena
	err     error
}

func (c *cursor) wrong(want string) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %q of an event is not %s", errShape, c.name, want)
	}
}

// peek is the first character of what comes next.
func (c *cursor) peek() byte {
	for {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\r', '\n':
			c.at++
		default:
			return b
		}
	}
}

// null consumes a null.
func (c *cursor) null() bool {
	if c.err != nil || c.peek() != 'n' {
		return false
	}
	c.at += len("null")
	return true
}

// object begins an object, and list an array, whose members or elements next
// comes to one by one; each must be consumed before the next. Both give false for
// null, which has none.
func (c *cursor) object() bool { return c.begin('{', "an object") }
func (c *cursor) list() bool   { return c.begin('[', "a list") }

func (c *cursor) begin(with byte, what string) bool {
	if c.err != nil || c.null() {
		return false
	}
	if c.peek() != with {
		c.wrong(what)
		return false
	}
	return true
}

// next goes to the next member, whose name it takes down, or element.
func (c *cursor) next() bool {
	if c.err != nil {
		return false
	}
	separator := c.peek()
	c.at++
	switch separator {
	case '}', ']':
		return false
	case '{', '[':
		if end := c.peek(); end == '}' || end == ']' {
			c.at++
			return false
		}
	}
	return true
}

// member is next for an object.
func (c *cursor) member() bool {
	if !c.next() {
		return false
	}
	c.peek()
	raw := c.raw()
	c.name = raw[1 : len(raw)-1]
	if bytes.IndexByte(c.name, '\\') >= 0 {
		c.name = c.unquote(raw)
	}
	c.peek()
	c.at++ // the colon
	return true
}

// raw consumes a string as it stands, with its quotes.
func (c *cursor) raw() []byte {
	begin := c.at
	for c.at++; ; {
		n := bytes.IndexByte(c.text[c.at:], '"')
		c.at += n + 1
		escapes := 0
		for c.text[c.at-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return c.text[begin:c.at]
		}
	}
}

// unquote is the text that a string with escapes stands for. Damaged characters
// become U+FFFD, which is no failure: see [lenient].
func (c *cursor) unquote(raw []byte) []byte {
	c.scratch, _ = jsontext.AppendUnquote(c.scratch[:0], raw)
	return c.scratch
}

// string consumes a string; null is "".
func (c *cursor) string() string {
	if c.err != nil || c.null() {
		return ""
	}
	if c.peek() != '"' {
		c.wrong("a text")
		return ""
	}
	raw := c.raw()
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 || !utf8.Valid(text) {
		text = c.unquote(raw)
	}
	return c.strings.keep(text)
}

// bool consumes a boolean; null is false.
func (c *cursor) bool() bool {
	if c.err != nil || c.null() {
		return false
	}
	switch c.peek() {
	case 't':
		c.at += len("true")
		return true
	case 'f':
		c.at += len("false")
	default:
		c.wrong("true or false")
	}
	return false
}

// number consumes a number; nil for null.
func (c *cursor) number() *float64 {
	if c.err != nil || c.null() {
		return nil
	}
	if b := c.peek(); b != '-' && (b < '0' || b > '9') {
		c.wrong("a number")
		return nil
	}
	begin := c.at
	c.skip()
	n, err := strconv.ParseFloat(string(c.text[begin:c.at]), 64)
	if err != nil {
		c.wrong("a number that can be read")
		return nil
	}
	return &n
}

// skip consumes a value of any kind.
func (c *cursor) skip() {
	if c.err != nil {
		return
	}
	for depth := 0; ; {
		switch c.peek() {
		case '"':
			c.raw()
		case '{', '[':
			depth++
			c.at++
		case '}', ']':
			depth--
			c.at++
		case ',', ':':
			c.at++
			continue
		default: // a number, true, false, null
			for c.at < len(c.text) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(c.text[c.at])) {
				c.at++
			}
		}
		if depth == 0 {
			return
		}
	}
}

// arena keeps many short texts in few pieces of memory. A text keeps its whole
// piece alive, so that it suits what is dropped together.
type arena struct{ piece *strings.Builder }

const (
	leastPiece = 1 << 10
	mostPiece  = 32 << 10
)

func (a *arena) keep(text []byte) string {
	if known := word(text); known != "" || len(text) == 0 {
		return known
	}
	if a.piece == nil || a.piece.Cap()-a.piece.Len() < len(text) {
		size := leastPiece
		if a.piece != nil {
			size = min(2*a.piece.Cap(), mostPiece)
		}
		a.piece = &strings.Builder{}
		a.piece.Grow(max(size, len(text)))
	}
	begin := a.piece.Len()
	a.piece.Write(text)
	return a.piece.String()[begin:]
}

// word is a text that comes again and again, or "".
func word(text []byte) string {
	switch string(text) {
	case "UTC":
		return "UTC"
	case "busy":
		return "busy"
	case "free":
		return "free"
	case "tentative":
		return "tentative"
	case "normal":
		return "normal"
	case "private":
		return "private"
	case "occurrence":
		return "occurrence"
	case "exception":
		return "exception"
	case "seriesMaster":
		return "seriesMaster"
	case "singleInstance":
		return "singleInstance"
	case "required":
		return "required"
	case "optional":
		return "optional"
	case "resource":
		return "resource"
	case "none":
		return "none"
	case "accepted":
		return "accepted"
	case "declined":
		return "declined"
	case "tentativelyAccepted":
		return "tentativelyAccepted"
	case "notResponded":
		return "notResponded"
	case "organizer":
		return "organizer"
	case "0001-01-01T00:00:00Z":
		return "0001-01-01T00:00:00Z"
	}
	return ""
}
