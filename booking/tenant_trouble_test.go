package booking_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// persists does what a person asked for again and again while the service is in
// trouble: questions that fail are asked once more a little later.
func (o *office) persists(what string, try func() error) {
	o.t.Helper()
	var err error
	for range 20 {
		if err = try(); err == nil || !providers.Is(err, providers.Transient, providers.Throttled, providers.Unreachable, providers.Foreign, providers.Conflict) {
			break
		}
		time.Sleep(20 * time.Second) // the bubble's clock
	}
	if err != nil {
		o.t.Fatalf("%s: %v", what, err)
	}
}

// settles waits for what becomes of a booking and its change, for an hour at most.
func (o *office) settles(id string) (b providers.Booking) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Hour)
	defer cancel()
	o.persists("waiting", func() (err error) {
		b, err = o.Await(ctx, id)
		return err
	})
	return b
}

// life is a booking that is made, made longer, moved to another room, relocated from
// there and cancelled. By the tenant's calendars there is one meeting, in one room at
// a time, and none in the end.
func life(t *testing.T, o *office) {
	q := o.request(5)
	q.Teams, q.Subject = false, providers.Outside("Life")
	var second providers.Address
	for _, room := range o.tenant.Rooms() {
		if a, _ := providers.ParseAddress(room.Mailbox); a != o.room && o.answers(a) && o.across(a) && second == "" && o.empty(a, q) {
			second = a
		}
	}
	var b providers.Booking
	o.persists("booking", func() (err error) {
		b, err = o.Book(t.Context(), q)
		return err
	})
	if b = o.settles(b.ID); b.State != providers.BookingAccepted {
		t.Fatalf("%s: %s", b.State, b.Reason)
	}
	for n, c := range []booking.ChangeRequest{
		{Kind: providers.ChangeExtend, End: q.End.Add(15 * time.Minute)},
		{Kind: providers.ChangeMove, Start: q.Start.Add(30 * time.Minute), End: q.End.Add(45 * time.Minute), Room: second},
	} {
		o.persists(fmt.Sprint("change ", n), func() error {
			_, err := o.Change(t.Context(), b.ID, c)
			return err
		})
		if b = o.settles(b.ID); b.State != providers.BookingAccepted || b.Change.State != providers.ChangeDone {
			t.Fatalf("change %d: %s, %s: %s", n, b.State, b.Change.State, b.Change.Reason)
		}
	}
	r, err := o.Relocate(t.Context(), providers.Relocation{
		Room: second, Period: providers.Interval{Start: b.Request.Start, End: b.Request.End}, State: providers.RelocationPlanned, Patience: time.Hour,
		Steps: []providers.RelocationStep{{
			Was: providers.Slot{Room: second, Start: b.Request.Start, End: b.Request.End}, Organizer: o.alice, EventID: b.EventID,
			Choices: []providers.RoomChoice{{Room: o.room}}, State: providers.StepPlanned,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = o.DriveRelocation(t.Context(), r.ID); err != nil || r.State != providers.RelocationDone {
		t.Fatalf("relocating: %s, %+v, %v", r.State, r.Steps, err)
	}
	if in := o.holding(b.Request.Start, o.room, second); !slices.Equal(in, []providers.Address{o.room}) {
		t.Errorf("after relocating it is in %v", in)
	}
	if b, err = o.Cancel(t.Context(), b.ID, "it is over"); err != nil && b.State != providers.BookingCancelling {
		t.Fatal(err)
	}
	if b = o.settles(b.ID); b.State != providers.BookingCancelled {
		t.Errorf("%s: %s", b.State, b.Reason)
	}
	if in := o.holding(q.Start, o.room, second); len(in) != 0 {
		t.Errorf("after cancelling it is in %v", in)
	}
	if _, made := o.creates(); made != 1 {
		t.Errorf("ONCE: %d meetings were made", made)
	}
}

// holding are the rooms whose calendars have a meeting of the organizer at a time, by the
// tenant's own books.
func (o *office) holding(at time.Time, rooms ...providers.Address) (in []providers.Address) {
	for _, room := range rooms {
		truth, _ := o.tenant.Truth(string(room), at, at.Add(time.Minute))
		if slices.ContainsFunc(truth.Events, func(e simulator.TruthEvent) bool {
			return !e.Cancelled && e.Response == "accepted" && e.Organizer == string(o.alice)
		}) {
			in = append(in, room)
		}
	}
	return in
}

// empty reports whether a room has nothing from an hour before a request to an hour
// behind it, by the tenant's own books.
func (o *office) empty(room providers.Address, q providers.BookingRequest) bool {
	truth, _ := o.tenant.Truth(string(room), q.Start.Add(-time.Hour), q.End.Add(time.Hour))
	return len(truth.Events) == 0
}

// troubles are what a service does to a booking while it lives. None of it shows in
// what becomes of it.
func troubles(s service) map[string][]simulator.Fault {
	all := map[string][]simulator.Fault{
		"none":      nil,
		"slow":      {s.anything(simulator.Fault{Delay: simulator.Duration(4 * time.Second), Times: -1})},
		"throttled": {s.anything(simulator.Fault{For: simulator.Duration(time.Minute), Times: -1, Fail: &simulator.Failure{Status: 429, Code: "TooManyRequests", RetryAfter: "25"}})},
		"cut":       {s.anything(simulator.Fault{Truncate: 150, Times: -1, Chance: 0.15, Seed: 3})},
		"random": {
			s.anything(simulator.Fault{ResetBefore: true, Times: -1, Chance: 0.08, Seed: 1}),
			s.anything(simulator.Fault{CommitThen: "reset", Times: -1, Chance: 0.08, Seed: 2}),
			s.anything(simulator.Fault{CommitThen: "fail", Times: -1, Chance: 0.08, Seed: 4}),
		},
	}
	for n := 1; n <= 5; n++ { // the writes: one is made, three are changes and one is a cancellation
		for how, f := range map[string]simulator.Fault{"lost": {CommitThen: "reset"}, "refused": {Fail: &simulator.Failure{Status: 503, Code: "ErrorServerBusy", RetryAfter: "1"}}} {
			a, at := changing, n-1
			if n == 1 {
				a, at = creating, 1
			}
			f.Nth, f.Times = at, 1
			all[fmt.Sprint("write ", n, " is ", how)] = []simulator.Fault{s.fault(a, f)}
		}
	}
	for _, n := range []int{2, 5, 9, 14, 20} {
		all[fmt.Sprint("request ", n, " fails")] = []simulator.Fault{s.anything(simulator.Fault{Nth: n, Times: 1, ResetBefore: true})}
	}
	return all
}

// F-041, F-042, F-063, F-071, F-072: a booking lives through whatever its service
// does meanwhile, over either service.
func TestLifeOfABookingInTrouble(t *testing.T) {
	overServices(t, func(t *testing.T, s service) {
		for name, faults := range troubles(s) {
			t.Run(name, func(t *testing.T) { inOffice(t, s, life, faults...) })
		}
	})
}

// P17, F-041, F-063, F-071: the same life in a hybrid organisation, with trouble on both
// sides at once, or where the organizer lives. It is moved from one side to the other and
// relocated back. What slow, random and single failing requests bring is the
// business of the parts, of which each has its own run above.
func TestLifeOfABookingAcrossInTrouble(t *testing.T) {
	for _, s := range organisations() {
		t.Run(s.name, func(t *testing.T) {
			for name, faults := range map[string][]simulator.Fault{
				"none":             nil,
				"throttled":        s.everywhere(simulator.Fault{For: simulator.Duration(time.Minute), Times: -1, Fail: &simulator.Failure{Status: 429, Code: "TooManyRequests", RetryAfter: "25"}}),
				"cut":              s.everywhere(simulator.Fault{Truncate: 150, Times: -1, Chance: 0.15, Seed: 3}),
				"create is lost":   {s.fault(creating, simulator.Fault{Nth: 1, Times: 1, CommitThen: "reset"})},
				"change is lost":   {s.fault(changing, simulator.Fault{Nth: 2, Times: 1, CommitThen: "reset"})},
				"sides are silent": s.everywhere(simulator.Fault{Nth: 5, Times: 3, ResetBefore: true}),
			} {
				t.Run(name, func(t *testing.T) { inOffice(t, s, life, faults...) })
			}
		})
	}
}

// Without a network nothing is sent and nothing is forgotten: the booking that was
// asked for just before is made once there is one again, and once only.
func TestBookingWhileTheNetworkIsGone(t *testing.T) {
	overServicesAndHybrid(t, func(t *testing.T, s service) {
		inOffice(t, s, func(t *testing.T, o *office) {
			q := o.request(5)
			q.Teams, q.EvenIfBusy = false, true
			o.offline.Store(true)
			b, err := o.Book(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Minute)
			kept, err := o.store.Booking(t.Context(), b.ID)
			if err != nil || kept.State != providers.BookingQueued && kept.State != providers.BookingUnknown {
				t.Errorf("without a network: %s, %v", kept.State, err)
			}
			if _, made := o.creates(); made != 0 {
				t.Errorf("%d meetings were made", made)
			}
			o.offline.Store(false)
			if b = o.settles(b.ID); b.State != providers.BookingAccepted {
				t.Errorf("%s: %s", b.State, b.Reason)
			}
			if _, made := o.creates(); made != 1 {
				t.Errorf("ONCE: %d meetings were made", made)
			}
		})
	})
}
