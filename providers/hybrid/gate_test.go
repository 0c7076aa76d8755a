package hybrid

import (
	"fmt"
	"testing"
	"time"

	"roomdesk/providers"
)

// F-132: a part that is down for two hours costs a question now and then, whatever is
// asked of its mailboxes, says since when, and goes on as soon as it answers; the other
// part notices nothing.
func TestAPartThatIsDownForHours(t *testing.T) {
	for _, class := range []providers.Class{providers.Unreachable, providers.SignedOut, providers.Local} {
		var locals []providers.Address
		for i := range 200 {
			locals = append(locals, providers.Address(fmt.Sprintf("room%03d@contoso.example", i)))
		}
		o := newOrganisation(newFake(aalto), newFake(locals...))
		for _, m := range locals {
			o.homes.Learn(providers.Home{Mailbox: m, Provider: "ews", Cause: providers.HomeLearnt})
		}
		began := o.now
		o.local.fail(&providers.Error{Class: class})
		asked := 0
		for minute := range 120 {
			for _, m := range locals {
				_, err := o.Calendars(t.Context(), m)
				if !providers.Is(err, class) || !providers.OfPart(err) || providers.ConcernsAll(err) {
					t.Fatalf("%s: minute %d: %v", class, minute, err)
				}
			}
			if _, err := o.Calendars(t.Context(), aalto); err != nil {
				t.Fatalf("%s: the other part: %v", class, err)
			}
			asked += len(o.local.asked())
			o.now = o.now.Add(time.Minute)
		}
		// A question a minute at most, and where trying locks accounts every quarter of an hour.
		most := 122
		if class.Locks() {
			most = 20
		}
		if asked > most || asked < 5 || o.local.who > 1 {
			t.Errorf("%s: %d questions in two hours for 200 mailboxes, and %d who it is", class, asked, o.local.who)
		}
		gaps := o.Gaps()
		if len(gaps) != 1 || gaps[0].Provider != "ews" || gaps[0].Where != "on premises" || !gaps[0].Since.Equal(began) || gaps[0].Problem.Class != class {
			t.Errorf("%s: gaps %+v", class, gaps)
		}
		got, err := o.Availability(t.Context(), []providers.Address{locals[0], aalto}, day())
		if err != nil || got[0].Known() || !got[1].Known() {
			t.Errorf("%s: %+v %v", class, got, err)
		}
		o.local.fail(nil)
		o.now = o.now.Add(lockedMost)
		for i, m := range locals {
			if _, err := o.Calendars(t.Context(), m); err != nil {
				t.Fatalf("%s: mailbox %d after it is over: %v", class, i, err)
			}
		}
		if len(o.Gaps()) != 0 {
			t.Errorf("%s: a gap is left", class)
		}
	}
}

// One question that fails is not the part: who answers to its name is asked on.
func TestOneFailureIsNoGap(t *testing.T) {
	cloud, local := newFake(aalto), newFake(bauer)
	o := newOrganisation(cloud, local)
	o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
	local.once = &providers.Error{Class: providers.Unreachable}
	if _, err := o.Calendars(t.Context(), bauer); !providers.Is(err, providers.Unreachable) {
		t.Fatal(err)
	}
	if len(o.Gaps()) != 0 {
		t.Error("one lost question shut the part")
	}
	if _, err := o.Calendars(t.Context(), bauer); err != nil {
		t.Error(err)
	}
	// A service that has trouble with one mailbox is asked for its name after some time.
	for i := range 3 * inARow {
		local.once = &providers.Error{Class: providers.Transient}
		if _, err := o.Calendars(t.Context(), bauer); !providers.Is(err, providers.Transient) || len(o.Gaps()) != 0 {
			t.Errorf("%d: %v", i, err)
		}
	}
	if local.who != 1+3 {
		t.Errorf("asked %d times who it is", local.who)
	}
	local.fail(&providers.Error{Class: providers.Transient})
	for range inARow {
		_, _ = o.Calendars(t.Context(), bauer)
	}
	if gaps := o.Gaps(); len(gaps) != 1 || gaps[0].Problem.Class != providers.Transient {
		t.Errorf("all of it has trouble: %+v", gaps)
	}
}

