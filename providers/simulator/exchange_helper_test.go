package simulator

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// soap is a plain client of the Exchange face.
type soap struct {
	t      testing.TB
	http   *http.Client
	url    string
	auth   string // header Authorization
	as     string // impersonated address; "" is nobody
	zone   string // TimeZoneContext; "" is none
	tokens *client
}

// exchangeClient signs in to a tenant's Exchange face: with Basic as the service
// account, or with the application's token where that is what it takes.
func exchangeClient(t testing.TB, tenant *Tenant) *soap {
	t.Helper()
	c := anonymous(t, tenant)
	e := tenant.Endpoints()
	s := &soap{t: t, http: c.http, url: e.EWSURL, tokens: c}
	s.basic(e.ExchangeAccount, e.ExchangePassword)
	if settings, _ := tenant.ExchangeSettings(); !settings.OnPremises {
		s.auth = "Bearer " + exchangeToken(t, c)
	}
	return s
}

func (s *soap) basic(login, password string) {
	s.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(login+":"+password))
}

// exchangeToken is the application's token for Exchange Online.
func exchangeToken(t testing.TB, c *client) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.at.ClientID}, "client_secret": {c.at.ClientSecret}, "scope": {"https://outlook.office365.com/.default"}}
	resp, err := c.http.PostForm(c.at.AuthorityURL+"/"+c.at.TenantID+"/oauth2/v2.0/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		t.Fatalf("no token: %v", err)
	}
	return token.AccessToken
}

// impersonating is the same client acting as a mailbox.
func (s *soap) impersonating(address string) *soap {
	c := *s
	c.as = address
	return &c
}

// envelope puts an operation into an envelope.
func (s *soap) envelope(body string) string {
	header := `<t:RequestServerVersion Version="Exchange2013_SP1"/>`
	if s.as != "" {
		header += `<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + s.as + `</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>`
	}
	if s.zone != "" {
		header += `<t:TimeZoneContext><t:TimeZoneDefinition Id="` + s.zone + `"/></t:TimeZoneContext>`
	}
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header>` +
		header + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

// said is what came back.
type said struct {
	status int
	header http.Header
	raw    []byte
}

// post sends raw text.
func (s *soap) post(text string) said {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	if s.auth != "" {
		req.Header.Set("Authorization", s.auth)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return said{resp.StatusCode, resp.Header, raw}
}

// ask sends an operation and reads the answer; both are held to the schema, the
// request unless it is wrong on purpose.
func (s *soap) ask(body string) *element {
	s.t.Helper()
	text := s.envelope(body)
	validXML(s.t, []byte(text))
	got := s.post(text)
	if got.status != 200 && got.status != 500 {
		s.t.Fatalf("status %d: %s", got.status, got.raw)
	}
	return s.read(got.raw)
}

// wrong sends an operation that the schema does not allow.
func (s *soap) wrong(body string) *element {
	s.t.Helper()
	return s.read(s.post(s.envelope(body)).raw)
}

func (s *soap) read(raw []byte) *element {
	s.t.Helper()
	validXML(s.t, raw)
	root := parseElement(s.t, raw)
	b := root.find("Body")
	if b == nil || len(b.kids) == 0 {
		s.t.Fatalf("an answer without a body: %s", raw)
	}
	return b.kids[0]
}

// element is XML as a reader sees that minds local names only.
type element struct {
	name  string
	attr  map[string]string
	text  string
	kids  []*element
	space string
}

func parseElement(t testing.TB, raw []byte) *element {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(raw))
	root := &element{}
	open := []*element{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, space: token.Name.Space, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top := open[len(open)-1]
			top.kids = append(top.kids, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			open[len(open)-1].text += string(token)
		}
	}
	return root.kids[0]
}

// find looks for names from child to child; the first is looked for at any depth.
func (e *element) find(names ...string) *element {
	for _, name := range names {
		if e = e.deep(name); e == nil {
			return nil
		}
	}
	return e
}

func (e *element) deep(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	for _, k := range e.kids {
		if found := k.deep(name); found != nil {
			return found
		}
	}
	return nil
}

// all gives the elements of a name at any depth.
func (e *element) all(name string) (out []*element) {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			out = append(out, k)
		}
		out = append(out, k.all(name)...)
	}
	return out
}

