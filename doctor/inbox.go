package doctor

import (
	"context"
	"strings"

	"roomdesk/providers"
)

// inbox proves that mail is out of reach: the inbox of a mailbox whose calendar
// answers must be refused. It is the one question that leaves the calendar folders,
// and is asked only when somebody wants it. Nothing in the folder is listed or read.
func (e *examination) inbox(ctx context.Context) outcome {
	if !e.Inbox {
		return notRun("asks for a mail folder only when asked (--inbox)")
	}
	mailbox, ok := e.open(ctx)
	if !ok {
		return notRun("no mailbox whose calendar answers is known, so a refusal would prove nothing: name one with --mailbox")
	}
	err := e.Prober.Inbox(ctx, mailbox)
	switch {
	case err == nil:
		return failed(e.mailWithin(mailbox))
	case refused(err):
		return passed("the inbox of " + string(mailbox) + " is refused, as it should be, while its calendar answers: mail is out of reach (asked on request; it stands in the audit trail)")
	case absent(err):
		return notRun("there is no inbox in " + string(mailbox) + ", which proves nothing: name another mailbox")
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// open is a mailbox whose calendar answers, so that what is refused there is the
// folder and not the mailbox.
func (e *examination) open(ctx context.Context) (providers.Address, bool) {
	if e.calendar != nil {
		return e.organizer, true
	}
	for _, mailbox := range e.samples() {
		if e.read(ctx, mailbox) == nil {
			return mailbox, true
		}
	}
	return "", false
}

// mailWithin says which permission for mail has to go, and where.
func (e *examination) mailWithin(mailbox providers.Address) providers.Trouble {
	t := providers.Trouble{Doc: "inbox", Class: providers.NotAllowed, Partly: true, Mailbox: mailbox}
	var mail []string
	for _, permission := range e.roles() {
		switch name := strings.ToLower(permission); {
		case strings.HasPrefix(name, "mail."), name == "full_access_as_app", strings.HasPrefix(name, "ews.accessasuser"), strings.HasPrefix(name, "imap."), strings.HasPrefix(name, "pop."):
			mail = append(mail, permission)
		}
	}
	what := "mail can be reached: the inbox of " + string(mailbox) + " answers"
	switch {
	case len(mail) > 0 && e.person():
		t.What, t.Where = what+", because "+strings.Join(mail, " and ")+" is in the token, which roomdesk never needs", atPermissions
		t.Change = "remove " + strings.Join(mail, " and ") + " under Delegated permissions, revoke its consent under Enterprise applications > Permissions, and sign in again"
	case len(mail) > 0:
		t.What, t.Where = what+", because "+strings.Join(mail, " and ")+" is in the token, which roomdesk never needs", atPermissions
		t.Change = "remove " + strings.Join(mail, " and ") + " and its admin consent; within an hour the token is without"
	default:
		t.What, t.Where = what+", though no permission for mail is in the token: it was granted in Exchange (RBAC for Applications)", atExchange
		t.Change = "Get-ManagementRoleAssignment -RoleAssigneeType ServicePrincipal | Where-Object Role -like 'Application Mail*' shows the assignment of " + e.Connection.ClientID + "; Remove-ManagementRoleAssignment takes it away"
	}
	return t
}
