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
