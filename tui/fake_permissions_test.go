package tui

import (
	"context"
	"slices"

	"roomdesk/providers"
)

// fakePermissions is what the fake knows of permissions.
type fakePermissions struct {
	permissions      []PermissionRow
	permissionsErr   error
	permissionsAsked int
}

func (f *fakeWorkspace) Features() []PermissionFeature {
	return []PermissionFeature{{"rooms", "the list of rooms with their equipment"}, {"calendars", "calendars with their meetings"}, {"booking", "booking, changing and cancelling"}}
}

func (f *fakeWorkspace) LeastFor(_ string, features []string) LeastAccess {
	least := LeastAccess{Within: map[string][]string{"Calendars.Read": {"Calendars.ReadWrite"}}}
	switch {
	case slices.Contains(features, "booking"):
		least.Permissions, least.Level = append(least.Permissions, "Calendars.ReadWrite"), providers.Restricted
	case slices.Contains(features, "calendars"):
		least.Permissions, least.Level = append(least.Permissions, "Calendars.Read"), providers.Restricted
	}
	if slices.Contains(features, "rooms") {
		least.Permissions = append(least.Permissions, "Place.Read.All")
	}
	return least
}

func (f *fakeWorkspace) Permissions(context.Context, string) ([]PermissionRow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.permissionsAsked++
	return f.permissions, f.permissionsErr
}

// someRows are permissions with one that is missing, one more than needed, and drift.
func someRows() []PermissionRow {
	yes, no := true, false
	return []PermissionRow{
		{Name: "Calendars.ReadWrite", Granted: &yes, InToken: true}, {Name: "Place.Read.All", Granted: &no, Proven: "refused", Drift: "taken away"},
		{Name: "Places.Read.All", InToken: true, Right: "Place.Read.All"}, {Name: "Mail.Read", Granted: &yes, InToken: true, Drift: "added"}, {Name: "Calendars.Read", Proven: "works"},
	}
}
