package doctor

import (
	"context"
	"net/url"
	"slices"
	"time"

	"roomdesk/providers"
)

// ownMailbox looks whether the service account has a mailbox: Exchange lists rooms only
// to accounts with one (PRODUCT L8).
func (e *examination) ownMailbox(ctx context.Context) outcome {
	if !e.Connection.ByPassword() {
		return notRun("an application has no mailbox of its own; it asks for room lists as the test mailbox")
	}
	err := e.Server.OwnMailbox(ctx)
	switch {
	case err == nil:
		return passed(e.Connection.User + " has a mailbox of its own")
	case absent(err), refused(err):
		user := providers.Sanitise(e.Connection.User)
		return failed(fill(providers.Trouble{Doc: "exchange-own-mailbox", Class: providers.NoMailbox,
			What: "the service account " + user + " has no mailbox of its own, so that Exchange shows it no room lists: the list of rooms stays empty", Where: atShell,
			Change: "Enable-Mailbox -Identity " + PowerShell(e.Connection.User), Or: "it had one in Microsoft 365 and lost the licence for it, a plan with Exchange Online such as E3"}, err))
	}
	return e.otherwise(err)
}

// otherwise sorts what is no answer to the very question.
func (e *examination) otherwise(err error) outcome {
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// licence says what can be known of licences: no Exchange server tells one (PRODUCT L7).
func (e *examination) licence(context.Context) outcome {
	return passed("the account's mailbox is open, so that no licence for it is missing; Exchange does not name the plan")
}

// roomLists counts room lists: rooms are found by them alone.
func (e *examination) roomLists(ctx context.Context) outcome {
	n, err := e.Server.RoomLists(ctx)
	switch {
	case err != nil:
		return e.otherwise(err)
	case n == 0:
		return failed(providers.Trouble{Doc: "exchange-room-lists", Class: providers.Gone, What: "the organisation has no room lists, and Exchange tells rooms by them alone: no room is found", Where: atShell,
			Change: "New-DistributionGroup -Name 'Rooms' -RoomList; Get-Mailbox -RecipientTypeDetails RoomMailbox -ResultSize Unlimited | ForEach-Object { Add-DistributionGroupMember -Identity 'Rooms' -Member $_.PrimarySmtpAddress }"})
	}
	e.exchangeSeen.lists = n
	return passed(counted(n, "room list", "room lists"))
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + many
}

// roomsInLists reads the rooms of the room lists.
func (e *examination) roomsInLists(ctx context.Context) outcome {
	rooms, listing, err := e.Server.Rooms(ctx)
	switch {
	case err != nil:
		return e.otherwise(err)
	case len(rooms) == 0:
		return failed(providers.Trouble{Doc: "exchange-room-lists", Class: providers.Gone, What: "the room lists of the organisation are empty: no room is found", Where: atShell,
			Change: "Get-Mailbox -RecipientTypeDetails RoomMailbox shows the rooms; Add-DistributionGroupMember -Identity 'Rooms' -Member ROOM puts one into a list"})
	}
	e.rooms = rooms
	if !listing.Complete {
		return failed(providers.Trouble{Doc: "exchange-room-lists", Class: providers.Permanent, Partly: true, What: "not all rooms are told: " + listing.Warning.Or("a list was cut"), Where: atShell,
			Change: "make more room lists with at most 99 rooms each: New-DistributionGroup -Name 'Rooms 2' -RoomList"}).with(counted(len(rooms), "room", "rooms"))
	}
	return passed(counted(len(rooms), "room", "rooms") + " in " + counted(e.exchangeSeen.lists, "room list", "room lists"))
}

// reach finds how a mailbox's calendar is reached: as its owner, else as it is shared
// with the account. The error is that of acting as the owner.
func (e *examination) reach(ctx context.Context, mailbox providers.Address) (rights providers.CalendarRights, how string, err error) {
	rights, err = e.Server.AsOwner(ctx, mailbox)
	if err == nil {
		return rights, "as its owner", nil
	}
	if !refused(err) {
		return rights, "", err
	}
	if shared, problem := e.Server.AsDelegate(ctx, mailbox); problem == nil && shared.Read {
		return shared, "as it is shared with the account", nil
	}
	return rights, "", err
}

// impersonation acts as the test mailbox (PRODUCT L9, L11).
func (e *examination) impersonation(ctx context.Context) outcome {
	test := e.exchangeSeen.test
	_, how, err := e.reach(ctx, test)
	switch {
	case err == nil:
		return passed("the calendar of " + string(test) + " opens " + how)
	case refused(err):
		return e.mayNotAct(ctx, test, "the test mailbox "+string(test), err)
	case absent(err):
		return failed(e.notHere(ctx, test, "the test mailbox "+string(test), err))
	}
	return e.moving(test, err)
}

// moving tells a mailbox on its way between servers from other passing trouble.
func (e *examination) moving(mailbox providers.Address, err error) outcome {
	o := e.otherwise(err)
	if o.trouble != nil && o.trouble.Code == "ErrorMailboxMoveInProgress" {
		o.trouble.Doc, o.trouble.Unknown, o.trouble.What = "exchange-scope", false, "the mailbox "+string(mailbox)+" is being moved to another server just now"
		o.trouble.Change, o.trouble.Mailbox = "wait until the move has ended: Get-MoveRequest shows it", mailbox
	}
	return o
}

// mayNotAct tells an account that may act for nobody from one whose scope leaves a
// mailbox out, by what other mailboxes answer.
func (e *examination) mayNotAct(ctx context.Context, mailbox providers.Address, name string, err error) outcome {
	tried, open := 0, providers.Address("")
	for _, other := range e.others(mailbox) {
		tried++
		if _, problem := e.Server.AsOwner(ctx, other); problem == nil {
			open = other
			break
		}
	}
	user := providers.Sanitise(e.Connection.ActsAs())
	if open != "" {
		return failed(fill(e.outOfScope(mailbox, name+", while "+string(open)+" is inside"), err))
	}
	t := providers.Trouble{Doc: "exchange-scope", Class: providers.NotAllowed, Mailbox: mailbox, Where: atShell,
		What: user + " may act for no mailbox that was tried: it has not the role ApplicationImpersonation", Change: ImpersonationCommand(e.Connection.Name, e.Connection.ActsAs())}
	if tried == 0 {
		t.What, t.Or = user+" may not act for "+name, "it has the role ApplicationImpersonation, and its management scope leaves this mailbox out"
	} else {
		t.Or = "its management scope leaves all of these out"
	}
	return failed(fill(t, err))
}

// outOfScope is a mailbox that the account's management scope leaves out.
func (e *examination) outOfScope(mailbox providers.Address, name string) providers.Trouble {
	return providers.Trouble{Mistake: 9, Doc: "exchange-scope", Class: providers.NotAllowed, Mailbox: mailbox, Where: atShell,
		What: "the management scope of " + providers.Sanitise(e.Connection.ActsAs()) + " leaves out " + name,
		Change: "Get-ManagementRoleAssignment -RoleAssignee " + PowerShell(e.Connection.ActsAs()) + " -Role ApplicationImpersonation | fl CustomRecipientWriteScope names the scope; Get-ManagementScope -Identity SCOPE | fl RecipientFilter shows it, " +
			"Set-ManagementScope -Identity SCOPE -RecipientRestrictionFilter FILTER widens it to " + string(mailbox)}
}

// others are some mailboxes beside one, by which it is seen what holds for all.
func (e *examination) others(than providers.Address) []providers.Address {
	const most = 4
	var out []providers.Address
	add := func(mailbox providers.Address) {
		if mailbox != "" && mailbox != than && mailbox != e.Outside && len(out) < most && !slices.Contains(out, mailbox) {
			out = append(out, mailbox)
		}
	}
	email, _ := providers.ParseAddress(e.Connection.Email)
	add(e.organizer)
	add(e.exchangeSeen.test)
	add(email)
	for _, room := range e.rooms {
		add(room.Mailbox)
	}
	return out
}

// notHere says why a mailbox is not on this server.
func (e *examination) notHere(ctx context.Context, mailbox providers.Address, name string, err error) providers.Trouble {
	t := providers.Trouble{Class: providers.NoMailbox, Mailbox: mailbox, Doc: "exchange-mailbox"}
	home, homeErr := e.Server.Home(ctx, mailbox)
	at, readable := url.Parse(home)
	switch known := e.addressKnown(ctx, mailbox); {
	case homeErr == nil && e.cloud(home):
		t.Mistake, t.Doc = 11, "11"
		t.What = name + " is not on this server: it has moved to the cloud"
		t.Where, t.Change = "Microsoft 365", "reach it with Graph: roomdesk connect graph; or move it back under Exchange admin center > Migration"
	case homeErr == nil && readable == nil && at.Host != "" && at.Hostname() != hostOnly(e.Server.Host()):
		t.What = name + " is not on this server: it is served by " + providers.Sanitise(at.Hostname())
		t.Where, t.Change = atConfig, "set server to https://"+providers.Sanitise(at.Host)+"/EWS/Exchange.asmx, or name a mailbox of this server"
	case !known:
		t.What = "there is no mailbox " + string(mailbox) + " in this organisation: the address is not known here"
		t.Where, t.Change = atConfig, "correct the address"
	default:
		t.What = name + " has no mailbox on this server, and its address is known here"
		t.Where, t.Change = atShell, "Enable-Mailbox -Identity "+PowerShell(string(mailbox))+" makes one; Get-Recipient -Identity "+PowerShell(string(mailbox))+" | fl RecipientTypeDetails shows what it is"
		t.Or = "it has moved to the cloud, and Autodiscover does not say so: then roomdesk connect graph"
	}
	return fill(t, err)
}

// addressKnown reports whether free/busy finds the address at all. What cannot be asked
// counts as known.
func (e *examination) addressKnown(ctx context.Context, mailbox providers.Address) bool {
	start := e.Now().UTC().Truncate(time.Hour)
	answers, err := e.Server.Schedules(ctx, []providers.Address{mailbox}, providers.Interval{Start: start, End: start.Add(24 * time.Hour)})
	if err != nil || len(answers) != 1 || answers[0].Problem == nil {
		return true
	}
	class := answers[0].Problem.Class
	return class != providers.Gone && class != providers.NoMailbox
}

// exchangeCalendar reads the test mailbox's calendar: success names the mailbox and what
// was read (PRODUCT L11).
func (e *examination) exchangeCalendar(ctx context.Context) outcome {
	test := e.exchangeSeen.test
	rights, how, err := e.reach(ctx, test)
	if err != nil {
		return e.otherwise(err)
	}
	if !rights.Read {
		return failed(providers.Trouble{Doc: "exchange-scope", Class: providers.NotAllowed, Mailbox: test, What: "the calendar of " + string(test) + " opens and shows free/busy only", Where: atShell,
			Change: "Set-MailboxFolderPermission -Identity " + PowerShell(string(test)+`:\Calendar`) + " -User " + PowerShell(e.Connection.ActsAs()) + " -AccessRights Reviewer"})
	}
	start := e.Now().UTC().Truncate(24 * time.Hour)
	n, err := e.Server.Entries(ctx, test, providers.Interval{Start: start, End: start.AddDate(0, 0, 7)})
	if err != nil {
		return e.otherwise(err)
	}
	return passed("the calendar of " + string(test) + " was opened and read " + how + ": " + counted(n, "entry", "entries") + " in seven days")
}

// exchangeOrganizer looks at the mailbox on whose behalf bookings are made.
func (e *examination) exchangeOrganizer(ctx context.Context) outcome {
	if e.organizer == "" {
		return notRun("no organizer is configured, so bookings need --on-behalf-of")
	}
	name := "the organizer " + string(e.organizer)
	rights, how, err := e.reach(ctx, e.organizer)
	switch {
	case err == nil && rights.Create:
		return passed("the calendar of " + string(e.organizer) + " can be written " + how)
	case err == nil:
		return failed(e.readOnly(""))
	case refused(err):
		return e.mayNotAct(ctx, e.organizer, name, err)
	case absent(err):
		t := e.notHere(ctx, e.organizer, name, err)
		if e.elsewhere(ctx, e.organizer, &t) {
			return e.livesThere(e.organizer)
		}
		return failed(t)
	}
	return e.moving(e.organizer, err)
}

// readOnly is a calendar of the organizer that can be read and not written.
func (e *examination) readOnly(left string) providers.Trouble {
	t := providers.Trouble{Mistake: 6, Doc: "6", Class: providers.NotAllowed, Mailbox: e.organizer, What: "the calendar of " + string(e.organizer) + " can be read and not written" + left,
		Where: atPermissions, Change: "add Calendars.ReadWrite under Application permissions and choose Grant admin consent"}
	if e.Connection.Exchange() {
		t.Mistake, t.Doc, t.Where = 0, "exchange-scope", atShell
		t.Change = "Set-MailboxFolderPermission -Identity " + PowerShell(string(e.organizer)+`:\Calendar`) + " -User " + PowerShell(e.Connection.ActsAs()) + " -AccessRights Editor"
	}
	return t
}
