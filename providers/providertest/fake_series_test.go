package providertest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// fits reports whether a pattern has a day, by its definition.
func fits(r providers.Recurrence, d time.Time) bool {
	monday := func(d time.Time) time.Time { return d.AddDate(0, 0, -((int(d.Weekday()) - int(r.FirstDay) + 7) % 7)) }
	days := func(a, b time.Time) int { return int(b.Sub(a).Hours() / 24) }
	months := (d.Year()-r.Start.Year())*12 + int(d.Month()) - int(r.Start.Month())
	weekday := slices.Contains(r.Weekdays, d.Weekday())
	nth := map[providers.WeekIndex]bool{providers.IndexFirst: d.Day() <= 7, providers.IndexSecond: d.Day() > 7 && d.Day() <= 14, providers.IndexThird: d.Day() > 14 && d.Day() <= 21,
		providers.IndexFourth: d.Day() > 21 && d.Day() <= 28, providers.IndexLast: d.AddDate(0, 0, 7).Month() != d.Month()}[r.Index]
	switch r.Pattern {
	case providers.PatternDaily:
		return days(r.Start, d)%r.Interval == 0
	case providers.PatternWeekly:
		return weekday && days(monday(r.Start), monday(d))/7%r.Interval == 0
	case providers.PatternAbsoluteMonthly:
		return months%r.Interval == 0 && d.Day() == r.DayOfMonth
	case providers.PatternRelativeMonthly:
		return months%r.Interval == 0 && weekday && nth
	case providers.PatternAbsoluteYearly:
		return d.Month() == r.Month && d.Day() == r.DayOfMonth
	case providers.PatternRelativeYearly:
		return d.Month() == r.Month && weekday && nth
	}
	return false
}

// makeSeries makes a master and its dates of the next year.
func (p *fake) makeSeries(d providers.EventDraft) *item {
	r := *d.Recurrence
	if p.flaw == "forgets the interval" {
		r.Interval = 1
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || p.flaw == "series by UTC" {
		zone = time.UTC
	}
	master := p.add(providers.Event{Mailbox: d.Organizer, Type: providers.SeriesMaster, Subject: d.Subject, Start: d.Start.UTC(), End: d.End.UTC(), TransactionID: d.TransactionID,
		IsOrganizer: true, Organizer: d.Organizer, Recurrence: &r})
	local := d.Start.In(zone)
	n := 0
	for day := r.Start; day.Before(r.Start.AddDate(1, 0, 1)); day = day.AddDate(0, 0, 1) {
		if !fits(r, day) || r.Range == providers.RangeEndDate && day.After(r.End) || r.Range == providers.RangeNumbered && n >= r.Count {
			continue
		}
		n++
		one := d
		one.Recurrence, one.TransactionID = nil, fmt.Sprint(d.TransactionID, n)
		one.Start = time.Date(day.Year(), day.Month(), day.Day(), local.Hour(), local.Minute(), 0, 0, zone).UTC()
		one.End = one.Start.Add(d.End.Sub(d.Start))
		p.make(one).series(master)
	}
	return master
}

func (it *item) series(master *item) {
	it.Type, it.SeriesMasterID, it.TransactionID = providers.Occurrence, master.ID, ""
}

func (p *fake) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return p.CancelEvent(ctx, mailbox, id, "")
}

func (p *fake) FindSeries(ctx context.Context, mailbox providers.Address, transaction string, _ time.Time) (providers.Event, bool, error) {
	event, ok, err := p.FindEvent(ctx, mailbox, transaction, providers.Interval{})
	return event, ok && event.Type == providers.SeriesMaster, err
}
