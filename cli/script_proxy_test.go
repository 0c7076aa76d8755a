package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// startProxy starts a proxy on loopback and makes it the script's: proxy refuse (every
// CONNECT is answered 403), proxy sign-in (407), proxy inspect (it answers for every host
// with a certificate of its own authority), proxy silent (it ends each connection).
func startProxy(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodConnect:
			w.WriteHeader(http.StatusBadRequest)
		case args[0] == "refuse":
			w.WriteHeader(http.StatusForbidden)
		case args[0] == "sign-in":
			w.Header().Set("Proxy-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusProxyAuthRequired)
		default:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			if args[0] != "inspect" {
				return
			}
			host, _, _ := net.SplitHostPort(r.Host)
			certificate, err := inspector(host)
			if err != nil {
				return
			}
			fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
			_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake() // the client gives up
		}
	})}
	go func() { _ = server.Serve(listener) }()
	ts.Defer(func() { _ = server.Close() })
	ts.Setenv("HTTPS_PROXY", "http://"+listener.Addr().String())
	ts.Setenv("PROXY", listener.Addr().String())
}

// inspector is a certificate for a host, signed by an authority that nobody knows.
func inspector(host string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Fabrikam Web Gateway CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
