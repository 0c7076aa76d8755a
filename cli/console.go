package cli

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// console opens the console of a connection.
func (a *app) console(ctx context.Context) error {
	if err := a.consoleFits(); err != nil {
		return err
	}
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	connection, err := a.pick(config)
	switch {
	case errors.Is(err, errNoConnection):
		return a.offer(ctx)
	case err != nil && a.flags.connection == "" && len(config.Connections) > 1:
		if connection, err = a.askConnection(ctx, config); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	secrets, err := a.secrets(connection)
	if err != nil {
		return err
	}
	// What has to be asked is asked now; where that fails the console opens on the
	// mirror and tells why nothing is read.
	if locked, ok := secrets.(interface{ Unlock(context.Context) error }); ok {
		if err := locked.Unlock(ctx); err != nil {
			if ctx.Err() != nil {
				return err
			}
			a.out.say("roomdesk: %s", explain(err).sentence())
		}
	}
	s, err := a.openSession(ctx, connection, a.mirrorPath(connection), a.held(connection, secrets))
	if err != nil {
		return err
	}
	return errors.Join(s.close(s.runConsole(ctx, false)), s.eraseLeft(context.WithoutCancel(ctx)))
}

// consoleFits refuses where no console can be drawn, and says what else there is.
func (a *app) consoleFits() error {
	const instead = "use the commands: roomdesk rooms, roomdesk freebusy, roomdesk book, roomdesk --help"
	switch {
	case a.flags.json || a.flags.plain:
		return usage(instead, "the console has no --json and no --plain")
	case a.flags.accessible:
		return usage(instead+"; their output is lines of text", "the console draws on the whole screen, which --accessible excludes")
	case !terminal(a.deps.Stdin) || !terminal(a.deps.Stdout):
		return usage(instead, "the console needs a terminal, and this is none")
	}
	if value, ok := a.deps.LookupEnv("TERM"); ok && value == "dumb" {
		return usage(instead, "the console cannot be drawn on a terminal of type dumb")
	}
	return nil
}

// offer is shown where no tenant is connected yet.
func (a *app) offer(ctx context.Context) error {
	a.out.say("No tenant is connected yet.\n\n  d  look around in a demo tenant on this machine\n  c  how to connect a tenant\n  q  leave\n")
	answer, err := a.ask(ctx, "d, c or q? ")
	if err != nil {
		return err
	}
	switch strings.ToLower(answer) {
	case "d":
		return a.demo(ctx, demoFlags{rooms: defaultDemoRooms, people: defaultDemoPeople})
	case "c":
		a.out.say("\nRegister an application in the tenant, grant it Calendars.ReadWrite, Place.Read.All, User.Read.All and\n" +
			"Organization.Read.All as application permissions, make a client secret, then run:\n\n" +
			"  roomdesk connect graph --name NAME --tenant TENANT-ID --client-id CLIENT-ID --organizer MAILBOX --secret-stdin\n\n" +
			"The steps are in README.md; all flags in roomdesk connect graph --help.")
	}
	return nil
}

func (a *app) askConnection(ctx context.Context, config *keystore.Config) (keystore.Connection, error) {
	for i, name := range config.Names() {
		a.out.say("  %d  %s", i+1, name)
	}
	answer, err := a.ask(ctx, "Which connection? ")
	if err != nil {
		return keystore.Connection{}, err
	}
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(config.Connections) {
		return config.Connections[n-1], nil
	}
	return findConnection(config, answer)
}

// runConsole syncs in the background and shows the console until the person
// leaves. What was begun is stored before it returns.
func (s *session) runConsole(ctx context.Context, demo bool) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w, err := newWorkspace(ctx, s, demo)
	if err != nil {
		return err
	}
	s.app.drawing.Store(true)
	defer s.app.drawing.Store(false)
	background := w.start(ctx)
	err = tui.Run(providers.WithPriority(ctx, providers.Interactive), tui.Options{
		Workspace: w, Now: s.app.deps.Now, Zone: s.app.deps.Zone, Input: s.app.deps.Stdin, Output: s.app.deps.Stdout,
		Environ: s.app.deps.Environ, NoColor: s.app.flags.noColor, Extra: s.app.deps.Console,
	})
	stop()
	// What went wrong in the background matters only where the console itself ended well.
	if failed := <-background; err == nil {
		err = failed
	}
	return err
}
