package cli

import (
	"context"

	"roomdesk/audit"
	"roomdesk/boundary"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// asConfigured is a connection as the configuration has it now, so that what an
// administrator changes holds in running processes; as it was where that cannot be
// read, or where it is in none.
func (a *app) asConfigured(known keystore.Connection) keystore.Connection {
	config, err := a.loadConfig()
	if err != nil {
		return known
	}
	if now, ok := config.Find(known.Name); ok && now.Tenant == known.Tenant && now.ClientID == known.ClientID {
		return now
	}
	return known
}

// roleOf is the role that the configuration gives for a connection.
func roleOf(c keystore.Connection) providers.Role {
	if c.Role == "" {
		return providers.RoleAdministrator
	}
	return providers.Role(c.Role)
}

func limitsOf(c keystore.Connection) boundary.Limits {
	return boundary.Limits{Role: roleOf(c), Level: providers.AccessLevel(c.Access)}
}

// mayAdminister refuses what is an administrator's to do with a connection; the
// attempt is in the audit trail.
func (a *app) mayAdminister(c keystore.Connection, action string) error {
	role := roleOf(a.asConfigured(c))
	why := role.Refuses(providers.VerbAdminister)
	if why == "" {
		return nil
	}
	a.noteRecord(c, audit.Record{Action: action, Result: audit.Refused, Class: providers.NotAllowed})
	return &failure{code: exitSignIn, class: string(providers.NotAllowed), message: "connection " + c.Name + ": " + why,
		next: "ask an administrator, who can give another role: roomdesk role " + c.Name}
}

// mayConnect refuses another connection where connections are configured and none of
// them is this person's to administer.
func (a *app) mayConnect(config *keystore.Config) error {
	for _, c := range config.Connections {
		if roleOf(c).Refuses(providers.VerbAdminister) == "" {
			return nil
		}
	}
	if len(config.Connections) == 0 {
		return nil
	}
	return a.mayAdminister(config.Connections[0], "connect")
}

// withVerb is [app.with] for a command that does something which a role or a level
// may leave out: it is refused before anything is asked, and the attempt to write is
// in the audit trail.
func (a *app) withVerb(ctx context.Context, verb providers.Verb, work func(context.Context, *session) error) error {
	return a.with(ctx, func(ctx context.Context, s *session) error {
		if err := s.may(ctx, verb); err != nil {
			return err
		}
		return work(ctx, s)
	})
}

// wordsOf are words of the vocabulary as plain text.
func wordsOf[T ~string](words []T) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}

// unlessDry is the verb of a command that may only show what it would do: then it is
// one that everybody has.
func unlessDry(verb providers.Verb, dry bool) providers.Verb {
	if dry {
		return providers.VerbFreeBusy
	}
	return verb
}

// may refuses a verb that role or level leave out.
func (s *session) may(ctx context.Context, verb providers.Verb) error {
	if err := s.provider.Refuses(verb); err != nil {
		s.noteRefused(verb)
		return err
	}
	switch verb {
	case providers.VerbEvents, providers.VerbExport:
		return s.refuse(ctx, "not read", verb)
	}
	return nil
}

// noteRefused writes down that a write was tried which is not allowed.
func (s *session) noteRefused(verb providers.Verb) {
	switch verb {
	case providers.VerbBook, providers.VerbChange, providers.VerbCancel, providers.VerbRelocate:
		s.app.noteRecord(s.connection, audit.Record{Action: string(verb), Mailbox: s.organizer(), Result: audit.Refused, Class: providers.NotAllowed})
	}
}
