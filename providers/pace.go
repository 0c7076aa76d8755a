package providers

import (
	"fmt"
	"time"
)

// Words is the phase as people read it.
func (p SyncPhase) Words() string {
	switch p {
	case PhasePlaces:
		return "rooms and people"
	case PhaseAvailability:
		return "free/busy of all rooms"
	case PhaseNearest:
		return "nearest days"
	case PhaseCalendars:
		return "calendars"
	case PhaseChanges:
		return "changes"
	}
	return Sanitise(string(p))
}

// Pace says how the phase comes along, in a few words, the same wherever it is
// shown: the measured rate and what is left at that rate, or what it waits for and
// until when.
func (p SyncProgress) Pace(now time.Time, zone *time.Location) string {
	s := p.ShortPace(now, zone)
	switch {
	case p.Problem != nil:
		if wait := p.Problem.NextTry.Sub(now); wait > 0 {
			s += ", tried again in " + Age(wait)
		}
	case p.ThrottledTo.After(now):
		s += ", as the service asks"
	case !p.Stalled.IsZero():
		s += ": waiting for the service"
	}
	return s
}

// ShortPace is the same in 28 columns, but for what stops everything.
func (p SyncProgress) ShortPace(now time.Time, zone *time.Location) string {
	switch {
	case p.Problem != nil:
		return "stopped: " + p.Problem.What()
	case p.ThrottledTo.After(now):
		return "waiting until " + p.ThrottledTo.In(zone).Format("15:04:05")
	case !p.Stalled.IsZero():
		return "nothing came for " + Age(now.Sub(p.Stalled))
	case p.Rate <= 0:
		return "measuring"
	}
	s := fmt.Sprintf("%.0f/s", p.Rate)
	if p.Rate < 9.5 {
		s = fmt.Sprintf("%.1f/s", p.Rate)
	}
	if p.Left > 0 {
		s += ", " + LeftWords(p.Left)
	}
	return s
}

// LeftWords is an estimate as people read it, no more exact than it can be, so
// that it does not jump: "about 25 s left", "about 2 min left".
func LeftWords(left time.Duration) string {
	switch {
	case left <= 5*time.Second:
		return "a moment left"
	case left <= time.Minute-5*time.Second:
		return fmt.Sprintf("about %d s left", 5*((int(left.Seconds())+4)/5))
	case left < 90*time.Minute:
		return fmt.Sprintf("about %d min left", max(int(left.Round(time.Minute).Minutes()), 1))
	}
	return fmt.Sprintf("about %d h left", int(left.Round(time.Hour).Hours()))
}

// Sentence is what there is to say of a mailbox: what is wrong and since when, what
// happens next and when, what a person can do, and the id of the request; "" where
// all is well.
func (s MailboxStatus) Sentence(now time.Time) string {
	again := ""
	if wait := s.Next.Sub(now); !s.Next.IsZero() && wait > 0 {
		again = "; read again in " + Age(wait)
	} else if !s.Next.IsZero() {
		again = "; read again now"
	}
	switch {
	case s.Problem != nil:
		return s.Problem.Explain(now)
	case s.State == MailboxPartly:
		return fmt.Sprintf("%d of its %d entries were missing from the last answer: kept and marked unconfirmed until a second reading says the same%s",
			s.Unconfirmed, s.Rows, again)
	case s.State == MailboxLate:
		return "not read for " + Age(now.Sub(s.LastGood)) + again
	case s.State == MailboxWaiting:
		return "not read yet; it is in the queue"
	}
	return ""
}
