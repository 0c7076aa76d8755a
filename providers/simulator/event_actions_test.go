package simulator

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// to is a list of recipients.
func to(addresses ...string) []any {
	var out []any
	for _, a := range addresses {
		out = append(out, object{"emailAddress": object{"address": a}})
	}
	return out
}

// answerOf is what an event says of one attendee.
func answerOf(e object, address string) object {
	list, _ := e["attendees"].([]any)
	for _, a := range list {
		if strings.EqualFold(dig(a, "emailAddress", "address").(string), address) {
			return a.(object)
		}
	}
	return nil
}

func TestForward(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 310})
	people := tenant.People()
	host, guest, third := c.at.Organizer, people[4].Mailbox, people[5].Mailbox
	at := tenant.quiet()
	e := c.post(201, "/users/"+host+"/events", object{"subject": "Plan", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest)})
	mine := "/users/" + host + "/events/" + e["id"].(string)
	c.send(202, request{method: "POST", path: mine + "/forward", body: object{"ToRecipients": to(third), "Comment": "come too"}})
	if a := answerOf(c.get(mine), third); a == nil || a["type"] != "optional" {
		t.Errorf("the organiser's event has %v for the one it was forwarded to", a)
	}
	copies := c.view(third, at, at.Add(time.Hour))
	if len(copies) != 1 || copies[0]["iCalUId"] != e["iCalUId"] || copies[0]["isOrganizer"] != false || dig(copies[0], "responseStatus", "response") != "notResponded" {
		t.Fatalf("the copy is %v", copies)
	}
	// An attendee may forward too; the organiser learns of it.
	fourth := people[6].Mailbox
	c.send(202, request{method: "POST", path: "/users/" + third + "/events/" + copies[0]["id"].(string) + "/forward", body: object{"toRecipients": to(fourth, fourth, guest)}})
	if n := len(c.get(mine)["attendees"].([]any)); n != 3 {
		t.Errorf("after the second the event has %d attendees, want 3", n)
	}
	if n := len(c.view(fourth, at, at.Add(time.Hour))); n != 1 {
		t.Errorf("%d copies, want 1", n)
	}
	for _, body := range []object{{"toRecipients": []any{}}, {"comment": "x"}, {"toRecipients": to("nonsense")}} {
		if r := c.send(400, request{method: "POST", path: mine + "/forward", body: body}); r.errorCode() != "ErrorInvalidRecipients" {
			t.Errorf("%v: %s", body, r.errorCode())
		}
	}

	series := c.post(201, "/users/"+host+"/events", object{"subject": "Often", "start": wire(at.Add(2*time.Hour), "UTC"), "end": wire(at.Add(3*time.Hour), "UTC"), "attendees": to(guest),
		"recurrence": object{"pattern": object{"type": "daily", "interval": 1}, "range": object{"type": "numbered", "startDate": at.Format("2006-01-02"), "numberOfOccurrences": 3}}})
	day := c.instances(host, series["id"].(string), at, at.AddDate(0, 0, 5))[1]
	c.send(202, request{method: "POST", path: "/users/" + host + "/events/" + day["id"].(string) + "/forward", body: object{"toRecipients": to(third)}})
	var got []object
	for _, o := range c.view(third, at.Add(2*time.Hour), at.AddDate(0, 0, 5)) {
		if o["subject"] == "Often" {
			got = append(got, o)
		}
	}
	if len(got) != 1 || got[0]["type"] != "singleInstance" || dig(got[0], "start", "dateTime") != dig(day, "start", "dateTime") {
		t.Errorf("one date was forwarded, the calendar has %v", got)
	}
	after := c.instances(host, series["id"].(string), at, at.AddDate(0, 0, 5))
	if answerOf(after[1], third) == nil || answerOf(after[0], third) != nil {
		t.Error("the forwarded date alone should have the new attendee")
	}
}

// instances lists those of a series by start.
func (c *client) instances(mailbox, id string, from, to time.Time) []object {
	c.t.Helper()
	list, _ := c.all("/users/" + mailbox + "/events/" + id + "/instances?startDateTime=" + url.QueryEscape(from.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(to.Format(time.RFC3339)) + "&$orderby=start/dateTime&$top=1000")
	return list
}

func TestRemindersAndPermanentDelete(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 311})
	guest := tenant.People()[4].Mailbox
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "x", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest)})
	path := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
	c.send(200, request{method: "POST", path: path + "/dismissReminder"})
	if got := c.get(path); got["isReminderOn"] != false || got["changeKey"] == e["changeKey"] {
		t.Errorf("after dismissing the reminder is %v", got["isReminderOn"])
	}
	c.send(200, request{method: "POST", path: path + "/snoozeReminder", body: object{"newReminderTime": wire(at.Add(-time.Minute), "UTC")}})
	if got := c.get(path); got["isReminderOn"] != true {
		t.Error("after snoozing there is no reminder")
	}
	c.send(400, request{method: "POST", path: path + "/snoozeReminder", body: object{}})
	c.send(400, request{method: "POST", path: path + "/snoozeReminder", body: object{"NewReminderTime": wire(at, "Nowhere Time")}})
	c.send(204, request{method: "POST", path: path + "/permanentDelete"})
	c.send(404, request{method: "GET", path: path})
	if left := c.view(guest, at, at.Add(time.Hour)); len(left) != 1 || left[0]["isCancelled"] != true {
		t.Errorf("the attendee has %v", left)
	}
}

