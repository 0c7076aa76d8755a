package cli

import (
	"context"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
)

// Deps are what the command line takes from its surroundings, so that a test can
// drive it inside its own process.
type Deps struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)
	Environ        []string // for what decides on colour
	Now            func() time.Time
	// Wait is how the doctor waits between two looks; nil: by this machine's clock.
	Wait func(context.Context, time.Duration) error
	// Zone is the person's own time zone.
	Zone *time.Location
	// Console is appended to the options of the console's program; for tests.
	Console []tea.ProgramOption
}

// ProcessDeps are the surroundings of this process.
func ProcessDeps() Deps {
	return Deps{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		LookupEnv: os.LookupEnv, Environ: os.Environ(), Now: time.Now, Zone: localZone(time.Now()),
	}
}

// terminal reports whether a reader or writer is a terminal.
func terminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}

// terminalWidth is the width of a terminal in columns, 0 where w is none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(f.Fd()) {
		return 0
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil {
		return 0
	}
	return width
}
