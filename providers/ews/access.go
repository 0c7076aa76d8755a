package ews

import (
	"context"

	"roomdesk/providers"
)

// Access finds out what a mailbox allows, by questions that change nothing: free/busy as
// the account sees it, the rights in the calendar as its owner, then as a delegate.
// deep asks in addition whether the inbox can be seen, which tells full from restricted
// access; it is the only question about a folder that is no calendar, reads nothing in
// it, and is for a person's own request only (PRODUCT L3).
func (p *Provider) Access(ctx context.Context, mailbox providers.Address, deep bool) (providers.Access, error) {
	const op = "testing what a mailbox allows"
	var a providers.Access
	refused := func(why string, verbs ...providers.Verb) {
		if a.Denied == nil {
			a.Denied = map[providers.Verb]string{}
		}
		for _, v := range verbs {
			a.Denied[v] = why
		}
	}
	writes := []providers.Verb{providers.VerbBook, providers.VerbChange, providers.VerbCancel, providers.VerbRelocate}
	refused(noTeams, providers.VerbTeams)

	folder, err := p.calendarFolder(ctx, op, mailbox)
	if err != nil && !providers.Is(err, providers.NotAllowed, providers.Gone) {
		return providers.Access{}, err
	}
	if err == nil && folder.truth("EffectiveRights", "Read") {
		a.Level = providers.Restricted
		if p.mannerOf(mailbox) == asOwner {
			a.Level = providers.FullAccess
			if deep {
				if err := p.inbox(ctx, op, mailbox); providers.Is(err, providers.NotAllowed, providers.Gone) {
					a.Level = providers.Restricted
				} else if err != nil {
					return providers.Access{}, err
				}
			}
		}
		if !folder.truth("EffectiveRights", "CreateContents") {
			refused("the calendar of "+string(mailbox)+" is read-only for the service account", writes...)
		}
		return a, nil
	}
	window := providers.Interval{Start: p.now(), End: p.now().AddDate(0, 0, 1)}
	known, busyErr := p.Availability(ctx, []providers.Address{mailbox}, window)
	if busyErr != nil {
		return providers.Access{}, busyErr
	}
	if known[0].Known() {
		a.Level = providers.FreeBusyAccess
		why := string(mailbox) + " shows the service account free/busy only"
		refused(why, append(writes, providers.VerbDetails)...)
		return a, nil
	}
	a.Level = providers.NoAccess
	why := string(mailbox) + " shows the service account nothing"
	if problem := known[0].Problem; problem != nil {
		why += ": " + problem.What()
	}
	refused(why, append(writes, providers.VerbDetails)...)
	return a, nil
}

// inbox asks whether the inbox exists for the account. Nothing in it is listed or read.
func (p *Provider) inbox(ctx context.Context, op string, mailbox providers.Address) error {
	_, err := p.one(ctx, call{op: op, operation: "GetFolder", want: []string{"GetFolderResponseMessage"}, mailbox: mailbox, folder: "inbox", body: func(w *writer, how manner) {
		w.open("m:GetFolder")
		w.open("m:FolderShape")
		w.text("t:BaseShape", "IdOnly")
		w.close("m:FolderShape")
		w.open("m:FolderIds")
		w.folder("inbox", how, mailbox)
		w.close("m:FolderIds")
		w.close("m:GetFolder")
	}})
	return err
}
