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
}

func (a *app) demoCommand() *cobra.Command {
	var f demoFlags
	command := &cobra.Command{
		Use:   "demo",
		Short: "Open the console over a simulated tenant",
		Long:  "Starts a simulated tenant inside this process, connects to it and opens the console. Everything is thrown away at the end.",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
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
	return command
}

// demo runs the console over a fresh simulated tenant. Its files are in a
// private temporary directory, which is removed at the end.
func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	o := simulator.Options{Rooms: f.rooms, People: f.people, Seed: f.seed, Life: f.life}
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
	s, err := a.demoSession(ctx, tenant, dir)
	if err != nil {
		return err
	}
	return s.close(s.runConsole(ctx, true))
}

// demoSession connects to a simulated tenant with its throw-away credential,
// which stays in memory.
func (a *app) demoSession(ctx context.Context, tenant *simulator.Tenant, dir string) (*session, error) {
	e := tenant.Endpoints()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, e.CAPEM, 0o600); err != nil {
		return nil, failed("make room, or set TMPDIR", "%v", err)
	}
	connection := keystore.Connection{
		Name: "demo", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, Cloud: "custom",
		AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL, CAFile: ca, Organizer: e.Organizer, TestMailbox: e.TestMailbox,
		Domains: []string{e.Domain}, Keystore: "memory",
	}
	for _, person := range tenant.People() {
		connection.People = append(connection.People, person.Mailbox)
	}
	if err := a.memory.Set(ctx, connection.SecretKey(), keystore.NewSecret(e.ClientSecret)); err != nil {
		return nil, err
	}
	return a.openSession(ctx, connection, filepath.Join(dir, "mirror.db"), stored(connection, a.memory))
}
