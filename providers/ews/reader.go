package ews

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of an answer. What is larger is no answer of Exchange: it limits its own to
// 1000 entries a view and 255 characters a text of a listing.
const (
	answerLimit = 16 << 20 // bytes, decompressed
	pieceLimit  = 2 << 20  // bytes of one piece of markup or text
	depthLimit  = 64
	tokenLimit  = 600_000 // beginnings, ends and texts
)

// errHostile is an answer with what Exchange never sends.
var errHostile = errors.New("the answer holds what no answer of Exchange holds")

// envelopeRead is an answer as far as it was wanted.
type envelopeRead struct {
	parts  []*node // the wanted elements, in order
	fault  *node   // nil: none
	server *node   // ServerVersionInfo
}

// readEnvelope reads a SOAP envelope and keeps the elements with the wanted local names
// and a fault. It ends at the envelope's end; an envelope that breaks off is an error.
func readEnvelope(r io.Reader, want ...string) (envelopeRead, error) {
	return readNext(bufio.NewReaderSize(io.LimitReader(r, answerLimit+1), 32<<10), want...)
}

// readNext is the same with one of several envelopes that follow each other; it reads no
// byte behind its end.
func readNext(r *bufio.Reader, want ...string) (envelopeRead, error) {
	var out envelopeRead
	in := &cleaner{r: r}
	d := xml.NewDecoder(in)
	var path []*node // the open elements from the wanted one down; empty outside
	depth := 0
	for tokens := 0; ; tokens++ {
		if tokens > tokenLimit {
			return envelopeRead{}, fmt.Errorf("%w: too many elements", errHostile)
		}
		in.piece = 0
		token, err := d.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return envelopeRead{}, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return envelopeRead{}, fmt.Errorf("%w: a document type", errHostile)
		case xml.StartElement:
			if depth++; depth > depthLimit {
				return envelopeRead{}, fmt.Errorf("%w: elements nested too deep", errHostile)
			}
			if depth == 1 && t.Name.Local != "Envelope" {
				return envelopeRead{}, errNoEnvelope
			}
			n := &node{name: strings.Clone(t.Name.Local)}
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					n.attrs = append(n.attrs, attribute{a.Name.Local, a.Value})
				}
			}
			switch {
			case len(path) > 0:
				up := path[len(path)-1]
				up.children = append(up.children, n)
				path = append(path, n)
			case n.name == "Fault":
				out.fault, path = n, append(path, n)
			case n.name == "ServerVersionInfo":
				out.server, path = n, append(path, n)
			default:
				for _, name := range want {
					if name == n.name {
						out.parts, path = append(out.parts, n), append(path, n)
						break
					}
				}
			}
		case xml.EndElement:
			if len(path) > 0 {
				n := path[len(path)-1]
				n.text, n.said = string(n.said), nil
				path = path[:len(path)-1]
			}
			if depth--; depth == 0 {
				return out, nil
			}
		case xml.CharData:
			if len(path) > 0 {
				n := path[len(path)-1]
				if len(n.said)+len(t) > pieceLimit {
					return envelopeRead{}, fmt.Errorf("%w: a text too long", errHostile)
				}
				if len(n.said) > 0 || len(bytes.TrimSpace(t)) > 0 {
					n.said = append(n.said, t...)
				}
			}
		}
	}
}

// errNoEnvelope is an answer in XML that is no SOAP.
var errNoEnvelope = errors.New("the answer is no SOAP envelope")

// cleaner hands bytes to the decoder one by one, so that the decoder looks ahead no
// further than its piece, counts them, and takes out what XML 1.0 does not allow:
// Exchange passes on control characters of subjects as references such as &#x1F;.
type cleaner struct {
	r       *bufio.Reader
	total   int64
	piece   int
	pending string // what stands in place of something illegal, as far as not handed over
}

func (c *cleaner) ReadByte() (byte, error) {
	if len(c.pending) > 0 {
		b := c.pending[0]
		c.pending = c.pending[1:]
		return b, nil
	}
	b, err := c.r.ReadByte()
	if err != nil {
		return 0, err
	}
	c.total++
	if c.piece++; c.piece > pieceLimit {
		return 0, fmt.Errorf("%w: a piece of more than %d bytes", errHostile, pieceLimit)
	}
	if c.total > answerLimit {
		return 0, fmt.Errorf("%w: more than %d bytes", errHostile, int64(answerLimit))
	}
	switch {
	case b == '&':
		if skip := c.illegalReference(); skip > 0 {
			_, _ = c.r.Discard(skip)
			c.total += int64(skip)
			return c.replaced()
		}
	case b < 0x20 && b != '\t' && b != '\n' && b != '\r':
		return c.replaced()
	case b >= utf8.RuneSelf:
		return c.multibyte(b)
	}
	return b, nil
}

// Read is not used by the decoder, which takes single bytes.
func (c *cleaner) Read(p []byte) (int, error) {
	for i := range p {
		b, err := c.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = b
	}
	return len(p), nil
}

func (c *cleaner) replaced() (byte, error) {
	const mark = "\uFFFD"
	c.pending = mark[1:]
	return mark[0], nil
}

// illegalReference is how many bytes behind the ampersand belong to a reference to a
// character that is not allowed; 0 where it is none.
func (c *cleaner) illegalReference() int {
	ahead, _ := c.r.Peek(12)
	end := strings.IndexByte(string(ahead), ';')
	if end < 2 || ahead[0] != '#' {
		return 0
	}
	digits, base := string(ahead[1:end]), 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || code <= utf8.MaxRune && legal(rune(code)) {
		return 0
	}
	return end + 1
}

// multibyte reads the rest of a character; what is none, or none of XML, is replaced.
func (c *cleaner) multibyte(first byte) (byte, error) {
	ahead, _ := c.r.Peek(utf8.UTFMax - 1)
	whole := append([]byte{first}, ahead...)
	r, size := utf8.DecodeRune(whole)
	if r == utf8.RuneError && size <= 1 {
		return c.replaced()
	}
	_, _ = c.r.Discard(size - 1)
	c.total += int64(size - 1)
	c.piece += size - 1
	if !legal(r) {
		return c.replaced()
	}
	c.pending = string(whole[1:size])
	return first, nil
}

func newBuffered(text []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(text)) }
