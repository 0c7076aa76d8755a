package providertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// maxChecked bounds what is kept of a body; a larger one makes the test fail, as
// an unchecked exchange proves nothing.
const maxChecked = 64 << 20

// Handler stands in front of a simulated tenant and checks each exchange with its
// Graph side; all else passes untouched. Answers reach the client as they are
// written.
func (c *Checker) Handler(next http.Handler) http.Handler {
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !concerns(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		asked := *r.URL
		request := &http.Request{Method: r.Method, URL: &asked, Header: r.Header.Clone()}
		sent := &keeper{}
		r.Body = sent.drain(r.Body)
		answer := &answerKeeper{ResponseWriter: w}
		aborted := true
		defer func() {
			if aborted { // a panic, which net/http turns into a broken answer
				answer.status = 0
			}
			c.finish(exchange{request: request, status: answer.status, header: answer.sent}, sent, &answer.body)
		}()
		next.ServeHTTP(answer, r)
		aborted = false
		if answer.status == 0 {
			answer.status, answer.sent = http.StatusOK, w.Header().Clone()
		}
	})
}

// RoundTripper is [Checker.Handler] on the client's side. An exchange is checked
// when its answer has been read or closed.
func (c *Checker) RoundTripper(next http.RoundTripper) http.RoundTripper {
	if c == nil {
		return next
	}
	return roundTripper{c, next}
}

type roundTripper struct {
	checker *Checker
	next    http.RoundTripper
}

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if !concerns(r.URL.Path) {
		return t.next.RoundTrip(r)
	}
	asked := *r.URL
	x := exchange{request: &http.Request{Method: r.Method, URL: &asked, Header: r.Header.Clone()}}
	sent := &keeper{}
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = sent.drain(r.Body)
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		t.checker.finish(x, sent, &keeper{})
		return response, err
	}
	x.status, x.header = response.StatusCode, response.Header.Clone()
	response.Body = &watchedBody{ReadCloser: response.Body, done: func(body *keeper, ended bool) {
		// A decoder may stop behind the last brace: that is a whole answer too.
		if text, err := plain(x.header, body.Bytes()); !ended && (err != nil || !json.Valid(text)) {
			x.status = 0
		}
		t.checker.finish(x, sent, body)
	}}
	return response, nil
}

// finish checks an exchange that is over.
func (c *Checker) finish(x exchange, sent, received *keeper) {
	if sent.over || received.over {
		c.mu.Lock()
		c.unchecked++
		c.mu.Unlock()
		return
	}
	var err error
	if x.requestBody, err = plain(x.request.Header, sent.Bytes()); err != nil {
		c.violate("request "+x.request.Method+" "+patternOf(x.request.URL.Path)+": cannot be decompressed", err.Error())
		return
	}
	x.injected = x.status != 0 && c.injected(x.request, x.status, x.header)
	if x.status != 0 && !x.injected {
		if x.responseBody, err = plain(x.header, received.Bytes()); err != nil {
			c.violate("response to "+x.request.Method+" "+patternOf(x.request.URL.Path)+": cannot be decompressed", err.Error())
			return
		}
	}
	c.check(x)
}

// keeper keeps what is written to it, up to the limit.
type keeper struct {
	bytes.Buffer
	over bool
}

func (k *keeper) Write(b []byte) (int, error) {
	if k.over || k.Len()+len(b) > maxChecked {
		k.over = true
		k.Reset()
		return len(b), nil
	}
	return k.Buffer.Write(b)
}

// drain reads a request's body to its end, keeps it, and gives it back to be read
// again, an error at its end included. Whether the body is checked must not
// depend on how much of it the other side cared to read.
func (k *keeper) drain(body io.ReadCloser) io.ReadCloser {
	var whole bytes.Buffer
	_, err := whole.ReadFrom(body)
	_, _ = k.Write(whole.Bytes()) // never fails
	again := io.Reader(&whole)
	if err != nil {
		again = io.MultiReader(again, failingReader{err})
	}
	return struct {
		io.Reader
		io.Closer
	}{again, body}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// answerKeeper passes an answer on and keeps a copy.
type answerKeeper struct {
	http.ResponseWriter
	status int
	sent   http.Header // as it left
	body   keeper
}

func (a *answerKeeper) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.sent = status, a.Header().Clone()
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answerKeeper) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	n, err := a.ResponseWriter.Write(b)
	_, _ = a.body.Write(b[:n]) // never fails
	return n, err
}

// Flush sends what is written so far.
func (a *answerKeeper) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap lets [http.ResponseController] reach the connection.
func (a *answerKeeper) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// watchedBody keeps what the client reads of an answer and reports once.
type watchedBody struct {
	io.ReadCloser
	kept keeper
	done func(body *keeper, ended bool)
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	_, _ = b.kept.Write(p[:n]) // never fails
	if err != nil {
		b.report(err == io.EOF)
	}
	return n, err
}

func (b *watchedBody) Close() error {
	b.report(false)
	return b.ReadCloser.Close()
}

func (b *watchedBody) report(ended bool) {
	if b.done != nil {
		done := b.done
		b.done = nil
		done(&b.kept, ended)
	}
}
