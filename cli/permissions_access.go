package cli

import (
	"context"
	"slices"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// addAccess tells what the connection allows, and each mailbox that can be tried: its
// calendars are asked for, which is the least that shows it.
func (a *app) addAccess(ctx context.Context, result *permissionsObject, c keystore.Connection, provider interface {
	Capabilities(ctx context.Context) (providers.Capabilities, error)
	Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error)
}, mailboxes []providers.Address) error {
	limits := limitsOf(a.asConfigured(c))
	can, err := provider.Capabilities(ctx)
	if err != nil {
		return err
	}
	connection := providers.ConnectionAccess(can.Within(limits.Level))
	within := limits.Role.Access().With(connection)
	result.Access, result.Role, result.Verbs = string(connection.Level), string(limits.Role), verbsOf(within, true)
	result.Mailboxes = []mailboxAccess{}
	slices.Sort(mailboxes)
	for _, mailbox := range slices.Compact(mailboxes) {
		calendars, err := provider.Calendars(ctx, mailbox)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		own := providers.CalendarAccess(mailbox, calendars)
		if err != nil {
			own = providers.ProblemAccess(mailbox, providers.ProblemOf(err, a.deps.Now()))
		}
		have := within.With(own)
		level := string(have.Level)
		if err != nil && own.Level == "" {
			level = "not known"
		}
		result.Mailboxes = append(result.Mailboxes, mailboxAccess{string(mailbox), level, verbsOf(have, false)})
	}
	return nil
}
