package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"roomdesk/audit"
	"roomdesk/providers"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that shows the audit trail.

// trailOf is the file of a connection's trail. It is an administrator's to read here.
func (w *workspace) trailOf(name string) (string, error) {
	if name == w.connection.Name {
		return w.trail.Path(), w.app.mayAdminister(w.connection, "audit")
	}
	config, err := w.app.loadConfig()
	if err != nil {
		return "", err
	}
	c, err := findConnection(config, name)
	if err != nil {
		return "", err
	}
	return w.app.auditPath(c, w.app.mirrorPath(c)), w.app.mayAdminister(c, "audit")
}

// AuditPage implements [tui.AuditReader].
func (w *workspace) AuditPage(_ context.Context, connection string, before int64, words []string, most int) (tui.AuditPage, error) {
	path, err := w.trailOf(connection)
	if err != nil {
		return tui.AuditPage{}, err
	}
	page, err := audit.ReadPage(path, before, most, func(r audit.Record) bool { return r.Matches(words) })
	if err != nil {
		return tui.AuditPage{}, unreadTrail(err)
	}
	out := tui.AuditPage{Before: page.Before, Rows: make([]tui.AuditRow, 0, len(page.Entries))}
	for _, e := range page.Entries {
		out.Rows = append(out.Rows, w.auditRow(e))
	}
	return out, nil
}

func unreadTrail(err error) error {
	return &providers.Error{Class: providers.Local, Op: "reading the audit trail", Err: err, Advice: "check the permissions of the data directory"}
}

func (w *workspace) auditRow(e audit.Entry) tui.AuditRow {
	r := e.Record
	row := tui.AuditRow{N: r.N, At: r.At, Who: r.Actor.User, What: r.Action, Mailbox: r.Mailbox, Result: string(r.Result), Break: e.Break, RequestID: r.RequestID,
		Before: w.factsInWords(r.Before, r.Was), After: w.factsInWords(r.After, r.Is)}
	if r.N == 0 {
		return row
	}
	add := func(label, text string) {
		if text != "" {
			row.Whole = append(row.Whole, [2]string{label, text})
		}
	}
	add("who", fmt.Sprintf("%s on %s, process %d", r.Actor.User, r.Actor.Host, r.Actor.Process))
	add("connection", r.Actor.Connection)
	add("application", r.Actor.Application)
	add("what", r.Action)
	add("mailbox", string(r.Mailbox))
	add("meeting", r.Event)
	add("transaction", r.TransactionID)
	add("before", row.Before)
	add("after", row.After)
	switch {
	case r.Result != "" && r.Intent > 0:
		add("result", fmt.Sprintf("%s, of the intent in line %d", r.Result, r.Intent))
	case r.Result != "":
		add("result", string(r.Result))
	default:
		add("result", "intended: what became of it stands in a later line")
	}
	if r.Class != "" {
		add("because", r.Class.Words())
	}
	add("request id", r.RequestID)
	if r.Torn > 0 {
		add("before it", strconv.Itoa(r.Torn)+" bytes of an unfinished line, left by a crash")
	}
	add("line before", r.Previous)
	add("hash", r.Hash)
	return row
}

// factsInWords is a meeting, or what is no meeting, in words; "" is nothing.
func (w *workspace) factsInWords(f *audit.Facts, other []string) string {
	if f == nil {
		return strings.Join(other, "; ")
	}
	var parts []string
	if !f.Start.IsZero() {
		zone := w.app.deps.Zone
		if zone == nil {
			zone = time.UTC
		}
		parts = append(parts, f.Start.In(zone).Format("Mon 2 Jan 2006 15:04")+"–"+f.End.In(zone).Format("15:04 MST"))
	}
	for _, room := range f.Rooms {
		parts = append(parts, string(room))
	}
	if f.Attendees > 0 {
		parts = append(parts, plural(f.Attendees, "person", "people"))
	}
	for _, is := range []struct {
		so   bool
		word string
	}{{f.Teams, "with Teams"}, {f.Private, "private"}, {f.Series, "a series"}, {f.Cancelled, "cancelled"}} {
		if is.so {
			parts = append(parts, is.word)
		}
	}
	return strings.Join(append(parts, other...), ", ")
}

// AuditVerify implements [tui.AuditReader].
func (w *workspace) AuditVerify(ctx context.Context, connection string) (tui.AuditVerdict, error) {
	path, err := w.trailOf(connection)
	if err != nil {
		return tui.AuditVerdict{}, err
	}
	report, err := audit.Read(path, audit.Head{}, func(audit.Record) error { return ctx.Err() })
	if err != nil {
		return tui.AuditVerdict{}, unreadTrail(err)
	}
	verdict := tui.AuditVerdict{File: path, Records: report.Records, Open: len(report.Open)}
	if report.Records > 0 {
		verdict.Head = report.Head.String()
	}
	for _, b := range report.Breaks {
		where := ""
		if b.Line > 0 {
			where = "line " + strconv.Itoa(b.Line) + ": "
		}
		verdict.Breaks = append(verdict.Breaks, where+b.Why)
	}
	return verdict, nil
}
