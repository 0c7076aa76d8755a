package store_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// copyOpen copies a store as a kill would leave it.
func copyOpen(t *testing.T, file string) string {
	t.Helper()
	to := path(t)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", ".made"} {
		content, err := os.ReadFile(file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// The log is damaged, or is that of another database, after the process was
// killed: bookings are there, and the calendar is one of the states it had.
func TestDamagedLog(t *testing.T) { // F-106, DURA
	file := path(t)
	s := openAt(t, file)
	for _, room := range []providers.Address{aalto, "b@contoso.com"} {
		fill(t, s, room, meetings(room, -40, 40))
	}
	for n := range 5 {
		if err := s.SaveBooking(t.Context(), booking(n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second answer comes after what follows the first
		if err := s.Responds(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, s, aalto, meetings(aalto, -40, 30)) // is in the log alone
	other := openAt(t, path(t))
	for n := range 30 {
		if err := other.SetMeta(t.Context(), fmt.Sprint(n), strings.Repeat("x", 9000)); err != nil {
			t.Fatal(err)
		}
	}
	foreign := must(os.ReadFile(other.Path() + "-wal"))(t)
	log := must(os.ReadFile(file + "-wal"))(t)
	variants := map[string][]byte{"none": nil, "of another database": foreign, "garbage": []byte(strings.Repeat("garbage!", 5000))}
	for at := 0; at < len(log); at += len(log)/12 + 1 {
		flipped := append([]byte(nil), log...)
		flipped[at] ^= 0xff
		variants[fmt.Sprint("byte ", at)] = flipped
		variants[fmt.Sprint("cut at ", at)] = log[:at]
	}
	for name, content := range variants {
		file := copyOpen(t, file)
		if err := os.WriteFile(file+"-wal", content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		report := s.Report()
		if bookings := must(s.Bookings(t.Context()))(t); len(bookings) != 5 && !report.OutboxLost {
			t.Errorf("%s: %d bookings, %+v", name, len(bookings), report)
		}
		if report.SetAside == "" {
			if events := must(s.Events(t.Context(), aalto, week))(t); len(events) != 80 && len(events) != 70 {
				t.Errorf("%s: %d events", name, len(events))
			}
		} else if name != "of another database" {
			t.Errorf("%s: %+v", name, report)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The store's file goes away under an open store. What is written then would be
// in a file that nobody finds again: no booking is accepted.
func TestRemovedUnderAnOpenStore(t *testing.T) { // F-104, DURA, SAY
	for name, take := range map[string]func(file string) error{
		"removed": os.Remove,
		"renamed": func(file string) error { return os.Rename(file, file+".old") },
		"restored from a backup": func(file string) error {
			from, err := os.Open(file)
			if err != nil {
				return err
			}
			defer from.Close()
			to, err := os.OpenFile(file+".copy", os.O_WRONLY|os.O_CREATE, 0o600)
			if err != nil {
				return err
			}
			if _, err := io.Copy(to, from); err != nil {
				return err
			}
			if err := to.Close(); err != nil {
				return err
			}
			return os.Rename(file+".copy", file)
		},
	} {
		file := filled(t)
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
		if err != nil {
			t.Fatal(err)
		}
		if err := take(file); err != nil {
			t.Fatal(err)
		}
		_ = s.SaveBooking(t.Context(), booking(98)) // refused as the next one is
		err = s.SaveBooking(t.Context(), booking(99))
		sentence := ""
		if err != nil {
			sentence = providers.ProblemOf(err, noon).Sentence(noon)
		}
		if !providers.Is(err, providers.Local) || !strings.Contains(sentence, "roomdesk again") {
			t.Errorf("%s: %v; a person reads %q", name, err, sentence)
		}
		s.Close() // may well complain
		if again := openAt(t, file); name != "restored from a backup" {
			if r := again.Report(); !r.OutboxLost {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}
