package ews

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"roomdesk/providers"
)

// errSilent ends a connection that says nothing, not even that it lives.
var errSilent = errors.New("the connection is silent")

// follow opens a connection of its own, beside those of the gate, which would be held by
// it, and reads one envelope after another until it ends. nil: the server closed it.
func (s *stream) follow(ctx context.Context, anchor providers.Address) error {
	e := s.p.engine
	c := s.streamCall(anchor)
	client, base := newClient(e.config, e.guard)
	defer base.CloseIdleConnections()
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := time.AfterFunc(e.timing.answer, func() { cancel(errSilent) })
	defer dog.Stop()
	x := Exchange{Operation: c.operation, Mailbox: anchor, Folder: c.folder, Attempt: 1, Start: e.now()}
	var came atomic.Int64
	err := s.connect(watched, client, c, dog, &came, &x)
	if err != nil && errors.Is(context.Cause(watched), errSilent) {
		err = &providers.Error{Class: providers.Transient, Op: c.op, Err: errSilent}
	}
	x.Duration, x.Bytes, x.Class = e.now().Sub(x.Start), came.Load(), providers.ClassOf(err)
	if e.config.Audit != nil {
		e.config.Audit(x)
	}
	return err
}

func (s *stream) connect(ctx context.Context, client *http.Client, c call, dog *time.Timer, came *atomic.Int64, x *Exchange) error {
	e := s.p.engine
	resp, token, secret, err := s.open(ctx, client, c, "")
	if err == nil && resp.StatusCode == http.StatusUnauthorized && token != "" {
		_ = resp.Body.Close()
		resp, token, secret, err = s.open(ctx, client, c, token)
	}
	if err != nil {
		return transportError(ctx, err)
	}
	defer resp.Body.Close()
	x.Status, x.RequestID = resp.StatusCode, requestID(resp.Header)
	s.affinity.keep(resp)
	body := &fed{r: resp.Body, feed: func() {}}
	defer func() { came.Store(body.n.Load()) }()
	if resp.StatusCode != http.StatusOK || !isXML(resp.Header) {
		return s.refusal(resp, body, token, secret)
	}
	s.p.hints.streams.Add(1)
	s.p.hints.subscriptions.Add(int64(len(s.ids)))
	defer func(n int) {
		s.p.hints.streams.Add(-1)
		s.p.hints.subscriptions.Add(-int64(n))
	}(len(s.ids))
	dog.Reset(streamSilence)
	return s.listen(bufio.NewReaderSize(body, 32<<10), c, func() { dog.Reset(streamSilence) }, e.now)
}

// open sends the request. refused is a token that the server did not accept.
func (s *stream) open(ctx context.Context, client *http.Client, c call, refused string) (resp *http.Response, token, secret string, err error) {
	e := s.p.engine
	if e.config.Token != nil {
		token, err = e.config.Token.Token(ctx, refused)
	} else if secret, err = e.config.Password(ctx); err == nil {
		err = e.guard.resting(secret)
	}
	if err != nil {
		return nil, "", "", err
	}
	text := envelope(c.how, c.mailbox, "", func(w *writer) { c.body(w, c.how) })
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url.Load().String(), bytes.NewReader(text))
	if err != nil {
		return nil, "", "", err
	}
	e.head(req, c)
	req.Header.Set("Accept-Encoding", "identity") // what is compressed comes late
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	} else {
		req.SetBasicAuth(e.config.User, secret)
	}
	e.requests.Add(1)
	resp, err = client.Do(req)
	return resp, token, secret, err
}

// refusal is why no connection was opened.
func (s *stream) refusal(resp *http.Response, body io.Reader, token, secret string) error {
	e := s.p.engine
	if !isXML(resp.Header) || resp.StatusCode != http.StatusInternalServerError {
		failure := e.refusal(resp, body, token)
		if failure.Class == providers.SignedOut && token == "" {
			e.guard.refuse(secret, failure)
		}
		return failure
	}
	read, err := readEnvelope(body)
	switch {
	case err != nil:
		return damaged(resp.Request.Context(), err, resp)
	case read.fault == nil:
		return &providers.Error{Class: classifyStatus(resp.StatusCode), Status: resp.StatusCode}
	}
	failure := faultError(read.fault, resp.StatusCode)
	if failure.Class == providers.Throttled && failure.RetryAfter > 0 {
		e.gate.throttle(failure.RetryAfter) // what the server asks for holds for the account
	}
	return failure
}

// listen reads envelopes until the connection ends. alive is called at each.
func (s *stream) listen(r *bufio.Reader, c call, alive func(), now func() time.Time) error {
	of := make(map[string]providers.Address, len(s.ids))
	for mailbox, id := range s.ids {
		of[id] = mailbox
	}
	waiting := map[providers.Address]bool{}
	var since time.Time
	flush := func() {
		told := make([]providers.Address, 0, len(waiting))
		for mailbox := range waiting {
			told = append(told, mailbox)
		}
		clear(waiting)
		slices.Sort(told)
		s.tell(told)
	}
	defer flush()
	for {
		read, err := readNext(r, c.want...)
		if err != nil {
			return &providers.Error{Class: providers.Transient, Op: c.op, Err: err}
		}
		alive()
		if read.fault != nil {
			return faultError(read.fault, http.StatusOK)
		}
		closed := false
		for _, part := range read.parts {
			end, err := s.message(part, of, waiting)
			if err != nil {
				return err
			}
			closed = closed || end
		}
		switch {
		case closed:
			return nil
		case len(waiting) == 0:
			since = time.Time{}
		case since.IsZero():
			since = now()
		}
		// A flock of envelopes that is here already is told as one.
		if len(waiting) > 0 && (r.Buffered() == 0 || now().Sub(since) >= streamTogether) {
			flush()
			since = time.Time{}
		}
	}
}

// message reads what one message tells. Names of elements decide, whatever their
// namespace: Microsoft's servers do not agree with Microsoft's schema about it.
func (s *stream) message(part *node, of map[string]providers.Address, waiting map[providers.Address]bool) (closed bool, err error) {
	for _, dead := range part.at("ErrorSubscriptionIds").all("SubscriptionId") {
		if mailbox, ours := of[strings.TrimSpace(dead.text)]; ours {
			delete(s.ids, mailbox)
		}
	}
	for _, notification := range part.at("Notifications").all("Notification") {
		if !slices.ContainsFunc(notification.children, func(n *node) bool { return strings.HasSuffix(n.name, "Event") && n.name != "StatusEvent" }) {
			continue
		}
		mailbox, ours := of[strings.TrimSpace(notification.value("SubscriptionId"))]
		if !ours {
			s.p.hints.strangers.Add(1)
			continue
		}
		waiting[mailbox] = true
	}
	if failure := messageError(part); failure != nil {
		if failure.Class == providers.Resync && part.at("ErrorSubscriptionIds") == nil {
			clear(s.ids) // it does not say which
		}
		return true, failure
	}
	return strings.TrimSpace(part.value("ConnectionStatus")) == "Closed", nil
}
