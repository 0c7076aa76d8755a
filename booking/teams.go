package booking

import (
	"context"
	"strings"
	"time"

	"roomdesk/providers"
)

// noLink begins every sentence about a missing Teams link.
const noLink = "no Teams link"

// teamsPending reports whether a Teams link was asked for and may still come.
func teamsPending(b providers.Booking) bool {
	return b.Request.Teams && b.JoinURL.Empty() && !b.TeamsMissing
}

// takeLink compares what was asked of Teams with what came back (F-056), and
// puts what is missing behind the booking's reason; said is what was put there
// before. A service may make the meeting without a link and call that success, or
// give the link later. The meeting is never made a second time for it.
func (d *Desk) takeLink(ctx context.Context, b *providers.Booking, event providers.Event, said string, now time.Time) {
	if !b.Request.Teams {
		return
	}
	if !event.JoinURL.Empty() {
		b.JoinURL, b.TeamsMissing = event.JoinURL, false
		return
	}
	// A link once given is kept: another copy of the meeting may lack it.
	if !b.JoinURL.Empty() || b.State == providers.BookingDeclined {
		return
	}
	late := now.Sub(b.Sent) >= teamsPatience
	if said != "" && (b.TeamsMissing || !late) {
		b.Reason = joinReasons(b.Reason, said)
		return
	}
	state := calendarState{}
	if !event.OnlineMeeting {
		state = d.calendar(ctx, b.Request.Organizer)
	}
	words, proof := noLink+" yet", providers.UnknownCause
	switch {
	case state.known && !state.teams:
		b.TeamsMissing = true
		words, proof = noLink+": "+state.teamsWhy, providers.Proven
	case late && event.OnlineMeeting:
		b.TeamsMissing = true
		words = noLink + ": the tenant made an online meeting but gave no link within " + providers.Age(teamsPatience)
	case late:
		b.TeamsMissing = true
		words = noLink + ": the tenant made the meeting without one and does not say why"
	}
	if b.Reason == "" {
		b.ReasonProof = proof
	}
	b.Reason = joinReasons(b.Reason, words)
}

func joinReasons(state, link string) string {
	if state == "" {
		return link
	}
	return state + "; " + link
}

// splitReason takes apart what [joinReasons] made.
func splitReason(reason string) (state, link string) {
	if strings.HasPrefix(reason, noLink) {
		return "", reason
	}
	if i := strings.LastIndex(reason, "; "+noLink); i >= 0 {
		return reason[:i], reason[i+2:]
	}
	return reason, ""
}
