package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"roomdesk/doctor"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
)

// stubborn is a prober of which some answers are the test's.
type stubborn struct {
	doctor.Prober
	full    bool  // no room is ever free
	cancel  error // what taking away gives
	cancels int
	changes int
	deaf    bool // a change is answered, and nothing happens
}

func (s *stubborn) Change(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	s.changes++
	if s.deaf {
		return s.Event(ctx, mailbox, id)
	}
	return s.Prober.Change(ctx, mailbox, id, etag, change)
}

func (s *stubborn) Schedules(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	all, err := s.Prober.Schedules(ctx, mailboxes, window)
	for i := range all {
		if s.full {
			all[i].Blocks = []providers.Block{{Interval: window, State: providers.Busy}}
		}
	}
	return all, err
}

func (s *stubborn) Cancel(ctx context.Context, mailbox providers.Address, id, comment string) error {
	s.cancels++
	if s.cancel != nil {
		return s.cancel
	}
	return s.Prober.Cancel(ctx, mailbox, id, comment)
}

func (p *patient) examineWith(s *stubborn) providers.Diagnosis {
	p.t.Helper()
	config, options := p.config, p.options
	config.Now, options.Now, config.Objects = p.tenant.Clock().Now, p.tenant.Clock().Now, objects
	provider, err := graph.New(config)
	if err != nil {
		p.t.Fatal(err)
	}
	defer provider.Close()
	s.Prober = provider.Probe()
	options.Prober = s
	return doctor.Run(context.Background(), options)
}

// A room that is never free was not asked, so it did not answer.
func TestRoomWithoutAFreeSlotDidNotAnswer(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.options.Write, p.options.Mailboxes = true, []providers.Address{p.room(0)}
	rung, _ := p.examineWith(&stubborn{full: true}).Rung("room answers")
	if rung.State != providers.RungNotRun || !strings.Contains(rung.Seen, "no free half hour") {
		t.Errorf("%s: %s", rung.State, rung.Seen)
	}
}

// What could not be taken away again is told, with where it is left; each was tried.
func TestWhatIsLeftIsTold(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.options.Write, p.options.Mailboxes = true, []providers.Address{p.room(0)}
	s := &stubborn{cancel: errors.New("no")}
	d := p.examineWith(s)
	rung, _ := d.Rung("write")
	if s.cancels != 1 || rung.State != providers.RungFailed || !strings.Contains(rung.Trouble.Sentence(), "could not be taken away again") || !strings.Contains(rung.Trouble.Where, string(p.options.Connection.Organizer)) {
		t.Errorf("%d tries, %s: %s", s.cancels, rung.State, rung.Trouble.Sentence())
	}
}

// S5: after the sync everything is done once in a marked slot: written, read, changed, read
// again and taken away; a room is booked, answers, has the meeting in its own calendar, and
// is free again. A change that is only answered is told.
func TestS5EverythingIsDoneOnceAndTakenAway(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.options.Write, p.options.Mailboxes = true, []providers.Address{p.room(0)}
	s := &stubborn{}
	d := p.examineWith(s)
	rung, _ := d.Rung("write")
	if rung.State != providers.RungPassed || s.changes != 1 || !strings.Contains(rung.Seen, "written, read, changed, read again and taken away") {
		t.Errorf("%s: %s, %d changes", rung.State, rung.Seen, s.changes)
	}
	rung, _ = d.Rung("room answers")
	if rung.State != providers.RungPassed || !strings.Contains(rung.Seen, "1 room answered and its own calendar showed the meeting") {
		t.Errorf("%s: %s", rung.State, rung.Seen)
	}
	s = &stubborn{deaf: true}
	rung, _ = p.examineWith(s).Rung("write")
	if rung.State != providers.RungFailed || !strings.Contains(rung.Trouble.Sentence(), "the calendar goes on showing it at 03:00 UTC instead of 03:15 UTC") || s.cancels == 0 {
		t.Errorf("%s: %+v, %d taken away", rung.State, rung.Trouble, s.cancels)
	}
	truth, err := p.tenant.TruthDump(simulator.TruthOptions{From: p.tenant.Clock().Now(), To: p.tenant.Clock().Now().AddDate(0, 0, 30)})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range truth.Mailboxes {
		for _, e := range m.Events {
			if strings.Contains(e.Subject, "roomdesk test") && !strings.HasPrefix(e.Subject, "Canceled") {
				t.Errorf("left in %s: %+v", m.Mailbox, e)
			}
		}
	}
}
