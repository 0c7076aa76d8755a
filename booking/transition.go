package booking

import "roomdesk/providers"

// happening is something that moves a booking from one state to another.
type happening string

const (
	stored        happening = "stored"         // the intent is on the disk
	sendBegins    happening = "send begins"    // from here on the tenant may have it
	putOff        happening = "put off"        // the tenant asked to wait, and did nothing
	answerLost    happening = "answer lost"    // it may have happened
	refused       happening = "refused"        // it will not be made, and certainly was not
	notThere      happening = "not there"      // looked up: certainly absent
	inTenant      happening = "in the tenant"  // created, or found by its transaction id
	roomSilent    happening = "room silent"    // no answer of the room, or not any more
	roomAccepts   happening = "room accepts"   //
	roomHolds     happening = "room holds"     // tentative
	roomDeclines  happening = "room declines"  //
	cancelAsked   happening = "cancel asked"   //
	cancelDone    happening = "cancel done"    //
	cancelRefused happening = "cancel refused" // the meeting stays
	vanished      happening = "vanished"       // deleted or cancelled by somebody else
)

// after is the state that follows, and false where the happening makes no sense
// in the state: the booking then stays as it is. Tries is the number of times
// that a request to make the meeting may have left.
func after(state providers.BookingState, tries int, h happening) (providers.BookingState, bool) {
	switch state {
	case providers.BookingDraft:
		switch h {
		case stored:
			return providers.BookingQueued, true
		case cancelAsked:
			return providers.BookingCancelled, true
		}
	case providers.BookingQueued:
		switch h {
		case sendBegins:
			return providers.BookingSending, true
		case refused:
			return providers.BookingFailed, true
		case inTenant: // an earlier try was found after all
			return providers.BookingWaiting, true
		case answerLost: // an earlier try is in doubt again
			if tries > 0 {
				return providers.BookingUnknown, true
			}
		case putOff:
			return providers.BookingQueued, true
		case cancelAsked:
			if tries > 0 {
				return providers.BookingCancelling, true
			}
			return providers.BookingCancelled, true
		}
	case providers.BookingSending, providers.BookingUnknown:
		switch h {
		case inTenant:
			return providers.BookingWaiting, true
		case answerLost:
			return providers.BookingUnknown, true
		case putOff, notThere:
			return providers.BookingQueued, true
		case refused:
			return providers.BookingFailed, true
		case cancelAsked:
			return providers.BookingCancelling, true
		}
	case providers.BookingWaiting, providers.BookingAccepted, providers.BookingTentative, providers.BookingDeclined, providers.BookingPartly:
		switch h {
		case roomSilent:
			return providers.BookingWaiting, true
		case roomAccepts:
			return providers.BookingAccepted, true
		case roomHolds:
			return providers.BookingTentative, true
		case roomDeclines:
			return providers.BookingDeclined, true
		case cancelAsked:
			return providers.BookingCancelling, true
		case vanished:
			return providers.BookingCancelled, true
		}
	case providers.BookingCancelling:
		switch h {
		case cancelAsked, inTenant, answerLost:
			return providers.BookingCancelling, true
		case cancelDone, notThere, vanished:
			return providers.BookingCancelled, true
		case cancelRefused:
			return providers.BookingWaiting, true
		}
	case providers.BookingCancelled:
		if h == cancelAsked {
			return providers.BookingCancelled, true
		}
	}
	return state, false
}

// move applies what happened. What makes no sense is logged and changes nothing.
func (d *Desk) move(b *providers.Booking, h happening) bool {
	next, ok := after(b.State, b.Tries, h)
	if !ok {
		d.log.Error("a booking met what cannot happen to it", "booking", b.ID, "state", b.State, "happening", h)
		return false
	}
	b.State = next
	return true
}
