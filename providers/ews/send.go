package ews

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"roomdesk/providers"
)

// send makes the exchange under a watchdog and reads its answer.
func (e *engine) send(ctx context.Context, client *http.Client, c call, body []byte, token, secret string, x *Exchange) ([]*node, *providers.Error) {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dog := time.AfterFunc(e.timing.answer, func() { cancel(errStalled) })
	defer dog.Stop()
	resp, err := e.post(watched, client, c, body, token, secret)
	if err != nil {
		return nil, stalled(watched, transportError(ctx, err))
	}
	defer resp.Body.Close()
	dog.Reset(e.timing.progress)
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		e.served.Store(&date)
	}
	x.Status, x.RequestID = resp.StatusCode, requestID(resp.Header)
	c.affinity.keep(resp)

	came := &fed{r: resp.Body, feed: func() { dog.Reset(e.timing.progress) }}
	defer func() { x.Bytes = came.n.Load() }()
	text, err := decompress(resp.Header, came)
	if err != nil {
		return nil, stalled(watched, damaged(ctx, err, resp))
	}
	if !isXML(resp.Header) || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusInternalServerError {
		return nil, e.refusal(resp, text, token)
	}
	read, err := readEnvelope(text, c.want...)
	if err != nil {
		return nil, stalled(watched, damaged(ctx, err, resp))
	}
	if read.server != nil {
		version := fmt.Sprintf("%s.%s.%s.%s", plain(read.server.attr("MajorVersion")), plain(read.server.attr("MinorVersion")),
			plain(read.server.attr("MajorBuildNumber")), plain(read.server.attr("MinorBuildNumber")))
		e.server.Store(&version)
	}
	switch {
	case read.fault != nil:
		return nil, faultError(read.fault, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return nil, &providers.Error{Class: classifyStatus(resp.StatusCode), Status: resp.StatusCode}
	case len(read.parts) == 0:
		return nil, &providers.Error{Class: providers.Foreign, Status: resp.StatusCode, Message: providers.Outside("the answer is to another question")}
	}
	if !c.each {
		for _, part := range read.parts {
			if failure := messageError(part); failure != nil && (failure.Class == providers.Throttled || failure.Class == providers.Transient) {
				return nil, failure
			}
		}
	}
	return read.parts, nil
}

// post sends the request and follows the service to its other hosts, as far as these
// are allowed.
func (e *engine) post(ctx context.Context, client *http.Client, c call, body []byte, token, secret string) (*http.Response, error) {
	at := e.url.Load()
	for hop := 0; ; hop++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(body))
		if err != nil {
			return nil, &providers.Error{Class: providers.Permanent, Message: providers.Outside("the request cannot be made"), Err: err}
		}
		e.head(req, c)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		} else {
			req.SetBasicAuth(e.config.User, secret) // NTLM takes it from there and sends no Basic
		}
		resp, err := client.Do(req)
		if err != nil || resp.StatusCode < 300 || resp.StatusCode >= 400 {
			return resp, err
		}
		next, ok := e.redirect(at, resp.Header.Get("Location"))
		if !ok || hop == maxRedirects {
			return resp, nil
		}
		_ = resp.Body.Close()
		if hop == 0 && (resp.StatusCode == http.StatusMovedPermanently || resp.StatusCode == http.StatusPermanentRedirect) {
			e.url.Store(next)
		}
		at = next
	}
}

// head sets what each request says of itself.
func (e *engine) head(req *http.Request, c call) {
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	req.Header.Set("Accept", "text/xml")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", e.config.UserAgent)
	req.Header.Set("SOAPAction", `"`+messagesSpace+"/"+c.operation+`"`)
	req.Header.Set("client-request-id", uuid.NewString())
	req.Header.Set("return-client-request-id", "true")
	if anchor := c.mailbox; anchor != "" {
		req.Header.Set("X-AnchorMailbox", string(anchor))
	} else if e.config.Token != nil && e.config.TestMailbox != "" {
		req.Header.Set("X-AnchorMailbox", string(e.config.TestMailbox))
	} else if e.config.Account != "" {
		req.Header.Set("X-AnchorMailbox", string(e.config.Account))
	}
	c.affinity.set(req)
}

