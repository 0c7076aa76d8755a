package migration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// P3, P10, P12, J8: a small organisation moves, comes back, moves again and is finished:
// what is mirrored is the same at each moment, and nothing is told that is no change.
func TestMigrationThereAndBackP3(t *testing.T) {
	tenant := start(t, simulator.Options{Rooms: 5, People: 6, Seed: 3})
	o := migrating(t, tenant, nil)
	before := o.content(t)
	if _, ok, err := o.mover.Migration(t.Context()); ok || err != nil {
		t.Fatalf("a journal of nothing: %v, %v", ok, err)
	}
	j := o.done(t)(o.mover.PlanMigration(t.Context()))
	for _, box := range j.Mailboxes {
		if box.State != providers.MoveReady {
			entries, _ := o.mover.ParityEntries(t.Context(), box.Mailbox)
			t.Errorf("%+v", box)
			for n, e := range entries {
				if n < 3 {
					t.Errorf("  %+v", e)
				}
			}
		}
	}
	t.Logf("%s %+v %s", j.State, j.Parity(), j.Scope.Words)
	if t.Failed() {
		return
	}
	for _, step := range []struct {
		back bool
		want providers.MigrationState
		home string
	}{{false, providers.MigrationMoved, "graph"}, {true, providers.MigrationReturned, "ews"}, {false, providers.MigrationMoved, "graph"}} {
		run := o.mover.MoveMailboxes
		if step.back {
			run = o.mover.ReturnMailboxes
		}
		j = o.done(t)(run(t.Context(), providers.MigrationChoice{All: true}))
		if j.State != step.want || j.Problem != nil {
			t.Fatalf("%s, %+v", j.State, j)
		}
		if diff := cmp.Diff(before, o.content(t)); diff != "" {
			t.Errorf("%s: %s", step.want, diff)
		}
		homes, err := o.store.Homes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for mailbox := range before {
			if homes[mailbox].Provider != step.home {
				t.Errorf("%s: home %+v", step.want, homes[mailbox])
			}
		}
		if told := o.told(); len(told) > 0 {
			t.Errorf("%s: told as changed: %v", step.want, told)
		}
		if result := o.sync(t); result.Changed > 0 || result.Read != len(before) {
			t.Errorf("%s: the next reading finds %d changes in %d of %d mailboxes", step.want, result.Changed, result.Read, len(before))
		}
		if diff := cmp.Diff(before, o.content(t)); diff != "" {
			t.Errorf("%s, read again: %s", step.want, diff)
		}
	}
	j, err := o.mover.FinishMigration(t.Context())
	if err != nil || j.State != providers.MigrationFinished {
		t.Errorf("%s, %v", j.State, err)
	}
	if n, _, _ := o.store.KeptCount(t.Context(), "ews"); n != 0 {
		t.Errorf("%d old sides are kept", n)
	}
}
