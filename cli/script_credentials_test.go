package cli_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
	"software.sslmate.com/src/go-pkcs12"

	"roomdesk/keystore"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// uploadCertificate registers a public half with the tenant's application, as an
// administrator does in the portal: upload FILE. With a ! all are taken away.
func uploadCertificate(ts *testscript.TestScript, neg bool, args []string) {
	tenant := ts.Value(tenantKey{}).(*simulator.Tenant)
	ts.Check(tenant.Directory().Update(tenant.Endpoints().ClientID, func(a *entra.Application) {
		if neg {
			a.Certificates = nil
			return
		}
		block, _ := pem.Decode([]byte(ts.ReadFile(args[0])))
		if block == nil || block.Type != "CERTIFICATE" {
			ts.Fatalf("%s is no certificate", args[0])
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		ts.Check(err)
		a.Certificates = append(a.Certificates, leaf)
	}))
}

// makePFX makes a certificate with its key: makepfx PASSWORD NAME writes NAME.pfx,
// NAME.pem with both, NAME.cer with the certificate and NAME.key with the key.
func makePFX(ts *testscript.TestScript, _ bool, args []string) {
	certificate, err := keystore.MakeCertificate("script", time.Now())
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(certificate.Key)
	ts.Check(err)
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	pfx, err := pkcs12.Modern.Encode(certificate.Key, certificate.Leaf, nil, args[0])
	ts.Check(err)
	public := keystore.PublicPEM(certificate.Leaf)
	for name, content := range map[string][]byte{".pfx": pfx, ".pem": append(append([]byte{}, public...), key...), ".cer": public, ".key": key} {
		ts.Check(os.WriteFile(ts.MkAbs(args[1]+name), content, 0o600))
	}
}

// setFromFile puts a file's text into a variable: envfile NAME FILE.
func setFromFile(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], ts.ReadFile(args[1]))
}

// makeIdentity writes a new age identity: identity FILE.
func makeIdentity(ts *testscript.TestScript, _ bool, args []string) {
	identity, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(identity.String()+"\n"), 0o600))
}

// underPassphrase encrypts a file anew, for a passphrase in place of an identity:
// phrase FILE IDENTITY PHRASE. It costs less to open than one of roomdesk's own.
func underPassphrase(ts *testscript.TestScript, _ bool, args []string) {
	identities, err := age.ParseIdentities(strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	inside, err := age.Decrypt(strings.NewReader(ts.ReadFile(args[0])), identities...)
	ts.Check(err)
	recipient, err := age.NewScryptRecipient(strings.TrimSpace(ts.ReadFile(args[2])))
	ts.Check(err)
	recipient.SetWorkFactor(10)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipient)
	ts.Check(err)
	_, err = io.Copy(w, inside)
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}
