package booking

import (
	"context"
	"time"

	"roomdesk/providers"
)

// explainDates says of each date that was newly declined why, and offers other
// rooms. A room that declines a series does not say on account of which date: what
// its calendar shows is proven for the dates that clash, and that these decline all
// is inferred from the usual rule.
func (d *Desk) explainDates(ctx context.Context, before providers.Booking, b *providers.Booking) {
	var (
		asked []wanted
		fresh []int
	)
	for n, line := range b.Series.Dates {
		if line.State == providers.BookingDeclined && line.Reason == "" {
			asked, fresh = append(asked, wanted{line.Room, line.Span}), append(fresh, n)
		}
	}
	if len(fresh) == 0 {
		return
	}
	explaining, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	answers, err := d.liveSpans(explaining, asked)
	clashing := map[int]string{} // by meeting, the first date that clashes
	for i, n := range fresh {
		line := &b.Series.Dates[n]
		if a := answers[i]; believed(a) && !a.FreeFor(line.Span) {
			line.Reason, line.ReasonProof = "the room was taken meanwhile: it is "+takenWords(dateRequest(*b, *line), a), providers.Proven
			if block, ok := clash(a, line.Span); ok && block.State == providers.Tentative {
				line.Reason, line.ReasonProof = "probably because the room is "+takenWords(dateRequest(*b, *line), a), providers.Inferred
			}
			if line.Meeting >= 0 && clashing[line.Meeting] == "" {
				clashing[line.Meeting] = dateWords(*b, *line)
			}
		}
	}
	for i, n := range fresh {
		line := &b.Series.Dates[n]
		if line.Reason != "" {
			continue
		}
		one := alone(*b, *line)
		changedMind := before.Series.Dates[n].State == providers.BookingAccepted || before.Series.Dates[n].State == providers.BookingTentative
		whole := line.Meeting >= 0 && allDeclined(*b.Series, line.Meeting)
		switch a := answers[i]; {
		case !believed(a):
			what := "the service did not say whether it is taken"
			if a.Problem != nil {
				what = a.Problem.What()
			} else if err != nil {
				what = providers.ProblemOf(err, d.Now()).What()
			}
			line.Reason, line.ReasonProof = "the room gave no reason, and its calendar cannot be read: "+what, providers.UnknownCause
		case whole && clashing[line.Meeting] != "":
			line.Reason, line.ReasonProof = "the room is free then, and declined the whole series: by the usual rule one date that clashes ("+clashing[line.Meeting]+") declines all", providers.Inferred
		case changedMind:
			line.Reason, line.ReasonProof = "the room took its answer back although nothing else is booked there; somebody may have decided so", providers.Inferred
		case len(d.forbidden(explaining, one.Request)) > 0:
			line.Reason, line.ReasonProof = d.forbidden(explaining, one.Request)[0].Words, providers.Inferred
		case b.Series.Last().Sub(b.Created) > usualWindow:
			line.Reason, line.ReasonProof = "the room is free; series that go on for more than 180 days ahead are usually refused by rule", providers.Inferred
		case line.Answered.Sub(line.Sent) <= atOnce:
			line.Reason, line.ReasonProof = "the room is free and declined at once: a booking rule, for example that it takes no series, who may book it, or its hours", providers.Inferred
		default:
			line.Reason, line.ReasonProof = "the room is free and gave no reason", providers.UnknownCause
		}
	}
	d.offerDates(explaining, b)
}

// allDeclined reports whether a room declined every date of a recurring meeting.
func allDeclined(s providers.BookingSeries, meeting int) bool {
	for _, line := range s.Dates {
		if line.Meeting == meeting && line.Live() && line.State != providers.BookingDeclined {
			return false
		}
	}
	return true
}

// watchDates looks whether the wished room can be had after all on dates that are
// skipped, elsewhere, moved or refused. It is offered, never taken.
func (d *Desk) watchDates(ctx context.Context, b *providers.Booking) {
	var (
		asked   []wanted
		watched []*providers.BookingDate
	)
	now := d.Now()
	for n := range b.Series.Dates {
		line := &b.Series.Dates[n]
		elsewhere := line.Act != providers.SeriesKeep || line.State == providers.BookingDeclined || line.State == providers.BookingFailed
		if !elsewhere || line.WishedRoom == "" || line.State == providers.BookingCancelled || line.State == providers.BookingWaiting || !line.Wished.Start.After(now) {
			line.FreeAgain = time.Time{}
			continue
		}
		asked, watched = append(asked, wanted{line.WishedRoom, line.Wished}), append(watched, line)
	}
	if len(asked) == 0 {
		return
	}
	answers, err := d.liveSpans(ctx, asked)
	if err != nil {
		d.log.Warn("the wished room cannot be watched", "booking", b.ID, "error", err)
	}
	for i, line := range watched {
		a := answers[i]
		if !believed(a) {
			continue // what was known stays
		}
		if !freeBut(a, *line) {
			line.FreeAgain = time.Time{}
		} else if line.FreeAgain.IsZero() {
			line.FreeAgain = now
		}
	}
}

// freeBut reports whether a room is free when a date was wished, the date itself,
// which may be there at another time, aside.
func freeBut(a providers.Availability, line providers.BookingDate) bool {
	for _, block := range a.Blocks {
		own := line.Room == line.WishedRoom && line.State == providers.BookingAccepted && block.Start.Equal(line.Span.Start) && block.End.Equal(line.Span.End)
		if block.State.Taken() && block.Overlaps(line.Wished) && !own {
			return false
		}
	}
	return a.Window.Covers(line.Wished)
}
