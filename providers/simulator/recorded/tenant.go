package recorded

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers/simulator"
)

// Options describe the tenant.
type Options struct {
	Rooms, People, EventsPerMailbox int
	// Latency is added to every request.
	Latency time.Duration
}

// Tenant is a running tenant, seen from the process that measures.
type Tenant struct {
	simulator.Endpoints
	// Mailboxes are the rooms'.
	Mailboxes []string
	Roots     *x509.CertPool
}

// announced is what the tenant's process says when it is ready.
type announced struct {
	Endpoints simulator.Endpoints
	CA        []byte
	Mailboxes []string
}

// childEnv turns a test's binary into the tenant's process.
const childEnv = "ROOMDESK_RECORDED_TENANT"

// Main is to be called at the start of TestMain of a package that uses [Start]. In
// the tenant's process it does not return.
func Main() {
	text := os.Getenv(childEnv)
	if text == "" {
		return
	}
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, "the recorded tenant:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve runs until standard input ends, which is when the other process does.
func serve(text string) error {
	var o Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	tenant, err := simulator.Start(context.Background(), simulator.Options{
		Rooms: o.Rooms, People: o.People, EventsPerMailbox: o.EventsPerMailbox, Seed: 1, Latency: o.Latency,
		Wrap: func(h http.Handler) http.Handler {
			return &recording{tenant: h, latency: o.Latency, pages: map[key]*page{}}
		},
	})
	if err != nil {
		return err
	}
	said := announced{Endpoints: tenant.Endpoints()}
	said.CA = said.Endpoints.CAPEM
	for _, room := range tenant.Rooms() {
		said.Mailboxes = append(said.Mailboxes, room.Mailbox)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return tenant.Close()
}

// Start starts a tenant; it ends with the test.
func Start(t testing.TB, o Options) *Tenant {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.Background(), self)
	command.Env = append(os.Environ(), childEnv+"="+string(text))
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := input.Close(); err != nil {
			t.Error(err)
		}
		if err := command.Wait(); err != nil {
			t.Error("the recorded tenant: ", err)
		}
	})
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatal("the recorded tenant does not start: ", err)
	}
	var said announced
	if err := json.Unmarshal(line, &said); err != nil {
		t.Fatal(err)
	}
	tenant := &Tenant{Endpoints: said.Endpoints, Mailboxes: said.Mailboxes, Roots: x509.NewCertPool()}
	tenant.CAPEM = said.CA
	if !tenant.Roots.AppendCertsFromPEM(said.CA) {
		t.Fatal("no certificate authority")
	}
	return tenant
}

// Client speaks HTTP/2 and trusts the tenant's certificate.
func (tn *Tenant) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: tn.Roots}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64,
	}}
}

// Token signs in as the application.
func (tn *Tenant) Token(t testing.TB, client *http.Client) string {
	t.Helper()
	graph, err := url.Parse(tn.GraphURL)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {tn.ClientID}, "client_secret": {tn.ClientSecret},
		"scope": {graph.Scheme + "://" + graph.Host + "/.default"}}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, tn.AuthorityURL+"/"+tn.TenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("no token: status %d, %v", resp.StatusCode, err)
	}
	return answer.AccessToken
}

// View is the first address of a calendar's delta in the window from and to.
func (tn *Tenant) View(mailbox string, from, to time.Time) string {
	query := url.Values{"startDateTime": {from.UTC().Format(time.RFC3339)}, "endDateTime": {to.UTC().Format(time.RFC3339)}}
	return tn.GraphURL + "/v1.0/users/" + url.PathEscape(mailbox) + "/calendarView/delta?" + query.Encode()
}

// Record reads the window of every room once with each of the Prefer headers, so
// that all is in memory before anything is measured.
func (tn *Tenant) Record(t testing.TB, from, to time.Time, prefer ...string) {
	t.Helper()
	client := tn.Client()
	defer client.CloseIdleConnections()
	token := tn.Token(t, client)
	work := make(chan [2]string)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for w := range work {
				for link := w[0]; link != ""; {
					var err error
					if link, err = next(client, link, token, w[1]); err != nil {
						t.Error(err)
						break
					}
				}
			}
		})
	}
	for _, p := range prefer {
		for _, mailbox := range tn.Mailboxes {
			work <- [2]string{tn.View(mailbox, from, to), p}
		}
	}
	close(work)
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// next reads a page and gives the address of the one behind it.
func next(client *http.Client, link, token, prefer string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, link, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if prefer != "" {
		req.Header.Set("Prefer", prefer)
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("recording %s: status %d: %.300s", link, resp.StatusCode, text)
	}
	_, after, found := strings.Cut(string(text), `"@odata.nextLink":"`)
	if !found {
		return "", nil
	}
	link, _, _ = strings.Cut(after, `"`)
	return strings.ReplaceAll(link, `\u0026`, "&"), nil
}
