package ews_test

import (
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// A server that demands Extended Protection is signed in to: the answer to its challenge
// is bound to the TLS connection. It checks that with code of its own.
func TestExtendedProtection(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 2, People: 2, Seed: 7})
	organizer := providers.Address(tenant.Endpoints().Organizer)
	for _, required := range []bool{false, true} {
		settings, _ := tenant.ExchangeSettings()
		settings.ChannelBinding, settings.Basic = required, false
		if err := tenant.SetExchange(settings); err != nil {
			t.Fatal(err)
		}
		p := connect(t, tenant, nil)
		for range 3 {
			if _, err := p.Calendars(t.Context(), organizer); err != nil {
				t.Errorf("binding required %v: %v", required, err)
			}
		}
	}
}
