package simulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// certificates are the tenant's server certificate and those that it shows under
// faults of the handshake, by the fault's word.
type certificates struct {
	good  tls.Certificate
	bad   map[string]tls.Certificate
	caPEM []byte
}

// issueCertificates makes a throw-away certificate authority and server
// certificates for the loopback names. The CA's key is forgotten on return.
// names are further ones of the good certificate. Validity counts from the real clock, because TLS clients do.
func issueCertificates(host string, names ...string) (*certificates, error) {
	now := time.Now()
	c := &certificates{bad: map[string]tls.Certificate{}}
	issue, caPEM, err := newAuthority(now)
	if err != nil {
		return nil, err
	}
	c.caPEM = caPEM
	if c.good, err = issue(host, func(leaf *x509.Certificate) { leaf.DNSNames = append(leaf.DNSNames, names...) }); err != nil {
		return nil, err
	}
	for word, change := range map[string]func(*x509.Certificate){
		"tls_expired": func(leaf *x509.Certificate) { leaf.NotAfter = now.Add(-time.Hour) },
		"tls_not_yet": func(leaf *x509.Certificate) { leaf.NotBefore = now.Add(24 * time.Hour) },
		"tls_wrong_host": func(leaf *x509.Certificate) {
			leaf.DNSNames, leaf.IPAddresses = []string{"somewhere-else.example"}, nil
		},
	} {
		if c.bad[word], err = issue(host, change); err != nil {
			return nil, err
		}
	}
	other, _, err := newAuthority(now)
	if err == nil {
		c.bad["tls_unknown_ca"], err = other(host, func(*x509.Certificate) {})
	}
	return c, err
}

// newAuthority makes a CA; issue makes a server certificate of it after a change.
func newAuthority(now time.Time) (issue func(host string, change func(*x509.Certificate)) (tls.Certificate, error), caPEM []byte, err error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making the simulated tenant's CA key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, fmt.Errorf("making a serial number: %w", err)
	}
	ca := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "roomdesk simulated tenant CA " + serial.Text(36)[:8]},
		NotBefore:             now.Add(-48 * time.Hour),
		NotAfter:              now.Add(30 * 24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, nil, fmt.Errorf("making the simulated tenant's CA: %w", err)
	}
	number := int64(0)
	issue = func(host string, change func(*x509.Certificate)) (tls.Certificate, error) {
		number++
		return issueLeaf(host, change, ca, caDER, caKey, number)
	}
	return issue, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), nil
}

func issueLeaf(host string, change func(*x509.Certificate), ca *x509.Certificate, caDER []byte, caKey *ecdsa.PrivateKey, number int64) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the simulated tenant's key: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber: new(big.Int).Add(ca.SerialNumber, big.NewInt(number)),
		Subject:      pkix.Name{CommonName: "roomdesk simulated tenant"},
		NotBefore:    ca.NotBefore,
		NotAfter:     ca.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// The names of Microsoft's hosts let clients with fixed host names in
		// where a private hosts file points these at this machine.
		DNSNames:    []string{"localhost", "login.microsoftonline.com", "graph.microsoft.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = append(leaf.IPAddresses, ip)
	}
	change(leaf)
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making the simulated tenant's certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{leafDER, caDER}, PrivateKey: key}, nil
}
