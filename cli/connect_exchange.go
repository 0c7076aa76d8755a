package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
)

// exchangeFlags are the flags of connect ews.
type exchangeFlags struct {
	connectFlags
	oauth bool
}

func (a *app) connectExchangeCommand() *cobra.Command {
	f := &exchangeFlags{connectFlags: connectFlags{connection: keystore.Connection{Provider: keystore.ExchangeProvider}}}
	command := &cobra.Command{
		Use:     "ews",
		Aliases: []string{"exchange"},
		Short:   "Connect an Exchange Server on premises with a service account",
		Long: "For mailboxes on premises, with Exchange Web Services. Exchange Online is connected with Graph: it has answered Exchange Web\n" +
			"Services only for listed applications since " + ews.BlockedOnline().Format(time.DateOnly) + " and ends them on " + ews.EndOfOnline().Format(time.DateOnly) + ". Where\n" +
			"the tenant still lists the application, --oauth connects it until then, as the side to move from.\n" +
			"The server is found by Autodiscover where --server is not given. The connection is tested before anything is stored: sign-in, room\n" +
			"lists, and the calendar of --email, for which the service account acts. The password is read from standard input and goes into\n" +
			"the keyring. It is sent by NTLM, and by Basic only with --basic.",
		Example: "roomdesk connect ews --name hq --email desk@hq.example --user 'HQ\\svc-rooms' --password-stdin\n" +
			"roomdesk connect ews --name hq --email desk@hq.example --server mail.hq.example --oauth --tenant TENANT-ID --client-id CLIENT-ID --secret-stdin",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.connectExchange(ctx, f) }),
	}
	flags, c := command.Flags(), &f.connection
	flags.StringVar(&c.Name, "name", "", "a short name for the connection")
	flags.StringVar(&c.Email, "email", "", "mailbox that the service account acts for in the test")
	flags.StringVar(&c.User, "user", "", `service account: DOMAIN\user or user@domain`)
	flags.BoolVar(&f.passwordStdin, "password-stdin", false, "read the service account's password from standard input")
	flags.StringVar(&c.Server, "server", "", "host or URL of Exchange Web Services (default: found by Autodiscover)")
	flags.BoolVar(&c.Basic, "basic", false, "send the password itself, inside TLS, in place of NTLM")
	flags.BoolVar(&f.oauth, "oauth", false, "sign in as an application, with --tenant, --client-id and --secret-stdin")
	flags.StringVar(&c.Tenant, "tenant", "", "Directory (tenant) ID, with --oauth")
	flags.StringVar(&c.ClientID, "client-id", "", "Application (client) ID, with --oauth")
	flags.BoolVar(&f.secretStdin, "secret-stdin", false, "read the client secret's Value from standard input, with --oauth")
	flags.StringVar(&c.AuthorityURL, "authority-url", "", "root of the sign-in service, https, with --oauth (default Microsoft's)")
	flags.StringVar(&c.Audience, "audience", "", "resource that the tokens are for, with --oauth (default: the server's own root)")
	flags.StringVar(&c.CAFile, "ca-file", "", "certificate authority to believe instead of the system's (PEM file)")
	flags.StringVar(&c.Organizer, "organizer", "", "mailbox on whose behalf bookings are made (default: --email)")
	flags.StringVar(&c.TestMailbox, "test-mailbox", "", "mailbox by which the level of access is found out (default: --email)")
	flags.StringArrayVar(&c.Domains, "domain", nil, "further domain of the organisation (repeatable)")
	flags.StringArrayVar(&c.People, "person", nil, "mailbox of a person whose calendar is mirrored (repeatable)")
	flags.StringVar(&c.Beside, "beside", "", "the connection to Graph of the same organisation: both are opened as one")
	_ = command.RegisterFlagCompletionFunc("beside", a.completeConnections)
	flags.StringVar(&c.Role, "role", "", "how far whoever uses it may go: viewer, booker or administrator (default administrator)")
	flags.StringVar(&c.Access, "access", "", "use no more than this of what the server allows: full, restricted, read-only or free-busy (default full)")
	flags.StringVar(&c.Keystore, "keystore", "", "where the password is kept: keyring, age, systemd, env or memory (default keyring)")
	flags.StringVar(&c.AgeIdentity, "age-identity", "", "identity file that opens the encrypted file of --keystore age, in place of a passphrase")
	for flag, values := range map[string][]string{"role": wordsOf(providers.Roles()), "access": wordsOf(providers.Levels()), "keystore": {"keyring", "age", "systemd", "env", "memory"}} {
		_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return command
}

