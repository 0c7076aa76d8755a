package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// deltaPath begins a round.
func deltaPath(mailbox string, from, to time.Time) string {
	return "/users/" + mailbox + "/calendarView/delta()?startDateTime=" + from.Format("2006-01-02T15:04:05Z") + "&endDateTime=" + to.Format("2006-01-02T15:04:05Z")
}

// replay keeps a calendar by delta as a naive client would: upsert, remove, and
// take what a stub lacks from its master.
type replay struct {
	items map[string]object
	link  string
}

func (r *replay) round(c *client, pageSize int) {
	if r.items == nil {
		r.items = map[string]object{}
	}
	list, link := c.all(r.link, "Prefer", fmt.Sprintf("odata.maxpagesize=%d", pageSize))
	for _, item := range list {
		id := item["id"].(string)
		if item["@removed"] != nil {
			delete(r.items, id)
			continue
		}
		r.items[id] = item
	}
	r.link = link
}

// entries describes what the replayed calendar shows: "id start end subject".
func (r *replay) entries() map[string]string {
	out := map[string]string{}
	for id, item := range r.items {
		if item["type"] == "seriesMaster" {
			continue
		}
		subject := item["subject"]
		if item["type"] == "occurrence" {
			master := r.items[item["seriesMasterId"].(string)]
			subject = master["subject"]
		}
		out[id] = fmt.Sprint(dig(item, "start", "dateTime"), " ", dig(item, "end", "dateTime"), " ", subject)
	}
	return out
}

func viewed(list []object) map[string]string {
	out := map[string]string{}
	for _, item := range list {
		out[item["id"].(string)] = fmt.Sprint(dig(item, "start", "dateTime"), " ", dig(item, "end", "dateTime"), " ", item["subject"])
	}
	return out
}

func diff(t interface{ Fatalf(string, ...any) }, when string, got, want map[string]string) {
	for id, v := range want {
		if got[id] != v {
			t.Fatalf("%s: delta has %q for the entry %q of the view", when, got[id], v)
		}
	}
	for id, v := range got {
		if _, ok := want[id]; !ok {
			t.Fatalf("%s: delta has %q, which the view has not", when, v)
		}
	}
}

// F-012: occurrences come as stubs, their master with them.
func TestDeltaSendsStubsAndMasters(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 20})
	from, to := tenant.around()
	for _, room := range tenant.Rooms() {
		list, link := c.all(deltaPath(room.Mailbox, from, to), "Prefer", "odata.maxpagesize=50")
		if !strings.Contains(link, "$deltatoken=") {
			t.Fatalf("delta link %q", link)
		}
		masters := map[any]bool{}
		for _, item := range list {
			switch item["type"] {
			case "seriesMaster":
				masters[item["id"]] = true
				if item["recurrence"] == nil || item["attendees"] == nil {
					t.Error("a master is not complete")
				}
			case "occurrence":
				keys := slices.Sorted(maps.Keys(item))
				if want := []string{"@odata.etag", "@odata.type", "end", "id", "seriesMasterId", "start", "type"}; !slices.Equal(keys, want) {
					t.Fatalf("a stub has %v, want %v", keys, want)
				}
				if !masters[item["seriesMasterId"]] {
					t.Error("an occurrence came before its master")
				}
			}
		}
		r := replay{link: deltaPath(room.Mailbox, from, to)}
		r.round(c, 7)
		diff(t, room.Mailbox, r.entries(), viewed(c.view(room.Mailbox, from, to)))
	}
}

// The model test: whatever happens to a calendar, a client that replays delta from
// any point has what the view shows, and getSchedule agrees.
func TestDeltaReplayEqualsTheView(t *testing.T) {
	tenant, c := start(t, Options{Seed: 21, Rooms: 10, People: 6, EventsPerMailbox: 1, RoomAnswerDelay: time.Nanosecond})
	room := tenant.byPolicy(t, "auto-accept").Mailbox
	day := tenant.started.Truncate(24*time.Hour).AddDate(0, 0, 7)
	from, to := day, day.AddDate(0, 0, 14)
	boxes := []string{c.at.Organizer, c.at.TestMailbox, room}
	rapid.Check(t, func(rt *rapid.T) {
		clients := map[string][]*replay{}
		for _, box := range boxes {
			clients[box] = []*replay{{link: deltaPath(box, from, to)}}
		}
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			box := rapid.SampledFrom(boxes[:2]).Draw(rt, "box")
			step(rt, c, box, room, from)
			c.get("/organization") // the room answers
			// One client reads now and goes on later; each step adds another.
			for _, box := range boxes {
				late := &replay{link: deltaPath(box, from, to)}
				late.round(c, rapid.IntRange(1, 60).Draw(rt, "page"))
				clients[box] = append(clients[box], late)
				if rapid.Bool().Draw(rt, "catch up") {
					clients[box][0].round(c, rapid.IntRange(1, 60).Draw(rt, "page"))
				}
			}
		}
		for _, box := range boxes {
			want := viewed(c.view(box, from, to))
			for n, r := range clients[box] {
				r.round(c, 50)
				diff(rt, fmt.Sprint(box, " client ", n), r.entries(), want)
			}
		}
		scheduleAgrees(rt, c, room, from, to)
		for _, box := range boxes[:2] { // the next run starts from an empty calendar
			list, _ := c.all("/users/" + box + "/events?$top=200")
			for _, e := range list {
				c.send(204, request{method: "DELETE", path: "/users/" + box + "/events/" + e["id"].(string)})
			}
		}
	})
}

