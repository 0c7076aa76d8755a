package finder_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// Free/busy that was read long ago, or whose latest reading failed, is offered as old.
func TestOldFreeBusyIsCalledOld(t *testing.T) {
	q := finder.Question{Wish: wish.Read("tmr 14-15", wish.Surroundings{Now: now, Zone: time.UTC}), Now: now, MaxAge: time.Hour}
	for name, c := range map[string]struct {
		age     time.Duration
		problem *providers.Problem
		old     bool
	}{
		"fresh": {time.Minute, nil, false}, "at the bound": {time.Hour, nil, false}, "old": {61 * time.Minute, nil, true},
		"not read since": {time.Minute, &providers.Problem{Class: providers.Unreachable, Since: now}, true},
	} {
		free := func(_ context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
			return map[providers.Address]providers.Availability{mailboxes[0]: {Mailbox: mailboxes[0], Window: window, AsOf: now.Add(-c.age), Problem: c.problem}}, nil
		}
		answer, err := finder.New([]providers.Room{room("Aalto", 3, 4)}, nil).Find(context.Background(), q, free)
		if err != nil || len(answer.Offers) != 1 || answer.Offers[0].Old != c.old {
			t.Errorf("%s: %+v, %v", name, answer.Offers, err)
		}
	}
}

// By what a room is taken is told without what is private.
func TestPrivateMeetingsAreNotTold(t *testing.T) {
	private := block(at(14, 0), at(15, 0), providers.Busy, "Redundancies")
	private.Private = true
	a := find(t, &world{taken: map[string][]providers.Block{"aalto": {private}}}, []providers.Room{room("Aalto", 3, 4)}, "tmr 14-15")
	if got := withheld(a); got != "Aalto: busy 14:00–15:00, private" || strings.Contains(got, "Redundancies") {
		t.Error(got)
	}
}

// Somebody of whom nothing is known is not called free.
func TestUnknownGuestsAreNotFree(t *testing.T) {
	a := find(t, &world{unknown: map[string]bool{"bob": true}}, rooms(), "tmr 14-15 with bob")
	if len(a.Guests) != 1 || a.Guests[0].State != providers.Unknown || a.Guests[0].Words == "not known here" || a.GuestsFree() || len(a.Others) != 0 {
		t.Errorf("%+v, others %+v", a.Guests, a.Others)
	}
}
