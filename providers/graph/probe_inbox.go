package graph

import (
	"context"

	"roomdesk/providers"
)

// Inbox asks for the inbox folder of a mailbox by itself, with the least that shows
// whether mail can be reached. Nothing in it is listed or read. nil is a folder that
// answers.
func (b *Probe) Inbox(ctx context.Context, mailbox providers.Address) error {
	c := b.call("asking for the inbox", mailbox, "$select=id", "users", string(mailbox), "mailFolders", "inbox")
	return b.p.engine.do(ctx, c, func(a answer) error {
		var w struct {
			ID string `json:"id"`
		}
		if err := object(a.body, &w); err != nil {
			return err
		}
		if w.ID == "" {
			return errShape
		}
		return nil
	})
}
