package graph

import (
	"net/http"
	"testing"
	"time"

	"roomdesk/providers"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		object bool
		want   providers.Class
	}{
		{429, "", false, providers.Throttled},
		{429, "ErrorAccessDenied", false, providers.Throttled},
		{503, "ErrorServerBusy", false, providers.Throttled},
		{500, "ErrorExceededConnectionCount", false, providers.Throttled},
		{403, "activityLimitReached", false, providers.Throttled},
		{500, "ErrorInternalServerTransientError", false, providers.Transient},
		{500, "", false, providers.Transient},
		{502, "", false, providers.Transient},
		{503, "MailboxStoreUnavailable", false, providers.Transient},
		{503, "MailboxInfoStale", false, providers.Transient},
		{503, "UnknownError", false, providers.Transient},
		{503, "", false, providers.Transient},
		{504, "", true, providers.Transient},
		{509, "", false, providers.Transient},
		{408, "", false, providers.Transient},
		{410, "", false, providers.Resync},
		{410, "SyncStateNotFound", false, providers.Resync},
		{410, "syncStateInvalid", false, providers.Resync},
		{410, "resyncRequired", false, providers.Resync},
		{400, "SyncStateNotFound", false, providers.Resync},
		{400, "InvalidDeltaToken", false, providers.Resync},
		{404, "ErrorSyncFolderNotFound", false, providers.Resync},
		{401, "InvalidAuthenticationToken", false, providers.SignedOut},
		{401, "", false, providers.SignedOut},
		{403, "ErrorAccessDenied", false, providers.NotAllowed},
		{403, "Authorization_RequestDenied", false, providers.NotAllowed},
		{403, "SomethingNew", true, providers.NotAllowed},
		{404, "MailboxNotEnabledForRESTAPI", true, providers.NoMailbox},
		{404, "ErrorInvalidUser", false, providers.NoMailbox},
		{404, "Request_ResourceNotFound", false, providers.NoMailbox},
		{404, "ResourceNotFound", false, providers.NoMailbox},
		{500, "MailboxNotHostedInExchangeOnline", false, providers.NoMailbox},
		{404, "ErrorItemNotFound", false, providers.Gone},
		{404, "SomethingNew", true, providers.Gone},
		{404, "SomethingNew", false, providers.NoMailbox},
		{409, "nameAlreadyExists", false, providers.Conflict},
		{409, "ErrorDuplicateTransactionId", false, providers.Conflict},
		{412, "ErrorIrresolvableConflict", true, providers.Conflict},
		{412, "", true, providers.Conflict},
		{400, "ErrorInvalidRecipients", false, providers.Permanent},
		{507, "ErrorQuotaExceeded", false, providers.Permanent},
		{403, "ErrorQuotaExceeded", false, providers.Permanent},
		{400, "SomethingNew", false, providers.Permanent},
		{413, "", false, providers.Permanent},
		{422, "", false, providers.Permanent},
		{301, "", false, providers.Foreign},
		{511, "", false, providers.Foreign},
		{407, "", false, providers.Unreachable},
	} {
		if got := classify(c.status, c.code, c.object); got != c.want {
			t.Errorf("%d %s: %q, want %q", c.status, c.code, got, c.want)
		}
	}
}

// F-065.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	clock := now.Add(2 * time.Hour) // this machine's clock is wrong by two hours
	for _, c := range []struct {
		values []string
		want   time.Duration
		said   bool
	}{
		{nil, 0, false},
		{[]string{""}, 0, false},
		{[]string{"soon"}, 0, false},
		{[]string{"NaN"}, 0, false},
		{[]string{"5"}, 5 * time.Second, true},
		{[]string{" 5 "}, 5 * time.Second, true},
		{[]string{"1.5"}, 1500 * time.Millisecond, true},
		{[]string{"0"}, time.Second, true},
		{[]string{"-3"}, time.Second, true},
		{[]string{"-1e300"}, time.Second, true},
		{[]string{"1e300"}, time.Hour, true},
		{[]string{"1e999"}, time.Hour, true},
		{[]string{"Inf"}, time.Hour, true},
		{[]string{"-Inf"}, time.Second, true},
		{[]string{"7200"}, time.Hour, true},
		{[]string{"3", "9"}, 9 * time.Second, true},
		{[]string{now.Add(30 * time.Second).Format(http.TimeFormat)}, 30 * time.Second, true},
		{[]string{now.Add(-time.Hour).Format(http.TimeFormat)}, time.Second, true},
		{[]string{now.Add(48 * time.Hour).Format(http.TimeFormat)}, time.Hour, true},
	} {
		header := http.Header{"Date": {now.Format(http.TimeFormat)}}
		for _, v := range c.values {
			header.Add("retry-after", v)
		}
		got, said := retryAfter(header, clock)
		if got != c.want || said != c.said {
			t.Errorf("%q: %v, %t; want %v, %t", c.values, got, said, c.want, c.said)
		}
	}
}

func TestBackoffStaysInItsBounds(t *testing.T) {
	for attempt := 1; attempt < 80; attempt++ {
		for _, r := range []float64{0, 0.5, 0.999} {
			got := backoff(attempt, time.Second, time.Minute, func() float64 { return r })
			if got < time.Second || got > time.Minute+time.Second {
				t.Fatalf("attempt %d: %v", attempt, got)
			}
		}
	}
}

func TestThrottleScope(t *testing.T) {
	for _, c := range []struct {
		code, message, header string
		mailbox               providers.Address
		want                  providers.Scope
	}{
		{"ApplicationThrottled", "", "", adele, providers.ScopeApp},
		{"ApplicationThrottled", "Application is over its MailboxConcurrency limit.", "", adele, providers.ScopeMailbox},
		{"TooManyRequests", "", "", adele, providers.ScopeMailbox},
		{"TooManyRequests", "", "Tenant_Application/ReadWrite", adele, providers.ScopeApp},
		{"TooManyRequests", "", "", "", providers.ScopeApp},
	} {
		if got := throttleScope(c.code, c.message, c.header, c.mailbox); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
