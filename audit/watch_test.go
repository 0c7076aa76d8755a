package audit

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"roomdesk/providers"
)

// scripted is a tenant that answers as it is told.
type scripted struct {
	event providers.Event
	err   error
	calls []string
}

func (s *scripted) Event(context.Context, providers.Address, string) (providers.Event, error) {
	return s.event, nil
}

func (s *scripted) CreateEvent(context.Context, providers.EventDraft) (providers.Event, error) {
	s.calls = append(s.calls, "create")
	return s.event, s.err
}

func (s *scripted) ChangeEvent(context.Context, providers.Address, string, string, providers.EventChange) (providers.Event, error) {
	s.calls = append(s.calls, "change")
	return s.event, s.err
}

func (s *scripted) CancelEvent(context.Context, providers.Address, string, string) error {
	s.calls = append(s.calls, "cancel")
	return s.err
}

func (s *scripted) DeleteEvent(context.Context, providers.Address, string) error {
	s.calls = append(s.calls, "delete")
	return s.err
}

const desk, aalto providers.Address = "desk@contoso.example", "aalto@contoso.example"

func meeting(start time.Time) providers.Event {
	return providers.Event{ID: "AAMk1", Start: start, End: start.Add(time.Hour), Subject: providers.Outside("secret"), Attendees: []providers.Attendee{
		{Mailbox: aalto, Type: providers.Resource}, {Mailbox: "bob@contoso.example", Type: providers.Required}}}
}

func records(t *testing.T, l *Log) (all []Record) {
	t.Helper()
	report, err := Read(l.path, Head{}, func(r Record) error {
		all = append(all, r)
		return nil
	})
	if err != nil || len(report.Breaks) > 0 {
		t.Fatalf("%+v %v", report, err)
	}
	return all
}

func TestWritesAreInTheTrail(t *testing.T) {
	l := trail(t)
	to := &scripted{event: meeting(noon)}
	w := Watch(to, allowed, l)
	if _, err := w.CreateEvent(t.Context(), providers.EventDraft{TransactionID: "T1", Organizer: desk, Start: noon, End: noon.Add(time.Hour), Room: aalto,
		Required: []providers.Address{"bob@contoso.example"}, Subject: providers.Outside("secret"), Teams: true}); err != nil {
		t.Fatal(err)
	}
	later := noon.Add(time.Hour)
	to.event = meeting(later)
	if _, err := w.ChangeEvent(t.Context(), desk, "AAMk1", "", providers.EventChange{Start: &later}); err != nil {
		t.Fatal(err)
	}
	if err := w.CancelEvent(t.Context(), desk, "AAMk1", "sorry"); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteEvent(t.Context(), desk, "AAMk2"); err != nil {
		t.Fatal(err)
	}
	all := records(t, l)
	if len(all) != 8 {
		t.Fatalf("%d lines", len(all))
	}
	made := Facts{Start: noon, End: noon.Add(time.Hour), Rooms: []providers.Address{aalto}, Attendees: 1}
	moved := made
	moved.Start, moved.End = later, later.Add(time.Hour)
	wanted, gone := made, moved
	wanted.Teams, gone.Cancelled = true, true
	half := made
	half.Start = later // the end was not asked to change
	for i, want := range []Record{
		{Action: "create event", Mailbox: desk, TransactionID: "T1", After: &wanted},
		{Action: "create event", Mailbox: desk, TransactionID: "T1", Event: "AAMk1", Intent: 1, After: &made, Result: Done},
		{Action: "change event", Mailbox: desk, Event: "AAMk1", Before: &made, After: &half},
		{Action: "change event", Mailbox: desk, Event: "AAMk1", Intent: 3, After: &moved, Result: Done},
		{Action: "cancel event", Mailbox: desk, Event: "AAMk1", Before: &moved, After: &gone},
		{Action: "cancel event", Mailbox: desk, Event: "AAMk1", Intent: 5, Result: Done},
		{Action: "delete event", Mailbox: desk, Event: "AAMk2", After: &Facts{Cancelled: true}},
		{Action: "delete event", Mailbox: desk, Event: "AAMk2", Intent: 7, Result: Done},
	} {
		want.N, want.At, want.Actor, want.Previous, want.Hash = all[i].N, all[i].At, all[i].Actor, all[i].Previous, all[i].Hash
		if !reflect.DeepEqual(all[i], want) {
			t.Errorf("line %d: %+v, want %+v", i+1, all[i], want)
		}
	}
}

