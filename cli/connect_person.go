package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/mdp/qrterminal/v3"
	"github.com/spf13/pflag"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// personFlags are the flags of a person's own connection.
type personFlags struct {
	deviceCode, browser bool
	port                int    // of the browser's way back; 0: any
	open                bool   // the link in a browser of this machine
	account             string // who must answer, where nobody can be asked
}

func (f personFlags) given() bool { return f.deviceCode || f.browser }

func (f personFlags) way() providers.SignInWay {
	if f.browser {
		return providers.ByBrowser
	}
	return providers.ByDeviceCode
}

// register defines the flags.
func (f *personFlags) register(flags *pflag.FlagSet) {
	f.registerWays(flags)
	flags.StringVar(&f.account, "account", "", "sign-in name that has to answer to --browser or --device-code, where nobody can be asked")
}

func (f *personFlags) registerWays(flags *pflag.FlagSet) {
	flags.BoolVar(&f.browser, "browser", false, "sign a person in with a browser on this machine; needs no administrator's secret")
	flags.BoolVar(&f.deviceCode, "device-code", false, "sign a person in with a code that is entered on any device; needs no administrator's secret")
	flags.BoolVar(&f.open, "open", false, "open the link of --browser in this machine's browser; otherwise it is only printed")
	flags.IntVar(&f.port, "browser-port", 0, "port on this machine for the answer to --browser (default: any that is free)")
}

// check refuses what does not go together. application says that a credential of one
// is given.
func (f personFlags) check(application bool) error {
	switch {
	case f.browser && f.deviceCode:
		return usage("choose one", "--browser and --device-code exclude each other")
	case f.given() && application:
		return usage("choose one", "--browser and --device-code sign a person in and go with no application's credential")
	case f.account != "" && !f.given():
		return usage("give --browser or --device-code", "--account belongs to --browser and --device-code")
	case (f.open || f.port != 0) && !f.browser:
		return usage("give --browser", "--open and --browser-port belong to --browser")
	case f.port < 0 || f.port > 65535:
		return usage("choose one from 1024 to 65535", "--browser-port %d is no port", f.port)
	}
	return nil
}

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

// Lock keeps other processes from renewing the sign-in at the same time.
func (s sealedSignIn) Lock(ctx context.Context) (func(), error) {
	unlock, err := s.file.Lock(ctx)
	return unlock, unread(err)
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

// connectPerson connects with the permissions of a person who signs in with a browser
// or on any device.
func (a *app) connectPerson(ctx context.Context, config *keystore.Config, f *connectFlags) error {
	s, err := a.signInPerson(ctx, f.connection, f.person.way(), f.person.port)
	if err != nil {
		return err
	}
	defer s.discard()
	a.sayConsent(consentPlan(f.connection, consentRecords(config)))
	var result connectObject
	for {
		if err := a.waitForPerson(ctx, s, f.person); err != nil {
			return nothingStored(err)
		}
		if result, err = s.test(ctx); err != nil {
			return nothingStored(err)
		}
		err := a.confirmAccount(ctx, f.person.account, s, result)
		if err == nil {
			break
		}
		if !errors.Is(err, errWrongAccount) || !a.another(ctx) {
			return err
		}
		if err := s.forget(); err != nil {
			return err
		}
	}
	c, err := s.keep(ctx, config)
	if err != nil {
		return err
	}
	return a.reportConnected(c, result)
}

func nothingStored(err error) error {
	f := *explain(err)
	f.message += " (nothing was stored)"
	return &f
}

// waitForPerson shows link or code and waits. On a terminal the person may copy it, have
// it opened, and get a new one where it expired.
func (a *app) waitForPerson(ctx context.Context, s *personSignIn, f personFlags) error {
	for {
		err := a.waitOnce(ctx, s, f)
		if !errors.Is(err, providers.ErrPromptExpired) || !terminal(a.deps.Stdin) {
			return err
		}
		a.out.say("%s.", explain(err).message)
		typed, asked := a.ask(ctx, "Enter for a new one, q to give up: ")
		if asked != nil {
			return asked
		}
		if strings.EqualFold(typed, "q") {
			return err
		}
	}
}

func (a *app) waitOnce(ctx context.Context, s *personSignIn, f personFlags) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prompts := make(chan providers.SignInPrompt, 1)
	ended := make(chan error, 1)
	go func() { ended <- s.wait(ctx, func(p providers.SignInPrompt) { prompts <- p }) }()
	var prompt providers.SignInPrompt
	select {
	case err := <-ended:
		return err
	case prompt = <-prompts:
	}
	a.showPrompt(prompt)
	if f.open {
		a.openPrompt(ctx, prompt)
	}
	var typed <-chan typedLine
	if terminal(a.deps.Stdin) {
		typed = a.line()
	}
	for {
		select {
		case err := <-ended:
			return err
		case line := <-typed:
			a.lineTaken()
			if line.err != nil {
				typed = nil // nobody types any more; the sign-in may still come
				continue
			}
			switch strings.ToLower(strings.TrimSpace(line.text)) {
			case "o":
				a.openPrompt(ctx, prompt)
			case "c":
				a.copyPrompt(prompt)
			case "q":
				cancel()
				return errors.Join(context.Canceled, <-ended)
			}
			typed = a.line()
		}
	}
}

