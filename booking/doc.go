// Package booking is what people do with rooms: check whether one can be booked,
// book it, follow the room's answer, and cancel.
//
// A booking is an intent that is stored before the first byte leaves, carries the
// same transaction id on each try, and ends in exactly one of accepted,
// tentative, declined, partly, failed or cancelled. That the service took the
// meeting says nothing about the room: only the room attendee's own acceptance
// does. Where an answer was lost the meeting is looked up by its transaction id;
// it is never sent under a second one.
//
// [Desk] is the counter at which all of this happens. The states and what leads
// from one to the next are in transition.go, when it looks again in schedule.go.
package booking
