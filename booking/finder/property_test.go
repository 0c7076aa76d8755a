package finder_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// office is a drawn company: rooms of every sort with their rules and calendars.
type office struct {
	rooms []providers.Room
	rules map[providers.Address]providers.RoomRules
	world *world
}

func drawOffice(t *rapid.T) office {
	o := office{rules: map[providers.Address]providers.RoomRules{}, world: &world{taken: map[string][]providers.Block{}, unknown: map[string]bool{}}}
	zones := []string{"", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"}
	states := []providers.FreeBusy{providers.Busy, providers.Tentative, providers.OutOfOffice, providers.Unknown, providers.Free, providers.WorkingElsewhere}
	for i := range rapid.IntRange(1, 6).Draw(t, "rooms") {
		r := room(fmt.Sprint("room", i), rapid.IntRange(1, 5).Draw(t, "floor"), rapid.SampledFrom([]int{0, 3, 4, 8, 9, 40}).Draw(t, "seats"))
		for _, e := range []providers.Equipment{providers.Display, providers.Video} {
			if rapid.Bool().Draw(t, string(e)) {
				r.Equipment = append(r.Equipment, e)
			}
		}
		r.Bookable = rapid.IntRange(0, 6).Draw(t, "reserved") != 0
		r.Zone = rapid.SampledFrom(zones).Draw(t, "zone")
		for range rapid.IntRange(0, 4).Draw(t, "meetings") {
			from := at(0, 0).Add(time.Duration(rapid.IntRange(-8, 100).Draw(t, "from")) * 15 * time.Minute)
			o.world.taken[r.Mailbox.Local()] = append(o.world.taken[r.Mailbox.Local()],
				block(from, from.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "quarters"))*15*time.Minute), rapid.SampledFrom(states).Draw(t, "state"), "x"))
		}
		slices.SortFunc(o.world.taken[r.Mailbox.Local()], func(a, b providers.Block) int { return a.Start.Compare(b.Start) })
		o.world.unknown[r.Mailbox.Local()] = rapid.IntRange(0, 8).Draw(t, "unknown") == 0
		if rapid.Bool().Draw(t, "imported") {
			rule := providers.UsualRoomRules(r.Mailbox)
			rule.Imported = now
			rule.ScheduleOnlyDuringWorkHours = rapid.Bool().Draw(t, "hours")
			rule.EnforceCapacity = rapid.Bool().Draw(t, "capacity")
			rule.MaximumDurationInMinutes = rapid.SampledFrom([]int{0, 30, 60, 1440}).Draw(t, "minutes")
			rule.BookingWindowInDays = rapid.SampledFrom([]int{0, 1, 180}).Draw(t, "days")
			if rapid.IntRange(0, 3).Draw(t, "listed") == 0 {
				rule.AllBookInPolicy, rule.BookInPolicy = false, []string{rapid.SampledFrom([]string{"alice@contoso.com", "eve@contoso.com"}).Draw(t, "who")}
			}
			o.rules[r.Mailbox] = rule
		}
		o.rooms = append(o.rooms, r)
	}
	return o
}

// broken says which stated rule a meeting in a room would break, found without the
// finder's means; "" where it breaks none.
func (o office) broken(r providers.Room, span providers.Interval, seats, people int, display bool) string {
	if !r.Bookable {
		return "reserved"
	}
	if seats > 0 && r.Capacity < seats || r.Capacity > 0 && r.Capacity < people {
		return "seats"
	}
	if display && !slices.Contains(r.Equipment, providers.Display) {
		return "equipment"
	}
	if o.world.unknown[r.Mailbox.Local()] {
		return "not known"
	}
	for _, b := range o.world.taken[r.Mailbox.Local()] {
		if b.State != providers.Free && b.State != providers.WorkingElsewhere && b.Start.Before(span.End) && span.Start.Before(b.End) {
			return "taken"
		}
	}
	rule, known := o.rules[r.Mailbox]
	if !known {
		return ""
	}
	if most := rule.MaximumDurationInMinutes; most > 0 && span.End.Sub(span.Start).Minutes() > float64(most) {
		return "length"
	}
	if span.Start.After(now.AddDate(0, 0, rule.BookingWindowInDays)) {
		return "window"
	}
	if rule.EnforceCapacity && r.Capacity > 0 && max(people, seats) > r.Capacity {
		return "capacity"
	}
	if !rule.AllBookInPolicy && !slices.Contains(rule.BookInPolicy, "alice@contoso.com") {
		return "bookers"
	}
	if zone, err := time.LoadLocation(r.Zone); rule.ScheduleOnlyDuringWorkHours && r.Zone != "" && err == nil {
		from, to := span.Start.In(zone), span.End.In(zone)
		minutes := func(t time.Time) int { return t.Hour()*60 + t.Minute() }
		if from.Weekday()%6 == 0 || from.YearDay() != to.YearDay() || minutes(from) < 8*60 || minutes(to) > 17*60 {
			return "hours"
		}
	}
	return ""
}

