package migration_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// J8: what the new side sees beyond the old one, and what it does not reach, is said before
// anything is read or moved; what it does not reach stays.
func TestScopeIsCheckedFirst(t *testing.T) {
	old, fresh := newFace("old", aalto, bauhaus, corner), newFace("new", aalto, bauhaus)
	fresh.events["more@contoso.example"] = nil
	fresh.refused[bauhaus] = &providers.Error{Class: providers.NotAllowed, Op: "reading", Mailbox: bauhaus, Status: 403}
	c := newCompany(t, old, fresh)
	scopeFirst := false
	c.AtEachPoint(func(point string) {
		if point == "scope checked" {
			scopeFirst = old.reads+fresh.reads == 0
		}
	})
	j := c.did(c.PlanMigration(t.Context()))
	s := j.Scope
	if s.Old != 3 || s.New != 2 || s.Limited || len(s.Extra) != 1 || s.Extra[0] != "more@contoso.example" || !slices.Equal(s.Missing, []providers.Address{bauhaus, corner}) {
		t.Errorf("%+v", s)
	}
	if s.Words != "contoso reaches 1 mailbox that hq does not: limit it to the old scope first, or it sees more than before. 2 mailboxes are only on the old side: they stay there." {
		t.Error(s.Words)
	}
	if !scopeFirst {
		t.Error("calendars were read before the scope was known")
	}
	for mailbox, want := range map[providers.Address]providers.MoveState{aalto: providers.MoveReady, bauhaus: providers.MoveBlocked, corner: providers.MoveBlocked} {
		if box := c.box(j, mailbox); box.State != want || (box.Why == "") != (want == providers.MoveReady) {
			t.Errorf("%+v", box)
		}
	}
	j = c.did(c.MoveMailboxes(t.Context(), all()))
	if j.State != providers.MigrationMoved || c.box(j, aalto).State != providers.MoveMoved || c.box(j, bauhaus).State != providers.MoveBlocked {
		t.Errorf("%s %+v", j.State, j.Mailboxes)
	}
	if _, err := c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{bauhaus}}); err == nil || !strings.Contains(err.Error(), "it stays where it is") {
		t.Errorf("a blocked mailbox was moved: %v", err)
	}
}

// P10, P11: what only looks different is counted apart, with its reason and the raw values.
func TestCalendarsThatBecomeReadOnlyP11(t *testing.T) {
	old, fresh := newFace("old", aalto), newFace("new", aalto)
	fresh.calendars = []providers.Calendar{{Name: providers.Outside("Holidays in Germany"), ReadOnly: true}}
	c := newCompany(t, old, fresh)
	j := c.did(c.PlanMigration(t.Context()))
	box := c.box(j, aalto)
	if box.State != providers.MoveReady || !slices.Equal(box.Was, []string{"calendar “Holidays in Germany” was writable under EWS"}) {
		t.Errorf("%+v", box)
	}
	entries, err := c.ParityEntries(t.Context(), aalto)
	if err != nil || len(entries) != 1 || entries[0].Kind != providers.ParityCosmetic || !entries[0].Fields[0].Cosmetic || entries[0].Fields[0].Field != "can_edit" {
		t.Errorf("%+v, %v", entries, err)
	}
}

// A mailbox in which something differs stays, until somebody wants it moved all the same;
// then what is other is told as the change that it is.
func TestMailboxesThatDiffer(t *testing.T) {
	old, fresh := newFace("old", aalto, bauhaus), newFace("new", aalto, bauhaus)
	fresh.events[aalto] = fresh.events[aalto][1:]
	fresh.events[aalto][0].Subject = providers.Outside("Another")
	c := newCompany(t, old, fresh)
	j := c.did(c.PlanMigration(t.Context()))
	box := c.box(j, aalto)
	if box.State != providers.MoveDiffers || box.Parity != (providers.ParityCounts{Same: 1, Missing: 1, Different: 1}) || box.Why != "1 missing, 1 different on the new side" {
		t.Errorf("%+v", box)
	}
	if entries, err := c.ParityEntries(t.Context(), aalto); err != nil || len(entries) != 2 || entries[0].Kind != providers.ParityMissing {
		t.Errorf("%+v, %v", entries, err)
	}
	j = c.did(c.MoveMailboxes(t.Context(), all()))
	if c.box(j, aalto).State != providers.MoveDiffers || c.box(j, bauhaus).State != providers.MoveMoved || j.State != providers.MigrationPaused || len(c.changed) > 0 {
		t.Errorf("%s %+v, told %v", j.State, j.Mailboxes, c.changed)
	}
	if _, err := c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{aalto}}); err == nil {
		t.Error("moved although it differs")
	}
	j = c.did(c.MoveMailboxes(t.Context(), providers.MigrationChoice{All: true, EvenIfDifferent: true}))
	if j.State != providers.MigrationMoved || !slices.Equal(c.changed, []providers.Address{aalto}) {
		t.Errorf("%s %+v, told %v", j.State, j.Mailboxes, c.changed)
	}
}

