package cli

import (
	"slices"
	"strings"
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// C23: somebody who only wants to see when rooms are free consents to less; what will not
// work is said before, the token has no more, and afterwards nothing is booked or read.
func TestC23FreeBusyOnlyConsent(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 3, People: 3})
	desk := &setupDesk{app: e.process()}
	s, _ := e.entered(desk)
	s.Set(providers.SetupKind, providers.SetupIndividual)
	s.Set(providers.SetupCredential, providers.SetupBrowser)
	s.Set(providers.SetupClientID, e.at.PublicClientID)
	s.Set(providers.SetupOrganizer, "")
	s.Set(providers.SetupTestMailbox, "")
	s.Set(providers.SetupLevel, providers.SetupMayFreeBusy)
	var link string
	signIn := func() {
		t.Helper()
		if _, err := desk.SignInSetup(t.Context(), s, func(p providers.SignInPrompt) {
			link = p.Address
			go newDevice(t, e.dir).signIn(p.Address, "", e.at.User, e.at.UserPassword)
		}); err != nil {
			t.Fatal(err)
		}
	}
	signIn()
	if strings.Contains(link, "ReadWrite") || !strings.Contains(link, "Calendars.ReadBasic") {
		t.Errorf("asked for by %s", link)
	}
	answer := e.test(desk, s, providers.Hidden{})
	if answer.Refused() != nil || !answer.Known || slices.Contains(answer.Permissions, "Calendars.ReadWrite") || !slices.Contains(answer.Permissions, "Calendars.ReadBasic") {
		t.Fatalf("%v\n%s", answer.Permissions, answer.Diagnosis.FirstLine())
	}
	// More than was consented to is another consent.
	wider := s
	wider.Values = map[providers.SetupField]string{}
	for f, v := range s.Values {
		wider.Values[f] = v
	}
	wider.Set(providers.SetupLevel, providers.SetupMayBook)
	if _, err := desk.TestSetup(t.Context(), wider, providers.Hidden{}, func(providers.Rung) {}); err == nil || !strings.Contains(err.Error(), "ign in again") {
		t.Errorf("another level with the same sign-in: %v", err)
	}
	if answer = e.test(desk, s, providers.Hidden{}); answer.Refused() != nil {
		t.Fatal(answer.Diagnosis.FirstLine())
	}
	connected, err := desk.ConnectSetup(t.Context(), s, providers.Hidden{})
	if err != nil {
		t.Fatal(err)
	}
	a := e.process()
	config, err := a.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	c, err := findConnection(config, connected.Name)
	if err != nil || c.Access != string(providers.FreeBusyAccess) {
		t.Fatalf("%+v %v", c, err)
	}
	provider, err := a.newProvider(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	identity, err := provider.Identify(t.Context())
	if err != nil || identity.Capabilities.Write || identity.Capabilities.Access != providers.FreeBusyAccess {
		t.Errorf("another process: %+v, %v", identity, err)
	}
	// Connecting again with more: what is added and what goes is told.
	s.Set(providers.SetupLevel, providers.SetupMayBook)
	s.Set(providers.SetupName, "second")
	desk = &setupDesk{app: e.process()}
	signIn()
	answer = e.test(desk, s, providers.Hidden{})
	if changes := providers.ScopeChanges(answer.Before, answer.Permissions); !strings.Contains(changes, "+Calendars.ReadWrite") || !strings.Contains(changes, "-Calendars.ReadBasic") {
		t.Errorf("C26: %q, of %v and %v", changes, answer.Before, answer.Permissions)
	}
}
