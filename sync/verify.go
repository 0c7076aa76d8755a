package sync

import (
	"context"
	"errors"
	"slices"
	"strings"
	stdsync "sync"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// VerifyOptions say what to verify. Store and Source are required.
type VerifyOptions struct {
	Store  *store.Store
	Source Source
	// Mailboxes to look at; none: all that are mirrored.
	Mailboxes []providers.Address
	Workers   int              // mailboxes at the same time: 8
	Now       func() time.Time // nil: the wall clock
	Progress  func(done, total int)
}

// What a difference is.
const (
	Missing = "missing" // the tenant has it, the mirror has not
	Extra   = "extra"   // the mirror has it, the tenant has not
	Differs = "differs"
)

// Difference is one event that is not the same in the tenant and in the mirror.
type Difference struct {
	Mailbox providers.Address
	What    string // [Missing], [Extra] or [Differs]
	ID      string
	Start   time.Time
	Field   string // the first one that differs, of [Differs]
	Reason  string // why, as far as can be told
}

// Verification is what Verify found.
type Verification struct {
	Mailboxes   int // compared
	Events      int // of these, in the tenant
	Differences []Difference
	// Failed are mailboxes that could not be compared, with the reason.
	Failed []providers.MailboxStatus
}

// Verify reads calendars from the tenant anew, without the sync's positions, and
// compares them with the mirror, which it does not change. A mailbox that differs
// is looked at a second time, so that what changes meanwhile does not count.
func Verify(ctx context.Context, o VerifyOptions) (Verification, error) {
	def(&o.Workers, 8)
	if o.Now == nil {
		o.Now = time.Now
	}
	known, err := o.Store.Mailboxes(ctx)
	if err != nil {
		return Verification{}, err
	}
	wanted := known[:0:0]
	for _, m := range known {
		if len(o.Mailboxes) == 0 || slices.Contains(o.Mailboxes, m.Address) {
			wanted = append(wanted, m)
		}
	}
	for _, mailbox := range o.Mailboxes {
		if !slices.ContainsFunc(known, func(m store.Mailbox) bool { return m.Address == mailbox }) {
			wanted = append(wanted, store.Mailbox{Address: mailbox})
		}
	}
	var out Verification
	var mu stdsync.Mutex
	var group stdsync.WaitGroup
	slots := make(chan struct{}, o.Workers)
	for _, m := range wanted {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			events, differences, err := verifyOne(ctx, o, m)
			if err == nil && len(differences) > 0 {
				if again, e := o.Store.Position(ctx, m.Address); e == nil {
					events, differences, err = verifyOne(ctx, o, again.Mailbox)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				out.Failed = append(out.Failed, providers.MailboxStatus{Mailbox: m.Address, State: providers.MailboxFailing, LastGood: m.LastGood,
					Rows: m.Rows, Problem: providers.ProblemOf(err, o.Now())})
			} else {
				out.Mailboxes, out.Events = out.Mailboxes+1, out.Events+events
				out.Differences = append(out.Differences, differences...)
			}
			if o.Progress != nil {
				o.Progress(out.Mailboxes+len(out.Failed), len(wanted))
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return out, &providers.Error{Class: providers.Cancelled, Op: "verifying", Err: err}
	}
	slices.SortFunc(out.Differences, func(a, b Difference) int {
		if c := strings.Compare(string(a.Mailbox), string(b.Mailbox)); c != 0 {
			return c
		}
		return a.Start.Compare(b.Start)
	})
	sortStatus(out.Failed)
	return out, nil
}

var errNotMirrored = errors.New("its calendar was not read to the end yet")

func verifyOne(ctx context.Context, o VerifyOptions, m store.Mailbox) (events int, differences []Difference, err error) {
	if !m.Complete() {
		if m.Problem != nil {
			return 0, nil, &providers.Error{Class: m.Problem.Class, Cause: m.Problem.Cause, Op: "verifying", Mailbox: m.Address, Status: m.Problem.Status, Code: m.Problem.Code, RequestID: m.Problem.RequestID, Err: errNotMirrored}
		}
		return 0, nil, &providers.Error{Class: providers.Unsupported, Op: "verifying", Mailbox: m.Address, Err: errNotMirrored}
	}
	tenant := map[string]providers.Event{}
	ended := false
	err = o.Source.Changes(ctx, providers.ChangesRequest{Mailbox: m.Address, Window: m.Window}, func(page providers.ChangePage) error {
		for _, ev := range page.Events {
			tenant[ev.ID] = ev
		}
		for _, id := range page.Removed {
			delete(tenant, id)
		}
		ended = page.Done
		return nil
	})
	if err == nil && !ended {
		err = foreign(m.Address, "the reading ended without its last page")
	}
	if err != nil {
		return 0, nil, err
	}
	mirrored, err := o.Store.Events(ctx, m.Address, m.Window)
	if err != nil {
		return 0, nil, err
	}
	add := func(what, field string, ev providers.Event) {
		differences = append(differences, Difference{Mailbox: m.Address, What: what, ID: ev.ID, Start: ev.Start, Field: field, Reason: reason(what, ev, m, o.Now())})
	}
	have := make(map[string]bool, len(mirrored))
	for _, ev := range mirrored {
		have[ev.ID] = true
		now, there := tenant[ev.ID]
		if !there {
			add(Extra, "", ev)
		} else if field := differing(now, ev); field != "" {
			add(Differs, field, now)
		}
	}
	for id, ev := range tenant {
		if ev.Type == providers.SeriesMaster || !(providers.Interval{Start: ev.Start, End: ev.End}).Overlaps(m.Window) {
			continue
		}
		events++
		if !have[id] {
			add(Missing, "", ev)
		}
	}
	return events, differences, nil
}

// differing names the first field that differs. A stub has only its times.
func differing(tenant, mirror providers.Event) string {
	switch {
	case !tenant.Start.Equal(mirror.Start):
		return "start"
	case !tenant.End.Equal(mirror.End):
		return "end"
	case tenant.Stub:
		return ""
	case tenant.Subject != mirror.Subject:
		return "subject"
	case tenant.ShowAs != mirror.ShowAs:
		return "show_as"
	case tenant.Cancelled != mirror.Cancelled:
		return "cancelled"
	case tenant.Private != mirror.Private:
		return "private"
	case tenant.AllDay != mirror.AllDay:
		return "all_day"
	case tenant.Response != mirror.Response:
		return "response"
	case tenant.Organizer != mirror.Organizer:
		return "organizer"
	}
	return ""
}

func reason(what string, ev providers.Event, m store.Mailbox, now time.Time) string {
	age := "the mirror is " + providers.Age(now.Sub(m.LastGood)) + " old"
	switch {
	case what == Extra && m.Unconfirmed > 0:
		return "many events disappeared at once; they are kept until a second reading confirms it"
	case m.Problem != nil:
		return "the mailbox cannot be read at present: " + m.Problem.What() + "; " + age
	case what == Extra:
		return "removed in the tenant, and not reported since; " + age
	case ev.Modified.After(m.LastGood):
		return "changed in the tenant after the mirror was read; " + age
	}
	return "not among the changes that the tenant reported; the next full reading brings it; " + age
}
