package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
)

// The part of the set-up that makes a connection to an Exchange server.

// exchangeConnection is what was entered, as the configuration would have it.
func (d *setupDesk) exchangeConnection(s providers.Setup) keystore.Connection {
	c := keystore.Connection{Name: s.NameOr(), Provider: keystore.ExchangeProvider, Email: s.Get(providers.SetupEmail), Organizer: s.Get(providers.SetupOrganizer)}
	if email, ok := providers.ParseAddress(c.Email); ok {
		c.Email, c.Tenant = string(email), ews.OrganisationID(email.Domain())
	}
	if organizer, ok := providers.ParseAddress(c.Organizer); ok {
		c.Organizer = string(organizer)
	} else if c.Organizer == "" {
		c.Organizer = c.Email
	}
	c.TestMailbox = c.Email
	if at, err := ews.ServiceURL(s.ExchangeServer()); err == nil {
		c.Server = at.String()
	}
	if kind := s.Get(providers.SetupKeystore); kind != "keyring" {
		c.Keystore = kind
	}
	if file := s.Get(providers.SetupCAFile); file != "" {
		c.CAFile = file
		if path, err := filepath.Abs(expandHome(file)); err == nil {
			c.CAFile = path
		}
	}
	if s.OAuth() {
		c.Tenant, c.ClientID, c.AuthorityURL = strings.ToLower(s.Get(providers.SetupTenant)), strings.ToLower(s.Get(providers.SetupClientID)), s.Get(providers.SetupAuthority)
		c.Audience = s.Get(providers.SetupAudience)
		return c
	}
	c.User, c.Basic = s.Get(providers.SetupUser), s.Get(providers.SetupSignIn) == providers.SetupBasic
	return c
}

// exchangePassword gets what the account or the application signs in with.
func (d *setupDesk) exchangePassword(ctx context.Context, s providers.Setup, secret providers.Hidden, c keystore.Connection, store keystore.Store) (keystore.Secret, error) {
	switch {
	case store.Describe().ReadOnly:
		return store.Get(ctx, c.SecretKey())
	case secret.Len() == 0:
		return keystore.Secret{}, usage("go back and give it again", "the password is missing: it is never kept before the end")
	}
	if advice := s.Check(providers.SetupSecret, secret, nil, nil, d.app.deps.Now()); advice.Wrong {
		return keystore.Secret{}, usage("go back and give it again", "%s", advice.Text)
	}
	if s.OAuth() {
		return keystore.NewSecret(strings.TrimSpace(secret.Reveal())), nil
	}
	return keystore.NewSecret(secret.Reveal()), nil
}

// ExchangeCommands implements [tui.ExchangeDesk].
func (d *setupDesk) ExchangeCommands(s providers.Setup) []string {
	c := d.exchangeConnection(s)
	var mailboxes []providers.Address
	for _, text := range []string{c.Email, c.Organizer} {
		if address, ok := providers.ParseAddress(text); ok && (len(mailboxes) == 0 || mailboxes[0] != address) {
			mailboxes = append(mailboxes, address)
		}
	}
	var limit doctor.Limit
	if outside, ok := providers.ParseAddress(s.Get(providers.SetupOutside)); ok {
		limit.Checks = []doctor.LimitCheck{{Mailbox: outside}}
	}
	if s.OAuth() {
		return []string{"Get-AuthServer | fl Name,Enabled,IssuerIdentifier,TrustedAudience", "Get-PartnerApplication | fl Name,Enabled,ApplicationIdentifier", "Get-OrganizationConfig | fl Ews*"}
	}
	return doctor.ImpersonationCommands(c.Name, c.ActsAs(), limit, mailboxes)
}

