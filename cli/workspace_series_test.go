package cli

import (
	"context"
	"io"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// scene is a terminal on which somebody presses keys once a text is to be seen.
type scene struct {
	t     *testing.T
	em    *vt.SafeEmulator
	keys  io.Writer
	mu    stdsync.Mutex
	steps []sceneStep
	typed int // keys so far
	last  string
	done  chan struct{}
}

type sceneStep struct{ see, press string }

func (s *scene) Write(b []byte) (int, error) {
	n, err := s.em.Write(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 {
		return n, err
	}
	s.last = s.em.String()
	if strings.Contains(s.last, s.steps[0].see) {
		press := s.steps[0].press
		s.steps = s.steps[1:]
		s.typed += len([]rune(press))
		if len(s.steps) == 0 {
			close(s.done)
		}
		go func() { _, _ = io.WriteString(s.keys, press) }()
	}
	return n, err
}

// state is what is still waited for, and the screen.
func (s *scene) state() (missing string, screen string, typed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) > 0 {
		missing = s.steps[0].see
	}
	return missing, s.last, s.typed
}

// J3 over the real parts: a line, the dates against a room that is taken on one of
// them, a last look, and every date accepted by the room as planned. Keys are
// counted up to the sending.
func TestSeriesFromTheConsole(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	tenant, err := StartTenant(ctx, simulator.Options{Rooms: 12, People: 5, RoomAnswerDelay: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	a, _, _ := newApp(t)
	s, err := a.demoSession(ctx, tenant, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	// An evening without the tenant's own meetings; one Tuesday is taken.
	taken := time.Date(time.Now().Year(), time.Now().Month(), time.Now().Day(), 21, 0, 0, 0, a.deps.Zone)
	for taken = taken.AddDate(0, 0, 1); taken.Weekday() != time.Tuesday; {
		taken = taken.AddDate(0, 0, 1)
	}
	taken = taken.AddDate(0, 0, 14)
	if _, err := s.provider.CreateEvent(ctx, providers.EventDraft{
		TransactionID: "7c7d7d1e-6c5d-4d0e-9a3e-000000000001", Organizer: providers.Address(s.connection.Organizer), Subject: providers.Outside("Fair"),
		Start: taken, End: taken.Add(time.Hour), Zone: "Europe/Berlin", Room: room,
	}); err != nil {
		t.Fatal(err)
	}
	window := providers.Interval{Start: taken, End: taken.Add(time.Hour)}
	for known := false; !known; {
		answers, err := s.provider.Availability(ctx, []providers.Address{room}, window)
		if err != nil {
			t.Fatal(err)
		}
		known = len(answers) == 1 && len(answers[0].Blocks) > 0
	}

	keys, type_ := io.Pipe()
	word, _, _ := strings.Cut(tenant.Rooms()[0].Name, " ")
	line := "weekly tue 21-22 x4 " + word
	em := vt.NewSafeEmulator(110, 36)
	defer em.Close()
	go func() { _, _ = io.Copy(io.Discard, em) }()
	story := &scene{t: t, em: em, keys: type_, done: make(chan struct{}), steps: []sceneStep{
		{tenant.Rooms()[0].Name, "f" + line + "\r"},
		{"plan 1 of", "\r"},
		{"Nothing is sent yet", "\r"},
		{"1 room is asked.", "\r"},
		{"accepted: 4 of 4", ""},
	}}
	if _, err := io.WriteString(em, "\x1b[20h"); err != nil {
		t.Fatal(err)
	}
	a.deps.Stdin, a.deps.Stdout = keys, story
	a.deps.Environ = []string{"TERM=xterm-256color"}
	a.deps.Console = []tea.ProgramOption{tea.WithWindowSize(110, 36), tea.WithoutSignals()}
	running, leave := context.WithCancel(ctx)
	go func() {
		select {
		case <-story.done:
		case <-ctx.Done():
		}
		_, _ = io.WriteString(type_, "qq")
		leave()
		_ = type_.Close()
	}()
	err = s.close(s.runConsole(running, true))
	missing, screen, typed := story.state()
	if missing != "" {
		t.Fatalf("%q was never to be seen (%v):\n%s", missing, err, screen)
	}
	if typed > 28+len(word) {
		t.Errorf("%d keys", typed)
	}
	for _, want := range []string{"1 shifted", "4 accepted", "22:00–23:00"} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is not on the screen:\n%s", want, screen)
		}
	}
}
