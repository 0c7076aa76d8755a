package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// lockEnv makes the test binary another program that holds the database which the
// variable names, in the way that stands first, until its standard input ends.
const lockEnv = "ROOMDESK_TEST_LOCK_STORE"

func holdLock(spec string) error {
	how, file, _ := strings.Cut(spec, ":")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	statements := map[string][]string{
		"reading":    {"BEGIN", "SELECT count(*) FROM sqlite_schema"}, // as a backup does
		"writing":    {"BEGIN IMMEDIATE"},
		"everything": {"PRAGMA locking_mode(EXCLUSIVE)", "BEGIN EXCLUSIVE"},
	}[how]
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err // the end of the process gives the lock back, as after a kill
}

// locked has another program hold the file until release is called.
func locked(t *testing.T, how, file string) (release func()) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), lockEnv+"="+how+":"+file)
	in := must(child.StdinPipe())(t)
	out := must(child.StdoutPipe())(t)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("%s: %q, %v", how, line, err)
	}
	released := false
	release = func() {
		if released {
			return
		}
		released = true
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		child.Wait() //nolint:errcheck // it ends with its input
	}
	t.Cleanup(release)
	return release
}

// Another program holds the database. What it excludes is told, nothing is lost,
// and when it lets go everything goes on without being opened anew.
func TestAnotherProgramHoldsTheStore(t *testing.T) { // F-104, SAY
	for _, c := range []struct {
		how             string
		reading, writes bool // possible meanwhile
		opens           bool
	}{
		{"reading", true, true, true},
		{"writing", true, false, false},
	} {
		t.Run(c.how, func(t *testing.T) {
			t.Parallel()
			file := filled(t)
			options := store.Options{Path: file, Tenant: tenant, Busy: 100 * time.Millisecond}
			s, err := store.Open(t.Context(), options)
			if err != nil {
				t.Fatal(err)
			}
			release := locked(t, c.how, file)
			sentence := func(err error) string {
				if err == nil {
					return ""
				}
				return strings.ToLower(providers.ProblemOf(err, noon).Sentence(noon))
			}
			if events, err := s.EventsAll(t.Context(), week); (err == nil && len(events) > 0) != c.reading {
				t.Errorf("reading: %d events, %v", len(events), err)
			}
			err = s.SaveBooking(t.Context(), booking(60))
			if (err == nil) != c.writes || err != nil && !strings.Contains(sentence(err), "another program holds the store, perhaps a backup: close it") {
				t.Errorf("writing: %v; a person reads %q", err, sentence(err))
			}
			if err := s.Responds(t.Context()); err != nil {
				t.Errorf("the store hangs: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
			again, err := store.Open(t.Context(), options)
			if err == nil {
				again.Close()
			} else if c.opens || !strings.Contains(sentence(err), "another program holds the store") {
				t.Errorf("opening: %v; a person reads %q", err, sentence(err))
			}
			release()
			s = reopened(t, c.how, file)
			if s == nil {
				return
			}
			defer s.Close()
			for n := 50; n < 62; n++ {
				if err := s.SaveBooking(t.Context(), booking(n)); err != nil {
					t.Errorf("after it let go: %v", err)
				}
			}
		})
	}
	t.Run("everything", func(t *testing.T) {
		t.Parallel()
		file := filled(t)
		release := locked(t, "everything", file)
		before := must(os.Stat(file))(t)
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Busy: 100 * time.Millisecond})
		if err == nil {
			s.Close()
			t.Error("it was opened")
		} else if text := providers.ProblemOf(err, noon).Sentence(noon); !strings.Contains(text, "nother program holds the store") {
			t.Errorf("%v; a person reads %q", err, text)
		}
		if after := must(os.Stat(file))(t); after.Size() != before.Size() {
			t.Error("the file was touched")
		}
		release()
		if s := reopened(t, "everything", file); s != nil {
			if bookings := must(s.Bookings(t.Context()))(t); len(bookings) != 50 {
				t.Errorf("%d bookings", len(bookings))
			}
			s.Close()
		}
	})
}
