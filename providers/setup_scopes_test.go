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
	if got := s.WillNotWork(); got != nil || s.FreeBusyOnly() {
		t.Errorf("one's own connection: %q", got)
	}
	s.Set(SetupLevel, SetupMayFreeBusy)
	if got := s.WillNotWork(); !s.FreeBusyOnly() || !slices.Contains(got, "booking, changing and cancelling") {
		t.Errorf("free or busy only: %q", got)
	}
	if got := ScopeChanges([]string{"A", "B"}, []string{"B", "C"}); got != "+C -A" {
		t.Errorf("%q", got)
	}
	if got := ScopeChanges([]string{"A"}, []string{"A"}); got != "" {
		t.Errorf("%q", got)
	}
}
