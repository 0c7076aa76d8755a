package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

func TestFilesAreTheOwnersOnly(t *testing.T) { // S-16
	file := path(t)
	s := openAt(t, file)
	fill(t, s, aalto, meetings(aalto, 0, 10))
	dir := must(os.Stat(filepath.Dir(file)))(t)
	if dir.Mode().Perm() != 0o700 {
		t.Errorf("directory %v", dir.Mode())
	}
	names := must(filepath.Glob(file + "*"))(t)
	if len(names) < 4 { // database, log, its index, lock
		t.Errorf("only %v", names)
	}
	for _, name := range names {
		if info := must(os.Stat(name))(t); info.Mode().Perm() != 0o600 {
			t.Errorf("%s %v", name, info.Mode())
		}
	}
}

func TestLooseFilesAreTightened(t *testing.T) { // S-16
	file := path(t)
	s := openAt(t, file)
	fill(t, s, aalto, meetings(aalto, 0, 10))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{file: 0o644, filepath.Dir(file): 0o777} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	openAt(t, file)
	for name, mode := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700} {
		if info := must(os.Stat(name))(t); info.Mode().Perm() != mode {
			t.Errorf("%s %v", name, info.Mode())
		}
	}
}

func TestLinksAreRefused(t *testing.T) { // S-17
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		for kind, link := range map[string]func(old, new string) error{"symbolic": os.Symlink, "hard": os.Link} {
			file := path(t)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			target := filepath.Join(t.TempDir(), "target")
			if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := link(target, file+suffix); err != nil {
				t.Fatal(err)
			}
			s, err := store.Open(t.Context(), store.Options{Path: file})
			if err == nil {
				s.Close()
				t.Errorf("a %s link in place of %q was followed", kind, suffix)
			}
			if text := must(os.ReadFile(target))(t); string(text) != "precious" {
				t.Errorf("the target of a %s link was written to: %q", kind, text)
			}
		}
	}
}

func TestOddPaths(t *testing.T) {
	for _, name := range []string{"what?.db", "a#b.db", "100%25.db", "mode=ro&x?mode=memory", "sp ace", "ü😀", "a;b", "[x]*"} {
		dir := t.TempDir()
		file := filepath.Join(dir, name, name)
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		fill(t, s, aalto, meetings(aalto, 0, 3))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if entries := must(os.ReadDir(dir))(t); len(entries) != 1 {
			t.Errorf("%q left %v", name, entries)
		}
		if err := store.Erase(file); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if left := must(os.ReadDir(filepath.Dir(file)))(t); len(left) != 0 {
			t.Errorf("%q: left after erasing: %v", name, left)
		}
	}
}

