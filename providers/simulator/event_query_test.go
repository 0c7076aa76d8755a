package simulator

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

const stamp = "String {00020329-0000-0000-C000-000000000046} Name roomdesk"

// Properties that a program stamps on its events come back by $expand and find
// them again by $filter.
func TestExtendedProperties(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 320})
	guest := tenant.People()[4].Mailbox
	at := tenant.quiet()
	box := "/users/" + c.at.Organizer + "/events"
	e := c.post(201, box, object{"subject": "stamped", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest),
		"singleValueExtendedProperties": []any{object{"id": stamp, "value": "booking-7"}, object{"id": "Integer 0x8501", "value": "9"}}})
	if e["singleValueExtendedProperties"] != nil {
		t.Error("nobody asked for the properties")
	}
	expand := "$expand=" + url.QueryEscape("singleValueExtendedProperties($filter=id eq '"+stamp+"')")
	got := c.get(box + "/" + e["id"].(string) + "?" + expand)
	if list, _ := got["singleValueExtendedProperties"].([]any); len(list) != 1 || dig(list, 0, "value") != "booking-7" || dig(list, 0, "id") != stamp {
		t.Errorf("expanded: %v", got["singleValueExtendedProperties"])
	}
	both := url.QueryEscape("singleValueExtendedProperties($filter=id eq '" + stamp + "' or id eq 'Integer 0x8501'),calendar")
	if got := c.get(box + "/" + e["id"].(string) + "?$expand=" + both); len(got["singleValueExtendedProperties"].([]any)) != 2 || dig(got, "calendar", "isDefaultCalendar") != true {
		t.Errorf("both, with the calendar: %v %v", got["singleValueExtendedProperties"], got["calendar"])
	}
	find := func(value string) []object {
		list, _ := c.all(box + "?$filter=" + url.QueryEscape("singleValueExtendedProperties/Any(ep: ep/id eq '"+stamp+"' and ep/value eq '"+value+"')") + "&" + expand)
		return list
	}
	if list := find("booking-7"); len(list) != 1 || list[0]["id"] != e["id"] || dig(list[0], "singleValueExtendedProperties", 0, "value") != "booking-7" {
		t.Errorf("found %v", list)
	}
	if list := find("booking-8"); len(list) != 0 {
		t.Errorf("found %v by another value", list)
	}
	c.send(200, request{method: "PATCH", path: box + "/" + e["id"].(string), body: object{"singleValueExtendedProperties": []any{object{"id": strings.ToLower(stamp[:8]) + stamp[8:], "value": "booking-8"}}}})
	if len(find("booking-8")) != 1 || len(find("booking-7")) != 0 {
		t.Error("a changed property is not found by its new value alone")
	}
	copyOf := c.view(guest, at, at.Add(time.Hour))[0]
	if got := c.get("/users/" + guest + "/events/" + copyOf["id"].(string) + "?" + expand); got["singleValueExtendedProperties"] != nil {
		t.Error("the property went to the attendee")
	}
	for _, text := range []string{"singleValueExtendedProperties", "singleValueExtendedProperties($filter=name eq 'x')", "nonsense", "singleValueExtendedProperties($filter=id eq)"} {
		c.send(400, request{method: "GET", path: box + "?$expand=" + url.QueryEscape(text)})
	}
	c.send(400, request{method: "POST", path: box, body: object{"subject": "x", "start": wire(at, "UTC"), "end": wire(at, "UTC"), "singleValueExtendedProperties": []any{object{"id": "roomdesk", "value": "1"}}}})
}

