package providers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	someTenant = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	someApp    = "11111111-2222-3333-4444-555555555555"
	secretID   = "99999999-8888-7777-6666-555555555555"
)

type adviceRow struct {
	text        string
	state       string // "fine", "wrong", "" for not complete
	says, offer string
}

func checkAdvice(t *testing.T, rows []adviceRow, check func(string) Advice) {
	t.Helper()
	for _, row := range rows {
		a := check(row.text)
		state := ""
		switch {
		case a.Fine:
			state = "fine"
		case a.Wrong:
			state = "wrong"
		}
		if state != row.state || !strings.Contains(a.Text, row.says) || a.Offer != row.offer {
			t.Errorf("%q: %q %q, offered %q; want %q %q, %q", row.text, state, a.Text, a.Offer, row.state, row.says, row.offer)
		}
		if a.Offer != "" {
			if again := check(a.Offer); again.Wrong && row.state == "wrong" {
				t.Errorf("%q is offered for %q and is wrong itself: %s", a.Offer, row.text, again.Text)
			}
		}
		if strings.ContainsAny(a.Text, "\n\x1b") {
			t.Errorf("%q: %q is not one line", row.text, a.Text)
		}
	}
}

// C7: three GUIDs look alike.
func TestCheckTenantID(t *testing.T) {
	checkAdvice(t, []adviceRow{
		{someTenant, "fine", "", ""},
		{" " + someTenant + " ", "fine", "", ""},
		{"", "", "verified domain", ""},
		{someApp, "wrong", "this is the application's id", ""},
		{strings.ToUpper(someApp), "wrong", "this is the application's id", ""},
		{"common", "wrong", "names no tenant", ""},
		{"{" + someTenant + "}", "wrong", "only the GUID", someTenant},
		{"aaaaaaaabbbbccccddddeeeeeeeeeeee", "wrong", "only the GUID", someTenant},
		{"Directory (tenant) ID : " + someTenant, "wrong", "only the GUID", someTenant},
		{"00000000-0000-0000-0000-000000000000", "wrong", "example", ""},
		{"aaaaaaaa-bbbb", "", "13 of 36", ""},
		{"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeee", "wrong", "35 of 36", ""},
		{"contoso.com", "fine", "", ""},
		{"contoso", "", "contoso.onmicrosoft.com", "contoso.onmicrosoft.com"},
		{"contoso,com", "wrong", "no commas", "contoso.com"},
		{"con toso.com", "wrong", "no blanks", "contoso.com"},
		{"https://contoso.com/", "wrong", "web address", "contoso.com"},
	}, func(s string) Advice { return CheckTenantID(s, someApp) })
}

func TestCheckAppID(t *testing.T) {
	checkAdvice(t, []adviceRow{
		{someApp, "fine", "Object ID", ""},
		{someTenant, "wrong", "this is the tenant's id", ""},
		{"", "", "", ""},
		{"nonsense", "wrong", `"nonsense" is not a GUID`, ""},
		{"contoso.com", "wrong", "is not a GUID", ""},
		{"abc8Q~" + strings.Repeat("x", 34), "wrong", "client secret", ""},
		{"(" + someApp + ")", "wrong", "only the GUID", someApp},
		{"1111", "", "4 of 36", ""},
	}, func(s string) Advice { return CheckAppID(s, someTenant) })
	if a := CheckAppID("abc8Q~hunter2-hunter2-hunter2-hunter2-hunter2", ""); strings.Contains(a.Text, "hunter") {
		t.Errorf("a secret in the wrong field is repeated: %s", a.Text)
	}
}

// C8: the Secret ID is refused before any request.
func TestCheckSecretValue(t *testing.T) {
	checkAdvice(t, []adviceRow{
		{"abc8Q~" + strings.Repeat("x", 34), "fine", "", ""},
		{"", "", "only once", ""},
		{secretID, "wrong", "this looks like the Secret ID", ""},
		{"{" + secretID + "}", "wrong", "Secret ID", ""},
		{secretID + "\n", "wrong", "Secret ID", ""},
		{someApp, "wrong", "Application (client) ID and no secret", ""},
		{someTenant, "wrong", "Directory (tenant) ID and no secret", ""},
		{"abc Q~x", "wrong", "no blanks", ""},
		{"abc8Q****************", "wrong", "stars", ""},
		{"-----BEGIN CERTIFICATE-----", "wrong", "certificate or a key", ""},
		{strings.Repeat("x", 2001), "wrong", "longer than any secret", ""},
	}, func(s string) Advice { return CheckSecretValue(s, someApp, someTenant) })
	for _, text := range []string{"hunter2 hunter2", "hunter2" + strings.Repeat("x", 3000)} {
		if a := CheckSecretValue(text, "", ""); strings.Contains(a.Text+a.Offer, "hunter2") {
			t.Errorf("a secret is repeated: %s", a.Text)
		}
	}
}

