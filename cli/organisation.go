package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"roomdesk/boundary"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/hybrid"
	"roomdesk/tui"
)

// part is one connection of an opened organisation.
type part struct {
	connection keystore.Connection
	provider   boundary.Provider
	used       usedCredential // with which was signed in last
}

// member is a connection that is to be opened, and what it signs in with.
type member struct {
	connection keystore.Connection
	source     credentials
}

// parts are the connections of the session, the first one first: one, or the two of an
// organisation.
func (s *session) parts() []part { return s.members }

// part finds the session's connection to a provider: "graph" or "ews".
func (s *session) part(provider string) (part, bool) {
	for _, p := range s.members {
		if p.connection.Provider == provider {
			return p, true
		}
	}
	return part{}, false
}

// organisation are the connections that are opened together with one.
func (a *app) organisation(config *keystore.Config, c keystore.Connection) []keystore.Connection {
	if all := config.Organisation(c.Name); len(all) > 0 {
		return all
	}
	return []keystore.Connection{c}
}

// openConfigured opens the organisation of a connection. One whose credential cannot be
// reached opens all the same, and says so where it is needed.
func (a *app) openConfigured(ctx context.Context, config *keystore.Config, c keystore.Connection) (*session, error) {
	var members []member
	var unreached []error
	for _, one := range a.organisation(config, c) {
		source := credentials(nil)
		secrets, err := a.secrets(one)
		if err != nil {
			unreached = append(unreached, err)
			source = func(context.Context) ([]graph.Credential, error) { return nil, unread(err) }
		} else {
			source = a.held(one, secrets)
		}
		members = append(members, member{one, source})
	}
	if len(unreached) == len(members) {
		return nil, unreached[0]
	}
	return a.openMembers(ctx, a.mirrorPath(members[0].connection), members...)
}

// compose makes the provider of an organisation; the last but one result is nil where it
// has one connection.
func (a *app) compose(members []member, homes hybrid.Homes) (boundary.Provider, []part, *hybrid.Organisation, error) {
	var parts []part
	var failed []error
	for _, m := range members {
		provider, used, err := a.openProvider(m.connection, m.source)
		if err != nil {
			failed = append(failed, err)
			break
		}
		parts = append(parts, part{m.connection, provider, used})
	}
	if len(failed) > 0 {
		for _, p := range parts {
			failed = append(failed, p.provider.Close())
		}
		return nil, nil, nil, errors.Join(failed...)
	}
	if len(parts) == 1 {
		return parts[0].provider, parts, nil, nil
	}
	whole := hybrid.New(hybrid.Options{First: a.asPart(parts[0]), Second: a.asPart(parts[1]), TenantID: tenantOf(parts[0].connection), Homes: homes, Now: a.deps.Now})
	return whole, parts, whole, nil
}

// asPart is a connection as a part of an organisation.
func (a *app) asPart(p part) hybrid.Part {
	out := hybrid.Part{Provider: p.provider, Name: p.connection.Provider, Where: homeWhere(p.connection.Provider), Cursor: graph.OwnCursor, Details: true,
		Level: func() providers.AccessLevel { return providers.AccessLevel(a.asConfigured(p.connection).Access) }}
	if p.connection.Exchange() {
		out.Cursor, out.Details = ews.OwnCursor, false
	}
	return out
}

// tenantOf is the id to which the mirror of a connection is bound; "" before it is
// known.
func tenantOf(c keystore.Connection) string {
	if keystore.LooksLikeGUID(c.Tenant) {
		return strings.ToLower(c.Tenant)
	}
	return ""
}

// homeWhere is where a provider's mailboxes are, in a sentence.
func homeWhere(provider string) string {
	if provider == keystore.ExchangeProvider {
		return "on premises"
	}
	return "in the cloud"
}

// limitsOfAll are the least of the roles of an organisation's connections. The level of
// access that was chosen for one of two holds for its own mailboxes: each part keeps it.
func (a *app) limitsOfAll(connections []keystore.Connection) boundary.Limits {
	limits := limitsOf(a.asConfigured(connections[0]))
	for _, c := range connections[1:] {
		limits.Level = ""
		if role := roleOf(a.asConfigured(c)); lesser(role, limits.Role) {
			limits.Role = role
		}
	}
	return limits
}

// connections are those of the session's parts.
func (s *session) connections() []keystore.Connection {
	out := make([]keystore.Connection, len(s.members))
	for i, p := range s.members {
		out[i] = p.connection
	}
	return out
}

// limitsNow are the session's limits as they are configured now.
func (s *session) limitsNow() boundary.Limits { return s.app.limitsOfAll(s.connections()) }

func lesser(a, b providers.Role) bool {
	for _, r := range providers.Roles() { // the least first
		if r == a || r == b {
			return r == a && a != b
		}
	}
	return false
}

// atHome gives each room the provider of its home as it is known now: it may have been
// learnt after the list was read.
func (s *session) atHome(rooms []providers.Room) []providers.Room {
	if len(s.members) < 2 {
		return rooms
	}
	homes := s.homes.all()
	for i := range rooms {
		if home, ok := homes[rooms[i].Mailbox]; ok {
			rooms[i].Provider = home.Provider
		}
	}
	return rooms
}

// providerNames are the providers of a session as people read them: "Graph", "Graph +
// Exchange".
func (s *session) providerNames() string {
	names := make([]string, len(s.members))
	for i, p := range s.members {
		names[i] = p.connection.ProviderName()
	}
	return strings.Join(names, " + ")
}

// firstExpiry is the end of that of the session's credentials that ends first, as it is
// configured now; zero: no end is known.
func (s *session) firstExpiry() tui.CredentialEnd {
	var first tui.CredentialEnd
	for _, p := range s.members {
		c := s.app.asConfigured(p.connection)
		if ends := c.Expires(); !ends.IsZero() && (first.Ends.IsZero() || ends.Before(first.Ends)) {
			first = tui.CredentialEnd{Connection: c.Name, What: credentialWord(c), Ends: ends}
		}
	}
	return first
}

// grouped are all connections, those of one organisation below each other.
func grouped(config *keystore.Config) []keystore.Connection {
	var out []keystore.Connection
	for _, c := range config.Connections {
		if !slices.ContainsFunc(out, func(have keystore.Connection) bool { return have.Name == c.Name }) {
			out = append(out, config.Organisation(c.Name)...)
		}
	}
	return out
}
