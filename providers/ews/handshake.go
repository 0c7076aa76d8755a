package ews

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
)

// handshake tells a sign-in that was broken off from one that was refused. NTLM signs a
// connection in by three requests, the last of which carries the call itself, and the
// negotiator answers with the first refusal whatever happens to the others: a network
// that fails then would look like a wrong password, and a call that was worked on like
// one that was not.
type handshake struct{ next http.RoundTripper }

var errHandshake = errors.New("the connection changed while it was being signed in")

// course is what happened to the requests of one sign-in.
type course struct {
	mu    sync.Mutex
	err   error      // of the last request
	conns []net.Conn // over which each went
	// password is what it is made with.
	password string
}

type courseKey struct{}

func (h handshake) RoundTrip(req *http.Request) (*http.Response, error) {
	_, password, _ := req.BasicAuth()
	c := &course{password: password}
	ctx := context.WithValue(req.Context(), courseKey{}, c)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { c.over(info.Conn) }})
	resp, err := h.next.RoundTrip(req.WithContext(ctx))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if broken := c.broken(); broken != nil {
		_ = resp.Body.Close()
		return nil, broken
	}
	return resp, nil
}

func (c *course) over(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
}

func (c *course) ended(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// broken is why a refusal says nothing about the password; nil where it does.
func (c *course) broken() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.conns)
	if c.err == nil && n > 1 && c.conns[n-1] != c.conns[n-2] {
		return errHandshake
	}
	return c.err
}
