package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"roomdesk/providers/simulator/exchange"
)

// Where the tenant's Exchange face serves mailboxes from; see [Options.Exchange].
const (
	ExchangeOff        = ""            // EWS is blocked
	ExchangeOnline     = "online"      // Exchange Online, for the tenant's own application
	ExchangeOnPremises = "on_premises" // a server of the company: every mailbox is there
	ExchangeHybrid     = "hybrid"      // a server of the company with a part of the mailboxes
)

var errNoExchange = errors.New("the tenant has no Exchange face")

// startExchange makes the Exchange face where there shall be one.
func (t *Tenant) startExchange(root string, certificate []byte) error {
	e := &t.endpoints
	e.ExchangeAccount = "svc-roomdesk@" + t.options.Domain
	domain, _, _ := strings.Cut(t.options.Domain, ".")
	e.ExchangeLogin = strings.ToUpper(domain) + `\svc-roomdesk`
	var err error
	if e.ExchangePassword, err = newSecret(); err != nil {
		return err
	}
	settings := exchange.Settings{OAuth: true}
	enabled := true
	switch t.options.Exchange {
	case ExchangeOff:
		return nil
	case ExchangeOnline:
		settings.EWSEnabled, settings.AllowedApps = &enabled, []string{t.clientID}
	case ExchangeOnPremises, ExchangeHybrid:
		settings = exchange.Settings{OnPremises: true, Basic: true, NTLM: true, Impersonation: true}
	default:
		return fmt.Errorf("exchange: %q is none of %q, %q and %q", t.options.Exchange, ExchangeOnline, ExchangeOnPremises, ExchangeHybrid)
	}
	settings.Enforce = t.options.Throttle
	account := exchange.Account{Domain: strings.ToUpper(domain), Name: "svc-roomdesk", Address: e.ExchangeAccount, Password: e.ExchangePassword}
	t.exchange = exchange.New(&exchangeModel{t}, account, root, t.tokenKey, certificate, settings)
	return t.moveHome()
}

// exchangeNames are the host names by which clients look for a server of the domain's
// own. They lead here only for clients that are told so, by a hosts file or a proxy.
func (t *Tenant) exchangeNames() []string {
	if t.options.Exchange == ExchangeOff || t.options.Exchange == ExchangeOnline {
		return nil
	}
	domain := t.options.Domain
	return []string{domain, "autodiscover." + domain, "mail." + domain}
}

// moveHome puts mailboxes on the company's own server.
func (t *Tenant) moveHome() error {
	var there []*mailbox
	switch t.options.Exchange {
	case ExchangeOnPremises:
		there = t.world.all
	case ExchangeHybrid: // rooms are put there by OnPremisesRooms
		people := t.world.people
		there = people[len(people)-min(t.options.OnPremisesPeople, len(people)):]
	}
	for _, m := range there {
		if !m.hasMailbox() {
			continue
		}
		if err := t.SetHosting(m.contact.address, HostedOnPremises); err != nil {
			return err
		}
	}
	return nil
}

// onPremises is a mailbox on the company's own server, a person's where there is one.
func (t *Tenant) onPremises() string {
	for _, all := range [][]*mailbox{t.world.people, t.world.all} {
		for _, m := range all {
			if m.hasMailbox() && m.state().hosted == HostedOnPremises {
				return m.contact.address
			}
		}
	}
	return ""
}

// ExchangeSettings are what an administrator of the Exchange side decided; ok is
// false where the tenant has no Exchange face.
func (t *Tenant) ExchangeSettings() (s exchange.Settings, ok bool) {
	if t.exchange == nil {
		return s, false
	}
	return t.exchange.Settings(), true
}

// ExchangeSignIns counts how often the password of the service account was judged.
func (t *Tenant) ExchangeSignIns() exchange.SignIns {
	if t.exchange == nil {
		return exchange.SignIns{}
	}
	return t.exchange.SignIns()
}

// SetExchange replaces the settings of the Exchange face.
func (t *Tenant) SetExchange(s exchange.Settings) error {
	if t.exchange == nil {
		return errNoExchange
	}
	return t.exchange.Set(s)
}

// serveExchange answers EWS and Autodiscover, with the ledger and the faults around
// them. A fault's path is that of the service with the operation behind it:
// /EWS/Exchange.asmx/FindItem.
func (t *Tenant) serveExchange(w http.ResponseWriter, r *http.Request) {
	c := t.newCall(r)
	defer t.ledger.finish(c.entry)
	body, err := io.ReadAll(io.LimitReader(r.Body, maxExchangeBody+1))
	if err != nil {
		c.entry.Effect = "request broken off"
		t.ledger.begin(c.entry)
		return
	}
	if t.exchange == nil {
		t.ledger.begin(c.entry)
		c.entry.Status = http.StatusForbidden
		t.write(w, r, c, answer{status: http.StatusForbidden, kind: "text/plain", body: []byte("EWS access is blocked by the tenant's settings")}, nil)
		return
	}
	request := exchange.Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Header: r.Header, Body: body,
		TooLarge: len(body) > maxExchangeBody, HTTP2: r.ProtoMajor > 1}
	if request.TooLarge {
		request.Body = nil
	}
	if conn := connOf(r.Context()); conn != nil {
		request.Conn = &conn.exchange
	}
	if r.Header.Get("Content-Encoding") == "gzip" { // the service takes plain requests only
		t.ledger.begin(c.entry)
		t.write(w, r, c, answer{status: http.StatusUnsupportedMediaType}, nil)
		return
	}
	x := t.exchange.Read(request)
	c.xcall, c.body = x, body
	c.entry.BytesIn, c.entry.Operation, c.entry.Mailbox, c.entry.Folder = len(body), x.Operation, x.Mailbox, strings.Join(x.Folders, " ")
	if x.Operation != "" {
		c.path += "/" + x.Operation
	}
	if m := t.world.find(x.Mailbox); m != nil {
		c.mailbox, c.mailKey = m, x.Mailbox
		c.entry.Mailbox = m.contact.address
	}
	t.ledger.begin(c.entry)
	if c.wait(c.latency()) != nil {
		return
	}
	a, stream := t.runExchange(c)
	c.entry.Status = a.status
	c.entry.Caller, c.entry.Token, c.entry.Early = x.Caller, x.Token, x.Early
	if x.Code != "" {
		c.entry.Code = x.Code
	}
	if x.Effect != "" {
		c.entry.Effect, c.entry.Event = x.Effect, x.Event
	}
	if stream != nil {
		t.streamExchange(w, c, a, stream)
		return
	}
	t.write(w, r, c, a, c.hit)
}

