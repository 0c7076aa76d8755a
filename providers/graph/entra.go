package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	// entraTries bounds one request to the sign-in service.
	entraTries = 4
	// entraLimit bounds its answers: discovery documents take 2 kB, tokens 3 kB.
	entraLimit = 1 << 20
)

// entraClient is the HTTP client that MSAL uses. It sends to the sign-in hosts of
// the connection's cloud only, since MSAL does not check which host the discovery
// document names; it tries again, which MSAL does not; and it turns every
// refusal into a *providers.Error, so that no text of MSAL, which may quote
// whole answers, has to be shown.
type entraClient struct {
	http  *http.Client
	roots roots
	wait  func(context.Context, time.Duration) error
	rand  func() float64
	now   func() time.Time

	mu      sync.Mutex
	secrets []string
	poll    polling
}

// noted carries a failure past MSAL, which does not wrap every one.
type noted struct{ err error }

type notedKey struct{}

// redact remembers a secret that must not appear in any message; of many the last
// ones.
func (c *entraClient) redact(secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if secret == "" || slices.Contains(c.secrets, secret) {
		return
	}
	const most = 8
	c.secrets = append(c.secrets[max(0, len(c.secrets)-most+1):], secret)
}

// CloseIdleConnections is a part of MSAL's client interface.
func (c *entraClient) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Do sends one request of MSAL.
func (c *entraClient) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.do(req)
	if err != nil {
		if n, ok := req.Context().Value(notedKey{}).(*noted); ok {
			n.err = err
		}
		return nil, err
	}
	return resp, nil
}

func (c *entraClient) do(req *http.Request) (*http.Response, error) {
	if err := c.checkURL(req.URL); err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	poll := isPoll(req)
	for attempt := 1; ; attempt++ {
		if poll {
			if err := c.hold(req); err != nil {
				return nil, err
			}
		}
		resp, err := c.try(req)
		if err == nil {
			return resp, nil
		}
		pause, again := c.pause(err, attempt, poll)
		if !again {
			return nil, err
		}
		if deadline, ok := req.Context().Deadline(); ok && c.now().Add(pause).After(deadline) {
			return nil, err
		}
		if c.wait(req.Context(), pause) != nil {
			return nil, err
		}
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// pause says how long to wait before another try, if another is of use. A person who
// is about to sign in elsewhere is waited for as long as the code holds, also while
// this machine has no network.
func (c *entraClient) pause(err error, attempt int, poll bool) (time.Duration, bool) {
	var e *providers.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	switch {
	case poll && e.Class == providers.Unreachable:
	case attempt >= entraTries && !poll, e.Class != providers.Throttled && e.Class != providers.Transient:
		return 0, false
	}
	return max(e.RetryAfter, backoff(attempt, 500*time.Millisecond, 8*time.Second, c.rand)), true
}

// checkURL refuses what is none of the connection's sign-in hosts.
func (c *entraClient) checkURL(u *url.URL) error {
	host := u.Host
	if u.Scheme == "https" && u.User == nil && withPort(u) == withPort(c.roots.authority) {
		return nil
	}
	for _, alias := range c.roots.aliases {
		if u.Scheme == "https" && u.User == nil && host == alias {
			return nil
		}
	}
	return &providers.Error{Class: providers.Foreign, Op: signingIn,
		Message: providers.Outside("the sign-in service names another host (" + host + ") for tokens, so no credential was sent"),
		Advice:  "check the authority URL and the cloud; a proxy may be rewriting answers"}
}

// try makes one attempt. An answer of 200 is returned with its body read.
func (c *entraClient) try(req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		e := transportError(req.Context(), err)
		e.Op = signingIn
		return nil, e
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, entraLimit+1))
	if err != nil {
		e := transportError(req.Context(), err)
		e.Op = signingIn
		return nil, e
	}
	if c.heard(req, resp, text) {
		return resp, nil // MSAL knows what to make of it
	}
	if resp.StatusCode == http.StatusOK && isJSON(resp.Header) && len(text) <= entraLimit {
		resp.Body = io.NopCloser(bytes.NewReader(text))
		return resp, nil
	}
	failure := c.refusal(resp, text)
	if failure.Class == providers.Transient && failure.Advice == "" {
		failure.Advice = "the sign-in service has trouble, and without it nothing can be read: nothing to do, it is tried again"
	}
	return nil, failure
}

