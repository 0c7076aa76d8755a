package tui

import (
	"context"
	"strings"
	"time"

	"roomdesk/providers"
)

// fakeTrail is the audit trail of the fake: how many lines it has, which of them are
// broken, and what was asked of it. Line n is at offset 100 n.
type fakeTrail struct {
	lines   int
	breaks  map[int]string
	err     error
	asked   []int64 // the offsets of pages
	verdict AuditVerdict
}

func (f *fakeWorkspace) AuditPage(_ context.Context, _ string, before int64, words []string, most int) (AuditPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trail.asked = append(f.trail.asked, before)
	if f.trail.err != nil {
		return AuditPage{}, f.trail.err
	}
	n := f.trail.lines
	if before > 0 {
		n = int(before/100) - 1
	}
	page := AuditPage{}
	for scanned := 0; n > 0 && len(page.Rows) < most && scanned < 2000; n, scanned = n-1, scanned+1 {
		row := fakeLine(n)
		if why := f.trail.breaks[n]; why != "" {
			row.Break = why
		} else {
			all := strings.ToLower(row.Who + " " + row.What + " " + string(row.Mailbox) + " " + row.Result + " " + row.RequestID)
			missing := false
			for _, w := range words {
				missing = missing || !strings.Contains(all, w)
			}
			if missing {
				continue
			}
		}
		page.Rows = append(page.Rows, row)
	}
	if n > 0 {
		page.Before = int64(n+1) * 100
	}
	return page, nil
}

func (f *fakeWorkspace) AuditVerify(context.Context, string) (AuditVerdict, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trail.verdict, f.trail.err
}

// fakeLine is line n: an intent and its outcome in turn.
func fakeLine(n int) AuditRow {
	actions := []string{"create event", "change event", "cancel event", "rotate"}
	rooms := []providers.Address{"desk@contoso.com", "aalto@contoso.com"}
	r := AuditRow{N: int64(n), At: fakeNow().Add(time.Duration(n-400) * time.Minute), Who: []string{"ada", "bob"}[n/7%2], What: actions[(n-1)/2%4], Mailbox: rooms[n/3%2]}
	if n%2 == 0 {
		r.Result = []string{"done", "done", "refused", "unknown"}[n/2%4]
		r.RequestID = "5c1b2f3e-0000-4000-8000-" + strings.Repeat("0", 8) + itoa(1000+n%9000)
	}
	r.Before, r.After = "Fri 21 Nov 14:00–15:00, aalto@contoso.com", "Fri 21 Nov 16:00–17:00, aalto@contoso.com"
	r.Whole = [][2]string{{"who", r.Who + " on desk, process 4711"}, {"connection", "demo"}, {"what", r.What}, {"mailbox", string(r.Mailbox)}, {"before", r.Before}, {"after", r.After}, {"result", r.Result}, {"request id", r.RequestID}, {"hash", strings.Repeat("0af3", 16)}}
	return r
}