// What a part can is often known without asking it: that is no sign that it answers.
func TestWhatIsKnownProvesNothing(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer))
	o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
	o.local.cached = true
	o.local.fail(&providers.Error{Class: providers.Transient})
	page := func(providers.ChangePage) error { return nil }
	for range inARow {
		_ = o.Changes(t.Context(), providers.ChangesRequest{Mailbox: bauer}, page)
	}
	began := o.now
	if gaps := o.Gaps(); len(gaps) != 1 || !gaps[0].Since.Equal(began) {
		t.Fatalf("%+v", gaps)
	}
	o.now = o.now.Add(time.Hour)
	_ = o.Changes(t.Context(), providers.ChangesRequest{Mailbox: bauer}, page)
	if gaps := o.Gaps(); len(gaps) != 1 || !gaps[0].Since.Equal(began) {
		t.Errorf("an hour later: %+v", gaps)
	}
	o.local.fail(nil)
	o.now = o.now.Add(time.Hour)
	if err := o.Changes(t.Context(), providers.ChangesRequest{Mailbox: bauer}, page); err != nil || len(o.Gaps()) != 0 {
		t.Errorf("once it answers: %v %+v", err, o.Gaps())
	}
}

// A person who waits is let through sooner than what nobody waits for, but not where
// trying locks accounts.
func TestWhoWaitsIsLetThrough(t *testing.T) {
	for _, class := range []providers.Class{providers.Unreachable, providers.SignedOut} {
		o := newOrganisation(newFake(), newFake(bauer))
		o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
		o.local.fail(&providers.Error{Class: class})
		for range 20 {
			_, _ = o.Calendars(t.Context(), bauer)
			o.now = o.now.Add(lockedMost)
		}
		_, _ = o.Calendars(t.Context(), bauer)
		o.local.asked()
		o.now = o.now.Add(pauseAsked)
		_, _ = o.Calendars(t.Context(), bauer)
		if n := len(o.local.asked()); n != 0 {
			t.Errorf("%s: %d questions that nobody waits for", class, n)
		}
		_, _ = o.Calendars(providers.WithPriority(t.Context(), providers.Interactive), bauer)
		if n := len(o.local.asked()); (n == 1) == class.Locks() {
			t.Errorf("%s: %d questions of a person", class, n)
		}
	}
}

// Where both parts are down, whoever reads must know that nothing goes on.
func TestBothPartsAreDown(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer))
	down := &providers.Error{Class: providers.Unreachable}
	o.cloud.fail(down)
	o.local.fail(down)
	if _, err := o.Identify(t.Context()); !providers.ConcernsAll(err) {
		t.Errorf("who it is: %v", err)
	}
	if _, err := o.Calendars(t.Context(), aalto); !providers.ConcernsAll(err) {
		t.Errorf("a mailbox: %v", err)
	}
	if _, err := o.Rooms(t.Context(), func([]providers.Room) error { return nil }); !providers.ConcernsAll(err) {
		t.Errorf("the rooms: %v", err)
	}
	if len(o.Gaps()) != 2 {
		t.Errorf("%+v", o.Gaps())
	}
	// A host that asks the whole account to wait leaves the other part going.
	busy := newOrganisation(newFake(aalto), newFake(bauer))
	busy.cloud.fail(&providers.Error{Class: providers.Throttled, Scope: providers.ScopeApp})
	if _, err := busy.Calendars(t.Context(), aalto); !providers.OfPart(err) || len(busy.Gaps()) != 0 {
		t.Errorf("too fast: %v", err)
	}
	busy.local.fail(&providers.Error{Class: providers.Throttled, Scope: providers.ScopeApp})
	if _, err := busy.Identify(t.Context()); err == nil || providers.OfPart(err) {
		t.Errorf("both too fast: %v", err)
	}
}
