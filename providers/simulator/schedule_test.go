package simulator

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// schedule asks for free/busy.
func (c *client) schedule(t *testing.T, from, to time.Time, minutes int, addresses ...string) []object {
	t.Helper()
	got := c.post(200, "/users/"+c.at.Organizer+"/calendar/getSchedule", object{"schedules": addresses, "startTime": wire(from, "UTC"), "endTime": wire(to, "UTC"), "availabilityViewInterval": minutes})
	var out []object
	for _, v := range got["value"].([]any) {
		out = append(out, v.(object))
	}
	return out
}

// What is wrong with one address stands in its own entry.
func TestScheduleOfOddAddresses(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 340})
	at := tenant.quiet()
	room := tenant.Rooms()[0]
	full := tenant.People()[7].Mailbox
	for n := range 6 { // six series of 180 days each: more than a thousand entries in two months and a half
		start := at.Add(time.Duration(n) * 30 * time.Minute)
		c.post(201, "/users/"+full+"/events", object{"subject": "x", "start": wire(start, "UTC"), "end": wire(start.Add(time.Minute), "UTC"),
			"recurrence": object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "noEnd", "startDate": start.Format("2006-01-02")}}})
	}
	for n := range 14 {
		start := at.Add(time.Duration(n)*time.Hour + 4*time.Minute)
		c.post(201, "/users/"+full+"/events", object{"subject": "y", "start": wire(start, "UTC"), "end": wire(start.Add(time.Minute), "UTC"),
			"recurrence": object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "noEnd", "startDate": start.Format("2006-01-02")}}})
	}
	list := c.schedule(t, at, at.AddDate(0, 0, 62), 1440, room.Mailbox, "nobody@"+c.at.Domain, "someone@fabrikam.example", "not an address", full, room.List, strings.ToUpper(room.Mailbox))
	for n, want := range []string{"", noRecipient, noProxy, noRecipient, tooManyItemsError, "", ""} {
		code, _ := dig(list[n], "error", "responseCode").(string)
		if code != want {
			t.Errorf("entry %d (%v): %q, want %q", n, list[n]["scheduleId"], code, want)
		}
		if want == "" && len(list[n]["availabilityView"].(string)) != 62 || want != "" && len(list[n]["scheduleItems"].([]any)) != 0 {
			t.Errorf("entry %d: view %v", n, list[n]["availabilityView"])
		}
	}
	if list[5]["workingHours"] != nil || len(list[5]["scheduleItems"].([]any)) != 0 {
		t.Errorf("a room list has %v", list[5])
	}
}

// A room list's view is that of its rooms together.
func TestScheduleOfAList(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 341})
	at := tenant.quiet()
	room := tenant.byPolicy(t, "auto-accept")
	c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room.Mailbox, at.Add(time.Hour), time.Hour))
	c.get("/organization") // the room answers
	if got := c.schedule(t, at, at.Add(4*time.Hour), 60, room.List, room.Mailbox); got[0]["availabilityView"] != "0200" || got[1]["availabilityView"] != "0200" {
		t.Errorf("views %v, %v", got[0]["availabilityView"], got[1]["availabilityView"])
	}
}

// The worst state wins a slot; each has its digit.
func TestScheduleDigits(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 342})
	at := tenant.quiet()
	who := tenant.People()[8].Mailbox
	for n, states := range [][]string{{"free"}, {"tentative"}, {"busy"}, {"oof"}, {"workingElsewhere"}, {"tentative", "busy"}, {"busy", "oof"}, {"workingElsewhere", "tentative"}, {"free", "workingElsewhere"}} {
		for _, state := range states {
			start := at.Add(time.Duration(n) * time.Hour)
			c.post(201, "/users/"+who+"/events", object{"subject": state, "showAs": state, "start": wire(start, "UTC"), "end": wire(start.Add(time.Hour), "UTC")})
		}
	}
	got := c.schedule(t, at, at.Add(10*time.Hour), 60, who)[0]
	if got["availabilityView"] != "0123423140" {
		t.Errorf("view %v", got["availabilityView"])
	}
	if n := len(got["scheduleItems"].([]any)); n != 13 {
		t.Errorf("%d items", n)
	}
	// Half an hour into a slot counts for all of it; a slot may be cut by the end.
	if got := c.schedule(t, at.Add(90*time.Minute), at.Add(4*time.Hour), 60, who)[0]; got["availabilityView"] != "233" {
		t.Errorf("shifted view %v", got["availabilityView"])
	}
	path := "/users/" + c.at.Organizer + "/calendar/getSchedule"
	pascal := object{"Schedules": []string{who}, "StartTime": wire(at, "UTC"), "EndTime": wire(at.Add(time.Hour), "Europe/Amsterdam"), "AvailabilityViewInterval": 5}
	if r := c.send(400, request{method: "POST", path: path, body: pascal}); r.errorCode() != "ErrorInvalidTimeInterval" {
		t.Errorf("an end before the start: %s", r.errorCode())
	}
	pascal["EndTime"] = wire(at.Add(time.Hour), "UTC")
	local := c.send(200, request{method: "POST", path: path, body: pascal, header: []string{"Prefer", `outlook.timezone="Tokyo Standard Time"`}}).body
	if v := dig(local, "value", 0, "availabilityView").(string); v != "000000000000" {
		t.Errorf("view of five minutes %v", v)
	}
	if dig(local, "value", 0, "scheduleItems", 0, "start", "timeZone") != "Tokyo Standard Time" {
		t.Errorf("items are in %v", dig(local, "value", 0, "scheduleItems", 0, "start"))
	}
}

