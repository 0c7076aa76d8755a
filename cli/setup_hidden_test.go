package cli

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"software.sslmate.com/src/go-pkcs12"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
	"roomdesk/tui"
)

const canaryPhrase = "canary four plain words"

// certificateFiles makes a certificate that the tenant knows, and writes it as PEM and as
// PFX.
func (e *empty) certificateFiles(t *testing.T) (files map[string]string) {
	t.Helper()
	certificate, err := keystore.MakeCertificate("files", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	e.update(func(a *entra.Application) { a.Certificates = append(a.Certificates, certificate.Leaf) })
	key, err := x509.MarshalPKCS8PrivateKey(certificate.Key)
	if err != nil {
		t.Fatal(err)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	locked, err := pkcs12.Modern.Encode(certificate.Key, certificate.Leaf, nil, canaryPhrase)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pkcs12.Modern.Encode(certificate.Key, certificate.Leaf, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for name, text := range map[string][]byte{
		"both.pem": append(keystore.PublicPEM(certificate.Leaf), keyPEM...), "public.pem": keystore.PublicPEM(certificate.Leaf), "key.pem": keyPEM,
		"locked.pfx": locked, "open.P12": open, "damaged.pfx": []byte("x"), "text.pfx": keyPEM,
	} {
		files[name] = filepath.Join(e.dir, name)
		if err := os.WriteFile(files[name], text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// Each form in which a certificate comes in a file is tested, kept under its key only, and
// signs in from another process.
func TestSetUpWithACertificateFile(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	files := e.certificateFiles(t)
	for _, row := range []struct {
		file, key, password, refused string
	}{
		{file: "both.pem"}, {file: "public.pem", key: "key.pem"}, {file: "locked.pfx", password: canaryPhrase}, {file: "open.P12"},
		{file: "locked.pfx", refused: "has a password"}, {file: "locked.pfx", password: "wrong", refused: "the password does not open the PFX file"},
		{file: "damaged.pfx", refused: "cannot be read as PFX"}, {file: "text.pfx", refused: "names a PEM file"}, {file: "public.pem", refused: "key"},
	} {
		t.Run(row.file+" "+row.refused, func(t *testing.T) {
			desk := &setupDesk{app: e.process()}
			s, _ := e.entered(desk)
			s.Set(providers.SetupCredential, providers.SetupByFile)
			s.Set(providers.SetupFile, files[row.file])
			s.Set(providers.SetupKeyFile, files[row.key])
			s.SetHidden(providers.SetupPassword, providers.NewHidden(row.password))
			answer := e.test(desk, s, providers.Hidden{})
			if row.refused != "" {
				if line := answer.Diagnosis.FirstLine(); answer.Refused() == nil || !strings.Contains(line, row.refused) || strings.Contains(line, canaryPhrase) || strings.Contains(line, "damaged") {
					t.Errorf("%s", line)
				}
				return
			}
			if answer.Refused() != nil {
				t.Fatal(answer.Diagnosis.FirstLine())
			}
			if err := desk.KeepSetup(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if text := e.files(); strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, canaryPhrase) {
				t.Errorf("kept to be gone on with:\n%s", text)
			}
			connected, err := desk.ConnectSetup(t.Context(), s, providers.Hidden{})
			if err != nil {
				t.Fatal(err)
			}
			a := e.process()
			config, err := a.loadConfig()
			if err != nil {
				t.Fatal(err)
			}
			c, err := findConnection(config, connected.Name)
			if err != nil || c.Certificate == "" {
				t.Fatalf("%+v %v", c, err)
			}
			store, err := a.secrets(c)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := a.newProvider(c, a.held(c, store))
			if err != nil {
				t.Fatal(err)
			}
			defer provider.Close()
			if identity, err := provider.Identify(t.Context()); err != nil || identity.TenantID != e.at.TenantID {
				t.Errorf("another process: %+v, %v", identity, err)
			}
			if text := e.files(); strings.Contains(text, "PRIVATE KEY") || strings.Contains(text, canaryPhrase) {
				t.Errorf("there is\n%s", text)
			}
			if err := desk.DropSetup(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(e.home, 0o700); err != nil {
				t.Fatal(err)
			}
			e.begin()
		})
	}
}

// The passphrase of an encrypted file is asked in the drawn set-up, where no terminal can
// ask for it; another process opens the file with it, and nothing shows it.
func TestSetUpWithAnEncryptedFileInTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	a := e.process()
	a.ageWork = 10
	a.drawing.Store(true)
	p := &player{t: t, ctx: ctx, msgs: make(chan tea.Msg, 64)}
	p.m = tui.New(tui.Options{Setup: &setupDesk{app: a}, Zone: time.UTC})
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(p.m.Init())
	var screens strings.Builder
	see := func(texts ...string) {
		t.Helper()
		p.see(texts...)
		screens.WriteString(p.screen())
	}
	p.press('c')
	see("What you need")
	p.press(tea.KeyEnter)
	see("The application")
	p.paste(e.at.TenantID)
	p.press(tea.KeyTab)
	p.paste(e.at.ClientID)
	p.press(tea.KeyEnter)
	see("The credential", "memory")
	p.paste(e.at.ClientSecret)
	p.press(tea.KeyTab)
	p.press(tea.KeyTab)
	for !strings.Contains(p.screen(), "‹ an encrypted file ›") {
		p.press(tea.KeyRight)
	}
	p.press(tea.KeyTab)
	p.paste(canaryPhrase)
	see("23 characters")
	p.press(tea.KeyTab)
	p.paste(canaryPhrase + "x")
	see("the two passphrases differ")
	p.press(tea.KeyBackspace)
	see("the same")
	p.press(tea.KeyEnter)
	see("The mailboxes")
	p.paste(e.at.Organizer)
	p.press(tea.KeyEnter)
	see("Admin consent")
	p.press(tea.KeyEnter)
	see("nothing is wrong")
	p.press(tea.KeyEnter)
	see("Who answered")
	p.press(tea.KeyEnter)
	see("is connected", "encrypted file")
	if text := screens.String() + e.files(); strings.Contains(text, "canary") || strings.Contains(text, e.at.ClientSecret) {
		t.Error("the passphrase or the secret is on a screen or in a file")
	}
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	for phrase, opens := range map[string]bool{canaryPhrase: true, canaryPhrase + "x": false} {
		b := e.process()
		file := filepath.Join(t.TempDir(), "phrase")
		if err := os.WriteFile(file, []byte(phrase+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		b.deps.LookupEnv = func(name string) (string, bool) { return file, name == "ROOMDESK_PASSPHRASE_FILE" }
		store, err := b.secrets(c)
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := store.Get(t.Context(), c.SecretKey()); (err == nil) != opens || opens && secret.Reveal() != e.at.ClientSecret {
			t.Errorf("opened: %v", err)
		}
	}
	// The wrong account: the encrypted file goes too.
	path := c.AgePath(a.paths().Config)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	p.press('w')
	p.see("nothing is left of it")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the encrypted file: %v", err)
	}
}

// Line by line: a PFX file with its password into an encrypted file, whose passphrase is
// typed wrong once.
func TestConnectLineByLineWithHiddenFields(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	files := e.certificateFiles(t)
	e.work = 10
	said, err := e.lines(append(append([]string{}, keepNeed...), e.at.TenantID, e.at.ClientID, "", "", "", "", "",
		"3", files["locked.pfx"], canaryPhrase, "age", canaryPhrase, canaryPhrase+"x", canaryPhrase, canaryPhrase,
		e.at.Organizer, "", "", "", "", "", "", "y")...)
	if err != nil {
		t.Fatalf("%v\n%s", explain(err).sentence(), said)
	}
	for _, want := range []string{"Password of the PFX file (optional)?", "Passphrase of the encrypted file?", "the two passphrases differ", "Result: nothing is wrong", "Connected contoso. The credential is in the encrypted file"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if strings.Contains(said+e.files(), "canary") {
		t.Error("what is hidden is said or kept")
	}
}
