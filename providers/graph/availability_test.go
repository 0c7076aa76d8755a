package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

type scheduleAsked struct {
	Schedules []string `json:"schedules"`
	Start     WireTime `json:"startTime"`
	End       WireTime `json:"endTime"`
	Interval  int      `json:"availabilityViewInterval"`
}

// schedules answers getSchedule; answer may replace the entry of an address by
// its own, or by nil for none.
func schedules(t *testing.T, answer func(asked scheduleAsked, address string) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked scheduleAsked
		// The body was read by the fixture, which keeps it in the request's header.
		if err := json.Unmarshal([]byte(r.Header.Get("X-Body")), &asked); err != nil {
			t.Error(err)
		}
		value := []any{}
		for _, address := range slices.Backward(asked.Schedules) { // in any order
			if entry := answer(asked, address); entry != nil {
				value = append(value, entry)
			}
		}
		sendJSON(w, 200, map[string]any{"value": value})
	}
}

func busyEntry(_ scheduleAsked, address string) any {
	return map[string]any{"scheduleId": strings.ToUpper(address), "availabilityView": "02", "scheduleItems": []any{
		map[string]any{"status": "busy", "subject": "Later", "start": wire(20, 14), "end": wire(20, 15)},
		map[string]any{"status": "tentative", "isPrivate": true, "start": wire(20, 9), "end": wire(20, 10)},
		map[string]any{"status": "free", "start": wire(20, 11), "end": wire(20, 12)},
		map[string]any{"status": "somethingNew", "start": wire(20, 12), "end": wire(20, 13)},
	}}
}

func wire(d, hour int) WireTime {
	return WireTime{day(d, hour).Format(zones.LocalTime) + ".0000000", "UTC"}
}

func addresses(n int) []providers.Address {
	list := make([]providers.Address, n)
	for i := range list {
		list[i] = providers.Address(fmt.Sprintf("room%02d@contoso.test", i))
	}
	return list
}

func TestAvailabilityComesInOrder(t *testing.T) {
	n := newTenant(t, schedules(t, busyEntry))
	asked := append(addresses(45), "room00@contoso.test") // one of them twice
	got, err := n.provider().Availability(t.Context(), asked, week)
	if err != nil || len(got) != len(asked) {
		t.Fatalf("%v, %d entries", err, len(got))
	}
	for i, a := range got {
		if a.Mailbox != asked[i] || !a.Known() || a.Problem != nil || a.Window != week || len(a.Blocks) != 3 {
			t.Fatalf("entry %d: %+v", i, a)
		}
	}
	blocks := got[0].Blocks
	if blocks[0].State != providers.Tentative || !blocks[0].Private || blocks[1].State != providers.Unknown || blocks[2].State != providers.Busy || blocks[2].Subject.Raw() != "Later" {
		t.Errorf("blocks %+v", blocks)
	}
	if n.seen() != 3 {
		t.Errorf("%d requests for 45 mailboxes, want 3 of at most 20", n.seen())
	}
	for i := range n.seen() {
		var body scheduleAsked
		_, text := n.request(i)
		if err := json.Unmarshal([]byte(text), &body); err != nil || len(body.Schedules) > 20 || body.Start.DateTime != "2026-11-16T00:00:00" || body.Interval != 15 {
			t.Errorf("body %s", text)
		}
	}
}

// An address that is unknown, or left out, is a problem of that entry alone.
func TestAvailabilityErrorsStayWithTheirMailbox(t *testing.T) {
	n := newTenant(t, schedules(t, func(asked scheduleAsked, address string) any {
		code := map[string]string{"room01": "ErrorMailRecipientNotFound", "room02": "ErrorNoFreeBusyAccess", "room03": "ErrorProxyRequestProcessingFailed"}[address[:6]]
		switch {
		case code != "":
			return map[string]any{"scheduleId": address, "availabilityView": "", "error": map[string]any{"responseCode": code, "message": "m"}}
		case address[:6] == "room04":
			return nil
		case address[:6] == "room05":
			return map[string]any{"scheduleId": address}
		case address[:6] == "room06":
			return map[string]any{"scheduleId": address, "scheduleItems": []any{map[string]any{"status": "busy", "start": wire(20, 9)}}}
		case address[:6] == "room07":
			return map[string]any{"scheduleId": address, "availabilityView": strings.Repeat("0", 9*4) + "2224" + "0"}
		}
		return busyEntry(asked, address)
	}))
	got, err := n.provider().Availability(t.Context(), addresses(8), providers.Interval{Start: day(20, 0), End: day(20, 12)})
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range []providers.Class{"", providers.NoMailbox, providers.NotAllowed, providers.Transient, providers.Foreign, providers.Foreign, providers.Foreign, ""} {
		switch p := got[i].Problem; {
		case class == "" && (p != nil || !got[i].Known()):
			t.Errorf("entry %d: %+v", i, got[i])
		case class != "" && (p == nil || p.Class != class || got[i].Known() || got[i].Blocks != nil):
			t.Errorf("entry %d: %+v, want class %q", i, p, class)
		}
	}
	if view := got[7].Blocks; len(view) != 2 || !view[0].Start.Equal(day(20, 9)) || view[0].Duration() != 45*time.Minute || view[1].State != providers.WorkingElsewhere {
		t.Errorf("from the merged view: %+v", view)
	}
}

