package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
)

// mistakeRow is a mistake as `roomdesk doctor` tells it.
type mistakeRow struct {
	number int
	code   int    // the process's exit code
	where  string // a part of it; "" is nowhere
	change string // a pattern of the value to change
	args   func(tenant *simulator.Tenant) []string
	make   func(t *testing.T, tenant *simulator.Tenant, c *keystore.Connection)
	behind time.Duration // of this machine's clock
	waits  bool          // time has to pass: on the tenant's clock, which this machine's follows
}

func mistakeRows() []mistakeRow {
	mailbox := func(n int, more ...string) func(*simulator.Tenant) []string {
		return func(tenant *simulator.Tenant) []string {
			return append([]string{"--mailbox", tenant.Rooms()[n].Mailbox}, more...)
		}
	}
	return []mistakeRow{
		{number: 1, code: 5, where: "Certificates & secrets", change: "copy the column Value"},
		{number: 2, code: 5, where: "Certificates & secrets", change: "make a new one"},
		{number: 3, code: 5, where: "Overview", change: `copy the Application \(client\) ID`},
		{number: 4, code: 5, where: "Overview", change: `copy the Directory \(tenant\) ID, which should be [0-9a-f-]{36}`},
		{number: 5, code: 5, where: "API permissions", change: `under Application permissions \(not Delegated\).*Grant admin consent`},
		{number: 6, code: 5, where: "API permissions", change: "Calendars.ReadWrite.*Grant admin consent"},
		{number: 7, code: 3, change: "again", make: func(t *testing.T, tenant *simulator.Tenant, _ *keystore.Connection) {
			tenant.Directory().SetConsentDelay(0)
			if err := tenant.Directory().Grant(tenant.Endpoints().ClientID, "Application.Read.All"); err != nil {
				t.Fatal(err)
			}
		}},
		{number: 8, code: 5, where: "API permissions", change: "Place.Read.All.*Grant admin consent"},
		{number: 9, code: 3, where: "Exchange Online PowerShell", change: "add it to the policy's group", waits: true},
		{number: 10, code: 3, change: "wait half an hour", waits: true, make: untilRefused},
		{number: 11, code: 3, where: "Exchange admin center", change: "move the room's mailbox"},
		{number: 12, code: 3, where: "Licenses and apps", change: "assign a licence with Exchange Online"},
		{number: 13, code: 3, where: "Exchange Online PowerShell", change: `-HiddenFromAddressListsEnabled \$false`, args: mailbox(2)},
		{number: 14, code: 3, where: "Exchange Online PowerShell", change: "-AutomateProcessing AutoAccept", args: mailbox(3, "--write"), waits: true},
		{number: 15, code: 3, where: "Exchange Online PowerShell", change: `-AllBookInPolicy \$true`, args: mailbox(4, "--write")},
		{number: 16, code: 3, where: "Licenses and apps", change: "assign a licence with Teams"},
		{number: 17, code: 1, where: "on this machine", change: "set the clock", behind: 2 * time.Hour},
		{number: 18, code: 1, where: "on this machine", change: "chmod 600", make: func(_ *testing.T, _ *simulator.Tenant, c *keystore.Connection) {
			c.Keystore = "age" // its file is one that others can read
		}},
		{number: 19, code: 6, change: "try again in", waits: true},
		{number: 20, code: 3, where: "Exchange Online PowerShell", args: func(tenant *simulator.Tenant) []string {
			return []string{"--exchange", tenant.Endpoints().EWSURL}
		}},
	}
}

// advance moves a tenant's clock by its control address.
func advance(t *testing.T, tenant *simulator.Tenant, by time.Duration) {
	t.Helper()
	body := strings.NewReader(fmt.Sprintf(`{"advance": %q}`, by))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tenant.Endpoints().ControlURL+"/clock", body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{}
	defer client.CloseIdleConnections()
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var shown struct{ Now time.Time }
	if err := json.NewDecoder(resp.Body).Decode(&shown); err != nil || resp.StatusCode != http.StatusOK || shown.Now.IsZero() {
		t.Fatalf("the clock: HTTP %d %v", resp.StatusCode, err)
	}
}