// C10, C11: what is typed for a domain.
func TestCheckDomain(t *testing.T) {
	checkAdvice(t, []adviceRow{
		{"contoso.com", "fine", "", ""},
		{"contoso.onmicrosoft.com", "fine", "", ""},
		{"münchen.de", "fine", "", ""},
		{"contoso,com", "wrong", "contoso.com is meant", "contoso.com"},
		{"contoso com", "wrong", "no blanks", ""},
		{"contoso .com", "wrong", "no blanks", "contoso.com"},
		{"contoso..com", "wrong", "two dots", "contoso.com"},
		{".contoso.com", "wrong", "a dot too many", "contoso.com"},
		{"desk@contoso.com", "wrong", "a mailbox", "contoso.com"},
		{"contoso.con", "wrong", ".con", "contoso.com"},
		{"contoso.onmircosoft.com", "wrong", "onmicrosoft is misspelt", "contoso.onmicrosoft.com"},
		{"contoso.onmicrosoft.co", "wrong", "onmicrosoft is misspelt", "contoso.onmicrosoft.com"},
		{"contoso", "", "onmicrosoft.com", "contoso.onmicrosoft.com"},
		{"-contoso.com", "wrong", "no domain", ""},
		{"con_toso.com", "wrong", "no domain", ""},
	}, CheckDomain)
	checkAdvice(t, []adviceRow{
		{"contoso.com fabrikam.com", "fine", "", ""},
		{"contoso.com, fabrikam.con", "wrong", ".con", "contoso.com fabrikam.com"},
		{"contoso,com", "wrong", "no commas", "contoso.com"},
		{"", "", "", ""},
	}, CheckDomains)
}

func TestCheckMailbox(t *testing.T) {
	checkAdvice(t, []adviceRow{
		{"desk@contoso.com", "fine", "", ""},
		{"", "", "", ""},
		{"desk", "", "name@domain", ""},
		{"desk@", "", "domain", ""},
		{"desk@contoso,com", "wrong", "no commas", "desk@contoso.com"},
		{"mailto:desk@contoso.com", "wrong", "only the address", "desk@contoso.com"},
		{"The desk <desk@contoso.com>", "wrong", "only the address", "desk@contoso.com"},
		{"de sk@contoso.com", "wrong", "no mailbox", ""},
	}, CheckMailbox)
}

// C3: a misspelt permission gets the nearest right one.
func TestCheckPermissionNames(t *testing.T) {
	checkAdvice(t, []adviceRow{
		{"Place.Read.All", "fine", "", ""},
		{"Places.Read.All", "wrong", "Place.Read.All is the right name", "Place.Read.All"},
		{"place.read.all", "wrong", "", "Place.Read.All"},
		{"Calender.ReadWrite", "wrong", "", "Calendars.ReadWrite"},
		{"Organisation.Read.All", "wrong", "", "Organization.Read.All"},
		{"Users.Read.All", "wrong", "", "User.Read.All"},
		{"Mail.ReadWrite", "", "never needs", ""},
		{"Sites.Selected", "", "not needed", ""},
	}, CheckPermissionName)
	least := []string{"Calendars.ReadWrite", "Place.Read.All"}
	checkAdvice(t, []adviceRow{
		{"", "", "paste", ""},
		{"Calendars.ReadWrite Place.Read.All", "fine", "", ""},
		{"Calendars.ReadWrite Application Granted for Contoso Places.Read.All", "wrong", "Place.Read.All is the right name", "Calendars.ReadWrite Application Granted for Contoso Place.Read.All"},
		{"Place.Read.All", "", "still to be added: Calendars.ReadWrite", ""},
		{"Place.Read.All Calendars.ReadWrite Mail.Read", "", "never needs", ""},
	}, func(s string) Advice { return CheckPermissions(s, least) })
}

