package store_test

import (
	"testing"
	"time"

	"roomdesk/providers"
)

func TestHomesP17(t *testing.T) {
	ctx := t.Context()
	file := path(t)
	s := openAt(t, file)
	if homes := must(s.Homes(ctx))(t); len(homes) != 0 {
		t.Fatalf("a new store has homes: %v", homes)
	}
	if _, ok, err := s.Home(ctx, aalto); ok || err != nil {
		t.Fatalf("a home of nobody: %v, %v", ok, err)
	}
	set := func(provider string, cause providers.HomeCause, at time.Time) {
		t.Helper()
		if err := s.SetHomes(ctx, []providers.Home{{Mailbox: aalto, Provider: provider, Cause: cause, Since: at}}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(provider string, cause providers.HomeCause, at time.Time) {
		t.Helper()
		home, ok, err := s.Home(ctx, aalto)
		if err != nil || !ok || home != (providers.Home{Mailbox: aalto, Provider: provider, Cause: cause, Since: at}) {
			t.Errorf("home is %+v, %v, %v; want %s %s %v", home, ok, err, provider, cause, at)
		}
		if all := must(s.Homes(ctx))(t); len(all) != 1 || all[aalto] != home {
			t.Errorf("homes are %v", all)
		}
	}
	later := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	set("ews", providers.HomeListed, noon)
	set("ews", providers.HomeListed, later(1)) // the same again
	is("ews", providers.HomeListed, noon)
	set("graph", providers.HomeLearnt, later(2))
	is("graph", providers.HomeLearnt, later(2))
	set("ews", providers.HomeMoved, later(3))
	set("graph", providers.HomeLearnt, later(4))
	set("graph", providers.HomeListed, later(4))
	is("ews", providers.HomeMoved, later(3))
	set("graph", providers.HomeMoved, later(5))
	is("graph", providers.HomeMoved, later(5))
	for _, bad := range []providers.Home{{Provider: "ews", Cause: providers.HomeMoved}, {Mailbox: aalto, Cause: providers.HomeMoved}, {Mailbox: aalto, Provider: "ews"}} {
		if err := s.SetHomes(ctx, []providers.Home{bad}); err == nil {
			t.Errorf("%+v was stored", bad)
		}
	}
	if err := s.ForgetHomes(ctx, "ews"); err != nil {
		t.Fatal(err)
	}
	is("graph", providers.HomeMoved, later(5))
	if err := s.ForgetHomes(ctx, "graph"); err != nil {
		t.Fatal(err)
	}
	if homes := must(s.Homes(ctx))(t); len(homes) != 0 {
		t.Errorf("left: %v", homes)
	}
}
