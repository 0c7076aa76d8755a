package simulator

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

var eventual = []string{"ConsistencyLevel", "eventual"}

// S16: people and rooms are found as the directory finds them.
func TestUserQueries(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 70, Rooms: 30, People: 40})
	all, _ := c.all("/users?$top=9&$select=id,displayName,mail,userPrincipalName,accountEnabled,department,givenName,surname,assignedLicenses,usageLocation,proxyAddresses,assignedPlans")
	if len(all) != 70+len(tenant.Others()) {
		t.Fatalf("%d users", len(all))
	}
	text := func(o object, name string) string { s, _ := o[name].(string); return strings.ToLower(s) }
	some := all[40]
	q := url.QueryEscape
	for query, keep := range map[string]func(object) bool{
		"$filter=" + q("accountEnabled eq false"):                           func(o object) bool { return o["accountEnabled"] == false },
		"$filter=" + q("mail eq '"+strings.ToUpper(text(some, "mail"))+"'"): func(o object) bool { return text(o, "mail") == text(some, "mail") },
		"$filter=" + q("startswith(displayName,'a')"):                       func(o object) bool { return strings.HasPrefix(text(o, "displayName"), "a") },
		"$filter=" + q("department in ('Finance','Legal','IT')"): func(o object) bool {
			return strings.Contains("Finance Legal IT", text2(o, "department")) && o["department"] != nil
		},
		"$filter=" + q("userType eq 'Member' and (surname eq null)"): func(o object) bool { return o["surname"] == nil },
		"$filter=" + q("assignedLicenses/any(x:x/skuId eq 05e9a617-0261-4cee-bb44-138d3ef5d965)"): func(o object) bool {
			return dig(o, "assignedLicenses", 0, "skuId") == "05e9a617-0261-4cee-bb44-138d3ef5d965"
		},
		"$filter=" + q("assignedPlans/any(p:p/servicePlanId eq 57ff2da0-773e-42df-b2af-ffb7a2317929 and p/capabilityStatus eq 'Enabled')"): func(o object) bool {
			for _, p := range o["assignedPlans"].([]any) {
				if dig(p, "servicePlanId") == "57ff2da0-773e-42df-b2af-ffb7a2317929" && dig(p, "capabilityStatus") == "Enabled" {
					return true
				}
			}
			return false
		},
		"$filter=" + q("proxyAddresses/any(a:a eq 'smtp:"+text(some, "mail")+"')"): func(o object) bool { return o["id"] == some["id"] },
		"$filter=" + q("proxyAddresses/any(a:startswith(a,'SMTP:a'))"):             func(o object) bool { return strings.HasPrefix(text(o, "mail"), "a") },
		"$search=" + q(`"displayName:`+text(some, "surname")+`"`):                  func(o object) bool { return searchHit(text(o, "displayName"), text(some, "surname")) },
		"$search=" + q(`"mail:a" OR "mail:b"`): func(o object) bool {
			return strings.HasPrefix(text(o, "mail"), "a") || strings.HasPrefix(text(o, "mail"), "b")
		},
		"$search=" + q(`"mail:a" AND "displayName:a"`): func(o object) bool {
			return strings.HasPrefix(text(o, "mail"), "a") && searchHit(text(o, "displayName"), "a")
		},
		"$count=true&$filter=" + q("endswith(mail,'"+c.at.Domain+"') and accountEnabled ne true"): func(o object) bool { return o["accountEnabled"] == false },
		"$count=true&$filter=" + q("not startswith(displayName,'a')"):                             func(o object) bool { return !strings.HasPrefix(text(o, "displayName"), "a") },
		"$count=true&$filter=" + q("assignedLicenses/$count eq 0"):                                func(o object) bool { return len(o["assignedLicenses"].([]any)) == 0 },
	} {
		want := 0
		for _, o := range all {
			if keep(o) {
				want++
			}
		}
		list, _ := c.all("/users?$top=7&"+query, eventual...)
		if len(list) != want || want == 0 {
			t.Errorf("%s: %d users, want %d", query, len(list), want)
		}
	}
	page := c.get("/users?$count=true&$top=5&$orderby=displayName&$filter="+q("accountEnabled eq true"), eventual...)
	if page["@odata.count"] != 42.0 || // 40 people, one without a licence, a guest
		len(page["value"].([]any)) != 5 || page["@odata.nextLink"] == nil {
		t.Errorf("a counted page: %v of %v", len(page["value"].([]any)), page["@odata.count"])
	}
	if n, ok := c.get("/users?$count=true&$top=5")["@odata.count"]; ok {
		t.Errorf("counted without ConsistencyLevel: %v", n)
	}
	for query, code := range map[string]string{
		"$filter=" + q("endswith(mail,'x')"):                               "Request_UnsupportedQuery",
		"$filter=" + q("accountEnabled ne true"):                           "Request_UnsupportedQuery",
		"$filter=" + q("not startswith(mail,'x')"):                         "Request_UnsupportedQuery",
		"$filter=" + q("contains(displayName,'x')"):                        "Request_UnsupportedQuery",
		"$filter=" + q("businessPhones eq 'x'"):                            "Request_UnsupportedQuery",
		"$filter=" + q("mail eq"):                                          "BadRequest",
		"$filter=" + q("assignedLicenses/any(x:x/nonsense eq 1)"):          "Request_UnsupportedQuery",
		"$filter=" + q("accountEnabled eq true") + "&$orderby=displayName": "Request_UnsupportedQuery",
		"$search=" + q(`"displayName:a"`):                                  "Request_UnsupportedQuery",
		"$orderby=surname":                                                 "Request_UnsupportedQuery",
		"$top=0":                                                           "Request_UnsupportedQuery",
		"$top=1000":                                                        "Request_UnsupportedQuery",
		"$skiptoken=nonsense":                                              "Directory_ExpiredPageToken",
		"$expand=nonsense":                                                 "BadRequest",
	} {
		if r := c.send(400, request{method: "GET", path: "/users?" + query}); r.errorCode() != code {
			t.Errorf("%s: code %s, want %s", query, r.errorCode(), code)
		}
	}
	c.send(501, request{method: "GET", path: "/users?$expand=manager"})
	if r := c.send(400, request{method: "GET", path: "/users?$search=" + q("displayName:a"), header: eventual}); r.errorCode() != "Request_UnsupportedQuery" {
		t.Error("a search without quotes")
	}
	room, person := tenant.Rooms()[0].Mailbox, tenant.People()[5].Mailbox
	got := c.get("/users/" + person + "?$select=accountEnabled,assignedPlans,usageLocation,onPremisesSyncEnabled,birthday,aboutMe")
	if got["accountEnabled"] != true || got["onPremisesSyncEnabled"] != nil {
		t.Errorf("a person is %v", got)
	}
	for _, p := range got["assignedPlans"].([]any) { // people()[5] has no Teams
		if dig(p, "service") == "TeamspaceAPI" && dig(p, "capabilityStatus") != "Deleted" || dig(p, "service") == "exchange" && dig(p, "capabilityStatus") != "Enabled" {
			t.Errorf("plan %v of a person without Teams", p)
		}
	}
	if got := c.get("/users/" + room + "?$select=accountEnabled,userPrincipalName"); got["accountEnabled"] != false {
		t.Errorf("a room is %v", got)
	}
	if n := len(c.get("/users/" + person)); n != len(defaultUserProperties)+1 {
		t.Errorf("%d properties without $select", n)
	}
}