// A change between the two readings is no difference: both sides are read once more.
func TestAChangeBetweenTheReadings(t *testing.T) {
	old, fresh := newFace("old", aalto), newFace("new", aalto)
	late := fresh.events[aalto][0].Subject
	fresh.events[aalto][0].Subject = providers.Outside("Changed just now")
	c := newCompany(t, old, fresh)
	again := 0
	c.AtEachPoint(func(point string) {
		if point == "differs" {
			again++
			fresh.mu.Lock()
			fresh.events[aalto][0].Subject = late
			fresh.mu.Unlock()
		}
	})
	j := c.did(c.PlanMigration(t.Context()))
	if c.box(j, aalto).State != providers.MoveReady || again != 1 {
		t.Errorf("%+v after %d differences", j.Mailboxes, again)
	}
}

// F-130: where EWS was turned off, what is mirrored of it is held against the new side, and
// the mailboxes still move.
func TestTheOldSideAnswersNoMoreF130(t *testing.T) {
	old, fresh := newFace("old", aalto, bauhaus), newFace("new", aalto, bauhaus)
	c := newCompany(t, old, fresh)
	old.fail = &providers.Error{Class: providers.NotAllowed, Op: "reading", Status: 403, Code: "EwsDisabled"}
	j := c.did(c.PlanMigration(t.Context()))
	if j.Scope.Old != 2 || j.Scope.New != 2 || c.box(j, aalto).State != providers.MovePlanned {
		t.Errorf("%+v %+v", j.Scope, j.Mailboxes)
	}
	j = c.did(c.MoveMailboxes(t.Context(), providers.MigrationChoice{All: true, EvenIfDifferent: true}))
	if j.State != providers.MigrationMoved || len(c.changed) > 0 {
		t.Errorf("%s %+v, told %v", j.State, j.Mailboxes, c.changed)
	}
	j = c.did(c.ReturnMailboxes(t.Context(), all()))
	if j.State != providers.MigrationMoved || !strings.Contains(c.box(j, aalto).Why, "403") {
		t.Errorf("taken back to a side that answers no more: %s %+v", j.State, j.Mailboxes)
	}
}

