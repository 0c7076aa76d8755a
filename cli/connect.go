package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// connectFlags are the flags of connect graph.
type connectFlags struct {
	connection  keystore.Connection
	expires     string
	secretStdin bool
	// passwordStdin reads the password of a service account at an Exchange server.
	passwordStdin bool
	certificate   certificateFlags
	person        personFlags
}

func (a *app) connectCommand() *cobra.Command {
	connect := &cobra.Command{
		Use: "connect", Short: "Connect a tenant, step by step", Args: cobra.NoArgs,
		Long: "The guided set-up: what is needed, the application's values, its credential, consent, a test, and who answered. Nothing is\n" +
			"kept before you have confirmed that. On a terminal it is drawn; with --accessible, or where answers are piped in, it asks\n" +
			"line by line. What was entered is kept, without the secret, so that it can be gone on with.",
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.connectGuided(ctx) }),
	}
	f := &connectFlags{connection: keystore.Connection{Provider: "graph"}}
	command := &cobra.Command{
		Use:   "graph",
		Short: "Connect a Microsoft 365 tenant with an application's client secret or certificate",
		Long: "The connection is tested before anything is stored: sign-in, the tenant's identity, its rooms, and the calendar of\n" +
			"--test-mailbox (or --organizer). The client secret is read from standard input and goes into the keyring, and so\n" +
			"does a certificate's key. --make-certificate makes a key here and writes the half to upload.",
		Example: "roomdesk connect graph --name contoso --tenant TENANT-ID --client-id CLIENT-ID --organizer desk@contoso.com --secret-stdin\n" +
			"roomdesk connect graph --name contoso --tenant TENANT-ID --client-id CLIENT-ID --make-certificate contoso.cer",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error { return a.connectGraph(ctx, f) }),
	}
	flags, c := command.Flags(), &f.connection
	flags.StringVar(&c.Name, "name", "", "a short name for the connection")
	flags.StringVar(&c.Tenant, "tenant", "", "Directory (tenant) ID, or a verified domain")
	flags.StringVar(&c.ClientID, "client-id", "", "Application (client) ID")
	flags.BoolVar(&f.secretStdin, "secret-stdin", false, "read the client secret's Value from standard input")
	flags.StringVar(&f.expires, "secret-expires", "", "day on which the secret ends, as 2027-05-31")
	flags.StringVar(&c.Cloud, "cloud", "", "global, usgov, usgov-dod, china or custom (default global; custom where roots are given)")
	flags.StringVar(&c.AuthorityURL, "authority-url", "", "root of the sign-in service of a custom cloud, https")
	flags.StringVar(&c.GraphURL, "graph-url", "", "root of Microsoft Graph in a custom cloud, https")
	flags.StringVar(&c.CAFile, "ca-file", "", "certificate authority to believe instead of the system's (PEM file)")
	flags.StringVar(&c.Organizer, "organizer", "", "mailbox on whose behalf bookings are made")
	flags.StringVar(&c.TestMailbox, "test-mailbox", "", "mailbox whose calendar is read as a test (default: the organizer)")
	flags.StringArrayVar(&c.Domains, "domain", nil, "domain that the tenant must have verified (repeatable)")
	flags.StringArrayVar(&c.People, "person", nil, "mailbox of a person whose calendar is mirrored (repeatable)")
	flags.StringVar(&c.Beside, "beside", "", "the connection to Exchange of the same organisation: both are opened as one")
	_ = command.RegisterFlagCompletionFunc("beside", a.completeConnections)
	flags.StringVar(&c.Role, "role", "", "how far whoever uses it may go: viewer, booker or administrator (default administrator)")
	flags.StringVar(&c.Access, "access", "", "use no more than this of what the tenant allows: full, restricted, read-only or free-busy (default full)")
	flags.StringVar(&c.Keystore, "keystore", "", "where the credential is kept: keyring, age, systemd, env or memory (default keyring)")
	flags.StringVar(&c.AgeIdentity, "age-identity", "", "identity file that opens the encrypted file of --keystore age, in place of a passphrase")
	f.certificate.register(flags)
	f.person.register(flags)
	for flag, values := range map[string][]string{"cloud": keystore.Clouds(), "role": wordsOf(providers.Roles()), "access": wordsOf(providers.Levels()), "keystore": {"keyring", "age", "systemd", "env", "memory"}} {
		_ = command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	connect.AddCommand(command, a.connectExchangeCommand())
	return connect
}