func text2(o object, name string) string { s, _ := o[name].(string); return s }

func searchHit(name, word string) bool {
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' || r == '\'' }) {
		if strings.HasPrefix(w, word) {
			return true
		}
	}
	return strings.HasPrefix(name, word)
}

// Only the id and the user principal name find a directory object; another
// address finds the mailbox.
func TestUserKeys(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 71})
	person := tenant.People()[3].Mailbox
	id := c.get("/users/" + person)["id"].(string)
	mail := "new.name@" + c.at.Domain
	if err := tenant.ChangeAddress(person, mail); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{id, strings.ToUpper(id), person, strings.ToUpper(person)} {
		got := c.get("/users/" + key + "?$select=mail,userPrincipalName,proxyAddresses")
		if got["mail"] != mail || got["userPrincipalName"] != person || dig(got, "proxyAddresses", 0) != "SMTP:"+mail || dig(got, "proxyAddresses", 1) != "smtp:"+person {
			t.Errorf("by %s: %v", key, got)
		}
	}
	if r := c.send(404, request{method: "GET", path: "/users/" + mail}); r.errorCode() != "Request_ResourceNotFound" {
		t.Errorf("by mail alone: %s", r.errorCode())
	}
	c.get("/users/" + mail + "/calendar")
	if list, _ := c.all("/users?$filter=" + url.QueryEscape("mail eq '"+mail+"'")); len(list) != 1 || list[0]["id"] != id {
		t.Errorf("the filter by mail gives %v", list)
	}
}

