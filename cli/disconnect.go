package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// disconnectObject is what a disconnection does or did, in JSON.
type disconnectObject struct {
	Name         string   `json:"name"`
	Disconnected bool     `json:"disconnected"`
	Stops        []string `json:"stops"`
	Deletes      []string `json:"deletes"`
	Stays        []string `json:"stays"`
}

func (a *app) disconnectCommand() *cobra.Command {
	var dryRun, yes bool
	command := &cobra.Command{
		Use:               "disconnect NAME",
		Short:             "Remove a connection, its credential and its mirror",
		Long:              "Disconnect removes a connection from the configuration, its credential from the keyring and its local mirror.\nNothing is changed in the tenant: meetings booked here stay.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.disconnect(ctx, args[0], dryRun, yes)
		}),
	}
	command.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	command.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return command
}

func (a *app) disconnect(ctx context.Context, name string, dryRun, yes bool) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	connection, err := findConnection(config, name)
	if err != nil {
		return err
	}
	if err := a.mayAdminister(connection, "disconnect"); err != nil {
		return err
	}
	secrets, err := a.secrets(connection)
	if err != nil {
		return err
	}
	mirror := a.mirrorPath(connection)
	plan := a.disconnectPlan(ctx, connection, secrets, mirror)
	if dryRun {
		return a.reportDisconnect(plan)
	}
	if !yes {
		if err := a.confirmDisconnect(ctx, plan); err != nil {
			return err
		}
	}
	if holder := mirrorHolder(ctx, mirror); holder != "" {
		return failed("close it, then repeat", "connection %s is in use by %s", name, holder)
	}
	if !secrets.Describe().ReadOnly {
		if err := secrets.Delete(ctx, connection.SecretKey()); err != nil && !errors.Is(err, keystore.ErrNotFound) {
			f := explain(err)
			return &failure{code: f.code, class: f.class, message: "nothing was changed: " + f.message, next: f.next, err: err}
		}
		if spare, ok := connection.SpareConnection(); ok {
			if err := drop(ctx, secrets, spare); err != nil {
				return err
			}
		}
	}
	if err := a.forgetSignIn(connection); err != nil {
		return err
	}
	if _, err := config.Remove(name); err != nil {
		return err
	}
	if err := config.Save(); err != nil {
		return err
	}
	plan.Disconnected = true
	a.note(connection, "disconnect")
	if err := eraseMirror(mirror); err != nil {
		f := explain(err)
		a.out.say("roomdesk: the connection is removed, its mirror is not: %s", f.sentence())
		if err := a.reportDisconnect(plan); err != nil {
			return err
		}
		return told(exitPartly)
	}
	return a.reportDisconnect(plan)
}

func (a *app) disconnectPlan(ctx context.Context, c keystore.Connection, secrets keystore.Store, mirror string) disconnectObject {
	plan := disconnectObject{
		Name:    c.Name,
		Stops:   []string{"reading rooms, people, calendars and free/busy of tenant " + c.Tenant, "booking with this connection"},
		Deletes: []string{"the connection from " + a.paths().Config},
		Stays: []string{"meetings that were booked here, in the tenant's calendars",
			"the app registration, its secret and its permissions in the tenant: an administrator removes them there"},
	}
	if secrets.Describe().ReadOnly {
		where := secrets.Describe().Where
		switch c.KeystoreKind() {
		case "env":
			where = "the variable " + keystore.EnvName(c.Name) + ": unset it yourself"
		case "systemd":
			where = "the unit's credential " + keystore.CredentialName(c.Name) + ": remove it yourself"
		}
		plan.Stays = append(plan.Stays, "the credential in "+where)
	} else {
		plan.Deletes = append(plan.Deletes, c.CredentialName()+" from "+secrets.Describe().Where)
	}
	if _, err := os.Stat(mirror); err == nil {
		plan.Deletes = append(plan.Deletes, "the local mirror "+mirror+" with its list of bookings")
	}
	return plan
}

// confirmDisconnect shows the plan and asks for the connection's name.
func (a *app) confirmDisconnect(ctx context.Context, plan disconnectObject) error {
	if !terminal(a.deps.Stdin) {
		return usage("look with --dry-run, then repeat with --yes", "disconnecting %s needs a confirmation, and nobody can be asked here", plan.Name)
	}
	a.sayPlan(plan)
	typed, err := a.ask(ctx, "Type the connection's name to disconnect: ")
	if err != nil {
		return err
	}
	if typed != plan.Name {
		return failed("", "nothing was changed: the name was not typed")
	}
	return nil
}

func (a *app) reportDisconnect(plan disconnectObject) error {
	if a.out.format == formatJSON {
		return a.out.json(plan)
	}
	if plan.Disconnected {
		a.out.say("Disconnected %s.", plan.Name)
		return nil
	}
	a.sayPlan(plan)
	return nil
}

func (a *app) sayPlan(plan disconnectObject) {
	a.out.say("Disconnecting %s", plan.Name)
	for _, part := range []struct {
		title string
		items []string
	}{{"stops", plan.Stops}, {"is deleted", plan.Deletes}, {"stays", plan.Stays}} {
		for _, item := range part.items {
			a.out.say("  %-11s %s", part.title, item)
		}
	}
}

// mirrorPath is the file of a connection's mirror.
func (a *app) mirrorPath(connection keystore.Connection) string {
	return filepath.Join(a.paths().ConnectionData(connection.Name), "mirror.db")
}

// mirrorHolder says which other process syncs the mirror; "" for none. A mirror
// that cannot be opened has no holder that matters.
func mirrorHolder(ctx context.Context, path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	s, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return ""
	}
	holder := s.Holder()
	if err := s.Close(); err != nil && holder == "" {
		return ""
	}
	return holder
}

// eraseMirror removes the mirror with its side files and, where nothing else is
// in it, its directory.
func eraseMirror(path string) error {
	if err := store.Erase(path); err != nil {
		return err
	}
	for _, name := range []string{simulatedMark, auditFile} { // of a simulated tenant
		if err := os.Remove(filepath.Join(filepath.Dir(path), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed("remove it yourself", "%s", providers.Sanitise(err.Error()))
		}
	}
	if err := os.Remove(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
		// A directory with other files in it stays: they are not ours.
		if entries, readErr := os.ReadDir(filepath.Dir(path)); readErr != nil || len(entries) == 0 {
			return failed("remove it yourself", "the mirror's directory could not be removed: %s", err)
		}
	}
	return nil
}
