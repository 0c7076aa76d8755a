package cli

import (
	"crypto/tls"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// complainer is a test, or a script of one.
type complainer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// another is a device with a browser, on which somebody enters a code.
type another struct {
	t      complainer
	client *http.Client
	codes  []string // authorization codes that its pages held
	at     *url.URL
	page   string
}

func newDevice(t complainer, dir string) *another {
	t.Helper()
	roots, err := readCA(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &another{t: t, client: &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}}
}

func (d *another) take(resp *http.Response, err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	d.at, d.page = resp.Request.URL, string(text)
}

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	hiddenText = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	buttonText = regexp.MustCompile(`<button type="submit"(?: name="action" value="([^"]*)")?>([^<]*)<`)
)

// press fills in fields and presses a button by its text.
func (d *another) press(label string, fields ...string) {
	d.t.Helper()
	action := formAction.FindStringSubmatch(d.page)
	if action == nil {
		d.t.Fatalf("no form for %q: %s", label, d.page)
	}
	form := url.Values{}
	for _, hidden := range hiddenText.FindAllStringSubmatch(d.page, -1) {
		form.Set(html.UnescapeString(hidden[1]), html.UnescapeString(hidden[2]))
		if hidden[1] == "code" {
			d.codes = append(d.codes, html.UnescapeString(hidden[2]))
		}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	pressed := false
	for _, button := range buttonText.FindAllStringSubmatch(d.page, -1) {
		if strings.HasPrefix(button[2], label) {
			pressed = true
			if button[1] != "" {
				form.Set("action", button[1])
			}
		}
	}
	if !pressed {
		d.t.Fatalf("no button %q: %s", label, d.page)
	}
	to, err := d.at.Parse(html.UnescapeString(action[1]))
	if err != nil {
		d.t.Fatal(err)
	}
	d.take(d.client.PostForm(to.String(), form))
}

// signIn goes through the pages as user, from a link or with a code, to the end.
func (d *another) signIn(address, code, user, password string) {
	d.t.Helper()
	d.take(d.client.Get(address))
	if code != "" {
		d.press("Next", "otc", code)
	}
	d.press("Sign in", "loginfmt", user, "passwd", password)
	if code != "" {
		d.press("Continue")
	}
	for strings.Contains(d.page, ">Accept<") {
		d.press("Accept")
	}
	if code == "" {
		d.press("Continue")
	}
}

// SignInAt is signIn for scripts; dir holds the tenant's ca.pem. It gives the last page
// and the authorization codes that went by.
func SignInAt(t complainer, dir, address, code, user, password string) (page string, codes []string) {
	t.Helper()
	d := newDevice(t, dir)
	d.signIn(address, code, user, password)
	return d.page, d.codes
}
