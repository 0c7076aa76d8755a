package cli

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"roomdesk/providers"
)

// wire is all that this process sends over the network, by the place that it goes
// to. What has no line of its own cannot send.
type wire struct {
	mu      sync.Mutex
	traffic map[string]*traffic
}

// traffic is what went to one place and came from it, in bytes as they were on the
// wire, TLS included.
type traffic struct {
	Host    string    `json:"host"` // with port
	In      int64     `json:"in"`
	Out     int64     `json:"out"`
	LastIn  time.Time `json:"last_in,omitzero"`
	LastOut time.Time `json:"last_out,omitzero"`
	// Refused counts connections that were wanted to a place that is none of the
	// connection's. None was made.
	Refused int `json:"refused,omitempty"`
}

// line is one connection's way to the network. It leads to the hosts of that
// connection and to nobody else.
type line struct {
	wire *wire
	now  func() time.Time

	// anywhere is for looking for a server: what does that keeps to the hosts of the
	// mailbox's domain itself.
	anywhere bool

	mu      sync.Mutex
	allowed []string
}

func (w *wire) line(now func() time.Time) *line { return &line{wire: w, now: now} }

// allow opens the line to places, as host:port.
func (l *line) allow(hosts ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, host := range hosts {
		if host != "" {
			l.allowed = append(l.allowed, host)
		}
	}
}

// dial connects to an allowed place. A name is looked up only then.
func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	allowed := l.anywhere || slices.ContainsFunc(l.allowed, func(host string) bool { return strings.EqualFold(host, address) })
	l.mu.Unlock()
	if !allowed {
		l.wire.count(address, func(t *traffic) { t.Refused++ })
		return nil, &providers.Error{Class: providers.Permanent, Op: "connecting", Message: providers.Outside(fmt.Sprintf("%s is none of this connection's hosts: nothing was sent", address))}
	}
	conn, err := (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, line: l, to: address}, nil
}

func (w *wire) count(host string, change func(t *traffic)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.traffic[host]
	if t == nil {
		if w.traffic == nil {
			w.traffic = map[string]*traffic{}
		}
		t = &traffic{Host: host}
		w.traffic[host] = t
	}
	change(t)
}

// all is the traffic so far, by host.
func (w *wire) all() []traffic {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]traffic, 0, len(w.traffic))
	for _, t := range w.traffic {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b traffic) int { return strings.Compare(a.Host, b.Host) })
	return out
}

// countedConn counts what goes through a connection.
type countedConn struct {
	net.Conn
	line *line
	to   string
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		now := c.line.now()
		c.line.wire.count(c.to, func(t *traffic) { t.In, t.LastIn = t.In+int64(n), now })
	}
	return n, err
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if n > 0 {
		now := c.line.now()
		c.line.wire.count(c.to, func(t *traffic) { t.Out, t.LastOut = t.Out+int64(n), now })
	}
	return n, err
}

// joined adds what was noted earlier to what is counted now.
func joined(earlier, now []traffic) []traffic {
	all := slices.Clone(earlier)
	for _, t := range now {
		i := slices.IndexFunc(all, func(have traffic) bool { return have.Host == t.Host })
		if i < 0 {
			all = append(all, t)
			continue
		}
		have := &all[i]
		have.In, have.Out, have.Refused = have.In+t.In, have.Out+t.Out, have.Refused+t.Refused
		if t.LastIn.After(have.LastIn) {
			have.LastIn = t.LastIn
		}
		if t.LastOut.After(have.LastOut) {
			have.LastOut = t.LastOut
		}
	}
	slices.SortFunc(all, func(a, b traffic) int { return strings.Compare(a.Host, b.Host) })
	return all
}

// taken is the traffic since the last time that it was taken.
func (w *wire) taken() []traffic {
	w.mu.Lock()
	all := w.traffic
	w.traffic = nil
	w.mu.Unlock()
	out := make([]traffic, 0, len(all))
	for _, t := range all {
		out = append(out, *t)
	}
	return out
}