// F-122: one mailbox that makes the whole request fail is found by halving.
func TestAvailabilityHalvesAroundABadMailbox(t *testing.T) {
	for _, status := range []int{500, 400} {
		n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("X-Body"), "room13") {
				sendError(w, status, "ErrorMailboxDataArrayTooBig")
				return
			}
			schedules(t, busyEntry)(w, r)
		})
		got, err := n.provider().Availability(t.Context(), addresses(20), week)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range got {
			if a.Known() == (i == 13) || (a.Problem != nil) != (i == 13) {
				t.Errorf("%d: entry %d: %+v", status, i, a)
			}
		}
	}
}

// The request is made in the name of a mailbox; one that is refused is not the
// end.
func TestAvailabilityAsksThroughAnotherMailbox(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "room00") || strings.Contains(r.URL.Path, "room01") {
			sendError(w, 403, "ErrorAccessDenied")
			return
		}
		schedules(t, busyEntry)(w, r)
	})
	p := n.provider()
	for range 2 {
		got, err := p.Availability(t.Context(), addresses(5), week)
		if err != nil || !got[0].Known() || !got[4].Known() {
			t.Fatalf("%v, %+v", err, got)
		}
	}
	if n.seen() != 4 {
		t.Errorf("%d requests: refused mailboxes are asked through again", n.seen())
	}
	// A single mailbox without access is asked through the one that worked.
	if got, err := p.Availability(t.Context(), addresses(1), week); err != nil || !got[0].Known() {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestAvailabilityOfLongWindowsIsPutTogether(t *testing.T) {
	n := newTenant(t, schedules(t, func(asked scheduleAsked, address string) any {
		start := Instant(asked.Start.DateTime, "UTC")
		if d := Instant(asked.End.DateTime, "UTC").Sub(start); d > maxSchedule {
			t.Errorf("a window of %v", d)
		}
		first := WireTime{start.Format(zones.LocalTime), "UTC"}
		return map[string]any{"scheduleId": address, "scheduleItems": []any{map[string]any{"status": "busy", "start": first, "end": WireTime{start.Add(time.Hour).Format(zones.LocalTime), "UTC"}}}}
	}))
	year := providers.Interval{Start: day(1, 0), End: day(1, 0).AddDate(1, 0, 0)}
	got, err := n.provider().Availability(t.Context(), []providers.Address{aalto}, year)
	if err != nil || len(got) != 1 || len(got[0].Blocks) != 6 || n.seen() != 6 || !slices.IsSortedFunc(got[0].Blocks, func(a, b providers.Block) int { return a.Start.Compare(b.Start) }) {
		t.Errorf("%v: %+v after %d requests", err, got, n.seen())
	}
}

func TestAvailabilityOfAFullMailboxIsAskedInParts(t *testing.T) {
	n := newTenant(t, schedules(t, func(asked scheduleAsked, address string) any {
		if Instant(asked.End.DateTime, "UTC").Sub(Instant(asked.Start.DateTime, "UTC")) > 50*time.Hour {
			return map[string]any{"scheduleId": address, "error": map[string]any{"responseCode": "5006", "message": "too many"}}
		}
		return map[string]any{"scheduleId": address, "scheduleItems": []any{}}
	}))
	got, err := n.provider().Availability(t.Context(), []providers.Address{aalto}, week)
	if err != nil || got[0].Problem != nil || !got[0].Known() {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestAvailabilityFailsAsAWholeOnlyForTheConnection(t *testing.T) {
	n := newTenant(t, schedules(t, busyEntry))
	n.entra = func(w http.ResponseWriter, _ int) bool { refuseToken(w, 401, 7000222, "invalid_client"); return true }
	if got, err := n.provider().Availability(t.Context(), addresses(100), week); providers.ClassOf(err) != providers.SignedOut || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	n = newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		sendError(w, 429, "TooManyRequests")
	})
	got, err := n.provider().Availability(t.Context(), addresses(20), week)
	if err != nil || got[0].Problem == nil || got[0].Problem.Class != providers.Throttled || n.seen() != 1 {
		t.Errorf("%v, %+v after %d requests", err, got[0].Problem, n.seen())
	}
}

func TestShortWindowsKeepTheServicesLimits(t *testing.T) {
	for _, c := range []struct{ window, end, slot time.Duration }{
		{time.Minute, 5 * time.Minute, 5 * time.Minute}, {8 * time.Minute, 8 * time.Minute, 8 * time.Minute}, {time.Hour, time.Hour, 15 * time.Minute},
	} {
		text, err := scheduleBody(nil, providers.Interval{Start: day(20, 9), End: day(20, 9).Add(c.window)})
		var body scheduleAsked
		if err != nil || json.Unmarshal(text, &body) != nil {
			t.Fatal(err)
		}
		if got := Instant(body.End.DateTime, "UTC").Sub(day(20, 9)); got != c.end || time.Duration(body.Interval)*time.Minute != c.slot {
			t.Errorf("%v: window %v, slot %d min", c.window, got, body.Interval)
		}
	}
}