// testObject is one test of a connection in JSON.
type testObject struct {
	Test   string              `json:"test"`
	Result string              `json:"result"` // "passed", "skipped" or "noted"
	Detail providers.Untrusted `json:"detail"`
}

// connectObject is the result of connect in JSON.
type connectObject struct {
	connectionObject
	TenantID    string              `json:"tenant_id"`
	TenantName  providers.Untrusted `json:"tenant_name"`
	AppName     providers.Untrusted `json:"app_name"`
	Verified    []string            `json:"verified_domains"`
	Permissions []string            `json:"permissions"`
	Tests       []testObject        `json:"tests"`
	Stored      bool                `json:"stored"`
}

func (a *app) connectGraph(ctx context.Context, f *connectFlags) error {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := a.mayConnect(config); err != nil {
		return err
	}
	if err := a.completeConnection(f); err != nil {
		return err
	}
	connection := f.connection
	if err := config.CheckNew(connection); err != nil {
		return connectUsage(err)
	}
	if f.person.given() {
		return a.connectPerson(ctx, config, f)
	}
	secrets, err := a.secrets(connection)
	if err != nil {
		return err
	}
	secret, credential, err := a.newCredential(ctx, f, &connection, secrets)
	if err != nil {
		return err
	}
	defer secret.Wipe()
	// Before the tenant is asked: a store that cannot keep the secret is found now.
	if err := keystore.Probe(ctx, secrets); err != nil {
		return err
	}
	result, err := a.testConnection(ctx, &connection, credential)
	if err != nil {
		why := explain(err)
		why.message += " (nothing was stored)"
		if f.certificate.made != "" {
			why.message = strings.TrimSuffix(why.message, "(nothing was stored)") + "(the connection was not stored; the key is kept for another try)"
		}
		return why
	}
	if err := a.keep(ctx, config, connection, secrets, secret); err != nil {
		return err
	}
	return a.reportConnected(connection, result)
}

// reportConnected tells what was stored.
func (a *app) reportConnected(connection keystore.Connection, result connectObject) error {
	result.connectionObject = describeConnection(connection, a.deps.Now())
	result.Credential = "present"
	result.Stored = true
	if a.out.format == formatJSON {
		return a.out.json(result)
	}
	a.out.say("Connected %s. See the rooms with roomdesk rooms, or open the console with roomdesk.", connection.Name)
	return nil
}

// completeConnection fills in what follows from other flags, and refuses what
// does not exist yet.
func (a *app) completeConnection(f *connectFlags) error {
	if err := f.person.check(f.secretStdin || f.expires != "" || f.certificate.given()); err != nil {
		return err
	}
	if err := f.certificate.check(f.secretStdin, f.expires != ""); err != nil {
		return err
	}
	c := &f.connection
	c.Tenant, c.ClientID = strings.ToLower(strings.TrimSpace(c.Tenant)), strings.ToLower(strings.TrimSpace(c.ClientID))
	if err := checkTyped(*c); err != nil {
		return err
	}
	if c.Keystore == "simulated" {
		return usage("use the config.toml that roomdesk tenant writes", `keystore "simulated" is not for connect`)
	}
	if c.CAFile != "" {
		path, err := filepath.Abs(c.CAFile)
		if err != nil {
			return usage("check the path", "CA file: %v", err)
		}
		c.CAFile = path
	}
	if c.AgeIdentity != "" {
		path, err := filepath.Abs(c.AgeIdentity)
		if err != nil {
			return usage("check the path", "age identity: %v", err)
		}
		c.AgeIdentity = path
	}
	if f.expires != "" {
		day, err := parseDay(f.expires)
		if err != nil {
			return err
		}
		c.SecretExpires = day
	}
	for flag, address := range map[string]*string{"--organizer": &c.Organizer, "--test-mailbox": &c.TestMailbox} {
		if *address == "" {
			continue
		}
		parsed, ok := providers.ParseAddress(*address)
		if !ok {
			return usage("write it as name@domain", "%s %q is no mailbox address", flag, providers.Sanitise(*address))
		}
		*address = string(parsed)
	}
	return nil
}

