package simulator

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	c := clockOver(func() time.Time { return now })
	shows := func(want time.Time) {
		t.Helper()
		if got := c.Now(); !got.Equal(want) {
			t.Errorf("shows %v, want %v", got, want)
		}
	}
	shows(now)
	c.Advance(8 * time.Hour)
	shows(now.Add(8 * time.Hour))
	now = now.Add(time.Minute)
	shows(now.Add(8 * time.Hour))
	c.Freeze()
	frozen := c.Now()
	now = now.Add(time.Hour)
	shows(frozen)
	if c.realCounts() {
		t.Error("the real clock counts while this one is frozen on purpose")
	}
	c.Run(60)
	now = now.Add(time.Minute)
	shows(frozen.Add(time.Hour))
	c.Set(now.Add(-48 * time.Hour))
	shows(now.Add(-48 * time.Hour))
	now = now.Add(time.Second)
	shows(now.Add(-48*time.Hour + 59*time.Second))
	c.Reset()
	shows(now)
	if !c.realCounts() {
		t.Error("the real clock does not count after a reset")
	}
}

// A room answers when its time has come on the tenant's clock, and not before
// while the clock is frozen on purpose.
func TestRoomAnswersByTheClock(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 2, RoomAnswerDelay: time.Millisecond})
	tenant.Clock().Freeze()
	room := tenant.byPolicy(t, "auto-accept")
	organizer := c.at.Organizer
	made := c.post(201, "/users/"+organizer+"/events", meeting(room.Mailbox, tenant.quiet(), time.Hour))
	answer := func() string { return roomResponse(c.event(organizer, made), room.Mailbox) }
	for range 3 { // longer than the delay on the real clock
		waitFor(t, func() bool { return time.Since(tenant.started) > 5*time.Millisecond })
		if got := answer(); got != "none" {
			t.Fatalf("the room answered %q while time stood still", got)
		}
	}
	tenant.Clock().Advance(time.Millisecond - time.Microsecond)
	if got := answer(); got != "none" {
		t.Fatalf("the room answered %q too early", got)
	}
	tenant.Clock().Advance(time.Microsecond)
	if got := answer(); got != "accepted" {
		t.Fatalf("the room answered %q", got)
	}
}

// Tokens end by the tenant's clock, and its Date header shows it (F-089).
func TestEverythingFollowsTheClock(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 2, People: 2})
	tenant.Clock().Freeze()
	ok := c.send(200, request{method: "GET", path: "/organization"})
	if got, want := ok.header.Get("Date"), tenant.Clock().Now().UTC().Format(http.TimeFormat); got != want {
		t.Errorf("Date: %s, the clock shows %s", got, want)
	}
	tenant.Clock().Advance(2 * time.Hour)
	if got := c.send(401, request{method: "GET", path: "/organization"}); got.errorCode() != "InvalidAuthenticationToken" {
		t.Errorf("a token of two hours ago: %s", got.raw)
	}
}

func TestClockOverControl(t *testing.T) {
	_, c := start(t, Options{Rooms: 2, People: 2})
	for _, row := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"set":"2027-01-04T09:00:00Z","freeze":true}`, 200, `"now":"2027-01-04T09:00:00Z"`},
		{`{"advance":"8h"}`, 200, `"now":"2027-01-04T17:00:00Z"`},
		{`{"advance":"-1h"}`, 200, `"now":"2027-01-04T16:00:00Z"`},
		{`{"speed":0}`, 200, `"frozen":true`},
		{`{"reset":true}`, 200, `"frozen":false`},
		{`{"speed":-1}`, 400, `"error"`},
		{`{"speed":2,"freeze":true}`, 400, `"error"`},
		{`{"set":"0001-01-01T00:00:00Z"}`, 400, `"error"`},
		{`{"stop":true}`, 400, `"error"`},
		{``, 400, `"error"`},
	} {
		resp, err := c.http.Post(c.at.ControlURL+"/clock", "application/json", strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != row.status || !strings.Contains(string(raw), row.want) {
			t.Errorf("%s: %d %s %v, want %s", row.body, resp.StatusCode, raw, err, row.want)
		}
	}
}
