package doctor

import (
	"slices"
	"strings"

	"roomdesk/providers"
)

// ImpersonationCommand lets an account act for all rooms, in the Exchange Management
// Shell: a management scope and the role ApplicationImpersonation within it.
func ImpersonationCommand(connection, account string) string {
	return strings.Join(ImpersonationCommands(connection, account, Limit{}, nil), "; ")
}

// ImpersonationCommands limit an account to all rooms, some mailboxes, and those that are
// inside; what is outside is left out. Every value is quoted: none of them can become
// a command (Microsoft's page "How to: Configure impersonation").
func ImpersonationCommands(connection, account string, l Limit, mailboxes []providers.Address) []string {
	name := PowerShell("roomdesk " + connection)
	first := providers.Address("")
	var rest []LimitCheck
	for _, mailbox := range mailboxes {
		if first == "" {
			first = mailbox
		} else {
			rest = append(rest, LimitCheck{Mailbox: mailbox, Inside: true})
		}
	}
	l.Checks = slices.Concat(rest, l.Checks)
	return []string{
		"New-ManagementScope -Name " + name + " -RecipientRestrictionFilter " + PowerShell(recipientFilter(l, first)),
		"New-ManagementRoleAssignment -Name " + name + " -Role 'ApplicationImpersonation' -User " + PowerShell(account) + " -CustomRecipientWriteScope " + name,
	}
}
