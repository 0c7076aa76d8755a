package graph

import (
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

	"roomdesk/providers"
)

// newTransport is the bottom of every request: TLS 1.2 or newer against the given
// authorities, HTTP/2 with pings that notice a dead connection, the proxy of the
// environment. It decompresses nothing and retries nothing by itself.
func newTransport(config Config, inFlight int) *http.Transport {
	dial := config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy:                  providers.Proxy,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: config.RootCAs},
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 20 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConnsPerHost:    inFlight,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return proxyRefused(resp.StatusCode)
			}
			return nil
		},
	}
}

// proxyRefused is a proxy's refusal to connect, by its HTTP status.
type proxyRefused int

func (p proxyRefused) Error() string {
	if p == http.StatusProxyAuthRequired {
		return "the proxy asks for a sign-in"
	}
	return "the proxy refused the connection: " + http.StatusText(int(p))
}

// errStalled ends an attempt that makes no progress.
var errStalled = errors.New("no answer, or no progress, for too long")

// transportError sorts the failure of an attempt that got no usable answer. ctx
// is the caller's: its end is the caller's wish.
func transportError(ctx context.Context, err error) *providers.Error {
	e := &providers.Error{Class: providers.Transient, Err: inner(err)}
	var known *providers.Error
	if errors.As(err, &known) {
		found := *known
		return &found
	}
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errStalled) {
		if errors.Is(ctx.Err(), context.Canceled) {
			e.Class = providers.Cancelled
		}
		e.Err = ctx.Err()
		return e
	}
	if sortCertificate(err, e) || sortReach(err, e) {
		return e
	}
	if errors.Is(err, context.Canceled) {
		e.Class = providers.Cancelled
	}
	return e
}

// inner takes the URL, which may be long, off a client's error.
func inner(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func sortCertificate(err error, e *providers.Error) bool {
	var (
		unknown *x509.UnknownAuthorityError
		byValue x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &host):
		e.Advice = "the certificate belongs to another host: check the URL, and whether a proxy answers in its place"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Advice = "the certificate is expired or not valid yet: check this machine's clock first"
	case errors.As(err, &unknown), errors.As(err, &byValue):
		e.Advice = "nobody whom this machine trusts signed the certificate: if your network inspects TLS, give its CA with --ca-file"
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
		proxy  proxyRefused
	)
	switch {
	case errors.As(err, &proxy):
		e.Advice = "check HTTPS_PROXY and NO_PROXY, and the proxy's sign-in"
	case errors.As(err, &dns):
		e.Advice = "the host name is not known here: check the network, the name and the cloud"
		if dns.IsTimeout {
			e.Advice = "the name server does not answer: check the network"
		}
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		e.Advice = "what answers there does not speak TLS: check host and port"
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // a TLS alert
		e.Advice = "the TLS handshake was refused: the host needs at least TLS 1.2, and perhaps a proxy stands between"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Advice = "nothing listens there: check host and port"
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect"):
		e.Advice = "check the network, the proxy and the host name"
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		e.Advice = "the host does not finish the TLS handshake: check the network and the proxy"
	default:
		return false
	}
	e.Class = providers.Unreachable
	return true
}

// isTruncated reports whether reading stopped before the end of the text.
func isTruncated(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
