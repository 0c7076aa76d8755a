package booking_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

const graphTime = "2006-01-02T15:04:05"

func (w wireTime) utc() time.Time {
	t, err := time.Parse(graphTime, w.DateTime)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (o objects) ChangeEvent(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	in := map[string]any{}
	if change.Start != nil {
		in["start"] = wireTime{change.Start.UTC().Format(graphTime), "UTC"}
	}
	if change.End != nil {
		in["end"] = wireTime{change.End.UTC().Format(graphTime), "UTC"}
	}
	if change.Location != nil {
		in["location"] = map[string]string{"displayName": change.Location.Raw()}
	}
	if change.Attendees != nil {
		var all []map[string]any
		for _, a := range change.Attendees {
			all = append(all, map[string]any{"type": a.Type, "emailAddress": map[string]string{"address": a.Text.Raw(), "name": a.Name.Raw()}})
		}
		in["attendees"] = all
	}
	return o.event(ctx, "PATCH", user(mailbox)+"/events/"+url.PathEscape(id), mailbox, in, "If-Match", etag)
}

// other is a second room that is free at the time of the request; in a hybrid tenant it
// lives on the other side than the booked one.
func (o *office) other(q providers.BookingRequest) providers.Address {
	o.t.Helper()
	rooms, err := o.store.Rooms(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, room := range rooms {
		if room.Mailbox == o.room || !room.Bookable || !o.across(room.Mailbox) {
			continue
		}
		q.Room = room.Mailbox
		if c, err := o.Check(o.t.Context(), q); err == nil && c.Free && o.answers(room.Mailbox) {
			return room.Mailbox
		}
	}
	o.t.Fatal("no second room is free")
	return ""
}

// across reports whether a room lives on the other side than the booked one, where there
// are two.
func (o *office) across(room providers.Address) bool {
	return !o.service.hybrid || o.service.local(o.tenant, room) != o.service.local(o.tenant, o.room)
}

// answers reports whether a room decides by itself and for everybody.
func (o *office) answers(room providers.Address) bool {
	for _, r := range o.tenant.Rooms() {
		if strings.EqualFold(r.Mailbox, string(room)) {
			p := r.Policy
			return !p.Silent && !p.Delegate && !p.WorkHoursOnly && p.BookersOnly == "" && !p.Reserved
		}
	}
	return false
}

// patches are the changes that had an effect.
func (o *office) patches() (sent, made int) {
	all, made := o.service.done(o.tenant, changing, "changed")
	return len(all), made
}

// holds are the rooms whose calendars have the booking's meeting at a time.
func (o *office) holds(b providers.Booking, start time.Time, rooms ...providers.Address) (holding []providers.Address) {
	o.t.Helper()
	for _, room := range rooms {
		answers, err := o.provider.Availability(o.t.Context(), []providers.Address{room}, providers.Interval{Start: start, End: start.Add(time.Minute)})
		if err != nil {
			o.t.Fatal(err)
		}
		if len(answers) == 1 && len(answers[0].Blocks) > 0 {
			holding = append(holding, room)
		}
	}
	return holding
}

// F-041, F-042, F-051, F-055, F-063 over the wire: each change with each of its
// writes lost, refused or delayed; one meeting, in one room, and exactly as many
// effective writes as it takes.
func TestChangesInATenant(t *testing.T) { overServicesAndHybrid(t, changesInATenant) }

func changesInATenant(t *testing.T, of service) {
	patch := func(f simulator.Fault) []simulator.Fault { return []simulator.Fault{of.fault(changing, f)} }
	for name, faults := range map[string][]simulator.Fault{
		"smooth":                nil,
		"commit then 504":       patch(simulator.Fault{Nth: 1, Times: 1, CommitThen: "fail"}),
		"commit then reset":     patch(simulator.Fault{Nth: 1, Times: 1, CommitThen: "reset"}),
		"commit then truncated": patch(simulator.Fault{Nth: 1, Times: 1, CommitThen: "truncate"}),
		"reset before":          patch(simulator.Fault{Nth: 1, Times: 1, ResetBefore: true}),
		"412":                   patch(simulator.Fault{Nth: 1, Times: 1, Fail: &simulator.Failure{Status: 412, Code: "ErrorIrresolvableConflict"}}),
		"429":                   patch(simulator.Fault{Nth: 1, Times: 1, Fail: &simulator.Failure{Status: 429, Code: "TooManyRequests"}}),
		"second: commit, 504":   patch(simulator.Fault{Nth: 2, Times: 1, CommitThen: "fail"}),
	} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, of, func(t *testing.T, o *office) {
				q := o.request(5)
				q.Teams = false
				b, err := o.Book(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				b = o.await(b.ID)
				second := o.other(q)
				for step, c := range []struct {
					kind  providers.ChangeKind
					start time.Time
					end   time.Time
					room  providers.Address
				}{
					{providers.ChangeExtend, q.Start, q.End.Add(15 * time.Minute), o.room},
					{providers.ChangeMove, q.Start.Add(30 * time.Minute), q.End.Add(45 * time.Minute), o.room},
					{providers.ChangeMove, q.Start.Add(30 * time.Minute), q.End.Add(45 * time.Minute), second},
					{providers.ChangeUndo, q.Start.Add(30 * time.Minute), q.End.Add(45 * time.Minute), o.room},
				} {
					_, before := o.patches()
					request := booking.ChangeRequest{Kind: c.kind, Start: c.start, End: c.end, Room: c.room}
					if c.kind == providers.ChangeUndo {
						request = booking.ChangeRequest{Kind: c.kind}
					}
					if _, err := o.Change(t.Context(), b.ID, request); err != nil {
						t.Fatalf("step %d: %v", step, err)
					}
					got := o.await(b.ID)
					if got.Change.State != providers.ChangeDone || got.State != providers.BookingAccepted || got.Request.Room != c.room || !got.Request.Start.Equal(c.start) || !got.Request.End.Equal(c.end) {
						t.Fatalf("step %d: %s in %s %v–%v, change %s: %q", step, got.State, got.Request.Room, got.Request.Start, got.Request.End, got.Change.State, got.Change.Reason)
					}
					if holding := o.holds(got, c.start.Add(time.Minute), o.room, second); !slices.Equal(holding, []providers.Address{c.room}) {
						t.Errorf("step %d: held by %v, want %s", step, holding, c.room)
					}
					want := 1
					if got.Change.NewRoom() {
						want = 2
					}
					if _, made := o.patches(); made-before != want {
						t.Errorf("step %d: %d writes had an effect, want %d", step, made-before, want)
					}
				}
				if _, made := o.creates(); made != 1 {
					t.Errorf("%d meetings were made", made)
				}
			}, faults...)
		})
	}
}