// Another time can be proposed with a refusal that is sent, where the organiser
// allows it.
func TestProposedTimes(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 312})
	guest := tenant.People()[4].Mailbox
	at := tenant.quiet()
	slot := object{"start": wire(at.Add(3*time.Hour), "UTC"), "end": wire(at.Add(4*time.Hour), "UTC")}
	for name, v := range map[string]struct {
		allow  bool
		action string
		body   object
		status int
	}{
		"tentative":      {true, "tentativelyAccept", object{"proposedNewTime": slot}, 202},
		"decline":        {true, "decline", object{"ProposedNewTime": slot, "SendResponse": true}, 202},
		"not allowed":    {false, "decline", object{"proposedNewTime": slot}, 400},
		"not sent":       {true, "decline", object{"proposedNewTime": slot, "sendResponse": false}, 400},
		"without an end": {true, "decline", object{"proposedNewTime": object{"start": wire(at, "UTC")}}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": name, "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "attendees": to(guest), "allowNewTimeProposals": v.allow})
			mine := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
			var copyID string
			for _, o := range c.view(guest, at, at.Add(time.Hour)) {
				if o["iCalUId"] == e["iCalUId"] {
					copyID = o["id"].(string)
				}
			}
			c.send(v.status, request{method: "POST", path: "/users/" + guest + "/events/" + copyID + "/" + v.action, body: v.body})
			got := answerOf(c.get(mine, "Prefer", `outlook.timezone="UTC"`), guest)
			proposed := dig(got, "proposedNewTime", "start", "dateTime")
			if v.status != 202 {
				if proposed != nil || dig(got, "status", "response") != "none" {
					t.Errorf("a refused answer left %v", got)
				}
				return
			}
			if proposed != at.Add(3*time.Hour).Format("2006-01-02T15:04:05.0000000") {
				t.Errorf("the organiser sees %v", got)
			}
			c.send(200, request{method: "PATCH", path: mine, body: object{"start": wire(at.Add(3*time.Hour), "UTC"), "end": wire(at.Add(4*time.Hour), "UTC")}})
			if got := answerOf(c.get(mine), guest); got["proposedNewTime"] != nil || dig(got, "status", "response") != "none" {
				t.Errorf("after the move the attendee stands as %v", got)
			}
		})
	}
}

// F-051: a write with an old key is refused, whatever way the key is written.
func TestStaleKeys(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 313})
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "x", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC")})
	path := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
	change := func(key string, want int) reply {
		t.Helper()
		return c.send(want, request{method: "PATCH", path: path, body: object{"subject": key}, header: []string{"If-Match", key}})
	}
	old, oldKey := e["@odata.etag"].(string), e["changeKey"].(string)
	fresh := change(old, 200).body
	for _, key := range []string{old, oldKey, `"` + oldKey + `"`, "nonsense", `W/"nonsense"`, `W/"`} {
		if r := change(key, 412); r.errorCode() != "ErrorIrresolvableConflict" {
			t.Errorf("%s: %s", key, r.errorCode())
		}
	}
	fresh = change(fresh["changeKey"].(string), 200).body
	fresh = change(`W/"x", `+fresh["@odata.etag"].(string), 200).body
	change("*", 200)
	c.send(412, request{method: "DELETE", path: path, header: []string{"If-Match", fresh["@odata.etag"].(string)}})
	c.send(204, request{method: "DELETE", path: path, header: []string{"If-Match", "*"}})
}

// A Teams meeting's text is lost when a client rewrites the body without it.
func TestTeamsTextInTheBody(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 314})
	at := tenant.quiet()
	e := c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "x", "start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"),
		"isOnlineMeeting": true, "onlineMeetingProvider": "teamsForBusiness", "body": object{"contentType": "text", "content": "Agenda <1>"}})
	path := "/users/" + c.at.Organizer + "/events/" + e["id"].(string)
	join := dig(e, "onlineMeeting", "joinUrl").(string)
	text := dig(e, "body", "content").(string)
	if dig(e, "body", "contentType") != "html" || !strings.Contains(text, "Agenda &lt;1&gt;") || !strings.Contains(text, "teams.microsoft.com") {
		t.Errorf("the body is %q", text)
	}
	if dig(e, "onlineMeeting", "conferenceId") == nil || dig(e, "onlineMeeting", "phones", 0, "number") == nil || !strings.HasPrefix(join, "https://teams.microsoft.com/") {
		t.Errorf("the meeting is %v", e["onlineMeeting"])
	}
	if got := c.get(path, "Prefer", `outlook.body-content-type="text"`); dig(got, "body", "contentType") != "text" || strings.Contains(dig(got, "body", "content").(string), "<div>") || !strings.Contains(dig(got, "body", "content").(string), "Agenda <1>") {
		t.Errorf("as text the body is %v", got["body"])
	}
	got := c.send(200, request{method: "PATCH", path: path, body: object{"body": e["body"], "isOnlineMeeting": false}}).body
	if n := strings.Count(dig(got, "body", "content").(string), "Join the meeting now"); n != 1 || got["isOnlineMeeting"] != true {
		t.Errorf("written back, the text stands there %d times, online is %v", n, got["isOnlineMeeting"])
	}
	got = c.send(200, request{method: "PATCH", path: path, body: object{"body": object{"contentType": "html", "content": "<p>new</p>"}}}).body
	if strings.Contains(dig(got, "body", "content").(string), "Join") || got["isOnlineMeeting"] != true {
		t.Errorf("rewritten without it, the text is still there: %v", got["body"])
	}
}