// users/delta: rounds, latest, removals, a select that is fixed, replay, expiry.
func TestUsersDelta(t *testing.T) {
	clock := newClock(time.Now())
	tenant, c := checked(t, Options{Seed: 72, Rooms: 20, People: 20, Now: clock.now})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	first, link := c.all("/users/delta?$top=7&$select=displayName,mail")
	if len(first) != 40+len(tenant.Others()) || link == "" || len(first[0]) != 3 {
		t.Fatalf("the first round has %d users like %v", len(first), first[0])
	}
	nothing, latest := c.all("/users/delta()?$deltatoken=latest")
	if len(nothing) != 0 || latest == "" {
		t.Errorf("latest gives %d users", len(nothing))
	}
	a, b, gone, back := tenant.People()[4].Mailbox, tenant.Rooms()[2].Mailbox, tenant.People()[6].Mailbox, tenant.Rooms()[3].Mailbox
	must(tenant.RenameAccount(a, "New Name"))
	must(tenant.SetAccountEnabled(b, true))
	must(tenant.DeleteAccount(gone, GoneUser))
	must(tenant.DeleteAccount(back, GoneMailbox))
	changes := func(link string) (map[string]object, string) {
		t.Helper()
		list, next := c.all(link)
		out := map[string]object{}
		for _, o := range list {
			out[o["id"].(string)] = o
		}
		if len(out) != len(list) {
			t.Errorf("%d lines about %d users", len(list), len(out))
		}
		return out, next
	}
	id := func(address string) string { return tenant.world.byAddress[address].id }
	got, next := changes(link)
	// The account's state is not among what was selected.
	if len(got) != 3 || got[id(a)]["displayName"] != "New Name" || dig(got[id(gone)], "@removed", "reason") != "deleted" || dig(got[id(back)], "@removed", "reason") != "changed" {
		t.Errorf("the changes are %v", got)
	}
	if _, sent := got[id(a)]["givenName"]; sent {
		t.Error("the selection was not kept")
	}
	if again, _ := changes(link); len(again) != 3 {
		t.Errorf("%d changes when the token is used again", len(again))
	}
	must(tenant.RestoreAccount(back))
	if got, _ := changes(next); len(got) != 1 || got[id(back)]["mail"] != back {
		t.Errorf("after the restoration: %v", got)
	}
	if got, _ := changes(link); len(got) != 3 || got[id(back)]["mail"] != back {
		t.Errorf("replayed from the start: %v", got)
	}
	if got, _ := changes(latest); len(got) != 3 && len(got) != 4 {
		t.Errorf("since latest: %v", got)
	}
	one, oneLink := c.all("/users/delta?$filter=" + url.QueryEscape("id eq '"+id(a)+"' or id eq '"+id(b)+"'"))
	if len(one) != 2 {
		t.Errorf("%d of two users", len(one))
	}
	must(tenant.RenameAccount(back, "Elsewhere"))
	if got, _ := changes(oneLink); len(got) != 0 {
		t.Errorf("a change of somebody else: %v", got)
	}
	c.send(400, request{method: "GET", path: "/users/delta?$filter=" + url.QueryEscape("displayName eq 'x'")})
	if r := c.send(400, request{method: "GET", path: "/users/delta?$deltatoken=nonsense"}); r.errorCode() != "InvalidDeltaToken" {
		t.Errorf("a made up token: %s", r.errorCode())
	}
	clock.advance(7*24*time.Hour + time.Minute)
	other := connect(t, tenant)
	r := other.send(410, request{method: "GET", path: link})
	if location := r.header.Get("Location"); !strings.Contains(location, "/users/delta?$select=displayName%2Cmail") {
		t.Errorf("410 leads to %q", location)
	}
	if list, _ := other.all(r.header.Get("Location")); len(list) != 39+len(tenant.Others()) {
		t.Errorf("the new round has %d users", len(list))
	}
}

