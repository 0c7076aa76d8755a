package simulator

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// A round over a calendar with three events; two of them change and one goes.
func deltaScene(t *testing.T, tenant *Tenant, c *client) (link string, ids []string, window string) {
	t.Helper()
	at := tenant.quiet()
	window = "/users/" + c.at.Organizer + "/calendarView/delta?startDateTime=" + url.QueryEscape(at.Format(time.RFC3339)) + "&endDateTime=" + url.QueryEscape(at.Add(20*time.Hour).Format(time.RFC3339))
	for n := range 3 {
		start := at.Add(time.Duration(n) * time.Hour)
		ids = append(ids, c.post(201, "/users/"+c.at.Organizer+"/events", object{"subject": "before", "start": wire(start, "UTC"), "end": wire(start.Add(time.Hour), "UTC")})["id"].(string))
	}
	_, link = c.all(window)
	for _, id := range ids[:2] {
		c.send(200, request{method: "PATCH", path: "/users/" + c.at.Organizer + "/events/" + id, body: object{"subject": "after"}})
	}
	c.send(204, request{method: "DELETE", path: "/users/" + c.at.Organizer + "/events/" + ids[2]})
	return link, ids, window
}

// summary says what a page has: a for a changed event, - for a removal.
func summary(list []object) string {
	out := ""
	for _, o := range list {
		switch {
		case o["@removed"] != nil:
			out += "-"
		default:
			out += o["subject"].(string)[:1]
		}
	}
	return out
}

// F-017, F-032, F-033 and their kin.
func TestDeltaWords(t *testing.T) {
	for word, v := range map[string]struct{ first, then string }{
		"":        {"aa-", ""},
		"omit":    {"aa", ""},  // the deletion is never told
		"late":    {"", "aa-"}, // nothing yet, with the same link
		"rewrite": {"aa", ""},  // everything that is there, written otherwise
	} {
		t.Run("word "+word, func(t *testing.T) {
			tenant, c := checked(t, Options{Seed: 330})
			link, _, _ := deltaScene(t, tenant, c)
			if word != "" {
				tenant.Inject(Fault{Delta: word, Times: 1})
			}
			list, next := c.all(link)
			if got := summary(list); got != v.first {
				t.Errorf("the first answer is %q, want %q", got, v.first)
			}
			if (next == link) != (word == "late") {
				t.Errorf("the link is the same: %v", next == link)
			}
			if word == "rewrite" {
				at := dig(list[0], "start", "dateTime").(string)
				plain := c.get("/users/" + c.at.Organizer + "/events/" + list[0]["id"].(string))
				if strings.Contains(at, ".") || plain["@odata.etag"] == list[0]["@odata.etag"] || !strings.HasPrefix(dig(plain, "start", "dateTime").(string), at) {
					t.Errorf("rewritten to %v, %v", at, list[0]["@odata.etag"])
				}
			}
			list, _ = c.all(next)
			if got := summary(list); got != v.then {
				t.Errorf("the second answer is %q, want %q", got, v.then)
			}
			// A token is no bookmark that is used up: it gives the same again.
			if list, _ = c.all(link); summary(list) != "aa-" {
				t.Errorf("the old token gives %q", summary(list))
			}
		})
	}
}

// F-001, F-002: the state is gone, with each code, with and without a way on.
func TestDeltaExpiry(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 331})
	link, _, _ := deltaScene(t, tenant, c)
	for _, code := range []string{"", "SyncStateNotFound", "SyncStateInvalid", "ResyncRequired"} {
		f := Fault{Delta: "expire", Times: 1}
		if code != "" {
			f.Fail = &Failure{Code: code}
		} else {
			code = "SyncStateNotFound"
		}
		tenant.Inject(f)
		if r := c.send(410, request{method: "GET", path: link}); r.errorCode() != code || r.header.Get("Location") != "" {
			t.Errorf("code %s, Location %q", r.errorCode(), r.header.Get("Location"))
		}
	}
	tenant.Inject(Fault{Delta: "expire", Link: "self", Times: 1})
	fresh := c.send(410, request{method: "GET", path: link}).header.Get("Location")
	if list, _ := c.all(fresh); summary(list) != "aa" {
		t.Errorf("at %s there is %q", fresh, summary(list))
	}
	tenant.Inject(Fault{Delta: "expire", Link: "https://evil.example", Times: 1})
	if at := c.send(410, request{method: "GET", path: link}).header.Get("Location"); !strings.HasPrefix(at, "https://evil.example/v1.0/users/") {
		t.Errorf("Location %q", at)
	}
}