// step does one random thing to a calendar.
func step(rt *rapid.T, c *client, box, room string, from time.Time) {
	at := from.Add(time.Duration(rapid.IntRange(-3*24, 17*24).Draw(rt, "hour")) * time.Hour)
	path := "/users/" + box + "/events"
	switch rapid.SampledFrom([]string{"single", "series", "move", "rename", "delete", "cancel occurrence", "move occurrence", "shift series"}).Draw(rt, "what") {
	case "single":
		c.post(201, path, meeting(room, at, time.Hour, "subject", "single"))
	case "series":
		pattern := rapid.SampledFrom([]object{
			{"type": "daily", "interval": 2},
			{"type": "weekly", "interval": 1, "daysOfWeek": []string{"monday", "thursday"}},
			{"type": "absoluteMonthly", "interval": 1, "dayOfMonth": at.Day()},
			{"type": "relativeMonthly", "interval": 1, "daysOfWeek": []string{strings.ToLower(at.Weekday().String())}, "index": "last"},
		}).Draw(rt, "pattern")
		c.post(201, path, meeting(room, at, time.Hour, "subject", "series", "recurrence", object{
			"pattern": pattern, "range": object{"type": "numbered", "startDate": at.Format("2006-01-02"), "numberOfOccurrences": rapid.IntRange(1, 9).Draw(rt, "count")}}))
	case "move":
		if e := pick(rt, c, path, "singleInstance"); e != nil {
			c.send(200, request{method: "PATCH", path: path + "/" + e["id"].(string), body: object{"start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC")}})
		}
	case "rename":
		if e := pick(rt, c, path, ""); e != nil {
			c.send(200, request{method: "PATCH", path: path + "/" + e["id"].(string), body: object{"subject": fmt.Sprint("renamed ", at.Unix())}})
		}
	case "delete":
		if e := pick(rt, c, path, ""); e != nil {
			c.send(204, request{method: "DELETE", path: path + "/" + e["id"].(string)})
		}
	case "shift series":
		if e := pick(rt, c, path, "seriesMaster"); e != nil {
			start := e["start"].(object)["dateTime"].(string)
			old, err := time.Parse("2006-01-02T15:04:05.0000000", start)
			if err != nil {
				rt.Fatal(err)
			}
			c.send(200, request{method: "PATCH", path: path + "/" + e["id"].(string), body: object{"start": wire(old.Add(time.Hour), "UTC"), "end": wire(old.Add(2*time.Hour), "UTC")}})
		}
	default:
		e := pick(rt, c, path, "seriesMaster")
		if e == nil {
			return
		}
		list, _ := c.all(path + "/" + e["id"].(string) + "/instances?startDateTime=" + from.AddDate(0, 0, -5).Format("2006-01-02T15:04:05Z") + "&endDateTime=" + from.AddDate(0, 0, 30).Format("2006-01-02T15:04:05Z"))
		if len(list) == 0 {
			return
		}
		o := list[rapid.IntRange(0, len(list)-1).Draw(rt, "occurrence")]
		one := path + "/" + o["id"].(string)
		if rapid.Bool().Draw(rt, "cancel") {
			c.send(204, request{method: "DELETE", path: one})
			return
		}
		old, err := time.Parse("2006-01-02T15:04:05.0000000", dig(o, "start", "dateTime").(string))
		if err != nil {
			rt.Fatal(err)
		}
		at := old.Truncate(24 * time.Hour).Add(time.Duration(rapid.IntRange(0, 22).Draw(rt, "to")) * time.Hour)
		c.send(200, request{method: "PATCH", path: one, body: object{"start": wire(at, "UTC"), "end": wire(at.Add(time.Hour), "UTC"), "subject": "exception"}})
	}
}

