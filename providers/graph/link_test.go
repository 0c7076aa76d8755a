package graph

import (
	"net/http"
	"strings"
	"testing"

	"roomdesk/providers"
)

func testRoots(t *testing.T, graph string) roots {
	t.Helper()
	config := Config{TenantID: testTenant, ClientID: testClient, Cloud: "custom", AuthorityURL: "https://login.test", GraphURL: graph}
	r, err := config.roots()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// F-080, S-09: the token and everything else leave for the configured authority
// only.
func TestForeignLinksAreRefused(t *testing.T) {
	r := testRoots(t, "https://graph.microsoft.com")
	path := "/v1.0/users/adele@contoso.test/calendarView/delta?$skiptoken=x"
	for _, link := range []string{
		"https://graph.microsoft.com" + path,
		"https://graph.microsoft.com:443" + path,
		"https://graph.microsoft.com/v1.0/users('Adele@contoso.test')/calendarView/delta?$deltatoken=x",
		"https://graph.microsoft.com/v1.0/users(%27adele%40contoso.test%27)/calendarView/delta?$deltatoken=x",
		"https://graph.microsoft.com/v1.0/users/adele%40contoso.test/calendarView/delta?$deltatoken=x",
		"https://graph.microsoft.com/v1.0/users/" + testTenant + "/calendarView/delta?$deltatoken=x",
	} {
		if err := r.checkLink(link, adele); err != nil {
			t.Errorf("%s: %v", link, err)
		}
	}
	for _, link := range []string{
		"", "/v1.0/users/adele@contoso.test", "//graph.microsoft.com" + path,
		"http://graph.microsoft.com" + path,
		"https://evil.test" + path,
		"https://graph.microsoft.com@evil.test" + path,
		"https://user@graph.microsoft.com" + path,
		"https://graph.microsoft.com:8443" + path,
		"https://graph.microsoft.com:" + path,
		"https://graph.microsoft.com." + path,
		"https://GRAPH.microsoft.com" + path,
		"HTTPS://graph.microsoft.com.evil.test" + path,
		"https://graph.microsoft.com.evil.test" + path,
		"https://graph.microsoft.us" + path,
		"https://grаph.microsoft.com" + path, // a Cyrillic a
		"https://xn--grph-1nd.microsoft.com" + path,
		"https://graph.microsoft.com\\@evil.test" + path,
		"https://graph.microsoft.com" + path + "#fragment",
		"https://graph.microsoft.com" + path + "\r\nX: y",
		"https://graph.microsoft.com /v1.0/users/adele@contoso.test/x",
		"https://graph.microsoft.com/beta/users/adele@contoso.test/calendarView",
		"https://graph.microsoft.com/v1.0/../beta/users/adele@contoso.test/x",
		"https://graph.microsoft.com/v1.0/users/adele@contoso.test/%2e%2e/bob@contoso.test/x",
		"https://graph.microsoft.com/v1.0/users/bob@contoso.test/calendarView/delta?$skiptoken=x",
		"https://graph.microsoft.com/v1.0/users('bob@contoso.test')/calendarView/delta",
		"https://graph.microsoft.com/v1.0/usersadele@contoso.test/x",
		"https://graph.microsoft.com/v1.0/me/calendarView/delta",
		"https://graph.microsoft.com" + path + strings.Repeat("x", maxLink),
		"javascript:alert(1)", "https:graph.microsoft.com",
	} {
		wantClass(t, r.checkLink(link, adele), providers.Foreign)
	}
}

// F-080 in the flow: a page with a foreign link is not delivered, and neither
// host sees another request.
func TestForeignLinkSendsNothing(t *testing.T) {
	evil := newTenant(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the foreign host was asked") })
	for _, key := range []string{"@odata.nextLink", "@odata.deltaLink"} {
		n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
			sendJSON(w, 200, map[string]any{"value": []any{rawEvent("1", "x", 9)}, key: evil.URL + r.URL.Path + "?$skiptoken=1"})
		})
		err := n.provider().Changes(t.Context(), providers.ChangesRequest{Mailbox: adele, Window: week},
			func(providers.ChangePage) error { t.Error("a page with a foreign link was delivered"); return nil })
		wantClass(t, err, providers.Foreign)
		if n.seen() != 1 {
			t.Errorf("%d requests, want 1", n.seen())
		}
	}
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) { t.Error("asked") })
	err := n.provider().Changes(t.Context(), providers.ChangesRequest{Mailbox: adele, Cursor: evil.URL + "/v1.0/users/adele@contoso.test/x"},
		func(providers.ChangePage) error { return nil })
	wantClass(t, err, providers.Foreign)

	for name, list := range map[string]func(*Provider) error{
		"people": func(p *Provider) error {
			p.places.wasListed(true)
			_, err := p.People(t.Context(), func([]providers.Person) error { return nil })
			return err
		},
		"rooms": func(p *Provider) error {
			_, err := p.Rooms(t.Context(), func([]providers.Room) error { return nil })
			return err
		},
		"calendars": func(p *Provider) error { _, err := p.Calendars(t.Context(), adele); return err },
	} {
		n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
			value := []any{map[string]any{"id": "1", "mail": "a@contoso.test", "emailAddress": "a@contoso.test", "name": "x"}}
			if strings.HasSuffix(r.URL.Path, "roomList") {
				sendJSON(w, 200, map[string]any{"value": []any{}})
				return
			}
			sendJSON(w, 200, map[string]any{"value": value, "@odata.nextLink": evil.URL + r.URL.Path + "?$skiptoken=1"})
		})
		if err := list(n.provider()); providers.ClassOf(err) != providers.Foreign {
			t.Errorf("%s: %v, want class foreign", name, err)
		}
	}
}

