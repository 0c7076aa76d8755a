package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

func (e *empty) test(desk *setupDesk, s providers.Setup, secret providers.Hidden) providers.SetupAnswer {
	e.t.Helper()
	answer, err := desk.TestSetup(e.t.Context(), s, secret, func(providers.Rung) {})
	if err != nil {
		e.t.Fatal(err)
	}
	return answer
}

// C13: "wrong account" after everything was kept leaves nothing: no credential, no
// connection, no mirror, nothing to go on with.
func TestWrongAccountTakesEverythingBack(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	a := e.process()
	desk := &setupDesk{app: a}
	s, secret := e.entered(desk)
	if _, err := desk.ConnectSetup(t.Context(), s, secret); err == nil {
		t.Fatal("it was connected without a test")
	}
	if answer := e.test(desk, s, secret); answer.Refused() != nil || answer.TenantID != e.at.TenantID || len(answer.Missing) != 0 {
		t.Fatalf("%+v", answer)
	}
	// What was tested is what is kept, and nothing else.
	other := s
	other.Values = map[providers.SetupField]string{}
	for f, v := range s.Values {
		other.Values[f] = v
	}
	other.Set(providers.SetupOrganizer, "somebody@"+e.at.Domain)
	if _, err := desk.ConnectSetup(t.Context(), other, secret); err == nil || !strings.Contains(err.Error(), "not tested") {
		t.Errorf("another organizer: %v", err)
	}
	if _, err := desk.ConnectSetup(t.Context(), s, providers.NewHidden("another"+e.at.ClientSecret)); err == nil || !strings.Contains(err.Error(), "another than was tested") {
		t.Errorf("another secret: %v", err)
	}
	if text := e.files(); strings.Contains(text, "[[connections]]") {
		t.Errorf("there is\n%s", text)
	}
	connected, err := desk.ConnectSetup(t.Context(), s, secret)
	if err != nil {
		t.Fatal(err)
	}
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, connected.Name)
	if err != nil {
		t.Fatal(err)
	}
	mirror := a.mirrorPath(c)
	if err := errors.Join(os.MkdirAll(filepath.Dir(mirror), 0o700), os.WriteFile(mirror, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := desk.DropSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if config, err := a.loadConfig(); err != nil || len(config.Connections) != 0 {
		t.Errorf("%v %v", config.Names(), err)
	}
	if _, err := e.memory.Get(t.Context(), c.SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the credential: %v", err)
	}
	for _, path := range []string{mirror, filepath.Join(e.home, "set-up.json")} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if strings.Contains(e.files(), e.at.ClientSecret) {
		t.Error("the secret is in a file")
	}
}

// A certificate that is made here: its key is in the keystore only, the half to upload
// in a file; another process goes on with it; "wrong account" removes both.
func TestSetUpWithACertificateMadeHere(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	desk := &setupDesk{app: e.process()}
	s, _ := e.entered(desk)
	s.Set(providers.SetupCredential, providers.SetupMade)
	s.Set(providers.SetupPublicFile, filepath.Join(e.home, "public.cer"))
	made, err := desk.MakeCertificate(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Made = &made
	if err := desk.KeepSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if text := e.files(); strings.Contains(text, "PRIVATE KEY") || !strings.Contains(text, "BEGIN CERTIFICATE") || strings.Contains(text, "[[connections]]") {
		t.Errorf("there is\n%s", text)
	}
	// Not uploaded yet: refused with its own sentence.
	answer := e.test(desk, s, providers.Hidden{})
	if cause := answer.Refused(); cause == nil || !strings.Contains(cause.Sentence(), made.Thumbprint) {
		t.Errorf("before the upload: %s", answer.Diagnosis.FirstLine())
	}
	leaf, err := keystore.ReadPublic(made.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.tenant.Directory().Update(e.at.ClientID, func(a *entra.Application) { a.Certificates = append(a.Certificates, leaf) }); err != nil {
		t.Fatal(err)
	}
	// The wrong account before it was kept: neither key nor file is left.
	second := s
	second.Values = map[providers.SetupField]string{}
	for f, v := range s.Values {
		second.Values[f] = v
	}
	second.Set(providers.SetupPublicFile, filepath.Join(e.home, "second.cer"))
	thrown, err := desk.MakeCertificate(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	second.Made = &thrown
	if err := desk.DropSetup(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if _, err := e.memory.Get(t.Context(), madeAt(thrown).SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the key that was thrown away: %v", err)
	}
	if _, err := os.Stat(thrown.File); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file that was thrown away: %v", err)
	}
	if err := desk.KeepSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	// Another process, after a crash; and the connection gets a name of its own.
	desk = &setupDesk{app: e.process()}
	start, err := desk.BeginSetup(t.Context())
	if err != nil || start.Setup.Saved.IsZero() || start.Setup.Made == nil || start.Setup.Made.Thumbprint != made.Thumbprint {
		t.Fatalf("%+v, %v", start, err)
	}
	s = start.Setup
	s.Set(providers.SetupName, "berlin")
	if answer := e.test(desk, s, providers.Hidden{}); answer.Refused() != nil {
		t.Fatal(answer.Diagnosis.FirstLine())
	}
	if _, err := desk.ConnectSetup(t.Context(), s, providers.Hidden{}); err != nil {
		t.Fatal(err)
	}
	config, err := desk.app.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, "berlin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.memory.Get(t.Context(), c.SecretKey()); err != nil {
		t.Errorf("the key under its name: %v", err)
	}
	if _, err := e.memory.Get(t.Context(), madeAt(made).SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the key under the earlier name: %v", err)
	}
	if err := desk.DropSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := e.memory.Get(t.Context(), c.SecretKey()); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the key after all: %v", err)
	}
	if _, err := os.Stat(made.File); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

// A person signs in with a code, is tested and kept; what they entered before is left
// to go on with, and their sign-in is not.
func TestSetUpOfAPerson(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	desk := &setupDesk{app: e.process()}
	s, _ := e.entered(desk)
	s.Set(providers.SetupKind, providers.SetupIndividual)
	s.Set(providers.SetupCredential, providers.SetupDeviceCode)
	s.Set(providers.SetupClientID, e.at.PublicClientID)
	s.Set(providers.SetupOrganizer, "")
	s.Set(providers.SetupTestMailbox, "")
	if _, err := desk.TestSetup(t.Context(), s, providers.Hidden{}, func(providers.Rung) {}); err == nil {
		t.Error("it was tested without anybody signed in")
	}
	dir := filepath.Dir(s.Get(providers.SetupCAFile))
	signIn := func() {
		t.Helper()
		who, err := desk.SignInSetup(t.Context(), s, func(p providers.SignInPrompt) {
			d := newDevice(t, dir)
			d.take(d.client.Get(p.Address))
			d.press("Next", "otc", p.Code)
			d.press("Sign in", "loginfmt", e.at.User, "passwd", e.at.UserPassword)
			d.press("Continue")
			for strings.Contains(d.page, ">Accept<") {
				d.press("Accept")
			}
		})
		if err != nil || who.Address != e.at.User {
			t.Fatalf("%+v %v", who, err)
		}
	}
	signIn()
	answer := e.test(desk, s, providers.Hidden{})
	if answer.Refused() != nil || answer.Account != e.at.User || !answer.Known || len(answer.Diagnosis.Rungs) < 20 {
		t.Fatalf("%+v\n%s", answer, answer.Diagnosis.FirstLine())
	}
	// The wrong account: nothing is left of the sign-in, and another one begins anew.
	if err := desk.DropSetup(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if text := e.files(); text != "" {
		t.Errorf("there is\n%s", text)
	}
	if _, err := desk.ConnectSetup(t.Context(), s, providers.Hidden{}); err == nil {
		t.Error("it was connected after all")
	}
	signIn()
	// Other ids than were signed in with: nobody is taken for signed in there.
	s.Set(providers.SetupClientID, e.at.ClientID)
	if _, err := desk.TestSetup(t.Context(), s, providers.Hidden{}, func(providers.Rung) {}); err == nil || !strings.Contains(explain(err).sentence(), "Sign in again") {
		t.Errorf("another application: %v", err)
	}
	s.Set(providers.SetupClientID, e.at.PublicClientID)
	if answer := e.test(desk, s, providers.Hidden{}); answer.Refused() != nil {
		t.Fatal(answer.Diagnosis.FirstLine())
	}
	connected, err := desk.ConnectSetup(t.Context(), s, providers.Hidden{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := desk.app.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, connected.Name)
	if err != nil || c.Account != e.at.User || c.Organizer != e.at.User {
		t.Fatalf("%+v %v", c, err)
	}
	provider, err := e.process().newProvider(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	if _, err := provider.Identify(t.Context()); err != nil {
		t.Errorf("another process: %v", err)
	}
}

// C11: a domain that the tenant has not verified is named with those that it has, and
// nothing is kept.
func TestSetUpRefusesAForeignDomain(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	desk := &setupDesk{app: e.process()}
	s, secret := e.entered(desk)
	s.Set(providers.SetupDomains, "fabrikam.example")
	answer := e.test(desk, s, secret)
	cause := answer.Refused()
	if cause == nil || !strings.Contains(cause.Sentence(), "fabrikam.example") || !strings.Contains(cause.Sentence(), e.at.Domain) {
		t.Errorf("%s", answer.Diagnosis.FirstLine())
	}
	if _, err := desk.ConnectSetup(t.Context(), s, secret); err == nil || strings.Contains(e.files(), "[[connections]]") {
		t.Errorf("it was connected: %v", err)
	}
}

// What was left cannot be read: a new set-up begins all the same.
func TestSetUpOverWhatCannotBeRead(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	path := filepath.Join(e.home, "set-up.json")
	for _, text := range []string{"", "{", `{"step": 99, "values": {"secret": "x", "tenant": "a"}}`, "null"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		start, err := (&setupDesk{app: e.process()}).BeginSetup(t.Context())
		if err != nil || start.Setup.Step > 4 || start.Setup.Get(providers.SetupSecret) != "" || start.Setup.Get(providers.SetupCloud) != "global" {
			t.Errorf("%q: %+v %v", text, start.Setup, err)
		}
	}
	if err := errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path)); err != nil {
		t.Fatal(err)
	}
	if start, err := (&setupDesk{app: e.process()}).BeginSetup(t.Context()); err != nil || start.Setup.Begun() {
		t.Errorf("a link: %+v %v", start, err)
	}
}

// C19: who may not administer makes no connection here either.
func TestSetUpIsForAdministrators(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	desk := &setupDesk{app: e.process()}
	s, secret := e.entered(desk)
	if answer := e.test(desk, s, secret); answer.Refused() != nil {
		t.Fatal(answer.Diagnosis.FirstLine())
	}
	if _, err := desk.ConnectSetup(t.Context(), s, secret); err != nil {
		t.Fatal(err)
	}
	a := e.process()
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	c.Role = string(providers.RoleBooker)
	if err := errors.Join(config.Update(c), config.Save()); err != nil {
		t.Fatal(err)
	}
	if _, err := (&setupDesk{app: a}).BeginSetup(t.Context()); err == nil || explain(err).class != string(providers.NotAllowed) {
		t.Errorf("a booker begins a set-up: %v", err)
	}
	if _, err := e.lines(""); err == nil || explain(err).class != string(providers.NotAllowed) {
		t.Errorf("line by line: %v", err)
	}
}

// A certificate's file that is not there is told as that.
func TestSetUpWithACertificateFileThatIsNotThere(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	desk := &setupDesk{app: e.process()}
	s, _ := e.entered(desk)
	s.Set(providers.SetupCredential, providers.SetupByFile)
	s.Set(providers.SetupFile, filepath.Join(e.home, "nowhere.pem"))
	answer := e.test(desk, s, providers.Hidden{})
	if line := answer.Diagnosis.FirstLine(); answer.Refused() == nil || !strings.Contains(line, "nowhere.pem") || strings.Contains(line, "damaged") {
		t.Errorf("%s", line)
	}
	s.Set(providers.SetupCredential, providers.SetupBySecret)
	answer = e.test(desk, s, providers.Hidden{})
	if line := answer.Diagnosis.FirstLine(); !strings.Contains(line, "the client secret is missing") || !strings.Contains(line, "paste its Value") {
		t.Errorf("%s", line)
	}
}