// What a write's failure says about it is in the trail: refused, or not known.
func TestFailuresInTheTrail(t *testing.T) {
	for _, c := range []struct {
		err    error
		result Result
		class  providers.Class
	}{
		{&providers.Error{Class: providers.NotAllowed, RequestID: "R"}, Refused, providers.NotAllowed},
		{&providers.Error{Class: providers.Throttled, RequestID: "R"}, Refused, providers.Throttled},
		{&providers.Error{Class: providers.Conflict, RequestID: "R"}, Refused, providers.Conflict},
		{&providers.Error{Class: providers.Unreachable, RequestID: "R"}, Unknown, providers.Unreachable},
		{&providers.Error{Class: providers.Transient, RequestID: "R"}, Unknown, providers.Transient},
		{&providers.Error{Class: providers.Foreign, RequestID: "R"}, Unknown, providers.Foreign},
		{errors.New("torn"), Unknown, ""},
	} {
		l := trail(t)
		to := &scripted{err: c.err}
		if err := Watch(to, allowed, l).CancelEvent(t.Context(), desk, "x", ""); !errors.Is(err, c.err) {
			t.Errorf("%v became %v", c.err, err)
		}
		last := records(t, l)[1]
		if last.Result != c.result || last.Class != c.class || c.class != "" && last.RequestID != "R" {
			t.Errorf("%v: %+v", c.err, last)
		}
	}
}

// A cancelled wait ends neither the outcome's line nor hides it.
func TestOutcomeIsWrittenAfterTheCallerLeft(t *testing.T) {
	l := trail(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_ = Watch(&scripted{err: context.Canceled}, allowed, l).CancelEvent(ctx, desk, "x", "")
	if all := records(t, l); len(all) != 2 || all[1].Result != Unknown {
		t.Errorf("%+v", all)
	}
}

func TestNothingIsSentWithoutTheTrail(t *testing.T) {
	l := trail(t)
	l.path = t.TempDir() // a directory
	to := &scripted{}
	w := Watch(to, allowed, l)
	_, create := w.CreateEvent(t.Context(), providers.EventDraft{})
	_, change := w.ChangeEvent(t.Context(), desk, "x", "", providers.EventChange{})
	for _, err := range []error{create, change, w.CancelEvent(t.Context(), desk, "x", ""), w.DeleteEvent(t.Context(), desk, "x")} {
		if !providers.Is(err, providers.Local) {
			t.Errorf("%v", err)
		}
	}
	if len(to.calls) > 0 {
		t.Errorf("sent: %q", to.calls)
	}
}

func TestMemoryOfMeetingsIsBounded(t *testing.T) {
	w := Watch(&scripted{event: meeting(noon)}, allowed, trail(t))
	for i := range 3 * remembered {
		if _, err := w.Event(t.Context(), desk, string(rune('a'+i%26))+time.Duration(i).String()); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.known) > remembered || len(w.order) > remembered {
		t.Errorf("%d and %d meetings are remembered", len(w.known), len(w.order))
	}
}

func allowed(context.Context, providers.Verb, providers.Address) error { return nil }

// C19: what is not permitted is not sent, and is one line in the trail.
func TestWhatIsNotPermittedIsInTheTrail(t *testing.T) {
	refusal := &providers.Error{Class: providers.NotAllowed, Message: providers.Outside("viewer")}
	for name, permit := range map[string]Permit{
		"refused":    func(context.Context, providers.Verb, providers.Address) error { return refusal },
		"nobody may": nil,
		"without teams": func(_ context.Context, v providers.Verb, _ providers.Address) error {
			if v == providers.VerbBook {
				return nil
			}
			return refusal
		},
	} {
		l := trail(t)
		to := &scripted{event: meeting(noon)}
		w := Watch(to, permit, l)
		_, create := w.CreateEvent(t.Context(), providers.EventDraft{TransactionID: "T1", Organizer: desk, Start: noon, End: noon.Add(time.Hour), Room: aalto, Teams: true})
		_, change := w.ChangeEvent(t.Context(), desk, "x", "", providers.EventChange{})
		for _, err := range []error{create, change, w.CancelEvent(t.Context(), desk, "x", ""), w.DeleteEvent(t.Context(), desk, "x")} {
			if !providers.Is(err, providers.NotAllowed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(to.calls) > 0 {
			t.Errorf("%s: sent %q", name, to.calls)
		}
		all := records(t, l)
		if len(all) != 4 {
			t.Fatalf("%s: %d lines", name, len(all))
		}
		for i, action := range []string{"create event", "change event", "cancel event", "delete event"} {
			if r := all[i]; r.Action != action || r.Result != Refused || r.Class != providers.NotAllowed || r.Mailbox != desk || r.After == nil {
				t.Errorf("%s: line %d: %+v", name, i+1, r)
			}
		}
	}
}