// C9: the day on which a secret ends.
func TestCheckExpiry(t *testing.T) {
	now := time.Date(2026, 11, 19, 13, 0, 0, 0, time.UTC)
	checkAdvice(t, []adviceRow{
		{"2027-05-31", "fine", "in ", ""},
		{"2026-11-19", "fine", "", ""},
		{"2026-11-18", "wrong", "expired", ""},
		{"5/31/2027", "wrong", "2027-05-31", "2027-05-31"},
		{"31.05.2027", "wrong", "2027-05-31", "2027-05-31"},
		{"2027-", "", "", ""},
		{"soon", "wrong", "no day", ""},
		{"2031-01-01", "fine", "more than two years", ""},
	}, func(s string) Advice { return CheckExpiry(s, now) })
	checkAdvice(t, []adviceRow{
		{"https://127.0.0.1:8443", "fine", "", ""}, {"http://x.example", "wrong", "only https", "https://x.example"},
		{"x.example", "wrong", "https://", "https://x.example"}, {"htt", "", "", ""}, {"https://", "", "", ""},
	}, CheckHTTPS)
	checkAdvice(t, []adviceRow{
		{"contoso", "wrong", "already", "contoso-2"}, {"new", "fine", "", ""}, {"a b", "wrong", "letters", ""}, {"-a", "wrong", "letters", ""},
	}, func(s string) Advice { return CheckConnectionName(s, []string{"Contoso"}) })
}

// Nothing typed makes a check fail, and no sentence has more than a line.
func FuzzSetupChecks(f *testing.F) {
	for _, s := range []string{"", "contoso,com", someApp, "a@b", "{", "-----BEGIN", "\x1b[31m", "ü..", "Place.Read.All"} {
		f.Add(s, s)
	}
	now := time.Date(2026, 11, 19, 13, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text, other string) {
		s := NewSetup()
		for _, step := range SetupSteps(s) {
			for _, in := range step.Inputs {
				if in.Kind == SetupText {
					s.Set(in.Field, text)
				}
			}
		}
		s.Set(SetupClientID, other)
		for _, step := range SetupSteps(s) {
			for _, in := range step.Inputs {
				a := s.Check(in.Field, NewHidden(other), []string{"x"}, nil, now)
				if strings.ContainsAny(a.Text, "\n\r\x1b") || a.Wrong && a.Fine {
					t.Errorf("%s of %q: %+v", in.Field, text, a)
				}
			}
			s.Ready(step, NewHidden(other), nil, nil, now)
		}
		if a := CheckConnectionName(s.NameOr(), nil); s.Get(SetupName) == "" && !a.Fine {
			t.Errorf("the name made of %q is %q: %s", text, s.NameOr(), a.Text)
		}
	})
}

// A secret shows in no form of printing and in nothing that is kept.
func TestHiddenIsNeverPrinted(t *testing.T) {
	h := NewHidden("hunter2\r\n")
	text, err := json.Marshal(struct{ H Hidden }{h})
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %s %q %x %d %#v %s", h, struct{ H Hidden }{h}, h, h, h, h, &h, text); strings.Contains(all, "hunter") || strings.Contains(all, "68756e") {
		t.Error(all)
	}
	if h.Reveal() != "hunter2" {
		t.Errorf("a paste's line break stays")
	}
	h.Wipe()
	if h.Len() != 0 {
		t.Error("it is still there")
	}
}

