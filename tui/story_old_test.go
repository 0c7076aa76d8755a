package tui

import (
	"testing"
	"time"
)

// oldConnection is one over an API that is no more.
func oldConnection() ConnectionRow {
	return ConnectionRow{Name: "lobby", Provider: "legacy", Tenant: "contoso.com", Identity: "account desk@contoso.com", Kind: "enterprise", Keystore: "none", Credential: "migrate or remove it", Healthy: true,
		Old: &OldConnection{Mechanism: "Office 365 API", Imported: fakeNow().Add(-50 * time.Hour), Migrate: "roomdesk import migrate lobby", Remove: "roomdesk import remove lobby"}}
}

// P16: an old connection stands in the list with what can be done, and every other key says
// why it does nothing.
func TestOldConnectionsAreShownWithWhatToDo(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		f := office()
		f.connections = append(f.connections, oldConnection())
		d := newDriver(t, f, size[0], size[1])
		d.keys("6", "down", "down")
		d.see("lobby", "legacy", "◐ migrate or remove it")
		for _, key := range []string{"t", "p", "d", "l", "r", "x", "o"} {
			d.keys(key)
			d.see("lobby is over an API that is no more: enter says")
			d.keys("esc")
		}
		d.keys("enter")
		d.see("Office 365 API, which is no more", "contoso.com", "account desk@contoso.com", "imported      Tue 17 Nov 2026", "roomdesk import migrate", "roomdesk import remove lobby")
		d.notSee("never: t tests it", "roomdesk disconnect")
	}
}