// value is the text of an element found by names, "" where there is none.
func (e *element) value(names ...string) string {
	if e = e.find(names...); e == nil {
		return ""
	}
	return strings.TrimSpace(e.text)
}

// code is the first response code.
func (e *element) code() string { return e.value("ResponseCode") }

// want fails unless the first response code is this one.
func (e *element) want(t testing.TB, code string) *element {
	t.Helper()
	if got := e.code(); got != code {
		t.Fatalf("response code %q (%s), want %q", got, e.value("MessageText")+e.value("Message"), code)
	}
	return e
}

// messages are what a test has said and heard; xmllint reads them all at once when
// the test ends, as it takes longer to read the schema than a message.
var messages struct {
	sync.Mutex
	dirs map[testing.TB]string
	n    int
}

// validXML holds a message to Microsoft's schema.
func validXML(t testing.TB, raw []byte) {
	t.Helper()
	tool, schema := schemaTool(t)
	if tool == "" {
		return
	}
	messages.Lock()
	defer messages.Unlock()
	dir, begun := messages.dirs[t]
	if !begun {
		dir = t.TempDir()
		if messages.dirs == nil {
			messages.dirs = map[testing.TB]string{}
		}
		messages.dirs[t] = dir
		t.Cleanup(func() {
			messages.Lock()
			delete(messages.dirs, t)
			messages.Unlock()
			checkMessages(t, tool, schema, dir)
		})
	}
	messages.n++
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.xml", messages.n)), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkMessages runs xmllint over a folder.
func checkMessages(t testing.TB, tool, schema, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages in %s: %v", dir, err)
	}
	command := exec.CommandContext(context.Background(), tool, append([]string{"--noout", "--nonet", "--schema", schema}, files...)...)
	out, err := command.CombinedOutput()
	if err == nil {
		return
	}
	shown := 0
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, " validates") && shown < 20 {
			shown++
			t.Error(strings.TrimSpace(line))
		}
	}
	t.Errorf("xmllint: %v", err)
}

// ewsContract is where the schema is: beside the Graph contract.
func ewsContract() string {
	if place := os.Getenv("ROOMDESK_CONTRACT"); place != "" {
		if info, err := os.Stat(place); err == nil && !info.IsDir() {
			place = filepath.Dir(place)
		}
		return filepath.Join(place, "ews")
	}
	return filepath.Join("..", "..", "..", "shared", "contract", "ews")
}

var lookForTool = sync.OnceValues(func() (tool string, err error) {
	if tool, err = exec.LookPath("xmllint"); err != nil {
		return "", fmt.Errorf("xmllint (Debian's libxml2-utils) is not installed: %w", err)
	}
	if _, err = os.Stat(filepath.Join(ewsContract(), "envelope.xsd")); err != nil {
		return "", fmt.Errorf("the schema of EWS is not beside the checkout: %w", err)
	}
	return tool, nil
})

// schemaTool finds xmllint and the schema. Where they are missing messages go
// unchecked, or the test fails if nothing may be left out.
func schemaTool(t testing.TB) (tool, schema string) {
	t.Helper()
	tool, err := lookForTool()
	if err != nil {
		if os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Logf("messages are not held to the schema: %v", err)
		return "", ""
	}
	return tool, filepath.Join(ewsContract(), "envelope.xsd")
}

// calendarOf is a mailbox's calendar folder.
func calendarOf(address string) string {
	if address == "" {
		return `<t:DistinguishedFolderId Id="calendar"/>`
	}
	return `<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>` + address + `</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
}

// viewOf asks for a calendar view.
func viewOf(address string, from, to time.Time, shape string) string {
	return `<m:FindItem Traversal="Shallow"><m:ItemShape>` + shape + `</m:ItemShape><m:CalendarView StartDate="` + from.UTC().Format(time.RFC3339) + `" EndDate="` + to.UTC().Format(time.RFC3339) +
		`"/><m:ParentFolderIds>` + calendarOf(address) + `</m:ParentFolderIds></m:FindItem>`
}

const allProperties = `<t:BaseShape>AllProperties</t:BaseShape>`
