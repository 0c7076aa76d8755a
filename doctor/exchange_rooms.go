package doctor

import (
	"context"
	"net"
	"strconv"

	"golang.org/x/sync/errgroup"

	"roomdesk/providers"
)

func itoa(n int) string { return strconv.Itoa(n) }

func hostOnly(hostPort string) string {
	if host, _, err := net.SplitHostPort(hostPort); err == nil {
		return host
	}
	return hostPort
}

// exchangeRooms tries rooms one by one: the first so many, and those named.
func (e *examination) exchangeRooms(ctx context.Context) outcome {
	rooms := e.candidates()
	results := make([]error, len(rooms))
	var group errgroup.Group
	group.SetLimit(4) // half of what the account is allowed at once
	for i, room := range rooms {
		group.Go(func() error {
			_, _, results[i] = e.reach(ctx, room)
			return nil
		})
	}
	_ = group.Wait() // results has them
	var troubles, waits []providers.Trouble
	good, there := 0, 0
	for i, room := range rooms {
		e.tried[room] = results[i]
		name := "room " + string(room)
		switch err := results[i]; {
		case err == nil:
			good++
		case refused(err):
			troubles = append(troubles, fill(e.outOfScope(room, name), err))
		case absent(err):
			t := e.notHere(ctx, room, name, err)
			if e.elsewhere(ctx, room, &t) {
				there++
				continue
			}
			troubles = append(troubles, t)
		default:
			o := e.moving(room, err)
			if o.trouble == nil || !o.waiting || o.trouble.Code != "ErrorMailboxMoveInProgress" {
				return o
			}
			waits = append(waits, *o.trouble)
		}
	}
	if there > 0 && there == len(rooms) {
		return notRun("each room that was tried is reached through " + e.Beside.Name)
	}
	seen := itoa(good) + " of " + counted(len(rooms)-there, "room that was tried answers", "rooms that were tried answer") + e.reachedThere(there)
	if len(troubles)+len(waits) == 0 {
		return passed(seen)
	}
	all := followsLast(append(troubles, waits...))
	for i := range all {
		all[i].Partly = all[i].Partly || good > 0
	}
	first := failed(all[0])
	first.waiting = len(troubles) == 0
	return first.and(all[1:]).with(seen)
}

// exchangeNamed looks closely at the mailboxes that somebody asked about.
func (e *examination) exchangeNamed(ctx context.Context) outcome {
	if len(e.Mailboxes) == 0 {
		return notRun("no mailbox is named (--mailbox)")
	}
	var troubles []providers.Trouble
	unlisted, there := "", 0
	for _, mailbox := range e.Mailboxes {
		if e.listed(mailbox) && e.states["room calendars"] != providers.RungNotRun {
			continue // read and told there
		}
		_, _, err := e.reach(ctx, mailbox)
		o := outcome{}
		switch {
		case err == nil && !e.listed(mailbox) && e.states["rooms"] == providers.RungPassed:
			unlisted += "; " + string(mailbox) + " answers and is in no room list, so that it is not shown as a room: Add-DistributionGroupMember -Identity LIST -Member " + string(mailbox)
		case err == nil:
		case refused(err):
			o = e.mayNotAct(ctx, mailbox, "the mailbox "+string(mailbox), err)
		case absent(err):
			t := e.notHere(ctx, mailbox, "the mailbox "+string(mailbox), err)
			if e.elsewhere(ctx, mailbox, &t) {
				there++
				continue
			}
			o = failed(t)
		default:
			o = e.moving(mailbox, err)
		}
		if o.trouble != nil {
			o.trouble.Partly = true
			troubles = followsLast(append(troubles, *o.trouble))
		}
	}
	switch {
	case len(troubles) > 0:
	case there == len(e.Mailboxes):
		return notRun("reached through " + e.Beside.Name)
	default:
		return passed(itoa(len(e.Mailboxes)-there) + " looked at" + unlisted)
	}
	return failed(troubles[0]).and(troubles[1:])
}

// exchangeTeams says why there are no Teams meetings: it is no failure (PRODUCT P8).
func (e *examination) exchangeTeams(context.Context) outcome {
	return notRun("not here: Exchange Web Services cannot make Teams meetings; a Graph connection can")
}

// exchangeOutside proves a limit from the other side: this mailbox must be refused.
func (e *examination) exchangeOutside(ctx context.Context) outcome {
	if e.Outside == "" {
		return notRun("no mailbox is named that must be refused (--outside)")
	}
	_, how, err := e.reach(ctx, e.Outside)
	switch {
	case err == nil:
		t := providers.Trouble{Doc: "limit", Class: providers.NotAllowed, Partly: true, Mailbox: e.Outside, Where: atShell,
			What:   string(e.Outside) + " opens " + how + " although it should be outside: the management scope does not hold",
			Change: "Get-ManagementRoleAssignment -RoleAssignee " + PowerShell(e.Connection.ActsAs()) + " -Role ApplicationImpersonation | fl Name,CustomRecipientWriteScope shows assignments; one without a scope reaches every mailbox: Remove-ManagementRoleAssignment takes it away"}
		if how != "as its owner" {
			t.What = string(e.Outside) + " opens " + how + " although it should be outside"
			t.Change = "Remove-MailboxFolderPermission -Identity " + PowerShell(string(e.Outside)+`:\Calendar`) + " -User " + PowerShell(e.Connection.ActsAs())
		}
		return failed(t)
	case refused(err):
		return passed(string(e.Outside) + " is refused, as it should be")
	case absent(err):
		return notRun(string(e.Outside) + " has no mailbox on this server, which proves nothing: name another")
	}
	return e.otherwise(err)
}

// exchangeInbox proves on request that mail is out of reach: the inbox of a mailbox
// whose calendar answers must be refused (PRODUCT L3). Nothing in it is listed or read.
func (e *examination) exchangeInbox(ctx context.Context) outcome {
	if !e.Inbox {
		return notRun("asks for a mail folder only when asked (--inbox)")
	}
	mailbox := e.exchangeSeen.test
	err := e.Server.Inbox(ctx, mailbox)
	switch {
	case err == nil:
		return failed(providers.Trouble{Doc: "inbox", Class: providers.NotAllowed, Partly: true, Mailbox: mailbox, Where: atShell,
			What: "mail can be reached: the inbox of " + string(mailbox) + " answers, because ApplicationImpersonation opens whole mailboxes; roomdesk asks for calendars only",
			Change: "share calendars with the account in place of the role: Add-MailboxFolderPermission -Identity " + PowerShell(string(mailbox)+`:\Calendar`) + " -User " + PowerShell(e.Connection.ActsAs()) +
				" -AccessRights Editor; then Remove-ManagementRoleAssignment"})
	case refused(err), absent(err):
		return passed("the inbox of " + string(mailbox) + " is refused, as it should be, while its calendar answers: mail is out of reach (asked on request; it stands in the audit trail)")
	}
	return e.otherwise(err)
}
