package ews

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/Azure/go-ntlmssp"

	"roomdesk/providers"
)

// newTransport is one connection. NTLM signs in a connection, not a request, so no two
// requests may share one at a time, and HTTP/2, which would, is off.
func newTransport(config Config) *http.Transport {
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  providers.Proxy,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: config.RootCAs},
		TLSHandshakeTimeout:    15 * time.Second,
		Protocols:              &protocols,
		MaxIdleConnsPerHost:    1,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// refusalLimit bounds what is read of an answer that refuses the sign-in.
const refusalLimit = 64 << 10

// settled reads the body of a refused sign-in at once, so that its connection, to which
// the sign-in belongs, is free for the next step.
type settled struct{ next http.RoundTripper }

func (s settled) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if c, ok := req.Context().Value(courseKey{}).(*course); ok {
		c.ended(err)
	}
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, refusalLimit))
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, nil
}

// newClient is the way out of one slot of the gate. Without a guard each sign-in is sent.
func newClient(config Config, g *guard) (*http.Client, *http.Transport) {
	base := newTransport(config)
	var next http.RoundTripper = base
	if config.Around != nil {
		next = config.Around(next)
	}
	next = settled{next}
	if g != nil && config.Token == nil {
		next = guarded{next, g}
	}
	if config.Token == nil && !config.Basic {
		next = handshake{ntlmssp.Negotiator{RoundTripper: bound{next}}}
	}
	keep := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: next, CheckRedirect: keep}, base
}

// errStalled ends an attempt that makes no progress.
var errStalled = errors.New("no answer, or no progress, for too long")

// transportError sorts the failure of an attempt that got no usable answer. ctx is the
// caller's: its end is the caller's wish.
func transportError(ctx context.Context, err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		found := *known
		return &found
	}
	e := &providers.Error{Class: providers.Transient, Err: err}
	var u *url.Error
	if errors.As(err, &u) {
		e.Err = u.Err
	}
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Class = providers.Cancelled
		}
		e.Err = ctx.Err()
		return e
	}
	if !sortCertificate(err, e) && !sortReach(err, e) && errors.Is(err, context.Canceled) {
		e.Class = providers.Cancelled
	}
	return e
}

func sortCertificate(err error, e *providers.Error) bool {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &host):
		e.Advice = "the certificate belongs to another host: check the server's address, and whether a proxy answers in its place"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Advice = "the certificate is expired or not valid yet: check this machine's clock first"
	case errors.As(err, &unknown):
		e.Advice = "nobody whom this machine trusts signed the certificate: give your organisation's CA with --ca-file, or that of a network that inspects TLS"
	case errors.As(err, &invalid), errors.As(err, &verify):
	default:
		return false
	}
	e.Class = providers.UntrustedHost
	return true
}

func sortReach(err error, e *providers.Error) bool {
	var (
		dns    *net.DNSError
		op     *net.OpError
		record tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &dns):
		e.Advice = "the host name is not known here: check the network and the server's name"
		if dns.IsTimeout {
			e.Advice = "the name server does not answer: check the network"
		}
	case errors.As(err, &record):
		e.Advice = "what answers there does not speak TLS: check host and port"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Advice = "nothing listens there: check host and port"
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		e.Advice = "the host does not finish the TLS handshake: check the network and the proxy"
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "remote error" || op.Op == "local error"):
		e.Advice = "check the network, the proxy and the server's name"
	default:
		return false
	}
	e.Class = providers.Unreachable
	return true
}