// A step lets nobody on while something stands in the way, and says what.
func TestStepsAreReady(t *testing.T) {
	now := time.Date(2026, 11, 19, 13, 0, 0, 0, time.UTC)
	s := NewSetup()
	ready := func(n int, secret string) (SetupField, string) {
		at, why, _ := s.Ready(SetupSteps(s)[n], NewHidden(secret), []string{"fabrikam"}, nil, now)
		return at, why
	}
	if at, why := ready(0, ""); at != "" {
		t.Errorf("%s %s", at, why)
	}
	if at, why := ready(1, ""); at != SetupTenant || why != "tenant is missing" {
		t.Errorf("%s %s", at, why)
	}
	s.Set(SetupTenant, someTenant)
	s.Set(SetupClientID, someTenant)
	if at, why := ready(1, ""); at != SetupTenant && at != SetupClientID || !strings.Contains(why, "this is the") {
		t.Errorf("%s %s", at, why)
	}
	s.Set(SetupClientID, someApp)
	if at, why := ready(1, ""); at != "" {
		t.Errorf("%s %s", at, why)
	}
	if at, why := ready(2, secretID); at != SetupSecret || !strings.Contains(why, "Secret ID") {
		t.Errorf("%s %s", at, why)
	}
	s.Set(SetupKeystore, "env")
	if at, why := ready(2, ""); at != "" {
		t.Errorf("the environment has the secret: %s %s", at, why)
	}
	if at, _ := ready(3, ""); at != SetupOrganizer {
		t.Errorf("%s", at)
	}
	s.Set(SetupOrganizer, "desk@fabrikam.com")
	if at, why := ready(3, ""); at != SetupName || !strings.Contains(why, "already") {
		t.Errorf("%s %s", at, why)
	}
	s.Set(SetupName, "two")
	if at, why := ready(3, ""); at != "" {
		t.Errorf("%s %s", at, why)
	}
}

// C11: what is kept after a test, and what is not.
func TestForeignDomainIsRefused(t *testing.T) {
	now := time.Date(2026, 11, 19, 13, 0, 0, 0, time.UTC)
	answer := func(known bool, trouble *Trouble) SetupAnswer {
		a := SetupAnswer{Known: known}
		r := Rung{Name: "graph", State: RungPassed, Trouble: trouble}
		if trouble != nil {
			r.State = RungFailed
			if !trouble.Again.IsZero() {
				r.State = RungWaiting
			}
		}
		a.Diagnosis.Rungs = []Rung{r}
		return a
	}
	for name, row := range map[string]struct {
		answer  SetupAnswer
		refused bool
	}{
		"healthy":                    {answer(true, nil), false},
		"foreign domain":             {answer(true, &Trouble{Doc: "domain", Partly: true, What: "x"}), true},
		"a room apart":               {answer(true, &Trouble{Mistake: 9, Partly: true, What: "x"}), false},
		"waits":                      {answer(true, &Trouble{Mistake: 7, What: "x", Again: now}), false},
		"not granted":                {answer(true, &Trouble{Mistake: 6, What: "x"}), true},
		"nobody answered, partly":    {answer(false, &Trouble{Partly: true, What: "x"}), true},
		"nobody answered, throttled": {answer(false, &Trouble{Mistake: 19, What: "x", Again: now}), true},
	} {
		if got := row.answer.Refused() != nil; got != row.refused {
			t.Errorf("%s: refused %v", name, got)
		}
	}
}

// The resource that tokens are made for is a root; the tenant of an Exchange connection by
// OAuth is given by its id, and refused otherwise before anything is asked.
func TestSetupOfExchangeByOAuthChecksItsFields(t *testing.T) {
	s := NewSetup()
	s.Set(SetupProvider, "ews")
	s.Set(SetupSignIn, SetupOAuth)
	for _, row := range []struct {
		field              SetupField
		text, says, offers string
		wrong              bool
	}{
		{SetupAudience, "", "", "", false},
		{SetupAudience, "https://outlook.office365.com/", "", "", false},
		{SetupAudience, "https://outlook.office365.com/.default", "without a path", "https://outlook.office365.com", true},
		{SetupAudience, "mail.hq.example", "begins with https", "https://mail.hq.example", true},
		{SetupAudience, "http://mail.hq.example", "no root", "", true},
		{SetupTenant, "", "Directory (tenant) ID", "", false},
		{SetupTenant, "hq.example", "by the id itself", "", true},
		{SetupTenant, "3f2b8c1e-9d47-4a6b-8e15-0c7d2f9a4b61", "", "", false},
	} {
		s.Set(row.field, row.text)
		a := s.Check(row.field, Hidden{}, nil, nil, time.Now())
		if a.Wrong != row.wrong || a.Offer != row.offers || !strings.Contains(a.Text, row.says) {
			t.Errorf("%s %q: %+v", row.field, row.text, a)
		}
	}
}
