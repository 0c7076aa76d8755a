package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"roomdesk/providers/simulator/entra"
	"roomdesk/providers/simulator/exchange"
)

// maxBody is the largest request that Graph takes.
const maxBody = 4 << 20

// answer is a finished response. Handlers return it instead of writing, so that
// $batch can collect it and a fault can change it.
type answer struct {
	status int
	header http.Header
	body   []byte
	kind   string // Content-Type; "" is Graph's JSON
	pooled bool   // body came from [newBody] and may be used again once it is sent
	// foreign is set where the answer is not from the tenant: it has none of its headers.
	foreign bool
}

const jsonKind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
}

// serve is the one entry of the HTTPS listener.
func (t *Tenant) serve(w http.ResponseWriter, r *http.Request) {
	t.settle()
	t.settleNotices()
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch strings.ToLower(first) {
	case "v1.0", "beta":
		t.serveGraph(w, r)
	case "ews", "autodiscover":
		t.serveExchange(w, r)
	default:
		t.serveAuthority(w, r)
	}
}

// serveAuthority hands sign-in requests to the directory, with the ledger and the
// faults around it.
func (t *Tenant) serveAuthority(w http.ResponseWriter, r *http.Request) {
	c := t.newCall(r)
	defer t.ledger.finish(c.entry)
	t.ledger.begin(c.entry)
	if c.wait(c.latency()) != nil {
		return
	}
	hit := t.faults.match(c)
	c.entry.Fault = hit.name()
	if hit.before(c) {
		panic(http.ErrAbortHandler)
	}
	a, replaced := hit.replace(c)
	if !replaced {
		rec := &recorder{header: http.Header{}, status: http.StatusOK}
		t.directory.ServeHTTP(rec, r)
		a = answer{status: rec.status, header: rec.header, body: rec.body.Bytes(), kind: rec.header.Get("Content-Type")}
		c.note(r, a)
		a = hit.after(c, a)
	}
	c.entry.Status = a.status
	t.write(w, r, c, a, hit)
}

// recorder collects what the directory writes.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// call is one Graph request, either a whole one or a part of a batch.
type call struct {
	t        *Tenant
	ctx      context.Context
	method   string
	path     string // decoded, as it came
	rawPath  string // escaped, for links
	segments []string
	query    url.Values
	header   http.Header
	body     []byte
	host     string
	claims   entra.Claims
	signIn   error // why the token is no good; nil in parts of a batch
	verdict  verdict
	prefer   preferences
	id       string
	clientID string
	entry    *Entry
	hit      *hit
	inBatch  bool
	absolute bool // a part whose address is not relative
	spoiler  *hit // of the batch: answers in place of chosen parts
	mailbox  *mailbox
	mailKey  string  // what the path named the mailbox with
	through  *folder // the shared calendar that the path goes through
	sight    sight   // how much of the events the caller sees
	expand   *expansion
	// permitted is set where a row of the table of permissions covers the operation.
	permitted bool
	xcall     *exchange.Call // of the Exchange face
	silent    bool           // a change of which nobody else hears
}

func (t *Tenant) newCall(r *http.Request) *call {
	c := &call{t: t, ctx: r.Context(), method: r.Method, path: r.URL.Path, rawPath: r.URL.EscapedPath(),
		header: r.Header, host: r.Host, id: uuid.NewString(), clientID: r.Header.Get("client-request-id")}
	c.query = parseQuery(r.URL.RawQuery)
	c.entry = &Entry{At: t.options.Now().UTC(), Method: r.Method, Path: r.URL.Path, Query: ledgerQuery(r.URL.RawQuery),
		Host: r.Host, HTTP: r.Proto, UserAgent: r.UserAgent(), BytesIn: max(int(r.ContentLength), 0), TLS: tlsName(r),
		ClientRequestID: c.clientID, RequestID: c.id, Prefer: strings.Join(r.Header.Values("Prefer"), ", ")}
	return c
}

// wait sleeps unless the client or the tenant goes away first.
func (c *call) wait(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	case <-c.t.done:
		return http.ErrServerClosed
	}
}

