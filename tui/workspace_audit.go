package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// AuditReader reads the audit trail of a connection.
type AuditReader interface {
	// AuditPage reads lines that stand before a place in the trail, the newest first;
	// before 0 is its end. Only lines with all words are given, but a place at which
	// the chain breaks always. A page may be short, or empty, with more before it.
	AuditPage(ctx context.Context, connection string, before int64, words []string, most int) (AuditPage, error)
	// AuditVerify reads the whole trail and says whether it is as it was written.
	AuditVerify(ctx context.Context, connection string) (AuditVerdict, error)
}

// AuditPage is a part of the trail.
type AuditPage struct {
	Rows   []AuditRow
	Before int64 // where older lines are; 0: there are none
}

// AuditRow is one line of the trail. Its texts come from a file that somebody may have
// changed.
type AuditRow struct {
	N       int64
	At      time.Time
	Who     string
	What    string // "create event"
	Result  string // "done", "refused", "unknown"; "" is an intent
	Mailbox providers.Address
	Break   string // why the line, or its place, is not as it was written; "" is nothing
	// Before and After are what was changed, in words; Whole is all of the line.
	Before, After string
	RequestID     string
	Whole         [][2]string
}

// AuditVerdict is what reading the whole trail found.
type AuditVerdict struct {
	File    string
	Records int64
	Head    string   // to be noted elsewhere
	Breaks  []string // empty: it is whole
	Open    int      // intents without an outcome
}
