package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

const (
	upstairs = providers.Address("upstairs@contoso.com")
	far      = providers.Address("far@contoso.com")
)

// journal keeps relocations in memory, as the disk would over a crash.
type journal struct {
	mu  sync.Mutex
	all map[string]providers.Relocation
	// versions are all that was ever stored, in order.
	versions []providers.Relocation
}

func newJournal() *journal { return &journal{all: map[string]providers.Relocation{}} }

func (j *journal) SaveRelocation(ctx context.Context, r providers.Relocation) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if j.all[r.ID].Revision != r.Revision {
		return 0, &providers.Error{Class: providers.Conflict, Op: "storing a relocation"}
	}
	r = copyRelocation(r)
	r.Revision++
	j.all[r.ID] = r
	j.versions = append(j.versions, r)
	return r.Revision, nil
}

func (j *journal) Relocation(_ context.Context, id string) (providers.Relocation, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.all[id]
	if !ok {
		return r, &providers.Error{Class: providers.Gone, Op: "reading a relocation"}
	}
	return copyRelocation(r), nil
}

func (j *journal) Relocations(context.Context) ([]providers.Relocation, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []providers.Relocation
	for _, r := range j.all {
		all = append(all, copyRelocation(r))
	}
	slices.SortFunc(all, func(a, b providers.Relocation) int { return b.Created.Compare(a.Created) })
	return all, nil
}

func (j *journal) OpenRelocations(ctx context.Context) ([]providers.Relocation, error) {
	all, err := j.Relocations(ctx)
	return slices.DeleteFunc(all, func(r providers.Relocation) bool { return !r.State.Open() }), err
}

// dyingJournal has a step before and one behind each effect.
type dyingJournal struct {
	*journal
	k *killed
}

func (d dyingJournal) SaveRelocation(ctx context.Context, r providers.Relocation) (int, error) {
	if !d.k.pass() {
		return 0, errDead
	}
	n, err := d.journal.SaveRelocation(ctx, r)
	if !d.k.pass() {
		return 0, errDead
	}
	return n, err
}

// site is a world with a room out of order.
type site struct {
	*world
	journal *journal
}

// onSite plays a test with n meetings of alice in aalto, an hour each, one a day.
func onSite(t *testing.T, n int, play func(t *testing.T, s *site)) {
	t.Helper()
	inTime(t, func(t *testing.T, w *world) {
		s := &site{world: w, journal: newJournal()}
		start := w.tenant.now().Add(3 * time.Hour).Truncate(time.Hour)
		w.tenant.mu.Lock()
		for i := range n {
			m := w.tenant.make(providers.EventDraft{Organizer: alice, Room: aalto, RoomName: providers.Outside("Aalto"), Required: []providers.Address{bob},
				Start: start.AddDate(0, 0, i), End: start.AddDate(0, 0, i).Add(time.Hour)})
			m.was = true
		}
		w.tenant.mu.Unlock()
		for _, room := range []providers.Address{near, upstairs, far} {
			w.tenant.rooms[room] = roomRule{after: 3 * time.Second}
		}
		s.Desk = s.desk()
		play(t, s)
	})
}

func (s *site) desk() *Desk {
	d := s.world.desk()
	d.Journal = s.journal
	return d
}

// plan moves all meetings to near, and where that is not to be had, upstairs, far.
func (s *site) plan() providers.Relocation {
	r := providers.Relocation{Room: aalto, RoomName: providers.Outside("Aalto"), Reason: providers.Outside("leak"), BatchSize: 5, Patience: 2 * time.Minute}
	for _, m := range s.tenant.meetings {
		e := m.event
		step := providers.RelocationStep{
			Was:   providers.Slot{Room: aalto, RoomName: providers.Outside("Aalto"), Start: e.Start, End: e.End},
			State: providers.StepPlanned, Organizer: alice, EventID: e.ID, ICalUID: e.ICalUID, Mails: []providers.Address{bob},
		}
		for _, room := range []providers.Address{near, upstairs, far} {
			step.Choices = append(step.Choices, providers.RoomChoice{Room: room, Name: providers.Outside(room.Local())})
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

func (s *site) relocate(plan providers.Relocation) providers.Relocation {
	s.t.Helper()
	r, err := s.Relocate(s.t.Context(), plan)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// drive carries a relocation out, for at most d.
func (s *site) drive(id string, d time.Duration) providers.Relocation {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	r, err := s.DriveRelocation(ctx, id)
	if err != nil {
		s.t.Fatalf("driving: %v; %s", err, summary(r))
	}
	return r
}

// background runs the desk as the console does.
func (s *site) background() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 2)
	go func() { done <- s.Run(ctx) }()
	go func() { done <- s.RunRelocations(ctx) }()
	return func() {
		cancel()
		for range 2 {
			if err := <-done; !errors.Is(err, context.Canceled) {
				s.t.Errorf("ended with %v", err)
			}
		}
	}
}

func (s *site) read(id string) providers.Relocation {
	s.t.Helper()
	r, err := s.journal.Relocation(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func summary(r providers.Relocation) string {
	text := string(r.State) + ":"
	for _, s := range r.Steps {
		text += fmt.Sprintf(" [%s %q at %d, %d answers]", s.State, s.Why, s.At, len(s.Answers))
	}
	return text
}

// roomsOf are the rooms that each meeting invites, in the order of the meetings.
func (s *site) roomsOf() (all []string) {
	s.tenant.mu.Lock()
	defer s.tenant.mu.Unlock()
	for _, m := range s.tenant.meetings {
		text := ""
		for _, a := range s.tenant.seen(m).Attendees {
			if a.Type == providers.Resource {
				if text != "" {
					text += "+"
				}
				text += a.Mailbox.Local()
			}
		}
		all = append(all, text)
	}
	return all
}

// sound checks what must hold however it went: nobody was ever without a room, and
// no meeting was written to more often than its moves need.
func (s *site) sound(writes int, rooms ...string) {
	s.t.Helper()
	if len(s.tenant.roomless) != 0 {
		s.t.Errorf("without a room at %v", s.tenant.roomless)
	}
	if n := len(s.tenant.changes); writes >= 0 && n != writes {
		s.t.Errorf("%d writes had an effect, want %d", n, writes)
	}
	if got := s.roomsOf(); !slices.Equal(got, rooms) {
		s.t.Errorf("the meetings are in %v, want %v", got, rooms)
	}
}

func all(n int, room string) []string { return slices.Repeat([]string{room}, n) }

var errFull = &providers.Error{Class: providers.Local, Op: "storing a relocation", Err: errors.New("disk full")}

// fullJournal takes nothing more.
type fullJournal struct{ *journal }

func (fullJournal) SaveRelocation(context.Context, providers.Relocation) (int, error) {
	return 0, errFull
}