// untilRefused lets time pass until the policy that spreads refuses the first room:
// before that nobody could see it.
func untilRefused(t *testing.T, tenant *simulator.Tenant, _ *keystore.Connection) {
	t.Helper()
	e := tenant.Endpoints()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(e.CAPEM)
	provider, err := graph.New(graph.Config{TenantID: e.TenantID, ClientID: e.ClientID, Cloud: "custom", AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL, RootCAs: pool,
		ClientSecret: func(context.Context) (string, error) { return e.ClientSecret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	for range 90 {
		if providers.Is(provider.Probe().CanRead(t.Context(), providers.Address(tenant.Rooms()[0].Mailbox)), providers.NotAllowed) {
			return
		}
		advance(t, tenant, 20*time.Second)
	}
	t.Fatal("the policy that spreads never refuses the room")
}

// Each mistake through the command itself: exit code, number, place and value (S1).
// Where time has to pass, it does so on the tenant's clock.
func TestS1DoctorCommandOnEachMistake(t *testing.T) {
	for _, row := range mistakeRows() {
		t.Run(fmt.Sprint(row.number), func(t *testing.T) {
			made := []int{row.number}
			if row.number == 18 {
				made = nil
			}
			tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 12, People: 8, Seed: 7, EventsPerMailbox: 1, RoomAnswerDelay: time.Millisecond, Mistakes: made})
			if err != nil {
				t.Fatal(err)
			}
			defer tenant.Close()
			dir, e := t.TempDir(), tenant.Endpoints()
			ca := filepath.Join(dir, "ca.pem")
			if err := os.WriteFile(ca, e.CAPEM, 0o600); err != nil {
				t.Fatal(err)
			}
			c := keystore.Connection{Name: "contoso", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, Cloud: "custom", AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL,
				CAFile: ca, Organizer: e.Organizer, TestMailbox: e.TestMailbox, Domains: []string{e.Domain}, Keystore: "env"}
			if row.make != nil {
				row.make(t, tenant, &c)
			}
			if err := os.WriteFile(filepath.Join(dir, "credentials-contoso.age"), []byte("age-encryption.org/v1\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "config.toml")
			config, err := keystore.LoadConfig(path)
			if err == nil {
				err = config.Add(c)
			}
			if err == nil {
				err = config.Save()
			}
			if err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			args := []string{"doctor", "--json", "--config", path, "--data", filepath.Join(dir, "data")}
			if row.args != nil {
				args = append(args, row.args(tenant)...)
			}
			now, wait := func() time.Time { return time.Now().Add(-row.behind) }, func(context.Context, time.Duration) error {
				t.Error("the doctor waits, and nothing has to pass")
				return nil
			}
			waited := 0
			if row.waits {
				now = tenant.Clock().Now
				wait = func(ctx context.Context, d time.Duration) error {
					waited++
					advance(t, tenant, 4*d)
					return ctx.Err()
				}
			}
			code := Main(t.Context(), Deps{Wait: wait, Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Zone: time.UTC,
				Now: now, Environ: []string{"NO_COLOR=1"},
				LookupEnv: func(name string) (string, bool) { return e.ClientSecret, name == keystore.EnvName("contoso") }})
			var d struct {
				FirstLine string `json:"first_line"`
				ExitCode  int    `json:"exit_code"`
				Cause     *struct {
					Mistake                 int
					Sentence, Where, Change string
				}
			}
			if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Cause == nil {
				t.Fatalf("%v; exit %d\n%s\n%s", err, code, out.String(), errs.String())
			}
			if row.waits && row.number != 19 && waited == 0 {
				t.Error("the doctor did not wait")
			}
			if code != row.code || d.ExitCode != code || d.Cause.Mistake != row.number {
				t.Errorf("exit code %d (in JSON %d), mistake %d; want %d, %d: %s", code, d.ExitCode, d.Cause.Mistake, row.code, row.number, d.FirstLine)
			}
			if !strings.Contains(d.Cause.Where, row.where) || row.where == "" && d.Cause.Where != "" {
				t.Errorf("where is %q, want %q", d.Cause.Where, row.where)
			}
			if !regexp.MustCompile(row.change).MatchString(d.Cause.Change) {
				t.Errorf("change is %q, want %q", d.Cause.Change, row.change)
			}
			if d.FirstLine != d.Cause.Sentence || bytes.Contains(out.Bytes(), []byte(e.ClientSecret)) {
				t.Errorf("the first line is %q", d.FirstLine)
			}
		})
	}
}
