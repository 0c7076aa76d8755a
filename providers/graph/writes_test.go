package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// objectsOver is an Objects whose create posts a body as the SDK does: chunked.
type objectsOver struct {
	Objects
	a     Authorised
	panic bool
}

func (o objectsOver) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	if o.panic {
		panic("a nil item in the answer")
	}
	body := struct{ *strings.Reader }{strings.NewReader(`{"transactionId":"` + draft.TransactionID + `"}`)}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.a.BaseURL+"/users/"+string(draft.Organizer)+"/events", body)
	if err != nil {
		return providers.Event{}, err
	}
	resp, err := o.a.Client.Do(req)
	if err != nil {
		return providers.Event{}, fmt.Errorf("wrapped: %w", err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("WWW-Authenticate") != "" {
		return providers.Event{}, errors.New("a challenge reached the SDK")
	}
	return providers.Event{ID: "made"}, nil
}

func writer(n *tenant, panics bool) *Provider {
	config := n.config()
	config.Objects = func(a Authorised) Objects { return objectsOver{a: a, panic: panics} }
	return connect(n.t, config)
}

var testDraft = providers.EventDraft{TransactionID: "T-1", Organizer: adele, Start: day(20, 9), End: day(20, 10), Room: aalto}

// F-041: a create that may have happened is not sent again by itself.
func TestCreateIsSentOnce(t *testing.T) {
	for name, c := range map[string]struct {
		fail  http.HandlerFunc
		class providers.Class
		seen  int
	}{
		"504":   {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(504) }, providers.Transient, 1},
		"503":   {func(w http.ResponseWriter, r *http.Request) { sendError(w, 503, "MailboxStoreUnavailable") }, providers.Transient, 1},
		"reset": {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, providers.Transient, 1},
		"cut 201": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "99")
			w.WriteHeader(201)
			w.Write([]byte("{"))
			panic(http.ErrAbortHandler)
		}, providers.Transient, 1},
		"HTML 200": {func(w http.ResponseWriter, r *http.Request) { sendText(w, 200, "text/html", "x") }, providers.Foreign, 1},
		"400":      {func(w http.ResponseWriter, r *http.Request) { sendError(w, 400, "ErrorInvalidRecipients") }, providers.Permanent, 1},
		"throttled": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "900")
			sendError(w, 429, "TooManyRequests")
		}, providers.Throttled, 1},
		"no access": {func(w http.ResponseWriter, r *http.Request) { sendError(w, 403, "ErrorAccessDenied") }, providers.NotAllowed, 1},
		"signed out": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", "Bearer claims")
			sendError(w, 401, "InvalidAuthenticationToken")
		}, providers.SignedOut, 2},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, c.fail)
			n.Config.ErrorLog = quietLog()
			_, err := writer(n, false).CreateEvent(t.Context(), testDraft)
			e := wantError(t, err, c.class)
			if n.seen() != c.seen || e.Op != creatingEvent || e.Mailbox != adele {
				t.Errorf("%v after %d requests", e, n.seen())
			}
		})
	}
}

func TestCreateIsRepeatedWhereItWasRefused(t *testing.T) {
	n := newTenant(t, nil)
	n.Config.Handler = wrapGraph(n, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.ContentLength <= 0:
			t.Error("the body is sent in chunks")
		case n.seen() == 1:
			w.Header().Set("Retry-After", "1")
			sendError(w, 429, "TooManyRequests")
		case n.seen() == 2:
			sendError(w, 401, "InvalidAuthenticationToken")
		default:
			sendJSON(w, 201, map[string]any{"id": "made"})
		}
	})
	e, err := writer(n, false).CreateEvent(t.Context(), testDraft)
	if err != nil || e.ID != "made" || n.seen() != 3 {
		t.Fatalf("%v after %d requests", err, n.seen())
	}
	for i := range 3 {
		if r, body := n.request(i); body != `{"transactionId":"T-1"}` || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("request %d: %q", i, body)
		}
	}
}

func TestCreateWithAUsedTransactionIDGivesTheEvent(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			sendError(w, 409, "ErrorDuplicateTransactionId")
			return
		}
		there := rawEvent("there", "x", 9)
		there["transactionId"] = "T-1"
		sendJSON(w, 200, map[string]any{"value": []any{there}})
	})
	if e, err := writer(n, false).CreateEvent(t.Context(), testDraft); err != nil || e.ID != "there" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestWritesNeedWhatTheyNeed(t *testing.T) {
	n := newTenant(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for _, spoil := range []func(*providers.EventDraft){
		func(d *providers.EventDraft) { d.TransactionID = "" }, func(d *providers.EventDraft) { d.Organizer = "" },
		func(d *providers.EventDraft) { d.Start = time.Time{} }, func(d *providers.EventDraft) { d.End = d.Start },
	} {
		draft := testDraft
		spoil(&draft)
		_, err := writer(n, false).CreateEvent(t.Context(), draft)
		wantClass(t, err, providers.Permanent)
	}
	_, err := n.provider().CreateEvent(t.Context(), testDraft)
	wantClass(t, err, providers.Unsupported)
	wantClass(t, n.provider().CancelEvent(t.Context(), adele, "1", ""), providers.Unsupported)
	for _, id := range []string{"", ".", ".."} {
		_, err := n.provider().Event(t.Context(), adele, id)
		wantClass(t, err, providers.Permanent)
	}
}

func TestPanicOfTheSDKIsAnError(t *testing.T) {
	n := newTenant(t, func(http.ResponseWriter, *http.Request) {})
	_, err := writer(n, true).CreateEvent(t.Context(), testDraft)
	wantClass(t, err, providers.Foreign)
}

func TestAuthorisedClientRefusesOtherHosts(t *testing.T) {
	evil := newTenant(t, func(http.ResponseWriter, *http.Request) { t.Error("the foreign host was asked") })
	n := newTenant(t, organizationAnswer)
	p := n.provider()
	for _, url := range []string{evil.URL + "/v1.0/x", n.URL + "/beta/x", strings.Replace(n.URL, "https", "http", 1) + "/v1.0/x"} {
		response, err := p.engine.client().Get(url)
		if err == nil {
			response.Body.Close()
		}
		wantClass(t, err, providers.Foreign)
	}
}