func (a *app) connectExchange(ctx context.Context, f *exchangeFlags) error {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := a.mayConnect(config); err != nil {
		return err
	}
	if err := a.completeExchange(f); err != nil {
		return err
	}
	connection := f.connection
	wanted := connection
	if wanted.Server == "" {
		wanted.Server = "https://to.be.found" // all else is checked before anybody is asked
	}
	if err := config.CheckNew(wanted); err != nil {
		return connectUsage(err)
	}
	secrets, err := a.secrets(connection)
	if err != nil {
		return err
	}
	secret, err := a.exchangeSecret(ctx, f, connection, secrets)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	if err := keystore.Probe(ctx, secrets); err != nil {
		return err
	}
	source := only(graph.Credential{Secret: secret.Reveal()})
	result, err := a.testExchange(ctx, &connection, source)
	if err != nil {
		why := explain(asUsage(err))
		why.message += " (nothing was stored)"
		return why
	}
	if err := config.CheckNew(connection); err != nil {
		return connectUsage(err)
	}
	if err := a.keep(ctx, config, connection, secrets, secret); err != nil {
		return err
	}
	return a.reportConnected(connection, result)
}

// completeExchange fills in what follows from other flags, and refuses what does not go
// together.
func (a *app) completeExchange(f *exchangeFlags) error {
	c := &f.connection
	switch {
	case f.oauth && (c.User != "" || f.passwordStdin || c.Basic):
		return usage("choose one: --user with --password-stdin, or --oauth", "--oauth signs in an application, which has no user and password")
	case !f.oauth && (c.ClientID != "" || f.secretStdin || c.AuthorityURL != "" || c.Audience != ""):
		return usage("add --oauth, or leave them out", "--client-id, --secret-stdin, --authority-url and --audience are for --oauth")
	case !f.oauth && c.Tenant != "":
		return usage("leave out --tenant", "--tenant is for --oauth")
	}
	if c.Server != "" {
		at, err := ews.ServiceURL(c.Server)
		if err != nil {
			return asUsage(err)
		}
		if ews.IsOnline(at.Hostname()) && (!f.oauth || !a.deps.Now().Before(ews.EndOfOnline())) {
			return ews.RefuseOnline(at.Hostname())
		}
		c.Server = at.String()
	}
	if c.Organizer == "" {
		c.Organizer = c.Email
	}
	if err := a.completeConnection(&f.connectFlags); err != nil {
		return err
	}
	if email, ok := providers.ParseAddress(c.Email); ok {
		c.Email = string(email)
		if !f.oauth {
			c.Tenant = ews.OrganisationID(email.Domain())
		}
	}
	return nil
}

// exchangeSecret gets the password or the client secret.
func (a *app) exchangeSecret(ctx context.Context, f *exchangeFlags, c keystore.Connection, secrets keystore.Store) (keystore.Secret, error) {
	if f.oauth {
		return a.newSecret(ctx, &f.connectFlags, secrets)
	}
	switch {
	case f.passwordStdin:
		text, err := a.readSecret(ctx, "Password of "+providers.Sanitise(c.User)+": ")
		if err == nil && strings.TrimSpace(text) == "" {
			err = usage("pipe the password into roomdesk", "the password is empty")
		}
		return keystore.NewSecret(text), err
	case secrets.Describe().ReadOnly:
		return secrets.Get(ctx, c.SecretKey())
	}
	return keystore.Secret{}, usage("pipe the password into roomdesk and give --password-stdin: secrets never come by argument", "the password is missing")
}

// testExchange finds the server where none was given, and tries what the console needs.
func (a *app) testExchange(ctx context.Context, c *keystore.Connection, source credentials) (connectObject, error) {
	if c.Server == "" {
		config, done, err := a.discoveryConfig(*c, source)
		if err != nil {
			return connectObject{}, err
		}
		defer done() //nolint:errcheck // nothing is left of it
		search := a.wire.line(a.deps.Now)
		search.anywhere = true
		config.Dial = search.dial
		found, err := ews.Discover(ctx, config, providers.Address(c.Email))
		for _, tried := range found.Tried {
			a.out.say("- %-9s %s at %s: %s", "server", tried.Way, providers.Sanitise(tried.URL), tried.Result)
		}
		if err != nil {
			return connectObject{}, err
		}
		c.Server = found.URL
		a.out.say("✓ %-9s %s", "server", providers.Sanitise(c.Server))
	}
	provider, err := a.exchangeProvider(*c, source)
	if err != nil {
		return connectObject{}, err
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	tenant := c.Tenant
	if c.TestMailbox == "" {
		c.TestMailbox = c.Email
	}
	result, err := a.testProvider(ctx, c, provider)
	c.Tenant = tenant
	if err == nil && provider.Online() {
		notice := ews.OnlineNotice(a.deps.Now())
		result.Tests = append(result.Tests, testObject{"end", "noted", providers.Outside(notice)})
		a.out.say("! %-9s %s. Move to Graph before: roomdesk connect graph", "end", notice)
	}
	return result, err
}

// discoveryConfig is how the server is looked for. Without an audience an application
// has no token before the server is known: only what needs no sign-in is asked then.
func (a *app) discoveryConfig(c keystore.Connection, source credentials) (ews.Config, func() error, error) {
	if c.ByPassword() || c.Audience != "" {
		config, done, _, err := a.exchangeConfig(c, source)
		return config, done, err
	}
	c.Audience = "https://nobody.invalid" // no token is asked for
	config, done, _, err := a.exchangeConfig(c, source)
	config.Token, config.Audience = nil, ""
	return config, done, err
}
