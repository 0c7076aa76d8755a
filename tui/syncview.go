package tui

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// syncPane is view 5: how well the mirror stands, problems first.
type syncPane struct {
	progress providers.SyncProgress
	all      []providers.MailboxStatus // by harm
	rows     []int                     // of all, those in the list
	read     bool
	reading  bool
	again    bool
	pace     pace
	err      error
	only     bool // only problems
	list     scroll
	chosen   providers.Address

	samples  []float64 // requests a second, one for each sample
	lastAt   time.Time
	lastDone int64
}

const mostSamples = 22

type syncAnswer struct {
	progress providers.SyncProgress
	all      []providers.MailboxStatus
	err      error
}

func (m *Model) readSync() tea.Cmd {
	if m.sync.reading {
		m.sync.again = true
		return nil
	}
	m.sync.reading = true
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		progress, all, err := ws.Sync(ctx)
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b providers.MailboxStatus) int {
			return cmp.Or(cmp.Compare(harm(a), harm(b)), cmp.Compare(a.Mailbox, b.Mailbox))
		})
		return syncAnswer{progress, all, err}
	})
}

// harm orders mailboxes: what is broken first, then what waits, then what is well.
func harm(s providers.MailboxStatus) int {
	switch s.State {
	case providers.MailboxFailing:
		return 0
	case providers.MailboxNoAccess:
		return 1
	case providers.MailboxLate, providers.MailboxPartly:
		return 2
	case providers.MailboxReading:
		return 3
	case providers.MailboxWaiting:
		return 4
	}
	if s.Problem != nil {
		return 2
	}
	return 5
}

func (a syncAnswer) apply(m *Model) tea.Cmd {
	p := &m.sync
	p.reading = false
	p.err = a.err
	if a.err == nil {
		p.read, p.progress, p.all = true, a.progress, a.all
		p.sample(m.now)
		p.refresh()
	}
	if p.again {
		p.again = false
		return m.readSync()
	}
	return nil
}

// refresh lays out the list; the chosen mailbox stays chosen.
func (p *syncPane) refresh() {
	p.rows = p.rows[:0]
	at := -1
	for i := range p.all {
		if p.only && harm(p.all[i]) > 2 {
			continue
		}
		if p.all[i].Mailbox == p.chosen {
			at = len(p.rows)
		}
		p.rows = append(p.rows, i)
	}
	if at >= 0 {
		p.list.at = at
	}
	p.list.at = max(min(p.list.at, len(p.rows)-1), 0)
	p.choose()
}

func (p *syncPane) choose() {
	if s := p.status(); s != nil {
		p.chosen = s.Mailbox
	}
}

func (p *syncPane) status() *providers.MailboxStatus {
	if p.list.at < 0 || p.list.at >= len(p.rows) {
		return nil
	}
	return &p.all[p.rows[p.list.at]]
}

// sample measures requests a second for the small chart.
func (p *syncPane) sample(now time.Time) {
	if !p.read {
		return
	}
	done := p.progress.Requests
	elapsed := now.Sub(p.lastAt)
	switch {
	case p.lastAt.IsZero() || elapsed > time.Minute || elapsed < 0 || done < p.lastDone:
	case elapsed < 900*time.Millisecond:
		return
	default:
		p.samples = append(p.samples, float64(done-p.lastDone)/elapsed.Seconds())
		if len(p.samples) > mostSamples {
			p.samples = p.samples[1:]
		}
	}
	p.lastAt, p.lastDone = now, done
}

// firstSync reports whether the first sync is still under way.
func (p *syncPane) firstSync() bool {
	return p.read && (p.progress.Running || p.progress.By != "") && p.progress.Phase != providers.PhaseChanges
}

// firstSyncWords is the first sync in one line, "" when it is over.
func (p *syncPane) firstSyncWords(now time.Time, zone *time.Location) string {
	if !p.firstSync() {
		return ""
	}
	s := "first sync: " + p.progress.Phase.Words()
	if p.progress.Total > 0 {
		s += ", " + thousands(p.progress.Done) + " of " + thousands(p.progress.Total)
	}
	return s + ", " + clean(p.progress.ShortPace(now, zone))
}

// progressBar shows the first sync in the terminal's own progress bar.
func (p *syncPane) progressBar() *tea.ProgressBar {
	if !p.firstSync() || p.progress.Total <= 0 {
		return nil
	}
	return tea.NewProgressBar(tea.ProgressBarDefault, min(100*p.progress.Done/p.progress.Total, 100))
}
