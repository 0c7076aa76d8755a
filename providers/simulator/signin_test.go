package simulator

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// visitor is a browser of few abilities: cookies, hidden fields and one button.
type visitor struct {
	t      testing.TB
	http   *http.Client
	at     *url.URL
	hidden url.Values
	text   string
	left   *url.URL
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"/>`)

func (c *client) visitor() *visitor {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return &visitor{t: c.t, http: &http.Client{Transport: c.http.Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (v *visitor) show(resp *http.Response, err error) *visitor {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if control := resp.Header.Get("Cache-Control"); !strings.Contains(control, "no-store") {
		v.t.Errorf("%s may be stored: %q", resp.Request.URL.Path, control)
	}
	v.at, v.text, v.left, v.hidden = resp.Request.URL, html.UnescapeString(string(raw)), nil, url.Values{}
	if resp.StatusCode == http.StatusFound {
		if v.left, err = resp.Location(); err != nil {
			v.t.Fatal(err)
		}
	}
	for _, field := range hiddenField.FindAllStringSubmatch(string(raw), -1) {
		v.hidden.Set(field[1], html.UnescapeString(field[2]))
	}
	return v
}

func (v *visitor) open(address string) *visitor {
	v.t.Helper()
	return v.show(v.http.Get(address))
}

func (v *visitor) press(action string, fields ...string) *visitor {
	v.t.Helper()
	values := v.hidden
	values.Set("action", action)
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	to := *v.at
	to.Path, to.RawQuery = "/common/login", ""
	return v.show(v.http.PostForm(to.String(), values))
}

// C12 to C15, C18, C20 over HTTPS: an administrator's consent changes what the
// next token carries.
func TestAdministratorConsentsOverHTTPS(t *testing.T) {
	tenant, c := start(t, Options{Seed: 20, Rooms: 3, People: 4})
	if err := tenant.Directory().Revoke(c.at.ClientID, "Place.Read.All"); err != nil {
		t.Fatal(err)
	}
	c.token = connect(t, tenant).token
	c.send(403, request{method: "GET", path: "/places/graph.room"})
	address := c.at.AuthorityURL + "/" + c.at.Domain + "/adminconsent?client_id=" + c.at.ClientID + "&state=abc&redirect_uri=" + url.QueryEscape("http://localhost:4711")
	if v := c.visitor().open(address).press("signin", "loginfmt", c.at.User, "passwd", c.at.UserPassword); !strings.Contains(v.text, "Global Administrator") || v.left != nil {
		t.Errorf("somebody without a role: %s", v.text)
	}
	if v := c.visitor().open(address).press("signin", "loginfmt", c.at.OtherTenantUser, "passwd", c.at.UserPassword); !strings.Contains(v.text, "AADSTS50020") {
		t.Errorf("somebody of another tenant: %s", v.text)
	}
	v := c.visitor().open(address).press("signin", "loginfmt", c.at.Admin, "passwd", c.at.UserPassword)
	if !strings.Contains(v.text, "1 of 2") {
		t.Fatalf("no first page: %s", v.text)
	}
	if v.press("accept"); !strings.Contains(v.text, "2 of 2") || !strings.Contains(v.text, "Place.Read.All") {
		t.Fatalf("no second page: %s", v.text)
	}
	v.press("accept")
	if v.left == nil || v.left.Host != "localhost:4711" || v.left.Query().Get("admin_consent") != "True" || v.left.Query().Get("state") != "abc" || v.left.Query().Get("tenant") != c.at.TenantID {
		t.Fatalf("sent to %v", v.left)
	}
	c.send(403, request{method: "GET", path: "/places/graph.room"}) // the old token
	c.token = connect(t, tenant).token
	c.get("/places/graph.room")
}
