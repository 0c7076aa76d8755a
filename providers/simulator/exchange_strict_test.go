package simulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/exchange"
)

// Every valid sample of the contract passes the face's own check of requests, and so
// does no broken copy of it: its verdict is xmllint's.
func TestExchangeAgreesWithTheSchema(t *testing.T) {
	tool, schema := schemaTool(t)
	if tool == "" {
		t.Skip("the schema is not here")
	}
	samples, err := filepath.Glob(filepath.Join(ewsContract(), "samples", "*.request.xml"))
	if err != nil || len(samples) < 15 {
		t.Fatalf("%d samples: %v", len(samples), err)
	}
	tenant := startWith(t, Options{Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	dir := t.TempDir()
	var cases []string
	for _, file := range samples {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, string(raw))
		cases = append(cases, brokenCopies(string(raw))...)
	}
	var names []string
	for n, text := range cases {
		name := filepath.Join(dir, fmt.Sprintf("%04d.xml", n))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	out, _ := exec.CommandContext(t.Context(), tool, append([]string{"--noout", "--nonet", "--schema", schema}, names...)...).CombinedOutput()
	refused := 0
	for n, text := range cases {
		valid := bytes.Contains(out, []byte(names[n]+" validates"))
		raw := ews.post(text).raw
		ours := !bytes.Contains(raw, []byte("ErrorSchemaValidation"))
		if bytes.Contains(raw, []byte("ErrorInvalidServerVersion")) {
			ours = false // a code of its own for a wrong version
		}
		if valid != ours {
			t.Errorf("xmllint says %t, the face %t: %s\n%s", valid, ours, raw, text)
		}
		if !valid {
			refused++
		}
	}
	if refused < len(cases)/4 {
		t.Errorf("only %d of %d cases are wrong", refused, len(cases))
	}
	t.Logf("%d requests, %d of them wrong", len(cases), refused)
}

// brokenCopies changes an envelope in ways of which most are mistakes.
func brokenCopies(text string) (out []string) {
	lines := strings.Split(text, "\n")
	for n := range lines {
		line := strings.TrimSpace(lines[n])
		leaf := strings.HasPrefix(line, "<t:") && (strings.HasSuffix(line, "/>") || strings.Contains(line, "</"))
		if !leaf || strings.Contains(line, "RequestServerVersion") {
			continue
		}
		join := func(list []string) { out = append(out, strings.Join(list, "\n")) }
		if n+1 < len(lines) {
			next := strings.TrimSpace(lines[n+1])
			if strings.HasPrefix(next, "<t:") && (strings.HasSuffix(next, "/>") || strings.Contains(next, "</")) {
				swapped := append([]string{}, lines...)
				swapped[n], swapped[n+1] = swapped[n+1], swapped[n]
				join(swapped) // the order
			}
		}
		join(append(append([]string{}, lines[:n]...), lines[n+1:]...)) // left out
		unknown := append([]string{}, lines...)
		unknown[n] = strings.ReplaceAll(strings.ReplaceAll(line, "<t:", "<t:Un"), "</t:", "</t:Un")
		join(unknown) // no such element
	}
	return out
}

// Hostile documents are refused at once and in bounded memory.
func TestExchangeRefusesHostileXML(t *testing.T) {
	tenant := startWith(t, Options{Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	envelope := ews.envelope(`<m:GetRoomLists/>`)
	body := envelope[strings.Index(envelope, "?>")+2:]
	laughs := `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, text := range map[string]string{
		"entities":         laughs + strings.Replace(body, "<m:GetRoomLists/>", "<m:GetRoomLists>&c;</m:GetRoomLists>", 1),
		"external entity":  `<!DOCTYPE x SYSTEM "file:///etc/passwd">` + body,
		"unknown entity":   strings.Replace(body, "<m:GetRoomLists/>", "<m:GetRoomLists>&c;</m:GetRoomLists>", 1),
		"deep nesting":     strings.Replace(body, "<m:GetRoomLists/>", strings.Repeat("<m:x>", 100_000)+strings.Repeat("</m:x>", 100_000), 1),
		"an instruction":   `<?xml-stylesheet href="http://elsewhere.example/"?>` + body,
		"two roots":        body + body,
		"two operations":   strings.Replace(body, "<m:GetRoomLists/>", "<m:GetRoomLists/><m:GetRoomLists/>", 1),
		"nothing":          "",
		"half":             body[:len(body)/2],
		"a duplicate name": strings.Replace(body, "<m:GetRoomLists/>", `<m:GetRoomLists a="1" a="2"/>`, 1),
	} {
		got := ews.post(text)
		if got.status != 500 || !bytes.Contains(got.raw, []byte(":Error")) || bytes.Contains(got.raw, []byte("root:")) {
			t.Errorf("%s: %d %.300s", name, got.status, got.raw)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 400<<20 {
		t.Errorf("%d MB were used for it", grown>>20)
	}
	// A body without end is cut off.
	req, err := http.NewRequest(http.MethodPost, ews.url, io.LimitReader(endless{}, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("Authorization", ews.auth)
	if resp, err := ews.http.Do(req); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("an endless body: status %d", resp.StatusCode)
		}
	}
}

// endless reads blanks.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestExchangeSignIn(t *testing.T) {
	tenant := startWith(t, Options{Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	e := tenant.Endpoints()
	status := func(s *soap) (int, []string) {
		got := s.post(s.envelope(`<m:GetRoomLists/>`))
		return got.status, got.header.Values("WWW-Authenticate")
	}
	for _, row := range []struct {
		login, password string
		want            int
	}{
		{e.ExchangeAccount, e.ExchangePassword, 200}, {e.ExchangeLogin, e.ExchangePassword, 200}, {strings.ToLower(e.ExchangeLogin), e.ExchangePassword, 200},
		{`OTHER\svc-roomdesk`, e.ExchangePassword, 401}, {e.ExchangeAccount, "wrong", 401}, {e.ExchangeAccount, "", 401},
		{e.User, e.UserPassword, 200}, {e.User, e.ExchangePassword, 401}, {tenant.Rooms()[0].Mailbox, "", 401},
	} {
		ews.basic(row.login, row.password)
		if got, _ := status(ews); got != row.want {
			t.Errorf("%s: %d, want %d", row.login, got, row.want)
		}
	}
	ews.auth = ""
	if got, ways := status(ews); got != 401 || len(ways) != 1 || !strings.HasPrefix(ways[0], "Basic ") {
		t.Errorf("over HTTP/2: %d %q", got, ways) // NTLM is of connections
	}
	plain := *ews
	plain.http = &http.Client{Transport: &http.Transport{TLSClientConfig: ews.http.Transport.(*http.Transport).TLSClientConfig.Clone(), TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}}
	plain.http.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
	t.Cleanup(plain.http.CloseIdleConnections)
	if got, ways := status(&plain); got != 401 || strings.Join(ways, " ") != `Negotiate NTLM Basic realm="`+strings.TrimPrefix(e.GraphURL, "https://")+`"` {
		t.Errorf("over HTTP/1.1: %d %q", got, ways)
	}
	// A person acts as herself, and may not impersonate.
	ews.basic(e.User, e.UserPassword)
	ews.ask(viewOf("", time.Now(), time.Now().AddDate(0, 0, 1), allProperties)).want(t, "NoError")
	ews.impersonating(tenant.Rooms()[0].Mailbox).ask(`<m:GetRoomLists/>`).want(t, "ErrorImpersonationDenied")
	settings, _ := tenant.ExchangeSettings()
	settings.Basic = false
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	if got, _ := status(ews); got != 401 {
		t.Errorf("Basic is off, and gets %d", got)
	}
	for _, entry := range tenant.Ledger() {
		if raw, err := json.Marshal(entry); err != nil || bytes.Contains(raw, []byte(e.ExchangePassword)) || bytes.Contains(raw, []byte(e.UserPassword)) {
			t.Fatalf("a password in the ledger: %v", err)
		}
	}
}

// The end of EWS in Exchange Online, by the tenant's clock.
func TestExchangeOnlineEnds(t *testing.T) {
	tenant := startWith(t, Options{Exchange: ExchangeOnline, TokenLife: 365 * 24 * time.Hour, Now: func() time.Time { return time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC) }})
	ews := exchangeClient(t, tenant).impersonating(tenant.Rooms()[0].Mailbox)
	on, off := true, false
	own := []string{tenant.Endpoints().ClientID}
	for _, row := range []struct {
		day     string
		enabled *bool
		apps    []string
		want    int
	}{
		{"2026-09-01", nil, nil, 200}, {"2026-09-01", &off, nil, 403}, {"2026-09-01", &on, []string{"another"}, 403},
		{"2026-10-01", nil, nil, 403}, {"2026-10-01", &on, nil, 403}, {"2026-10-01", &on, own, 200}, {"2027-03-31", &on, own, 200}, {"2027-04-01", &on, own, 403},
	} {
		settings, _ := tenant.ExchangeSettings()
		settings.EWSEnabled, settings.AllowedApps = row.enabled, row.apps
		if err := tenant.SetExchange(settings); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.DateOnly, row.day)
		if err != nil {
			t.Fatal(err)
		}
		tenant.Clock().Set(at.Add(12 * time.Hour))
		if got := ews.post(ews.envelope(`<m:GetRoomLists/>`)); got.status != row.want {
			t.Errorf("%s, %v: %d %s, want %d", row.day, row.apps, got.status, got.raw, row.want)
		}
	}
	// A token for Graph is no token for Exchange, and the other way round.
	tenant.Clock().Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	graph := connect(t, tenant)
	stranger := *ews
	stranger.auth = "Bearer " + graph.token
	if got := stranger.post(ews.envelope(`<m:GetRoomLists/>`)); got.status != 401 {
		t.Errorf("a token for Graph: %d", got.status)
	}
	graph.token = strings.TrimPrefix(ews.auth, "Bearer ")
	graph.send(401, request{method: "GET", path: "/organization"})
	ews.impersonating("").ask(`<m:GetRoomLists/>`).want(t, "ErrorImpersonationFailed")
}

// Hybrid: each mailbox is on one side only, and free/busy crosses where it may.
func TestExchangeHybrid(t *testing.T) {
	tenant, graph := start(t, Options{Exchange: ExchangeHybrid, OnPremisesRooms: 5, HybridFreeBusy: true})
	ews := exchangeClient(t, tenant)
	rooms := tenant.Rooms()
	here, there := rooms[len(rooms)-1].Mailbox, rooms[0].Mailbox
	from, to := tenant.around()
	ews.impersonating(here).ask(viewOf("", from, to, allProperties)).want(t, "NoError")
	ews.impersonating(there).ask(viewOf("", from, to, allProperties)).want(t, "ErrorNonExistentMailbox")
	graph.send(200, request{method: "GET", path: viewPath(there, from, to)})
	graph.send(404, request{method: "GET", path: viewPath(here, from, to)})
	busy := ews.ask(freeBusyOf(from, from.AddDate(0, 0, 7), "DetailedMerged", here, there)).all("FreeBusyResponse")
	if got := busy[0].value("FreeBusyViewType") + " " + busy[1].value("FreeBusyViewType"); got != "DetailedMerged FreeBusyMerged" {
		t.Errorf("free/busy of both sides: %s", got)
	}
	discover := func(address string) string {
		resp, err := ews.http.Get(strings.TrimSuffix(ews.url, "/EWS/Exchange.asmx") + "/autodiscover/autodiscover.json?Email=" + address + "&Protocol=EWS&RedirectCount=1")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer struct{ URL string }
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return answer.URL
	}
	if discover(here) != ews.url || discover(there) != "https://outlook.office365.com/EWS/Exchange.asmx" {
		t.Errorf("Autodiscover says %s and %s", discover(here), discover(there))
	}
	if err := tenant.SetHosting(here, HostedMoving); err != nil {
		t.Fatal(err)
	}
	ews.impersonating(here).ask(viewOf("", from, to, allProperties)).want(t, "ErrorMailboxMoveInProgress")
}

// Faults and limits in the service's own words.
func TestExchangeFaultsAndLimits(t *testing.T) {
	tenant := startWith(t, Options{Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	remove := tenant.Inject(Fault{Path: "/EWS/Exchange.asmx/GetRoomLists", Fail: &Failure{Status: 500, Code: "ErrorServerBusy", RetryAfter: "7"}, Times: 1})
	busy := ews.ask(`<m:GetRoomLists/>`).want(t, "ErrorServerBusy")
	if wait := busy.find("Value"); wait.attr["Name"] != "BackOffMilliseconds" || wait.text != "7000" {
		t.Errorf("the back-off is %v %s", wait.attr, wait.text)
	}
	ews.ask(`<m:GetRoomLists/>`).want(t, "NoError")
	remove()
	entries := tenant.Ledger()
	last, first := entries[len(entries)-1], entries[len(entries)-2]
	if first.Code != "ErrorServerBusy" || first.Operation != "GetRoomLists" || !last.Early || last.Caller != "service account" {
		t.Errorf("the ledger has %+v and %+v", first, last)
	}
	room := tenant.Rooms()[0].Mailbox
	act := ews.impersonating(room)
	_, state := follow(t, act, "", 512)
	remove = tenant.Inject(Fault{Mailbox: room, Delta: "expire"})
	act.ask(syncXML(state, 10)).want(t, "ErrorInvalidSyncStateData")
	remove()
	remove = tenant.Inject(Fault{Mailbox: room, MailboxState: "moved"})
	act.ask(syncXML(state, 10)).want(t, "ErrorMailboxMoveInProgress")
	remove()

	settings, _ := tenant.ExchangeSettings()
	settings.Enforce, settings.Limits = true, exchange.Limits{Requests: 3, Window: exchange.Duration(time.Hour)}
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
	tenant.Clock().Advance(2 * time.Hour)
	codes := ""
	for range 4 {
		codes += ews.ask(`<m:GetRoomLists/>`).code() + " "
	}
	if codes != "NoError NoError NoError ErrorServerBusy " {
		t.Errorf("with three requests an hour: %s", codes)
	}
	tenant.Clock().Advance(2 * time.Hour)
	ews.ask(`<m:GetRoomLists/>`).want(t, "NoError")
}

// The switches at the control address.
func TestExchangeControl(t *testing.T) {
	tenant := startWith(t, Options{Exchange: ExchangeOnPremises})
	client := &http.Client{Timeout: 30 * time.Second}
	call := func(method, body string) (int, string) {
		req, err := http.NewRequestWithContext(context.Background(), method, tenant.Endpoints().ControlURL+"/exchange", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(raw)
	}
	if status, text := call("PATCH", `{"basic": false, "permissions": {"a@contoso.example": "Reviewer"}}`); status != 200 || !strings.Contains(text, `"ntlm":true`) || !strings.Contains(text, `"basic":false`) {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := call("PATCH", `{"permissions": {"a@contoso.example": "King"}}`); status != 400 {
		t.Errorf("an unknown permission: %d", status)
	}
	if status, _ := call("PATCH", `{"king": true}`); status != 400 {
		t.Errorf("an unknown setting: %d", status)
	}
	if settings, _ := tenant.ExchangeSettings(); settings.Basic || settings.Permissions["a@contoso.example"] != "Reviewer" {
		t.Errorf("%+v", settings)
	}
}
