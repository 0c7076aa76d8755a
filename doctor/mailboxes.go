package doctor

import (
	"context"
	"fmt"

	"roomdesk/providers"
)

// organizerMailbox looks at the mailbox on whose behalf bookings are made.
func (e *examination) organizerMailbox(ctx context.Context) outcome {
	if e.organizer == "" {
		return notRun("no organizer is configured, so bookings need --on-behalf-of")
	}
	calendar, err := e.Prober.Calendar(ctx, e.organizer)
	if err != nil {
		return e.mailbox(ctx, e.organizer, "organizer", err)
	}
	e.calendar = &calendar
	if calendar.ReadOnly {
		return failed(providers.Trouble{Mistake: 6, Doc: "6", Class: providers.NotAllowed, Mailbox: e.organizer, What: "the calendar of " + string(e.organizer) + " can be read and not written",
			Where: atPermissions, Change: "add Calendars.ReadWrite under Application permissions and choose Grant admin consent"})
	}
	return passed("the calendar of " + string(e.organizer) + " answers")
}

func (e *examination) testMailbox(ctx context.Context) outcome {
	address, ok := providers.ParseAddress(e.Connection.TestMailbox)
	if !ok || address == e.organizer {
		return notRun("no test mailbox is configured")
	}
	if err := e.read(ctx, address); err != nil {
		o := e.mailbox(ctx, address, "test mailbox", err)
		if o.trouble != nil {
			o.trouble.Partly = true
		}
		return o
	}
	return passed("the calendar of " + string(address) + " answers")
}

