package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

const (
	defaultDemoRooms  = 40
	defaultDemoPeople = 60
)

type demoFlags struct {
	rooms, people int
	seed          int64
	life          float64
	exchange      string // "", "on_premises" or "hybrid"
}

func (a *app) demoCommand() *cobra.Command {
	var f demoFlags
	command := &cobra.Command{
		Use:   "demo",
		Short: "Open the console over a simulated tenant",
		Long: "Starts a simulated tenant inside this process, connects to it and opens the console. Everything is thrown away at the end.\n" +
			"--exchange is an organisation with Exchange on premises; --exchange hybrid has a part of its rooms and people there.",
		Args:      demoArgs,
		ValidArgs: []string{simulator.ExchangeOnPremises, simulator.ExchangeHybrid},
		RunE: a.run(func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				f.exchange = args[0]
			}
			if f.exchange != "" && f.exchange != simulator.ExchangeOnPremises && f.exchange != simulator.ExchangeHybrid {
				return usage("write --exchange for an organisation on premises, or --exchange hybrid", "--exchange %s is neither on_premises nor hybrid", providers.Sanitise(f.exchange))
			}
			if err := a.consoleFits(); err != nil {
				return err
			}
			return a.demo(ctx, f)
		}),
	}
	flags := command.Flags()
	flags.IntVar(&f.rooms, "rooms", defaultDemoRooms, "number of rooms")
	flags.IntVar(&f.people, "people", defaultDemoPeople, "number of people")
	flags.Int64Var(&f.seed, "seed", 0, "seed of the tenant's world")
	flags.Float64Var(&f.life, "life", 1, "how much happens by itself: meetings arrive, move and are cancelled (1: a believable day, 0: nothing)")
	flags.StringVar(&f.exchange, "exchange", "", "an organisation with Exchange: on_premises (every mailbox is there) or hybrid (some are)")
	flags.Lookup("exchange").NoOptDefVal = simulator.ExchangeOnPremises
	return command
}

// demoArgs lets the kind of organisation stand behind --exchange, with a space between.
func demoArgs(command *cobra.Command, args []string) error {
	if command.Flags().Changed("exchange") {
		return cobra.MaximumNArgs(1)(command, args)
	}
	return cobra.NoArgs(command, args)
}

// demo runs the console over a fresh simulated tenant. Its files are in a
// private temporary directory, which is removed at the end.
func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	o := simulator.Options{Rooms: f.rooms, People: f.people, Seed: f.seed, Life: f.life, Exchange: f.exchange}
	if f.exchange == simulator.ExchangeHybrid {
		o.OnPremisesRooms, o.OnPremisesPeople = max(1, f.rooms/3), max(1, f.people/4)
	}
	if err := checkSize(o); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tenant, err := simulator.Start(ctx, o)
	if err != nil {
		return failed("", "%s", providers.Sanitise(err.Error()))
	}
	defer func() { err = errors.Join(err, tenant.Close()) }()
	dir, err := os.MkdirTemp("", "roomdesk-demo-") // mode 0700
	if err != nil {
		return failed("make room, or set TMPDIR", "no temporary directory: %v", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := a.demoOrganisation(ctx, tenant, dir, f.exchange == simulator.ExchangeHybrid)
	if err != nil {
		return err
	}
	return s.close(s.runConsole(ctx, true))
}

// demoSession connects to the side of a simulated tenant that has its mailboxes.
func (a *app) demoSession(ctx context.Context, tenant *simulator.Tenant, dir string) (*session, error) {
	return a.demoOrganisation(ctx, tenant, dir, false)
}

// demoOrganisation connects to a simulated tenant with its throw-away credentials,
// which stay in memory: to the side that has its mailboxes, or to both.
func (a *app) demoOrganisation(ctx context.Context, tenant *simulator.Tenant, dir string, hybrid bool) (*session, error) {
	e := tenant.Endpoints()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, e.CAPEM, 0o600); err != nil {
		return nil, failed("make room, or set TMPDIR", "%v", err)
	}
	graph := keystore.Connection{
		Name: "demo", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, Cloud: "custom",
		AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL, CAFile: ca, Organizer: e.Organizer, TestMailbox: e.TestMailbox,
		Domains: []string{e.Domain}, Keystore: "memory",
	}
	exchange := keystore.Connection{
		Name: "demo", Provider: keystore.ExchangeProvider, Tenant: e.TenantID, Server: e.EWSURL, User: e.ExchangeLogin, Email: e.Organizer,
		CAFile: ca, Organizer: e.Organizer, TestMailbox: e.TestMailbox, Domains: []string{e.Domain}, Keystore: "memory",
	}
	people := tenant.People()
	for _, person := range people {
		graph.People = append(graph.People, person.Mailbox)
	}
	exchange.People = graph.People
	members := []member{{connection: graph}}
	switch settings, there := tenant.ExchangeSettings(); {
	case !there:
	case len(people) > 0 && hybrid:
		last := people[len(people)-1].Mailbox // those at the end are on premises
		exchange.Name, exchange.Beside, exchange.People = "demo-exchange", graph.Name, nil
		exchange.Email, exchange.Organizer, exchange.TestMailbox = last, last, last
		members = append(members, member{connection: exchange})
	case settings.OnPremises:
		members = []member{{connection: exchange}}
	}
	for i, m := range members {
		secret := e.ClientSecret
		if m.connection.Exchange() {
			secret = e.ExchangePassword
		}
		if err := a.memory.Set(ctx, m.connection.SecretKey(), keystore.NewSecret(secret)); err != nil {
			return nil, err
		}
		members[i].source = stored(m.connection, a.memory)
	}
	return a.openMembers(ctx, filepath.Join(dir, "mirror.db"), members...)
}
