package graph

import (
	"strings"

	"roomdesk/providers"
)

// codeClass sorts the service's error codes where the code says more than the
// HTTP status. Keys are in lower case. Sources: Microsoft Graph's error
// reference, Exchange's ResponseCode enumeration, and public threads of people
// who met them.
var codeClass = map[string]providers.Class{
	"applicationthrottled":        providers.Throttled,
	"toomanyrequests":             providers.Throttled,
	"activitylimitreached":        providers.Throttled,
	"mailboxconcurrency":          providers.Throttled,
	"errorserverbusy":             providers.Throttled,
	"serverbusy":                  providers.Throttled,
	"errortoomanyobjectsopened":   providers.Throttled,
	"quotalimitreached":           providers.Throttled,
	"requestthrottled":            providers.Throttled,
	"request_throttledtemporary":  providers.Throttled,
	"request_throttled":           providers.Throttled,
	"throttledrequest":            providers.Throttled,
	"resourceunitlimitexceeded":   providers.Throttled,
	"errormailboxstorethrottled":  providers.Throttled,
	"errorclientconcurrencyquota": providers.Throttled,

	"errorinternalservererror":          providers.Transient,
	"errorinternalservertransienterror": providers.Transient,
	"errortimeoutexpired":               providers.Transient,
	"mailboxstoreunavailable":           providers.Transient,
	"errormailboxstoreunavailable":      providers.Transient,
	"mailboxinfostale":                  providers.Transient,
	"errormailboxmoveinprogress":        providers.Transient,
	"mailboxmoveinprogress":             providers.Transient,
	"unknownerror":                      providers.Transient,
	"generalexception":                  providers.Transient,
	"serviceunavailable":                providers.Transient,
	"servicenotavailable":               providers.Transient,

	"syncstatenotfound":         providers.Resync,
	"syncstateinvalid":          providers.Resync,
	"errorinvalidsyncstate":     providers.Resync,
	"errorinvalidsyncstatedata": providers.Resync,
	"resyncrequired":            providers.Resync,
	"fullsyncrequired":          providers.Resync,
	"invaliddeltatoken":         providers.Resync,
	"errorsyncfoldernotfound":   providers.Resync,

	"invalidauthenticationtoken":     providers.SignedOut,
	"authenticationerror":            providers.SignedOut,
	"authorization_identitynotfound": providers.SignedOut,

	"erroraccessdenied":                         providers.NotAllowed,
	"accessdenied":                              providers.NotAllowed,
	"accessrestricted":                          providers.NotAllowed,
	"authorization_requestdenied":               providers.NotAllowed,
	"errorinsufficientpermissionsinaccesstoken": providers.NotAllowed,
	"errornofreebusyaccess":                     providers.NotAllowed,

	"mailboxnotenabledforrestapi":        providers.NoMailbox,
	"mailboxnotsupportedforrestapi":      providers.NoMailbox,
	"mailboxnothostedinexchangeonline":   providers.NoMailbox,
	"resourcenotfound":                   providers.NoMailbox,
	"request_resourcenotfound":           providers.NoMailbox,
	"errorinvaliduser":                   providers.NoMailbox,
	"errornonexistentmailbox":            providers.NoMailbox,
	"errormailrecipientnotfound":         providers.NoMailbox,
	"errorinvalidsmtpaddress":            providers.NoMailbox,
	"errormissingemailaddress":           providers.NoMailbox,
	"extensionerror":                     providers.NoMailbox,
	"errorrecipientnotinorganization":    providers.NoMailbox,
	"errormailboxisnotpartofaggregation": providers.NoMailbox,

	"erroritemnotfound": providers.Gone,
	"itemnotfound":      providers.Gone,
	"placenotfound":     providers.Gone,

	"errorirresolvableconflict":   providers.Conflict,
	"errorchangekeyrequired":      providers.Conflict,
	"errorduplicatetransactionid": providers.Conflict,
	"namealreadyexists":           providers.Conflict,

	"errorquotaexceeded":              providers.Permanent,
	"errorinvalidrecipients":          providers.Permanent,
	"errorcorruptdata":                providers.Permanent,
	"errorpropertyvalidationfailure":  providers.Permanent,
	"errorinvalidpropertyset":         providers.Permanent,
	"errorinvalidrequest":             providers.Permanent,
	"errorinvalidtimezone":            providers.Permanent,
	"erroroccurrencecrossingboundary": providers.Permanent,
	"errorinvalididmalformed":         providers.Permanent,
	"errorinvalidid":                  providers.Permanent,
}

// classify sorts a refusal by status and code. object says that the request
// named one object: a bare 404 then means that the object is gone, and otherwise
// that the mailbox is not there.
func classify(status int, code string, object bool) providers.Class {
	lower := strings.ToLower(code)
	switch {
	case status == 429:
		return providers.Throttled
	case status == 401:
		return providers.SignedOut
	case status == 407:
		return providers.Unreachable
	case status >= 300 && status < 400, status == 511:
		return providers.Foreign
	}
	if class, ok := codeClass[lower]; ok {
		return class
	}
	if strings.HasPrefix(lower, "errorexceeded") {
		return providers.Throttled
	}
	switch status {
	case 403:
		return providers.NotAllowed
	case 404:
		if object {
			return providers.Gone
		}
		return providers.NoMailbox
	case 408, 421, 425, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524, 529:
		return providers.Transient
	case 409, 412:
		return providers.Conflict
	case 410:
		return providers.Resync
	}
	return providers.Permanent
}

// throttleScope says what a throttling answer applies to. The documented header
// names it for the directory; for mailboxes only the code and its fixed second
// word do.
func throttleScope(code, message, header string, mailbox providers.Address) providers.Scope {
	switch {
	case mailbox == "", strings.Contains(strings.ToLower(header), "application"):
		return providers.ScopeApp
	case strings.EqualFold(code, "ApplicationThrottled") && !strings.Contains(message, "MailboxConcurrency"):
		return providers.ScopeApp
	}
	return providers.ScopeMailbox
}

// plainCode keeps a code that is a plain word and drops anything else.
func plainCode(code string) string {
	if len(code) == 0 || len(code) > 64 {
		return ""
	}
	for i := range len(code) {
		c := code[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			return ""
		}
	}
	return code
}

// advise says what to do about a refusal where that depends on the request.
func advise(class providers.Class, code, permission string) string {
	switch {
	case class == providers.NotAllowed && permission != "":
		return "grant the application permission " + permission + " with admin consent, or include the mailbox in the application's access policy or role scope"
	case strings.EqualFold(code, "MailboxNotHostedInExchangeOnline"), strings.EqualFold(code, "MailboxNotSupportedForRESTAPI"), strings.EqualFold(code, "extensionError"):
		return "the mailbox is kept on premises: it needs an Exchange connection"
	case strings.EqualFold(code, "ErrorQuotaExceeded"):
		return "the mailbox is full: free space in it, then repeat"
	}
	return ""
}