// parseDay reads the value of --secret-expires.
func parseDay(text string) (*toml.LocalDate, error) {
	var day toml.LocalDate
	if err := day.UnmarshalText([]byte(text)); err != nil {
		return nil, usage("write the day as 2027-05-31", "--secret-expires %q is no day", text)
	}
	return &day, nil
}

// connectUsage names the flag instead of the configuration's key.
func connectUsage(err error) error {
	var field *keystore.FieldError
	if !errors.As(err, &field) {
		return err
	}
	flag := "--" + strings.ReplaceAll(field.Field, "_", "-")
	flag = strings.NewReplacer("--domains", "--domain", "--people", "--person").Replace(flag)
	return &failure{code: exitUsage, class: "usage", message: flag + " " + field.Problem, next: field.Remedy, err: err}
}

// testConnection tries what the console needs. It replaces a domain by the
// tenant's id, so that the mirror is bound to the tenant that answered.
func (a *app) testConnection(ctx context.Context, c *keystore.Connection, credential graph.Credential) (connectObject, error) {
	provider, err := a.newProvider(*c, only(credential))
	if err != nil {
		return connectObject{}, asUsage(err)
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	return a.testProvider(ctx, c, provider)
}

// tested is what a connection is tried with.
type tested interface {
	Identify(ctx context.Context) (providers.Identity, error)
	Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
}

// testProvider is the same with a provider that is at hand.
func (a *app) testProvider(ctx context.Context, c *keystore.Connection, provider tested) (connectObject, error) {
	result := connectObject{Tests: []testObject{}}
	passed := func(test, format string, args ...any) {
		detail := fmt.Sprintf(format, args...)
		result.Tests = append(result.Tests, testObject{test, "passed", providers.Outside(detail)})
		a.out.say("✓ %-9s %s", test, providers.Sanitise(detail))
	}
	identity, err := provider.Identify(ctx)
	if err != nil {
		return result, err
	}
	result.TenantID, result.TenantName, result.AppName = identity.TenantID, identity.TenantName, identity.AppName
	result.Verified, result.Permissions = append([]string{}, identity.Domains...), append([]string{}, identity.Permissions...)
	if err := checkIdentity(*c, identity); err != nil {
		return result, err
	}
	passed("sign-in", "tenant %s (%s), application %s", identity.TenantName.Or("without a name"), identity.TenantID, identity.AppName.Or(identity.AppID))
	c.Tenant, c.Permissions = identity.TenantID, identity.Permissions

	count := 0
	_, err = provider.Rooms(ctx, func(page []providers.Room) error {
		count += len(page)
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return result, err
	}
	passed("rooms", "%s", plural(count, "room", "on the first page"))

	mailbox := c.TestMailbox
	if mailbox == "" {
		mailbox = c.Organizer
	}
	address, given := providers.ParseAddress(mailbox)
	if !given {
		result.Tests = append(result.Tests, testObject{"calendar", "skipped", providers.Outside("no --test-mailbox and no --organizer")})
		a.out.say("- %-9s skipped: give --test-mailbox or --organizer to read a calendar as a test", "calendar")
		return result, nil
	}
	calendars, err := provider.Calendars(ctx, address)
	if err != nil {
		return result, err
	}
	passed("calendar", "%s of %s", plural(len(calendars), "calendar", ""), address)
	return result, nil
}

// errEnough ends a listing of which the beginning was wanted.
var errEnough = errors.New("enough was read")

// checkIdentity compares who answered with what was asked for.
func checkIdentity(c keystore.Connection, identity providers.Identity) error {
	if keystore.LooksLikeGUID(c.Tenant) && !strings.EqualFold(c.Tenant, identity.TenantID) {
		return &failure{code: exitSignIn, class: string(providers.SignedOut), next: "check --tenant",
			message: fmt.Sprintf("tenant %s answered instead of %s", identity.TenantID, c.Tenant)}
	}
	if strings.EqualFold(c.ClientID, identity.TenantID) {
		return &failure{code: exitUsage, class: "usage", message: "--client-id is the tenant's id",
			next: "copy the Application (client) ID, which stands above it in the app registration's overview"}
	}
	if len(identity.Domains) == 0 {
		return nil // not allowed to read them: nothing can be said
	}
	has := func(domain string) bool {
		for _, verified := range identity.Domains {
			if strings.EqualFold(verified, domain) {
				return true
			}
		}
		return false
	}
	verified := providers.Sanitise(strings.Join(identity.Domains, ", "))
	wanted := append([]string{}, c.Domains...)
	for _, mailbox := range []string{c.Organizer, c.TestMailbox} {
		if address, ok := providers.ParseAddress(mailbox); ok {
			wanted = append(wanted, address.Domain())
		}
	}
	for _, domain := range wanted {
		if !has(domain) {
			return &failure{code: exitUsage, class: "usage", next: "check the domain, or connect the tenant that it belongs to",
				message: fmt.Sprintf("domain %s is not one of the tenant's verified domains (%s)", providers.Sanitise(domain), verified)}
		}
	}
	return nil
}

// keep stores the secret and then the connection; where the second fails, the
// first is taken back.
func (a *app) keep(ctx context.Context, config *keystore.Config, c keystore.Connection, secrets keystore.Store, secret keystore.Secret) error {
	if err := config.Add(c); err != nil {
		return err
	}
	backend := secrets.Describe()
	if !backend.ReadOnly {
		if err := secrets.Set(ctx, c.SecretKey(), secret); err != nil {
			return err
		}
	}
	err := config.Save()
	if err == nil {
		a.usedPending(c)
		a.noteMade(c)
	}
	if err != nil {
		if !backend.ReadOnly {
			if undo := secrets.Delete(context.WithoutCancel(ctx), c.SecretKey()); undo != nil {
				a.out.say("roomdesk: the secret that was stored could not be removed again: %s", explain(undo).sentence())
			}
		}
		return err
	}
	if a.drawing.Load() {
		return nil // the console has the terminal, and says it itself
	}
	switch backend.Name {
	case "env":
		a.out.say("The credential is not stored: keep it in %s.", keystore.EnvName(c.Name))
	case "systemd":
		a.out.say("The credential is not stored: systemd hands it over as %s.", keystore.CredentialName(c.Name))
	case "memory":
		a.out.say("The credential is not stored: it is forgotten when this command ends. Use --keystore keyring to keep it.")
	}
	return nil
}

// asUsage turns a refusal of settings, made before any request, into a fault of
// usage.
func asUsage(err error) error {
	var e *providers.Error
	if errors.As(err, &e) && e.Class == providers.Permanent && e.Status == 0 {
		return &failure{code: exitUsage, class: "usage", message: e.Message.Or(e.Error()), next: e.Advice, err: err}
	}
	return err
}

// plural is "1 room" or "3 rooms", with what follows.
func plural(n int, noun, rest string) string {
	s := fmt.Sprintf("%d %s", n, noun)
	if n != 1 {
		s += "s"
	}
	if rest != "" {
		s += " " + rest
	}
	return s
}
