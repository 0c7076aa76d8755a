package simulator

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"sync"
)

// Pages of events are hundreds of kilobytes. Their memory is used again: making
// it anew costs more than writing the page.

var bodies = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the largest body that is kept.
const maxPooled = 4 << 20

// newBody gives an empty slice with room for size bytes.
func newBody(size int) []byte {
	p := bodies.Get().(*[]byte)
	if cap(*p) < size {
		return make([]byte, 0, size)
	}
	return (*p)[:0]
}

// keepBody takes back what [newBody] gave, or what it grew into.
func keepBody(b []byte) {
	if cap(b) <= maxPooled {
		bodies.Put(&b)
	}
}

// packer compresses answers.
type packer struct {
	z      *gzip.Writer
	buffer bytes.Buffer
}

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &packer{z: w}
}}

// pack compresses b. What it gives is good until the next call.
func (p *packer) pack(b []byte) ([]byte, error) {
	p.buffer.Reset()
	p.z.Reset(&p.buffer)
	_, err := p.z.Write(b)
	err = errors.Join(err, p.z.Close())
	return p.buffer.Bytes(), err
}