// F-007: an entry on two pages, the newer version second.
func TestDeltaRepeatsAcrossPages(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 332})
	link, ids, _ := deltaScene(t, tenant, c)
	tenant.Inject(Fault{Page: "dup", Times: 1})
	first := c.get(link, "Prefer", "odata.maxpagesize=2")
	if len(first["value"].([]any)) != 2 || dig(first, "value", 1, "id") != ids[1] || dig(first, "value", 1, "subject") != "Old after" {
		t.Fatalf("the first page is %v", first["value"])
	}
	second := c.get(first["@odata.nextLink"].(string), "Prefer", "odata.maxpagesize=2")
	if dig(second, "value", 0, "id") != ids[1] || dig(second, "value", 0, "subject") != "after" || second["@odata.deltaLink"] == nil {
		t.Errorf("the second page is %v", second["value"])
	}
}

// F-029: a page may be as large as it likes.
func TestPageSizeIsNotHonoured(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 333})
	from, to := tenant.around()
	room := tenant.Rooms()[0].Mailbox
	whole := len(c.view(room, from, to))
	tenant.Inject(Fault{Page: "size"})
	page := c.get(deltaPath(room, from, to), "Prefer", "odata.maxpagesize=2")
	if n := len(page["value"].([]any)); n < whole || page["@odata.deltaLink"] == nil {
		t.Errorf("a delta page of %d, the view has %d", n, whole)
	}
	if n := len(c.get(strings.TrimSuffix(viewPath(room, from, to), "1000") + "2")["value"].([]any)); n != whole {
		t.Errorf("a view page of %d, the view has %d", n, whole)
	}
}

// What change tracking does not have is refused; ids go by each request's Prefer.
func TestDeltaOptions(t *testing.T) {
	tenant, c := start(t, Options{Seed: 334, Rooms: 12, People: 12})
	from, to := tenant.around()
	path := deltaPath(tenant.Rooms()[0].Mailbox, from, to)
	for _, option := range []string{"$filter=subject%20eq%20'x'", "$search=x", "$orderby=start/dateTime", "$expand=instances", "$skip=1", "$count=true"} {
		if r := c.send(400, request{method: "GET", path: path + "&" + option}); r.errorCode() != "ErrorInvalidUrlQuery" {
			t.Errorf("%s: %s", option, r.errorCode())
		}
	}
	if r := c.send(400, request{method: "GET", path: path + "&$deltatoken=latest"}); r.errorCode() != "InvalidDeltaToken" {
		t.Errorf("latest: %s", r.errorCode())
	}
	stable := c.get(path, "Prefer", `odata.maxpagesize=3, IdType="ImmutableId"`)
	next := stable["@odata.nextLink"].(string)
	mutable := c.get(next, "Prefer", "odata.maxpagesize=3")
	again := c.get(next, "Prefer", `odata.maxpagesize=3, IdType="ImmutableId"`)
	if dig(mutable, "value", 0, "id") == dig(again, "value", 0, "id") || len(dig(mutable, "value", 0, "id").(string)) != 152 {
		t.Error("the second page has the ids of the first although it did not ask for them")
	}
	if dig(again, "value", 0, "iCalUId") != dig(mutable, "value", 0, "iCalUId") {
		t.Error("both pages are not the same entries")
	}
}
