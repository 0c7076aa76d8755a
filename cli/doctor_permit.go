package cli

import (
	"context"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// permitDoctor lets only an administrator's doctor write.
func (a *app) permitDoctor(c keystore.Connection) audit.Permit {
	return func(_ context.Context, verb providers.Verb, mailbox providers.Address) error {
		role := roleOf(a.asConfigured(c))
		for _, v := range []providers.Verb{providers.VerbAdminister, verb} {
			if why := role.Refuses(v); why != "" {
				return &providers.Error{Class: providers.NotAllowed, Op: "the doctor's test", Mailbox: mailbox, Message: providers.Outside(why)}
			}
		}
		return nil
	}
}
