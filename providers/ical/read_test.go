package ical_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	goical "github.com/emersion/go-ical"

	"roomdesk/providers/ical"
)

// written writes a calendar and holds it to the form of the standard: line breaks
// are CRLF, no line is longer than 75 octets, no character is cut in two, and no
// control character is in it. A reader of somebody else's then reads it.
func written(t testing.TB, c ical.Calendar) (string, *goical.Calendar) {
	t.Helper()
	var out bytes.Buffer
	if err := ical.Write(&out, c); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.HasSuffix(text, "\r\n") {
		t.Fatalf("it does not end with a line break: %q", text)
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Fatalf("a line of %d octets, or with half a character: %q", len(line), line)
		}
		if i := strings.IndexFunc(line, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }); i >= 0 {
			t.Fatalf("a control character in %q", line)
		}
	}
	decoder := goical.NewDecoder(strings.NewReader(text))
	calendar, err := decoder.Decode()
	if err != nil {
		t.Fatalf("another reader refuses it: %v\n%s", err, text)
	}
	if _, err := decoder.Decode(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than one calendar, or %v", err)
	}
	return text, calendar
}

// described is a VTIMEZONE as a reader understands it that knows no zones itself.
type described struct{ spans []span }

type span struct {
	begin time.Time // the instant from which on it holds
	to    time.Duration
}

func zoneOf(t testing.TB, calendar *goical.Calendar, name string) described {
	t.Helper()
	var found described
	for _, child := range calendar.Children {
		if child.Name != "VTIMEZONE" || child.Props.Get("TZID").Value != name {
			continue
		}
		if found.spans != nil {
			t.Fatalf("%s is described twice", name)
		}
		for _, o := range child.Children {
			if o.Name != "STANDARD" && o.Name != "DAYLIGHT" {
				t.Fatalf("a %s in a VTIMEZONE", o.Name)
			}
			local, err := time.Parse("20060102T150405", o.Props.Get("DTSTART").Value)
			if err != nil {
				t.Fatal(err)
			}
			found.spans = append(found.spans, span{local.Add(-offsetOf(t, o.Props.Get("TZOFFSETFROM").Value)), offsetOf(t, o.Props.Get("TZOFFSETTO").Value)})
		}
	}
	if len(found.spans) == 0 {
		t.Fatalf("%s is not described", name)
	}
	return found
}

func offsetOf(t testing.TB, text string) time.Duration {
	t.Helper()
	var h, m, s int
	digits := text[1:]
	if len(digits) == 4 {
		digits += "00"
	}
	if _, err := fmt.Sscanf(digits, "%02d%02d%02d", &h, &m, &s); err != nil {
		t.Fatalf("offset %q: %v", text, err)
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if text[0] == '-' {
		d = -d
	}
	return d
}

// instant reads a local time by the description alone: the first instant at which
// clocks show it.
func (d described) instant(t testing.TB, local time.Time) time.Time {
	t.Helper()
	for i, s := range d.spans {
		at := local.Add(-s.to)
		if !at.Before(s.begin) && (i == len(d.spans)-1 || at.Before(d.spans[i+1].begin)) {
			return at
		}
	}
	t.Fatalf("no clock shows %s: %v", local, d.spans)
	return time.Time{}
}

// instantOf reads a property by the calendar's own description of its zones.
func instantOf(t testing.TB, zones map[string]described, p *goical.Prop) time.Time {
	t.Helper()
	zone := p.Params.Get("TZID")
	if zone == "" {
		at, err := time.Parse("20060102T150405Z", p.Value)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	local, err := time.Parse("20060102T150405", p.Value)
	if err != nil {
		t.Fatal(err)
	}
	return zones[zone].instant(t, local)
}
