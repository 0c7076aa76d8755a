package booking_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// settle chooses who organizes in a hybrid tenant, and whose mailbox on premises tests
// the connection there.
func (s service) settle(tenant *simulator.Tenant, at *simulator.Endpoints) {
	people := tenant.People()
	if s.hybrid {
		at.TestMailbox = people[len(people)-1].Mailbox
	}
	if s.hybrid && s.ews {
		at.Organizer = people[len(people)-2].Mailbox
	}
}

// far reports whether a room lives on the other side than the organizer, and answers.
func (o *office) far(room providers.Address) bool {
	return o.service.local(o.tenant, room) != o.service.ews && o.answers(room)
}

// P17, J2, F-041: a room on premises is cleared into one in the cloud. Its meetings are
// of people of both sides, each of whom has a write that is lost on the way: every
// meeting ends in the new room, once, and nobody's meeting is made anew.
func TestARoomIsClearedAcross(t *testing.T) {
	of := organisations()[0]
	lost := simulator.Fault{Nth: 1, Times: 1, CommitThen: "reset"}
	inOffice(t, of, clearedAcross, service{}.fault(changing, lost), service{ews: true}.fault(changing, lost))
}

func clearedAcross(t *testing.T, o *office) {
	q := o.request(5)
	second := o.empties(q)
	people := o.tenant.People()
	local, _ := providers.ParseAddress(people[len(people)-1].Mailbox)
	if !o.service.local(o.tenant, o.room) || o.service.local(o.tenant, second) || !o.service.local(o.tenant, local) || o.service.local(o.tenant, o.alice) {
		t.Fatalf("%s, %s, %s and %s do not live where the story wants them", o.room, second, local, o.alice)
	}
	r := providers.Relocation{Room: o.room, Period: providers.Interval{Start: q.Start, End: q.Start.Add(2 * time.Hour)}, State: providers.RelocationPlanned, Patience: time.Hour}
	for n, organizer := range []providers.Address{o.alice, local, o.alice, local} {
		start := q.Start.Add(time.Duration(n) * 30 * time.Minute)
		made, err := o.provider.CreateEvent(t.Context(), providers.EventDraft{
			TransactionID: fmt.Sprint("0e0c21b6-4a7e-4d8f-9d0e-00000000000", n), Organizer: organizer, Subject: providers.Outside("Across"),
			Start: start, End: start.Add(30 * time.Minute), Room: o.room, RoomName: providers.Outside("the room"),
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Steps = append(r.Steps, providers.RelocationStep{
			Was: providers.Slot{Room: o.room, Start: start, End: start.Add(30 * time.Minute)}, Organizer: organizer, EventID: made.ID,
			Choices: []providers.RoomChoice{{Room: second}}, State: providers.StepPlanned,
		})
	}
	time.Sleep(time.Second) // the room's answers
	r, err := o.Relocate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = o.DriveRelocation(t.Context(), r.ID); err != nil || r.State != providers.RelocationDone || r.Count(providers.StepMoved) != 4 {
		t.Fatalf("%s, %+v, %v", r.State, r.Steps, err)
	}
	for _, room := range []providers.Address{o.room, second} {
		truth, _ := o.tenant.Truth(string(room), r.Period.Start, r.Period.End)
		held := 0
		for _, e := range truth.Events {
			if !e.Cancelled && e.Response == "accepted" && e.Subject != "" {
				held++
			}
		}
		if want := map[providers.Address]int{second: 4}[room]; held != want {
			t.Errorf("%s holds %d meetings, want %d: %+v", room, held, want, truth.Events)
		}
	}
	made := 0
	for _, s := range []service{{}, {ews: true}} {
		_, n := s.done(o.tenant, creating, "created")
		made += n
	}
	if made != 4 {
		t.Errorf("ONCE: %d meetings were made", made)
	}
}

// F-132, P17: the side of the room is down. It is unknown and so not free; whoever books
// it all the same has its answer, which comes to the organizer's side.
func TestBookingWhileTheRoomsSideIsDown(t *testing.T) {
	for _, s := range organisations() {
		t.Run(s.name, func(t *testing.T) {
			inOffice(t, s, func(t *testing.T, o *office) {
				up := o.tenant.Inject(side(!s.ews))
				q := o.request(5)
				q.Teams = false
				if c, err := o.Check(t.Context(), q); err == nil && c.Free {
					t.Errorf("nobody knows, and it is said to be free: %+v", c)
				}
				if b, err := o.Book(t.Context(), q); err == nil {
					t.Errorf("it is booked as if it were free: %+v", b)
				}
				q.EvenIfBusy = true
				b, err := o.Book(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if b = o.settles(b.ID); b.State != providers.BookingAccepted {
					t.Errorf("%s: %s", b.State, b.Reason)
				}
				up()
				time.Sleep(5 * time.Minute)
				if holding := o.holds(b, q.Start.Add(time.Minute), o.room); len(holding) != 1 {
					t.Error("the room does not have the meeting")
				}
				if _, made := o.creates(); made != 1 {
					t.Errorf("ONCE: %d meetings were made", made)
				}
			})
		})
	}
}

// F-132, F-063: the side of the organizer is down. The booking waits, although its room
// could be asked, and is made once when the side is back.
func TestBookingWhileTheOrganizersSideIsDown(t *testing.T) {
	for _, s := range organisations() {
		t.Run(s.name, func(t *testing.T) {
			inOffice(t, s, func(t *testing.T, o *office) {
				up := o.tenant.Inject(side(s.ews))
				q := o.request(5)
				q.Teams, q.EvenIfBusy = false, true
				b, err := o.Book(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Minute)
				kept, err := o.store.Booking(t.Context(), b.ID)
				if err != nil || kept.State != providers.BookingQueued && kept.State != providers.BookingUnknown {
					t.Errorf("without its side: %s: %s, %v", kept.State, kept.Reason, err)
				}
				up()
				if b = o.settles(b.ID); b.State != providers.BookingAccepted {
					t.Errorf("%s: %s", b.State, b.Reason)
				}
				if _, made := o.creates(); made != 1 {
					t.Errorf("ONCE: %d meetings were made", made)
				}
			})
		})
	}
}

// side is a fault that takes a side away.
func side(onPremises bool) simulator.Fault {
	f := simulator.Fault{Path: "/v1.0/**", ResetBefore: true, Times: -1}
	if onPremises {
		f.Path = "/EWS/**"
	}
	return f
}

// empties is a room on the other side that has nothing around the time of a request.
func (o *office) empties(q providers.BookingRequest) providers.Address {
	o.t.Helper()
	rooms := o.tenant.Rooms()
	at := slices.IndexFunc(rooms, func(r simulator.RoomInfo) bool {
		a, _ := providers.ParseAddress(r.Mailbox)
		return o.answers(a) && o.across(a) && o.empty(a, q)
	})
	if at < 0 {
		o.t.Fatal("no room of the other side is empty")
	}
	a, _ := providers.ParseAddress(rooms[at].Mailbox)
	return a
}