// No room is offered at a time at which it would break a stated rule: capacity,
// equipment, free/busy, its policy, the hours of its own zone. And a room that is
// not offered breaks one at every time that was asked for, and says why.
func TestNoOfferBreaksAStatedRule(t *testing.T) {
	offers, choices, withheld := 0, 0, map[string]int{}
	check := func(t *rapid.T) {
		o := drawOffice(t)
		seats := rapid.SampledFrom([]int{0, 0, 4, 8}).Draw(t, "seats")
		display := rapid.Bool().Draw(t, "display")
		w := wish.Wish{Zone: time.UTC, Seats: seats, Length: time.Duration(rapid.IntRange(1, 6).Draw(t, "length")) * 15 * time.Minute}
		if display {
			w.Rooms = "display"
		}
		// Sunday to Tuesday, any quarter of an hour; or about the hours of a Monday.
		start := at(0, 0).Add(time.Duration(rapid.IntRange(0, 250).Draw(t, "start")) * 15 * time.Minute)
		if rapid.Bool().Draw(t, "on Monday") {
			start = at(30, 0).Add(time.Duration(rapid.IntRange(0, 44).Draw(t, "quarter")) * 15 * time.Minute)
		}
		choice := rapid.Bool().Draw(t, "choice")
		spans := []providers.Interval{{Start: start, End: start.Add(w.Length)}}
		if choice {
			w.Within = providers.Interval{Start: start, End: start.Add(w.Length + time.Duration(rapid.IntRange(0, 20).Draw(t, "room for choice"))*15*time.Minute)}
			for s := spans[0]; s.End.Before(w.Within.End); {
				s.Start, s.End = s.Start.Add(15*time.Minute), s.End.Add(15*time.Minute)
				spans = append(spans, s)
			}
		} else {
			w.Span = spans[0]
		}
		answer, err := finder.New(o.rooms, nil).Find(context.Background(), finder.Question{Wish: w, Now: now, Explain: true, Organizer: "alice@contoso.com", Rules: o.rules}, o.world.free)
		if err != nil || len(answer.Problems) > 0 {
			t.Fatalf("%v, %q", err, answer.Problems)
		}
		offered := map[providers.Address]bool{}
		for _, offer := range answer.Offers {
			offered[offer.Room.Mailbox] = true
			if why := o.broken(offer.Room, offer.Span, seats, 1, display); why != "" || !slices.Contains(spans, offer.Span) {
				t.Fatalf("%s is offered at %s: %s", offer.Room.Mailbox, offer.Span.Start, why)
			}
			if offers++; choice {
				choices++
			}
		}
		for _, r := range o.rooms {
			if offered[r.Mailbox] {
				continue
			}
			why := ""
			for _, span := range spans {
				if why = o.broken(r, span, seats, 1, display); why == "" {
					t.Fatalf("%s can be had at %s and is not offered: %s", r.Mailbox, span.Start, withheldWhy(answer, r.Mailbox))
				}
			}
			withheld[why]++
			if withheldWhy(answer, r.Mailbox) == "" {
				t.Fatalf("%s is left out without a word", r.Mailbox)
			}
		}
	}
	runs := 15 // of a hundred each
	if testing.Short() {
		runs = 75 // of twenty
	}
	for range runs {
		rapid.Check(t, check)
	}
	t.Logf("%d offers, %d of them at one of several times; withheld %v", offers, choices, withheld)
	for _, rule := range []string{"reserved", "seats", "equipment", "not known", "taken", "length", "window", "bookers", "hours"} {
		if withheld[rule] == 0 {
			t.Errorf("no room was withheld for %s: %v", rule, withheld)
		}
	}
}

func withheldWhy(a providers.Finding, room providers.Address) string {
	for _, w := range a.Withheld {
		if w.Room.Mailbox == room {
			return words(w.Why)
		}
	}
	return ""
}
