package graph

import (
	"context"
	"errors"
	"hash/maphash"
	"net/url"
	"time"

	"roomdesk/providers"
)

const (
	readingCalendar = "reading the calendar"
	// defaultPage is what is asked for where the caller has no wish: bigger pages
	// save round trips, and smaller ones memory.
	defaultPage = 200
	maxPage     = 1000
	// maxPages bounds a round; with pages of ten entries, the smallest that was
	// seen, these are a million entries.
	maxPages = 100_000
	// maxEmpty is how many empty pages in a row are followed.
	maxEmpty = 200
)

// pageOfEvents is one page of a calendar as it came.
type pageOfEvents struct {
	events  []providers.Event
	removed []string
	annotations
}

// Changes reads a calendar's entries within the window, or, with a cursor, what
// changed since that cursor; page is called for each page of the round in order,
// and an error of it ends the round and is returned as it is. A page that is
// damaged, or that names a link to another host, is not delivered at all.
//
// Where the service loses its own state the error has class Resync: begin a new
// round without a cursor. Where the pages of a new round go in a circle, the
// calendar is read by a plain listing instead: the last page then has Done and an
// empty cursor, so that the next round begins anew too.
func (p *Provider) Changes(ctx context.Context, req providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
	if req.Mailbox == "" {
		return missing(readingCalendar, "", "mailbox")
	}
	c := p.pageCall(req)
	if req.Cursor != "" {
		if err := p.roots.checkLink(req.Cursor, req.Mailbox); err != nil {
			return err
		}
		c.url = req.Cursor
	} else {
		if err := checkWindow(req.Window, req.Mailbox); err != nil {
			return err
		}
		c.url = p.calendarURL(req, "calendarView", "delta")
	}
	err := p.round(ctx, c, req, deliver)
	var failure *providers.Error
	switch {
	case !errors.As(err, &failure):
		return err
	case errors.Is(err, errCircle) && req.Cursor == "":
		return p.plainRound(ctx, req, deliver)
	case errors.Is(err, errCircle):
		failure.Class = providers.Resync
	case req.Cursor != "" && failure.Status == 400 && failure.Class == providers.Permanent:
		// Whatever the service has against the link, a new round has no link.
		failure.Class = providers.Resync
	}
	return err
}

// errCircle marks the failure that [circle] makes, for this file.
var errCircle = errors.New("the pages go in a circle")

// round follows the pages from c.url to the end of the round.
func (p *Provider) round(ctx context.Context, c call, req providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
	links := newLoop()
	links.add(c.url)
	empty, moved := 0, false
	for range maxPages {
		got, err := p.eventPage(ctx, c, req)
		if err != nil {
			// Only where a round begins: what the service offers in place of a lost
			// position is a whole listing, of a window that is not ours. Taken for
			// changes it would leave standing what was deleted meanwhile.
			if location, ok := p.movedWithin(err, req); ok && !moved && req.Cursor == "" {
				moved, c.url = true, location
				continue
			}
			return err
		}
		next := got.next
		if next == "" {
			next = got.delta
		}
		if next == "" {
			return &providers.Error{Class: providers.Foreign, Op: c.op, Mailbox: c.mailbox,
				Message: providers.Outside("the page names neither a next page nor the end of the round")}
		}
		if err := p.roots.checkLink(next, req.Mailbox); err != nil {
			return err
		}
		done := got.next == ""
		if empty++; len(got.events)+len(got.removed) > 0 {
			empty = 0
		}
		if !done && (empty > maxEmpty || !links.add(next) || empty == 0 && !links.page(got.hash)) {
			failure := circle(c.op, c.mailbox)
			failure.Err = errCircle
			return failure
		}
		if err := deliver(providers.ChangePage{Events: got.events, Removed: got.removed, Cursor: next, Done: done}); err != nil {
			return err
		}
		if done {
			return nil
		}
		c.url = next
	}
	failure := circle(c.op, c.mailbox)
	failure.Err = errCircle
	return failure
}

// plainRound lists the window without delta.
func (p *Provider) plainRound(ctx context.Context, req providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
	c := p.pageCall(req)
	c.url = p.calendarURL(req, "calendarView") + "&$top=" + itoa(pageSize(req))
	return p.view(ctx, c, req, func(page pageOfEvents) error {
		return deliver(providers.ChangePage{Events: page.events, Done: page.next == ""})
	})
}

// view follows the pages of a plain listing.
func (p *Provider) view(ctx context.Context, c call, req providers.ChangesRequest, deliver func(pageOfEvents) error) error {
	links := newLoop()
	links.add(c.url)
	for {
		got, err := p.eventPage(ctx, c, req)
		if err != nil {
			return err
		}
		if got.next != "" {
			if err := p.roots.checkLink(got.next, req.Mailbox); err != nil {
				return err
			}
			if !links.add(got.next) || len(got.events) > 0 && !links.page(got.hash) {
				return circle(c.op, c.mailbox)
			}
		}
		if err := deliver(got); err != nil {
			return err
		}
		if got.next == "" {
			return nil
		}
		c.url = got.next
	}
}

func (p *Provider) eventPage(ctx context.Context, c call, req providers.ChangesRequest) (pageOfEvents, error) {
	var got pageOfEvents
	err := p.engine.do(ctx, c, func(a answer) error {
		var err error
		got, err = decodeEvents(a.body, req.Mailbox, req.CalendarID)
		return err
	})
	return got, err
}

func (p *Provider) pageCall(req providers.ChangesRequest) call {
	return call{op: readingCalendar, mailbox: req.Mailbox, repeat: repeatAlways, limit: bulkLimit,
		permission: readPermission, header: prefer(pageSize(req))}
}

func pageSize(req providers.ChangesRequest) int {
	if req.PageSize <= 0 {
		return defaultPage
	}
	return min(req.PageSize, maxPage)
}

// calendarURL is an address below the calendar with the window in its query.
func (p *Provider) calendarURL(req providers.ChangesRequest, below ...string) string {
	segments := []string{"users", string(req.Mailbox)}
	if req.CalendarID != "" {
		segments = append(segments, "calendars", req.CalendarID)
	}
	return p.roots.url(windowQuery(req.Window), append(segments, below...)...)
}

func windowQuery(window providers.Interval) string {
	return "startDateTime=" + url.QueryEscape(window.Start.UTC().Format(time.RFC3339)) +
		"&endDateTime=" + url.QueryEscape(window.End.UTC().Format(time.RFC3339))
}

// movedWithin gives the address that a refusal with status 410 offers, if it is
// one of this service and mailbox.
func (p *Provider) movedWithin(err error, req providers.ChangesRequest) (string, bool) {
	var moved *movedTo
	if !errors.As(err, &moved) || p.roots.checkLink(moved.location, req.Mailbox) != nil {
		return "", false
	}
	return moved.location, true
}

func checkWindow(window providers.Interval, mailbox providers.Address) error {
	if window.Start.IsZero() || !window.Start.Before(window.End) {
		return &providers.Error{Class: providers.Permanent, Op: readingCalendar, Mailbox: mailbox,
			Message: providers.Outside("the window has no length")}
	}
	return nil
}

// hash writes what makes one page's content different from another's.
func (page pageOfEvents) hash(h *maphash.Hash) {
	for i := range page.events {
		_, _ = h.WriteString(page.events[i].ID) // a hash does not fail
		_ = h.WriteByte(0)
		_, _ = h.WriteString(page.events[i].ETag)
		_ = h.WriteByte(1)
	}
	for _, id := range page.removed {
		_, _ = h.WriteString(id)
		_ = h.WriteByte(2)
	}
}
