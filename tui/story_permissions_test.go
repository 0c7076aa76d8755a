package tui

import (
	"testing"

	"roomdesk/providers"
)

// C3, C4, L6: the least set follows the ticks at once, beside what is there.
func TestPermissionsOfAConnection(t *testing.T) {
	f := office()
	f.permissions = someRows()
	d := newDriver(t, f, 120, 40)
	d.keys("6", "p")
	d.see("[x] booking")
	d.see("least    Calendars.ReadWrite, Place.Read.All")
	d.see("the lowest level that suffices: restricted")
	d.see("missing, taken away since connecting")
	d.see("extra, added since connecting")
	d.see("is spelt Place.Read.All")
	d.keys("down", "down", "space")
	d.see("[ ] booking")
	d.see("least    Calendars.Read, Place.Read.All")
	d.see("needed")
	d.keys("up", "space", "up", "space")
	d.see("least    none")
	d.see("no calendars are needed")
	if f.permissionsAsked != 1 {
		t.Errorf("the tenant was asked %d times", f.permissionsAsked)
	}
	d.keys("r")
	if f.permissionsAsked != 2 {
		t.Error("r did not ask again")
	}
	f.permissionsErr = &providers.Error{Class: providers.Unreachable}
	d.keys("r")
	d.see("The tenant could not be asked")
	d.see("Mail.Read") // what was seen last stays
	d.keys("esc")
	d.notSee("Permissions of")
}

// C3, C21: over an Exchange server the rights have no token; what is missing is named, with
// the commands that give it, also where the screen is small.
func TestPermissionsOverAnExchangeServer(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		f := office()
		f.exchangeRights("refused")
		d := newDriver(t, f, size[0], size[1])
		d.keys("6", "p")
		d.see("least    mailbox of its own, room lists, ApplicationImpersonation", "refused", "missing", "what is missing is given in the Exchange Management Shell",
			"> New-ManagementScope", "> New-ManagementRoleAssignment", "-CustomRecipientWriteScope 'roomdesk hq'")
		d.notSee("in token", "granted")
		d.keys("s")
		d.see("copied")
		f.exchangeRights("works")
		d.keys("r")
		d.notSee("missing", "New-ManagementScope")
		d.keys("s")
		d.see("nothing is missing that a command gives")
	}
}

// L1, L6: the level, what it allows, what another would, and the mailboxes that allow
// less.
func TestAccessOfAConnection(t *testing.T) {
	f := office()
	f.header.Role = providers.RoleAdministrator
	f.header.Mailboxes = map[providers.Address]providers.Access{"walnut@contoso.com": providers.ProblemAccess("walnut@contoso.com", &providers.Problem{Class: providers.NotAllowed})}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "a")
	d.see("level         full")
	d.see("role          administrator")
	d.see("free-busy   read-only   restricted  full")
	d.see("book          ✓     –           –           ✓           ✓")
	d.see("walnut@contoso.com")
	d.see("none")
	d.see("no events, details, export, book")
	d.keys("esc")

	f.header.Access = providers.FreeBusyAccess
	f.header.Allowed = providers.LevelAccess(providers.FreeBusyAccess)
	d = newDriver(t, f, 120, 40)
	d.keys("6", "a")
	d.see("book          –     –           –           ✓           ✓")
	d.see("rooms         ✓     ✓           ✓           ✓")
	d.see("shows free/busy only and cannot write")
}
