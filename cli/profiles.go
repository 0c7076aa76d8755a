package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

// profileObject is a mailbox whose calendar is kept here, in JSON.
type profileObject struct {
	Mailbox          providers.Address   `json:"mailbox"`
	Name             providers.Untrusted `json:"name"`
	Kind             string              `json:"kind"` // "room" or "person"
	ProviderName     string              `json:"provider_name"`
	ProviderProtocol string              `json:"provider_protocol"`
	ServiceAccount   string              `json:"service_account_provider_name"`
	Since            *string             `json:"since"`
	Migration        string              `json:"migration"` // its state there; "" where it is in none
	Migrate          string              `json:"migrate"`   // what moves it off Exchange
}

func (a *app) profilesCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "profiles [QUERY]",
		Short: "The mailboxes that are kept here, with provider and protocol",
		Long: "Rooms, and people who were opted in with --person. The query has words of names and addresses, room, person,\n" +
			"protocol:ews for what is left on Exchange, protocol:graph, state:moved.",
		Example: "roomdesk profiles protocol:ews",
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.listProfiles(ctx, s, strings.Join(args, " ")) })
		}),
	}
	command.AddCommand(&cobra.Command{
		Use:   "authorise M...",
		Short: "Authorise mailboxes again: they move to the provider that is in force",
		Long: "While the feature graph is on they move from Exchange to Graph, while it is off back, each in one step, with bookings and\n" +
			"calendar as they are. What both sides differ in is compared first: see roomdesk migrate plan.",
		Example: "roomdesk profiles authorise aalto@contoso.com", Args: cobra.MinimumNArgs(1),
		RunE: a.migrateRun(func(ctx context.Context, w *mover, args []string) error { return a.authorise(ctx, w, args) }),
	})
	return command
}

// profiles lists what is kept here, from the mirror; nobody is asked.
func (s *session) profiles(ctx context.Context) ([]providers.Profile, error) {
	rooms, err := s.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	people, err := s.store.People(ctx)
	if err != nil {
		return nil, err
	}
	homes, err := s.store.Homes(ctx)
	if err != nil {
		return nil, err
	}
	states := map[providers.Address]providers.MailboxMove{}
	if w := s.newMover(nil); w != nil {
		m, _, err := w.Mover.Migration(ctx) // without one nothing is in any state
		if err = errors.Join(err, w.end()); err != nil {
			return nil, err
		}
		for _, b := range m.Mailboxes {
			states[b.Mailbox] = b
		}
	}
	two := len(s.parts()) > 1
	of := func(mailbox providers.Address, name providers.Untrusted, room bool, provider string) providers.Profile {
		home, known := homes[mailbox]
		switch {
		case known:
			provider = home.Provider
		case !two:
			provider = s.connection.Provider
		}
		p := providers.ProfileOf(provider)
		p.Mailbox, p.Name, p.Room, p.Since = mailbox, name, room, home.Since
		if b, moves := states[mailbox]; moves {
			p.State = b.State
		}
		if p.Protocol == providers.ProtocolExchange {
			switch {
			case !two:
				p.Migrate = s.whyNotMigrate()
			case p.State == providers.MoveBlocked:
				p.Migrate = "it stays: " + providers.Sanitise(states[mailbox].Why)
			default:
				p.Migrate = "roomdesk profiles authorise " + string(mailbox)
			}
		}
		return p
	}
	out := make([]providers.Profile, 0, len(rooms))
	for _, r := range rooms {
		out = append(out, of(r.Mailbox, r.Name, true, r.Provider))
	}
	names := map[providers.Address]providers.Untrusted{}
	for _, p := range people {
		names[p.Mailbox] = p.Name
	}
	for _, part := range s.parts() {
		for _, text := range s.app.asConfigured(part.connection).People {
			mailbox, ok := providers.ParseAddress(text)
			if !ok || slices.ContainsFunc(out, func(p providers.Profile) bool { return p.Mailbox == mailbox }) {
				continue
			}
			out = append(out, of(mailbox, names[mailbox], false, part.connection.Provider))
		}
	}
	slices.SortFunc(out, func(a, b providers.Profile) int { return strings.Compare(string(a.Mailbox), string(b.Mailbox)) })
	return out, nil
}

func (a *app) listProfiles(ctx context.Context, s *session, query string) error {
	all, err := s.profiles(ctx)
	if err != nil {
		return err
	}
	objects, rows := []profileObject{}, [][]string{}
	for _, p := range all {
		if !p.Matches(query) {
			continue
		}
		objects = append(objects, profileObject{p.Mailbox, p.Name, kindOf(p.Room), p.ProviderName, p.Protocol, p.Account, a.out.stamp(p.Since), string(p.State), p.Migrate})
		rows = append(rows, []string{p.Name.Or(p.Mailbox.Local()), kindOf(p.Room), p.Protocol, p.ProviderName, string(p.State), string(p.Mailbox), p.Migrate})
	}
	if a.out.format == formatJSON {
		return a.out.json(objects)
	}
	return a.out.table([]column{{title: "NAME"}, {title: "KIND", keep: true}, {title: "PROTOCOL", keep: true}, {title: "PROVIDER", keep: true}, {title: "MIGRATION", keep: true},
		{title: "MAILBOX", keep: true}, {title: "MIGRATE"}}, rows, fmt.Sprintf("None of %d fits.", len(all)))
}

// authorise moves mailboxes to the provider that is in force.
func (a *app) authorise(ctx context.Context, w *mover, args []string) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	m, have, err := w.Migration(ctx)
	if err != nil {
		return err
	}
	if !have {
		return failed("compare both sides first: roomdesk migrate plan", "nothing was compared yet")
	}
	wanted := "ews"
	if a.graphOn(config) {
		wanted = "graph"
	}
	f := migrateFlags{yes: true}
	var names []string
	for _, text := range args {
		mailbox, err := movedMailbox(m, text)
		if err != nil {
			return err
		}
		b := chosen(m, providers.MigrationChoice{Mailboxes: []providers.Address{mailbox}})[0]
		if b.Home == wanted {
			a.out.say("%s is on %s already.", mailbox, protocolOf(wanted))
			continue
		}
		names = append(names, string(mailbox))
	}
	switch {
	case len(names) == 0:
		return a.printMigration(m)
	case wanted == m.ToProvider:
		return a.migrateMove(ctx, w, names, f)
	}
	return a.migrateReturn(ctx, w, names, f)
}
