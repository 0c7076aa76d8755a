package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// crashEnv makes the test binary the process that is killed: it writes to the
// store that the variable names and says what was acknowledged.
const crashEnv = "ROOMDESK_TEST_CRASH_STORE"

// How many kills there are at random moments, and the seed of those.
const (
	killsEnv = "ROOMDESK_TEST_KILLS"
	seedEnv  = "ROOMDESK_TEST_SEED"
)

func TestMain(m *testing.M) {
	for env, child := range map[string]func(string) error{killEnv: tellUntilKilled, rebuildEnv: rebuildUntilKilled, lockEnv: holdLock} {
		if spec := os.Getenv(env); spec != "" {
			if err := child(spec); err != nil {
				fmt.Println("error", err)
				os.Exit(1)
			}
			return
		}
	}
	if file := os.Getenv(upgradeEnv); file != "" {
		if err := upgradeUntilKilled(file); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	if file := os.Getenv(crashEnv); file != "" {
		if err := writeUntilKilled(file); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	disk.install()
	os.Exit(m.Run())
}

// writeUntilKilled syncs three mailboxes in turn and books in between.
func writeUntilKilled(file string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Path: file, Tenant: tenant})
	if err != nil {
		return err
	}
	if r := s.Report(); r.SetAside != "" {
		return fmt.Errorf("set aside: %s", r.Damage)
	}
	have, err := s.Bookings(ctx)
	if err != nil {
		return err
	}
	go func() { // rounds of changing content
		for g := 0; ; g++ {
			for _, room := range []providers.Address{aalto, "b@contoso.com", "c@contoso.com"} {
				all := meetings(room, -60, 60)
				for i := range all {
					all[i].Subject = providers.Outside(fmt.Sprint("generation ", os.Getpid(), g))
				}
				r := s.BeginFull(room, week)
				for i := 0; i < 3; i++ {
					page := providers.ChangePage{Events: all[i*40 : i*40+40], Cursor: fmt.Sprint("c", i), Done: i == 2}
					if _, err := r.Apply(ctx, page, stamp); err != nil {
						fmt.Println("error", err)
						return
					}
				}
			}
		}
	}()
	for n := len(have); ; n++ {
		b := booking(n)
		fmt.Println("intent", b.ID)
		if err := s.SaveBooking(ctx, b); err != nil {
			return err
		}
		fmt.Println("acknowledged", b.ID)
	}
}

func TestKilledAtAnyMomentLosesNothingAcknowledged(t *testing.T) { // F-101, DURA
	kills := 30
	if testing.Short() {
		kills = 8
	}
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	file := path(t)
	seed := uint64(3)
	if n, err := strconv.ParseUint(os.Getenv(seedEnv), 10, 64); err == nil {
		seed = n
	}
	r := rand.New(rand.NewPCG(seed, 4))
	acknowledged := map[string]bool{}
	last := "" // the intent that the kill may have met in the middle
	var slowest time.Duration
	for kill := range kills {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), crashEnv+"="+file)
		out := must(child.StdoutPipe())(t)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		// After a random number of lines, not a random time: slow machines kill at
		// the same steps.
		lines := bufio.NewScanner(out)
		after := 1 + r.IntN(40)
		for n := 0; lines.Scan(); n++ {
			what, id, _ := strings.Cut(lines.Text(), " ")
			switch what {
			case "acknowledged":
				acknowledged[id] = true
			case "intent":
				last = id
			default:
				t.Fatalf("kill %d: %s", kill, lines.Text())
			}
			if n == after {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		child.Wait() //nolint:errcheck // it was killed

		begin := time.Now()
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		slowest = max(slowest, time.Since(begin))
		if report := s.Report(); report.SetAside != "" {
			t.Fatalf("kill %d: %+v", kill, report)
		}
		found := map[string]bool{}
		for _, b := range must(s.Bookings(t.Context()))(t) {
			found[b.ID] = true
			if !acknowledged[b.ID] && b.ID != last {
				t.Errorf("kill %d: booking %s was never made", kill, b.ID)
			}
		}
		for id := range acknowledged {
			if !found[id] {
				t.Errorf("kill %d: acknowledged booking %s is lost", kill, id)
			}
		}
		for id := range found {
			acknowledged[id] = true // it is there: it must stay
		}
		for _, m := range must(s.Mailboxes(t.Context()))(t) {
			if !m.Complete() {
				continue
			}
			events := must(s.Events(t.Context(), m.Address, week))(t)
			if len(events) != 120 || m.Rows != 120 {
				t.Errorf("kill %d: %d events, %d counted", kill, len(events), m.Rows)
			}
			for _, ev := range events {
				if ev.Subject != events[0].Subject {
					t.Errorf("kill %d: half a calendar is shown", kill)
					break
				}
			}
			if p := must(s.Position(t.Context(), m.Address))(t); p.Cursor != "c2" {
				t.Errorf("kill %d: %+v", kill, p)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d: %d kills, %d bookings, slowest opening %v", seed, kills, len(acknowledged), slowest)
}
