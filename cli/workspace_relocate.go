package cli

import (
	"context"
	"time"

	"roomdesk/booking"
	"roomdesk/booking/relocate"
	"roomdesk/providers"
)

// The part of [tui.Workspace] that relocates a room's meetings.

// ReadPeriod implements [tui.Relocator].
func (w *workspace) ReadPeriod(line string, zone *time.Location) (period providers.Interval, reason, problem string) {
	return relocate.ReadPeriod(line, w.app.deps.Now(), zone)
}

// PlanRelocation implements [tui.Relocator].
func (w *workspace) PlanRelocation(ctx context.Context, room providers.Address, period providers.Interval, reason string) (providers.Relocation, error) {
	return w.planRelocation(providers.WithPriority(ctx, providers.Interactive), room, period, providers.Outside(reason))
}

// Relocate implements [tui.Relocator].
func (w *workspace) Relocate(ctx context.Context, plan providers.Relocation) (providers.Relocation, error) {
	if err := w.mayDo(providers.VerbRelocate); err != nil {
		return providers.Relocation{}, err
	}
	return w.desk.Relocate(ctx, plan)
}

// Relocations implements [tui.Relocator].
func (w *workspace) Relocations(ctx context.Context) ([]providers.Relocation, error) {
	return w.desk.Relocations(ctx)
}

// StopRelocation implements [tui.Relocator].
func (w *workspace) StopRelocation(ctx context.Context, id string) (providers.Relocation, error) {
	return w.desk.StopRelocation(ctx, id)
}

// PlanUndoRelocation implements [tui.Relocator].
func (w *workspace) PlanUndoRelocation(ctx context.Context, id string) (providers.Relocation, error) {
	return w.desk.PlanUndo(ctx, id)
}

// UndoRelocation implements [tui.Relocator].
func (w *workspace) UndoRelocation(ctx context.Context, id string) (providers.Relocation, error) {
	if err := w.mayDo(providers.VerbRelocate); err != nil {
		return providers.Relocation{}, err
	}
	return w.desk.UndoRelocation(ctx, id)
}

// WhyNotUndoRelocation implements [tui.Relocator].
func (w *workspace) WhyNotUndoRelocation(r providers.Relocation, now time.Time) string {
	return booking.WhyNotUndoRelocation(r, now)
}
