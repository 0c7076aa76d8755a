package doctor

import (
	"context"
	"slices"
	"strings"

	"roomdesk/providers"
)

// Kinds of limits to some mailboxes.
const (
	LimitNone    = "none"                      // whoever is asked answers
	LimitPolicy  = "application access policy" // the old way: takes away from a grant
	LimitRBAC    = "RBAC for Applications"     // grants in Exchange, to a scope
	LimitUnknown = "not known"
)

// LimitCheck is one mailbox at which a limit was tried.
type LimitCheck struct {
	Mailbox providers.Address
	Inside  bool // it must be open; else it must be refused
	// Result is "open", "refused", "changing", "no mailbox" or "not known".
	Result string
	Err    error // what kept it from being known
}

// Holds reports whether the mailbox answered as it must.
func (c LimitCheck) Holds() bool {
	return c.Inside && c.Result == "open" || !c.Inside && c.Result == "refused"
}

// Limit is what was found of a limit to some mailboxes.
type Limit struct {
	Checks []LimitCheck
	Kind   string
	Why    string // by what the kind was told; safe to show
	// Again says how long a change takes to hold, where one seems to spread.
	Again string
}

// limitTries are how often each mailbox is asked: while a change spreads, Exchange's
// servers answer in turn by the old and the new limit.
const limitTries = 3

// ProveLimit asks live, at mailboxes inside and outside of a limit.
func ProveLimit(ctx context.Context, p Reader, token providers.TokenSeen, inside, outside []providers.Address) (Limit, error) {
	var l Limit
	if err := l.try(providers.WithPriority(ctx, providers.Interactive), p, inside, outside); err != nil {
		return l, err
	}
	l.conclude(token)
	return l, nil
}

// try asks each mailbox several times.
func (l *Limit) try(ctx context.Context, p interface {
	CanRead(ctx context.Context, mailbox providers.Address) error
}, inside, outside []providers.Address) error {
	for _, side := range []struct {
		inside    bool
		mailboxes []providers.Address
	}{{true, inside}, {false, outside}} {
		for _, mailbox := range side.mailboxes {
			check := LimitCheck{Mailbox: mailbox, Inside: side.inside}
			for n := range limitTries {
				result, err := limitResult(p.CanRead(ctx, mailbox))
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if n > 0 && result != check.Result {
					result = "changing"
				}
				if check.Result, check.Err = result, err; result == "changing" || result == "not known" {
					break
				}
			}
			l.Checks = append(l.Checks, check)
		}
	}
	return nil
}

func limitResult(err error) (string, error) {
	switch {
	case err == nil:
		return "open", nil
	case refused(err):
		return "refused", nil
	case absent(err):
		return "no mailbox", nil
	}
	return "not known", err
}

// conclude tells the kind of limit by evidence of its own: grants add up, so that a
// mailbox which is refused although the token holds the permission was taken away by a
// policy; and one which is open without the permission in the token was granted in
// Exchange.
func (l *Limit) conclude(token providers.TokenSeen) {
	have := func(result string) bool {
		return slices.ContainsFunc(l.Checks, func(c LimitCheck) bool { return c.Result == result })
	}
	inToken := slices.ContainsFunc(token.Roles, func(role string) bool { return strings.HasPrefix(strings.ToLower(role), "calendars.") })
	switch {
	case have("changing"):
		l.Again = "a change is spreading: an access policy takes up to 30 minutes, a role of RBAC for Applications up to 2 hours; Test-ServicePrincipalAuthorization does not wait for it"
		fallthrough
	case have("refused") && inToken:
		l.Kind, l.Why = LimitPolicy, "a mailbox is refused although the token holds an unlimited permission: RBAC for Applications only adds to it, an application access policy takes away"
		if !inToken {
			l.Kind, l.Why = LimitRBAC, "the token holds no permission for calendars, and some answer"
		}
	case have("open") && !inToken:
		l.Kind, l.Why = LimitRBAC, "the token holds no permission for calendars, and some answer: it comes from Exchange"
	case have("open"):
		l.Kind, l.Why = LimitNone, "whoever was asked answers, and the token holds an unlimited permission"
	default:
		l.Kind, l.Why = LimitUnknown, "no mailbox answered"
	}
}

// LimitCommands set a limit up with RBAC for Applications, in Exchange Online
// PowerShell (Microsoft's page "Role Based Access Control for Applications in Exchange
// Online"), and try it; where an application access policy holds they show that too.
// Every value is quoted: none of them can become a command.
func LimitCommands(l Limit, token providers.TokenSeen, connection, clientID string, organizer providers.Address, features []string) []string {
	scope := PowerShell("roomdesk " + connection)
	app := PowerShell(clientID)
	object := "OBJECT-ID"
	out := []string{"Connect-ExchangeOnline"}
	if token.ObjectID != "" {
		object = PowerShell(token.ObjectID)
	} else {
		out = append(out, "# OBJECT-ID is that of Enterprise applications, not of App registrations.")
	}
	if l.Kind == LimitPolicy {
		out = append(out, "# An application access policy, the older way, limits it now:",
			"Get-ApplicationAccessPolicy | Where-Object { $_.AppId -eq "+app+" } | Format-List")
		for _, c := range l.Checks {
			out = append(out, "Test-ApplicationAccessPolicy -AppId "+app+" -Identity "+PowerShell(string(c.Mailbox)))
		}
		out = append(out, "# RBAC for Applications in its place:")
	}
	role := "Application Calendars.Read"
	if slices.Contains(features, "booking") {
		role = "Application Calendars.ReadWrite"
	}
	name := token.AppName.Or("")
	if name == "" {
		name = "roomdesk"
	}
	out = append(out,
		"New-ServicePrincipal -AppId "+app+" -ObjectId "+object+" -DisplayName "+PowerShell(name),
		"New-ManagementScope -Name "+scope+" -RecipientRestrictionFilter "+PowerShell(recipientFilter(l, organizer)),
		"New-ManagementRoleAssignment -App "+app+" -Role "+PowerShell(role)+" -CustomResourceScope "+scope)
	tried := []providers.Address{}
	for _, c := range l.Checks {
		if !slices.Contains(tried, c.Mailbox) {
			tried = append(tried, c.Mailbox)
			out = append(out, "Test-ServicePrincipalAuthorization -Identity "+app+" -Resource "+PowerShell(string(c.Mailbox)))
		}
	}
	return append(out, "# Last, in Entra: API permissions > take the unlimited Calendars.* away. Grants add up: while it is there, the scope limits nothing.")
}

// recipientFilter holds all rooms, the organizer and what must be inside, and leaves
// out what must be outside.
func recipientFilter(l Limit, organizer providers.Address) string {
	in, out := []string{"(RecipientTypeDetails -eq 'RoomMailbox')"}, ""
	add := func(mailbox providers.Address) {
		if text := "(PrimarySmtpAddress -eq " + filterText(string(mailbox)) + ")"; mailbox != "" && !slices.Contains(in, text) {
			in = append(in, text)
		}
	}
	add(organizer)
	for _, c := range l.Checks {
		if c.Inside {
			add(c.Mailbox)
			continue
		}
		if text := " -and (PrimarySmtpAddress -ne " + filterText(string(c.Mailbox)) + ")"; !strings.Contains(out, text) {
			out += text
		}
	}
	return "(" + strings.Join(in, " -or ") + ")" + out
}
