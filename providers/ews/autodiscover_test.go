package ews

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"roomdesk/providers"
)

// web answers by host and path and keeps who was asked, and who was shown a sign-in.
type web struct {
	answers map[string]func(*http.Request) (int, string, string) // status, location or type, body
	asked   []string
	signed  []string
}

func (w *web) RoundTrip(req *http.Request) (*http.Response, error) {
	place := req.URL.Host + req.URL.Path
	w.asked = append(w.asked, place)
	if req.Header.Get("Authorization") != "" {
		w.signed = append(w.signed, req.URL.Host)
	}
	status, head, body := http.StatusNotFound, "text/html", "nothing here"
	if answer := w.answers[place]; answer != nil {
		status, head, body = answer(req)
	}
	resp := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {head}}, Body: io.NopCloser(strings.NewReader(body)), Request: req}
	if status >= 300 && status < 400 {
		resp.Header.Set("Location", head)
	}
	return resp, nil
}

func discover(t *testing.T, w *web) (Discovery, error) {
	t.Helper()
	return Discover(t.Context(), Config{
		User: `HQ\svc`, Password: func(context.Context) (string, error) { return "secret", nil }, Basic: true,
		Around: func(http.RoundTripper) http.RoundTripper { return w },
	}, maria)
}

func always(status int, head, body string) func(*http.Request) (int, string, string) {
	return func(*http.Request) (int, string, string) { return status, head, body }
}

func TestDiscoverByJSONNeedsNoSignIn(t *testing.T) {
	w := &web{answers: map[string]func(*http.Request) (int, string, string){
		"autodiscover.hq.example/autodiscover/autodiscover.json": func(r *http.Request) (int, string, string) {
			if r.URL.Query().Get("Email") != string(maria) || r.URL.Query().Get("Protocol") != "EWS" {
				return 400, "application/json", `{"ErrorCode":"MissingProtocol"}`
			}
			return 200, "application/json", `{"Protocol":"EWS","Url":"https://mail.hq.example/EWS/Exchange.asmx"}`
		},
	}}
	found, err := discover(t, w)
	if err != nil || found.URL != "https://mail.hq.example/EWS/Exchange.asmx" || len(w.signed) != 0 || len(found.Tried) != 1 {
		t.Errorf("%v, %+v, signed in at %v", err, found, w.signed)
	}
}

func TestDiscoverGoesOnWithPOX(t *testing.T) {
	w := &web{answers: map[string]func(*http.Request) (int, string, string){
		"hq.example/autodiscover/autodiscover.xml": always(302, "https://mx.hq.example/autodiscover/autodiscover.xml", ""),
		"mx.hq.example/autodiscover/autodiscover.xml": always(200, "text/xml", `<Autodiscover><Response><Account><Action>settings</Action>
			<Protocol><Type>EXCH</Type><EwsUrl>https://inside.hq.example/EWS/Exchange.asmx</EwsUrl></Protocol>
			<Protocol><Type>EXPR</Type><ASUrl>https://mail.hq.example/EWS/Exchange.asmx</ASUrl></Protocol></Account></Response></Autodiscover>`),
	}}
	found, err := discover(t, w)
	if err != nil || found.URL != "https://mail.hq.example/EWS/Exchange.asmx" {
		t.Errorf("%v, %+v", err, found)
	}
	if len(found.Tried) != 3 || found.Tried[0].Result != "HTTP 404" || found.Tried[2].Way != "POX" {
		t.Errorf("what was tried: %+v", found.Tried)
	}
}

