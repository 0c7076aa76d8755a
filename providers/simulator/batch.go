package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	spoiled := c.hit.spoiledParts(c, parts)
	var (
		mu      sync.Mutex
		status  = make(map[string]int, len(parts))
		bodies  = make(map[string]string, len(parts))
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
			p := c.newPart(part)
			if p.mailbox != nil { // Outlook works on four at a time, whatever the mailboxes
				slots <- struct{}{}
				defer func() { <-slots }()
			}
			a := p.part(failed, spoiled[part.ID])
			mu.Lock()
			defer mu.Unlock()
			status[part.ID] = a.status
			aborted = aborted || a.status == statusAborted
			bodies[part.ID] = partAnswer(part.ID, a)
		})
	}
	running.Wait()
	if aborted {
		return answer{status: statusAborted}
	}
	var answers []string
	for _, id := range c.answerOrder(parts) {
		switch word := c.hit.batchWord(); {
		case word == "missing" && spoiled[id]:
		case word == "twice" && spoiled[id]:
			answers = append(answers, bodies[id], bodies[id])
		default:
			answers = append(answers, bodies[id])
		}
	}
	return answer{status: http.StatusOK, body: []byte(`{"responses":[` + strings.Join(answers, ",") + `]}`), kind: "application/json"}
}

// answerOrder is the order of the answers: any but the one of the requests, as they
// come when they are done. It is the same for the same seed and ids.
func (c *call) answerOrder(parts []batchPart) []string {
	ids := make([]string, len(parts))
	for i, part := range parts {
		ids[i] = part.ID
	}
	if c.hit.batchWord() == "reorder" {
		slices.Reverse(ids)
		return ids
	}
	asked := slices.Clone(ids)
	r := rng(c.t.options.Seed, "batch "+strings.Join(ids, " "), 0)
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	if slices.Equal(asked, ids) && len(ids) > 1 {
		ids[0], ids[1] = ids[1], ids[0]
	}
	return ids
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
		if part.body() && part.header("Content-Type") == "" {
			return bad("BadRequest", fmt.Sprintf("Write request id : %s does not contain Content-Type header or body.", part.ID))
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

// body reports whether a part has one.
func (p batchPart) body() bool { return len(p.Body) > 0 && string(p.Body) != "null" }

func (p batchPart) header(name string) string {
	for have, value := range p.Headers {
		if strings.EqualFold(have, name) {
			return value
		}
	}
	return ""
}

// content is a part's body as the request would have carried it: JSON as it stands,
// anything else out of base64.
func (p batchPart) content() []byte {
	var text string
	if !p.body() || strings.Contains(strings.ToLower(p.header("Content-Type")), "json") || json.Unmarshal(p.Body, &text) != nil {
		return p.Body
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
		return raw
	}
	return []byte(text)
}

// newPart makes a part a call of its own. Its address is relative to the version,
// with or without a slash in front.
func (c *call) newPart(part batchPart) *call {
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
	p.spoiler = c.hit.partSpoiler()
	p.absolute = strings.Contains(part.URL, "://")
	p.id = c.id[:len(c.id)-4] + fmt.Sprintf("%04x", partNumber(part.ID))
	if part.body() {
		p.body = part.content()
	}
	p.entry = &Entry{At: c.t.options.Now().UTC(), Method: p.method, Path: decoded, Query: ledgerQuery(query), ClientRequestID: p.clientID, BytesIn: len(p.body), HTTP: c.entry.HTTP, TLS: c.entry.TLS,
		RequestID: p.id, Prefer: header.Get("Prefer"), Batch: c.id}
	p.resolve()
	return p
}

// part runs a part.
func (c *call) part(dependencyFailed, spoiled bool) answer {
	release := c.t.begin(c)
	defer release()
	defer c.t.ledger.finish(c.entry)
	var a answer
	switch {
	case dependencyFailed:
		a = c.fail(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on has failed.")
		c.common(&a)
	case c.absolute:
		a = c.fail(http.StatusBadRequest, "BadRequest", "Invalid batch payload format: the url of a request is relative to the version.")
		c.common(&a)
	case spoiled && c.spoiler != nil:
		c.entry.Fault = c.spoiler.name()
		a = c.spoiler.failure(c)
		c.common(&a)
	default:
		a = c.run()
	}
	c.entry.Status, c.entry.BytesOut = a.status, len(a.body)
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
