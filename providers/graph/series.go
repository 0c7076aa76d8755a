package graph

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

const (
	readingSeries = "reading a series"
	findingSeries = "looking a series up"
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

// FindSeries looks for the series that was created with the transaction id and
// whose first date is within a day of start. It reads the masters, not what a view
// shows of them: a date may have been taken out since, and whether a date carries
// its series' transaction id is not known. False means that the tenant does not
// have it there.
func (p *Provider) FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, start time.Time) (providers.Event, bool, error) {
	if transactionID == "" {
		return providers.Event{}, false, missing(findingSeries, mailbox, "transaction id")
	}
	if start.IsZero() {
		return providers.Event{}, false, missing(findingSeries, mailbox, "start")
	}
	req := providers.ChangesRequest{Mailbox: mailbox}
	c := p.pageCall(req)
	c.op = findingSeries
	filter := "start/dateTime ge '" + start.Add(-findAround).UTC().Format(zones.LocalTime) + "' and start/dateTime lt '" + start.Add(findAround).UTC().Format(zones.LocalTime) + "'"
	c.url = p.roots.url("$filter="+url.QueryEscape(filter)+"&$top="+itoa(defaultPage)+"&$select="+eventFields, "users", string(mailbox), "events")
	var found providers.Event
	err := p.view(ctx, c, req, func(page pageOfEvents) error {
		for _, event := range page.events {
			if event.Type == providers.SeriesMaster && strings.EqualFold(event.TransactionID, transactionID) {
				found = event
				return errFound
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errFound) {
		return providers.Event{}, false, err
	}
	return found, err != nil, nil
}

// checkRecurrence finds what the service would refuse of a series, before it is
// asked.
func checkRecurrence(draft providers.EventDraft) error {
	r := draft.Recurrence
	if r == nil {
		return nil
	}
	refuse := func(what string) error {
		return &providers.Error{Class: providers.Permanent, Op: creatingEvent, Mailbox: draft.Organizer, Message: providers.Outside("the series: " + what)}
	}
	location := time.UTC
	if r.Zone != "" && r.Zone != "UTC" {
		windows := zones.WindowsZone(r.Zone)
		if windows == "UTC" && !strings.HasSuffix(r.Zone, "UTC") && !strings.HasPrefix(r.Zone, "Etc/") {
			// By other clocks it would drift from those that were asked for.
			return refuse("the service has no time zone for " + r.Zone)
		}
		var err error
		if location, err = zones.Location(windows); err != nil {
			return err
		}
	}
	y, m, d := draft.Start.In(location).Date()
	switch {
	case r.Interval < 1:
		return refuse("its interval is less than one")
	case !r.Start.Equal(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)):
		return refuse("it does not begin on the day of its first date")
	case r.Range == providers.RangeEndDate && r.End.Before(r.Start):
		return refuse("it ends before it begins")
	case r.Range == providers.RangeNumbered && r.Count < 1:
		return refuse("it has no dates")
	}
	return nil
}
