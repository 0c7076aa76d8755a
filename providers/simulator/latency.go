package simulator

import (
	"net/http"
	"time"
)

// requestKinds are the kinds of requests that a latency may be set for.
var requestKinds = []string{"token", "directory", "places", "view", "delta", "schedule", "read", "write", "batch"}

// requestKind is the kind of a request.
func (c *call) requestKind() string {
	if len(c.segments) == 0 {
		return "token"
	}
	last := c.name(c.depth() - 1)
	switch {
	case c.name(0) == "$batch":
		return "batch"
	case c.name(0) == "places" && c.method == http.MethodGet:
		return "places"
	case last == "delta":
		return "delta"
	case last == "calendarview":
		return "view"
	case last == "getschedule":
		return "schedule"
	case c.method != http.MethodGet:
		return "write"
	case c.mailbox == nil || c.depth() == 2:
		return "directory"
	}
	return "read"
}

// latency is how long the tenant takes before it looks at a request.
func (c *call) latency() time.Duration {
	o := &c.t.options
	d := o.Latency
	if len(o.LatencyFor) > 0 {
		if own, ok := o.LatencyFor[c.requestKind()]; ok {
			d = own
		}
	}
	if o.LatencyJitter > 0 {
		r := mix(uint64(c.entry.N) ^ uint64(o.Seed)<<32)
		d += time.Duration(r % uint64(o.LatencyJitter))
	}
	return d
}
