package ews

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

func folderAnswer(rights string) string {
	return soap(`<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:Folders><t:CalendarFolder>
		<t:FolderId Id="f"/><t:DisplayName>Calendar</t:DisplayName><t:EffectiveRights>` + rights + `</t:EffectiveRights></t:CalendarFolder></m:Folders></m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`)
}

const allRights = `<t:CreateContents>true</t:CreateContents><t:Read>true</t:Read>`

func busy(milliseconds int) string {
	return soap(fmt.Sprintf(`<s:Fault><faultcode>a:ErrorServerBusy</faultcode><faultstring>busy</faultstring><detail><e:ResponseCode xmlns:e="u">ErrorServerBusy</e:ResponseCode>
		<t:MessageXml><t:Value Name="BackOffMilliseconds">%d</t:Value></t:MessageXml></detail></s:Fault>`, milliseconds))
}

func fault(code string) string {
	return soap(`<s:Fault><faultcode>a:` + code + `</faultcode><faultstring>no</faultstring></s:Fault>`)
}

// Each call on a mailbox acts as its owner and is anchored there.
func TestCallsActAsTheMailboxAndAreAnchoredThere(t *testing.T) {
	w := &wire{answers: func(string, string) (int, string) { return 200, folderAnswer(allRights) }}
	p := connected(t, w, nil)
	if _, err := p.Calendars(t.Context(), atlas); err != nil {
		t.Fatal(err)
	}
	header, body := w.asked[0].Header, w.bodies[0]
	if header.Get("X-AnchorMailbox") != string(atlas) || !strings.Contains(body, "<t:PrimarySmtpAddress>"+string(atlas)+"</t:PrimarySmtpAddress>") ||
		!strings.Contains(body, `Version="Exchange2013_SP1"`) || header.Get("client-request-id") == "" {
		t.Errorf("%v\n%s", header, body)
	}
}

// A wait that the server asks for holds for the whole account, whatever mailbox it was
// asked for.
func TestBackOffPausesTheWholeAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked []time.Time
		w := &wire{answers: func(_, body string) (int, string) {
			mu.Lock()
			defer mu.Unlock()
			if asked = append(asked, time.Now()); len(asked) == 1 {
				return 500, busy(7000)
			}
			return 200, folderAnswer(allRights)
		}}
		p := connected(t, w, nil)
		done := make(chan error, 2)
		go func() { _, err := p.Calendars(t.Context(), atlas); done <- err }()
		synctest.Wait()
		go func() { _, err := p.Calendars(t.Context(), maria); done <- err }() // another mailbox
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if waited := asked[1].Sub(asked[0]); waited < 7*time.Second || waited > 8*time.Second {
			t.Errorf("the next request left after %v", waited)
		}
		if s := p.Stats(); s.Throttled != 1 || s.Limit >= defaultInFlight {
			t.Errorf("%+v", s)
		}
	})
}

// A longer wait than somebody's patience is told at once, with its end.
func TestBackOffBeyondPatienceIsTold(t *testing.T) {
	w := &wire{answers: func(string, string) (int, string) { return 500, busy(297749) }}
	p := connected(t, w, nil)
	for range 2 {
		_, err := p.Calendars(t.Context(), atlas)
		var e *providers.Error
		if !errors.As(err, &e) || e.Class != providers.Throttled || e.RetryAfter < 4*time.Minute || e.Scope != providers.ScopeApp {
			t.Errorf("%v", err)
		}
	}
	if len(w.asked) != 1 {
		t.Errorf("%d requests left during the pause", len(w.asked))
	}
}

// F-042: what may have been worked on is not sent again where a second one would do
// harm; what only reads is.
func TestOnlyHarmlessRequestsAreRepeated(t *testing.T) {
	for operation, want := range map[string]int{"CreateItem": 1, "UpdateItem": 1, "GetFolder": maxTries, "FindItem": maxTries} {
		n := 0
		w := &wire{answers: func(got, _ string) (int, string) {
			if got == operation {
				n++
				return 503, ""
			}
			switch got {
			case "FindItem":
				return 200, soap(`<m:FindItemResponse><m:ResponseMessages><m:FindItemResponseMessage ResponseClass="Success"><m:RootFolder IncludesLastItemInRange="true"/></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse>`)
			case "GetItem":
				return 200, soap(`<m:GetItemResponse><m:ResponseMessages><m:GetItemResponseMessage ResponseClass="Success"><m:Items><t:CalendarItem><t:ItemId Id="i" ChangeKey="k"/></t:CalendarItem></m:Items></m:GetItemResponseMessage></m:ResponseMessages></m:GetItemResponse>`)
			}
			return 200, folderAnswer(allRights)
		}}
		p := connected(t, w, nil)
		var err error
		switch operation {
		case "CreateItem", "FindItem":
			_, err = p.CreateEvent(t.Context(), providers.EventDraft{TransactionID: "x", Organizer: maria})
		case "UpdateItem":
			_, err = p.ChangeEvent(t.Context(), maria, "i", "k", providers.EventChange{})
		case "GetFolder":
			_, err = p.Calendars(t.Context(), maria)
		}
		if n != want || !providers.Is(err, providers.Transient) {
			t.Errorf("%s was sent %d times, want %d: %v", operation, n, want, err)
		}
	}
}