// redirect is where the service sends its caller, where that is allowed: https, and the
// same host or one that was configured.
func (e *engine) redirect(from *url.URL, location string) (*url.URL, bool) {
	next, err := from.Parse(location)
	if location == "" || err != nil || next.Scheme != "https" || next.User != nil {
		return nil, false
	}
	next.Host = strings.ToLower(next.Host)
	if next.Host == e.home.Host {
		return next, strings.EqualFold(next.Path, e.home.Path) // a sign-in page is no service
	}
	for _, host := range e.config.RedirectHosts {
		if strings.EqualFold(next.Host, host) {
			return next, true
		}
	}
	return nil, false
}

// refusal sorts an answer that is no envelope.
func (e *engine) refusal(resp *http.Response, text io.Reader, token string) *providers.Error {
	body := readRefusal(text) // to its end, so that the connection can be used on
	failure := &providers.Error{Class: classifyStatus(resp.StatusCode), Status: resp.StatusCode}
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(resp.Header.Get("Retry-After")), 64); err == nil && seconds > 0 {
		failure.RetryAfter = min(maxPause, time.Duration(min(seconds, maxPause.Seconds())*float64(time.Second)))
	}
	switch status := resp.StatusCode; {
	case status == http.StatusUnauthorized:
		unauthorized(failure, resp.Header, e.config, e.online, token, e.home.Hostname())
	case status == http.StatusForbidden:
		e.forbidden(failure, resp.Header, body)
	case status >= 300 && status < 400:
		failure.Message = providers.Outside("the answer leads to another address, which is not followed")
		failure.Advice = "a sign-in page or another server stands there: check the server's address"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		failure.Message = providers.Outside("there is no Exchange Web Services at this address")
		failure.Advice = "check the server's address: https://HOST" + servicePath
	case status == http.StatusOK, status >= 400 && status < 500 && failure.Class != providers.Throttled && failure.Class != providers.Transient:
		failure.Class = providers.Foreign
		failure.Message = providers.Outside("the answer is no XML, but " + plain(resp.Header.Get("Content-Type")))
	}
	return failure
}

// damaged sorts an answer that could not be read to its end.
func damaged(ctx context.Context, err error, resp *http.Response) *providers.Error {
	if ctx.Err() != nil {
		return transportError(ctx, err)
	}
	failure := &providers.Error{Class: providers.Foreign, Status: resp.StatusCode, Err: err}
	if errors.Is(err, errHostile) || errors.Is(err, errNoEnvelope) {
		failure.Err, failure.Message = nil, providers.Outside(err.Error()) // not read again
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		failure.Class = providers.Transient
	}
	return failure
}

func stalled(ctx context.Context, failure *providers.Error) *providers.Error {
	if errors.Is(context.Cause(ctx), errStalled) {
		failure.Class, failure.Err, failure.Advice = providers.Transient, errStalled, ""
	}
	return failure
}

// fed counts bytes and tells of each step.
type fed struct {
	r    io.Reader
	n    atomic.Int64
	feed func()
}

func (f *fed) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if n > 0 {
		f.n.Add(int64(n))
		f.feed()
	}
	return n, err
}

func decompress(header http.Header, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding"))) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	}
	return nil, fmt.Errorf("%w: an encoding that was not asked for", errHostile)
}

func isXML(header http.Header) bool {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && (kind == "text/xml" || kind == "application/soap+xml" || kind == "application/xml")
}

func requestID(header http.Header) string {
	for _, name := range []string{"request-id", "client-request-id"} {
		if id := header.Get(name); id != "" {
			return plain(id)
		}
	}
	return ""
}

// plain makes a short text of the service safe to print.
func plain(s string) string {
	if len(s) > 128 {
		s = s[:128]
	}
	return providers.Sanitise(s)
}