// mailbox says why a mailbox of a person cannot be read, while others can.
func (e *examination) mailbox(ctx context.Context, address providers.Address, what string, err error) outcome {
	name := what + " " + string(address)
	switch {
	case refused(err) && e.person():
		return failed(fill(providers.Trouble{Doc: "person", Class: providers.NotAllowed, Partly: true, Mailbox: address, What: name + " is not shared with " + e.Connection.Account,
			Where: "Outlook > Calendar > Sharing and permissions", Change: "its owner, or for a room an administrator, shares it there"}, err))
	case refused(err):
		return e.outsidePolicy(ctx, address, name, err)
	case absent(err):
		o := e.noMailbox(ctx, address, name, err)
		if e.elsewhere(ctx, address, o.trouble) {
			return e.livesThere(address)
		}
		return o
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// outsidePolicy looks again at a mailbox that was refused: an answer that changes
// is a policy on its way.
func (e *examination) outsidePolicy(ctx context.Context, address providers.Address, name string, err error) outcome {
	for range looks {
		if e.Wait(ctx, lookPause) != nil {
			break
		}
		if again := e.Prober.CanRead(ctx, address); again == nil {
			e.tried[address] = nil
			return waiting(fill(providers.Trouble{Mistake: 10, Doc: "10", Class: providers.NotAllowed, Partly: true, Mailbox: address,
				What:   name + " is refused at one moment and open at the next: an access policy or role scope was changed and is still spreading",
				Change: "wait half an hour, seldom two hours, and try again", Again: e.Now().Add(spreading / 4)}, err))
		}
	}
	return failed(fill(providers.Trouble{Mistake: 9, Doc: "9", Class: providers.NotAllowed, Mailbox: address,
		What: "an access policy or role scope of the application leaves out " + name + ", while other mailboxes are open", Where: atExchange,
		Change: "add it to the policy's group or to the scope: Test-ApplicationAccessPolicy -AppId " + e.Connection.ClientID + " -Identity " + string(address) + " names the policy"}, err))
}

// noMailbox says why an address has no mailbox that Graph reaches.
func (e *examination) noMailbox(ctx context.Context, address providers.Address, name string, err error) outcome {
	t := providers.Trouble{Class: providers.NoMailbox, Mailbox: address}
	account, accountErr := e.Prober.Account(ctx, address)
	switch {
	case absent(accountErr):
		t.Doc, t.What, t.Where, t.Change = "mailbox", "there is no account "+string(address)+" in the tenant", atConfig, "correct the address of the "+name
	case accountErr != nil:
		t.Mistake, t.Doc, t.What = 12, "12", name+" has no mailbox in the cloud: its licence is missing"
		t.Or, t.Where, t.Change = "its mailbox is on premises", atLicences, "assign a licence with Exchange Online"
	case account.Guest:
		t.Doc, t.What, t.Where, t.Change = "mailbox", name+" is a guest, whose mailbox is elsewhere", atConfig, "name a mailbox of this tenant"
	case !account.Exchange:
		t.Mistake, t.Doc, t.What = 12, "12", name+" has an account but no licence for a mailbox"
		t.Where, t.Change = atLicences, "assign a licence with Exchange Online"
		if account.Synced {
			t.Or = "its mailbox is on premises: then it needs an Exchange connection"
		}
	default:
		t.Mistake, t.Doc, t.What = 11, "11", name+" has a licence and no mailbox in the cloud: it is on premises"
		t.Or, t.Where, t.Change = "the licence is new and the mailbox not made yet", "Exchange admin center > Migration", "move it to the cloud, or name another mailbox"
	}
	return failed(fill(t, err))
}

// teams looks whether the organiser can make Teams meetings.
func (e *examination) teams(ctx context.Context) outcome {
	if e.calendar == nil {
		return notRun("needs organizer")
	}
	if e.calendar.IntegratedConferencing {
		return passed(string(e.organizer) + " can make Teams meetings")
	}
	t := providers.Trouble{Mistake: 16, Doc: "16", Class: providers.Unsupported, Partly: true, Mailbox: e.organizer, Where: atLicences,
		What: "the organizer " + string(e.organizer) + " cannot make Teams meetings: bookings with Teams come without a link", Change: "assign a licence with Teams"}
	account, err := e.Prober.Account(ctx, e.organizer)
	switch {
	case err == nil && account.Teams:
		t.What = "the organizer " + string(e.organizer) + " has a Teams licence and cannot make Teams meetings: a policy switches them off"
		t.Where, t.Change = "admin.teams.microsoft.com > Meetings > Meeting policies", "switch Outlook add-in and meeting scheduling on for the organizer"
		t.Or = "the licence is new: then wait a day"
	case err != nil:
		t.Or = "a meeting policy of the tenant switches them off"
	}
	return failed(t)
}

// outside proves a limit from the other side: this mailbox must be refused.
func (e *examination) outside(ctx context.Context) outcome {
	if e.Outside == "" {
		return notRun("no mailbox is named that must be refused (--outside)")
	}
	err := e.Prober.CanRead(ctx, e.Outside)
	switch {
	case err == nil:
		return failed(providers.Trouble{Doc: "limit", Class: providers.NotAllowed, Partly: true, Mailbox: e.Outside,
			What: fmt.Sprintf("%s can be read although it should be outside: the limit does not hold", e.Outside), Where: atPermissions,
			Change: "take the unlimited Calendars permission away there, for it is added to what the scope allows; or leave the mailbox out of the policy's group"})
	case refused(err):
		return passed(string(e.Outside) + " is refused, as it should be")
	case absent(err):
		return notRun(string(e.Outside) + " has no mailbox, which proves nothing: name another")
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// exchange asks whether Exchange Web Services answer, while Graph does.
func (e *examination) exchange(ctx context.Context) outcome {
	if e.Exchange == "" {
		return notRun("not asked for (--exchange URL)")
	}
	status, err := e.Prober.Exchange(ctx, e.Exchange)
	switch {
	case err != nil:
		if o, ok := e.common(err); ok {
			return o
		}
		return unknown(err)
	case status == 403:
		return failed(providers.Trouble{Mistake: 20, Doc: "20", Class: providers.NotAllowed, Partly: true, Status: status,
			What: "the tenant blocks Exchange Web Services, while Graph works", Where: atExchange,
			Change: "use Graph, which this connection does; until 2027-04-01 Set-OrganizationConfig -EwsEnabled $true with the application on its allow list opens it"})
	case status == 401:
		return passed("Exchange Web Services ask for a sign-in, so they are open")
	case status >= 200 && status < 300:
		return passed("Exchange Web Services answer")
	}
	return failed(providers.Trouble{Doc: "unknown", Unknown: true, Partly: true, Status: status, Class: providers.Permanent,
		What: fmt.Sprintf("not known here, as it came: Exchange Web Services answer HTTP %d", status)})
}