// A sign-in is shown to hosts of the mailbox's own domain only.
func TestDiscoverShowsNoSignInElsewhere(t *testing.T) {
	evil := "https://evil.example/autodiscover/autodiscover.xml"
	for name, answer := range map[string]func(*http.Request) (int, string, string){
		"a redirect":            always(302, evil, ""),
		"a redirect by name":    always(302, "https://evilhq.example/autodiscover/autodiscover.xml", ""),
		"a redirect in plain":   always(302, "http://mail.hq.example/autodiscover/autodiscover.xml", ""),
		"an answer":             always(200, "text/xml", `<A><Account><Action>redirectUrl</Action><RedirectUrl>`+evil+`</RedirectUrl></Account></A>`),
		"another address":       always(200, "text/xml", `<A><Account><RedirectAddr>x@evil.example</RedirectAddr></Account></A>`),
		"a circle":              always(302, "https://hq.example/autodiscover/autodiscover.xml", ""),
		"a document type":       always(200, "text/xml", `<!DOCTYPE a [<!ENTITY b "c">]><A>&b;</A>`),
		"an answer of nonsense": always(200, "text/html", `<html>`),
	} {
		w := &web{answers: map[string]func(*http.Request) (int, string, string){
			"hq.example/autodiscover/autodiscover.xml": answer, "hq.example/autodiscover/autodiscover.json": always(302, evil, ""),
		}}
		found, err := discover(t, w)
		if err == nil || found.URL != "" || !strings.Contains(err.Error(), "POX at https://hq.example") {
			t.Errorf("%s: %v, %+v", name, err, found)
		}
		for _, host := range append(w.signed, w.asked...) {
			if strings.Contains(host, "evil") || strings.HasPrefix(host, "mail.") {
				t.Errorf("%s: %s was asked", name, host)
			}
		}
	}
}

// P1, P17: a mailbox that Exchange Online has is refused with the reason and the date.
func TestDiscoverRefusesExchangeOnline(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (int, string, string){
		"a redirect": always(302, "https://outlook.office365.com/autodiscover/autodiscover.json", ""),
		"an answer":  always(200, "application/json", `{"Protocol":"EWS","Url":"https://outlook.office365.com/EWS/Exchange.asmx"}`),
	} {
		w := &web{answers: map[string]func(*http.Request) (int, string, string){"autodiscover.hq.example/autodiscover/autodiscover.json": answer}}
		_, err := discover(t, w)
		if !providers.Is(err, providers.Unsupported) || !strings.Contains(err.Error(), "2027-04-01") || !strings.Contains(err.Error(), "2026-10-01") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := New(Config{URL: "https://outlook.office365.com", User: "u", Password: func(context.Context) (string, error) { return "", nil }})
	if !providers.Is(err, providers.Unsupported) {
		t.Errorf("%v", err)
	}
}

// A password that one host refused is shown to no other: directories lock accounts.
func TestDiscoverShowsARefusedPasswordOnce(t *testing.T) {
	w := &web{answers: map[string]func(*http.Request) (int, string, string){
		"hq.example/autodiscover/autodiscover.xml":              always(401, "text/html", ""),
		"autodiscover.hq.example/autodiscover/autodiscover.xml": always(401, "text/html", ""),
	}}
	_, err := discover(t, w)
	if !providers.Is(err, providers.SignedOut) || len(w.signed) != 1 {
		t.Errorf("%v; shown to %v", err, w.signed)
	}
}

// F-129, S-09: an answer that names a server of another domain is not believed, and what a
// circle and a foreign host are is told apart.
func TestDiscoverBelievesNoForeignServer(t *testing.T) {
	foreign := always(200, "application/json", `{"Protocol":"EWS","Url":"https://mail.evil.example/EWS/Exchange.asmx"}`)
	circle := always(302, "https://hq.example/autodiscover/autodiscover.json", "")
	for name, c := range map[string]struct {
		answer func(*http.Request) (int, string, string)
		cause  providers.Cause
	}{
		"an answer": {foreign, providers.CauseDiscoveryForeign}, "a circle": {circle, providers.CauseDiscoveryLoop},
		"a redirect": {always(302, "https://evil.example/autodiscover/autodiscover.json", ""), providers.CauseDiscoveryForeign},
	} {
		w := &web{answers: map[string]func(*http.Request) (int, string, string){"hq.example/autodiscover/autodiscover.json": c.answer}}
		found, err := discover(t, w)
		if providers.CauseOf(err) != c.cause || found.URL != "" || len(w.asked) > 12 {
			t.Errorf("%s: %v, %+v after %d requests", name, err, found, len(w.asked))
		}
	}
}
