package tui

import (
	"context"
	"slices"

	"roomdesk/providers"
)

// fakeProfiles is what the fake says of profiles and switches, and what it was asked.
type fakeProfiles struct {
	profiles   []providers.Profile
	switches   []providers.Feature
	authorised []providers.Address
	featureErr error
}

func (f *fakeWorkspace) Profiles(context.Context) ([]providers.Profile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.profiles), nil
}

func (f *fakeWorkspace) Authorise(_ context.Context, mailbox providers.Address) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.authorised = append(f.authorised, mailbox)
	return providers.Migration{}, f.migrateErr
}

func (f *fakeWorkspace) Switches(context.Context) ([]providers.Feature, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.switches), nil
}

func (f *fakeWorkspace) SetSwitch(_ context.Context, name string, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.featureErr != nil {
		return f.featureErr
	}
	for i := range f.switches {
		if f.switches[i].Name == name {
			f.switches[i] = providers.GraphFeature(on, true)
		}
	}
	return nil
}

// profiled gives the office profiles over both providers.
func (f *fakeWorkspace) profiled() {
	f.switches = []providers.Feature{providers.GraphFeature(true, false)}
	add := func(name string, mailbox providers.Address, room bool, provider string, state providers.MoveState, migrate string) {
		p := providers.ProfileOf(provider)
		p.Name, p.Mailbox, p.Room, p.State, p.Migrate = providers.Outside(name), mailbox, room, state, migrate
		f.profiles = append(f.profiles, p)
	}
	add("Aalto", "aalto@contoso.com", true, "graph", providers.MoveMoved, "")
	add("Bauhaus", "bauhaus@contoso.com", true, "ews", providers.MoveBlocked, "it stays: its mailbox is on premises")
	add("Cederström", "cederstrom@contoso.com", true, "ews", providers.MoveReady, "roomdesk profiles authorise cederstrom@contoso.com")
	add("Adele Vance", "adele@contoso.com", false, "ews", providers.MoveReady, "roomdesk profiles authorise adele@contoso.com")
	add("Bob Kelly", "bob@contoso.com", false, "graph", "", "")
}
