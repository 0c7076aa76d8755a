package cli

import (
	"context"
	"errors"
	"strconv"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// console opens the console of a connection, and after it the one that was asked for
// there.
func (a *app) console(ctx context.Context) error {
	if a.flags.accessible && !a.flags.json && !a.flags.plain {
		if config, err := a.loadConfig(); err == nil && len(config.Connections) == 0 {
			return a.connectByLines(ctx)
		}
	}
	if err := a.consoleFits(); err != nil {
		return err
	}
	return a.consoles(ctx)
}

// consoles draws one console after another, as each says which is wanted next.
func (a *app) consoles(ctx context.Context) error {
	for {
		next, err := a.consoleOnce(ctx)
		switch {
		case err != nil || next == "":
			return err
		case next == tui.Demo:
			return a.demo(ctx, demoFlags{rooms: defaultDemoRooms, people: defaultDemoPeople, life: 1})
		}
		a.flags.connection = next
	}
}

// consoleOnce opens the console of one connection; next is what is wanted after it.
func (a *app) consoleOnce(ctx context.Context) (next string, err error) {
	config, err := a.loadConfig()
	if err != nil {
		return "", err
	}
	connection, err := a.pick(config)
	switch {
	case errors.Is(err, errNoConnection):
		return a.setUp(ctx, false)
	case err != nil && a.flags.connection == "" && len(config.Connections) > 1:
		if connection, err = a.askConnection(ctx, config); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	}
	// What has to be asked is asked now; where that fails the console opens on the
	// mirror and tells why nothing is read.
	for _, one := range a.organisation(config, connection) {
		secrets, err := a.secrets(one)
		locked, ok := secrets.(interface{ Unlock(context.Context) error })
		if err != nil || !ok {
			continue // opening says it
		}
		if err := locked.Unlock(ctx); err != nil {
			if ctx.Err() != nil {
				return "", err
			}
			a.out.say("roomdesk: %s", explain(err).sentence())
		}
	}
	s, err := a.openConfigured(ctx, config, connection)
	if err != nil {
		return "", err
	}
	err = errors.Join(s.close(s.runConsole(ctx, false)), s.eraseLeft(context.WithoutCancel(ctx)))
	return s.next, err
}

// setUp draws the guided set-up with nothing behind it; guided opens it at once.
func (a *app) setUp(ctx context.Context, guided bool) (next string, err error) {
	desk := &setupDesk{app: a}
	defer desk.forgetPerson()
	a.drawing.Store(true)
	defer a.drawing.Store(false)
	err = tui.Run(providers.WithPriority(ctx, providers.Interactive), tui.Options{
		Setup: desk, Guided: guided, Next: func(wanted string) { next = wanted },
		Now: a.deps.Now, Zone: a.deps.Zone, Input: a.deps.Stdin, Output: a.deps.Stdout,
		Environ: a.deps.Environ, NoColor: a.flags.noColor, Extra: a.deps.Console,
	})
	return next, err
}

// connectGuided runs the guided set-up: drawn on a terminal, line by line elsewhere.
func (a *app) connectGuided(ctx context.Context) error {
	if a.consoleFits() != nil {
		return a.connectByLines(ctx)
	}
	next, err := a.setUp(ctx, true)
	if err != nil || next == "" {
		return err
	}
	if next == tui.Demo {
		return a.demo(ctx, demoFlags{rooms: defaultDemoRooms, people: defaultDemoPeople, life: 1})
	}
	a.flags.connection = next
	return a.console(ctx)
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
	var desk tui.SetupDesk
	if !w.Header().Demo {
		making := &setupDesk{app: s.app}
		defer making.forgetPerson()
		desk = making
	}
	err = tui.Run(providers.WithPriority(ctx, providers.Interactive), tui.Options{
		Workspace: w, Setup: desk, Next: func(wanted string) { s.next = wanted }, Now: s.app.deps.Now, Zone: s.app.deps.Zone, Input: s.app.deps.Stdin, Output: s.app.deps.Stdout,
		Environ: s.app.deps.Environ, NoColor: s.app.flags.noColor, Extra: s.app.deps.Console,
	})
	stop()
	// What went wrong in the background matters only where the console itself ended well.
	if failed := <-background; err == nil {
		err = failed
	}
	return err
}
