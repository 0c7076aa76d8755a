package graph

import (
	"net/http"

	"roomdesk/providers"
)

// movedTo is where a refusal sends its reader.
type movedTo struct{ location string }

func (m *movedTo) Error() string { return "the service names another address" }

// challenge is a refusal of the token, with the claims that a new one needs.
type challenge struct{ claims string }

func (c *challenge) Error() string { return "the token was not accepted" }

// refusal sorts an answer that is no success. text is the start of its body.
func (e *engine) refusal(resp *http.Response, text []byte, c call) *providers.Error {
	failure := &providers.Error{Status: resp.StatusCode, RequestID: requestID(resp.Header)}
	var refused struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	said := isJSON(resp.Header) && decode(text, &refused) == nil && refused.Error.Code != ""
	failure.Code = plainCode(refused.Error.Code)
	failure.Message = providers.Outside(e.tokens.redact(refused.Error.Message))
	failure.Class = classify(resp.StatusCode, refused.Error.Code, c.object)
	if !said && len(text) > 0 && !isJSON(resp.Header) && unlikely(failure.Class, resp) {
		foreign := notOurs(resp.Header)
		failure.Class, failure.Message, failure.Advice = foreign.Class, foreign.Message, foreign.Advice
		return failure
	}
	if pause, ok := retryAfter(resp.Header, e.now()); ok {
		failure.RetryAfter = pause
	}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		failure.Message = providers.Outside("the answer leads elsewhere, which the service never does; nothing was followed")
		failure.Advice = "a network sign-in page or a proxy may stand between: open a browser and sign in to the network"
		return failure
	case failure.Class == providers.Throttled:
		failure.Scope = throttleScope(refused.Error.Code, refused.Error.Message, resp.Header.Get("x-ms-throttle-scope"), c.mailbox)
	case resp.StatusCode == http.StatusUnauthorized:
		failure.Err = &challenge{claims: claimsOf(resp.Header)}
		failure.Advice = "the token was refused although sign-in works: check the application's permissions and the Graph URL"
	case failure.Class == providers.Resync:
		if location := resp.Header.Get("Location"); location != "" {
			failure.Err = &movedTo{location}
		}
	}
	if advice := advise(failure.Class, refused.Error.Code, c.permission); advice != "" {
		failure.Advice = advice
	}
	if e.tokens.person != nil {
		e.advisePerson(failure, c)
	}
	return failure
}

// advisePerson says what a person can do, who has other means than an application.
func (e *engine) advisePerson(failure *providers.Error, c call) {
	switch {
	case failure.Class == providers.NotAllowed && c.mailbox != "":
		failure.Advice = "this calendar is not shared with you, or only its free/busy is: ask its owner, or for a room an administrator, to share it with you"
	case failure.Class == providers.NotAllowed && c.permission != "":
		failure.Advice = "an administrator has to grant the delegated permission " + c.permission + " to the application with which you sign in"
	case failure.Status == http.StatusUnauthorized:
		failure.Advice = signInAgain
	}
}

// unlikely reports whether a refusal without JSON does not look like the
// service's own. Gateways before the service answer 5xx and 429 in HTML or
// without a body; permissions and lacking objects are always told in JSON.
func unlikely(class providers.Class, resp *http.Response) bool {
	switch class {
	case providers.Throttled, providers.Transient, providers.Unreachable:
		return false
	case providers.SignedOut:
		return resp.Header.Get("WWW-Authenticate") == ""
	}
	return true
}
