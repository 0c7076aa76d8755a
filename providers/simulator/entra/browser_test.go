package entra_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// browser is what a person uses: it keeps cookies, follows redirects within the
// directory, fills in forms and presses buttons. It runs no scripts.
type browser struct {
	t      testing.TB
	client *http.Client
	at     *url.URL
	page   shown
	// left is the address of the application to which the browser was sent, with
	// what a form posted there.
	left   *url.URL
	posted url.Values
}

// shown is a page as a person sees it.
type shown struct {
	status         int
	title, heading string
	text           string // all of it
	alert          string
	action         string
	fields         url.Values
	labels         map[string]string // of inputs, by name
	buttons        []pressable
	raw            string
}

type pressable struct{ name, value, text string }

func newBrowser(t testing.TB, s *site) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := s.server.Client().Transport
	return &browser{t: t, client: &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) open(address string) *browser {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) *browser {
	b.t.Helper()
	b.left, b.posted = nil, nil
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at = response.Request.URL
	if response.StatusCode == http.StatusFound {
		if b.left, err = response.Location(); err != nil {
			b.t.Fatal(err)
		}
		return b
	}
	b.page = read(b.t, response.StatusCode, string(body))
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || response.Header.Get("X-Frame-Options") != "DENY" {
		b.t.Errorf("a page without protection: %v", response.Header)
	}
	if strings.Contains(strings.ToLower(string(body)), "<script") {
		b.t.Error("a page with a script")
	}
	return b
}

func read(t testing.TB, status int, raw string) shown {
	t.Helper()
	p := shown{status: status, fields: url.Values{}, labels: map[string]string{}, raw: raw}
	decoder := xml.NewDecoder(strings.NewReader(raw))
	decoder.Entity = xml.HTMLEntity
	var open []xml.StartElement
	attribute := func(e xml.StartElement, name string) string {
		for _, a := range e.Attr {
			if a.Name.Local == name {
				return a.Value
			}
		}
		return ""
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v\n%s", err, raw)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Copy())
			switch e.Name.Local {
			case "form":
				p.action = attribute(e, "action")
			case "input":
				if kind := attribute(e, "type"); kind != "checkbox" {
					p.fields.Set(attribute(e, "name"), attribute(e, "value"))
				}
			case "button":
				p.buttons = append(p.buttons, pressable{attribute(e, "name"), attribute(e, "value"), ""})
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			text := string(e)
			if len(open) == 0 {
				continue
			}
			last := open[len(open)-1]
			switch last.Name.Local {
			case "title":
				p.title += text
			case "h1":
				p.heading += text
			case "label":
				p.labels[attribute(last, "for")] = text
			case "button":
				p.buttons[len(p.buttons)-1].text += text
			case "style":
				continue
			}
			if attribute(last, "role") == "alert" {
				p.alert += text
			}
			p.text += text + " "
		}
	}
}

// press fills in fields (name, value, ...) and presses the button whose text
// begins with label.
func (b *browser) press(label string, fields ...string) *browser {
	b.t.Helper()
	i := slices.IndexFunc(b.page.buttons, func(p pressable) bool { return strings.HasPrefix(p.text, label) })
	if i < 0 {
		b.t.Fatalf("no button %q on this page: %+v %s", label, b.page.buttons, b.page.text)
	}
	values := url.Values{}
	for name, v := range b.page.fields {
		values[name] = slices.Clone(v)
	}
	for f := 0; f+1 < len(fields); f += 2 {
		values.Set(fields[f], fields[f+1])
	}
	if button := b.page.buttons[i]; button.name != "" {
		values.Set(button.name, button.value)
	}
	to, err := b.at.Parse(b.page.action)
	if err != nil {
		b.t.Fatal(err)
	}
	if to.Host != b.at.Host { // the application's own address
		b.left, b.posted = to, values
		return b
	}
	r, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

// signIn fills in the page that asks for name and password.
func (b *browser) signIn(name, password string) *browser {
	b.t.Helper()
	return b.press("Sign in", "loginfmt", name, "passwd", password)
}

// sees fails unless the page says all of the texts.
func (b *browser) sees(texts ...string) *browser {
	b.t.Helper()
	if b.left != nil {
		b.t.Fatalf("the browser left for %s, want a page with %q", b.left, texts)
	}
	for _, text := range texts {
		if !strings.Contains(b.page.text, text) {
			b.t.Fatalf("the page %q does not say %q: %s", b.page.title, text, b.page.text)
		}
	}
	return b
}

// result is what the application was sent.
func (b *browser) result() url.Values {
	b.t.Helper()
	if b.left == nil {
		b.t.Fatalf("the browser was sent nowhere but stays at %q: %s", b.page.title, b.page.text)
	}
	if b.posted != nil {
		return b.posted
	}
	return b.left.Query()
}
