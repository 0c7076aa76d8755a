package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// area is the part of the service that an operation belongs to: each words a
// missing permission in its own way.
type area uint8

const (
	directoryArea area = iota
	mailboxArea
	placesArea
)

// permission is what one operation asks of its caller.
type permission struct {
	methods string // blank separated
	// path is the operation's, in lower case, without type prefixes and brackets;
	// "*" stands for one segment and a last "**" for any number of them.
	path string
	area area
	// application and delegated are the least privileged permissions; those that
	// include them do too. "" is unsupported in that way of signing in, anyone is
	// no permission at all.
	application, delegated string
	// role is the directory role that a person needs beside the permission.
	role string
}

const anyone = "-"

// Least privileged permissions for calendars.
const (
	basicCalendars = "Calendars.ReadBasic"
	viewCalendars  = "Calendars.Read"
	editCalendars  = "Calendars.ReadWrite"
)

// permissions is the one place where the tenant says who may do what. The least
// privileged permissions are those of the published contract's x-permissions. What
// can be done to a mailbox's default calendar, to one by id and to the mailbox
// itself is listed once: see [calendarPath].
var permissions = [...]permission{
	{"POST", "$batch", directoryArea, anyone, anyone, ""},
	{"GET", "organization", directoryArea, "Organization.Read.All", "User.Read", ""},
	{"GET", "organization/*", directoryArea, "Organization.Read.All", "User.Read", ""},
	{"POST", "directoryobjects/getbyids", directoryArea, "Directory.Read.All", "User.ReadBasic.All", ""},
	{"GET", "serviceprincipals/**", directoryArea, "Application.Read.All", "Application.Read.All", ""},

	{"GET", "me", directoryArea, "", "User.Read", ""},
	{"GET", "users", directoryArea, "User.ReadBasic.All", "User.ReadBasic.All", ""},
	{"GET", "users/delta", directoryArea, "User.Read.All", "User.Read.All", ""},
	{"GET", "users/*", directoryArea, "User.Read.All", "User.ReadBasic.All", ""},
	{"GET", "users/*/outlook/supportedtimezones", directoryArea, "User.Read.All", "User.Read", ""},
	{"GET", "users/*/mailboxsettings/**", mailboxArea, "MailboxSettings.Read", "MailboxSettings.Read", ""},
	{"PATCH", "users/*/mailboxsettings", mailboxArea, "MailboxSettings.ReadWrite", "MailboxSettings.ReadWrite", ""},
	{"POST", "users/*/findmeetingtimes", mailboxArea, "", "Calendars.Read.Shared", ""},

	{"GET", "users/*/calendars", mailboxArea, basicCalendars, basicCalendars, ""},
	{"POST", "users/*/calendars", mailboxArea, editCalendars, editCalendars, ""},
	{"GET", "users/*/calendar", mailboxArea, basicCalendars, basicCalendars, ""},
	{"PATCH DELETE", "users/*/calendar", mailboxArea, editCalendars, editCalendars, ""},
	{"GET", "users/*/calendar/calendarpermissions/**", mailboxArea, viewCalendars, viewCalendars, ""},
	{"POST PATCH DELETE", "users/*/calendar/calendarpermissions/**", mailboxArea, editCalendars, editCalendars, ""},
	{"POST", "users/*/calendar/getschedule", mailboxArea, basicCalendars, basicCalendars, ""},
	{"GET", "users/*/calendar/calendarview", mailboxArea, basicCalendars, basicCalendars, ""},
	{"GET", "users/*/calendar/calendarview/delta", mailboxArea, viewCalendars, viewCalendars, ""},
	{"GET", "users/*/calendar/events", mailboxArea, basicCalendars, basicCalendars, ""},
	{"POST", "users/*/calendar/events", mailboxArea, editCalendars, editCalendars, ""},
	{"GET", "users/*/calendar/events/**", mailboxArea, basicCalendars, basicCalendars, ""},
	{"POST PATCH DELETE", "users/*/calendar/events/**", mailboxArea, editCalendars, editCalendars, ""},

	{"GET", "users/*/mailfolders/**", mailboxArea, basicMail, basicMail, ""},
	{"GET", "users/*/messages/**", mailboxArea, basicMail, basicMail, ""},
	{"POST PATCH DELETE", "users/*/mailfolders/**", mailboxArea, "Mail.ReadWrite", "Mail.ReadWrite", ""},
	{"POST PATCH DELETE", "users/*/messages/**", mailboxArea, "Mail.ReadWrite", "Mail.ReadWrite", ""},
	{"POST", "users/*/sendmail", mailboxArea, "Mail.Send", "Mail.Send", ""},

	{"GET", "places/**", placesArea, "Place.Read.All", "Place.Read.All", ""},
	{"POST", "places/*/checkins", placesArea, "", editCalendars, ""},
	{"POST PATCH DELETE", "places/**", placesArea, "", "Place.ReadWrite.All", exchangeAdministrator},

	{"GET POST PATCH DELETE", "subscriptions/**", mailboxArea, viewCalendars, viewCalendars, ""},
}

