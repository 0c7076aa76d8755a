package ews_test

import (
	"testing"
	"testing/synctest"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
)

// F-071, F-081: a sign-in that the network breaks off at any of its steps is no wrong
// password: the account is not locked out, and the question is asked again.
func TestABrokenSignInIsNoWrongPassword(t *testing.T) {
	for name, broken := range map[string]simulator.Fault{"before": {ResetBefore: true}, "lost": {CommitThen: "reset"}} {
		for step := 1; step <= 3; step++ {
			synctest.Test(t, func(t *testing.T) {
				network := &providertest.Network{}
				tenant := start(t, simulator.Options{Rooms: 1, People: 2, Seed: 7, Listener: network.Listen})
				dial := func(c *ews.Config) { c.Dial = network.Dial }
				p := connect(t, tenant, dial)
				broken.Path, broken.Nth, broken.Times = "**/GetFolder", step, 1
				tenant.Inject(broken)
				who := providers.Address(tenant.Endpoints().Organizer)
				if _, err := p.Calendars(t.Context(), who); err != nil {
					t.Errorf("%s, step %d: %v", name, step, err)
				}
				if f := tenant.Faults(); f[0].Hits != 1 {
					t.Errorf("%s, step %d: the fault hit %d times", name, step, f[0].Hits)
				}
				tenant.ClearFaults()
				settings, _ := tenant.ExchangeSettings()
				settings.NTLM = false
				if err := tenant.SetExchange(settings); err != nil {
					t.Fatal(err)
				}
				if _, err := connect(t, tenant, dial).Calendars(t.Context(), who); !providers.Is(err, providers.SignedOut) {
					t.Errorf("%s, step %d: a refusal is %v", name, step, err)
				}
			})
		}
	}
}
