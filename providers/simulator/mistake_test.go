package simulator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

// probe tells what a client sees of one mistake, over HTTPS; "" is nothing.
type probe func(p *setUp) string

// setUp is a tenant with mistakes, as a client meets it.
type setUp struct {
	t      *testing.T
	tenant *Tenant
	c      *client // has no token where sign-in fails
	signIn string  // the AADSTS code, "" where a token came
	roles  []string
}

// signInTo asks for a token with what the tenant handed out.
func signInTo(t *testing.T, tenant *Tenant) *setUp {
	t.Helper()
	at := tenant.Endpoints()
	c := anonymous(t, tenant)
	resp, err := c.http.PostForm(at.AuthorityURL+"/"+at.TenantID+"/oauth2/v2.0/token", url.Values{
		"client_id": {at.ClientID}, "client_secret": {at.ClientSecret}, "grant_type": {"client_credentials"}, "scope": {at.GraphURL + "/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		AccessToken string `json:"access_token"`
		Codes       []int  `json:"error_codes"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	s := &setUp{t: t, tenant: tenant, c: c}
	if body.AccessToken == "" {
		s.signIn = fmt.Sprint("AADSTS", body.Codes[0])
		return s
	}
	c.token = body.AccessToken
	var claims map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(body.AccessToken, ".")[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	if roles, ok := claims["roles"].([]any); ok {
		for _, role := range roles {
			s.roles = append(s.roles, role.(string))
		}
	}
	if claims["scp"] != nil {
		s.roles = []string{"scp"}
	}
	return s
}

// code is the status and error code of a GET.
func (s *setUp) code(path string) string {
	s.t.Helper()
	got, err := s.c.try(request{method: "GET", path: path})
	if err != nil {
		s.t.Fatal(err)
	}
	if got.status == 200 {
		return ""
	}
	return fmt.Sprint(got.status, " ", got.errorCode())
}

func (s *setUp) mailbox(number int) string {
	return s.tenant.MistakesMade()[number-1].Mailbox
}

func calendar(mailbox string) string { return "/users/" + mailbox + "/calendar" }

// seen is how each mistake of the catalogue shows (PRODUCT section 2), and must
// not show without it.
func seen() map[int]probe {
	return map[int]probe{
		1: func(s *setUp) string { return only(s.signIn, "AADSTS7000215") },
		2: func(s *setUp) string { return only(s.signIn, "AADSTS7000222") },
		3: func(s *setUp) string { return only(s.signIn, "AADSTS700016") },
		4: func(s *setUp) string { return only(s.signIn, "AADSTS90002") },
		5: func(s *setUp) string {
			if slices.Equal(s.roles, []string{"scp"}) {
				return "scp and no roles"
			}
			return ""
		},
		6: func(s *setUp) string {
			if grants, err := s.tenant.Directory().Grants(s.tenant.clientID); err != nil || slices.ContainsFunc(grants, func(g entra.RoleGrant) bool { return g.Role == "Calendars.ReadWrite" }) {
				return "" // it is granted
			}
			return s.code(calendar(s.tenant.endpoints.Organizer))
		},
		7: func(s *setUp) string {
			grants, err := s.tenant.Directory().Grants(s.tenant.clientID)
			granted := slices.ContainsFunc(grants, func(g entra.RoleGrant) bool { return g.Role == "Calendars.ReadWrite" })
			if err != nil || !granted || slices.Contains(s.roles, "Calendars.ReadWrite") {
				return ""
			}
			return s.code(calendar(s.tenant.endpoints.Organizer))
		},
		8: func(s *setUp) string {
			if s.code("/organization") != "" {
				return ""
			}
			return s.code("/places/microsoft.graph.room")
		},
		9:  func(s *setUp) string { return s.code(calendar(s.tenant.Rooms()[0].Mailbox)) },
		11: func(s *setUp) string { return s.code(calendar(s.tenant.Rooms()[1].Mailbox)) },
		12: func(s *setUp) string { return s.code(calendar(s.tenant.endpoints.TestMailbox)) },
		13: func(s *setUp) string {
			hidden := s.tenant.Rooms()[2].Mailbox
			list, _ := s.c.all("/places/microsoft.graph.room")
			if slices.ContainsFunc(list, func(r object) bool { return r["emailAddress"] == hidden }) || s.code(calendar(hidden)) != "" {
				return ""
			}
			return "readable and not listed"
		},
		14: func(s *setUp) string { return s.books(3, "none") },
		15: func(s *setUp) string { return s.books(4, "declined") },
		16: func(s *setUp) string {
			list := s.c.get(calendar(s.tenant.endpoints.Organizer))["allowedOnlineMeetingProviders"].([]any)
			if len(list) > 0 {
				return ""
			}
			return "no provider"
		},
		17: func(s *setUp) string {
			got, err := s.c.try(request{method: "GET", path: "/organization"})
			if err != nil {
				s.t.Fatal(err)
			}
			at, err := http.ParseTime(got.header.Get("Date"))
			if err != nil || time.Until(at) < time.Hour {
				return ""
			}
			return "Date lies ahead"
		},
		19: func(s *setUp) string {
			got, err := s.c.try(request{method: "GET", path: "/organization"})
			if err != nil || got.status != 429 || got.header.Get("Retry-After") == "" {
				return ""
			}
			return "429 with Retry-After"
		},
		20: func(s *setUp) string {
			resp, err := s.c.http.Get(s.tenant.Endpoints().EWSURL)
			if err != nil {
				s.t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != 403 {
				return ""
			}
			return "403"
		},
	}
}

func only(have, want string) string {
	if have == want {
		return have
	}
	return ""
}

// books asks a room for a meeting and tells its answer where it is as expected.
func (s *setUp) books(room int, want string) string {
	mailbox := s.tenant.Rooms()[room].Mailbox
	made := s.c.post(201, "/users/"+s.c.at.Organizer+"/events", meeting(mailbox, s.tenant.quiet(), time.Hour))
	s.tenant.Clock().Advance(time.Minute)
	return only(roomResponse(s.c.event(s.c.at.Organizer, made), mailbox), want)
}

// Each mistake of the catalogue shows what the catalogue says, and a tenant
// without it does not.
func TestMistakesShowTheirEvidence(t *testing.T) {
	clean, _ := start(t, Options{Rooms: 12, People: 6, Seed: 3, PlaceDelay: -1})
	for number, look := range seen() {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			tenant := startWith(t, Options{Rooms: 12, People: 6, Seed: 3, PlaceDelay: -1, Mistakes: []int{number}})
			s := signInTo(t, tenant)
			got := look(s)
			if got == "" {
				t.Errorf("nothing is seen of it: sign-in %q, roles %v", s.signIn, s.roles)
			}
			if number == 20 {
				return // always so here
			}
			if without := look(signInTo(t, clean)); without != "" {
				t.Errorf("the same is seen without it: %s", without)
			}
		})
	}
}

// Two mistakes at once show both, where the first does not hide the second.
func TestMistakesInPairs(t *testing.T) {
	probes := seen()
	for _, pair := range [][2]int{{5, 17}, {6, 8}, {13, 16}, {8, 11}, {9, 11}, {9, 16}, {11, 12}, {12, 14}, {13, 15}, {14, 15}, {15, 16}, {16, 17}, {8, 20}} {
		tenant := startWith(t, Options{Rooms: 12, People: 6, Seed: 3, PlaceDelay: -1, Mistakes: pair[:]})
		s := signInTo(t, tenant)
		for _, number := range pair {
			if probes[number](s) == "" {
				t.Errorf("%v: nothing is seen of %d", pair, number)
			}
		}
	}
	// Who cannot sign in sees nothing else.
	for _, pair := range [][2]int{{1, 8}, {2, 9}, {3, 12}, {4, 16}} {
		s := signInTo(t, startWith(t, Options{Rooms: 12, People: 6, Mistakes: pair[:]}))
		if probes[pair[0]](s) == "" || s.c.token != "" {
			t.Errorf("%v: sign-in %q", pair, s.signIn)
		}
	}
}

// Mistake 7 mends itself after ten minutes, mistake 10 is unsteady for half an hour.
func TestMistakesThatPass(t *testing.T) {
	tenant := startWith(t, Options{Rooms: 12, People: 6, Mistakes: []int{7}})
	if look := seen()[7]; look(signInTo(t, tenant)) == "" {
		t.Error("the permission is there at once")
	}
	tenant.Clock().Advance(11 * time.Minute)
	if s := signInTo(t, tenant); !slices.Contains(s.roles, "Calendars.ReadWrite") {
		t.Errorf("after eleven minutes the token carries %v", s.roles)
	}

	tenant = startWith(t, Options{Rooms: 12, People: 6, TokenLife: 24 * time.Hour, Mistakes: []int{10}})
	s := signInTo(t, tenant)
	room := s.mailbox(10)
	answers := ""
	for range 60 {
		if s.code(calendar(room)) == "" {
			answers += "y"
		} else {
			answers += "n"
		}
		tenant.Clock().Advance(30 * time.Second)
	}
	if !strings.Contains(answers, "yn") || !strings.Contains(answers, "ny") {
		t.Errorf("it does not flap: %s", answers)
	}
	tenant.Clock().Advance(time.Minute)
	for range 10 {
		if got := s.code(calendar(room)); got != "403 ErrorAccessDenied" {
			t.Errorf("after half an hour: %q", got)
		}
		tenant.Clock().Advance(time.Minute)
	}
}

func TestMistakesOverControl(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 12, People: 6})
	post := func(body string) (int, string) {
		resp, err := c.http.Post(c.at.ControlURL+"/mistakes", "application/json", strings.NewReader(body))
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
	for body, want := range map[string]string{`{"on":[1]}`: "start it with the mistake", `{"on":[18]}`: "client's machine", `{"on":[21]}`: "numbered 1 to 20", `{"off":[1]}`: "unknown"} {
		if status, raw := post(body); status != 400 || !strings.Contains(raw, want) {
			t.Errorf("%s: %d %s", body, status, raw)
		}
	}
	if status, raw := post(`{"on":[9]}`); status != 200 || !strings.Contains(raw, tenant.Rooms()[0].Mailbox) {
		t.Errorf("%d %s", status, raw)
	}
	c.send(403, request{method: "GET", path: calendar(tenant.Rooms()[0].Mailbox)})
	if _, err := Start(context.Background(), Options{Mistakes: []int{18}}); err == nil {
		t.Error("a tenant started with a mistake that it cannot make")
	}
}

// A proxy's certificate is not of the authority that the client was told.
func TestForeignCA(t *testing.T) {
	tenant := startWith(t, Options{Rooms: 2, People: 2, ForeignCA: true})
	c := anonymous(t, tenant)
	resp, err := c.http.Get(tenant.Endpoints().GraphURL + "/v1.0/organization")
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("the certificate is believed: %v", err)
	}
}
