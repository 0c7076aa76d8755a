package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// tenantFlags are the flags of tenant.
type tenantFlags struct {
	dir, faults, quota string
	options            simulator.Options
}

// maxFaultsFile is the longest file of faults that is read, in bytes.
const maxFaultsFile = 4 << 20

func (a *app) tenantCommand() *cobra.Command {
	f := &tenantFlags{}
	command := &cobra.Command{
		Use:   "tenant --dir DIR",
		Short: "Run a simulated tenant on this machine",
		Long: "Runs a simulated Microsoft 365 tenant over HTTPS on loopback until it is interrupted. DIR gets endpoints.json, ca.pem\n" +
			"and config.toml with a ready connection. One line of JSON is printed when the tenant answers.",
		Example: "roomdesk tenant --dir /tmp/tenant &\nroomdesk --config /tmp/tenant/config.toml rooms",
		Args:    cobra.NoArgs,
		RunE:    a.run(func(ctx context.Context, _ []string) error { return a.tenant(ctx, f) }),
	}
	flags, o := command.Flags(), &f.options
	flags.StringVar(&f.dir, "dir", "", "directory for endpoints.json, ca.pem and config.toml")
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "loopback address and port; port 0 takes a free one")
	flags.IntVar(&o.Rooms, "rooms", 40, "number of rooms")
	flags.IntVar(&o.People, "people", 25, "number of people")
	flags.IntVar(&o.EventsPerMailbox, "events-per-mailbox", 0, "meetings in each mailbox (0: a believable week)")
	flags.Int64Var(&o.Seed, "seed", 0, "seed of the tenant's world")
	flags.DurationVar(&o.Latency, "latency", 0, "time added to every request, as 100ms")
	flags.DurationVar(&o.LatencyJitter, "latency-jitter", 0, "up to so much more, the same for the same seed")
	flags.StringVar(&f.quota, "quota", "", "enforce other limits: published, per_app, per_mailbox, sliding, small, mailbox_only, directory_only, none")
	flags.BoolVar(&o.Throttle, "throttle", false, "enforce the service's published limits")
	flags.DurationVar(&o.RoomAnswerDelay, "room-answer", 2*time.Second, "how long a room takes to answer a meeting request")
	flags.Float64Var(&o.Life, "life", 0, "how much happens by itself: meetings arrive, move and are cancelled (1: a believable day)")
	flags.DurationVar(&o.TeamsDelay, "teams-delay", 0, "how long the link of a Teams meeting takes to appear")
	flags.IntSliceVar(&o.Mistakes, "mistake", nil, "set-up mistakes to make, by number (see docs/simulated-tenant.md)")
	flags.IntVar(&o.OnPremisesRooms, "on-premises-rooms", 0, "how many rooms have their mailbox on premises, where Graph cannot read it")
	flags.StringVar(&o.Exchange, "exchange", "", "answer Exchange Web Services too: online, on_premises (every mailbox is there) or hybrid (some are)")
	flags.IntVar(&o.OnPremisesPeople, "on-premises-people", 0, "how many people have their mailbox on premises, with --exchange hybrid")
	flags.BoolVar(&o.HybridFreeBusy, "hybrid-free-busy", false, "answer free/busy of mailboxes on premises")
	flags.BoolVar(&o.NoTeams, "no-teams", false, "switch Teams meetings off for the whole tenant")
	flags.BoolVar(&o.Oddities, "oddities", false, "add what real tenants have too: odd capacities, addresses, names, unknown values")
	flags.IntVar(&o.Leavers, "leavers", 1, "accounts of people who left; their series live on (-1: none)")
	flags.IntVar(&o.Unlicensed, "unlicensed", 1, "accounts without a licence, so without a mailbox (-1: none)")
	flags.IntVar(&o.SharedMailboxes, "shared-mailboxes", 1, "mailboxes that nobody signs in to (-1: none)")
	flags.IntVar(&o.Guests, "guests", 1, "accounts of another company's people (-1: none)")
	flags.StringVar(&f.faults, "faults", "", "file with faults to inject (see docs/simulated-tenant.md)")
	return command
}

// readyLine is printed when the tenant answers. Credentials are in the files only.
type readyLine struct {
	Ready        bool   `json:"ready"`
	Dir          string `json:"dir"`
	Config       string `json:"config"`
	Endpoints    string `json:"endpoints"`
	AuthorityURL string `json:"authority_url"`
	GraphURL     string `json:"graph_url"`
	EWSURL       string `json:"ews_url"`
	ControlURL   string `json:"control_url"`
	TenantID     string `json:"tenant_id"`
}

func (a *app) tenant(ctx context.Context, f *tenantFlags) error {
	if f.dir == "" {
		return usage("give a directory for its files", "--dir is missing")
	}
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return usage("check the path", "--dir: %v", err)
	}
	if err := checkSize(f.options); err != nil {
		return err
	}
	if f.quota != "" {
		quota, err := simulator.QuotaNamed(f.quota)
		if err != nil {
			return usage("see roomdesk tenant --help for the names", "--quota: %s", providers.Sanitise(err.Error()))
		}
		f.options.Quota = &quota
	}
	if f.faults != "" {
		if f.options.Faults, err = readFaults(f.faults); err != nil {
			return err
		}
	}
	tenant, err := simulator.Start(ctx, f.options)
	if err != nil {
		return failed("check the flags, or choose another --listen", "%s", providers.Sanitise(err.Error()))
	}
	if err := tenant.WriteDir(dir); err != nil {
		return errors.Join(failed("choose another --dir", "the tenant's files could not be written: %s", providers.Sanitise(err.Error())), tenant.Close())
	}
	e := tenant.Endpoints()
	line, err := json.Marshal(readyLine{true, dir, filepath.Join(dir, "config.toml"), filepath.Join(dir, "endpoints.json"),
		e.AuthorityURL, e.GraphURL, e.EWSURL, e.ControlURL, e.TenantID})
	if err == nil {
		_, err = fmt.Fprintf(a.deps.Stdout, "%s\n", line)
	}
	if err != nil {
		return errors.Join(failed("check where standard output goes", "the tenant could not say that it is ready: %v", err), tenant.Close())
	}
	<-ctx.Done()
	return tenant.Close()
}

// checkSize refuses numbers that the simulator would take for its defaults.
func checkSize(o simulator.Options) error {
	if o.Rooms < 1 || o.People < 2 || o.EventsPerMailbox < 0 || o.Latency < 0 || o.LatencyJitter < 0 || o.OnPremisesRooms < 0 || o.RoomAnswerDelay < 0 {
		return usage("give at least 1 room and 2 people, and nothing negative", "the tenant's size cannot be used")
	}
	return nil
}

// readFaults reads a file of faults: a JSON array, refused whole where a key is
// unknown.
func readFaults(path string) ([]simulator.Fault, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usage("check the path", "the file of faults cannot be read: %s", providers.Sanitise(err.Error()))
	}
	defer file.Close() //nolint:errcheck // read only
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFaultsFile {
		return nil, usage("give a JSON file", "%s is no file of faults", providers.Sanitise(path))
	}
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	var faults []simulator.Fault
	if err := decoder.Decode(&faults); err != nil {
		return nil, usage("see docs/simulated-tenant.md for their form", "%s: %s", providers.Sanitise(path), providers.Sanitise(err.Error()))
	}
	return faults, nil
}
