package cli

import (
	"roomdesk/keystore"
	"roomdesk/migration"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/tui"
)

// engine moves mailboxes between the two connections of an organisation.
type engine interface {
	tui.Mover
	Close() error
}

// moverOf makes what moves the mailboxes of a session from Exchange to Graph; nil where
// it has one connection. told learns of each step.
func moverOf(s *session, told func(tui.Changes)) engine {
	from, old := s.part(keystore.ExchangeProvider)
	to, fresh := s.part("graph")
	if !old || !fresh {
		return nil
	}
	o := migration.Options{
		Store:   s.store,
		From:    migration.Side{Connection: from.connection.Name, Provider: from.connection.Provider, Source: from.provider},
		To:      migration.Side{Connection: to.connection.Name, Provider: to.connection.Provider, Source: to.provider},
		Refuses: func() string { return s.whyNotMigrateNow() },
		Moved: func(home providers.Home) {
			s.homes.forget()
			told(tui.Changes{Rooms: true, Mailboxes: []providers.Address{home.Mailbox}})
		},
		Changed: func(mailboxes ...providers.Address) { told(tui.Changes{Mailboxes: mailboxes}) },
		Told:    func(providers.Migration) { told(tui.Changes{Migration: true}) },
		Now:     s.app.deps.Now, Logger: s.app.log,
	}
	if online(from.connection) {
		o.Ends = ews.EndOfOnline()
	}
	return migration.New(o)
}

// whyNotMigrateNow says why an organisation with two connections moves nothing now.
func (s *session) whyNotMigrateNow() string {
	for _, p := range s.parts() {
		if s.app.asConfigured(p.connection).Disconnected != nil {
			return "connection " + p.connection.Name + " is disconnected"
		}
	}
	return ""
}
