package exchange

import (
	"strings"
)

// impersonate reads the header ExchangeImpersonation: who may act as whom.
func (c *Call) impersonate() *Error {
	sid := c.envelope.find("s:Header", "t:ExchangeImpersonation", "t:ConnectingSID")
	if sid == nil {
		if c.who.app != "" && c.who.person.Address == "" {
			return &Error{Code: "ErrorImpersonationFailed", Message: "ExchangeImpersonation SOAP header must be present for this type of OAuth token."}
		}
		return nil
	}
	named := onlyChild(sid)
	if named == nil || named.value() == "" {
		return fail("ErrorInvalidExchangeImpersonationHeaderData")
	}
	if named.name == "t:SID" {
		return notModelled("impersonation by SID")
	}
	switch {
	case c.who.app != "" && c.who.person.Address != "": // a person's token is that person
		return fail("ErrorImpersonationDenied")
	case c.who.app == "" && (!c.who.service || !c.settings.Impersonation):
		return fail("ErrorImpersonationDenied")
	}
	p, ok := c.s.model.Find(named.value())
	if !ok || named.name == "t:PrincipalName" && !strings.EqualFold(p.UPN, named.value()) || named.name == "t:PrimarySmtpAddress" && !strings.EqualFold(p.Address, named.value()) {
		return fail("ErrorNonExistentMailbox")
	}
	if c.who.app != "" && !c.s.model.Allowed(c.who.app, p.Address) || c.who.app == "" && c.settings.Scope != nil && !names(c.settings.Scope, p.Address) {
		return fail("ErrorImpersonateUserDenied")
	}
	if err := c.reachable(p); err != nil {
		return err
	}
	c.acting, c.Mailbox = &p, p.Address
	return nil
}

// reachable reports what keeps this server from opening a mailbox.
func (c *Call) reachable(p Principal) *Error {
	home := p.Home
	switch c.Disturb.Mailbox {
	case "moved":
		home = Moving
	case "onprem":
		return fail("ErrorNonExistentMailbox")
	case "soft_deleted", "unlicensed", "guest", "renamed":
		home = Nowhere
	}
	switch {
	case home == Nowhere, p.Kind == RoomList:
		return fail("ErrorNonExistentMailbox")
	case home == Moving:
		return fail("ErrorMailboxMoveInProgress")
	case home == Disabled && c.who.person.Address == p.Address:
		return fail("ErrorAccountDisabled")
	case p.OnPremises != c.settings.OnPremises:
		return fail("ErrorNonExistentMailbox")
	}
	return nil
}

// self is the mailbox that the caller acts as; ok is false for a service account
// without impersonation that has none.
func (c *Call) self() (Principal, bool) {
	switch {
	case c.acting != nil:
		return *c.acting, true
	case c.who.service:
		return c.own()
	}
	return c.who.person, c.who.person.Address != ""
}

// role is what the caller may do with a mailbox's calendar.
func (c *Call) role(p Principal) Role {
	if self, ok := c.self(); ok && (!c.who.service || c.acting != nil || c.isOwn(p)) {
		if strings.EqualFold(self.Address, p.Address) {
			return Owner
		}
		return c.s.model.RoleOf(p.Address, self.Address)
	}
	for address, word := range c.settings.Permissions {
		if strings.EqualFold(address, p.Address) {
			return permissionRoles[strings.ToLower(word)]
		}
	}
	return c.s.model.RoleOf(p.Address, "")
}

// wholeMailbox reports whether the caller sees other folders than the calendar.
func (c *Call) wholeMailbox(p Principal) bool {
	self, ok := c.self()
	if !ok || !strings.EqualFold(self.Address, p.Address) {
		return false
	}
	return c.acting == nil || !names(c.settings.CalendarOnly, p.Address)
}

func (r Role) reads() bool  { return r >= Reviewer }
func (r Role) writes() bool { return r >= Editor }

// rights writes what the caller may do; item is about one item rather than the
// folder.
func (w *writer) rights(r Role, item bool) {
	w.start("t:EffectiveRights")
	w.flag("t:CreateAssociated", !item && r == Owner)
	w.flag("t:CreateContents", !item && r.writes())
	w.flag("t:CreateHierarchy", !item && r == Owner)
	w.flag("t:Delete", item && r.writes())
	w.flag("t:Modify", r.writes())
	w.flag("t:Read", r.reads())
	w.flag("t:ViewPrivateItems", r >= DelegatePrivate)
	w.end()
}

// sharing is the word of SharingEffectiveRights for a role.
func (r Role) sharing() string {
	switch {
	case r.reads():
		return "FullDetails"
	case r == FreeBusyDetails:
		return "TimeAndSubjectAndLocation"
	case r == FreeBusyTime:
		return "TimeOnly"
	}
	return "None"
}
