package graph

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"roomdesk/providers"
)

// hints say what the request of an [Objects] implementation is about: its own
// client knows only HTTP.
type hints struct {
	op         string
	repeat     repeat
	permission string
	object     bool
}

type hintsKey struct{}

func withHints(ctx context.Context, h hints) context.Context {
	return context.WithValue(ctx, hintsKey{}, h)
}

// client is an HTTP client whose requests go the engine's way. It has no time
// limit of its own: a wait that the service asks for is no failure.
func (e *engine) client() *http.Client {
	return &http.Client{
		Transport:     engineTransport{e},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type engineTransport struct{ engine *engine }

// RoundTrip reads request and answer wholly: bodies of single objects are small,
// the service gets a length instead of chunks, and the SDK sees neither broken
// bodies nor refusals, some of which it cannot bear.
func (t engineTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := call{op: "asking the service", method: req.Method, url: req.URL.String(), header: http.Header{},
		mailbox: t.engine.roots.pathMailbox(req.URL)}
	if h, ok := req.Context().Value(hintsKey{}).(hints); ok {
		c.op, c.repeat, c.permission, c.object = h.op, h.repeat, h.permission, h.object
	}
	if req.Method == http.MethodGet {
		c.repeat = repeatAlways
	}
	for _, name := range []string{"Prefer", "If-Match", "client-request-id"} {
		if values := req.Header.Values(name); len(values) > 0 {
			c.header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if req.Body != nil {
		text, err := io.ReadAll(io.LimitReader(req.Body, objectLimit+1))
		_ = req.Body.Close() // read to its end above
		if err != nil || len(text) > objectLimit {
			return nil, &providers.Error{Class: providers.Permanent, Op: c.op, Mailbox: c.mailbox,
				Message: providers.Outside("the request's body cannot be read or is too big"), Err: err}
		}
		if len(text) > 0 {
			c.body = text
		}
	}
	var out *http.Response
	err := t.engine.do(req.Context(), c, func(a answer) error {
		text, err := io.ReadAll(a.body)
		if err != nil {
			return err
		}
		header := http.Header{}
		for _, name := range []string{"Content-Type", "ETag", "Location", "Preference-Applied"} {
			if value := a.header.Get(name); value != "" {
				header.Set(name, value)
			}
		}
		out = &http.Response{
			Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: header, Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)), Request: req,
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
