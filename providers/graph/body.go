package graph

import (
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	// bulkLimit bounds one page after decompression. Pages of 30 MB were seen
	// where the service ignored the wished page size.
	bulkLimit = 96 << 20
	// objectLimit bounds the answer about one object.
	objectLimit = 8 << 20
	// refusalLimit is as much of a refusal as is read.
	refusalLimit = 64 << 10
	// progressStep is how much of a body must come within a progress time.
	progressStep = 1 << 10
)

// isJSON reports whether the content type is JSON with whatever parameters.
func isJSON(header http.Header) bool {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil && media == "" {
		return false
	}
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// notOurs is the failure of an answer that is not the service's.
func notOurs(header http.Header) *providers.Error {
	e := &providers.Error{Class: providers.Foreign, Message: providers.Outside("the answer is not JSON")}
	if media, _, _ := mime.ParseMediaType(header.Get("Content-Type")); media == "text/html" {
		e.Message = providers.Outside("the answer is a web page")
		e.Advice = "a network sign-in page or a proxy answers in the service's place: open a browser and sign in to the network"
	}
	return e
}

var errTooBig = &providers.Error{Class: providers.Foreign, Message: providers.Outside("the answer is larger than any answer of the service")}

// body reads an answer within its limits: decompressed where needed, no larger
// than limit both before and after, and never slower than [progressStep] within
// the progress time.
type body struct {
	raw      io.ReadCloser
	text     io.Reader
	unzip    *gzip.Reader
	progress func()

	came, sinceStep int64 // as it came
	given, limit    int64 // decompressed
}

// unzippers keeps gzip readers, whose tables are large, for the next body.
var unzippers sync.Pool

func openBody(resp *http.Response, limit int64, progress func()) (*body, error) {
	b := &body{raw: resp.Body, limit: limit, progress: progress}
	switch encoding := strings.ToLower(resp.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		b.text = counted{b}
	case "gzip":
		var err error
		if b.unzip, _ = unzippers.Get().(*gzip.Reader); b.unzip == nil {
			b.unzip, err = gzip.NewReader(counted{b})
		} else {
			err = b.unzip.Reset(counted{b})
		}
		if errors.Is(err, io.EOF) { // no body at all, whatever its header says
			b.unzip, b.text = nil, strings.NewReader("")
			return b, nil
		}
		if err != nil {
			if errors.Is(err, gzip.ErrHeader) {
				err = &providers.Error{Class: providers.Foreign, Message: providers.Outside("the answer is not compressed as it says")}
			}
			b.unzip = nil
			return nil, err
		}
		b.text = b.unzip
	default:
		return nil, &providers.Error{Class: providers.Foreign, Message: providers.Outside("the answer is compressed in a way that was not asked for")}
	}
	return b, nil
}

// Read gives decompressed text.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.text.Read(p)
	if b.given += int64(n); b.given > b.limit {
		return 0, errTooBig
	}
	return n, err
}

// finish returns what can be used again. The rest of a short body is read so
// that its connection can be used again too.
func (b *body) finish() {
	if b.unzip != nil {
		unzippers.Put(b.unzip)
		b.unzip = nil
	}
	_, _ = io.CopyN(io.Discard, b.raw, 4<<10) // best effort: the answer was used already
}

// counted reads the body as it comes.
type counted struct{ b *body }

func (c counted) Read(p []byte) (int, error) {
	n, err := c.b.raw.Read(p)
	c.b.came += int64(n)
	if c.b.sinceStep += int64(n); c.b.sinceStep >= progressStep {
		c.b.sinceStep = 0
		c.b.progress()
	}
	if c.b.came > c.b.limit {
		return 0, errTooBig
	}
	return n, err
}

// watchdog calls stop unless it is fed in time.
type watchdog struct {
	timer *time.Timer
	every time.Duration
}

func newWatchdog(first, every time.Duration, stop func()) *watchdog {
	return &watchdog{timer: time.AfterFunc(first, stop), every: every}
}

func (w *watchdog) feed() { w.timer.Reset(w.every) }
func (w *watchdog) stop() { w.timer.Stop() }
