package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	stdsync "sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// storedWorkspace answers what the first frame shows from a store.
type storedWorkspace struct {
	*fakeWorkspace
	store    *store.Store
	answered atomic.Bool // free/busy of what is on the screen
}

func (w *storedWorkspace) Rooms(ctx context.Context) ([]providers.Room, error) {
	return w.store.Rooms(ctx)
}

func (w *storedWorkspace) People(ctx context.Context) ([]providers.Person, error) {
	return w.store.People(ctx)
}

func (w *storedWorkspace) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	found, err := w.store.Availability(ctx, mailboxes, window)
	if len(mailboxes) < 500 {
		w.answered.Store(true)
	}
	return found, err
}

// mirror makes a store of rooms with 100 events each, unless ROOMDESK_BENCH_STORE
// names a directory that has one, see the benchmarks of package store.
func mirror(b *testing.B, rooms int) string {
	b.Helper()
	if dir := os.Getenv("ROOMDESK_BENCH_STORE"); dir != "" {
		return filepath.Join(dir, "store.db")
	}
	path := filepath.Join(b.TempDir(), "store.db")
	s, err := store.Open(b.Context(), store.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	events := 100
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_EVENTS")); err == nil {
		events = n
	}
	all := manyRooms(rooms).rooms
	list := s.BeginRooms()
	for page := range slices.Chunk(all, 100) {
		if _, err := list.Page(b.Context(), page); err != nil {
			b.Fatal(err)
		}
	}
	window := providers.Interval{Start: fakeNow().AddDate(0, -1, 0), End: fakeNow().AddDate(0, 1, 0)}
	for _, room := range all {
		page := providers.ChangePage{Done: true, Cursor: "c"}
		for n := range events {
			start := fakeNow().Truncate(time.Hour).Add(time.Duration(n-50) * 7 * time.Hour)
			page.Events = append(page.Events, providers.Event{Mailbox: room.Mailbox, ID: fmt.Sprint(room.Mailbox, n), Type: providers.SingleInstance, ShowAs: providers.ShowBusy,
				Start: start, End: start.Add(time.Hour), Subject: providers.Outside("Review"), Organizer: "adele@contoso.com"})
		}
		if _, err := s.BeginFull(room.Mailbox, window).Apply(b.Context(), page, store.Stamp{At: fakeNow()}); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// BenchmarkFirstFrame opens a stored mirror and draws the first useful frame: the
// rooms with their free/busy. 10,000 rooms and 1,000,000 events;
// ROOMDESK_BENCH_ROOMS and ROOMDESK_BENCH_EVENTS, for each room, change that. The budget is 100 ms.
func BenchmarkFirstFrame(b *testing.B) {
	rooms := 10_000
	if testing.Short() {
		rooms = 50
	}
	if n, err := strconv.Atoi(os.Getenv("ROOMDESK_BENCH_ROOMS")); err == nil {
		rooms = n
	}
	path := mirror(b, rooms)
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		s, err := store.Open(b.Context(), store.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		ws := &storedWorkspace{fakeWorkspace: office(), store: s}
		m := New(Options{Workspace: ws, Now: fakeNow, Zone: berlin()})
		m.timer = func(time.Duration, tea.Msg) tea.Cmd { return nil }
		_, first := m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
		var running stdsync.WaitGroup
		answers := make(chan tea.Msg, 256)
		run := func(cmd tea.Cmd) {
			if cmd != nil {
				running.Go(func() { answers <- cmd() })
			}
		}
		run(first)
		run(m.Init())
		for !ws.answered.Load() || !strings.Contains(m.Frame(), "Room 0") {
			switch msg := (<-answers).(type) {
			case nil:
			case tea.BatchMsg:
				for _, cmd := range msg {
					run(cmd)
				}
			default:
				_, cmd := m.Update(msg)
				run(cmd)
			}
		}
		_ = m.View()
		took = append(took, time.Since(begin))
		running.Wait()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