func TestRedirectIsRefused(t *testing.T) {
	evil := newTenant(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the redirect was followed") })
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, evil.URL+"/v1.0/organization", http.StatusTemporaryRedirect)
	})
	_, err := n.provider().Identify(t.Context())
	wantClass(t, err, providers.Foreign)
}

func TestConfigRoots(t *testing.T) {
	for _, c := range []struct {
		config       Config
		graph, scope string
		authority    string
	}{
		{Config{TenantID: "contoso.com"}, "https://graph.microsoft.com/v1.0", "https://graph.microsoft.com/.default", "https://login.microsoftonline.com/contoso.com"},
		{Config{TenantID: "contoso.com", Cloud: "usgov-dod"}, "https://dod-graph.microsoft.us/v1.0", "https://dod-graph.microsoft.us/.default", "https://login.microsoftonline.us/contoso.com"},
		{Config{TenantID: testTenant, Cloud: "custom", AuthorityURL: "https://127.0.0.1:1/", GraphURL: "https://127.0.0.1:2/v1.0/"}, "https://127.0.0.1:2/v1.0", "https://127.0.0.1:2/.default", "https://127.0.0.1:1/" + testTenant},
		{Config{TenantID: testTenant, Cloud: "custom", AuthorityURL: "https://h/" + testTenant, GraphURL: "https://H:2"}, "https://h:2/v1.0", "https://h:2/.default", "https://h/" + testTenant},
	} {
		r, err := c.config.roots()
		if err != nil {
			t.Errorf("%+v: %v", c.config, err)
			continue
		}
		if r.graph.String() != c.graph || r.scope != c.scope || r.authority.String() != c.authority {
			t.Errorf("roots %s, %s, %s", r.graph, r.scope, r.authority)
		}
	}
	for _, bad := range []Config{
		{Cloud: "mars"}, {Cloud: "custom"}, {Cloud: "custom", GraphURL: "https://g"}, {GraphURL: "https://g"},
		{Cloud: "custom", AuthorityURL: "http://a", GraphURL: "https://g"}, {Cloud: "custom", AuthorityURL: "https://a", GraphURL: "http://g"},
		{Cloud: "custom", AuthorityURL: "https://u@a", GraphURL: "https://g"}, {Cloud: "custom", AuthorityURL: "https://a", GraphURL: "https://g?x=1"},
		{Cloud: "custom", AuthorityURL: "https://a", GraphURL: "g"}, {Cloud: "custom", AuthorityURL: "https://a", GraphURL: "https://g/x/../y"},
	} {
		if _, err := bad.roots(); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
