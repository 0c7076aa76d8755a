package simulator

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDemoTenantShowsRoomsAndMeetings(t *testing.T) {
	tenant, c := start(t, Options{Seed: 1})
	rooms, _ := c.all("/places/microsoft.graph.room")
	if len(rooms) != 40 {
		t.Fatalf("%d rooms, want 40", len(rooms))
	}
	lists, _ := c.all("/places/graph.roomlist")
	if len(lists) != 4 {
		t.Fatalf("%d room lists, want one for each of 4 buildings", len(lists))
	}
	from, to := tenant.around()
	if view := c.view(rooms[0]["emailAddress"].(string), from, to); len(view) < 10 {
		t.Errorf("%d entries in the first room", len(view))
	}
}

// The demo is believable on whatever day it is started.
func TestRoomsAreAsBusyAsInLife(t *testing.T) {
	for day := range 7 {
		now := time.Date(2026, 11, 18+day, 9, 0, 0, 0, time.UTC)
		tenant, _ := start(t, Options{Seed: int64(day), Now: func() time.Time { return now }})
		from, to := tenant.around()
		total, popular, lively := 0, 0, 0
		midnight := now.Truncate(24 * time.Hour).Unix()
		for _, m := range tenant.world.rooms {
			tenant.ensure(m)
			total += len(m.view(from.Unix(), to.Unix()))
			if len(m.view(midnight, midnight+24*3600)) > 0 {
				lively++
			}
			if share := tenant.officeShare(m); share >= 0.4 && share <= 0.65 {
				popular++
			} else if share > 0.85 {
				t.Errorf("%v: %s is taken %.0f %% of its office hours", now.Weekday(), m.contact.address, 100*share)
			}
		}
		if lively < 12 {
			t.Errorf("%v: only %d of 40 rooms have a meeting on the day that is looked at first", now.Weekday(), lively)
		}
		t.Logf("%v: %.1f entries per room, %d of 40 rooms are taken 40 to 65 %% of the office hours", now.Weekday(), float64(total)/40, popular)
		if total < 25*40 || total > 80*40 || popular < 8 {
			t.Errorf("%v: %d entries in 40 rooms, %d popular rooms", now.Weekday(), total, popular)
		}
	}
}

func TestWriteDirIsPrivate(t *testing.T) {
	tenant, _ := start(t, Options{Rooms: 3, People: 3})
	dir := filepath.Join(t.TempDir(), "tenant")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time replaces
		if err := tenant.WriteDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]os.FileMode{".": 0o700, "endpoints.json": 0o600, "ca.pem": 0o600, "config.toml": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode().Perm(), want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("%d files, want 3: %v", len(entries), err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]string
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"authority_url", "graph_url", "ews_url", "control_url", "tenant_id", "domain", "client_id", "client_secret", "secret_id", "expired_secret", "organizer", "test_mailbox", "ca_file", "public_client_id", "user_password", "user", "admin", "other_tenant_user"} {
		if keys[key] == "" {
			t.Errorf("endpoints.json lacks %s", key)
		}
	}
	if !filepath.IsAbs(keys["ca_file"]) {
		t.Errorf("ca_file %q is not absolute", keys["ca_file"])
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"every interface":    {Listen: ":0"},
		"another address":    {Listen: "0.0.0.0:0"},
		"a name":             {Listen: "example.org:443"},
		"no port":            {Listen: "127.0.0.1"},
		"too many rooms":     {Rooms: 1 << 30},
		"negative rooms":     {Rooms: -1},
		"one person":         {People: 1},
		"a broken domain":    {Domain: "../etc"},
		"an empty fault":     {Faults: []Fault{{Method: "GET"}}},
		"an unknown garble":  {Faults: []Fault{{Garble: "purple"}}},
		"an unknown status":  {Faults: []Fault{{Fail: &Failure{Status: 42}}}},
		"a negative latency": {Latency: -1},
	} {
		t.Run(name, func(t *testing.T) {
			tenant, err := Start(t.Context(), o)
			if err == nil {
				tenant.Close()
				t.Fatal("was accepted")
			}
		})
	}
}

// S-11: neither another address nor a name that may resolve to one.
func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:8443": true, "localhost:0": true, "127.8.0.1:1": true,
		"0.0.0.0:0": false, "[::]:0": false, ":0": false, "192.168.1.1:443": false, "localhost.example:0": false, "10.0.0.1": false,
	} {
		if err := checkLoopback(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestContextEndsTheTenant(t *testing.T) {
	ctx, cancel := contextWithCancel()
	tenant, err := Start(ctx, Options{Rooms: 2, People: 2})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := tenant.Close(); err != nil {
		t.Error(err)
	}
}

// officeShare is the part of the office hours of the five working days around the
// start that is taken in a room.
func (t *Tenant) officeShare(m *mailbox) float64 {
	day, days, taken := t.started.Truncate(24*time.Hour).AddDate(0, 0, -3), 0, int64(0)
	for ; days < 5; day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		days++
		from := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, m.zone.loc).Unix()
		to := from + 9*3600
		for _, i := range m.busy(from, to) {
			taken += min(i.end, to) - max(i.start, from)
		}
	}
	return float64(taken) / (5 * 9 * 3600)
}
