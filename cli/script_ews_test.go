package cli_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/cli"
	"roomdesk/providers/simulator"
)

type ewsKey struct{}

// ewsSide is the script's second tenant, which answers Exchange Web Services.
type ewsSide struct {
	tenant *simulator.Tenant
	mark   int64
}

func ewsTenant(ts *testscript.TestScript) *simulator.Tenant {
	tenant := ts.Value(ewsKey{}).(*ewsSide).tenant
	if tenant == nil {
		ts.Fatalf("begin with online or named")
	}
	return tenant
}

// startOnline puts a tenant whose Exchange Online still allows its application to use
// Exchange Web Services in the place of the script's: online.
func startOnline(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: online")
	}
	startEWS(ts, "online", simulator.Options{Exchange: simulator.ExchangeOnline})
}

// startNamed puts an organisation with Exchange on premises there whose server is found
// by its domain's names, through a proxy that knows only these: named.
func startNamed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: named")
	}
	startEWS(ts, "named", simulator.Options{Exchange: simulator.ExchangeOnPremises})
	tenant := ewsTenant(ts)
	settings, _ := tenant.ExchangeSettings()
	settings.Autodiscover.Server = "https://mail." + tenant.Endpoints().Domain + "/EWS/Exchange.asmx"
	ts.Check(tenant.SetExchange(settings))
	leadNames(ts, tenant.Endpoints())
}

func startEWS(ts *testscript.TestScript, name string, o simulator.Options) {
	o.Rooms, o.People, o.Seed, o.RoomAnswerDelay = 12, 8, 7, 100*time.Millisecond
	tenant, err := cli.StartTenant(context.Background(), o)
	ts.Check(err)
	ts.Defer(func() { ts.Check(tenant.Close()) })
	dir := ts.MkAbs(name)
	ts.Check(tenant.WriteDir(dir))
	e := tenant.Endpoints()
	for key, value := range map[string]string{
		"EWS_URL": e.EWSURL, "EWS_LOGIN": e.ExchangeLogin, "EWS_PASSWORD": e.ExchangePassword, "CA": filepath.Join(dir, "ca.pem"), "DOMAIN": e.Domain,
		"ORGANIZER": e.Organizer, "TEST_MAILBOX": e.TestMailbox, "ROOM": tenant.Rooms()[0].Mailbox, "TENANT_ID": e.TenantID, "CLIENT_ID": e.ClientID, "AUTHORITY_URL": e.AuthorityURL, "GRAPH_URL": e.GraphURL,
		"ROOMDESK_SECRET_CLOUD": e.ClientSecret, "ROOMDESK_CONFIG": ts.MkAbs(name + "/own/config.toml"),
	} {
		ts.Setenv(key, value)
	}
	ts.Check(os.WriteFile(ts.MkAbs("password"), []byte(e.ExchangePassword+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("secret"), []byte(e.ClientSecret+"\n"), 0o600))
	ts.Value(ewsKey{}).(*ewsSide).tenant = tenant
}

// setEWS changes settings of that organisation's Exchange: ewsset JSON.
func setEWS(ts *testscript.TestScript, _ bool, args []string) {
	tenant := ewsTenant(ts)
	settings, _ := tenant.ExchangeSettings()
	ts.Check(json.Unmarshal([]byte(strings.Join(args, " ")), &settings))
	ts.Check(tenant.SetExchange(settings))
}

// countEWS checks how many requests of Exchange Web Services and Autodiscover came since
// it was last asked: ewscount LEAST MOST.
func countEWS(ts *testscript.TestScript, _ bool, args []string) {
	least, err := strconv.Atoi(args[0])
	ts.Check(err)
	most, err := strconv.Atoi(args[1])
	ts.Check(err)
	side := ts.Value(ewsKey{}).(*ewsSide)
	n := 0
	for _, entry := range ewsTenant(ts).Ledger() {
		if entry.N <= side.mark {
			continue
		}
		side.mark = entry.N
		if path := strings.ToLower(entry.Path); strings.HasPrefix(path, "/ews/") || strings.HasPrefix(path, "/autodiscover/") {
			n++
			ts.Logf("%d %s %s as %s", entry.Status, entry.Path, entry.Operation, entry.Caller)
		}
	}
	if n < least || n > most {
		ts.Fatalf("%d requests came, want %d to %d", n, least, most)
	}
}

// waitEWS waits until that tenant was asked something about a mailbox since requests were
// last counted: ewswait OPERATION [MAILBOX].
func waitEWS(ts *testscript.TestScript, _ bool, args []string) {
	side := ts.Value(ewsKey{}).(*ewsSide)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(3 * patience); ; {
		for _, e := range ewsTenant(ts).Ledger() {
			if e.N > side.mark && e.Operation == args[0] && (len(args) == 1 || strings.EqualFold(e.Mailbox, args[1])) {
				side.mark = e.N
				return
			}
		}
		select {
		case <-late:
			ts.Fatalf("no %v came", args)
		case <-tick.C:
		}
	}
}

// putEWS makes a meeting in a mailbox as its owner's own program does: ewsput MAILBOX SUBJECT.
func putEWS(ts *testscript.TestScript, _ bool, args []string) {
	e := ewsTenant(ts).Endpoints()
	begin := time.Now().AddDate(0, 0, 30).UTC().Truncate(time.Hour)
	text := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header>` +
		`<t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + args[0] + `</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></s:Header><s:Body>` +
		`<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Subject>` + args[1] + `</t:Subject><t:Start>` + begin.Format(time.RFC3339) + `</t:Start><t:End>` + begin.Add(time.Hour).Format(time.RFC3339) + `</t:End></t:CalendarItem></m:Items></m:CreateItem></s:Body></s:Envelope>`
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(e.CAPEM)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequest(http.MethodPost, e.EWSURL, strings.NewReader(text))
	ts.Check(err)
	req.SetBasicAuth(e.ExchangeLogin, e.ExchangePassword)
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if !strings.Contains(string(answer), `ResponseClass="Success"`) {
		ts.Fatalf("%d %s", resp.StatusCode, answer)
	}
}

// dayOfEWS sets that tenant's clock to the noon of a day: ewsday 2027-04-02.
func dayOfEWS(ts *testscript.TestScript, _ bool, args []string) {
	day, err := time.Parse(time.DateOnly, args[0])
	ts.Check(err)
	ewsTenant(ts).Clock().Set(day.Add(12 * time.Hour))
}

// leadNames starts a proxy that leads the names of the tenant's domain to the tenant and
// refuses all others.
func leadNames(ts *testscript.TestScript, e simulator.Endpoints) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	to := strings.TrimSuffix(strings.TrimPrefix(e.EWSURL, "https://"), "/EWS/Exchange.asmx")
	var running sync.WaitGroup
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		if r.Method != http.MethodConnect || host != e.Domain && !strings.HasSuffix(host, "."+e.Domain) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		near, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			_ = near.Close()
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
		running.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
		running.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
	})}
	go func() { _ = server.Serve(listener) }()
	ts.Defer(func() { _ = server.Close() })
	ts.Setenv("HTTPS_PROXY", "http://"+listener.Addr().String())
}
