package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Options are what the console needs from its caller.
type Options struct {
	// Workspace is nil at a first start: there is no connection yet, and all that can be
	// done is to make one.
	Workspace Workspace
	// Setup makes connections; nil: none can be made from here.
	Setup SetupDesk
	// Guided opens the set-up at once.
	Guided bool
	// Next is told which console is wanted after this one, see [Model.Next]; nil: nobody.
	Next func(string)
	// Now is the clock; nil is the machine's.
	Now func() time.Time
	// Zone is the person's own time zone; nil takes the workspace's, else the
	// machine's.
	Zone *time.Location
	// Input and Output are the terminal; nil is the process's own.
	Input  io.Reader
	Output io.Writer
	// Environ replaces the environment that the terminal's abilities are read
	// from; nil is the process's own. It matters for a terminal over a network.
	Environ []string
	// NoColor draws with bold, faint and reverse only.
	NoColor bool
	// NoMouse leaves the mouse to the terminal from the start.
	NoMouse bool
	// Light starts with the palette for light backgrounds, until the terminal
	// says what it has.
	Light bool
	// Extra is appended to the program's options; for tests.
	Extra []tea.ProgramOption
}

// Run shows the console until the person leaves or ctx ends. A booking on its way
// is waited for, shortly and visibly. It returns nil after an ordinary end.
func Run(ctx context.Context, o Options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m := New(o)
	m.ctx = ctx
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFilter(mergeWheel(time.Now))}
	if o.Input != nil {
		options = append(options, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		options = append(options, tea.WithOutput(o.Output))
	}
	if o.Environ != nil {
		options = append(options, tea.WithEnvironment(o.Environ))
	}
	_, err := tea.NewProgram(m, append(options, o.Extra...)...).Run()
	if o.Next != nil && m.next != "" && err == nil {
		o.Next(m.next)
	}
	switch {
	case err == nil, errors.Is(err, tea.ErrInterrupted):
		return nil
	case ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled):
		return ctx.Err()
	}
	return fmt.Errorf("console: %w", err)
}

// mergeWheel drops wheel events that follow one another faster than a frame: a
// trackpad sends hundreds a second.
func mergeWheel(now func() time.Time) func(tea.Model, tea.Msg) tea.Msg {
	var last time.Time
	return func(_ tea.Model, msg tea.Msg) tea.Msg {
		if _, wheel := msg.(tea.MouseWheelMsg); wheel {
			at := now()
			if gap := at.Sub(last); gap >= 0 && gap < 8*time.Millisecond {
				return nil
			}
			last = at
		}
		return msg
	}
}
