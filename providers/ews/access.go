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
	writes := []providers.Verb{providers.VerbBook, providers.VerbChange, providers.VerbCancel, providers.VerbRelocate}
	folder, err := p.calendarFolder(ctx, op, mailbox)
	if err != nil && !providers.Is(err, providers.NotAllowed, providers.Gone) {
		return providers.Access{}, err
	}
	if err == nil && folder.truth("EffectiveRights", "Read") {
		level := providers.Restricted // to the calendar, which was shared with the account
		if p.mannerOf(mailbox) == asOwner {
			level = providers.FullAccess
			if deep {
				if err := p.inbox(ctx, op, mailbox); providers.Is(err, providers.NotAllowed, providers.Gone) {
					level = providers.Restricted
				} else if err != nil {
					return providers.Access{}, err
				}
			}
		}
		a := allows(level, noTeams, providers.VerbTeams)
		if !folder.truth("EffectiveRights", "CreateContents") {
			a = a.With(allows(level, "the calendar of "+string(mailbox)+" is read-only for the service account", writes...))
		}
		return a, nil
	}
	known, busyErr := p.Availability(ctx, []providers.Address{mailbox}, providers.Interval{Start: p.now(), End: p.now().AddDate(0, 0, 1)})
	if busyErr != nil {
		return providers.Access{}, busyErr
	}
	hidden := append(writes, providers.VerbEvents, providers.VerbDetails, providers.VerbExport)
	if known[0].Known() {
		return allows(providers.FreeBusyAccess, string(mailbox)+" shows the service account free/busy only", hidden...).With(allows("", noTeams, providers.VerbTeams)), nil
	}
	why := string(mailbox) + " shows the service account nothing"
	if problem := known[0].Problem; problem != nil {
		why += ": " + problem.What()
	}
	return allows(providers.NoAccess, why, append(hidden, providers.VerbTeams)...), nil
}

// allows is a level with a reason of its own for some of what it leaves out.
func allows(level providers.AccessLevel, why string, without ...providers.Verb) providers.Access {
	a := providers.Access{Level: level, Denied: map[providers.Verb]string{}}
	for _, v := range without {
		a.Denied[v] = why
	}
	return a.With(providers.LevelAccess(level))
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
