package booking

import (
	"slices"
	"testing"

	"roomdesk/providers"
)

var (
	allStates = []providers.BookingState{providers.BookingDraft, providers.BookingQueued, providers.BookingSending, providers.BookingUnknown, providers.BookingWaiting, providers.BookingAccepted,
		providers.BookingTentative, providers.BookingDeclined, providers.BookingPartly, providers.BookingCancelling, providers.BookingCancelled, providers.BookingFailed}
	allHappenings = []happening{stored, sendBegins, putOff, answerLost, refused, notThere, inTenant, roomSilent, roomAccepts, roomHolds, roomDeclines, cancelAsked, cancelDone, cancelRefused, vanished}
)

// Every state against everything that can happen: what is not in the table
// changes nothing.
func TestTransitions(t *testing.T) {
	type from struct {
		state providers.BookingState
		h     happening
	}
	want := map[from]providers.BookingState{
		{providers.BookingDraft, stored}:             providers.BookingQueued,
		{providers.BookingDraft, cancelAsked}:        providers.BookingCancelled,
		{providers.BookingQueued, sendBegins}:        providers.BookingSending,
		{providers.BookingQueued, putOff}:            providers.BookingQueued,
		{providers.BookingQueued, refused}:           providers.BookingFailed,
		{providers.BookingQueued, inTenant}:          providers.BookingWaiting,
		{providers.BookingQueued, cancelAsked}:       providers.BookingCancelled,
		{providers.BookingCancelling, cancelAsked}:   providers.BookingCancelling,
		{providers.BookingCancelling, inTenant}:      providers.BookingCancelling,
		{providers.BookingCancelling, answerLost}:    providers.BookingCancelling,
		{providers.BookingCancelling, cancelDone}:    providers.BookingCancelled,
		{providers.BookingCancelling, notThere}:      providers.BookingCancelled,
		{providers.BookingCancelling, vanished}:      providers.BookingCancelled,
		{providers.BookingCancelling, cancelRefused}: providers.BookingWaiting,
		{providers.BookingCancelled, cancelAsked}:    providers.BookingCancelled,
	}
	for _, s := range []providers.BookingState{providers.BookingSending, providers.BookingUnknown} {
		want[from{s, inTenant}] = providers.BookingWaiting
		want[from{s, answerLost}] = providers.BookingUnknown
		want[from{s, putOff}] = providers.BookingQueued
		want[from{s, notThere}] = providers.BookingQueued
		want[from{s, refused}] = providers.BookingFailed
		want[from{s, cancelAsked}] = providers.BookingCancelling
	}
	for _, s := range []providers.BookingState{providers.BookingWaiting, providers.BookingAccepted, providers.BookingTentative, providers.BookingDeclined, providers.BookingPartly} {
		want[from{s, roomSilent}] = providers.BookingWaiting
		want[from{s, roomAccepts}] = providers.BookingAccepted
		want[from{s, roomHolds}] = providers.BookingTentative
		want[from{s, roomDeclines}] = providers.BookingDeclined
		want[from{s, cancelAsked}] = providers.BookingCancelling
		want[from{s, vanished}] = providers.BookingCancelled
	}
	for _, state := range allStates {
		for _, h := range allHappenings {
			next, ok := after(state, 0, h)
			expected, possible := want[from{state, h}]
			if !possible {
				expected = state
			}
			if ok != possible || next != expected {
				t.Errorf("%s, %s: %s (%v), want %s (%v)", state, h, next, ok, expected, possible)
			}
		}
	}
	// What may have left once is looked for before it is called cancelled.
	if next, _ := after(providers.BookingQueued, 1, cancelAsked); next != providers.BookingCancelling {
		t.Errorf("cancelling what was sent before leads to %s", next)
	}
	if next, ok := after(providers.BookingQueued, 1, answerLost); !ok || next != providers.BookingUnknown {
		t.Errorf("doubting what was sent before leads to %s", next)
	}
}

// TRUTH, as a property of the machine: only the room's own yes leads to accepted,
// and only a certain no to failed.
func TestTransitionsTellTheTruth(t *testing.T) {
	for _, state := range allStates {
		for _, h := range allHappenings {
			for tries := range 3 {
				next, ok := after(state, tries, h)
				if ok && next == providers.BookingAccepted && h != roomAccepts {
					t.Errorf("%s is accepted because of %q", state, h)
				}
				if ok && next == providers.BookingFailed && (h != refused || !slices.Contains([]providers.BookingState{providers.BookingQueued, providers.BookingSending, providers.BookingUnknown}, state)) {
					t.Errorf("%s fails because of %q", state, h)
				}
				if ok && next == providers.BookingQueued && !slices.Contains([]happening{stored, putOff, notThere}, h) {
					t.Errorf("%s is sent again because of %q", state, h)
				}
			}
		}
	}
}
