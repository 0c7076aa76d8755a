package doctor_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"roomdesk/doctor"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
)

// C3, C4: the least set for what is wanted, and never mail.
func TestLeastPermissions(t *testing.T) {
	for _, c := range []struct{ features, want []string }{
		{nil, nil},
		{[]string{"rooms"}, []string{"Place.Read.All"}},
		{[]string{"rooms", "free-busy"}, []string{"Calendars.ReadBasic.All", "Place.Read.All"}},
		{[]string{"free-busy", "calendars", "booking"}, []string{"Calendars.ReadWrite"}},
		{doctor.FeatureNames(), []string{"Calendars.ReadWrite", "Organization.Read.All", "Place.Read.All", "User.Read.All"}},
	} {
		got := doctor.Least(c.features)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v needs %v, want %v", c.features, got, c.want)
		}
		for _, name := range got {
			if strings.HasPrefix(name, "Mail.") {
				t.Errorf("%v asks for %s", c.features, name)
			}
		}
	}
}

// C3: names that people write wrongly are corrected.
func TestMisspeltPermissions(t *testing.T) {
	for wrong, want := range map[string]string{"Places.Read.All": "Place.Read.All", "place.read.all": "Place.Read.All", "Calendar.ReadWrite": "Calendars.ReadWrite",
		"Users.Read.All": "User.Read.All", "Place.Read.All": "", "Mail.Read": "", "Calendars.ReadWrite": ""} {
		if got, _ := doctor.Correct(wrong); got != want {
			t.Errorf("%s is corrected to %q, want %q", wrong, got, want)
		}
	}
}

// review looks at the permissions of a patient.
func (p *patient) review(features, recorded []string) map[string]doctor.Review {
	p.t.Helper()
	provider, err := graph.New(p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	defer provider.Close()
	list, err := doctor.PermissionReview(context.Background(), provider.Probe(), []providers.Address{p.room(0)}, features, recorded)
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]doctor.Review{}
	for _, r := range list {
		out[r.Permission] = r
	}
	return out
}

// C5, C22: what is needed, granted, in the token, proven, extra, and what changed since.
func TestPermissionReview(t *testing.T) {
	p := admit(t, simulator.Options{})
	got := p.review([]string{"rooms", "booking"}, []string{"Place.Read.All", "Calendars.Read", "Calendars.ReadWrite", "MailboxSettings.Read", "Organization.Read.All"})
	if r := got["Place.Read.All"]; !r.Needed() || r.Missing() || !r.InToken || r.Proven != "works" || r.Granted != nil || r.Drift != "" {
		t.Errorf("Place.Read.All: %+v", r)
	}
	if r := got["User.Read.All"]; r.Needed() || r.Drift != "added" || !r.InToken {
		t.Errorf("User.Read.All: %+v", r)
	}
	if r := got["Calendars.Read"]; r.InToken || r.Drift != "taken away" {
		t.Errorf("Calendars.Read: %+v", r)
	}

	p = admit(t, simulator.Options{Mistakes: []int{8}})
	p.grantReading()
	got = p.review([]string{"rooms", "booking"}, nil)
	if r := got["Place.Read.All"]; !r.Missing() || r.Proven != "refused" || r.Granted == nil || *r.Granted {
		t.Errorf("Place.Read.All is not granted: %+v", r)
	}
	if r := got["Calendars.ReadWrite"]; r.Missing() || r.Granted == nil || !*r.Granted || r.Drift != "" {
		t.Errorf("Calendars.ReadWrite: %+v", r)
	}
}