func TestGetByIDs(t *testing.T) {
	tenant, app := checked(t, Options{Seed: 73})
	app.send(403, request{method: "POST", path: "/directoryObjects/getByIds", body: object{"ids": []string{}}})
	c := app.person(tenant, app.at.Organizer, "User.ReadBasic.All")
	a, b := tenant.world.people[0].id, tenant.world.rooms[0].id
	ask := func(types ...string) []any {
		t.Helper()
		body := object{"ids": []string{a, b, "00000000-0000-4000-8000-000000000000", c.at.TenantID, a}}
		if types != nil {
			body["types"] = types
		}
		return c.post(200, "/directoryObjects/getByIds", body)["value"].([]any)
	}
	if got := ask(); len(got) != 3 || dig(got, 0, "id") != a || dig(got, 0, "@odata.type") != "#microsoft.graph.user" || dig(got, 0, "displayName") == nil {
		t.Errorf("all types: %v", got)
	}
	if got := ask("user"); len(got) != 2 {
		t.Errorf("users: %v", got)
	}
	if got := ask("group"); len(got) != 0 {
		t.Errorf("groups: %v", got)
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = a
	}
	c.send(400, request{method: "POST", path: "/directoryObjects/getByIds", body: object{"ids": many}})
	c.post(200, "/directoryObjects/getByIds", object{"ids": many[1:]})
	c.send(400, request{method: "POST", path: "/directoryObjects/getByIds", body: object{"ids": []string{"x"}}})
}

func TestOrganization(t *testing.T) {
	_, c := checked(t, Options{Seed: 74})
	list := c.get("/organization?$select=id,verifiedDomains,assignedPlans,countryLetterCode,tenantType")["value"].([]any)
	if len(list) != 1 || dig(list, 0, "id") != c.at.TenantID || dig(list, 0, "tenantType") != "AAD" || dig(list, 0, "countryLetterCode") != "NL" {
		t.Errorf("organisation %v", list)
	}
	domains := map[any]any{}
	for _, d := range dig(list, 0, "verifiedDomains").([]any) {
		domains[dig(d, "name")] = dig(d, "isDefault")
	}
	if len(domains) != 2 || domains[c.at.Domain] != true {
		t.Errorf("domains %v", domains)
	}
	if one := c.get("/organization/" + c.at.TenantID); one["displayName"] == nil {
		t.Errorf("by id: %v", one)
	}
	c.send(404, request{method: "GET", path: "/organization/00000000-0000-4000-8000-000000000000"})
}

// A filter over a large company costs a few milliseconds.
func BenchmarkUserFilter(b *testing.B) {
	tenant, _ := start(b, Options{Seed: 1, Rooms: 100, People: 20_000})
	for name, query := range map[string]string{
		"page":       "$top=999",
		"startswith": "$top=100&$filter=startswith(displayName,'a') or startswith(mail,'a')",
		"mail":       "$filter=mail eq 'nobody@contoso.example'",
		"search":     `$search="displayName:ad"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				c := &call{t: tenant, method: "GET", rawPath: "/v1.0/users", segments: []string{"users"}, entry: &Entry{}, host: "x", header: map[string][]string{"Consistencylevel": {"eventual"}}}
				values, _ := url.ParseQuery(strings.ReplaceAll(query, " ", "%20"))
				c.query = values
				if a := c.listUsers(); a.status != 200 {
					b.Fatal(string(a.body))
				}
			}
		})
	}
}
