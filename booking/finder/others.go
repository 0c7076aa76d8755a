package finder

import (
	"context"
	"time"

	"roomdesk/providers"
)

const (
	maxOthers = 3
	// othersOf is how many of the best candidates are looked at for other times.
	othersOf = 100
)

// others looks for times near the wished one at which all guests and a room are
// free.
func (s *search) others(ctx context.Context) error {
	if s.choice || len(s.candidates) == 0 {
		return nil
	}
	for _, g := range s.answer.Guests {
		if a := s.guestTimes[g.Mailbox]; !a.Known() {
			return nil // no time can be proposed to somebody of whom nothing is known
		}
	}
	mailboxes := s.mailboxes(0, min(othersOf, len(s.candidates)))
	known, err := s.free(ctx, mailboxes, s.wide)
	if err != nil {
		return err
	}
	wished := s.answer.Span
	for n := 1; n <= 32 && len(s.answer.Others) < maxOthers; n++ {
		// Nearest first, and later before earlier: 15 min after, 15 min before, ...
		for _, by := range []time.Duration{time.Duration(n) * step, -time.Duration(n) * step} {
			span := providers.Interval{Start: wished.Start.Add(by), End: wished.End.Add(by)}
			if len(s.answer.Others) == maxOthers || span.Start.Before(s.q.Now) || !s.wide.Covers(span) || !s.guestsFree(span) || s.near(span) {
				continue
			}
			other := providers.OtherTime{Span: span}
			for i, mailbox := range mailboxes {
				if known[mailbox].FreeFor(span) {
					if other.Rooms == 0 {
						other.Best = s.rooms[s.candidates[i].room]
					}
					other.Rooms++
				}
			}
			if other.Rooms > 0 {
				s.answer.Others = append(s.answer.Others, other)
			}
		}
	}
	return nil
}

// near reports that a time like that is offered already.
func (s *search) near(span providers.Interval) bool {
	for _, o := range s.answer.Others {
		if d := o.Span.Start.Sub(span.Start); d > -2*step && d < 2*step {
			return true
		}
	}
	return false
}

func (s *search) guestsFree(span providers.Interval) bool {
	for _, g := range s.answer.Guests {
		if !s.guestTimes[g.Mailbox].FreeFor(span) {
			return false
		}
	}
	return true
}
