package graph

import (
	"context"
	"slices"

	"roomdesk/providers"
)

const (
	readingSeries = "reading a series"
	// maxDates bounds what is read of a series: about three years of every day.
	maxDates = 1000
)

// SeriesDates lists the dates that a series has inside the window, moved ones
// where they are now, by start, without those that were cancelled. Class
// Unsupported where the event is no series, or has more than a thousand dates.
func (p *Provider) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	if err := checkID(readingSeries, mailbox, seriesID); err != nil {
		return nil, err
	}
	if err := checkWindow(window, mailbox); err != nil {
		return nil, err
	}
	req := providers.ChangesRequest{Mailbox: mailbox, Window: window}
	c := p.pageCall(req)
	c.op, c.object = readingSeries, true
	c.url = p.roots.url(windowQuery(window)+"&$top="+itoa(defaultPage)+"&$select="+eventFields, "users", string(mailbox), "events", seriesID, "instances")
	var dates []providers.Event
	err := p.view(ctx, c, req, func(page pageOfEvents) error {
		for _, event := range page.events {
			if !event.Cancelled {
				dates = append(dates, event)
			}
		}
		if len(dates) > maxDates {
			return &providers.Error{Class: providers.Unsupported, Op: readingSeries, Mailbox: mailbox, Message: providers.Outside("the series has more than a thousand dates")}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(dates, func(a, b providers.Event) int { return a.Start.Compare(b.Start) })
	return dates, nil
}