func TestScheduleLimits(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 343})
	at := tenant.quiet()
	many := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("nobody%d@%s", i, c.at.Domain)
		}
		return out
	}
	for name, v := range map[string]struct {
		addresses int
		length    time.Duration
		interval  int
		code      string
	}{
		"a hundred":            {100, time.Hour, 30, ""},
		"a hundred and one":    {101, time.Hour, 30, "ErrorMailboxDataArrayTooBig"},
		"nobody":               {0, time.Hour, 30, "ErrorInvalidParameter"},
		"62 days":              {1, 62 * 24 * time.Hour, 30, ""},
		"a second more":        {1, 62*24*time.Hour + time.Second, 30, "ErrorTimeIntervalTooBig"},
		"no time":              {1, 0, 30, "ErrorInvalidTimeInterval"},
		"back in time":         {1, -time.Hour, 30, "ErrorInvalidTimeInterval"},
		"four minutes":         {1, time.Hour, 4, "ErrorInvalidMergedFreeBusyInterval"},
		"five minutes":         {1, time.Hour, 5, ""},
		"a day":                {1, 48 * time.Hour, 1440, ""},
		"more than a day":      {1, 48 * time.Hour, 1441, "ErrorInvalidMergedFreeBusyInterval"},
		"more than the window": {1, time.Hour, 61, "ErrorInvalidMergedFreeBusyInterval"},
	} {
		t.Run(name, func(t *testing.T) {
			want := 200
			if v.code != "" {
				want = 400
			}
			r := c.send(want, request{method: "POST", path: "/users/" + c.at.Organizer + "/calendar/getSchedule", body: object{
				"schedules": many(v.addresses), "startTime": wire(at, "UTC"), "endTime": wire(at.Add(v.length), "UTC"), "availabilityViewInterval": v.interval}})
			if r.errorCode() != v.code {
				t.Errorf("code %q", r.errorCode())
			}
		})
	}
}

// How much free/busy tells goes by what the caller may see.
func TestScheduleDetail(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 344})
	at := tenant.quiet()
	people := tenant.People()
	reader := c.as(tenant, people[1].Mailbox, "Calendars.Read.Shared")
	if err := tenant.Directory().Update(c.at.ClientID, func(a *entra.Application) { a.Roles = []string{"Calendars.ReadBasic.All"} }); err != nil {
		t.Fatal(err)
	}
	basic := connect(t, tenant)
	// roleRead, limitedRead, freeBusyRead, delegateWithPrivate; and an application's two permissions
	for _, v := range []struct {
		by       *client
		who      int
		open     string
		private  any
		readable bool
	}{{reader, 2, "Open", true, true}, {reader, 5, "Open", true, true}, {reader, 6, "", nil, false}, {reader, 4, "Open", true, true}, {c, 6, "Open", true, true}, {basic, 6, "", nil, false}} {
		owner := people[v.who].Mailbox
		c.post(201, "/users/"+owner+"/events", meeting("x@elsewhere.example", at, time.Hour, "subject", "Open"))
		c.post(201, "/users/"+owner+"/events", meeting("x@elsewhere.example", at.Add(time.Hour), time.Hour, "subject", "Secret", "sensitivity", "private"))
		caller := v.by.at.Organizer
		if v.by == reader {
			caller = people[1].Mailbox
		}
		got := v.by.post(200, "/users/"+caller+"/calendar/getSchedule", object{"schedules": []string{owner}, "startTime": wire(at, "UTC"), "endTime": wire(at.Add(2*time.Hour), "UTC")})
		items := dig(got, "value", 0, "scheduleItems").([]any)
		open, secret := items[0], items[len(items)-1]
		subject, _ := dig(open, "subject").(string)
		if subject != v.open || (dig(open, "location") != nil) != v.readable || dig(secret, "isPrivate") != v.private || dig(secret, "subject") != nil || dig(secret, "location") != nil {
			t.Errorf("person %d: %v and %v", v.who, open, secret)
		}
		if dig(got, "value", 0, "availabilityView") != "2222" {
			t.Errorf("person %d: view %v", v.who, dig(got, "value", 0, "availabilityView"))
		}
	}
	view := "/users/" + people[6].Mailbox + "/calendarView?startDateTime=" + url.QueryEscape(at.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.Add(time.Hour).Format(time.RFC3339))
	if e := basic.get(view)["value"].([]any)[0]; dig(e, "body", "content") != "" || dig(e, "subject") == nil {
		t.Errorf("with Calendars.ReadBasic an event is %v", e)
	}
}
