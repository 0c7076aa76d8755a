package booking_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

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
