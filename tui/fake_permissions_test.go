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
	rights           *LeastAccess // of an Exchange server; nil: it is Graph
}

func (f *fakeWorkspace) Features() []PermissionFeature {
	return []PermissionFeature{{"rooms", "the list of rooms with their equipment"}, {"calendars", "calendars with their meetings"}, {"booking", "booking, changing and cancelling"}}
}

func (f *fakeWorkspace) LeastFor(_ string, features []string) LeastAccess {
	if f.rights != nil {
		return *f.rights
	}
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

// exchangeRights are the rights of an account at an Exchange server, with what was seen of
// the right to act.
func (f *fakeWorkspace) exchangeRights(act string) {
	f.rights = &LeastAccess{Permissions: []string{"mailbox of its own", "room lists", "ApplicationImpersonation"}, Level: providers.Restricted, Rights: true, Shell: "Exchange Management Shell",
		Commands: []string{"New-ManagementScope -Name 'roomdesk hq' -RecipientRestrictionFilter '((RecipientTypeDetails -eq ''RoomMailbox'') -or (PrimarySmtpAddress -eq ''desk@hq.example''))'",
			"New-ManagementRoleAssignment -Name 'roomdesk hq' -Role 'ApplicationImpersonation' -User 'HQ\\svc-rooms' -CustomRecipientWriteScope 'roomdesk hq'"}}
	f.permissions = []PermissionRow{{Name: "mailbox of its own", Proven: "works"}, {Name: "room lists", Proven: "works"}, {Name: "ApplicationImpersonation", Proven: act}}
}

// someRows are permissions with one that is missing, one more than needed, and drift.
func someRows() []PermissionRow {
	yes, no := true, false
	return []PermissionRow{
		{Name: "Calendars.ReadWrite", Granted: &yes, InToken: true}, {Name: "Place.Read.All", Granted: &no, Proven: "refused", Drift: "taken away"},
		{Name: "Places.Read.All", InToken: true, Right: "Place.Read.All"}, {Name: "Mail.Read", Granted: &yes, InToken: true, Drift: "added"}, {Name: "Calendars.Read", Proven: "works"},
	}
}