// The room declines the new time, or another room declines the meeting: it is as
// it was, the first room holds it, with the reason and other rooms.
func TestDeclinedChangesInATenant(t *testing.T) { overServicesAndHybrid(t, declinedChangesInATenant) }

func declinedChangesInATenant(t *testing.T, of service) { inOffice(t, of, declinedChanges) }

func declinedChanges(t *testing.T, o *office) {
	q := o.request(6)
	q.Teams = false
	b, err := o.Book(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	b = o.await(b.ID)
	second := o.other(q)
	o.tenant.Inject(simulator.Fault{Mailbox: string(second), Room: "decline"})
	if _, err := o.Change(t.Context(), b.ID, booking.ChangeRequest{Kind: providers.ChangeMove, Room: second}); err != nil {
		t.Fatal(err)
	}
	got := o.await(b.ID)
	if got.Change.State != providers.ChangeUndone || got.State != providers.BookingAccepted || got.Request.Room != o.room || got.Change.Reason == "" || len(got.Change.Alternatives) == 0 {
		t.Errorf("%s in %s, change %s: %q", got.State, got.Request.Room, got.Change.State, got.Change.Reason)
	}
	if holding := o.holds(got, q.Start, o.room, second); !slices.Equal(holding, []providers.Address{o.room}) {
		t.Errorf("held by %v", holding)
	}
	o.tenant.Inject(simulator.Fault{Mailbox: string(o.room), Room: "decline", Times: 1})
	if _, err := o.Change(t.Context(), b.ID, booking.ChangeRequest{Kind: providers.ChangeMove, Start: q.Start.Add(3 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	got = o.await(b.ID)
	if got.Change.State != providers.ChangeUndone || got.State != providers.BookingAccepted || !got.Request.Start.Equal(q.Start) {
		t.Errorf("%s at %v, change %s: %q", got.State, got.Request.Start, got.Change.State, got.Change.Reason)
	}
	if holding := o.holds(got, q.Start, o.room); len(holding) != 1 {
		t.Error("the room does not have its time back")
	}
}
