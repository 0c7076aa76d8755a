package simulator

import (
	"encoding/json"
	"fmt"
	"time"

	"roomdesk/providers/simulator/entra"
)

// Fault makes the tenant fail in one way for chosen requests, or makes a room
// answer in another way. The fields up to After choose, the rest says what
// happens; several effects may be combined, for example Delay with Fail.
type Fault struct {
	Name   string `json:"name,omitempty"`   // shows in the ledger; "" is made from the effect
	Method string `json:"method,omitempty"` // "" is any
	// Path is compared with the decoded request path: a pattern of path.Match
	// where it has * or ?, with "**" for any number of segments, else a part of
	// the path; always ignoring case and the spelling, see [canonicalPath]. ""
	// is any. A batch matches with its own path and each of its parts with the
	// part's.
	Path    string `json:"path,omitempty"`
	Mailbox string `json:"mailbox,omitempty"` // address of the mailbox concerned; "" is any
	// Nth is the first matching request that is hit, counted from 1; 0 is 1.
	Nth int `json:"nth,omitempty"`
	// Times is how many matching requests are hit from there on. 0 is one where
	// Nth is set, else all; -1 is all.
	Times int `json:"times,omitempty"`
	// For ends the fault so long after it was switched on, by the tenant's clock.
	For Duration `json:"for,omitempty"`
	// Chance is the share of the requests so chosen that are hit, between 0 and 1,
	// by dice that fall the same for the same Seed; 0 is every one.
	Chance float64 `json:"chance,omitempty"`
	Seed   int64   `json:"seed,omitempty"`
	// After names a fault that must have hit something before this one counts.
	After string `json:"after,omitempty"`

	// Fail answers in the request's place: it has no effect on the tenant.
	Fail *Failure `json:"fail,omitempty"`
	// CommitThen lets the request do its work and then loses the answer: "fail"
	// (with Fail's content, or 504), "reset", "hang" or "truncate" (with
	// Truncate, or half).
	CommitThen string `json:"commit_then,omitempty"`
	// ResetBefore breaks the connection before anything is done.
	ResetBefore bool `json:"reset_before,omitempty"`
	// Delay comes before the request is looked at; with Room it is the delay of
	// the room's answer instead.
	Delay Duration `json:"delay,omitempty"`
	// Drip sends the answer's body at this many bytes a second.
	Drip int `json:"drip,omitempty"`
	// Truncate breaks off after this many bytes of the body as sent.
	Truncate int `json:"truncate,omitempty"`
	// Garble replaces a good answer: "html" (a network's sign-in page with 200),
	// "null_value" (value is [null]), "not_array" (value is an object), "no_value",
	// "not_json", "empty", "wrong_type" (text/plain), "bom", "invalid_utf8",
	// "huge_number", "deep_nesting", "duplicate_keys", "endless" (a body that never
	// ends).
	Garble string `json:"garble,omitempty"`
	// Page spoils a page of a list: "no_link", "loop", "empty" (no entries, and a
	// link that has them), "foreign_link" (to Link), "dup" (the last entry in an
	// older version, and once more as it is on the next page), "drop", "reorder".
	// Of calendars only: "size" (as many entries as there are, whatever was asked).
	// Of places only: "skip_ignored" (above 1,000), "same_again" (the page before),
	// "no_count", "count_changes".
	Page string `json:"page,omitempty"`
	Link string `json:"link,omitempty"` // scheme://host[:port] of a foreign link
	// Delta spoils a delta round: "expire" (410 SyncStateNotFound, or Fail's
	// status and code; with Link a Location to begin again, "self" is the tenant's
	// own), "bare" (occurrences without anything but their ids), "ghost_removed" (a
	// removal of an id that nobody knows), "omit" (removals are never reported),
	// "late" (nothing, and the same link again, although there are changes),
	// "rewrite" (everything once more with other change keys and fewer digits).
	// "expire", "late" and "rewrite" count only requests that carry a token.
	Delta string `json:"delta,omitempty"`
	// Room decides the answer of a room (Mailbox): "decline", "tentative",
	// "accept", "silent", "policy" (as by a rule of the room that nobody sees) or
	// "delay".
	Room string `json:"room,omitempty"`
	// Token does something to tokens when a request matches, before it is looked
	// at; it lasts until DELETE /tokens.
	Token *entra.Disturbance `json:"token,omitempty"`
	// Notify spoils change notifications about a mailbox: "dup", "drop", "late" (by
	// Delay, or 5 minutes), "forged" (one more, of an unknown subscription), "reorder".
	Notify string `json:"notify,omitempty"`
	// Lie changes one property in a good answer.
	Lie *Lie `json:"lie,omitempty"`
	// Quota sets other limits for the chosen requests and enforces them; see
	// [QuotaNamed].
	Quota string `json:"quota,omitempty"`
	// MailboxState answers requests to the mailbox as if it were "soft_deleted",
	// "onprem", "unlicensed", "guest", "moved" (being moved: 503) or "renamed" (its
	// old address is gone).
	MailboxState string `json:"mailbox_state,omitempty"`
	// Clock changes the tenant's clock when the fault hits: "jump" by By, "freeze",
	// "run" (no longer frozen), "zone" (the Date header is off by By).
	Clock string `json:"clock,omitempty"`
	// Tenant answers from elsewhere: "swap" (another tenant with other rooms, people
	// and ids), "restore_old" (calendars as they were By ago, an hour unless said).
	Tenant string `json:"tenant,omitempty"`
	// By is how far Clock, Tenant or a shifting Lie go.
	By Duration `json:"by,omitempty"`
	// Batch spoils Count (0: 3) parts of a $batch, whose own status stays 200:
	// "throttle" (429, with Fail's RetryAfter), "fail" (503, or Fail), "missing" (no
	// answer to them), "twice" (two answers with the same id), "reorder" (all in the
	// opposite order).
	Batch string `json:"batch,omitempty"`
	Count int    `json:"count,omitempty"`
	// Network breaks what is between client and tenant: "captive_portal" (a sign-in
	// page with 200), "proxy_407", "redirect_foreign" (307 to Link), "goaway" (half
	// the body, an HTTP/2 GOAWAY, then the end of the connection), "refused_stream"
	// (RST_STREAM before anything is done). At the TLS handshake, where nothing is
	// known but the connection: "tls_hang", "tls_expired", "tls_not_yet",
	// "tls_wrong_host", "tls_unknown_ca".
	Network string `json:"network,omitempty"`
}