func TestExpandedSeries(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 321})
	at := tenant.quiet()
	box := "/users/" + c.at.Organizer + "/events"
	e := c.post(201, box, object{"subject": "s", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"),
		"recurrence": object{"pattern": object{"type": "daily", "interval": 2}, "range": object{"type": "numbered", "startDate": at.Format("2006-01-02"), "numberOfOccurrences": 450}}})
	path := box + "/" + e["id"].(string)
	all := c.instances(c.at.Organizer, e["id"].(string), at, at.AddDate(3, 0, 0))
	if len(all) != 450 {
		t.Fatalf("%d instances", len(all))
	}
	c.send(200, request{method: "PATCH", path: box + "/" + all[1]["id"].(string), body: object{"subject": "other"}})
	c.send(204, request{method: "DELETE", path: box + "/" + all[3]["id"].(string)})
	got := c.get(path + "?$expand=instances,exceptionOccurrences,extensions&$select=subject,cancelledOccurrences")
	if n := len(got["instances"].([]any)); n != 449 {
		t.Errorf("%d instances expanded", n)
	}
	if list := got["exceptionOccurrences"].([]any); len(list) != 1 || dig(list, 0, "subject") != "other" || dig(list, 0, "type") != nil {
		t.Errorf("exceptions: %v", got["exceptionOccurrences"])
	}
	day := at.AddDate(0, 0, 6).Format("2006-01-02")
	if list := got["cancelledOccurrences"].([]any); len(list) != 1 || list[0] != "OID."+e["id"].(string)+"."+day {
		t.Errorf("cancelled: %v", list)
	}
	if r := c.send(404, request{method: "GET", path: box + "/" + all[3]["id"].(string)}); r.errorCode() != "ErrorItemNotFound" {
		t.Errorf("a deleted date: %s", r.errorCode())
	}
	// A new pattern forgets what was special about single dates.
	got = c.send(200, request{method: "PATCH", path: path, body: object{"recurrence": object{"pattern": object{"type": "daily", "interval": 2}, "range": object{"type": "endDate", "startDate": at.Format("2006-01-02"), "endDate": at.AddDate(0, 0, 9).Format("2006-01-02")}}}}).body
	if got["type"] != "seriesMaster" || dig(got, "recurrence", "range", "type") != "endDate" {
		t.Errorf("shortened to %v", got["recurrence"])
	}
	left := c.get(path + "?$expand=instances,exceptionOccurrences&$select=subject,cancelledOccurrences")
	if len(left["instances"].([]any)) != 5 || len(left["exceptionOccurrences"].([]any)) != 0 || len(left["cancelledOccurrences"].([]any)) != 0 {
		t.Errorf("after the change there are %d instances, %v, %v", len(left["instances"].([]any)), left["exceptionOccurrences"], left["cancelledOccurrences"])
	}
}

