package audit

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"roomdesk/providers"
)

// failing is a trail's file on a disk that is in trouble.
type failing struct {
	file
	trouble *trouble
}

// trouble is what happens to a file: where, and how much of a line is written before.
type trouble struct {
	at    string // "write", "sync", "close", "" for nothing
	after int    // bytes that are still written
	stuck bool   // what was written cannot be cut off either
	err   error
}

func (f failing) WriteAt(b []byte, at int64) (int, error) {
	if f.trouble.at != "write" {
		return f.file.WriteAt(b, at)
	}
	n, _ := f.file.WriteAt(b[:min(f.trouble.after, len(b))], at)
	return n, &fs.PathError{Op: "write", Path: "audit.jsonl", Err: f.trouble.err}
}

func (f failing) Sync() error {
	if f.trouble.at == "sync" {
		return &fs.PathError{Op: "sync", Path: "audit.jsonl", Err: f.trouble.err}
	}
	return f.file.Sync()
}

func (f failing) Close() error {
	if err := f.file.Close(); err != nil || f.trouble.at != "close" {
		return err
	}
	return f.trouble.err
}

func (f failing) Truncate(size int64) error {
	if f.trouble.stuck {
		return f.trouble.err
	}
	return f.file.Truncate(size)
}

// S-31: a write to the tenant does not happen unrecorded, whatever the disk does:
// full, out of quota, read-only, broken, at any byte of the line and also while it is
// made durable. The sentence says what to do, and once the disk is well again the trail
// goes on and is whole.
func TestNothingIsSentWhereTheDiskIsInTrouble(t *testing.T) {
	for _, c := range []struct {
		name, advice string
		err          error
	}{
		{"full", "make room on the disk", syscall.ENOSPC},
		{"quota", "quota", syscall.EDQUOT},
		{"read-only", "read-only", syscall.EROFS},
		{"broken", "the disk reports errors", syscall.EIO},
		{"at its limit", "ulimit -f", syscall.EFBIG},
		{"not allowed", "check the permissions", syscall.EACCES},
	} {
		for _, where := range []trouble{
			{at: "write"}, {at: "write", after: 1}, {at: "write", after: 200}, {at: "write", after: 200, stuck: true}, {at: "sync"}, {at: "sync", stuck: true}, {at: "close"},
		} {
			name := c.name + "/" + where.at
			l := trail(t)
			now := &trouble{}
			l.open = func(path string) (file, error) {
				f, err := openLocked(path)
				return failing{f, now}, err
			}
			to := &scripted{event: meeting(noon)}
			w := Watch(to, allowed, l)
			if _, err := w.CreateEvent(t.Context(), providers.EventDraft{}); err != nil {
				t.Fatal(err)
			}
			good := records(t, l)
			*now = where
			now.err = c.err
			_, create := w.CreateEvent(t.Context(), providers.EventDraft{})
			_, change := w.ChangeEvent(t.Context(), desk, "x", "", providers.EventChange{})
			for _, err := range []error{create, change, w.CancelEvent(t.Context(), desk, "x", ""), w.DeleteEvent(t.Context(), desk, "x")} {
				var known *providers.Error
				if !errors.As(err, &known) || known.Class != providers.Local || !errors.Is(err, c.err) || !strings.Contains(known.Message.Or(""), "nothing was sent") || !strings.Contains(known.Advice, c.advice) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if len(to.calls) != 1 {
				t.Errorf("%s: sent %q", name, to.calls)
			}
			*now = trouble{}
			if _, err := w.CreateEvent(t.Context(), providers.EventDraft{}); err != nil {
				t.Errorf("%s, well again: %v", name, err)
			}
			// The chain holds, and only what was sent has an outcome.
			all := records(t, l)
			done := 0
			for _, r := range all {
				if r.Result == Done {
					done++
				}
			}
			if done != 2 || len(all) < len(good)+2 {
				t.Errorf("%s: %d lines, %d outcomes", name, len(all), done)
			}
			if !where.stuck && where.at != "close" && len(all) != len(good)+2 {
				t.Errorf("%s: what was not sent stays in the trail: %d lines", name, len(all))
			}
		}
	}
}

// The outcome of what was sent may fail to be written: nothing is undone by it, the
// intent stays open in the trail, and the next write is refused.
func TestOutcomeThatCannotBeWrittenStaysOpen(t *testing.T) {
	l := trail(t)
	now := &trouble{}
	l.open = func(path string) (file, error) {
		f, err := openLocked(path)
		return failing{f, now}, err
	}
	to := &scripted{event: meeting(noon)}
	w := Watch(sending{to, func() { *now = trouble{at: "write", err: syscall.ENOSPC} }}, allowed, l)
	if _, err := w.CreateEvent(t.Context(), providers.EventDraft{}); err != nil {
		t.Errorf("what was done is told as %v", err)
	}
	if err := w.CancelEvent(t.Context(), desk, "x", ""); !providers.Is(err, providers.Local) || len(to.calls) != 1 {
		t.Errorf("%v, sent %q", err, to.calls)
	}
	report := check(t, l.path, Head{})
	if len(report.Open) != 1 || report.Open[0] != 1 || len(report.Breaks) > 0 || report.Records != 1 {
		t.Errorf("%+v", report)
	}
}

// sending does something at the moment in which a meeting is made.
type sending struct {
	*scripted
	then func()
}

func (s sending) CreateEvent(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	s.then()
	return s.scripted.CreateEvent(ctx, draft)
}
