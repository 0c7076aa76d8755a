package providers

import (
	"slices"
	"strings"
	"testing"
)

// C23: what will not work follows from what is left out.
func TestSetupSaysWhatWillNotWork(t *testing.T) {
	for _, row := range []struct {
		features string
		says     []string
	}{
		{"rooms calendars booking people domains", nil},
		{"rooms free-busy people domains", []string{"subjects", "booking"}},
		{"rooms calendars people domains", []string{"booking"}},
		{"booking", []string{"list of rooms", "finding people", "verified domains"}},
		{"people", []string{"list of rooms", "rooms and people are free", "subjects", "booking", "verified domains"}},
	} {
		s := NewSetup()
		s.Features = strings.Fields(row.features)
		got := s.WillNotWork()
		if len(got) != len(row.says) {
			t.Errorf("%s: %q", row.features, got)
			continue
		}
		for i, want := range row.says {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: %q, not %q", row.features, got[i], want)
			}
		}
	}
	s := NewSetup()
	s.Set(SetupKind, SetupIndividual)
	s.Set(SetupLevel, SetupMayBook)
	if got := s.WillNotWork(); got != nil || s.PersonLevel() != FullAccess {
		t.Errorf("one's own connection: %q", got)
	}
	s.Set(SetupLevel, SetupMayFreeBusy)
	if got := s.WillNotWork(); s.PersonLevel() != FreeBusyAccess || !slices.Contains(got, "booking, changing and cancelling") {
		t.Errorf("free or busy only: %q", got)
	}
	if got := ScopeChanges([]string{"A", "B"}, []string{"B", "C"}); got != "+C -A" {
		t.Errorf("%q", got)
	}
	if got := ScopeChanges([]string{"A"}, []string{"A"}); got != "" {
		t.Errorf("%q", got)
	}
}

// C26: what comes and goes is compared with the last consent of the same tenant, that of the
// same application before another's; names that only keep somebody signed in are no change.
func TestConsentPlan(t *testing.T) {
	const tenant, app = "3f2b8c1e-9d47-4a6b-8e15-0c7d2f9a4b61", "b7c1d2e3-4f56-4789-9abc-def012345678"
	s := NewSetup()
	s.Set(SetupKind, SetupIndividual)
	s.Set(SetupTenant, "Contoso.com")
	s.Set(SetupClientID, app)
	s.Set(SetupLevel, SetupMayRead)
	last := ConsentRecord{Tenant: tenant, ClientID: app, Domains: []string{"contoso.com"}, Individual: true, Permissions: append(PersonScopes(ReadOnlyAccess), "openid", "profile")}
	other, elsewhere, machine := last, last, last
	other.ClientID, other.Permissions = tenant, []string{"User.Read"}
	elsewhere.Tenant, elsewhere.Domains = app, []string{"fabrikam.com"}
	machine.Individual, machine.Permissions = false, []string{"Place.Read.All"}
	for _, row := range []struct {
		level   string
		records []ConsentRecord
		says    string
	}{
		{SetupMayRead, nil, ""},
		{SetupMayRead, []ConsentRecord{elsewhere, machine}, ""},
		{SetupMayRead, []ConsentRecord{last, other}, "the same"},
		{SetupMayRead, []ConsentRecord{other, last}, "the same"},
		{SetupMayBook, []ConsentRecord{other, last, machine}, "added Calendars.ReadWrite, Calendars.ReadWrite.Shared; no longer asked for Calendars.Read, Calendars.Read.Shared"},
		{SetupMayFreeBusy, []ConsentRecord{other}, "added User.ReadBasic.All, Calendars.ReadBasic, Place.Read.All"},
	} {
		s.Set(SetupLevel, row.level)
		if got := s.ConsentPlan(row.records, nil).Changes(); got != row.says {
			t.Errorf("%s: %q, want %q", row.level, got, row.says)
		}
	}
	for _, level := range append(Levels(), "") {
		if slices.ContainsFunc(PersonScopes(level), func(name string) bool { return strings.HasPrefix(name, "Mail") }) {
			t.Errorf("%q asks for mail", level)
		}
	}
}