// P3: a booking whose answer was lost is looked up where it was sent, before its calendar
// is moved; somebody who writes to it is waited for.
func TestBookingsInDoubtKeepTheirCalendar(t *testing.T) {
	old, fresh := newFace("old", aalto, bauhaus), newFace("new", aalto, bauhaus)
	c := newCompany(t, old, fresh)
	c.did(c.PlanMigration(t.Context()))
	for what, b := range map[string]providers.Booking{
		"sending": {State: providers.BookingSending, Tries: 1},
		"unknown": {State: providers.BookingUnknown, Tries: 1},
		"again":   {State: providers.BookingQueued, Tries: 2},
		"series":  {State: providers.BookingSending, Series: &providers.BookingSeries{Meetings: []providers.SeriesMeeting{{Tries: 1}}}},
	} {
		b.ID, b.Request = "doubt", providers.BookingRequest{Organizer: aalto, Start: now(), End: now().Add(time.Hour)}
		if err := c.store.SaveBooking(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if j := c.did(c.MoveMailboxes(t.Context(), all())); c.box(j, aalto).State != providers.MoveReady || !strings.Contains(c.box(j, aalto).Why, "in doubt") {
			t.Errorf("%s: %+v", what, c.box(j, aalto))
		}
	}
	b := providers.Booking{ID: "doubt", State: providers.BookingQueued, Request: providers.BookingRequest{Organizer: aalto, Start: now(), End: now().Add(time.Hour)}}
	if err := c.store.SaveBooking(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if j := c.did(c.MoveMailboxes(t.Context(), all())); j.State != providers.MigrationMoved {
		t.Errorf("%s %+v", j.State, j.Mailboxes)
	}
}

// A stop lets the mailbox at work come to its end and begins no other; a choice that makes
// no sense changes nothing.
func TestStopAndRefusals(t *testing.T) {
	old, fresh := newFace("old", aalto, bauhaus, corner), newFace("new", aalto, bauhaus, corner)
	c := newCompany(t, old, fresh)
	if _, err := c.MoveMailboxes(t.Context(), all()); err == nil {
		t.Error("moved before anything was compared")
	}
	if _, err := c.FinishMigration(t.Context()); err == nil {
		t.Error("finished before anything began")
	}
	c.did(c.PlanMigration(t.Context()))
	if _, err := c.FinishMigration(t.Context()); err == nil {
		t.Error("finished before anything was moved")
	}
	if _, err := c.ReturnMailboxes(t.Context(), all()); err == nil {
		t.Error("taken back before anything was moved")
	}
	if _, err := c.SetPilot(t.Context(), []providers.Address{"nobody@contoso.example"}); err == nil {
		t.Error("nobody is in the pilot group")
	}
	if _, err := c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{"nobody@contoso.example"}}); err == nil {
		t.Error("nobody was moved")
	}
	stopped := false
	c.AtEachPoint(func(point string) {
		if point == "chosen" {
			if _, err := c.StopMigration(t.Context()); err != nil {
				t.Error(err)
			}
			stopped = true
		}
	})
	j := c.did(c.MoveMailboxes(t.Context(), all()))
	if !stopped || j.Count(providers.MoveMoved) != 0 || j.State.Working() {
		t.Errorf("%s %+v", j.State, j.Mailboxes)
	}
	c.AtEachPoint(func(string) {})
	if j = c.did(c.MoveMailboxes(t.Context(), providers.MigrationChoice{Mailboxes: []providers.Address{corner}})); j.Count(providers.MoveMoved) != 1 || j.State != providers.MigrationPaused {
		t.Errorf("%s %+v", j.State, j.Mailboxes)
	}
	j, err := c.FinishMigration(t.Context())
	if err != nil || j.State != providers.MigrationFinished || c.box(j, corner).State != providers.MoveFinished {
		t.Errorf("%s %+v, %v", j.State, j.Mailboxes, err)
	}
	// Another one begins for what is left.
	if j = c.did(c.PlanMigration(t.Context())); c.box(j, aalto).State != providers.MoveReady || c.box(j, corner).Home != "graph" {
		t.Errorf("%+v", j.Mailboxes)
	}
}

// On the way back what was kept of the old side is used while it is young, and read whole
// after that.
func TestWayBackUsesWhatWasKept(t *testing.T) {
	old, fresh := newFace("old", aalto), newFace("new", aalto)
	c := newCompany(t, old, fresh)
	c.did(c.PlanMigration(t.Context()))
	c.did(c.MoveMailboxes(t.Context(), all()))
	if side, ok, err := c.store.KeptSide(t.Context(), aalto, "ews"); err != nil || !ok || side.Cursor != "cursor of old" || len(side.Events) != 3 {
		t.Fatalf("%+v, %v, %v", side, ok, err)
	}
	j := c.did(c.ReturnMailboxes(t.Context(), all()))
	if j.State != providers.MigrationReturned || len(c.changed) > 0 {
		t.Errorf("%s %+v, told %v", j.State, j.Mailboxes, c.changed)
	}
	events, err := c.store.Events(t.Context(), aalto, days())
	if err != nil || len(events) == 0 || !strings.HasPrefix(events[0].ID, "old-") {
		t.Errorf("%+v, %v", events, err)
	}
}