// Failure is an answer made up by a fault.
type Failure struct {
	Status  int    `json:"status"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	// RetryAfter is sent as it stands, any text; "date:5s" is an HTTP date so long
	// after the tenant's present time ("date:-5s": before it).
	RetryAfter string `json:"retry_after,omitempty"`
	// AlsoRetryAfter is a second header of that name.
	AlsoRetryAfter string `json:"also_retry_after,omitempty"`
	// LowerCase writes Retry-After in lower case where HTTP/1.1 is spoken.
	LowerCase bool              `json:"lower_case,omitempty"`
	Headers   map[string]string `json:"headers,omitempty"`
	// Body replaces Graph's error JSON; its type comes from Headers, else text/html.
	Body  string `json:"body,omitempty"`
	Empty bool   `json:"empty,omitempty"` // no body at all
}

// Duration reads "2s" or a number of seconds from JSON.
type Duration time.Duration

// UnmarshalJSON accepts text as of [time.ParseDuration] and numbers of seconds.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		parsed, err := time.ParseDuration(text)
		*d = Duration(parsed)
		return err
	}
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return fmt.Errorf("a duration is text such as \"2s\" or a number of seconds: %w", err)
	}
	*d = Duration(seconds * float64(time.Second))
	return nil
}

// MarshalJSON writes text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// statusOf is the status that a fault answers with when it names none.
func (f *Failure) statusOf(fallback int) int {
	if f != nil && f.Status != 0 {
		return f.Status
	}
	return fallback
}