// FindServer implements [tui.ExchangeDesk].
func (d *setupDesk) FindServer(ctx context.Context, s providers.Setup, secret providers.Hidden) (found providers.SetupServerFound, err error) {
	defer inWords(&err)
	c := d.exchangeConnection(s)
	found.Email = s.Get(providers.SetupEmail)
	email, ok := providers.ParseAddress(c.Email)
	if !ok {
		return found, usage("go back and write it", "the mailbox that the account acts for is missing")
	}
	if err := d.unlock(s); err != nil {
		return found, err
	}
	store, err := d.app.secrets(c)
	if err != nil {
		return found, err
	}
	password, err := d.exchangePassword(ctx, s, secret, c, store)
	if err != nil {
		return found, err
	}
	defer password.Wipe()
	config, done, err := d.app.discoveryConfig(c, only(graph.Credential{Secret: password.Reveal()}))
	if err != nil {
		return found, err
	}
	defer done() //nolint:errcheck // nothing is left of it
	search := d.app.wire.line(d.app.deps.Now)
	search.anywhere = true
	config.Dial = search.dial
	discovered, err := ews.Discover(ctx, config, email)
	for _, tried := range discovered.Tried {
		found.Tried = append(found.Tried, providers.Sanitise(fmt.Sprintf("%s at %s: %s", tried.Way, tried.URL, tried.Result)))
	}
	found.URL = discovered.URL
	switch {
	case ctx.Err() != nil:
		return found, ctx.Err()
	case err != nil && found.URL != "":
		found.Refused = explain(err).sentence()
	case err == nil:
		if at := providers.CheckExchangeServer(found.URL, s.OAuth(), d.app.deps.Now()); at.Wrong {
			found.Refused = at.Text
		}
	}
	return found, nil
}

// testExchange climbs the doctor's ladder over a connection to an Exchange server that is
// not kept yet.
func (d *setupDesk) testExchange(ctx context.Context, s providers.Setup, secret providers.Hidden, report func(providers.Rung)) (providers.SetupAnswer, error) {
	asked := d.exchangeConnection(s)
	c := asked
	options := doctor.Options{Connection: c, Now: d.app.deps.Now, Report: report, Wait: d.wait}
	if address, ok := providers.ParseAddress(s.Get(providers.SetupOutside)); ok {
		options.Outside = address
	}
	stored, unreadable := d.take(ctx, s, secret, &c)
	defer stored.Wipe()
	options.Secret = func(context.Context) (keystore.Secret, error) {
		return keystore.NewSecret(stored.Reveal()), unreadable
	}
	source := func(context.Context) ([]graph.Credential, error) {
		return []graph.Credential{{Secret: stored.Reveal()}}, unread(unreadable)
	}
	provider, setUp := d.app.exchangeProvider(c, source)
	if setUp != nil {
		options.SetUp = asUsage(setUp)
		return providers.SetupAnswer{Diagnosis: doctor.Run(ctx, options)}, ctx.Err()
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	// It reads only: nothing can be written through it.
	options.Server = readingServer{provider.Probe()}
	answer := providers.SetupAnswer{Diagnosis: doctor.Run(ctx, options)}
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	if rung, _ := answer.Diagnosis.Rung("calendar"); rung.State != providers.RungPassed {
		return answer, nil
	}
	identity, err := provider.Identify(ctx)
	if err != nil {
		return answer, err
	}
	answer.Known, answer.TenantID, answer.TenantName, answer.AppName, answer.AppID = true, identity.TenantID, identity.TenantName, identity.AppName, c.ActsAs()
	answer.Domains = identity.Domains
	answer.Level = identity.Capabilities.Access
	if answer.Refused() == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.tested = &setupTested{asked, c, keystore.NewSecret(stored.Reveal())}
	}
	return answer, nil
}

// readingServer is a prober that cannot write.
type readingServer struct{ doctor.ExchangeReader }

func (readingServer) Create(context.Context, providers.EventDraft) (providers.Event, error) {
	return providers.Event{}, errReadsOnly
}

func (readingServer) Change(context.Context, providers.Address, string, string, providers.EventChange) (providers.Event, error) {
	return providers.Event{}, errReadsOnly
}

func (readingServer) Cancel(context.Context, providers.Address, string, string) error {
	return errReadsOnly
}

var errReadsOnly = &providers.Error{Class: providers.NotAllowed, Op: "the set-up's test", Message: providers.Outside("it only reads")}
