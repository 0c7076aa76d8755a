package doctor

import (
	"errors"
	"net/http"

	"roomdesk/providers"
)

// Places where values are changed, as their portals call them.
const (
	atRegistration = "entra.microsoft.com > App registrations > your application"
	atOverview     = atRegistration + " > Overview"
	atSecrets      = atRegistration + " > Certificates & secrets"
	atPermissions  = atRegistration + " > API permissions"
	atEnterprise   = "entra.microsoft.com > Enterprise applications > your application"
	atLicences     = "admin.microsoft.com > Users > Active users > the person > Licenses and apps"
	atExchange     = "Exchange Online PowerShell"
	atMachine      = "on this machine"
	atNetwork      = "in your network"
	atConfig       = "in roomdesk's configuration"
)

// fill adds what the service said of itself, for its support and for the curious.
func fill(t providers.Trouble, err error) providers.Trouble {
	var known *providers.Error
	if !errors.As(err, &known) {
		if t.Class == "" {
			t.Class = providers.ClassOf(err)
		}
		return t
	}
	if t.Class == "" {
		t.Class = known.Class
	}
	t.Code, t.Status, t.RequestID, t.Raw = known.Code, known.Status, known.RequestID, known.Message
	if t.Mailbox == "" {
		t.Mailbox = known.Mailbox
	}
	if t.Hint == "" {
		t.Hint = known.Advice
	}
	return t
}

// unknown shows trouble as it came.
func unknown(err error) outcome {
	return failed(fill(providers.Trouble{What: "not known here, as it came: " + providers.Sanitise(err.Error()), Unknown: true, Doc: "unknown"}, err))
}

// common sorts what may happen to any request, whatever it asks for. False: it is
// an answer to this very request.
func (e *examination) common(err error) (outcome, bool) {
	var known *providers.Error
	if !errors.As(err, &known) {
		return unknown(err), true
	}
	switch known.Class {
	case providers.Throttled:
		t := providers.Trouble{Mistake: 19, Doc: "19", What: "nothing is wrong: the service asked to wait", Change: "try again later"}
		if known.RetryAfter > 0 {
			t.Again = e.Now().Add(known.RetryAfter)
			t.What += " for " + providers.Age(known.RetryAfter)
			t.Change = "try again in " + providers.Age(known.RetryAfter)
		}
		return waiting(fill(t, err)), true
	case providers.Transient:
		return waiting(fill(providers.Trouble{Doc: "unknown", What: "the service has trouble of its own just now: " + providers.Sanitise(err.Error()), Change: "try again in a few minutes"}, err)), true
	case providers.Unreachable, providers.UntrustedHost, providers.Foreign:
		t := providers.Trouble{Doc: "network", What: providers.Sanitise(err.Error()), Where: atNetwork, Change: known.Advice, Unknown: known.Advice == ""}
		if t.Change == "" {
			t.Where = ""
		}
		return failed(fill(t, err)), true
	case providers.SignedOut:
		return failed(fill(providers.Trouble{Doc: "unknown", What: "the token is not accepted although sign-in gave it: " + providers.Sanitise(err.Error()), Unknown: true}, err)), true
	case providers.Cancelled, providers.Local, providers.Permanent, providers.Conflict, providers.Resync, providers.Unsupported:
		return unknown(err), true
	case providers.NotAllowed, providers.NoMailbox, providers.Gone:
	}
	return outcome{}, false
}

// refused reports a 403: by its status, not by its code.
func refused(err error) bool {
	var e *providers.Error
	return errors.As(err, &e) && (e.Status == http.StatusForbidden || e.Class == providers.NotAllowed)
}

// absent reports a 404.
func absent(err error) bool {
	var e *providers.Error
	return errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Class == providers.NoMailbox || e.Class == providers.Gone)
}
