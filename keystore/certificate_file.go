package keystore

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

// maxCertificateFile is the longest file with a certificate or key that is read,
// in bytes.
const maxCertificateFile = 1 << 20

// ReadCertificate reads a PEM file with a certificate, and its key from the same
// file or from another one. keyPath "" is the same file. Its errors are of type
// [*FieldError] and name the flag: certificate or key.
func ReadCertificate(path, keyPath string) (Certificate, error) {
	text, err := readSmall("certificate", path)
	if err != nil {
		return Certificate{}, err
	}
	defer clear(text)
	keyText, field := text, "certificate"
	if keyPath != "" {
		field = "key"
		if keyText, err = readSmall(field, keyPath); err != nil {
			return Certificate{}, err
		}
		defer clear(keyText)
	}
	key, err := pemKey(field, keyText)
	if err != nil {
		return Certificate{}, err
	}
	return choose("certificate", key, pemCertificates(text))
}

// ReadPublic reads a certificate without its key: PEM or DER.
func ReadPublic(path string) (*x509.Certificate, error) {
	text, err := readSmall("make-certificate", path)
	if err != nil {
		return nil, err
	}
	found := pemCertificates(text)
	if der, err := x509.ParseCertificate(text); err == nil {
		found = append(found, der)
	}
	if len(found) != 1 {
		return nil, &FieldError{"make-certificate", "names a file that is not one certificate", "give the file that this command wrote, or one that does not exist yet"}
	}
	return found[0], nil
}

// ReadPFX reads a PFX (PKCS #12) file. [ErrPassphrase] is in its error where the
// password does not open it.
func ReadPFX(path, password string) (Certificate, error) {
	bad := func(problem, remedy string) (Certificate, error) {
		return Certificate{}, &FieldError{"pfx", problem, remedy}
	}
	der, err := readSmall("pfx", path)
	if err != nil {
		return Certificate{}, err
	}
	defer clear(der)
	if bytes.HasPrefix(der, []byte("-----BEGIN")) {
		return bad("names a PEM file", "give it with --certificate")
	}
	private, leaf, chain, err := pkcs12.DecodeChain(der, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword), errors.Is(err, pkcs12.ErrDecryption):
		return Certificate{}, ErrPassphrase
	case err != nil:
		return bad("names a file that cannot be read as PFX: "+plain(err.Error()), "export it anew, with its private key")
	}
	key, isRSA := private.(*rsa.PrivateKey)
	if !isRSA {
		return bad("holds a key that is not RSA", "the sign-in service takes RSA keys: make one with --make-certificate")
	}
	return choose("pfx", key, append([]*x509.Certificate{leaf}, chain...))
}

// choose finds the certificate of a key.
func choose(field string, key *rsa.PrivateKey, certificates []*x509.Certificate) (Certificate, error) {
	for _, leaf := range certificates {
		if public, ok := leaf.PublicKey.(*rsa.PublicKey); ok && key.PublicKey.Equal(public) {
			return Certificate{Leaf: leaf, Key: key}, nil
		}
	}
	if len(certificates) == 0 {
		return Certificate{}, &FieldError{field, "names a file without a certificate", "give a PEM file with BEGIN CERTIFICATE in it"}
	}
	return Certificate{}, &FieldError{field, "names a certificate that does not belong to the key", "give the key that the certificate was made with"}
}

func pemCertificates(text []byte) (found []*x509.Certificate) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if leaf, err := x509.ParseCertificate(block.Bytes); err == nil {
			found = append(found, leaf)
		}
	}
	return found
}

// pemKey finds the one private key of a PEM text.
func pemKey(field string, text []byte) (*rsa.PrivateKey, error) {
	bad := func(problem, remedy string) (*rsa.PrivateKey, error) { return nil, &FieldError{field, problem, remedy} }
	var found *rsa.PrivateKey
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
			return bad("names a key that is protected by a password", "put certificate and key into a PFX file and give it with --pfx: its password is asked")
		case block.Type == "EC PRIVATE KEY":
			return bad("names a key that is not RSA", "the sign-in service takes RSA keys: make one with --make-certificate")
		case block.Type != "PRIVATE KEY" && block.Type != "RSA PRIVATE KEY":
			continue
		case found != nil:
			return bad("names a file with more than one key", "leave only the certificate's own key in it")
		}
		key, err := parseKey(block.Bytes)
		if errors.Is(err, errNotRSA) {
			return bad("names a key that is not RSA", "the sign-in service takes RSA keys: make one with --make-certificate")
		}
		if err != nil {
			return bad("names a key that cannot be read", "export it anew as PKCS #8")
		}
		found = key
	}
	if found == nil {
		return bad("names a file without a private key", "give the key's file with --key, or a file with both")
	}
	return found, nil
}

var errNotRSA = errors.New("not an RSA key")

// parseKey reads PKCS #8 or PKCS #1. Its errors hold nothing of the key.
func parseKey(der []byte) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("not a private key")
	}
	key, isRSA := private.(*rsa.PrivateKey)
	if !isRSA {
		return nil, errNotRSA
	}
	return key, nil
}

// readSmall reads a file that a person named; field is the flag.
func readSmall(field, path string) ([]byte, error) {
	bad := func(problem, remedy string) ([]byte, error) { return nil, &FieldError{field, problem, remedy} }
	file, err := os.Open(path)
	if err != nil {
		return bad("cannot be read: "+plain(err.Error()), "check the path and its permissions")
	}
	defer file.Close() //nolint:errcheck // read only
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return bad("is not a plain file", "give the file itself")
	}
	text, err := io.ReadAll(io.LimitReader(file, maxCertificateFile+1))
	if err != nil {
		return bad("cannot be read: "+plain(err.Error()), "check the disk")
	}
	if len(text) > maxCertificateFile {
		return bad("is larger than 1 MB", "a certificate is small: check that this is the right file")
	}
	return text, nil
}
