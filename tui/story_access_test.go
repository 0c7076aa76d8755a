package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// L5, P7, P11, S17: what is not allowed is said before anything is filled in.
func TestKeysSayWhatIsNotAllowed(t *testing.T) {
	const organizer = providers.Address("adele@contoso.com")
	refusing := func(why *providers.Problem, calendars ...providers.Calendar) map[providers.Address]providers.Access {
		return map[providers.Address]providers.Access{organizer: providers.ProblemAccess(organizer, why).With(providers.CalendarAccess(organizer, calendars))}
	}
	for name, c := range map[string]struct {
		set func(h *Header)
		why string
	}{
		"reading only": {func(h *Header) {
			h.Allowed = providers.ConnectionAccess(providers.Capabilities{Access: providers.FullAccess, Teams: true, WriteWhy: providers.Outside("grant Calendars.ReadWrite")})
		}, "grant Calendars.ReadWrite"},
		"outside": {func(h *Header) { h.Mailboxes = refusing(&providers.Problem{Class: providers.NotAllowed}) }, "outside the mailboxes that this connection may use"},
		"read-only calendar": {func(h *Header) {
			h.Mailboxes = refusing(nil, providers.Calendar{Default: true, ReadOnly: true, IntegratedConferencing: true})
		}, "is read-only"},
	} {
		t.Run(name, func(t *testing.T) {
			f := office()
			c.set(&f.header)
			d := newDriver(t, f, 140, 40)
			d.keys("b")
			d.see(c.why)
			d.notSee("Book Aalto")
			d.keys("esc", "3")
			for _, key := range []string{"+", "m", "c"} {
				d.keys("esc", "3", key)
				d.see(c.why)
			}
			if len(d.ws.booked)+len(d.ws.cancels)+len(d.ws.wishes) > 0 {
				t.Error("something was sent")
			}
		})
	}
}

// P7: without Teams the form begins without, and says why.
func TestTeamsSwitchedOff(t *testing.T) {
	f := office()
	f.header.Mailboxes = map[providers.Address]providers.Access{"adele@contoso.com": providers.CalendarAccess("adele@contoso.com", []providers.Calendar{{Default: true}})}
	d := newDriver(t, f, 120, 40)
	d.keys("b")
	d.see("no · the calendar of adele@contoso.com does not offer Teams")
	d.keys("ctrl+t")
	d.see("Teams: the calendar of adele")
	d.keys("enter")
	if len(d.ws.booked) != 1 || d.ws.booked[0].Teams {
		t.Errorf("sent %+v", d.ws.booked)
	}
}

// C19: what a role leaves out is said before anything is filled in, and who is no
// administrator cannot open Connections by any way.
func TestRolesInKeys(t *testing.T) {
	for _, c := range []struct {
		role  providers.Role
		write string
		six   bool
	}{{providers.RoleViewer, "your role is viewer: you may look, not book or change", false}, {providers.RoleBooker, "", false}, {providers.RoleAdministrator, "", true}} {
		t.Run(string(c.role), func(t *testing.T) {
			f := office()
			f.header.Role = c.role
			d := newDriver(t, f, 140, 40)
			d.keys("b")
			if c.write == "" {
				d.see("Book Aalto")
				d.keys("esc")
			} else {
				d.see(c.write)
				for _, key := range []string{"+", "m", "c"} {
					d.keys("esc", "3", key)
					d.see(c.write)
				}
				d.keys("esc", "1", "o")
				d.see(c.write)
			}
			if d.keys("esc", "5", "6"); (d.m.view == viewConnections) != c.six {
				t.Errorf("6 shows %s", d.m.view.title())
			}
			if d.keys("esc", "5", "tab"); (d.m.view == viewConnections) != c.six {
				t.Errorf("tab shows %s", d.m.view.title())
			}
			if d.keys("esc", "1", "shift+tab"); (d.m.view == viewConnections) != c.six {
				t.Errorf("shift+tab shows %s", d.m.view.title())
			}
			d.keys("esc", "1")
			at := d.m.tabs.columns[viewConnections]
			d.send(tea.MouseClickMsg{X: at[0], Button: tea.MouseLeft})
			if (d.m.view == viewConnections) != c.six {
				t.Errorf("a click shows %s", d.m.view.title())
			}
			if !c.six {
				d.see("connections are an administrator's")
			}
			if len(d.ws.booked)+len(d.ws.cancels)+len(d.ws.wishes) > 0 {
				t.Error("something was sent")
			}
		})
	}
}
