package outside

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// credential is a certificate with its key, as clients want them.
type credential struct {
	ThumbprintSHA256 string `json:"thumbprintSha256"` // hexadecimal
	PrivateKey       string `json:"privateKey"`       // PKCS #8 in PEM
	Certificate      string `json:"certificate"`      // PEM
	ThumbprintSHA1   string `json:"thumbprintSha1"`
	parsed           *x509.Certificate
}

func newCredential(t *testing.T) credential {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "a service of contoso"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	short, long := sha1.Sum(der), sha256.Sum256(der)
	return credential{
		ThumbprintSHA256: hex.EncodeToString(long[:]), ThumbprintSHA1: hex.EncodeToString(short[:]), parsed: parsed,
		PrivateKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}
}

// register uploads a certificate's public half to the tenant's application.
func (s *site) register(t *testing.T, c credential) {
	t.Helper()
	if err := s.Directory().Update(s.Endpoints().ClientID, func(a *entra.Application) {
		a.Certificates = append(a.Certificates, c.parsed)
	}); err != nil {
		t.Fatal(err)
	}
}
