package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Relocator moves the meetings of a room that cannot be used.
type Relocator interface {
	// ReadPeriod reads a period off the front of a line, and the reason behind it. It
	// asks nobody. What is wrong with the line is the problem, safe to show.
	ReadPeriod(line string, zone *time.Location) (period providers.Interval, reason, problem string)
	// PlanRelocation asks the tenant for the room's meetings then and for other rooms.
	// Nothing is stored or sent. Network.
	PlanRelocation(ctx context.Context, room providers.Address, period providers.Interval, reason string) (providers.Relocation, error)
	// Relocate stores a plan and begins with it; it goes on in the background, and
	// Changes tells of each step.
	Relocate(ctx context.Context, plan providers.Relocation) (providers.Relocation, error)
	// Relocations is the journal, newest first.
	Relocations(ctx context.Context) ([]providers.Relocation, error)
	// StopRelocation lets no further batch begin.
	StopRelocation(ctx context.Context, id string) (providers.Relocation, error)
	// PlanUndoRelocation asks the tenant what can be put back: steps that can have
	// state undoing, those that cannot have state kept with the reason. Network.
	PlanUndoRelocation(ctx context.Context, id string) (providers.Relocation, error)
	// UndoRelocation stores that it is taken back and begins with it.
	UndoRelocation(ctx context.Context, id string) (providers.Relocation, error)
	// WhyNotUndoRelocation says without asking anybody why a relocation cannot be
	// taken back now; "" where it may be possible.
	WhyNotUndoRelocation(r providers.Relocation, now time.Time) string
}
