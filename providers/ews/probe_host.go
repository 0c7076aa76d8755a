package ews

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"roomdesk/providers"
)

func withPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "443")
}

// Proxy is the proxy through which a host is reached, host and port; "" is none.
func (b *Probe) Proxy(host string) (string, error) {
	u, err := providers.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
	if err != nil {
		return "", err
	}
	return providers.ProxyHost(u), nil
}

// Resolve looks a host's name up.
func (b *Probe) Resolve(ctx context.Context, host string) ([]string, error) {
	return providers.Resolve(ctx, host, transportError)
}

// Connect opens a connection to a host and closes it again. It gives the address that
// answered.
func (b *Probe) Connect(ctx context.Context, host string) (string, error) {
	return providers.Connect(ctx, host, newTransport(b.p.config).DialContext, transportError)
}

// Handshake asks the server for a page without signing in, and tells what its certificate
// and its clock say. What was seen of the certificate is given also where it is not
// trusted; the request left only where it is.
func (b *Probe) Handshake(ctx context.Context, host string) (providers.HostSeen, error) {
	const op = "making a secure connection to "
	seen := providers.HostSeen{Host: host}
	proxy, err := b.Proxy(host)
	if err != nil {
		return seen, err
	}
	seen.Proxy = proxy
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	transport := newTransport(b.p.config)
	defer transport.CloseIdleConnections()
	var observed *x509.Certificate
	// The library's own check hides the certificate that it refuses. The same check is
	// made in its place, for the same names and authorities.
	transport.TLSClientConfig.InsecureSkipVerify = true
	transport.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error {
		if state.ServerName != "" && state.ServerName != name {
			return verify(state, state.ServerName, b.p.config.RootCAs) // a proxy's own certificate
		}
		if len(state.PeerCertificates) > 0 {
			observed = state.PeerCertificates[0]
		}
		return verify(state, name, b.p.config.RootCAs)
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.p.engine.home.String(), nil)
	if err != nil {
		return seen, &providers.Error{Class: providers.Permanent, Op: op + host, Err: err}
	}
	req.Header.Set("User-Agent", b.p.engine.config.UserAgent)
	before := b.p.now()
	resp, err := client.Do(req)
	after := b.p.now()
	seen.Between = before.Add(after.Sub(before) / 2)
	if observed != nil {
		seen.Subject, seen.Issuer = providers.Outside(naming(observed.Subject.CommonName, observed.Subject.String())), providers.Outside(naming(observed.Issuer.CommonName, observed.Issuer.String()))
		seen.NotBefore, seen.NotAfter = observed.NotBefore, observed.NotAfter
	}
	if err != nil {
		e := transportError(ctx, err)
		e.Op = op + host
		return seen, e
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection ends in order
	seen.Status = resp.StatusCode
	seen.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	return seen, nil
}

func naming(common, whole string) string {
	if common != "" {
		return common
	}
	return whole
}

// verify is the check that the library makes by itself.
func verify(state tls.ConnectionState, name string, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return x509.CertificateInvalidError{}
	}
	options := x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: time.Now()}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}
