package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/audit"
	"roomdesk/providers/simulator"
)

// L3: through the real command: refused is passed and exit code 0, an inbox that
// answers is exit code 3, and both stand in the audit trail with their outcome. A
// viewer asks nothing, and nothing is asked where the trail cannot be written.
func TestL3DoctorAsksForTheInboxOnRequest(t *testing.T) {
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 3, People: 2, EventsPerMailbox: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer tenant.Close()
	dir := t.TempDir()
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	trail := ""
	doctor := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := Main(t.Context(), Deps{Args: append([]string{"doctor", "--config", filepath.Join(dir, "config.toml"), "--data", filepath.Join(dir, "data")}, args...),
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Zone: time.UTC, Now: time.Now, Environ: []string{"NO_COLOR=1"}, LookupEnv: func(string) (string, bool) { return "", false }})
		return code, out.String(), errs.String()
	}
	asked := func() (n int) {
		for _, e := range tenant.Ledger() {
			if strings.Contains(strings.ToLower(e.Path), "mailfolders") {
				n++
			}
		}
		return n
	}
	inbox := func(out string) (state string) {
		var d struct {
			Rungs []struct{ Name, State string }
		}
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, r := range d.Rungs {
			if r.Name == "inbox" {
				state = r.State
			}
		}
		return state
	}
	records := func() (all []audit.Record) {
		found, err := filepath.Glob(filepath.Join(dir, "data", "*", "audit.jsonl"))
		if err != nil || len(found) > 1 {
			t.Fatal(found, err)
		}
		if len(found) == 0 {
			return nil
		}
		trail = found[0]
		report, err := audit.Read(trail, audit.Head{}, func(r audit.Record) error { all = append(all, r); return nil })
		if err != nil || len(report.Breaks) > 0 || len(report.Open) > 0 {
			t.Fatalf("%+v %v", report, err)
		}
		return all
	}

	if code, out, errs := doctor("--json"); code != exitDone || inbox(out) != "not run" || asked() != 0 || len(records()) != 0 {
		t.Errorf("unasked: exit %d, asked %d\n%s%s", code, asked(), out, errs)
	}
	if code, out, errs := doctor("--inbox", "--json"); code != exitDone || inbox(out) != "passed" || asked() != 1 {
		t.Errorf("refused: exit %d, asked %d\n%s%s", code, asked(), out, errs)
	}
	if got := records(); len(got) != 2 || got[0].Action != "ask for the inbox" || got[0].Mailbox == "" || got[1].Intent != 1 || got[1].Result != audit.Refused || got[1].RequestID == "" {
		t.Errorf("the trail has %+v", got)
	}
	tenant.Directory().SetConsentDelay(0)
	if err := tenant.Directory().Grant(tenant.Endpoints().ClientID, "Mail.Read"); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := doctor("--inbox", "--plain"); code != exitPartly || asked() != 2 || !strings.Contains(out, "inbox\tfailed") || !strings.Contains(out, "remove Mail.Read") {
		t.Errorf("open: exit %d, asked %d\n%s%s", code, asked(), out, errs)
	}
	if got := records(); len(got) != 4 || got[3].Result != audit.Done {
		t.Errorf("the trail has %+v", got)
	}

	config, err := os.ReadFile(filepath.Join(dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	viewer := slices.Concat(bytes.TrimSpace(config), []byte("\nrole = \"viewer\"\n"))
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), viewer, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := doctor("--inbox"); code != exitSignIn || asked() != 2 || !strings.Contains(errs, "administrator") {
		t.Errorf("a viewer: exit %d, asked %d: %s", code, asked(), errs)
	}
	if got := records(); len(got) != 5 || got[4].Action != "doctor --inbox" || got[4].Result != audit.Refused {
		t.Errorf("the trail has %+v", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(trail); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(trail, 0o700); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := doctor("--inbox", "--json"); code == exitDone || asked() != 2 || !strings.Contains(out, "the audit trail cannot be written, so nothing was sent") {
		t.Errorf("without the trail: exit %d, asked %d\n%s%s", code, asked(), out, errs)
	}
}
