package exchange

// Error is a refusal with a response code of the schema.
type Error struct {
	Code, Message string
	// Values go into MessageXml, in order of name and value.
	Values [][2]string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// texts are what Exchange says with a code, in English; clients decide by the code.
var texts = map[string]string{
	"ErrorAccessDenied":                                  "Access is denied. Check credentials and try again.",
	"ErrorAccountDisabled":                               "The account is disabled.",
	"ErrorCalendarEndDateIsEarlierThanStartDate":         "EndDate is earlier than StartDate",
	"ErrorCalendarIsCancelledForAccept":                  "Cancelled meetings can not be accepted.",
	"ErrorCalendarViewRangeTooBig":                       "The range between start and end dates is greater than the allowed range. Maximum number of days: 730",
	"ErrorCalendarOccurrenceIsDeletedFromRecurrence":     "The occurrence has been deleted from the recurrence.",
	"ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange": "Occurrence with this index was not found in the recurrence.",
	"ErrorCalendarCannotUseIdForOccurrenceId":            "The item id is no id of an occurrence.",
	"ErrorCannotUseFolderIdForItemId":                    "Id must be an ItemId.",
	"ErrorChangeKeyRequiredForWriteOperations":           "A change key is required for this operation.",
	"ErrorCreateItemAccessDenied":                        "The caller may not create items in this folder.",
	"ErrorExceededConnectionCount":                       "You have exceeded the available concurrent connections for your account. Try again once your other requests have completed.",
	"ErrorExceededFindCountLimit":                        "You have exceeded the maximum number of objects that can be returned for the find operation. Use paging to reduce the result size and try your request again.",
	"ErrorExceededSubscriptionCount":                     "You have exceeded the available subscriptions for your account. Remove unnecessary subscriptions and try your request again.",
	"ErrorExpiredSubscription":                           "The subscription has expired.",
	"ErrorFolderNotFound":                                "The specified folder could not be found in the store.",
	"ErrorImpersonateUserDenied":                         "The account does not have permission to impersonate the requested user.",
	"ErrorImpersonationDenied":                           "The account does not have permission to impersonate.",
	"ErrorInvalidExchangeImpersonationHeaderData":        "The ExchangeImpersonation header is invalid.",
	"ErrorInvalidFreeBusyViewType":                       "The specified free/busy view type is invalid.",
	"ErrorInvalidId":                                     "The Id is invalid.",
	"ErrorInvalidIdMalformed":                            "Id is malformed.",
	"ErrorInvalidIdEmpty":                                "Id is empty.",
	"ErrorInvalidMergedFreeBusyInterval":                 "The merged free/busy interval must be between 5 and 1440 minutes.",
	"ErrorInvalidOperation":                              "The operation is invalid.",
	"ErrorInvalidRequest":                                "The request is invalid.",
	"ErrorInvalidServerVersion":                          "The specified server version is invalid.",
	"ErrorInvalidSubscription":                           "The subscription is invalid.",
	"ErrorInvalidSyncStateData":                          "Synchronization state data is corrupt or otherwise invalid.",
	"ErrorIndividualMailboxLimitReached":                 "The number of mailboxes in the request is larger than the allowed maximum of 100.",
	"ErrorIrresolvableConflict":                          "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
	"ErrorItemNotFound":                                  "The specified object was not found in the store.",
	"ErrorMailboxMoveInProgress":                         "Mailbox move in progress. Try again later.",
	"ErrorMailRecipientNotFound":                         "Unable to resolve e-mail address to an Active Directory object.",
	"ErrorMissingEmailAddress":                           "When making a request as an account that does not have a mailbox, you must specify the mailbox primary SMTP address for any distinguished folder Ids.",
	"ErrorNameResolutionMultipleResults":                 "Multiple results were found.",
	"ErrorNameResolutionNoResults":                       "No results were found.",
	"ErrorNoFreeBusyAccess":                              "The caller does not have free/busy access to the requested data.",
	"ErrorNonExistentMailbox":                            "The SMTP address has no mailbox associated with it.",
	"ErrorNotDelegate":                                   "The delegate does not exist.",
	"ErrorProxyRequestNotAllowed":                        "Proxy web request not allowed.",
	"ErrorResultSetTooBig":                               "The result set contains too many calendar entries. The allowed size = 1000.",
	"ErrorSchemaValidation":                              "The request failed schema validation.",
	"ErrorSendMeetingCancellationsRequired":              "SendMeetingCancellations attribute is required for Calendar items.",
	"ErrorSendMeetingInvitationsOrCancellationsRequired": "SendMeetingInvitationsOrCancellations attribute is required for calendar items.",
	"ErrorSendMeetingInvitationsRequired":                "SendMeetingInvitations attribute is required for calendar items.",
	"ErrorServerBusy":                                    "The server cannot service this request right now. Try again later.",
	"ErrorStaleObject":                                   "The object is stale.",
	"ErrorSubscriptionNotFound":                          "The subscription cannot be found.",
	"ErrorSubscriptionAccessDenied":                      "The caller may not use this subscription.",
	"ErrorTimeIntervalTooBig":                            "The time interval is larger than the allowed maximum of 42 days.",
	"ErrorInvalidTimeInterval":                           "The end of the time window must be after its start.",
	"ErrorTimeZone":                                      "The time zone is invalid or missing.",
	"ErrorInvalidArgument":                               "The argument is invalid.",
	"ErrorInvalidPropertyRequest":                        "Property is not valid for this object type.",
	"ErrorInvalidPropertySet":                            "Set action is invalid for property.",
	"ErrorInvalidPropertyDelete":                         "Property can not be deleted.",
	"ErrorInvalidPropertyAppend":                         "Append action is invalid for property.",
	"ErrorInvalidExtendedProperty":                       "The extended property attribute combination is invalid.",
	"ErrorInvalidExtendedPropertyValue":                  "The extended property has an invalid value.",
	"ErrorInvalidReferenceItem":                          "The reference item does not support the requested operation.",
	"ErrorInvalidRecipients":                             "At least one recipient isn't valid.",
	"ErrorUnsupportedPathForQuery":                       "The property can not be used with this type of restriction.",
	"ErrorInternalServerError":                           "An internal server error occurred. The operation failed.",
	"ErrorInternalServerTransientError":                  "An internal server error occurred. Try again later.",
}

// fail makes a refusal in the words of its code.
func fail(code string) *Error {
	text := texts[code]
	if text == "" {
		text = "The request failed."
	}
	return &Error{Code: code, Message: text}
}

// Refuse makes a refusal; an empty message is the code's own.
func Refuse(code, message string) *Error {
	e := fail(code)
	if message != "" {
		e.Message = message
	}
	return e
}

// notModelled refuses what Exchange does and this face does not.
func notModelled(what string) *Error {
	return &Error{Code: "ErrorInvalidOperation", Message: "The simulated Exchange does not model " + what + "."}
}
