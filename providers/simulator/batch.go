package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Limits of $batch.
const (
	maxBatch         = 20
	batchConcurrency = 4
)

type batchPart struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch runs the parts of a batch, four at a time, each after those that it
// depends on. Its own status is 200 whatever becomes of the parts.
func (c *call) batch() answer {
	if c.inBatch {
		return c.fail(http.StatusBadRequest, "BadRequest", "A batch cannot contain a batch.")
	}
	if c.method != http.MethodPost || c.depth() != 1 {
		return c.wrongMethod()
	}
	var envelope struct {
		Requests []batchPart `json:"requests"`
	}
	if err := json.Unmarshal(c.body, &envelope); err != nil {
		return c.fail(http.StatusBadRequest, "BadRequest", "Invalid batch payload format.")
	}
	parts := envelope.Requests
	if p := checkBatch(parts); p != nil {
		return c.refuse(p)
	}
	done := make(map[string]chan struct{}, len(parts))
	for _, part := range parts {
		done[part.ID] = make(chan struct{})
	}
	var (
		mu      sync.Mutex
		status  = make(map[string]int, len(parts))
		bodies  []string
		aborted bool
		slots   = make(chan struct{}, batchConcurrency)
		running sync.WaitGroup
	)
	for _, part := range parts {
		running.Go(func() {
			defer close(done[part.ID])
			for _, id := range part.DependsOn {
				<-done[id]
			}
			mu.Lock()
			failed := false
			for _, id := range part.DependsOn {
				failed = failed || status[id] >= 400
			}
			mu.Unlock()
			slots <- struct{}{}
			defer func() { <-slots }()
			a := c.part(part, failed)
			mu.Lock()
			defer mu.Unlock()
			status[part.ID] = a.status
			aborted = aborted || a.status == statusAborted
			bodies = append(bodies, partAnswer(part.ID, a))
		})
	}
	running.Wait()
	if aborted {
		return answer{status: statusAborted}
	}
	return answer{status: http.StatusOK, body: []byte(`{"responses":[` + strings.Join(bodies, ",") + `]}`), kind: "application/json"}
}

// checkBatch refuses a bad envelope: too many parts, no or doubled ids, and
// dependencies that do not come before.
func checkBatch(parts []batchPart) *problem {
	switch {
	case len(parts) == 0:
		return bad("BadRequest", "Invalid batch payload format: there are no requests.")
	case len(parts) > maxBatch:
		return bad("MaximumValueExceeded", "Number of batch request steps exceeds the maximum value of 20.")
	}
	seen := map[string]bool{}
	for _, part := range parts {
		if part.ID == "" || seen[part.ID] {
			return bad("BadRequest", fmt.Sprintf("Invalid batch payload format: the id %q is empty or used twice.", part.ID))
		}
		if part.Method == "" || part.URL == "" {
			return bad("BadRequest", fmt.Sprintf("Invalid batch payload format: request %q lacks method or url.", part.ID))
		}
		for _, id := range part.DependsOn {
			if !seen[id] {
				return bad("BadRequest", fmt.Sprintf("Request %q depends on %q, which does not come before it.", part.ID, id))
			}
		}
		seen[part.ID] = true
	}
	return nil
}

// part runs one part as a call of its own.
func (c *call) part(part batchPart, dependencyFailed bool) answer {
	path, query, _ := strings.Cut(part.URL, "?")
	path = "/v1.0/" + strings.TrimPrefix(path, "/")
	decoded, err := url.PathUnescape(path)
	if err != nil {
		decoded = path
	}
	header := http.Header{}
	for name, value := range part.Headers {
		header.Set(name, value)
	}
	p := &call{t: c.t, ctx: c.ctx, method: strings.ToUpper(part.Method), path: decoded, rawPath: path, query: parseQuery(query),
		header: header, host: c.host, claims: c.claims, clientID: header.Get("client-request-id"), inBatch: true}
	p.id = c.id[:len(c.id)-4] + fmt.Sprintf("%04x", partNumber(part.ID))
	if len(part.Body) > 0 && string(part.Body) != "null" {
		p.body = part.Body
	}
	p.entry = &Entry{At: c.t.options.Now().UTC(), Method: p.method, Path: decoded, Query: query, ClientRequestID: p.clientID,
		RequestID: p.id, Prefer: header.Get("Prefer"), Batch: c.id}
	p.resolve()
	release := c.t.begin(p)
	defer release()
	defer c.t.ledger.finish(p.entry)
	var a answer
	if dependencyFailed {
		a = p.fail(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on has failed.")
		p.common(&a)
	} else {
		a = p.run()
	}
	p.entry.Status = a.status
	return a
}

// partNumber makes request ids of parts differ.
func partNumber(id string) uint16 {
	n := uint16(1)
	for _, b := range []byte(id) {
		n = n*31 + uint16(b)
	}
	return n
}

// partAnswer is an answer as it stands in a batch's answer.
func partAnswer(id string, a answer) string {
	w := &writer{}
	w.open()
	w.string("id", id)
	w.int("status", int64(a.status))
	w.key("headers")
	w.open()
	for _, name := range []string{"request-id", "client-request-id", "Retry-After", "Preference-Applied", "ETag", "Location", "WWW-Authenticate"} {
		if value := a.header.Get(name); value != "" {
			w.string(name, value)
		}
	}
	kind := a.kind
	if kind == "" {
		kind = "application/json"
	}
	if len(a.body) > 0 {
		w.string("Content-Type", kind)
	}
	w.close()
	switch {
	case len(a.body) == 0:
	case json.Valid(a.body):
		w.key("body")
		w.b = append(w.b, a.body...)
	default:
		w.string("body", base64.StdEncoding.EncodeToString(a.body))
	}
	w.close()
	return string(w.b)
}
