package booking

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// F-056: the link is there, comes late, never comes, or Teams was dropped
// silently; there is never a second meeting for it.
func TestTeamsLink(t *testing.T) {
	for name, c := range map[string]struct {
		late    time.Duration
		dropped bool
		flag    bool // of the calendar
		link    bool // in the end
		missing bool
		words   string
		yet     bool // "no Teams link yet" meanwhile
	}{
		"at once":                   {0, false, true, true, false, "", false},
		"a minute later":            {time.Minute, false, true, true, false, "", true},
		"never":                     {24 * time.Hour, false, true, false, true, "gave no link within", true},
		"dropped, flag says so":     {0, true, false, false, true, "does not offer Teams", false},
		"dropped, flag says it can": {0, true, true, false, true, "does not say why", true},
		"after patience is over":    {8 * time.Minute, false, true, true, false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.linkLate, w.tenant.noLink = c.late, c.dropped
				w.tenant.calendars[alice][1].IntegratedConferencing = c.flag
				w.tenant.rooms[aalto] = roomRule{after: 3 * time.Second}
				defer w.run()()
				q := w.request()
				q.Teams = true
				b := w.book(q)
				time.Sleep(30 * time.Second)
				if got := w.stored(b.ID); got.State != providers.BookingAccepted || strings.Contains(got.Reason, "no Teams link yet") != c.yet {
					t.Errorf("after 30 s %s: %q", got.State, got.Reason)
				}
				if n := w.tenant.calls("calendars"); n > 4 {
					t.Errorf("the calendars were read %d times", n)
				}
				time.Sleep(20 * time.Minute)
				got := w.stored(b.ID)
				if got.State != providers.BookingAccepted || got.JoinURL.Empty() == c.link || got.TeamsMissing != c.missing || !strings.Contains(got.Reason, c.words) || c.link && got.Reason != "" {
					t.Errorf("%s, link %q, missing %v: %q", got.State, got.JoinURL, got.TeamsMissing, got.Reason)
				}
				w.once(got, 1)
			})
		})
	}
}

// Without Teams asked for, nothing is said of it.
func TestNoTeamsAskedFor(t *testing.T) {
	inTime(t, func(t *testing.T, w *world) {
		w.tenant.calendars[alice][1].IntegratedConferencing = false
		got := w.await(w.book(w.request()).ID, time.Minute)
		if got.TeamsMissing || got.Reason != "" || !got.JoinURL.Empty() {
			t.Errorf("%+v", got)
		}
	})
}

// PRODUCT P7, P11: what the organizer's calendar allows, before anything is sent.
func TestCheckReadsTheCalendar(t *testing.T) {
	for name, c := range map[string]struct {
		calendars []providers.Calendar
		fault     *providers.Error
		teams     bool
		free      bool
		class     providers.Class
		words     string
	}{
		"all well":        {[]providers.Calendar{{Default: true, IntegratedConferencing: true}}, nil, true, true, "", ""},
		"no Teams":        {[]providers.Calendar{{Default: true}}, nil, false, true, "", ""},
		"read-only":       {[]providers.Calendar{{Default: true, ReadOnly: true, IntegratedConferencing: true}}, nil, true, false, providers.Permanent, "read-only"},
		"only holidays":   {[]providers.Calendar{{ReadOnly: true}}, nil, false, false, providers.Permanent, "no default calendar"},
		"no mailbox":      {nil, class(providers.NoMailbox), false, false, providers.NoMailbox, "organizer"},
		"not allowed":     {nil, class(providers.NotAllowed), false, false, providers.NotAllowed, "organizer"},
		"trouble with it": {nil, class(providers.Transient), false, true, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, w *world) {
				w.tenant.calendars[alice] = c.calendars
				if c.fault != nil {
					w.tenant.always["calendars"] = fault{err: c.fault}
				}
				q := w.request()
				q.Teams = true
				got, err := w.Check(t.Context(), q)
				if err != nil || got.Free != c.free || got.Class != c.class || got.TeamsAllowed != c.teams || !strings.Contains(got.Why, c.words) || (got.TeamsWhy == "") != c.teams {
					t.Errorf("%+v, %v", got, err)
				}
				_, err = w.Book(t.Context(), q)
				if (err == nil) != c.free || providers.ClassOf(err) != c.class {
					t.Errorf("Book: %v", err)
				}
				q.EvenIfBusy = true
				if _, err = w.Book(t.Context(), q); (err == nil) != c.free {
					t.Errorf("insisting: %v", err)
				}
				if n := w.tenant.calls("create"); n != 0 {
					t.Errorf("sent %d times", n)
				}
			})
		})
	}
}
