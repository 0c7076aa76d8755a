package cli

import (
	"context"
	"errors"
	"slices"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// TestSetup implements [tui.SetupDesk]: the doctor's ladder over a connection that is
// not kept yet.
func (d *setupDesk) TestSetup(ctx context.Context, s providers.Setup, secret providers.Hidden, report func(providers.Rung)) (answer providers.SetupAnswer, err error) {
	defer inWords(&err)
	ctx = providers.WithPriority(ctx, providers.Interactive)
	d.mu.Lock()
	person := d.person
	d.tested = nil
	d.mu.Unlock()
	if err := d.unlock(s); err != nil {
		return providers.SetupAnswer{}, err
	}
	if s.Exchange() {
		return d.testExchange(ctx, s, secret, report)
	}
	asked := d.connection(s)
	if s.Individual() {
		if person == nil {
			return providers.SetupAnswer{}, usage("sign in first", "nobody has signed in")
		}
		return d.testPerson(ctx, s, asked, person, report)
	}
	c := asked
	options := doctor.Options{Connection: c, Now: d.app.deps.Now, Report: report, Wait: d.wait}
	if address, ok := providers.ParseAddress(s.Get(providers.SetupOutside)); ok {
		options.Outside = address
	}
	stored, unreadable := d.take(ctx, s, secret, &c)
	defer stored.Wipe()
	options.Connection = c
	options.Secret = func(context.Context) (keystore.Secret, error) {
		return keystore.NewSecret(stored.Reveal()), unreadable
	}
	provider, setUp := d.app.newProvider(c, func(context.Context) ([]graph.Credential, error) {
		if unreadable != nil {
			return nil, unread(unreadable)
		}
		credential, err := credentialOf(c, stored)
		return []graph.Credential{credential}, unread(err)
	})
	if setUp != nil {
		options.SetUp = asUsage(setUp)
		return providers.SetupAnswer{Diagnosis: doctor.Run(ctx, options)}, ctx.Err()
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	options.Prober = provider.Probe()
	answer = providers.SetupAnswer{Diagnosis: doctor.Run(ctx, options)}
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	if rung, _ := answer.Diagnosis.Rung("graph"); rung.State == providers.RungPassed || rung.Trouble != nil && rung.Trouble.Partly {
		identity, err := provider.Identify(ctx)
		if err != nil {
			return answer, err
		}
		d.answered(&answer, s, setupTested{asked, c, keystore.NewSecret(stored.Reveal())}, identity)
	}
	return answer, nil
}

// take gets the credential, once it is sure that its store can keep it.
func (d *setupDesk) take(ctx context.Context, s providers.Setup, secret providers.Hidden, c *keystore.Connection) (keystore.Secret, error) {
	store, err := d.app.secrets(*c)
	if err != nil {
		return keystore.Secret{}, err
	}
	if err := keystore.Probe(ctx, store); err != nil {
		return keystore.Secret{}, err
	}
	stored, err := d.credential(ctx, s, secret, c, store)
	if err != nil {
		var known *keystore.Error
		if !errors.As(err, &known) {
			f := explain(err)
			err = &keystore.Error{Kind: errors.New(f.message), Remedy: f.next, Err: err}
		}
	}
	return stored, err
}

// answered notes who answered, and what was tested.
func (d *setupDesk) answered(answer *providers.SetupAnswer, s providers.Setup, tested setupTested, identity providers.Identity) {
	c := tested.connection
	answer.Known, answer.TenantID, answer.TenantName, answer.AppName, answer.AppID = true, identity.TenantID, identity.TenantName, identity.AppName, identity.AppID
	answer.Domains, answer.Permissions = slices.Clone(identity.Domains), slices.Clone(identity.Permissions)
	if err := checkIdentity(c, identity); err != nil && answer.Diagnosis.Cause() == nil {
		f := explain(err)
		answer.Diagnosis.Rungs = append(answer.Diagnosis.Rungs, providers.Rung{Name: "identity", State: providers.RungFailed,
			Trouble: &providers.Trouble{Doc: "domain", Class: providers.Permanent, What: providers.Sanitise(f.message), Change: f.next}})
	}
	if !s.Individual() {
		least := doctor.Least(s.Features)
		answer.Missing = providers.MissingPermissions(identity.Permissions, least)
		for _, have := range identity.Permissions {
			if len(providers.MissingPermissions([]string{have}, least)) == len(least) { // it holds none of them
				answer.Extra = append(answer.Extra, have)
			}
		}
	}
	if config, err := d.app.loadConfig(); err == nil {
		for _, other := range config.Connections {
			if other.Tenant == identity.TenantID && len(other.Permissions) > 0 && (other.AccountID != "") == s.Individual() {
				answer.Before = slices.Clone(other.Permissions)
			}
		}
	}
	if answer.Refused() != nil {
		return
	}
	c.Tenant, c.Permissions = identity.TenantID, identity.Permissions
	tested.connection = c
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tested = &tested
}

// testPerson climbs the same ladder with the account that signed in.
func (d *setupDesk) testPerson(ctx context.Context, s providers.Setup, asked keystore.Connection, person *personSignIn, report func(providers.Rung)) (providers.SetupAnswer, error) {
	if before := person.asked; before.Tenant != asked.Tenant || before.ClientID != asked.ClientID || before.CloudName() != asked.CloudName() ||
		before.AuthorityURL != asked.AuthorityURL || before.GraphURL != asked.GraphURL || before.CAFile != asked.CAFile || before.Access != asked.Access || before.KeystoreKind() != asked.KeystoreKind() {
		return providers.SetupAnswer{}, usage("sign in again", "something else was entered since somebody signed in")
	}
	answer := providers.SetupAnswer{Account: providers.Sanitise(person.who.Address)}
	c := person.connection
	c.Name, c.Domains, c.TestMailbox = asked.Name, asked.Domains, asked.TestMailbox
	if asked.Organizer != "" {
		c.Organizer = asked.Organizer
	}
	// The sign-in is in memory: there is no secret that could be read.
	answer.Diagnosis = doctor.Run(ctx, doctor.Options{Connection: c, Now: d.app.deps.Now, Wait: d.wait, Report: report, Prober: person.provider.Probe()})
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	if rung, _ := answer.Diagnosis.Rung("graph"); rung.State == providers.RungPassed || rung.Trouble != nil && rung.Trouble.Partly {
		identity, err := person.provider.Identify(ctx)
		if err != nil {
			return answer, err
		}
		d.answered(&answer, s, setupTested{asked: asked, connection: c}, identity)
	}
	return answer, nil
}