// showPrompt prints what a person needs to sign in. Nothing is opened.
func (a *app) showPrompt(p providers.SignInPrompt) {
	until := p.Expires.In(a.deps.Zone).Format("15:04")
	if p.Way == providers.ByBrowser {
		a.out.say("To sign in, open this link in a browser on this machine, in a private window, so that no other account answers:\n\n  %s\n", providers.Sanitise(p.Address))
		a.out.say("Waiting for the browser's answer until %s. Ctrl-C gives up.", until)
	} else {
		a.out.say("To sign in, open this address on any device, in a private window, so that no other account answers:\n\n  %s\n\nand enter the code\n\n  %s\n",
			providers.Sanitise(p.Address), providers.Sanitise(p.Code))
		if terminal(a.deps.Stderr) && !a.flags.accessible && strings.HasPrefix(p.Address, "https://") {
			qrterminal.GenerateHalfBlock(p.Address, qrterminal.L, a.out.err)
		}
		a.out.say("Waiting for the sign-in; the code holds until %s. Ctrl-C gives up.", until)
	}
	if terminal(a.deps.Stdin) {
		a.out.say("c and Enter copies the %s, o and Enter opens the address in this machine's browser.", promptNoun(p))
	}
}

func promptNoun(p providers.SignInPrompt) string {
	if p.Way == providers.ByBrowser {
		return "link"
	}
	return "code"
}

// copyPrompt puts link or code into the clipboard, through the terminal (OSC 52).
func (a *app) copyPrompt(p providers.SignInPrompt) {
	if !terminal(a.deps.Stderr) {
		return
	}
	text := p.Address
	if p.Way != providers.ByBrowser {
		text = p.Code
	}
	_, _ = fmt.Fprint(a.deps.Stderr, ansi.SetSystemClipboard(providers.Sanitise(text)))
	a.out.say("Sent the %s to the terminal's clipboard.", promptNoun(p))
}

// openPrompt opens the address, because the person said so.
func (a *app) openPrompt(ctx context.Context, p providers.SignInPrompt) {
	if err := openBrowser(ctx, p.Address); err != nil {
		a.out.say("roomdesk: the browser cannot be opened (%s): copy the link.", providers.Sanitise(err.Error()))
	}
}

// errWrongAccount: the person said so.
var errWrongAccount = errors.New("the wrong account answered")

// another asks whether to sign in with another account.
func (a *app) another(ctx context.Context) bool {
	typed, err := a.ask(ctx, "Forgotten. Enter to sign in with another account, q to give up: ")
	return err == nil && !strings.EqualFold(typed, "q")
}

// confirmAccount asks whether the right account answered. Where nobody can be asked,
// --account has to name it.
func (a *app) confirmAccount(ctx context.Context, want string, s *personSignIn, result connectObject) error {
	answered := s.answered(result)
	wrong := func(next string) *failure {
		return &failure{code: exitSignIn, class: string(providers.SignedOut), next: next, message: answered + " answered: nothing was stored"}
	}
	switch {
	case want != "" && !s.is(want):
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
		refused := wrong("run the command again and sign in with the right account, in a private window")
		refused.err = errWrongAccount
		return refused
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
