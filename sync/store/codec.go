package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"roomdesk/providers"
)

// encoder writes the content columns: length-prefixed strings and varints.
// Lossless for text that is not UTF-8, and without reflection, because a first
// sync encodes every event and a start decodes every room.
type encoder struct{ b []byte }

// codecVersion is the first byte of every blob.
const codecVersion = 1

func newEncoder(size int) *encoder {
	e := &encoder{make([]byte, 0, size)}
	e.b = append(e.b, codecVersion)
	return e
}

func (e *encoder) int(n int64)                 { e.b = binary.AppendVarint(e.b, n) }
func (e *encoder) time(t time.Time)            { e.int(micros(t)) }
func (e *encoder) address(a providers.Address) { e.string(string(a)) }
func (e *encoder) text(u providers.Untrusted)  { e.string(u.Raw()) }

func (e *encoder) string(s string) {
	e.b = binary.AppendUvarint(e.b, uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) bool(v bool) {
	if v {
		e.b = append(e.b, 1)
	} else {
		e.b = append(e.b, 0)
	}
}

// list writes n and then each element.
func list[T any](e *encoder, items []T, each func(T)) {
	e.int(int64(len(items)))
	for _, item := range items {
		each(item)
	}
}

var errBadBlob = errors.New("a stored row cannot be read: the store is damaged")

// decoder reads what encoder wrote. A blob that ends early or has an impossible
// length sets bad; every later value is then zero.
type decoder struct {
	b   []byte
	bad bool
}

func newDecoder(b []byte) *decoder {
	if len(b) == 0 || b[0] != codecVersion {
		return &decoder{bad: true}
	}
	return &decoder{b: b[1:]}
}

func (d *decoder) err() error {
	if d.bad {
		return errBadBlob
	}
	return nil
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.b)
	if d.bad || size <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) string() string {
	n, size := binary.Uvarint(d.b)
	if d.bad || size <= 0 || n > uint64(len(d.b)-size) {
		d.bad = true
		return ""
	}
	s := string(d.b[size : size+int(n)])
	d.b = d.b[size+int(n):]
	return s
}

func (d *decoder) bool() bool {
	if d.bad || len(d.b) == 0 {
		d.bad = true
		return false
	}
	v := d.b[0] != 0
	d.b = d.b[1:]
	return v
}

func (d *decoder) time() time.Time            { return instant(d.int()) }
func (d *decoder) address() providers.Address { return providers.Address(d.string()) }
func (d *decoder) text() providers.Untrusted  { return providers.Outside(d.string()) }

// unlist reads what list wrote; nil for none.
func unlist[T any](d *decoder, each func() T) []T {
	n := d.int()
	if n <= 0 || n > int64(len(d.b)) { // an element takes at least one byte
		d.bad = d.bad || n != 0
		return nil
	}
	items := make([]T, 0, n)
	for range n {
		items = append(items, each())
	}
	return items
}

// micros is how instants are stored. The zero time survives.
func micros(t time.Time) int64 { return t.UnixMicro() }

// never is the stored zero time.
var never = micros(time.Time{})

func instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// hash64 is stable over processes and versions and cannot be steered by whoever
// writes the text.
func hash64(b []byte) int64 {
	sum := sha256.Sum256(b)
	return int64(binary.LittleEndian.Uint64(sum[:8]))
}

// hashes64 are hash64 of the first part and of both.
func hashes64(first, second []byte) (ofFirst, ofBoth int64) {
	h := sha256.New()
	var sum [sha256.Size]byte
	h.Write(first)
	ofFirst = int64(binary.LittleEndian.Uint64(h.Sum(sum[:0])))
	h.Write(second)
	return ofFirst, int64(binary.LittleEndian.Uint64(h.Sum(sum[:0])))
}

// idHash is never 0: that stands for "none".
func idHash(id string) int64 {
	if h := hash64([]byte(id)); h != 0 {
		return h
	}
	return 1
}

func encodeProblem(p *providers.Problem) []byte {
	if p == nil {
		return nil
	}
	e := newEncoder(64)
	e.string(string(p.Class))
	e.string(p.Code)
	e.int(int64(p.Status))
	e.text(p.Message)
	e.string(p.Advice)
	e.string(p.RequestID)
	e.time(p.Since)
	e.time(p.NextTry)
	e.int(int64(p.Tries))
	if p.Cause != "" { // problems of older stores end here
		e.string(string(p.Cause))
	}
	return e.b
}

func decodeProblem(b []byte) (*providers.Problem, error) {
	if len(b) == 0 {
		return nil, nil
	}
	d := newDecoder(b)
	p := &providers.Problem{
		Class: providers.Class(d.string()), Code: d.string(), Status: int(d.int()), Message: d.text(), Advice: d.string(),
		RequestID: d.string(), Since: d.time(), NextTry: d.time(), Tries: int(d.int()),
	}
	if len(d.b) > 0 {
		p.Cause = providers.Cause(d.string())
	}
	return p, d.err()
}
