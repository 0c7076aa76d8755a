package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// signInObject is the result of sign-in in JSON.
type signInObject struct {
	Name     string `json:"name"`
	Account  string `json:"account"`
	TenantID string `json:"tenant_id"`
	Stored   bool   `json:"stored"`
}

func (a *app) signInCommand() *cobra.Command {
	var f personFlags
	var level string
	command := &cobra.Command{
		Use:   "sign-in [NAME]",
		Short: "Sign in again for a person's own connection",
		Long: "A person's sign-in ends when it was not used for 90 days, when the password changed, or when an administrator ends it.\n" +
			"sign-in renews it: mirror and bookings stay, and the same account has to answer. Running consoles and services take it\n" +
			"up by themselves within a minute. Without --browser it is done with a code that is entered on any device. Whatever the\n" +
			"role: nobody else can do it. Before the page is opened it says what that will ask for, and what of it is new. --access\n" +
			"consents to more or to less; this changes the connection, and so is an administrator's.",
		Example:           "roomdesk sign-in mine --browser\nroomdesk sign-in mine --access read-only",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE: a.run(func(ctx context.Context, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return a.signInCommanded(ctx, name, level, f)
		}),
	}
	f.registerWays(command.Flags())
	command.Flags().StringVar(&level, "access", "", "consent to this much from now on: full, restricted, read-only or free-busy (default as it is)")
	_ = command.RegisterFlagCompletionFunc("access", cobra.FixedCompletions(wordsOf(providers.Levels()), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (a *app) signInCommanded(ctx context.Context, name, level string, f personFlags) error {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	if err := f.check(false); err != nil {
		return err
	}
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	c, err := a.personConnection(config, name)
	if err != nil {
		return err
	}
	records := consentRecords(&keystore.Config{Connections: []keystore.Connection{c}})
	was := c
	if level != "" {
		if err := a.consentTo(&c, level); err != nil {
			return err
		}
	}
	s, err := a.signInAgain(ctx, c, f.way(), f.port)
	if err != nil {
		return err
	}
	defer s.discard()
	s.was = was
	a.sayConsent(consentPlan(c, records))
	unchanged := func(err error) error {
		f := *explain(err)
		f.message += " (nothing was changed)"
		return &f
	}
	if err := a.waitForPerson(ctx, s, f); err != nil {
		return unchanged(err)
	}
	if _, err := s.test(ctx); err != nil {
		return unchanged(err)
	}
	if c, err = s.keep(ctx, config); err != nil {
		return err
	}
	if a.out.format == formatJSON {
		return a.out.json(signInObject{Name: c.Name, Account: c.Account, TenantID: c.Tenant, Stored: true})
	}
	a.out.say("Signed in again as %s.", providers.Sanitise(c.Account))
	if c.Access != was.Access {
		a.out.say("The level of access to %s is %s now; it was %s. Running consoles and services refuse more than that at once; for more, start them again.", c.Name, accessOr(c), accessOr(was))
	}
	return nil
}

// accessOr is the level that is chosen for a connection, in a word.
func accessOr(c keystore.Connection) string { return cmp.Or(c.Access, string(providers.FullAccess)) }

// consentTo changes what a person will be asked for, where that is this user's to change.
func (a *app) consentTo(c *keystore.Connection, level string) error {
	if !slices.Contains(providers.Levels(), providers.AccessLevel(level)) {
		return usage("choose "+strings.Join(wordsOf(providers.Levels()), ", "), "there is no level of access %q", providers.Sanitise(level))
	}
	if level == accessOr(*c) {
		return nil
	}
	if err := a.mayAdminister(*c, "sign-in"); err != nil {
		return err
	}
	c.Access = level
	return nil
}

// personConnection picks a person's own connection.
func (a *app) personConnection(config *keystore.Config, name string) (keystore.Connection, error) {
	c, err := keystore.Connection{}, error(nil)
	switch {
	case name != "":
		c, err = findConnection(config, name)
	case a.flags.connection == "":
		// Where there are others too, the only one that a person signs in for is meant.
		own := slices.DeleteFunc(slices.Clone(config.Connections), func(c keystore.Connection) bool { return c.AccountID == "" })
		if len(own) == 1 {
			return own[0], nil
		}
		fallthrough
	default:
		c, err = a.pick(config)
	}
	if err == nil && c.AccountID == "" {
		err = usage("exchange its credential with roomdesk rotate "+c.Name, "connection %s is an application's: nobody signs in for it", c.Name)
	}
	return c, err
}

// signInAgain prepares the renewal of a person's sign-in, with the steps of
// [personSignIn]. wait refuses another account than the connection's; until keep
// nothing is changed.
func (a *app) signInAgain(ctx context.Context, c keystore.Connection, way providers.SignInWay, port int) (*personSignIn, error) {
	s, err := a.signInPerson(ctx, c, way, port)
	if err == nil {
		s.again = true
	}
	return s, err
}

// sameAccount refuses another account than the one that the connection belongs to.
func (s *personSignIn) sameAccount() error {
	if s.who.Account == s.asked.AccountID {
		return nil
	}
	return &failure{code: exitSignIn, class: string(providers.SignedOut),
		message: providers.Sanitise(s.who.Address) + " answered, but the connection is that of " + providers.Sanitise(s.asked.Account),
		next:    "sign in as " + providers.Sanitise(s.asked.Account) + ", in a private window; another account gets a connection of its own with roomdesk connect graph"}
}

// renew puts the new sign-in in the place of the one that is kept, under the same
// key where that is there still.
func (s *personSignIn) renew(ctx context.Context, config *keystore.Config) error {
	c := s.connection
	unlock, err := s.app.sealed(c).Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	key, err := s.store.Get(ctx, c.SecretKey())
	if errors.Is(err, keystore.ErrNotFound) {
		key = keystore.NewDataKey()
		err = s.store.Set(ctx, c.SecretKey(), key)
	}
	if err != nil {
		return err
	}
	defer key.Wipe()
	text, err := s.memory.Read(ctx)
	if err == nil {
		err = s.app.sealed(c).Write(key, text)
	}
	if err != nil {
		return err
	}
	if c.Access == s.was.Access || s.was.Name == "" {
		s.app.note(c, "sign-in")
	}
	// Renewing one's own sign-in is everybody's, as nobody else can do it. What was granted
	// when the connection was made is part of its configuration, and an administrator's.
	changed := s.was.Name != "" && c.Access != s.was.Access
	if changed {
		if err := s.app.mayAdminister(c, "sign-in"); err != nil {
			return err
		}
	} else if slices.Equal(c.Permissions, s.asked.Permissions) || roleOf(s.app.asConfigured(c)).Refuses(providers.VerbAdminister) != "" {
		return nil
	}
	// What was granted may have changed: drift is told from now on.
	if err := config.Update(c); err != nil {
		return err
	}
	if err := config.Save(); err != nil {
		return err
	}
	if changed {
		s.app.noteChanged("sign-in", s.was, c)
	}
	return nil
}
