package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// app is one run of the program.
type app struct {
	deps  Deps
	flags struct {
		config, data, connection         string
		json, plain, noColor, accessible bool
	}
	out  *output
	code int
	// memory is the credential store of kind "memory", which lives as long as the run.
	memory *keystore.Memory
	// encrypted are the encrypted files that were opened, by path, so that each
	// passphrase is asked once; drawing says that a console has the terminal and
	// nobody can be asked.
	encrypted map[string]keystore.Store
	mu        sync.Mutex        // guards encrypted
	ageWork   int               // scrypt's, for tests; 0 is age's own
	onStep    func(step string) // how far an exchange of credentials came; for tests
	drawing   atomic.Bool
	typed     lines
	wire      wire // all that is sent over the network
	// movers makes what moves mailboxes between the two connections of a session; nil
	// where it has one: for tests. told learns of each step.
	movers func(s *session, told func(tui.Changes)) engine
	// graphByDefault is what another release chooses; nil: this one's choice. For tests.
	graphByDefault *bool
	log            *slog.Logger // of a service; otherwise none
}

// Main runs the command line and returns its exit code.
func Main(ctx context.Context, deps Deps) int {
	a := &app{deps: deps, memory: &keystore.Memory{}, log: slog.New(slog.DiscardHandler)}
	// Until flags are read, errors are reported by the flag as it was typed.
	a.flags.json = slices.Contains(deps.Args, "--json")
	a.prepareOutput()
	if err := noCoreFile(); err != nil {
		a.out.say("roomdesk: a crash could write this process's memory to a file: %v", err)
	}
	root := a.root()
	root.SetArgs(deps.Args)
	root.SetIn(deps.Stdin)
	root.SetOut(deps.Stdout)
	root.SetErr(deps.Stderr)
	err := fang.Execute(ctx, root,
		fang.WithoutManpage(),
		fang.WithVersion(version()),
		fang.WithColorSchemeFunc(fang.AnsiColorScheme),
		fang.WithErrorHandler(a.reportUsage),
	)
	if err != nil && a.code == exitDone {
		a.code = exitFailed
	}
	return a.code
}

func (a *app) prepareOutput() {
	f := formatTable
	switch {
	case a.flags.json:
		f = formatJSON
	case a.flags.plain:
		f = formatPlain
	}
	a.out = newOutput(a.deps, f, a.flags.noColor, a.flags.accessible)
}

// run wraps a command's work: its errors are reported here, so that only faulty
// calls reach the command library.
func (a *app) run(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.prepareOutput()
		if a.flags.json && a.flags.plain {
			a.code = a.out.fail(usage("choose one of them", "--json and --plain exclude each other"))
			return nil
		}
		if err := work(cmd.Context(), args); err != nil {
			a.code = a.out.fail(err)
		}
		return nil
	}
}

// reportUsage is called for what the command library itself refuses.
func (a *app) reportUsage(_ io.Writer, _ fang.Styles, err error) {
	message, next, _ := strings.Cut(err.Error(), "\n")
	next = strings.Join(strings.Fields(next), " ")
	if next == "" {
		next = "see roomdesk --help"
	}
	a.code = a.out.fail(usage(next, "%s", message))
}

// paths are the files and directories of this run.
func (a *app) paths() keystore.Paths {
	return keystore.FindPaths(a.flags.config, a.flags.data, a.deps.LookupEnv)
}

func (a *app) loadConfig() (*keystore.Config, error) { return keystore.LoadConfig(a.paths().Config) }

// errNoConnection: nothing is configured yet.
var errNoConnection = errors.New("no connection is configured")

// pick chooses the connection: the one of --connection, or the only one.
func (a *app) pick(config *keystore.Config) (keystore.Connection, error) {
	if name := a.flags.connection; name != "" {
		if _, found := config.Find(name); !found {
			if err := a.legacyRefusal(name); err != nil {
				return keystore.Connection{}, err
			}
		}
		return findConnection(config, name)
	}
	switch len(config.Connections) {
	case 0:
		return keystore.Connection{}, &failure{code: exitUsage, class: "usage", message: errNoConnection.Error(),
			next: "connect a tenant with roomdesk connect graph, or look around with roomdesk demo", err: errNoConnection}
	case 1:
		return config.Connections[0], nil
	}
	if first, single := config.Single(); single {
		return first, nil
	}
	return keystore.Connection{}, usage("choose one with --connection: "+strings.Join(config.Names(), ", "),
		"%d connections are configured", len(config.Connections))
}

// forNamed runs work for the connection that the command's argument names, as
// --connection does. Naming two is refused.
func (a *app) forNamed(work func(context.Context) error) func(context.Context, []string) error {
	return func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			if other := a.flags.connection; other != "" && other != args[0] {
				return usage("name one of them", "the argument names %s and --connection %s", providers.Sanitise(args[0]), providers.Sanitise(other))
			}
			a.flags.connection = args[0]
		}
		return work(ctx)
	}
}

func findConnection(config *keystore.Config, name string) (keystore.Connection, error) {
	connection, found := config.Find(name)
	if !found {
		next := "connect a tenant first: roomdesk connect graph"
		if names := config.Names(); len(names) > 0 {
			next = "configured are: " + strings.Join(names, ", ")
		}
		return connection, usage(next, "there is no connection %q", name)
	}
	return connection, nil
}

// secrets opens the store of a connection's credential.
func (a *app) secrets(connection keystore.Connection) (keystore.Store, error) {
	config := a.paths().Config
	interactive := terminal(a.deps.Stdin) && terminal(a.deps.Stderr)
	options := keystore.OpenOptions{ConfigPath: config, LookupEnv: a.deps.LookupEnv, Memory: a.memory, Passphrase: a.passphrase, WrongPassphrase: a.wrongPassphrase, AgeWork: a.ageWork}
	if interactive {
		options.Keyring.Timeout = keystore.InteractiveTimeout
		options.Keyring.Waiting = func() {
			if a.drawing.Load() {
				return // a line would tear the screen
			}
			a.out.say("Waiting for the keyring: it may be asking for its password. Ctrl-C gives up.")
		}
	}
	if connection.KeystoreKind() != "age" {
		return keystore.Open(connection, options)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	path := connection.AgePath(config) + "\x00" + connection.IdentityPath(config)
	if store, ok := a.encrypted[path]; ok {
		return store, nil
	}
	store, err := keystore.Open(connection, options)
	if err == nil {
		if a.encrypted == nil {
			a.encrypted = map[string]keystore.Store{}
		}
		a.encrypted[path] = store
	}
	return store, err
}