// refusal sorts an answer that is no success.
func (c *entraClient) refusal(resp *http.Response, text []byte) *providers.Error {
	e := &providers.Error{Op: signingIn, Status: resp.StatusCode, RequestID: resp.Header.Get("x-ms-request-id")}
	pause, said := retryAfter(resp.Header, c.now())
	if said {
		e.RetryAfter = pause
	}
	switch {
	case len(text) > entraLimit:
		e.Class, e.Message = providers.Foreign, errTooBig.Message
		return e
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Class, e.Scope = providers.Throttled, providers.ScopeApp
		return e
	case resp.StatusCode >= 500 && resp.StatusCode != 511:
		e.Class = providers.Transient
	case !isJSON(resp.Header):
		foreign := notOurs(resp.Header)
		e.Class, e.Message, e.Advice = foreign.Class, foreign.Message, foreign.Advice
		return e
	default:
		e.Class = providers.SignedOut
	}
	var answer struct {
		Error       string  `json:"error"`
		Description string  `json:"error_description"`
		Codes       []int64 `json:"error_codes"`
		TraceID     string  `json:"trace_id"`
	}
	if !isJSON(resp.Header) || decode(text, &answer) != nil || answer.Error == "" {
		if e.Class == providers.SignedOut {
			e.Class = providers.Foreign
			e.Message = providers.Outside("the answer is not one of a sign-in service")
		}
		return e
	}
	if answer.TraceID != "" {
		e.RequestID = answer.TraceID
	}
	if answer.Error == "temporarily_unavailable" || answer.Error == "server_error" {
		e.Class = providers.Transient
	}
	first, _, _ := strings.Cut(answer.Description, "\n")
	first, _, _ = strings.Cut(first, " Trace ID:")
	e.Message = providers.Outside(c.withoutSecret(strings.TrimSpace(first)))
	e.Code = plainCode(answer.Error)
	if len(answer.Codes) > 0 {
		e.Code = "AADSTS" + strconv.FormatInt(answer.Codes[0], 10)
		e.Advice = entraAdvice(answer.Codes[0])
	}
	return e
}

func (c *entraClient) withoutSecret(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return text
}

// signInError sorts what MSAL returned. found is what the HTTP client saw.
func signInError(ctx context.Context, err, found error) error {
	var e *providers.Error
	if errors.As(err, &e) || errors.As(found, &e) {
		return e
	}
	if ctx.Err() != nil {
		e = transportError(ctx, ctx.Err())
		e.Op = signingIn
		return e
	}
	e = &providers.Error{Class: providers.Foreign, Op: signingIn,
		Message: providers.Outside("the answer is not one of a sign-in service")}
	if strings.Contains(err.Error(), "issuer") {
		e.Message = providers.Outside("the sign-in service says that it is another one than the authority asked")
		e.Advice = "check the authority URL, the tenant and the cloud"
	}
	return e
}

// entraAdvice says in plain words what a code of the sign-in service means and
// what to do. Microsoft asks not to decide by these numbers, so nothing does.
func entraAdvice(code int64) string {
	switch code {
	case 7000215:
		return "the client secret is wrong: copy the secret's Value (not its Secret ID) from Certificates & secrets, or make a new secret"
	case 7000222:
		return "the client secret has expired: make a new one under Certificates & secrets and connect again"
	case 700016, 700011:
		return "no such application in this tenant: check the client ID and the tenant, and that an administrator consented there"
	case 70001, 7000112, 7000116:
		return "the application is disabled in the tenant: an administrator has to enable it under Enterprise applications"
	case 70002, 7000218:
		return "the application's credential was not accepted: check client ID and client secret"
	case 90002:
		return "the tenant was not found: check the tenant ID or domain, and the cloud"
	case 900021, 900023, 50059:
		return "the tenant is not a valid ID or domain: use the Directory (tenant) ID from the app registration's overview"
	case 9001023:
		return "give a concrete tenant, not \"common\" or \"consumers\""
	case 900382:
		return "the tenant belongs to another cloud: choose it with --cloud"
	case 500011:
		return "the tenant does not know this Graph root: check the cloud or the Graph URL"
	case 70011, 1002012:
		return "the scope is not valid for this cloud: check the cloud or the Graph URL"
	case 65004:
		return "the sign-in was declined: begin again, and choose Continue in the browser"
	case 70018:
		return "the code is not the one that was shown: begin again for a new one"
	case 70019, 70020:
		return "the code expired before anybody entered it: begin again for a new one"
	case 70008, 70043, 700082, 700084, 50173, 50078:
		return "the sign-in that was kept has ended: sign in again"
	case 65001, 650056, 650057:
		return "the permissions lack an administrator's consent: grant it under API permissions"
	case 700027, 50012, 700030:
		return "the certificate is not the one registered with the application, or it has expired: upload its public half"
	case 700024, 50027:
		return "the sign-in was outside of its valid time: check this machine's clock"
	case 700025:
		return "the application is registered as a public client and must not send a secret: register a confidential one"
	case 50034, 50020:
		return "the account is not one of this tenant"
	case 50053, 50055, 50057:
		return "the account is locked, disabled or its password has expired: an administrator has to look at it"
	case 50076, 50079, 50158, 53003:
		return "a conditional access policy of the tenant blocks the sign-in: an administrator has to look at the sign-in log"
	case 90033, 50033, 90006:
		return "the sign-in service had trouble: it is tried again"
	case 50196:
		return "the sign-in service saw too many sign-ins at once: wait some minutes"
	}
	if code >= 53000 && code <= 53011 || code/100 == 5300 {
		return "a device or risk policy of the tenant blocks the sign-in: an administrator has to look at the sign-in log"
	}
	return ""
}
