package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// upgradeEnv makes the test binary a process that opens the store that the
// variable names and kills itself at the point whose number is before the colon.
const upgradeEnv = "ROOMDESK_TEST_UPGRADE_STORE"

func upgradeUntilKilled(spec string) error {
	number, file, _ := strings.Cut(spec, ":")
	last, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	o := store.Options{Path: file, Tenant: tenant}
	passed := 0
	o.AtEachPoint(func(point string) {
		if passed++; passed == last {
			fmt.Println(point)
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill() // never returns
			}
			select {}
		}
	})
	s, err := store.Open(context.Background(), o)
	if err != nil {
		return err
	}
	fmt.Println("done")
	return s.Close()
}

// first makes a store of version 1 with a mailbox, an event and a booking.
func first(t *testing.T) string {
	t.Helper()
	file := path(t)
	content := `{"id":"b1","transaction_id":"t1","room":"aalto@contoso.com","start":"2026-11-20T12:00:00Z","end":"2026-11-20T13:00:00Z","state":"waiting"}`
	if err := store.OpenVersion(t.Context(), file, 1,
		"INSERT INTO meta (key, value) VALUES ('tenant', '"+tenant+"')",
		fmt.Sprintf("INSERT INTO mailbox (id, address, last_good, last_full, next, window_start, window_end, row_count) VALUES (1, '%s', %d, %d, %d, %d, %d, 0)",
			aalto, noon.UnixMicro(), noon.UnixMicro(), noon.Add(time.Hour).UnixMicro(), week.Start.UnixMicro(), week.End.UnixMicro()),
		"INSERT INTO mailbox (id, address, last_good, last_full, next, window_start, window_end) VALUES (2, 'new@contoso.com', -62135596800000000, -62135596800000000, -62135596800000000, -62135596800000000, -62135596800000000)",
		"INSERT INTO round (mailbox_id, delta) VALUES (1, 'cursor')",
		"INSERT INTO booking (id, created, settled, ical_uid, content) VALUES ('b1', 1, 0, 'u', '"+content+"')",
	); err != nil {
		t.Fatal(err)
	}
	return file
}

// upgraded checks that all that version 1 held is there, and the queue filled.
func upgraded(t *testing.T, what, file string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: file, Tenant: tenant, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer s.Close()
	if r := s.Report(); r.SetAside != "" {
		t.Errorf("%s: set aside: %s", what, r.Damage)
	}
	if b, err := s.Booking(t.Context(), "b1"); err != nil || b.TransactionID != "t1" {
		t.Errorf("%s: booking %+v, %v", what, b, err)
	}
	if p := must(s.Position(t.Context(), aalto))(t); p.Cursor != "cursor" || !p.LastGood.Equal(noon) {
		t.Errorf("%s: %+v", what, p)
	}
	claims, next, err := s.Queue().Claim(t.Context(), 9, time.Minute)
	if err != nil || len(claims) != 1 || claims[0].Mailbox != "new@contoso.com" || !next.Equal(noon.Add(time.Hour)) {
		t.Errorf("%s: %+v, then %v, %v", what, claims, next, err)
	}
}

func TestUpgradeFromEveryVersion(t *testing.T) { // F-108
	file := first(t)
	upgraded(t, "upgrade", file)
	db := must(sql.Open("sqlite", "file:"+file+".before-2?mode=ro"))(t)
	defer db.Close()
	var version, bookings int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil || version != 1 {
		t.Errorf("the copy has version %d, %v", version, err)
	}
	if err := db.QueryRow("SELECT count(*) FROM booking").Scan(&bookings); err != nil || bookings != 1 {
		t.Errorf("the copy has %d bookings, %v", bookings, err)
	}
	if info := must(os.Stat(file + ".before-2"))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("the copy's mode is %v", info.Mode())
	}
}

func TestUpgradeFromTheVersionBeforeHomes(t *testing.T) { // F-108, P17
	file := path(t)
	if err := store.OpenVersion(t.Context(), file, 4,
		"INSERT INTO meta (key, value) VALUES ('tenant', '"+tenant+"')",
		fmt.Sprintf("INSERT INTO mailbox (id, address, last_good, last_full, next, window_start, window_end, row_count) VALUES (1, '%s', %d, %d, %d, %d, %d, 0)",
			aalto, noon.UnixMicro(), noon.UnixMicro(), noon.Add(time.Hour).UnixMicro(), week.Start.UnixMicro(), week.End.UnixMicro()),
		"INSERT INTO round (mailbox_id, delta) VALUES (1, 'cursor')",
		"INSERT INTO booking (id, created, settled, ical_uid, content) VALUES ('b1', 1, 0, 'u', '{\"id\":\"b1\",\"state\":\"waiting\"}')",
		"INSERT INTO relocation (id, created, open, revision, content) VALUES ('r1', 1, 1, 3, '{\"id\":\"r1\",\"state\":\"draft\"}')",
	); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, file)
	if p := must(s.Position(t.Context(), aalto))(t); p.Cursor != "cursor" || !p.Complete() {
		t.Errorf("position %+v", p)
	}
	if b, err := s.Booking(t.Context(), "b1"); err != nil || b.ID != "b1" {
		t.Errorf("booking %+v, %v", b, err)
	}
	if r, err := s.Relocation(t.Context(), "r1"); err != nil || r.Revision != 3 {
		t.Errorf("relocation %+v, %v", r, err)
	}
	if homes, err := s.Homes(t.Context()); err != nil || len(homes) != 0 {
		t.Errorf("homes %v, %v", homes, err)
	}
	if err := s.SetHomes(t.Context(), []providers.Home{{Mailbox: aalto, Provider: "ews", Cause: providers.HomeListed, Since: noon}}); err != nil {
		t.Error(err)
	}
	if copies := must(filepath.Glob(file + ".before-5"))(t); len(copies) != 1 {
		t.Errorf("copies %v", copies)
	}
}

func TestUpgradeKilledAtEachPoint(t *testing.T) { // F-108, DURA
	for point := 1; ; point++ {
		file := first(t)
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%s", upgradeEnv, point, file))
		out, err := child.Output()
		what := strings.TrimSpace(string(out))
		if strings.HasPrefix(what, "error") {
			t.Fatalf("point %d: %s, %v", point, what, err)
		}
		upgraded(t, "killed "+what, file)
		if what == "done" {
			if point < 7 {
				t.Errorf("only %d points", point-1)
			}
			return
		}
		if err == nil {
			t.Errorf("%s: was not killed", what)
		}
		if copies := must(filepath.Glob(file + ".before-*"))(t); what != "before the backup" && (len(copies) == 0 || len(copies) > 2) {
			t.Errorf("%s: copies %v", what, copies)
		}
	}
}