// A password that was refused is not tried again and again: directories lock accounts.
// A new one is tried at once.
func TestARefusedPasswordIsNotTriedAgain(t *testing.T) {
	secret := "old"
	w := &wire{}
	w.answers = func(string, string) (int, string) {
		if _, got, _ := w.asked[len(w.asked)-1].BasicAuth(); got == "old" {
			return 401, ""
		}
		return 200, folderAnswer(allRights)
	}
	p := connected(t, w, func(c *Config) { c.Password = func(context.Context) (string, error) { return secret, nil } })
	for range 5 {
		if _, err := p.Calendars(t.Context(), atlas); !providers.Is(err, providers.SignedOut) {
			t.Errorf("%v", err)
		}
	}
	if len(w.asked) != 1 {
		t.Errorf("the refused password was sent %d times", len(w.asked))
	}
	secret = "new"
	if _, err := p.Calendars(t.Context(), atlas); err != nil {
		t.Error(err)
	}
}

// F-080: a redirect is followed to the same address or to configured hosts only, and
// never shows a sign-in elsewhere.
func TestRedirectsAreFollowedToAllowedHostsOnly(t *testing.T) {
	for location, follow := range map[string]bool{
		"https://mail.hq.example/ews/exchange.asmx":  true,
		"https://other.hq.example/EWS/Exchange.asmx": true, // configured
		"https://evil.example/EWS/Exchange.asmx":     false,
		"http://mail.hq.example/EWS/Exchange.asmx":   false,
		"https://mail.hq.example/owa/auth/logon":     false,
		"":                                           false,
	} {
		var asked []string
		around := roundTrip(func(req *http.Request) (*http.Response, error) {
			asked = append(asked, req.URL.String())
			resp := &http.Response{StatusCode: 307, Header: http.Header{"Location": {location}}, Body: io.NopCloser(strings.NewReader("")), Request: req}
			if len(asked) > 1 {
				resp = &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(folderAnswer(allRights))), Request: req}
			}
			return resp, nil
		})
		p := connected(t, nil, func(c *Config) {
			c.Around = func(http.RoundTripper) http.RoundTripper { return around }
			c.RedirectHosts = []string{"other.hq.example"}
		})
		_, err := p.Calendars(t.Context(), atlas)
		if follow != (err == nil) || !follow && !providers.Is(err, providers.Foreign) || len(asked) > 1 != follow {
			t.Errorf("%s: %v, asked %v", location, err, asked)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// L1 to L3: the level is found out by questions that change nothing, and each verb that
// it leaves out has its reason. The inbox is asked for only on request (L4).
func TestAccessLevels(t *testing.T) {
	freeBusy := func(kind string) string {
		if kind == "" {
			return soap(`<m:GetUserAvailabilityResponse><m:FreeBusyResponseArray><m:FreeBusyResponse><m:ResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorNoFreeBusyAccess</m:ResponseCode></m:ResponseMessage></m:FreeBusyResponse></m:FreeBusyResponseArray></m:GetUserAvailabilityResponse>`)
		}
		return soap(`<m:GetUserAvailabilityResponse><m:FreeBusyResponseArray><m:FreeBusyResponse><m:ResponseMessage ResponseClass="Success"/><m:FreeBusyView><t:FreeBusyViewType>` + kind + `</t:FreeBusyViewType></m:FreeBusyView></m:FreeBusyResponse></m:FreeBusyResponseArray></m:GetUserAvailabilityResponse>`)
	}
	for _, c := range []struct {
		name, owner, delegate, inbox, view string
		deep                               bool
		level                              providers.AccessLevel
		book, details                      bool
	}{
		{"owner of everything", allRights, "", "yes", "Detailed", true, providers.FullAccess, true, true},
		{"owner, and nobody asked for more", allRights, "", "no", "Detailed", false, providers.FullAccess, true, true},
		{"owner whose inbox is closed", allRights, "", "no", "Detailed", true, providers.Restricted, true, true},
		{"a calendar that is shared", "", allRights, "no", "Detailed", true, providers.Restricted, true, true},
		{"a calendar that is shared for reading", "", "<t:Read>true</t:Read>", "no", "Detailed", false, providers.Restricted, false, true},
		{"busy times", "", "<t:Read>false</t:Read>", "no", "FreeBusy", false, providers.FreeBusyAccess, false, false},
		{"nothing", "", "", "no", "", false, providers.NoAccess, false, false},
	} {
		inbox := 0
		w := &wire{answers: func(operation, body string) (int, string) {
			rights := c.delegate
			if strings.Contains(body, "ExchangeImpersonation") {
				if rights = c.owner; rights == "" {
					return 500, fault("ErrorImpersonateUserDenied")
				}
			}
			switch {
			case operation == "GetUserAvailability":
				return 200, freeBusy(c.view)
			case strings.Contains(body, `Id="inbox"`):
				inbox++
				if c.inbox == "yes" {
					return 200, folderAnswer(allRights)
				}
				rights = ""
			}
			if rights == "" {
				return 200, soap(`<m:GetFolderResponse><m:ResponseMessages><m:GetFolderResponseMessage ResponseClass="Error"><m:ResponseCode>ErrorItemNotFound</m:ResponseCode></m:GetFolderResponseMessage></m:ResponseMessages></m:GetFolderResponse>`)
			}
			return 200, folderAnswer(rights)
		}}
		p := connected(t, w, nil)
		a, err := p.Access(t.Context(), atlas, c.deep)
		if err != nil || a.Level != c.level || (a.Refuses(providers.VerbBook) == "") != c.book || (a.Refuses(providers.VerbDetails) == "") != c.details || a.Refuses(providers.VerbTeams) == "" {
			t.Errorf("%s: %v, %+v", c.name, err, a)
		}
		if inbox > 0 && !c.deep {
			t.Errorf("%s: the inbox was asked for although nobody wished it", c.name)
		}
	}
}