// pick takes one of the organiser's own test events.
func pick(rt *rapid.T, c *client, path, kind string) object {
	list, _ := c.all(path + "?$filter=" + "isOrganizer%20eq%20true%20and%20(subject%20eq%20%27single%27%20or%20subject%20eq%20%27series%27%20or%20startswith(subject,%27renamed%27))&$top=200")
	list = slices.DeleteFunc(list, func(e object) bool { return kind != "" && e["type"] != kind })
	if len(list) == 0 {
		return nil
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(rt, "which")]
}

// scheduleAgrees compares getSchedule with the calendar itself.
func scheduleAgrees(t interface{ Fatalf(string, ...any) }, c *client, mailbox string, from, to time.Time) {
	answer := c.post(200, "/users/"+c.at.Organizer+"/calendar/getSchedule", object{"Schedules": []string{mailbox}, "StartTime": wire(from, "UTC"), "EndTime": wire(to, "UTC"), "AvailabilityViewInterval": 15})
	slots := dig(answer, "value", 0, "availabilityView").(string)
	want := []byte(strings.Repeat("0", int(to.Sub(from)/(15*time.Minute))))
	for _, e := range c.view(mailbox, from.AddDate(0, 0, -2), to.AddDate(0, 0, 2)) {
		if e["isAllDay"] == true || e["showAs"] == "free" {
			continue
		}
		start, _ := time.Parse("2006-01-02T15:04:05.0000000", dig(e, "start", "dateTime").(string))
		end, _ := time.Parse("2006-01-02T15:04:05.0000000", dig(e, "end", "dateTime").(string))
		digit := map[any]byte{"tentative": '1', "busy": '2', "oof": '3', "workingElsewhere": '4'}[e["showAs"]]
		for n := range want {
			slot := from.Add(time.Duration(n) * 15 * time.Minute)
			if start.Before(slot.Add(15*time.Minute)) && end.After(slot) && (want[n] == '0' || digit == '2') {
				want[n] = digit
			}
		}
	}
	for n := range want {
		if want[n] != slots[n] && want[n] != '0' {
			t.Fatalf("slot %d of %s: schedule says %c, calendar says %c", n, mailbox, slots[n], want[n])
		}
	}
}

// F-001, F-010, F-020: tokens end, ghosts come, the window stays.
func TestDeltaTokensAndGhosts(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 22})
	from, to := tenant.around()
	box := c.at.Organizer
	_, link := c.all(deltaPath(box, from, to), "Prefer", "odata.maxpagesize=200")

	e := c.post(201, "/users/"+box+"/events", meeting("x@elsewhere.example", tenant.started.AddDate(0, 0, 400), time.Hour))
	changes, link2 := c.all(link)
	if len(changes) != 1 || changes[0]["id"] != e["id"] || changes[0]["@removed"] == nil {
		t.Errorf("an event outside the window gives %v, want the removal of an id never seen", changes)
	}
	if again, _ := c.all(link2); len(again) != 0 {
		t.Errorf("nothing changed, but delta sends %v", again)
	}
	if r := c.send(400, request{method: "GET", path: link + "x"}); r.errorCode() != "InvalidDeltaToken" {
		t.Errorf("code %s for text that is no token", r.errorCode())
	}
	forged := link[:len(link)-4] + "AAAA"
	if r := c.send(410, request{method: "GET", path: forged}); r.errorCode() != "SyncStateNotFound" {
		t.Errorf("code %s for a token of another tenant", r.errorCode())
	}
	other := strings.Replace(link, "/users/"+box, "/users/"+c.at.TestMailbox, 1)
	c.send(410, request{method: "GET", path: other})

	remove := tenant.Inject(Fault{Delta: "expire", Mailbox: box, Fail: &Failure{Status: 400, Code: "InvalidDeltaToken"}})
	if r := c.send(400, request{method: "GET", path: link2}); r.errorCode() != "InvalidDeltaToken" {
		t.Errorf("code %s from the fault", r.errorCode())
	}
	c.get(deltaPath(box, from, to)) // a new round has no token and is not hit
	remove()
	c.get(link2)
	tenant.Inject(Fault{Delta: "ghost_removed", Mailbox: box, Times: 1})
	if ghosts, _ := c.all(link2); len(ghosts) != 1 || ghosts[0]["@removed"] == nil {
		t.Errorf("the ghost fault sends %v", ghosts)
	}
}
