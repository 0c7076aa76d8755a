package tui

import "testing"

// P14: applications' and people's connections stand beside each other, each with its kind,
// identity, what was granted, and its last use.
func TestP14BothKindsOfConnections(t *testing.T) {
	f := office()
	f.connections[1].Granted = []string{"Calendars.ReadWrite", "Place.Read.All"}
	f.connections = append(f.connections, ConnectionRow{Name: "mine", Provider: "Graph", Tenant: "fabrikam.com", Identity: "adele@fabrikam.com", Kind: "individual", Keystore: "keyring", Credential: "present", Healthy: true, Granted: []string{"Calendars.Read"}})
	d := newDriver(t, f, 120, 40)
	d.keys("6")
	d.see("kind", "enterprise", "individual", "roomdesk facilities", "adele@fabrikam.com")
	d.keys("down", "enter")
	d.see("enterprise", "granted", "Calendars.ReadWrite, Place.Read.All", "last use", "Wed 18 Nov")
	d.keys("esc", "down", "enter")
	d.see("individual", "granted", "Calendars.Read (when it was connected", "never")
	d.keys("esc", "r")
	d.see("a person's connection has nothing to exchange")
}
