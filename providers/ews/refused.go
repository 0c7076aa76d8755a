package ews

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
)

// isOnlineService reports whether the connection is one to Exchange Online: by the host,
// or by the resource that its tokens are for.
func (c Config) isOnlineService(host string) bool {
	if IsOnline(host) {
		return true
	}
	audience, err := url.Parse(c.Audience)
	return err == nil && IsOnline(audience.Hostname())
}

// causeOf names what a response code says more exactly than its class.
func causeOf(code string) providers.Cause {
	switch code {
	case "ErrorImpersonateUserDenied", "ErrorImpersonationDenied", "ErrorImpersonationFailed":
		return providers.CauseImpersonationMissing
	}
	return ""
}

// diagnostics reads the machine's word of x-ms-diagnostics: error_category. What it says
// in words is not relied upon.
func diagnostics(header http.Header) string {
	const mark = `error_category="`
	all := strings.Join(header.Values("X-Ms-Diagnostics"), ";")
	if i := strings.Index(all, mark); i >= 0 {
		word, _, _ := strings.Cut(all[i+len(mark):], `"`)
		return word
	}
	return ""
}

// said is what a refusal says in words, for display only. A web page says nothing.
func said(header http.Header, text []byte) providers.Untrusted {
	kind := strings.ToLower(header.Get("Content-Type"))
	text = bytes.TrimSpace(text)
	if len(text) == 0 || len(text) > 500 || strings.Contains(kind, "html") || bytes.ContainsAny(text, "<>{}") {
		return providers.Outside("")
	}
	return providers.Outside(string(text))
}

// forbidden sorts HTTP 403 by what is known: the machine's word where there is one, which
// service it is, and the date. How Exchange Online words the refusal is not documented,
// so its text only chooses between two sentences of which each leads to the right place.
func (e *engine) forbidden(failure *providers.Error, header http.Header, text []byte) {
	failure.Message = said(header, text)
	now := e.now()
	if served := e.served.Load(); served != nil {
		now = *served
	}
	lower := strings.ToLower(string(text))
	switch {
	case diagnostics(header) == "invalid_grant":
		failure.Cause = providers.CauseTokenRole
	case !e.online:
		failure.Cause = providers.CauseEWSRefused
	case !now.Before(providers.EWSEnd()):
		failure.Class, failure.Cause = providers.Unsupported, providers.CauseEWSEnded
	case strings.Contains(lower, "allowed application") || strings.Contains(lower, "allow list") || strings.Contains(lower, "ewsallowedappids"):
		failure.Class, failure.Cause = providers.Unsupported, providers.CauseEWSAppNotAllowed
	default:
		failure.Class, failure.Cause = providers.Unsupported, providers.CauseEWSOff
	}
}

// unauthorized says why a sign-in was refused, by the ways of signing in that the server
// names, and by what is known of the token. host is the server's.
func unauthorized(failure *providers.Error, header http.Header, config Config, online bool, token, host string) {
	offers := strings.ToLower(strings.Join(header.Values("WWW-Authenticate"), ","))
	ntlm := strings.Contains(offers, "ntlm") || strings.Contains(offers, "negotiate")
	other := func(message, advice string) {
		failure.Cause, failure.Message, failure.Advice = providers.CauseSignInWay, providers.Outside(message), advice
	}
	switch {
	case config.Token != nil && !strings.Contains(offers, "bearer"):
		other("the server takes no OAuth tokens", "switch on modern authentication for the server, or connect with user and password")
	case config.Token != nil && (diagnostics(header) == "invalid_resource" || foreignAudience(token, host)):
		failure.Cause = providers.CauseTokenAudience
	case config.Token != nil:
		failure.Message = providers.Outside("the server does not accept the token")
		failure.Advice = "check the application's permission for Exchange, its tenant, and --audience: the resource that its tokens are for"
	case config.Basic && !strings.Contains(offers, "basic"):
		other("the server does not offer Basic", "connect without --basic, or switch Basic on for the EWS virtual directory")
	case !config.Basic && !ntlm && strings.Contains(offers, "basic"):
		other("the server offers only Basic, which sends the password itself", "allow NTLM on the EWS virtual directory, or choose --basic")
	case !config.Basic && !ntlm && online:
		other("Exchange Online takes OAuth only", "connect with --oauth, or the tenant with Graph: roomdesk connect graph")
	case !config.Basic && !ntlm:
		other("the server does not offer NTLM", "allow NTLM on the EWS virtual directory, or connect with OAuth")
	case !config.Basic:
		failure.Cause = providers.CausePasswordRefused
		failure.Advice = "check both (DOMAIN\\user or user@domain). Where they are right, something between here and the server may end TLS, which Extended Protection refuses"
	default:
		failure.Cause = providers.CausePasswordRefused
	}
}

// foreignAudience reports whether a token says itself that it is for another resource
// than this server.
func foreignAudience(token, host string) bool {
	audience := audienceOf(token)
	if audience == "" {
		return false
	}
	u, err := url.Parse(audience)
	if err != nil || u.Hostname() == "" {
		return !strings.EqualFold(audience, exchangeApp)
	}
	return !IsOnline(u.Hostname()) && !strings.EqualFold(u.Hostname(), host)
}

// exchangeApp is the application id of Office 365 Exchange Online.
const exchangeApp = "00000002-0000-0ff1-ce00-000000000000"

// audienceOf reads a token's audience; "" where it tells none. Nothing is decided by it
// but the words of a refusal that has happened.
func audienceOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Audience string `json:"aud"`
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return ""
	}
	return claims.Audience
}

// readRefusal reads the little that a refusal says.
func readRefusal(r io.Reader) []byte {
	text, _ := io.ReadAll(io.LimitReader(r, refusalLimit)) // what came is enough
	return text
}

// OnlineNotice says how long Exchange Online still answers Exchange Web Services; "" of
// any other service.
func OnlineNotice(now time.Time) string {
	left := providers.EWSDaysLeft(now)
	switch {
	case !now.Before(providers.EWSEnd()):
		return "Exchange Online has ended Exchange Web Services on " + providers.EWSEnd().Format(time.DateOnly)
	case left == 0:
		return "Exchange Online ends Exchange Web Services within a day"
	case left == 1:
		return "Exchange Online ends Exchange Web Services on " + providers.EWSEnd().Format(time.DateOnly) + ": 1 day is left"
	}
	return "Exchange Online ends Exchange Web Services on " + providers.EWSEnd().Format(time.DateOnly) + ": " + strconv.Itoa(left) + " days are left"
}