func (t *Tenant) serveGraph(w http.ResponseWriter, r *http.Request) {
	c := t.newCall(r)
	defer t.ledger.finish(c.entry)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		t.ledger.begin(c.entry)
		t.write(w, r, c, c.fail(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is larger than 4 MB."), nil)
		return
	case err != nil:
		c.entry.Effect = "request broken off"
		t.ledger.begin(c.entry)
		return
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gunzip(body); err != nil {
			t.ledger.begin(c.entry)
			t.write(w, r, c, c.fail(http.StatusBadRequest, "BadRequest", "The request's body is labelled gzip and is not."), nil)
			return
		}
	}
	c.entry.BytesIn = max(c.entry.BytesIn, len(body))
	c.body = body
	c.resolve()
	release := t.begin(c)
	defer release()
	if c.wait(c.latency()) != nil {
		return
	}
	a := c.run()
	c.entry.Status = a.status
	t.write(w, r, c, a, c.hit)
}

// begin enters a request into the ledger and counts it as in flight.
func (t *Tenant) begin(c *call) (release func()) {
	c.identify()
	t.ledger.begin(c.entry)
	return t.throttle.enter(c)
}

// run answers a call: faults, throttling, sign-in, then the operation itself.
func (c *call) run() answer {
	c.hit = c.t.faults.match(c)
	c.entry.Fault = c.hit.name()
	if c.hit.before(c) {
		return answer{status: statusAborted}
	}
	a, replaced := c.hit.replace(c)
	if !replaced {
		a = c.admitted()
		a = c.hit.after(c, a)
	}
	if !a.foreign {
		c.common(&a)
	}
	return a
}

// admitted runs the operation behind throttling and sign-in.
func (c *call) admitted() answer {
	if a, refused := c.t.throttle.refuse(c); refused {
		return a
	}
	if c.signIn != nil {
		return c.unauthenticated(c.signIn)
	}
	if a, other := c.hit.mailboxState(c); other {
		return a
	}
	return c.covered(c.dispatch())
}

// identify reads the token. It runs before anything else, because limits belong to
// an application; a request that nobody signed is refused later.
func (c *call) identify() {
	if !c.inBatch {
		c.claims, c.signIn = c.t.directory.Verify(c.header.Get("Authorization"))
	}
	c.entry.Caller, c.entry.Token = c.claims.AppID, c.claims.TokenHash
}

// unauthenticated is Graph's 401 with its challenge.
func (c *call) unauthenticated(err error) answer {
	message := "Access token validation failure."
	var refused *entra.TokenError
	if errors.As(err, &refused) {
		message = refused.Message
	}
	a := c.fail(http.StatusUnauthorized, "InvalidAuthenticationToken", message)
	challenge := `Bearer realm="", authorization_uri="` + c.t.endpoints.AuthorityURL + `/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`
	if refused != nil && refused.Claims != "" {
		challenge += `, error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(refused.Claims)) + `"`
	}
	a.set("WWW-Authenticate", challenge)
	return a
}

// common sets the headers that every Graph answer has.
func (c *call) common(a *answer) {
	c.dropMetadata(a)
	a.set("request-id", c.id)
	if c.clientID != "" {
		a.set("client-request-id", c.clientID)
	} else {
		a.set("client-request-id", c.id)
	}
	c.verdict.headers(a)
	if applied := c.prefer.applied(); applied != "" && a.status < 300 {
		a.set("Preference-Applied", applied)
	}
}

// statusAborted stands for "no answer at all".
const statusAborted = 0

// write sends an answer, compressed where the client takes that, and lets the
// fault spoil it on the way.
func (t *Tenant) write(w http.ResponseWriter, r *http.Request, c *call, a answer, hit *hit) {
	if a.status == statusAborted {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("Date", t.dateHeader().Format(http.TimeFormat))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private")
	}
	if hit != nil {
		h.Set("X-Simulated-Fault", hit.name())
	}
	if len(a.body) > 0 || a.kind != "" {
		kind := a.kind
		if kind == "" {
			kind = jsonKind
		}
		h.Set("Content-Type", kind)
	}
	body := a.body
	var z *packer
	if len(body) > 1024 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		z = packers.Get().(*packer)
		if packed, err := z.pack(body); err == nil {
			body = packed
			h.Set("Content-Encoding", "gzip")
			h.Set("Vary", "Accept-Encoding")
		}
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	c.entry.BytesOut = len(body)
	if hit.spoil(c, w, a.status, body) {
		return
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		if _, err := w.Write(body); err != nil {
			c.entry.Effect = strings.TrimSpace(c.entry.Effect + " (client went away)")
			return // a connection that breaks may still hold the body
		}
	}
	if z != nil {
		packers.Put(z)
	}
	if a.pooled {
		keepBody(a.body)
	}
}

func gunzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(z, maxBody+1))
	if err == nil && len(out) > maxBody {
		err = errors.New("too large")
	}
	return out, errors.Join(err, z.Close())
}
