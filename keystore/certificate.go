package keystore

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // the thumbprint that the portal shows is SHA-1
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	// keyBits is the size of keys that are made here: its base64 of 1,628 bytes
	// fits into every supported keyring.
	keyBits = 2048
	// CertificateLife is the life of certificates that are made here.
	CertificateLife = 365 * 24 * time.Hour
)

// Certificate is an application's certificate with its private key.
type Certificate struct {
	Leaf *x509.Certificate
	Key  *rsa.PrivateKey
}

// MakeCertificate makes a key and a certificate of its own signature, valid from
// an hour before now for [CertificateLife]. The subject names the connection only.
func MakeCertificate(connection string, now time.Time) (Certificate, error) {
	fail := func(err error) (Certificate, error) {
		return Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return fail(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fail(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "roomdesk " + connection},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(CertificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fail(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return fail(err)
	}
	return Certificate{Leaf: leaf, Key: key}, nil
}

// Check refuses a certificate that cannot sign in now.
func (c Certificate) Check(now time.Time) error {
	bad := func(problem, remedy string) error { return &FieldError{"certificate", problem, remedy} }
	public, isRSA := c.Leaf.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA:
		return bad("is not of an RSA key", "the sign-in service takes RSA keys: make one with --make-certificate")
	case c.Key != nil && !c.Key.PublicKey.Equal(public):
		return bad("does not belong to the key", "give the key that the certificate was made with")
	case public.N.BitLen() < keyBits:
		return bad(fmt.Sprintf("has a key of %d bits, which is too short", public.N.BitLen()), "make one with --make-certificate")
	case !now.Before(c.Leaf.NotAfter):
		return bad("expired on "+c.Leaf.NotAfter.UTC().Format(time.DateOnly), "make a new one, for example with --make-certificate")
	case now.Before(c.Leaf.NotBefore):
		return bad("is not valid before "+c.Leaf.NotBefore.UTC().Format(time.RFC3339), "check this machine's clock, or wait")
	}
	return nil
}

// KeySecret is the private key as a store keeps it: PKCS #8 in base64, without the
// certificate, which is public and lies in the configuration.
func (c Certificate) KeySecret() (Secret, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		return Secret{}, fmt.Errorf("writing the certificate's key: %w", err)
	}
	defer clear(der)
	return NewSecret(base64.StdEncoding.EncodeToString(der)), nil
}

// WithKey puts a stored key beside its certificate: base64 as of
// [Certificate.KeySecret], or PEM, as somebody may have put into the environment.
func (c Certificate) WithKey(stored Secret) (Certificate, error) {
	bad := func(problem string) (Certificate, error) {
		return Certificate{}, &Error{Kind: ErrDamaged, Op: "reading the certificate's key", Detail: problem,
			Remedy: "connect again, with a new certificate"}
	}
	text := stored.Reveal()
	der, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der, err = block.Bytes, nil
	}
	if err != nil {
		return bad("it is neither base64 nor PEM")
	}
	defer clear(der)
	key, err := parseKey(der)
	if err != nil {
		return bad("it is no RSA key")
	}
	if public, ok := c.Leaf.PublicKey.(*rsa.PublicKey); !ok || !key.PublicKey.Equal(public) {
		return bad("it is not the key of the connection's certificate")
	}
	c.Key = key
	return c, nil
}

// Thumbprint is what the portal shows beside an uploaded certificate: SHA-1 in
// capital hex.
func Thumbprint(leaf *x509.Certificate) string {
	sum := sha1.Sum(leaf.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// EncodeCertificate is a certificate as the configuration has it: DER in base64.
func EncodeCertificate(leaf *x509.Certificate) string {
	return base64.StdEncoding.EncodeToString(leaf.Raw)
}

// DecodeCertificate reads what [EncodeCertificate] wrote.
func DecodeCertificate(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, &FieldError{"certificate", "is not base64", "connect again with the certificate"}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, &FieldError{"certificate", "is no certificate", "connect again with the certificate"}
	}
	return leaf, nil
}

// PublicPEM is the half to upload.
func PublicPEM(leaf *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
}