func TestAnotherTenantIsRefused(t *testing.T) {
	file := path(t)
	if err := openAt(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	const other = "00000000-0000-4000-8000-00000000beef"
	_, err := store.Open(t.Context(), store.Options{Path: file, Tenant: other})
	if !providers.Is(err, providers.Local) || !strings.Contains(err.Error(), tenant) || !strings.Contains(err.Error(), other) {
		t.Errorf("%v", err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if bound := must(s.Tenant(t.Context()))(t); bound != tenant {
		t.Errorf("bound to %q", bound)
	}
}

// raw opens the file as another program would.
func sqlAt(t *testing.T, file string, statements ...string) {
	t.Helper()
	db := must(sql.Open("sqlite", "file:"+file))(t)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewerVersionIsRefusedUntouched(t *testing.T) { // F-109
	file := path(t)
	if err := openAt(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	sqlAt(t, file, "PRAGMA user_version = 99", "CREATE TABLE from_the_future (x)", "PRAGMA wal_checkpoint(TRUNCATE)")
	before := must(os.ReadFile(file))(t)
	_, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
	if err == nil || !strings.Contains(err.Error(), "99") {
		t.Errorf("%v", err)
	}
	if after := must(os.ReadFile(file))(t); string(after) != string(before) {
		t.Error("the file was touched")
	}
	if aside := must(filepath.Glob(file + ".damaged*"))(t); len(aside) > 0 {
		t.Errorf("it was set aside: %v", aside)
	}
}

func TestForeignDatabaseIsRefusedUntouched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "places.sqlite")
	sqlAt(t, file, "CREATE TABLE bookmark (url)", "INSERT INTO bookmark VALUES ('x')")
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(file))(t)
	if _, err := store.Open(t.Context(), store.Options{Path: file}); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("%v", err)
	}
	if after := must(os.ReadFile(file))(t); string(after) != string(before) {
		t.Error("the file was touched")
	}
}

func booking(n int) providers.Booking {
	return providers.Booking{
		ID: fmt.Sprintf("b%04d", n), TransactionID: fmt.Sprintf("t%04d", n), State: providers.BookingWaiting, Created: noon.Add(time.Duration(n) * time.Minute),
		Request: providers.BookingRequest{Room: aalto, Start: noon, End: noon.Add(time.Hour), Subject: providers.Outside(strings.Repeat("subject ", 40))},
		ICalUID: fmt.Sprintf("uid%d", n),
	}
}

// filled makes a closed store with 600 events, 50 bookings and 12 relocations that
// are under way.
func filled(t *testing.T) string {
	t.Helper()
	file := path(t)
	s := openAt(t, file)
	for _, room := range []providers.Address{aalto, "b@contoso.com", "c@contoso.com"} {
		fill(t, s, room, meetings(room, -100, 100))
	}
	for n := range 50 {
		if err := s.SaveBooking(t.Context(), booking(n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 12 {
		r := relocation()
		r.ID = fmt.Sprint("r", n)
		for range 3 { // revision 3
			var err error
			if r.Revision, err = s.SaveRelocation(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestDamagedStoreIsSetAside(t *testing.T) { // F-106
	good := must(os.ReadFile(filled(t)))(t)
	r := rand.New(rand.NewPCG(1, 2))
	page := func(b []byte, n int) []byte {
		for i := range 4096 {
			b[n*4096+i] = byte(r.IntN(256))
		}
		return b
	}
	variants := map[string]func([]byte) []byte{
		"empty":          func([]byte) []byte { return nil },
		"text":           func([]byte) []byte { return []byte(strings.Repeat("not a database\n", 1000)) },
		"one byte":       func([]byte) []byte { return []byte{7} },
		"garbage header": func(b []byte) []byte { copy(b, "garbage garbage!"); return b },
		"zero header":    func(b []byte) []byte { clear(b[:100]); return b },
		"first page":     func(b []byte) []byte { return page(b, 0) },
		"cut in half":    func(b []byte) []byte { return b[:len(b)/2] },
		"cut in a page":  func(b []byte) []byte { return b[:len(b)/2+1234] },
		"only a page":    func(b []byte) []byte { return b[:4096] },
	}
	for n := 1; n < len(good)/4096; n += 3 {
		variants[fmt.Sprint("page ", n)] = func(b []byte) []byte { return page(b, n) }
	}
	salvaged, whole, journals := 0, 0, 0
	for name, damage := range variants {
		file := path(t)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, damage([]byte(string(good))), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		report := s.Report()
		bookings := must(s.Bookings(t.Context()))(t)
		switch {
		case name == "empty" || name == "one byte": // shorter than any header
			if report.SetAside != "" {
				t.Errorf("a file without anything in it counts as damaged: %+v", report)
			}
		case report.SetAside == "":
			t.Errorf("%s: not noticed", name)
		default:
			if len(bookings) != report.Salvaged || len(bookings) < 50 && !report.OutboxLost || report.OutboxLost && len(bookings) == 50 {
				t.Errorf("%s: %d bookings, %+v", name, len(bookings), report)
			}
			journal := must(s.OpenRelocations(t.Context()))(t)
			if len(journal) != report.Relocations || (len(journal) == 12) == report.JournalLost {
				t.Errorf("%s: %d relocations, %+v", name, len(journal), report)
			}
			for _, r := range journal {
				want := relocation()
				if want.ID, want.Revision = r.ID, 3; !reflect.DeepEqual(r, want) {
					t.Errorf("%s: the journal has\n%+v\nwant\n%+v", name, r, want)
				}
				if _, err := s.SaveRelocation(t.Context(), r); err != nil { // its driver goes on
					t.Errorf("%s: %v", name, err)
				}
			}
			if len(journal) == 12 {
				journals++
			}
			if !strings.Contains(report.Sentence(), "damaged") || report.JournalLost != strings.Contains(report.Sentence(), "journal") {
				t.Errorf("%s: %q", name, report.Sentence())
			}
			if _, err := os.Stat(report.SetAside); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			salvaged += min(1, report.Salvaged)
			if report.Salvaged == 50 {
				whole++
			}
		}
		fill(t, s, aalto, meetings(aalto, 0, 3))
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
		if err != nil {
			t.Errorf("%s: the new store: %v", name, err)
			continue
		}
		if again.Report().SetAside != "" {
			t.Errorf("%s: the new store is damaged too", name)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	if salvaged < len(variants)/2 || whole < len(variants)/3 || journals < len(variants)/2 {
		t.Errorf("bookings were saved in %d, all of them in %d, all relocations in %d of %d cases", salvaged, whole, journals, len(variants))
	}
}

func TestDamageMetWhileReadingIsCheckedAtTheNextStart(t *testing.T) { // F-106
	file := filled(t)
	b := must(os.ReadFile(file))(t)
	s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	// The file changes under the open store, beyond what it has in memory.
	for i := 4096 * 3; i < len(b); i++ {
		b[i] ^= 0x5a
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = s.EventsAll(t.Context(), week)
	if !providers.Is(err, providers.Local) {
		t.Fatalf("%v", err)
	}
	if _, err := os.Stat(file + ".check"); err != nil {
		t.Error(err)
	}
	s.Close() // may well complain
	if got := openAt(t, file).Report(); got.SetAside == "" {
		t.Errorf("the damage is not noticed at the next start: %+v", got)
	}
}

func TestSecondProcessHasNoLease(t *testing.T) { // F-104
	file := path(t)
	first := openAt(t, file)
	if held := must(first.Lease())(t); !held {
		t.Fatal("the first has no lease")
	}
	second, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	if held := must(second.Lease())(t); held || !strings.Contains(second.Holder(), fmt.Sprint(os.Getpid())) {
		t.Errorf("held %v by %q", held, second.Holder())
	}
	if err := second.SaveBooking(t.Context(), booking(1)); err != nil {
		t.Errorf("a booking needs no lease: %v", err)
	}
	if _, err := first.Booking(t.Context(), "b0001"); err != nil {
		t.Error(err)
	}
	if err := store.Erase(file); err == nil {
		t.Error("a store in use was erased")
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if held := must(second.Lease())(t); !held {
		t.Error("the lease is not free after its holder closed")
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

func TestReadOnly(t *testing.T) {
	file := path(t)
	if _, err := store.Open(t.Context(), store.Options{Path: file, ReadOnly: true}); err == nil {
		t.Error("a store that does not exist was opened for reading")
	}
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		t.Error("opening for reading made a directory")
	}
	fill(t, openAt(t, file), aalto, meetings(aalto, 0, 3))
	s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if events, err := s.Events(t.Context(), aalto, week); err != nil || len(events) != 3 {
		t.Errorf("%d events, %v", len(events), err)
	}
	if err := s.SaveBooking(t.Context(), booking(1)); !providers.Is(err, providers.Local) {
		t.Errorf("%v", err)
	}
}
