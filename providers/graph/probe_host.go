package graph

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"time"

	"roomdesk/providers"
)

// Handshake asks a host for a page that needs no sign-in, and tells what its
// certificate and its clock say. What was seen of the certificate is given also
// where it is not trusted; the request left only where it is.
func (b *Probe) Handshake(ctx context.Context, host string) (providers.HostSeen, error) {
	seen := providers.HostSeen{Host: host}
	proxy, err := b.Proxy(host)
	if err != nil {
		return seen, err
	}
	seen.Proxy = proxy
	transport := newTransport(b.p.config, 1)
	defer transport.CloseIdleConnections()
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	var observed *x509.Certificate
	// The library's own check hides the certificate that it refuses. The same
	// check is made in its place, for the same names and authorities.
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
	address := b.p.roots.authority.String() + "/v2.0/.well-known/openid-configuration"
	if signIn, _ := b.Hosts(); host != signIn {
		address = b.p.roots.url("", "organization")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return seen, &providers.Error{Class: providers.Permanent, Op: handshaking, Err: inner(err)}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", b.p.engine.agent)
	before := b.p.now()
	resp, err := client.Do(req)
	after := b.p.now()
	seen.Between = before.Add(after.Sub(before) / 2)
	if observed != nil {
		seen.Subject, seen.Issuer = providers.Outside(subject(observed)), providers.Outside(issuer(observed))
		seen.NotBefore, seen.NotAfter = observed.NotBefore, observed.NotAfter
	}
	if err != nil {
		e := transportError(ctx, err)
		e.Op = handshaking + " " + host
		return seen, e
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection ends in order
	seen.Status = resp.StatusCode
	seen.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	return seen, nil
}

const handshaking = "making a secure connection to"

// verify is the check that the library makes by itself.
func verify(state tls.ConnectionState, name string, roots *x509.CertPool) error {
	options := x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: time.Now()}
	for i, c := range state.PeerCertificates {
		if i > 0 {
			options.Intermediates.AddCert(c)
		}
	}
	if len(state.PeerCertificates) == 0 {
		return x509.CertificateInvalidError{}
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}

func subject(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

func issuer(c *x509.Certificate) string {
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return c.Issuer.String()
}
