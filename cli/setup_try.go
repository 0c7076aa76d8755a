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
func (d *setupDesk) TestSetup(ctx context.Context, s providers.Setup, secret providers.Hidden, report func(providers.Rung)) (providers.SetupAnswer, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	d.mu.Lock()
	person := d.person
	d.tested = nil
	d.mu.Unlock()
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
	answer := providers.SetupAnswer{Diagnosis: doctor.Run(ctx, options)}
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
			err = &keystore.Error{Kind: keystore.ErrDamaged, Detail: f.message, Remedy: f.next, Err: err}
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
			if other.Tenant == identity.TenantID && len(other.Permissions) > 0 {
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

// testPerson tries what the console needs with the account that signed in.
func (d *setupDesk) testPerson(ctx context.Context, s providers.Setup, asked keystore.Connection, person *personSignIn, report func(providers.Rung)) (providers.SetupAnswer, error) {
	answer := providers.SetupAnswer{Account: providers.Sanitise(person.who.Address)}
	answer.Diagnosis = providers.Diagnosis{Connection: asked.Name, Started: d.app.deps.Now()}
	failed := false
	rung := func(name string, try func() (string, error)) {
		r := providers.Rung{Name: name, State: providers.RungNotRun, Seen: "something before it failed"}
		if !failed && ctx.Err() == nil {
			began := d.app.deps.Now()
			seen, err := try()
			r = providers.Rung{Name: name, State: providers.RungPassed, Seen: providers.Sanitise(seen), Took: d.app.deps.Now().Sub(began)}
			if err != nil {
				failed, r.State, r.Seen = true, providers.RungFailed, ""
				r.Trouble = troubleOf(err)
			}
		}
		answer.Diagnosis.Rungs = append(answer.Diagnosis.Rungs, r)
		report(r)
	}
	c := person.connection
	c.Name, c.Domains, c.TestMailbox = asked.Name, asked.Domains, asked.TestMailbox
	if asked.Organizer != "" {
		c.Organizer = asked.Organizer
	}
	var identity providers.Identity
	rung("sign-in", func() (string, error) { return providers.Sanitise(person.who.Address) + " signed in", nil })
	rung("graph", func() (string, error) {
		var err error
		identity, err = person.provider.Identify(ctx)
		return identity.TenantName.Or("the tenant") + " answers", err
	})
	rung("rooms", func() (string, error) {
		_, err := person.provider.Rooms(ctx, func(page []providers.Room) error {
			answer.Rooms += len(page)
			return errEnough
		})
		if errors.Is(err, errEnough) {
			err = nil
		}
		return plural(answer.Rooms, "room", "on the first page"), err
	})
	mailbox := c.TestMailbox
	if mailbox == "" {
		mailbox = c.Organizer
	}
	if address, ok := providers.ParseAddress(mailbox); ok {
		rung("calendar", func() (string, error) {
			calendars, err := person.provider.Calendars(ctx, address)
			return plural(len(calendars), "calendar", "of "+mailbox), err
		})
	}
	answer.Diagnosis.Took = d.app.deps.Now().Sub(answer.Diagnosis.Started)
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	if identity.TenantID != "" {
		d.answered(&answer, s, setupTested{asked: asked, connection: c}, identity)
	}
	return answer, nil
}

// troubleOf is a failure as a rung shows it.
func troubleOf(err error) *providers.Trouble {
	f := explain(err)
	t := &providers.Trouble{Doc: "unknown", Class: providers.Class(f.class), What: providers.Sanitise(f.message), Change: f.next, Code: f.svcCode, RequestID: f.requestID}
	var known *providers.Error
	if errors.As(err, &known) {
		t.Class, t.Status, t.Raw = known.Class, known.Status, known.Message
	}
	return t
}
