package ews

import (
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
)

// maxPause bounds what the service may ask to wait.
const maxPause = time.Hour

// faultError sorts a SOAP fault. Where its parts are varies; the response code comes
// first, the local part of the fault code second.
func faultError(fault *node, status int) *providers.Error {
	code := plainCode(textOf(fault.find("ResponseCode")))
	if code == "" {
		_, local, found := strings.Cut(fault.value("faultcode"), ":")
		if !found {
			local = fault.value("faultcode")
		}
		code = plainCode(local)
	}
	message := textOf(fault.find("Message"))
	if message == "" {
		message = fault.value("faultstring")
	}
	class := classify(code, status)
	if code == "Client" || code == "Server" || code == "VersionMismatch" || code == "MustUnderstand" {
		class = providers.Permanent
		if code == "Server" {
			class = providers.Transient
		}
	}
	return &providers.Error{Class: class, Cause: causeOf(code), Status: status, Code: code, Message: providers.Outside(strings.TrimSpace(message)),
		RetryAfter: backOff(fault), Scope: scopeOf(class), Advice: advise(code)}
}

// messageError is the failure that a response message tells; nil where it tells none.
// A warning is none.
func messageError(message *node) *providers.Error {
	if message == nil || message.attr("ResponseClass") != "Error" {
		return nil
	}
	code := plainCode(message.value("ResponseCode"))
	class := classify(code, 0)
	if code == "ErrorInternalServerError" && message.at("MessageXml") != nil && backOff(message) > 0 {
		class = providers.Throttled // ErrorServerBusy inside (EWS throttling in Exchange, table 4)
	}
	return &providers.Error{Class: class, Cause: causeOf(code), Status: 200, Code: code, Message: providers.Outside(strings.TrimSpace(message.value("MessageText"))),
		RetryAfter: backOff(message), Scope: scopeOf(class), Advice: advise(code)}
}

// scopeOf: a refusal for being too fast concerns the whole account.
func scopeOf(class providers.Class) providers.Scope {
	if class == providers.Throttled {
		return providers.ScopeApp
	}
	return ""
}

func textOf(n *node) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// backOff is the wait that is asked for: BackOffMilliseconds in MessageXml.
func backOff(n *node) time.Duration {
	box := n.find("MessageXml")
	if box == nil {
		return 0
	}
	for _, value := range box.children {
		if value.attr("Name") != "BackOffMilliseconds" {
			continue
		}
		if ms, err := strconv.ParseInt(strings.TrimSpace(value.text), 10, 64); err == nil && ms > 0 {
			return min(maxPause, time.Duration(min(ms, maxPause.Milliseconds()))*time.Millisecond)
		}
	}
	return 0
}
