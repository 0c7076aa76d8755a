package ews

import (
	"strings"

	"roomdesk/providers"
)

// codeClass sorts response codes. Texts of the service are localised and decide
// nothing.
var codeClass = map[string]providers.Class{
	"ErrorServerBusy":                                providers.Throttled,
	"ErrorTooManyObjectsOpened":                      providers.Throttled,
	"ErrorExceededConnectionCount":                   providers.Throttled,
	"ErrorExceededFindCountLimit":                    providers.Throttled,
	"ErrorMessagePerFolderCountReceiveQuotaExceeded": providers.Permanent,

	"ErrorTimeoutExpired":               providers.Transient,
	"ErrorInternalServerTransientError": providers.Transient,
	"ErrorInternalServerError":          providers.Transient,
	"ErrorMailboxStoreUnavailable":      providers.Transient,
	"ErrorMailboxMoveInProgress":        providers.Transient,
	"ErrorConnectionFailed":             providers.Transient,
	"ErrorInsufficientResources":        providers.Transient,
	"ErrorADUnavailable":                providers.Transient,
	"ErrorADOperation":                  providers.Transient,
	"ErrorBatchProcessingStopped":       providers.Transient,
	"ErrorFreeBusyGenerationFailed":     providers.Transient,
	"ErrorServiceDiscoveryFailed":       providers.Transient,
	"ErrorProxyRequestProcessingFailed": providers.Transient,

	"ErrorAccountDisabled":                        providers.SignedOut,
	"ErrorPasswordExpired":                        providers.SignedOut,
	"ErrorPasswordChangeRequired":                 providers.SignedOut,
	"ErrorTokenSerializationDenied":               providers.SignedOut,
	"ErrorInvalidExchangeImpersonationHeaderData": providers.NotAllowed,

	"ErrorAccessDenied":                             providers.NotAllowed,
	"ErrorImpersonateUserDenied":                    providers.NotAllowed,
	"ErrorImpersonationDenied":                      providers.NotAllowed,
	"ErrorImpersonationFailed":                      providers.NotAllowed,
	"ErrorNoFreeBusyAccess":                         providers.NotAllowed,
	"ErrorCreateItemAccessDenied":                   providers.NotAllowed,
	"ErrorProxyRequestNotAllowed":                   providers.NotAllowed,
	"ErrorDelegateNoUser":                           providers.NotAllowed,
	"ErrorMissingEmailAddress":                      providers.NotAllowed,
	"ErrorMailboxScopeNotAllowedWithoutQueryString": providers.NotAllowed,

	"ErrorNonExistentMailbox":      providers.NoMailbox,
	"ErrorMailRecipientNotFound":   providers.NoMailbox,
	"ErrorInvalidSmtpAddress":      providers.NoMailbox,
	"ErrorNameResolutionNoMailbox": providers.NoMailbox,
	"ErrorMailboxFailover":         providers.Transient,
	"ErrorMailboxHoldNotFound":     providers.NoMailbox,

	"ErrorItemNotFound":                                   providers.Gone,
	"ErrorFolderNotFound":                                 providers.Gone,
	"ErrorSyncFolderNotFound":                             providers.Resync,
	"ErrorInvalidId":                                      providers.Gone,
	"ErrorInvalidIdEmpty":                                 providers.Gone,
	"ErrorInvalidIdMalformed":                             providers.Gone,
	"ErrorInvalidIdXml":                                   providers.Gone,
	"ErrorInvalidIdStoreObjectIdTooLong":                  providers.Gone,
	"ErrorCalendarOccurrenceIsDeletedFromRecurrence":      providers.Gone,
	"ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange":  providers.Gone,
	"ErrorCalendarMeetingIsOutOfDateResponseNotProcessed": providers.Conflict,
	"ErrorNameResolutionNoResults":                        providers.Gone,

	"ErrorIrresolvableConflict":                providers.Conflict,
	"ErrorStaleObject":                         providers.Conflict,
	"ErrorChangeKeyRequired":                   providers.Conflict,
	"ErrorChangeKeyRequiredForWriteOperations": providers.Conflict,
	"ErrorInvalidChangeKey":                    providers.Conflict,
	"ErrorItemSave":                            providers.Transient,

	"ErrorInvalidSyncStateData":     providers.Resync,
	"ErrorSubscriptionNotFound":     providers.Resync,
	"ErrorExpiredSubscription":      providers.Resync,
	"ErrorInvalidSubscription":      providers.Resync,
	"ErrorReadEventsFailed":         providers.Resync,
	"ErrorMissedNotificationEvents": providers.Resync,
	"ErrorInvalidWatermark":         providers.Resync,

	"ErrorCalendarIsNotOrganizer":                  providers.NotAllowed,
	"ErrorCalendarIsCancelledForCancel":            providers.Gone,
	"ErrorCalendarIsOrganizerForDecline":           providers.Permanent,
	"ErrorCalendarIsDelegatedForCancel":            providers.NotAllowed,
	"ErrorCalendarCannotUseIdForRecurringMasterId": providers.Permanent,
}

// classify sorts a response code; status is the HTTP status it came with.
func classify(code string, status int) providers.Class {
	if class, ok := codeClass[code]; ok {
		return class
	}
	if strings.HasPrefix(code, "ErrorExceeded") {
		return providers.Throttled
	}
	if code == "" {
		return classifyStatus(status)
	}
	return providers.Permanent
}

// classifyStatus sorts an answer without a code.
func classifyStatus(status int) providers.Class {
	switch status {
	case 401:
		return providers.SignedOut
	case 403:
		return providers.NotAllowed
	case 407:
		return providers.Unreachable
	case 404, 405, 410, 451, 511:
		return providers.Foreign
	case 429:
		return providers.Throttled
	case 408, 421, 425, 440, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524, 529:
		return providers.Transient
	}
	if status >= 300 && status < 400 {
		return providers.Foreign
	}
	return providers.Permanent
}

// advise says what to do about a code where the class does not say it.
func advise(code string) string {
	switch code {
	case "ErrorNoFreeBusyAccess":
		return "the mailbox's calendar shows nothing to the service account: let Default or the account see at least free/busy times"
	case "ErrorNonExistentMailbox", "ErrorMailRecipientNotFound":
		return "check the address; a mailbox that was moved to the cloud needs a Graph connection"
	case "ErrorMissingEmailAddress":
		return "the service account has no mailbox of its own, and Exchange lists resources only to accounts with one"
	case "ErrorPasswordExpired", "ErrorPasswordChangeRequired", "ErrorAccountDisabled":
		return "the service account must be put in order in the directory: its password ended, or it is disabled"
	}
	return ""
}

// plainCode keeps a code that is a plain word and drops anything else.
func plainCode(code string) string {
	code = strings.TrimSpace(code)
	if len(code) == 0 || len(code) > 80 {
		return ""
	}
	for i := range len(code) {
		c := code[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return ""
		}
	}
	return code
}
