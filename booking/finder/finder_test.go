package finder_test

import (
	"context"
	"strings"
	"testing"
	"time"

	_ "time/tzdata"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

var now = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func at(hour, minute int) time.Time { return time.Date(2026, 11, 22, hour, minute, 0, 0, time.UTC) }

func room(name string, floor, seats int, equipment ...providers.Equipment) providers.Room {
	return providers.Room{
		Mailbox: providers.Address(strings.ToLower(name) + "@contoso.com"), Name: providers.Outside(name), Building: providers.Outside("Berlin Mitte"),
		FloorNumber: &floor, Capacity: seats, Equipment: equipment, Bookable: true, Zone: "Europe/Berlin",
	}
}

// world is free/busy as the mirror would tell it; who is not named is free.
type world struct {
	taken   map[string][]providers.Block
	unknown map[string]bool
	asked   int
}

func (w *world) free(_ context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	w.asked += len(mailboxes)
	out := map[providers.Address]providers.Availability{}
	for _, m := range mailboxes {
		a := providers.Availability{Mailbox: m, Window: window, AsOf: now.Add(-time.Minute), Blocks: w.taken[m.Local()]}
		if w.unknown[m.Local()] {
			a = providers.Availability{Mailbox: m, Problem: &providers.Problem{Class: providers.NotAllowed, Since: now}}
		}
		out[m] = a
	}
	return out, nil
}

func block(from, to time.Time, state providers.FreeBusy, subject string) providers.Block {
	return providers.Block{Interval: providers.Interval{Start: from, End: to}, State: state, Subject: providers.Outside(subject)}
}

func find(t *testing.T, w *world, rooms []providers.Room, line string) providers.Finding {
	t.Helper()
	people := []providers.Person{
		{Mailbox: "adele.vance@contoso.com", Name: providers.Outside("Adele Vance")},
		{Mailbox: "adele.brown@contoso.com", Name: providers.Outside("Adele Brown")},
		{Mailbox: "bob@contoso.com", Name: providers.Outside("Bob Müller")},
	}
	f := finder.New(rooms, people)
	understood := wish.Read(line, wish.Surroundings{Now: now, Zone: time.UTC, ZoneOf: f.ZoneOf})
	answer, err := f.Find(context.Background(), finder.Question{Wish: understood, Now: now, Explain: true}, w.free)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func offered(a providers.Finding) string {
	var lines []string
	for _, o := range a.Offers {
		lines = append(lines, o.Room.Title()+": "+words(o.Why))
	}
	return strings.Join(lines, "\n")
}

func withheld(a providers.Finding) string {
	var lines []string
	for _, w := range a.Withheld {
		lines = append(lines, w.Room.Title()+": "+words(w.Why))
	}
	return strings.Join(lines, "\n")
}

func words(all []providers.Reason) string {
	var parts []string
	for _, r := range all {
		mark := map[providers.Proof]string{providers.Inferred: "~", providers.UnknownCause: "?"}[r.Proof]
		parts = append(parts, mark+r.Words)
	}
	return strings.Join(parts, ", ")
}

func rooms() []providers.Room {
	hall := room("Hall", 3, 40, providers.Display)
	tagged := room("Tagged", 3, 12)
	tagged.Tags = []providers.Untrusted{providers.Outside("Projector")}
	reserved := room("Reserved", 3, 12, providers.Display)
	reserved.Bookable = false
	return []providers.Room{
		hall, tagged, reserved, room("Aalto", 3, 14, providers.Display), room("Near", 4, 12, providers.Display), room("Small", 3, 6, providers.Display),
		room("Plain", 3, 12), room("Taken", 3, 12, providers.Display), room("Secret", 3, 12, providers.Display), room("Silent", 3, 0, providers.Display),
	}
}

// J1: free, fitting, near, equipped; each says why, and so does each that is left out.
func TestJ1RankedWithReasons(t *testing.T) {
	w := &world{
		taken: map[string][]providers.Block{
			"taken": {block(at(13, 30), at(14, 30), providers.Busy, "Stand-up")},
			"aalto": {block(at(15, 30), at(16, 0), providers.Busy, "x")},
		},
		unknown: map[string]bool{"secret": true},
	}
	a := find(t, w, rooms(), `12p display f3 tmr 14-15`)
	if got, want := offered(a), strings.Join([]string{
		"Aalto: free until 15:30, 14 seats, on floor 3, display",
		`Tagged: free, 12 seats, on floor 3, ~display by its tag "projector"`,
		"Near: free, 12 seats, 1 floor from floor 3, display",
		"Hall: free, 40 seats, ~large for 12, on floor 3, display",
	}, "\n"); got != want {
		t.Errorf("offered:\n%s\nwant:\n%s", got, want)
	}
	got := withheld(a)
	for _, want := range []string{
		"Small: 6 seats of 12", "Plain: no display", "Taken: busy 13:30–14:30, Stand-up", "Secret: ?not known whether it is free",
		"Silent: does not say how many seats it has", "Reserved: cannot be booked: it is assigned to somebody",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("withheld lacks %q:\n%s", want, got)
		}
	}
	if a.Unknown != 1 || a.Total != 10 || len(a.Offers)+len(a.Withheld) != 10 {
		t.Errorf("%d unknown, %d in all, %d + %d accounted for", a.Unknown, a.Total, len(a.Offers), len(a.Withheld))
	}
}

func TestGuests(t *testing.T) {
	w := &world{taken: map[string][]providers.Block{"bob": {block(at(14, 0), at(14, 30), providers.Busy, "")}}}
	a := find(t, w, rooms(), "tmr 14-15 with muller,adele.v")
	if len(a.Problems) > 0 || len(a.Guests) != 2 || a.GuestsFree() || a.Guests[0].Words != "busy 14:00–14:30" || a.Guests[1].Words != "free" {
		t.Errorf("guests %+v, problems %q", a.Guests, a.Problems)
	}
	if len(a.Others) == 0 || !a.Others[0].Span.Start.Equal(at(14, 30)) {
		t.Errorf("other times %+v", a.Others)
	}
	for line, want := range map[string]string{
		"tmr 14-15 with adele":  "may be Adele Vance",
		"tmr 14-15 with nobody": `nobody is called "nobody"`,
		"with bob":              "no time is given",
	} {
		a := find(t, w, rooms(), line)
		if all := strings.Join(a.Problems, "; "); !strings.Contains(all, want) || len(a.Offers) > 0 {
			t.Errorf("%q: problems %q, %d offers", line, all, len(a.Offers))
		}
	}
	if a := find(t, w, rooms(), "tmr 14-15 with guest@elsewhere.example"); a.GuestsFree() && a.Guests[0].State != providers.Free {
		t.Errorf("a guest from elsewhere: %+v", a.Guests)
	}
}

func TestAnyTimeInAWindow(t *testing.T) {
	w := &world{taken: map[string][]providers.Block{
		"aalto": {block(at(12, 0), at(15, 0), providers.Busy, "")},
		"bob":   {block(at(12, 0), at(14, 0), providers.Busy, "")},
		"near":  {block(at(12, 0), at(17, 0), providers.Busy, "")},
	}}
	a := find(t, w, []providers.Room{room("Aalto", 3, 4), room("Near", 3, 4), room("Open", 3, 4)}, "tomorrow afternoon 1h with bob")
	if got := offered(a); got != "Aalto: free 15:00–16:00, 4 seats\nOpen: free 14:00–15:00, 4 seats" {
		t.Errorf("offered:\n%s", got)
	}
	if got := withheld(a); got != "Near: busy 12:00–17:00" {
		t.Errorf("withheld:\n%s", got)
	}
}

func TestHoursOfTheRoomsZone(t *testing.T) {
	far := room("Far", 1, 4)
	far.Zone = "Asia/Tokyo"
	a := find(t, &world{}, []providers.Room{far}, "tmr 14-15")
	if got := offered(a); !strings.Contains(got, "~it is 23:00 there, outside usual hours") {
		t.Error(got)
	}
}

func TestFarAheadIsRefusedByRule(t *testing.T) {
	a := find(t, &world{}, rooms(), "2027-11-21 14-15")
	if len(a.Offers) > 0 || !strings.Contains(withheld(a), "~rooms usually refuse bookings more than 180 days ahead") {
		t.Error(withheld(a))
	}
}

func TestFirstChunkSuffices(t *testing.T) {
	var many []providers.Room
	for i := range 5000 {
		r := room("R", 3, 4)
		r.Mailbox = providers.Address("r" + strings.Repeat("x", i%7) + time.Duration(i).String() + "@contoso.com")
		many = append(many, r)
	}
	f := finder.New(many, nil)
	w := &world{}
	understood := wish.Read("tmr 14-15", wish.Surroundings{Now: now})
	a, err := f.Find(context.Background(), finder.Question{Wish: understood, Now: now}, w.free)
	if err != nil || len(a.Offers) != 50 || a.More != 4950 || w.asked > 100 {
		t.Errorf("%d offers, %d more, %d asked, %v", len(a.Offers), a.More, w.asked, err)
	}
	// With the reasons some more are looked at, and each room has one.
	w.asked = 0
	a, err = f.Find(context.Background(), finder.Question{Wish: understood, Now: now, Explain: true}, w.free)
	if err != nil || len(a.Offers) != 50 || a.More != 4950 || w.asked > 500 || len(a.Withheld) != 4950 {
		t.Errorf("%d offers, %d more, %d asked, %d withheld, %v", len(a.Offers), a.More, w.asked, len(a.Withheld), err)
	}
	said := map[string]int{}
	for _, x := range a.Withheld {
		said[words(x.Why)]++
	}
	if len(said) != 2 || said["free too, but 50 rooms fit better"] != w.asked-50 || said["?may be free: not looked at, since enough rooms fit better"] != 5000-w.asked {
		t.Errorf("they say %v", said)
	}
}