// maxExchangeBody is the largest request that the service takes here.
const maxExchangeBody = 4 << 20

// runExchange answers a call behind the faults.
func (t *Tenant) runExchange(c *call) (answer, func(io.Writer, func()) error) {
	c.hit = t.faults.match(c)
	c.entry.Fault = c.hit.name()
	if c.hit.before(c) {
		return answer{status: statusAborted}, nil
	}
	if a, replaced := c.hit.replaceExchange(c); replaced {
		if a.kind != "text/html" { // a page comes from what stands in front of the service
			a.set("request-id", c.id)
		}
		return a, nil
	}
	if c.hit != nil {
		c.xcall.Disturb = exchange.Disturbance{Sync: c.hit.Delta, Page: c.hit.Page, Notify: c.hit.Notify, Mailbox: c.hit.MailboxState}
	}
	got := c.xcall.Run(c.ctx)
	a := answer{status: got.Status, header: got.Header, body: got.Body}
	if got.Header != nil {
		a.kind = got.Header.Get("Content-Type")
	}
	a.set("request-id", c.id)
	if strings.EqualFold(c.header.Get("return-client-request-id"), "true") && c.clientID != "" {
		a.set("client-request-id", c.clientID)
	}
	a.set("X-FEServer", "EXCHANGE")
	if got.Stream != nil {
		return a, func(w io.Writer, flush func()) error {
			return got.Stream(c.ctx, func(b []byte) error {
				if _, err := w.Write(b); err != nil {
					return err
				}
				c.entry.BytesOut += len(b)
				flush()
				return nil
			})
		}
	}
	return c.hit.afterExchange(c, a), nil
}

// streamExchange sends an answer that goes on.
func (t *Tenant) streamExchange(w http.ResponseWriter, c *call, a answer, stream func(io.Writer, func()) error) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("Date", t.dateHeader().Format(http.TimeFormat))
	h.Set("Cache-Control", "private")
	w.WriteHeader(a.status)
	flush(w)
	if err := stream(w, func() { flush(w) }); err != nil {
		c.entry.Effect = "streaming ended: " + err.Error()
	}
}

// replaceExchange answers in place of the operation, in the service's own words.
func (h *hit) replaceExchange(c *call) (answer, bool) {
	if h == nil {
		return answer{}, false
	}
	if a, ok := h.elsewhere(c); ok {
		return a, true
	}
	if h.Fail == nil || h.CommitThen != "" || h.Delta != "" {
		return answer{}, false
	}
	return h.exchangeFailure(c), true
}

// exchangeFailure is the answer that Fail describes: a code makes a SOAP fault, with
// RetryAfter as its back-off; a status alone is what stands in front of the service.
func (h *hit) exchangeFailure(c *call) answer {
	f := h.Fail
	if f == nil {
		f = &Failure{Status: http.StatusGatewayTimeout}
	}
	var a answer
	switch {
	case f.Code != "" && f.Body == "" && !f.Empty:
		var wait time.Duration
		if d, err := time.ParseDuration(f.RetryAfter + "s"); err == nil {
			wait = d
		}
		got := c.xcall.Refuse(f.Code, f.Message, wait)
		a = answer{status: got.Status, header: got.Header, body: got.Body, kind: got.Header.Get("Content-Type")}
		if f.Status != 0 {
			a.status = f.Status
		}
		a.set("request-id", c.id) // it is Exchange itself that refuses
	default:
		a = answer{status: f.statusOf(http.StatusInternalServerError), kind: "text/html"}
		if !f.Empty {
			a.body = []byte(f.Body)
		}
		f.retryAfter(c, &a)
	}
	for name, value := range f.Headers {
		a.set(name, value)
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			a.kind = value
		}
	}
	return a
}

// afterExchange changes or loses the answer of an operation that has been done.
func (h *hit) afterExchange(c *call, a answer) answer {
	if h == nil {
		return a
	}
	switch h.CommitThen {
	case "fail":
		return h.exchangeFailure(c)
	case "reset":
		return answer{status: statusAborted}
	case "hang":
		select {
		case <-c.ctx.Done():
		case <-c.t.done:
		}
		return answer{status: statusAborted}
	}
	if a.status != http.StatusOK {
		return a
	}
	switch h.Garble {
	case "not_json", "not_array", "no_value", "null_value", "duplicate_keys", "huge_number": // words about JSON: here the XML breaks off
		a.body = a.body[:len(a.body)/2]
	case "deep_nesting":
		a.body = bytes.Replace(a.body, []byte("<s:Body>"), append([]byte("<s:Body>"), strings.Repeat("<x>", nesting)...), 1)
	case "invalid_utf8":
		a.body = bytes.Replace(a.body, []byte("<s:Body>"), []byte("<s:Body><!-- \xff\xc3\x28 -->"), 1)
	default:
		a = h.garble(a)
	}
	return a
}
