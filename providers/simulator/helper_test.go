package simulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// client is a plain HTTP client that signed in to a tenant: what any program
// could be.
type client struct {
	t     testing.TB
	at    Endpoints
	http  *http.Client
	token string
}

// object is decoded JSON.
type object = map[string]any

// testKey is one signing key for all tests: making one takes a while.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func start(t testing.TB, o Options) (*Tenant, *client) {
	t.Helper()
	tenant := startWith(t, o)
	return tenant, connect(t, tenant)
}

// startWith starts a tenant to which nobody signed in yet.
func startWith(t testing.TB, o Options) *Tenant {
	t.Helper()
	o.SigningKey = testKey()
	tenant, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	return tenant
}

// anonymous trusts the tenant's CA and has not signed in.
func anonymous(t testing.TB, tenant *Tenant) *client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(tenant.Endpoints().CAPEM) {
		t.Fatal("the CA is no PEM")
	}
	c := &client{t: t, at: tenant.Endpoints(), http: &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 32},
		Timeout:   30 * time.Second,
	}}
	t.Cleanup(c.http.CloseIdleConnections)
	return c
}

func connect(t testing.TB, tenant *Tenant) *client {
	t.Helper()
	c := anonymous(t, tenant)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.at.ClientID}, "client_secret": {c.at.ClientSecret}, "scope": {c.at.GraphURL + "/.default"}}
	resp, err := c.http.PostForm(c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		t.Fatalf("no token: %v %s", err, token.Description)
	}
	c.token = token.AccessToken
	return c
}

// request is one request to be sent by [client.send].
type request struct {
	method, path string
	body         any
	header       []string // name, value, ...
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   object
	raw    []byte
}

func (c *client) try(r request) (reply, error) {
	address := r.path
	if strings.HasPrefix(address, "/") {
		address = c.at.GraphURL + "/v1.0" + address
	}
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return reply{}, err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(r.method, address, body)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(r.header); i += 2 {
		req.Header.Add(r.header[i], r.header[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	out := reply{status: resp.StatusCode, header: resp.Header}
	if out.raw, err = io.ReadAll(resp.Body); err != nil {
		return out, err
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") && len(out.raw) > 0 {
		if err := json.Unmarshal(out.raw, &out.body); err != nil {
			return out, fmt.Errorf("%s %s: %w: %s", r.method, r.path, err, out.raw)
		}
	}
	return out, nil
}

func (c *client) send(want int, r request) reply {
	c.t.Helper()
	got, err := c.try(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	if got.status != want {
		c.t.Fatalf("%s %s: status %d, want %d: %s", r.method, r.path, got.status, want, got.raw)
	}
	return got
}

func (c *client) get(path string, header ...string) object {
	c.t.Helper()
	return c.send(200, request{method: "GET", path: path, header: header}).body
}

func (c *client) post(want int, path string, body any, header ...string) object {
	c.t.Helper()
	return c.send(want, request{method: "POST", path: path, body: body, header: header}).body
}

// all follows next links and gives every entry of a list, and the delta link.
func (c *client) all(path string, header ...string) (list []object, deltaLink string) {
	c.t.Helper()
	for range 10_000 {
		page := c.get(path, header...)
		for _, v := range page["value"].([]any) {
			list = append(list, v.(object))
		}
		next, more := page["@odata.nextLink"].(string)
		if !more {
			deltaLink, _ = page["@odata.deltaLink"].(string)
			return list, deltaLink
		}
		path = next
	}
	c.t.Fatal("a list without an end")
	return nil, ""
}

// errorCode is Graph's code in an error answer.
func (r reply) errorCode() string {
	e, _ := r.body["error"].(object)
	code, _ := e["code"].(string)
	return code
}

// dig looks into decoded JSON.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch key := p.(type) {
		case string:
			m, _ := v.(object)
			v = m[key]
		case int:
			l, _ := v.([]any)
			if key >= len(l) {
				return nil
			}
			v = l[key]
		}
	}
	return v
}

func viewPath(mailbox string, from, to time.Time) string {
	return "/users/" + mailbox + "/calendarView?startDateTime=" + from.UTC().Format("2006-01-02T15:04:05Z") + "&endDateTime=" + to.UTC().Format("2006-01-02T15:04:05Z") + "&$top=1000"
}

// around is the window that the generated world fills.
func (t *Tenant) around() (from, to time.Time) {
	day := t.started.Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -daysBack), day.AddDate(0, 0, daysAhead)
}

func contextWithCancel() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}
