package simulator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sendBatch gives the answers by id, and the ids in the order in which they came.
func (c *client) sendBatch(parts ...object) (byID map[string]object, order []string) {
	c.t.Helper()
	r := c.send(200, request{method: "POST", path: "/$batch", body: object{"requests": parts}})
	if r.header.Get("Retry-After") != "" {
		c.t.Error("the batch itself has a Retry-After")
	}
	byID = map[string]object{}
	for _, v := range r.body["responses"].([]any) {
		id := v.(object)["id"].(string)
		byID[id] = v.(object)
		order = append(order, id)
	}
	return byID, order
}

func twenty(path string) (parts []object) {
	for i := range 20 {
		parts = append(parts, object{"id": fmt.Sprint(i + 1), "method": "GET", "url": path})
	}
	return parts
}

// The envelope, the forms of addresses and bodies, dependents, and the order.
func TestBatchEnvelope(t *testing.T) {
	tenant, c := start(t, Options{Seed: 70, Rooms: 3, People: 3})
	got, order := c.sendBatch(
		object{"id": "a", "method": "GET", "url": "/organization"},
		object{"id": "b", "method": "get", "url": "organization?$select=id"},
		object{"id": "c", "method": "GET", "url": "/nonsense"},
		object{"id": "d", "method": "GET", "url": "/organization", "dependsOn": []string{"c"}},
		object{"id": "e", "method": "GET", "url": "/organization", "dependsOn": []string{"d"}},
		object{"id": "f", "method": "GET", "url": "/organization", "dependsOn": []string{"a", "b"}},
		object{"id": "g", "method": "GET", "url": "https://graph.microsoft.com/v1.0/organization"},
		object{"id": "h", "method": "POST", "url": "/$batch", "headers": object{"content-type": "application/json"}, "body": object{"requests": []object{}}},
		object{"id": "i", "method": "GET", "url": "/users/" + c.at.Organizer + "/calendar", "headers": object{"client-request-id": "abc", "Prefer": `IdType="ImmutableId"`}},
	)
	for id, want := range map[string]float64{"a": 200, "b": 200, "c": 400, "d": 424, "e": 424, "f": 200, "g": 400, "h": 400, "i": 200} {
		if got[id]["status"] != want {
			t.Errorf("part %s: %v, want %v", id, got[id]["status"], want)
		}
	}
	if dig(got["i"], "headers", "client-request-id") != "abc" || dig(got["i"], "headers", "Preference-Applied") != `IdType="ImmutableId"` {
		t.Errorf("headers of a part: %v", got["i"]["headers"])
	}
	if slices.IsSorted(order) {
		t.Errorf("the answers come in the order of the requests: %v", order)
	}
	_, again := c.sendBatch(twenty("/organization")...)
	_, same := c.sendBatch(twenty("/organization")...)
	if !slices.Equal(again, same) {
		t.Errorf("the order differs: %v and %v", again, same)
	}
	for name, parts := range map[string][]object{
		"none": {}, "21": append(twenty("/organization"), object{"id": "21", "method": "GET", "url": "/organization"}),
		"same id":       {{"id": "1", "method": "GET", "url": "/organization"}, {"id": "1", "method": "GET", "url": "/organization"}},
		"no id":         {{"method": "GET", "url": "/organization"}},
		"no method":     {{"id": "1", "url": "/organization"}},
		"no type":       {{"id": "1", "method": "POST", "url": "/users/x/events", "body": object{}}},
		"unknown id":    {{"id": "1", "method": "GET", "url": "/organization", "dependsOn": []string{"9"}}},
		"later id":      {{"id": "1", "method": "GET", "url": "/organization", "dependsOn": []string{"2"}}, {"id": "2", "method": "GET", "url": "/organization"}},
		"itself":        {{"id": "1", "method": "GET", "url": "/organization", "dependsOn": []string{"1"}}},
		"not a request": {{"id": 1.5}},
	} {
		if r := c.send(400, request{method: "POST", path: "/$batch", body: object{"requests": parts}}); r.errorCode() == "" {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	if u := tenant.Usage(); u.Over != 0 {
		t.Errorf("%d requests over a limit", u.Over)
	}
}

// Parts to one mailbox run four at a time, and each counts against the limits.
func TestBatchAgainstLimits(t *testing.T) {
	q := PublishedQuota()
	q.Requests = 15
	tenant, c := start(t, Options{Seed: 71, Rooms: 3, People: 3, Quota: &q})
	got, _ := c.sendBatch(twenty("/users/" + c.at.Organizer + "/calendar")...)
	refused := 0
	for id, part := range got {
		if part["status"] == 429.0 {
			refused++
			if dig(part, "headers", "Retry-After") == nil {
				t.Errorf("part %s has no Retry-After", id)
			}
		}
	}
	if refused != 5 {
		t.Errorf("%d parts refused, want 5 of 20 with 15 allowed", refused)
	}
	u := tenant.Usage()
	if b := u.Boxes[0]; b.Requests != 20 || b.PeakInFlight > 4 {
		t.Errorf("%+v", b)
	}
}

// F-067: what can go wrong inside of a batch that is fine as a whole.
func TestBatchFaults(t *testing.T) {
	tenant, c := start(t, Options{Seed: 72, Rooms: 3, People: 3})
	parts := twenty("/organization")
	for word, seen := range map[string]func(map[string]object, []string) bool{
		"throttle": func(got map[string]object, order []string) bool {
			n := 0
			for _, part := range got {
				if part["status"] == 429.0 && dig(part, "headers", "Retry-After") == "5" {
					n++
				}
			}
			return n == 3 && len(got) == 20
		},
		"fail": func(got map[string]object, order []string) bool {
			n := 0
			for _, part := range got {
				if part["status"] == 503.0 {
					n++
				}
			}
			return n == 3
		},
		"missing": func(got map[string]object, order []string) bool { return len(order) == 17 },
		"twice":   func(got map[string]object, order []string) bool { return len(got) == 20 && len(order) == 23 },
		"reorder": func(got map[string]object, order []string) bool { return order[0] == "20" && order[19] == "1" },
	} {
		remove := tenant.Inject(Fault{Path: "/$batch", Batch: word})
		if got, order := c.sendBatch(parts...); !seen(got, order) {
			t.Errorf("%s: %v", word, order)
		}
		remove()
	}
	// A throttled part takes its dependents along.
	defer tenant.Inject(Fault{Batch: "throttle", Count: 1, Fail: &Failure{RetryAfter: "9"}})()
	got, _ := c.sendBatch(object{"id": "1", "method": "GET", "url": "/organization"})
	if got["1"]["status"] != 429.0 || dig(got["1"], "headers", "Retry-After") != "9" {
		t.Errorf("%v", got)
	}
	// A fault for a part's own path spoils that part alone.
	tenant.ClearFaults()
	tenant.Inject(Fault{Path: "/places/**", Fail: &Failure{Status: 500}})
	got, _ = c.sendBatch(object{"id": "1", "method": "GET", "url": "/organization"}, object{"id": "2", "method": "GET", "url": "/places/graph.room"}, object{"id": "3", "method": "GET", "url": "/organization", "dependsOn": []string{"2"}})
	if got["1"]["status"] != 200.0 || got["2"]["status"] != 500.0 || got["3"]["status"] != 424.0 {
		t.Errorf("%v", got)
	}
	found := false
	for _, e := range tenant.Ledger() {
		found = found || e.Batch != "" && strings.HasPrefix(e.Fault, "fail(500)")
	}
	if !found {
		t.Error("the part's fault is not in the ledger")
	}
}