func TestEventFilters(t *testing.T) {
	tenant, c := start(t, Options{Seed: 322, Rooms: 12, People: 12, EventsPerMailbox: 3})
	at := tenant.quiet()
	box := "/users/" + c.at.Organizer + "/events"
	var ids []string
	var uid string
	for n := range 4 {
		e := c.post(201, box, object{"subject": fmt.Sprint("Filter ", n), "start": wire(at.Add(time.Duration(n)*time.Hour), "UTC"), "end": wire(at.Add(time.Duration(n+1)*time.Hour), "UTC"),
			"categories": []string{fmt.Sprint("c", n%2)}, "importance": []string{"low", "high"}[n%2], "isReminderOn": n == 0, "location": object{"displayName": fmt.Sprint("Place ", n)}})
		ids = append(ids, e["id"].(string))
		uid = e["iCalUId"].(string)
	}
	hour := func(n int) string { return at.Add(time.Duration(n) * time.Hour).Format("2006-01-02T15:04:05") }
	for text, want := range map[string]string{
		"start/dateTime ge '" + hour(1) + "' and end/dateTime le '" + hour(3) + "'":                                  "12",
		"start/dateTime eq '" + hour(2) + "Z'":                                                                       "2",
		"startswith(subject,'Filter') and not (subject eq 'filter 1')":                                               "023",
		"contains(subject, 'ilter') and importance eq 'high'":                                                        "13",
		"categories/any(c:c eq 'C1')":                                                                                "13",
		"iCalUId eq '" + uid + "'":                                                                                   "3",
		"startswith(subject,'Filter') and isReminderOn eq true":                                                      "0",
		"location/displayName eq 'Place 2'":                                                                          "2",
		"startswith(subject,'Filter') and lastModifiedDateTime ge 2020-01-01T00:00:00Z and type eq 'singleInstance'": "0123",
		"subject in ('Filter 0', 'Filter 3')":                                                                        "03",
	} {
		list, _ := c.all(box + "?$orderby=" + url.QueryEscape("start/dateTime asc") + "&$top=2&$filter=" + url.QueryEscape(text))
		got := ""
		for _, o := range list {
			for n, id := range ids {
				if o["id"] == id {
					got += fmt.Sprint(n)
				}
			}
		}
		if got != want {
			t.Errorf("%s finds %s, want %s", text, got, want)
		}
	}
	list, _ := c.all(box + "?$orderby=" + url.QueryEscape("start/dateTime desc") + "&$filter=" + url.QueryEscape("startswith(subject,'Filter')") + "&$count=true")
	if len(list) != 4 || list[0]["subject"] != "Filter 3" || list[3]["subject"] != "Filter 0" {
		t.Errorf("ordered: %d", len(list))
	}
	for _, query := range []string{
		"$filter=nonsense eq 1", "$filter=subject eq", "$filter=start/dateTime ge 5", "$filter=categories/any(c eq 'x')", "$filter=subject/any(c:c eq 'x')",
		"$orderby=nonsense", "$orderby=subject sideways", "$select=nonsense", "$select=subject,Nope", "$top=-1", "$top=many", "$skip=x", "$count=maybe", "$search=\"x\"", "$apply=x", "$filter=", "$top=1&$top=2",
	} {
		if strings.HasSuffix(query, "=") {
			continue // an empty option is as none
		}
		if r := c.send(400, request{method: "GET", path: box + "?" + strings.ReplaceAll(strings.ReplaceAll(query, " ", "%20"), "\"", "%22")}); r.errorCode() == "" {
			t.Errorf("%s: no error code", query)
		}
	}
	if page := c.get(box + "?$top=2&$count=true"); page["@odata.count"] == nil || len(page["value"].([]any)) != 2 || page["@odata.nextLink"] == nil {
		t.Errorf("a page of two: count %v, next %v", page["@odata.count"], page["@odata.nextLink"])
	}
	from, to := tenant.around()
	view := strings.TrimSuffix(viewPath(c.at.Organizer, from, to), "&$top=1000")
	if got := c.get(view + "&$top=999999"); got["@odata.nextLink"] != nil {
		t.Error("an absurd $top is refused or cut although the list is short")
	}
	for _, o := range c.get(view + "&$select=subject,lastModifiedDateTime")["value"].([]any) {
		if dig(o, "subject") == nil || dig(o, "lastModifiedDateTime") != nil || dig(o, "start") != nil {
			t.Fatalf("selected: %v", o)
		}
	}
}

// The zone of the answer is the one that was asked for, under the name asked for.
func TestAskedTimeZones(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 323})
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "x", "start": wire(at, "Tokyo Standard Time"), "end": wire(at.Add(time.Hour), "Asia/Tokyo")}, "Prefer", `outlook.timezone="Europe/Amsterdam"`)
	if dig(e, "start", "timeZone") != "Europe/Amsterdam" || dig(e, "start", "dateTime") != at.Add(-8*time.Hour).Format("2006-01-02T15:04:05.0000000") {
		t.Errorf("created at %v", e["start"])
	}
	if e["originalStartTimeZone"] != "Tokyo Standard Time" {
		t.Errorf("original zone %v", e["originalStartTimeZone"])
	}
	path := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
	for _, zone := range []string{"W. Europe Standard Time", "Europe/Berlin", "utc", "Pacific Standard Time", "America/Los_Angeles"} {
		r := c.send(200, request{method: "GET", path: path, header: []string{"Prefer", `outlook.timezone="` + zone + `"`}})
		if dig(r.body, "end", "timeZone") != zone || !strings.Contains(r.header.Get("Preference-Applied"), zone) {
			t.Errorf("%s: %v, %s", zone, r.body["end"], r.header.Get("Preference-Applied"))
		}
	}
	for _, zone := range []string{"Nowhere Standard Time", "Europe/Nowhere", "", "tzone://Microsoft/Custom", "Local"} {
		if r := c.send(400, request{method: "GET", path: path, header: []string{"Prefer", `outlook.timezone="` + zone + `"`}}); r.errorCode() != "TimeZoneNotSupportedException" {
			t.Errorf("%q: %s", zone, r.errorCode())
		}
	}
}
