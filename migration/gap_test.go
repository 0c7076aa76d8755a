package migration_test

import (
	"testing"

	"roomdesk/providers"
)

// S15: free/busy is looked at while a mailbox changes over, there and back, and the journal
// says how often and that it was there all the time.
func TestGapOfFreeBusyIsInTheJournal(t *testing.T) {
	c := newCompany(t, newFace("old", aalto, bauhaus), newFace("new", aalto, bauhaus))
	j := c.did(c.PlanMigration(t.Context()))
	if g, ok := j.Gap(); ok {
		t.Errorf("before anything moves there is a gap: %+v", g)
	}
	j = c.did(c.MoveMailboxes(t.Context(), all()))
	g, ok := j.Gap()
	if !ok || g.Longest != 0 || g.Mailbox != "" || g.Mailboxes != 2 || g.Looks < 4 || g.Since.IsZero() {
		t.Errorf("%v %+v", ok, g)
	}
	if box := c.box(j, aalto); box.State != providers.MoveMoved || box.Events == 0 {
		t.Errorf("%+v", box)
	}
	back := c.did(c.ReturnMailboxes(t.Context(), all()))
	if again, _ := back.Gap(); again.Looks <= g.Looks || again.Longest != 0 || !again.Since.Equal(g.Since) {
		t.Errorf("on the way back: %+v", again)
	}
}

// S15: a mailbox that is lost while it changes over has a gap, and its name is told; one of
// which nothing was known before has none, and counts as not looked at.
func TestGapOfFreeBusyIsTold(t *testing.T) {
	c := newCompany(t, newFace("old", aalto, bauhaus), newFace("new", aalto, bauhaus))
	c.did(c.PlanMigration(t.Context()))
	if err := c.store.RemoveMailboxes(t.Context(), []providers.Address{bauhaus}); err != nil {
		t.Fatal(err)
	}
	lost := false
	c.AtEachPoint(func(point string) {
		if point == "old side read" && !lost {
			lost = true
			if err := c.store.RemoveMailboxes(t.Context(), []providers.Address{aalto}); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{aalto}}); err != nil {
		t.Fatal(err)
	}
	j := c.did(providers.Migration{}, c.Wait(t.Context()))
	if g, ok := j.Gap(); !ok || g.Longest <= 0 || g.Mailbox != aalto || g.Mailboxes != 1 {
		t.Errorf("%v %+v", ok, g)
	}
	j = c.did(c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{bauhaus}, EvenIfDifferent: true}))
	if box := c.box(j, bauhaus); box.Looks != 0 || box.Gap != 0 {
		t.Errorf("%+v", box)
	}
}

// A mailbox that an error stopped is asked for again within a plan, and once it is to be
// moved: no other plan is needed. One that nobody can reach stays, and costs no question.
func TestAMailboxThatAnErrorStoppedIsLookedAtAgain(t *testing.T) {
	down := &providers.Error{Class: providers.Transient, Op: "reading", Mailbox: bauhaus, Status: 503}
	old, fresh := newFace("old", aalto, bauhaus, corner), newFace("new", aalto, bauhaus)
	fresh.refused[bauhaus] = down
	c := newCompany(t, old, fresh)
	j := c.did(c.PlanMigration(t.Context()))
	box := c.box(j, bauhaus)
	if box.State != providers.MoveBlocked || !box.LooksAgain() || box.Why != "it is not known whether the new connection reaches it: the service had trouble (503); to move it looks again first" {
		t.Errorf("%+v", box)
	}
	if box := c.box(j, corner); box.State != providers.MoveBlocked || box.LooksAgain() {
		t.Errorf("%+v", box)
	}
	// It lasts: it stays, and says so.
	j = c.did(c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{bauhaus}}))
	if box := c.box(j, bauhaus); box.State != providers.MoveBlocked || !box.LooksAgain() {
		t.Errorf("%+v", box)
	}
	// It is over, and something differs: that is found before it is moved.
	delete(fresh.refused, bauhaus)
	kept := fresh.events[bauhaus]
	fresh.events[bauhaus] = kept[1:]
	j = c.did(c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{bauhaus}}))
	if box := c.box(j, bauhaus); box.State != providers.MoveDiffers || box.Parity.Missing != 1 || box.Passing {
		t.Errorf("%+v", box)
	}
	// The same where nothing differs: it is moved with all others.
	fresh.events[bauhaus] = kept
	fresh.refused[bauhaus] = down
	c.did(c.PlanMigration(t.Context()))
	delete(fresh.refused, bauhaus)
	j = c.did(c.MoveMailboxes(t.Context(), all()))
	if box := c.box(j, bauhaus); box.State != providers.MoveMoved || box.Why != "" || box.Passing {
		t.Errorf("%+v", box)
	}
	if moves, err := c.store.Moves(t.Context(), j.ID); err != nil || len(moves) != 3 || moves[0].Chosen != "" {
		t.Errorf("%+v, %v", moves, err)
	}
}

// An error that passes while a plan is made needs nothing at all.
func TestAPlanAsksAgain(t *testing.T) {
	old, fresh := newFace("old", aalto, bauhaus), newFace("new", aalto, bauhaus)
	fresh.once = map[providers.Address]error{bauhaus: &providers.Error{Class: providers.Transient, Op: "reading", Status: 503}}
	c := newCompany(t, old, fresh)
	j := c.did(c.PlanMigration(t.Context()))
	if box := c.box(j, bauhaus); box.State != providers.MoveReady || box.Passing {
		t.Errorf("%+v", box)
	}
}
