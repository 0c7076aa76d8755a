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
	total, office := 0, 0.0
	for _, room := range rooms {
		view, _ := c.all(viewPath(room["emailAddress"].(string), from, to))
		total += len(view)
		for _, e := range view {
			start, _ := time.Parse("2006-01-02T15:04:05.0000000", dig(e, "start", "dateTime").(string))
			end, _ := time.Parse("2006-01-02T15:04:05.0000000", dig(e, "end", "dateTime").(string))
			office += end.Sub(start).Hours()
		}
	}
	t.Logf("%.1f entries and %.1f hours per room", float64(total)/40, office/40)
	if total < 25*40 || total > 60*40 {
		t.Errorf("%d entries in 40 rooms are not a believable month", total)
	}
	popular := 0
	for _, m := range tenant.world.rooms {
		if share := tenant.officeShare(m); share >= 0.4 && share <= 0.65 {
			popular++
		} else if share > 0.8 {
			t.Errorf("%s is taken %.0f %% of its office hours", m.contact.address, 100*share)
		}
	}
	t.Logf("%d of 40 rooms are taken 40 to 65 %% of the office hours of the week", popular)
	if popular < 10 {
		t.Errorf("only %d rooms are popular", popular)
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
	for _, key := range []string{"authority_url", "graph_url", "ews_url", "control_url", "tenant_id", "domain", "client_id", "client_secret", "secret_id", "expired_secret", "organizer", "test_mailbox", "ca_file"} {
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
