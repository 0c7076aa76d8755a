package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mdp/qrterminal/v3"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// personFlags are the flags of a person's own connection.
type personFlags struct {
	deviceCode bool
	account    string // who must answer, where nobody can be asked
}

// inMemory keeps a sign-in until the person has confirmed it; nothing of it is
// stored before.
type inMemory struct{ text []byte }

func (m *inMemory) Read(context.Context) ([]byte, error)       { return m.text, nil }
func (m *inMemory) Write(_ context.Context, text []byte) error { m.text = text; return nil }

// sealedSignIn keeps a sign-in in a sealed file, whose key is in the keystore.
type sealedSignIn struct {
	file  keystore.SealedFile
	key   keystore.Key
	store keystore.Store
}

func (s sealedSignIn) Read(ctx context.Context) ([]byte, error) {
	key, err := s.store.Get(ctx, s.key)
	if err != nil {
		return nil, unread(err)
	}
	defer key.Wipe()
	text, err := s.file.Read(key)
	return text, unread(err)
}

func (s sealedSignIn) Write(ctx context.Context, text []byte) error {
	key, err := s.store.Get(ctx, s.key)
	if err != nil {
		return unread(err)
	}
	defer key.Wipe()
	return unread(s.file.Write(key, text))
}

// sealed is where a person's sign-in is kept.
func (a *app) sealed(c keystore.Connection) keystore.SealedFile {
	return keystore.SealedFile{Path: filepath.Join(a.paths().ConnectionData(c.Name), "sign-in.sealed"),
		Bound: strings.ToLower(c.Name + "\x00" + c.Tenant + "\x00" + c.ClientID + "\x00" + c.AccountID)}
}

// connectPerson connects with the permissions of a person who signs in on any
// device. Until the account that answered is confirmed, all of it is in memory only.
func (a *app) connectPerson(ctx context.Context, config *keystore.Config, f *connectFlags, secrets keystore.Store) error {
	c := f.connection
	if backend := secrets.Describe(); backend.ReadOnly {
		return usage("use --keystore keyring or age", "a person's sign-in needs a keystore that can keep a key")
	}
	// Before anybody signs in: a store that cannot keep the result is found now.
	if err := keystore.Probe(ctx, secrets); err != nil {
		return err
	}
	memory := &inMemory{}
	provider, err := a.personProvider(c, &graph.Person{Kept: memory})
	if err != nil {
		return asUsage(err)
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	who, err := provider.SignInWithDeviceCode(ctx, a.showCode)
	if err != nil {
		return nothingStored(err)
	}
	c.Account, c.AccountID = who.Address, who.Account
	if c.Organizer == "" {
		if address, ok := providers.ParseAddress(who.Address); ok {
			c.Organizer = string(address)
		}
	}
	result, err := a.testProvider(ctx, &c, provider)
	if err != nil {
		return nothingStored(err)
	}
	if err := a.confirmAccount(ctx, f.person.account, who, result); err != nil {
		return err
	}
	key := keystore.NewDataKey()
	defer key.Wipe()
	if err := a.sealed(c).Write(key, memory.text); err != nil {
		return err
	}
	clear(memory.text)
	if err := a.keep(ctx, config, c, secrets, key); err != nil {
		return errors.Join(err, a.sealed(c).Remove())
	}
	return a.reportConnected(c, result)
}

func nothingStored(err error) error {
	f := *explain(err)
	f.message += " (nothing was stored)"
	return &f
}

// showCode prints the code and the address, and the address as a QR code on a
// terminal. Nothing is opened.
func (a *app) showCode(code graph.DeviceCode) {
	a.out.say("To sign in, open this address on any device, in a private window, so that no other account answers:\n\n  %s\n\nand enter the code\n\n  %s\n",
		providers.Sanitise(code.Address), providers.Sanitise(code.Code))
	if terminal(a.deps.Stderr) && !a.flags.accessible && strings.HasPrefix(code.Address, "https://") {
		qrterminal.GenerateHalfBlock(code.Address, qrterminal.L, a.out.err)
	}
	a.out.say("Waiting for the sign-in; the code holds until %s. Ctrl-C gives up.", code.Expires.In(a.deps.Zone).Format("15:04"))
}

// confirmAccount asks whether the right account answered. Where nobody can be asked,
// --account has to name it.
func (a *app) confirmAccount(ctx context.Context, want string, who graph.SignedIn, result connectObject) error {
	answered := fmt.Sprintf("%s of tenant %s (%s)", providers.Sanitise(who.Address), result.TenantName.Or("without a name"), result.TenantID)
	wrong := func(next string) error {
		return &failure{code: exitSignIn, class: string(providers.SignedOut), next: next, message: answered + " answered: nothing was stored"}
	}
	switch {
	case want != "" && !strings.EqualFold(want, who.Address):
		return wrong("sign in as " + providers.Sanitise(want) + ", in a private window")
	case want != "":
		return nil
	case !terminal(a.deps.Stdin):
		return wrong("where nobody can be asked, say with --account who has to answer")
	}
	a.out.say("Signed in: %s.", answered)
	typed, err := a.ask(ctx, "Is this the right account? y or n: ")
	if err != nil {
		return err
	}
	if !strings.EqualFold(typed, "y") && !strings.EqualFold(typed, "yes") {
		return wrong("run the command again and sign in with the right account, in a private window")
	}
	return nil
}

// forgetSignIn removes what is kept of a person's sign-in.
func (a *app) forgetSignIn(c keystore.Connection) error {
	if c.AccountID == "" {
		return nil
	}
	return a.sealed(c).Remove()
}

// signedIn looks whether what is kept of a person's sign-in can be read.
func (a *app) signedIn(ctx context.Context, c keystore.Connection, store keystore.Store) error {
	_, err := sealedSignIn{a.sealed(c), c.SecretKey(), store}.Read(ctx)
	return err
}
