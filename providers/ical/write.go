// Package ical writes calendars in iCalendar's format (RFC 5545), for other
// programs to read: entries one by one, in the clocks of one zone that the file
// itself describes.
//
// A date of a series is written as an entry of its own with the series' UID and
// its RECURRENCE-ID: the mirror knows every date, and not the rule behind them.
// There is no METHOD and nobody is listed as an attendee, so that a reader puts
// the entries into a calendar and sends no answer to anybody.
package ical

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"roomdesk/providers"
)

// Status is how certain an entry is.
type Status string

// Values of Status.
const (
	Confirmed Status = "CONFIRMED"
	Tentative Status = "TENTATIVE"
	Cancelled Status = "CANCELLED"
)

// Entry is one entry of a calendar.
type Entry struct {
	UID    string // the same for all dates of a series
	Series bool
	// Original is when a date of a series should have begun; zero: at Start.
	Original      time.Time
	Start, End    time.Time
	AllDay        bool // Start, End and Original are midnights, written as UTC
	Summary       providers.Untrusted
	Location      providers.Untrusted
	Description   providers.Untrusted
	Organizer     providers.Address
	OrganizerName providers.Untrusted
	Status        Status
	ShowAs        providers.ShowAs
	Private       bool
	URL           providers.Untrusted // written only where it is a link by https
	Modified      time.Time           // zero: not known
}

// Calendar is what one file holds.
type Calendar struct {
	Name    providers.Untrusted
	Zone    *time.Location // must have an IANA name; nil is UTC
	Made    time.Time      // when the entries were read
	Entries []Entry
}

// Write writes a calendar. All texts go through [providers.Sanitise].
func Write(to io.Writer, c Calendar) error {
	zone := c.Zone
	if zone == nil || zone.String() == "UTC" {
		zone = time.UTC
	}
	if zone.String() == "Local" || zone.String() == "" {
		return fmt.Errorf("ical: the zone has no name")
	}
	l := &lines{out: bufio.NewWriter(to)}
	l.put("BEGIN:VCALENDAR")
	l.put("VERSION:2.0")
	l.put("PRODID:-//roomdesk//roomdesk//EN")
	l.put("CALSCALE:GREGORIAN")
	if name := c.Name.Or(""); name != "" {
		l.put("NAME:" + text(name)) // RFC 7986
		l.put("X-WR-CALNAME:" + text(name))
	}
	if zone != time.UTC {
		l.put("X-WR-TIMEZONE:" + text(zone.String()))
	}
	if first, last, any := span(c.Entries); any && zone != time.UTC {
		l.timezone(zone, first, last)
	}
	for _, e := range c.Entries {
		l.event(e, zone, c.Made)
	}
	l.put("END:VCALENDAR")
	if l.err == nil {
		l.err = l.out.Flush()
	}
	return l.err
}

// span is from the first to the last instant that is written in clocks of a zone.
func span(entries []Entry) (first, last time.Time, any bool) {
	for _, e := range entries {
		if e.AllDay {
			continue
		}
		for _, t := range []time.Time{e.Start, e.End, e.Original} {
			if t.IsZero() {
				continue
			}
			if !any || t.Before(first) {
				first = t
			}
			if !any || t.After(last) {
				last = t
			}
			any = true
		}
	}
	return first, last, any
}

func (l *lines) event(e Entry, zone *time.Location, made time.Time) {
	at := func(property string, t time.Time) {
		if e.AllDay {
			l.put(property + ";VALUE=DATE:" + t.UTC().Format(dateForm))
			return
		}
		l.moment(property, t, zone)
	}
	l.put("BEGIN:VEVENT")
	l.put("UID:" + text(providers.Sanitise(e.UID)))
	// Without a METHOD this is when the entry was last changed (section 3.8.7.2).
	stamp := e.Modified
	if stamp.IsZero() {
		stamp = made
	} else {
		l.put("LAST-MODIFIED:" + stamp.UTC().Format(utcForm))
	}
	l.put("DTSTAMP:" + stamp.UTC().Format(utcForm))
	if e.Series {
		original := e.Original
		if original.IsZero() {
			original = e.Start
		}
		at("RECURRENCE-ID", original)
	}
	at("DTSTART", e.Start)
	if e.End.After(e.Start) {
		at("DTEND", e.End)
	}
	l.put("SUMMARY:" + text(e.Summary.Or("(no subject)")))
	if location := e.Location.Or(""); location != "" {
		l.put("LOCATION:" + text(location))
	}
	if description := e.Description.Or(""); description != "" {
		l.put("DESCRIPTION:" + text(description))
	}
	if e.Organizer != "" {
		name := ""
		if n := e.OrganizerName.Or(""); n != "" {
			name = ";CN=" + quoted(n)
		}
		l.put("ORGANIZER" + name + ":" + mailto(e.Organizer))
	}
	if link, ok := https(e.URL); ok {
		l.put("URL:" + link)
	}
	if e.Private {
		l.put("CLASS:PRIVATE")
	}
	if e.Status != "" {
		l.put("STATUS:" + string(e.Status))
	}
	transparency, busy := shown(e.ShowAs)
	l.put("TRANSP:" + transparency)
	l.put("X-MICROSOFT-CDO-BUSYSTATUS:" + busy)
	l.put("END:VEVENT")
}

// shown is how an entry counts in free/busy: the standard knows two ways, Exchange
// five.
func shown(s providers.ShowAs) (transparency, busy string) {
	transparency = "OPAQUE"
	if !s.Blocks() {
		transparency = "TRANSPARENT"
	}
	switch s {
	case providers.ShowFree:
		busy = "FREE"
	case providers.ShowTentative:
		busy = "TENTATIVE"
	case providers.ShowOutOfOffice:
		busy = "OOF"
	case providers.ShowWorkingElsewhere:
		busy = "WORKINGELSEWHERE"
	default:
		busy = "BUSY"
	}
	return transparency, busy
}

func mailto(address providers.Address) string {
	local, domain, _ := strings.Cut(string(address), "@")
	return "mailto:" + url.PathEscape(local) + "@" + url.PathEscape(domain)
}

// https lets a link pass that is one: by https, with a host, without an account,
// and of printable ASCII only.
func https(link providers.Untrusted) (string, bool) {
	raw := link.Raw()
	for i := range len(raw) {
		if raw[i] <= 0x20 || raw[i] > 0x7e {
			return "", false
		}
	}
	u, err := url.Parse(raw)
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.Host == "" || u.User != nil {
		return "", false
	}
	return raw, true
}