// includes names, for a permission, the others that hold it within them.
var includes = map[string][]string{
	"Calendars.ReadBasic":   {"Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite", "Calendars.Read.Shared", "Calendars.ReadWrite.Shared"},
	"Calendars.Read":        {"Calendars.ReadWrite", "Calendars.Read.Shared", "Calendars.ReadWrite.Shared"},
	"Calendars.ReadWrite":   {"Calendars.ReadWrite.Shared"},
	"Calendars.Read.Shared": {"Calendars.ReadWrite.Shared"},
	"Mail.ReadBasic":        {"Mail.ReadBasic.All", "Mail.Read", "Mail.ReadWrite"},
	"Mail.Read":             {"Mail.ReadWrite"},
	"MailboxSettings.Read":  {"MailboxSettings.ReadWrite"},
	"Organization.Read.All": {"Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	"Place.Read.All":        {"Place.ReadWrite.All"},
	"Application.Read.All":  {"Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	"Directory.Read.All":    {"Directory.ReadWrite.All"},
	"User.Read":             {"User.ReadWrite", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	"User.ReadBasic.All":    {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	"User.Read.All":         {"User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}

// Directory roles by their template id, as tokens carry them in wids.
const (
	exchangeAdministrator = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	globalAdministrator   = "62e90394-69f5-4237-9190-012177145e10"
)

// holds reports whether a list of permissions has the wanted one or one that
// includes it.
func holds(have []string, want string) bool {
	return want == anyone || slices.Contains(have, want) ||
		slices.ContainsFunc(includes[want], func(wider string) bool { return slices.Contains(have, wider) })
}

// permissionOf finds what an operation needs; names are the segments of its path
// as [call.name] gives them.
func permissionOf(method string, names []string) (permission, bool) {
	names = calendarPath(names)
	for _, p := range permissions {
		if matchOperation(p.path, names) && slices.Contains(strings.Fields(p.methods), method) {
			return p, true
		}
	}
	return permission{}, false
}

// calendarPath writes the three ways to a calendar as one:
// users/x/calendars/y/events, users/x/calendar/events and users/x/events.
func calendarPath(names []string) []string {
	if len(names) < 3 || names[0] != "users" {
		return names
	}
	switch names[2] {
	case "calendars":
		if len(names) > 3 {
			return slices.Concat(names[:2], []string{"calendar"}, names[4:])
		}
	case "events", "calendarview":
		return slices.Concat(names[:2], []string{"calendar"}, names[2:])
	}
	return names
}

func matchOperation(pattern string, names []string) bool {
	for i := 0; ; i++ {
		want, rest, more := strings.Cut(pattern, "/")
		switch {
		case want == "**":
			return true
		case i >= len(names):
			return false
		case want != "*" && want != names[i]:
			return false
		case !more:
			return i == len(names)-1
		case rest == "**" && i == len(names)-1:
			return true
		}
		pattern = rest
	}
}

// authorize refuses a caller who lacks the operation's permission, or who asks
// for a mailbox that is not shared with him. What is in no row of the table is
// left to the routes, which do not know it either.
func (c *call) authorize() *problem {
	if c.name(0) == "me" && c.claims.Delegated() { // a person whom the tenant does not know
		if c.depth() == 1 {
			return &problem{http.StatusNotFound, "Request_ResourceNotFound", "Resource '" + c.claims.ObjectID + "' does not exist or one of its queried reference-property objects are not present."}
		}
		return &problem{http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."}
	}
	if c.name(0) == "me" {
		return bad("BadRequest", "/me request is only valid with delegated authentication flow.")
	}
	names := make([]string, c.depth())
	for i := range names {
		names[i], _, _ = strings.Cut(c.name(i), "(")
	}
	p, ok := permissionOf(c.method, names)
	if !ok {
		return nil
	}
	c.permitted = true
	if !c.claims.Delegated() {
		if p.application == "" || !holds(c.claims.Roles, p.application) {
			return p.denied(p.application)
		}
		if p.area == mailboxArea && c.mailbox != nil && c.t.policy.refuses(c, c.mailbox) {
			return blockedByPolicy
		}
		return nil
	}
	scopes := strings.Fields(c.claims.Scope)
	user := c.user()
	if p.path == "users/*" && user != nil && user == c.mailbox {
		p.delegated = "User.Read" // everybody may read oneself
	}
	switch {
	case p.delegated == "" || !holds(scopes, p.delegated):
		return p.denied(p.delegated)
	case p.role != "" && !c.claims.HasRole(p.role) && !c.claims.HasRole(globalAdministrator):
		return p.denied("")
	case p.area == mailboxArea && c.mailbox != nil && c.mailbox != user:
		return c.authorizeShared(p, scopes)
	}
	return nil
}

// covered lets an answer through only if the table of permissions had a row for
// the operation. Without one it would be open to everybody: a mistake of ours.
func (c *call) covered(a answer) answer {
	if a.status < http.StatusMultipleChoices && !c.permitted {
		return c.fail(http.StatusInternalServerError, "generalException", "The operation stands in no row of the table of permissions.")
	}
	return a
}

// authorizeShared decides about a person who asks for another's mailbox: it needs
// the permission's form for shared calendars and the owner's share.
func (c *call) authorizeShared(p permission, scopes []string) *problem {
	switch p.delegated {
	case basicCalendars, viewCalendars, "Calendars.Read.Shared":
		if holds(scopes, "Calendars.Read.Shared") && c.mayRead(c.mailbox) {
			return nil
		}
	case editCalendars:
		if holds(scopes, "Calendars.ReadWrite.Shared") && c.mayWrite(c.mailbox) {
			return nil
		}
	}
	return p.denied("")
}

// denied is the refusal in the words of the part of the service.
func (p permission) denied(lacking string) *problem {
	switch p.area {
	case mailboxArea:
		return &problem{http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again."}
	case placesArea:
		message := "Access to Places is denied."
		if lacking != "" {
			message += " The token lacks the role " + lacking + "."
		}
		return &problem{http.StatusForbidden, "ErrorAccessDenied", message}
	case directoryArea:
	}
	return &problem{http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."}
}
