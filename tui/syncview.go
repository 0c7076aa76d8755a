package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
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
	case providers.MailboxLate:
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
	return p.read && p.progress.Running && p.progress.Phase != providers.PhaseChanges
}

// firstSyncWords is the first sync in one line, "" when it is over.
func (p *syncPane) firstSyncWords() string {
	if !p.firstSync() {
		return ""
	}
	s := "first sync: " + phaseWords(p.progress.Phase)
	if p.progress.Total > 0 {
		s += ", " + thousands(p.progress.Done) + " of " + thousands(p.progress.Total)
	}
	if p.progress.Left > 0 {
		s += ", about " + providers.Age(p.progress.Left) + " left"
	}
	return s
}

func phaseWords(p providers.SyncPhase) string {
	switch p {
	case providers.PhasePlaces:
		return "rooms and people"
	case providers.PhaseAvailability:
		return "free/busy of all rooms"
	case providers.PhaseCalendars:
		return "calendars"
	case providers.PhaseChanges:
		return "changes"
	}
	return clean(string(p))
}

// progressBar shows the first sync in the terminal's own progress bar.
func (p *syncPane) progressBar() *tea.ProgressBar {
	if !p.firstSync() || p.progress.Total <= 0 {
		return nil
	}
	return tea.NewProgressBar(tea.ProgressBarDefault, min(100*p.progress.Done/p.progress.Total, 100))
}

// syncLayout is where the list begins.
func (p *syncPane) layout(m *Model) (head int, list rect) {
	body := m.body()
	head = 3
	if body.h >= 14 {
		head = 6
	}
	if body.h >= 26 {
		head = 9
	}
	return head, rect{0, body.y + head, body.w, max(body.h-head, 1)}
}

func (p *syncPane) draw(m *Model, lines []string, body rect) []string {
	head, list := p.layout(m)
	if !p.read {
		text := "reading…"
		if p.err != nil {
			text = "The state of the sync could not be read: " + problemText(p.err)
		}
		return note(m, append(lines, ""), plain, text)
	}
	lines = append(lines, p.drawHead(m, head)...)
	if len(p.rows) == 0 {
		if p.only {
			return note(m, lines, good, "● Nothing is wrong with any of "+thousands(len(p.all))+" mailboxes.")
		}
		return note(m, lines, dim, "No mailbox is known yet: the rooms are being read.")
	}
	cols := p.columns(m)
	return drawList(m, lines, list, &p.list, len(p.rows), func(i int, selected bool) string {
		return p.drawRow(m, &p.all[p.rows[i]], cols, selected)
	})
}

func (p *syncPane) drawHead(m *Model, n int) []string {
	counts := p.drawCounts(m)
	bar := p.drawBar(m)
	title := p.drawTitle(m)
	switch n {
	case 3:
		if p.firstSync() {
			return []string{counts, bar, title}
		}
		return []string{counts, "", title}
	case 6:
		return []string{counts, "", bar, p.drawPhases(m), p.rule(m), title}
	}
	id := newLine(m.theme, onScreen, m.width).to(1).put(strong, m.header.tenant)
	id.put(dim, "  "+m.header.provider+" · "+string(m.header.Access)+" access")
	if m.header.Demo {
		id.put(dim, " · a simulated tenant")
	}
	return []string{id.done(), "", counts, "", bar, p.drawPhases(m), "", p.rule(m), title}
}

func (p *syncPane) rule(m *Model) string {
	return newLine(m.theme, onScreen, m.width).repeat(ruled, "─", m.width).done()
}

// drawCounts is the line of numbers.
func (p *syncPane) drawCounts(m *Model) string {
	l := newLine(m.theme, onScreen, m.width).to(1)
	s := &p.progress
	count := func(n int, look role, word string) {
		if n == 0 {
			look = dim
		}
		l.put(look, thousands(n)).put(dim, " "+word+"   ")
	}
	count(s.Fresh, goodStrong, "fresh")
	count(s.Late, warn, "late")
	count(s.Failing, badStrong, "failing")
	count(s.NoAccess, strong, "no access")
	if s.Waiting > 0 {
		count(s.Waiting, plain, "waiting")
	}
	if !m.header.SecretExpires.IsZero() {
		days := int(m.header.SecretExpires.Sub(m.now).Hours() / 24)
		switch {
		case !m.header.SecretExpires.After(m.now):
			l.put(badStrong, "secret has expired   ")
		case days <= 30:
			l.put(warn, "secret expires in "+itoa(days)+" days   ")
		default:
			l.put(dim, "secret expires in "+itoa(days)+" days   ")
		}
	}
	if s.ThrottledTo.After(m.now) {
		l.put(warn, "the service asked to wait "+providers.Age(s.ThrottledTo.Sub(m.now))+"   ")
	}
	if s.Requests > 0 {
		l.put(dim, thousands(int(s.Requests))+" requests")
	}
	return l.done()
}

// drawBar is the bar of the first sync, or how the sync stands now.
func (p *syncPane) drawBar(m *Model) string {
	l := newLine(m.theme, onScreen, m.width).to(1)
	s := &p.progress
	switch {
	case s.Problem != nil:
		return l.put(badStrong, "✗ stopped: ").put(bad, clean(s.Problem.Sentence(m.now))).done()
	case !p.firstSync() && !s.Running:
		return l.put(warn, "◐ the sync is not running").put(dim, "; what is shown was read "+p.ago(m)).done()
	case !p.firstSync():
		return l.put(good, "● first sync is complete").put(dim, "; changes are read as they come, last "+p.ago(m)).done()
	}
	l.put(plain, "first sync  ")
	done, total := s.Done, s.Total
	words := "counting…"
	if total > 0 {
		words = thousands(done) + " of " + thousands(total)
	}
	var tail string
	if s.Rate > 0 {
		tail += fmt.Sprintf("%.0f/s", s.Rate)
	}
	if s.Left > 0 {
		tail += "  about " + providers.Age(s.Left) + " left"
	}
	wide := max(min(m.width-l.width-columns(words)-columns(tail)-6, 48), 6)
	full := 0
	if total > 0 {
		full = min(wide*done/total, wide)
	}
	l.repeat(accent, "━", full).repeat(faint, "─", wide-full)
	return l.put(plain, "  "+words).put(dim, "  "+tail).done()
}

func (p *syncPane) ago(m *Model) string {
	if p.progress.LastGood.IsZero() {
		return "never"
	}
	return providers.Age(m.now.Sub(p.progress.LastGood)) + " ago"
}

// drawPhases names the phases of the first sync, those done ticked, and the small
// chart of requests a second.
func (p *syncPane) drawPhases(m *Model) string {
	l := newLine(m.theme, onScreen, m.width).to(2)
	phases := []providers.SyncPhase{providers.PhasePlaces, providers.PhaseAvailability, providers.PhaseCalendars, providers.PhaseChanges}
	at := slices.Index(phases, p.progress.Phase)
	for i, phase := range phases {
		switch {
		case i < at || i == at && phase == providers.PhaseChanges:
			l.put(good, "✓ "+phaseWords(phase)+"  ")
		case i == at:
			l.put(accent, "▸ "+phaseWords(phase)+"  ")
		default:
			l.put(faint, "  "+phaseWords(phase)+"  ")
		}
	}
	if chart := sparkline(p.samples); chart != "" && l.width+columns(chart)+16 < m.width {
		last := p.samples[len(p.samples)-1]
		l.put(plain, "  ").put(accent, chart).put(dim, fmt.Sprintf(" %.0f requests/s", last))
	}
	return l.done()
}

// sparkline draws numbers as a row of bars.
func sparkline(samples []float64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	top := 0.0
	for _, s := range samples {
		top = max(top, s)
	}
	if top == 0 {
		return ""
	}
	var b strings.Builder
	for _, s := range samples {
		b.WriteRune(bars[min(int(s/top*float64(len(bars))), len(bars)-1)])
	}
	return b.String()
}

// syncColumns are the columns of the table.
type syncColumns struct{ name, state, last, rows, what int }

func (p *syncPane) columns(m *Model) syncColumns {
	longest := 12
	for i := p.list.top; i < min(p.list.top+max(p.list.height, 60), len(p.rows)); i++ {
		longest = max(longest, columns(string(p.all[p.rows[i]].Mailbox)))
	}
	name := min(longest, 28)
	if m.width < 100 {
		name = min(longest, 20)
	}
	if m.width < 60 {
		name = 14
	}
	c := syncColumns{name: name}
	c.state = 2 + name + 1
	c.last = c.state + 12
	c.rows = c.last + 10
	c.what = c.rows + 8
	if m.width < 60 {
		c.rows, c.what = c.last, c.last+8
	}
	return c
}

func (p *syncPane) drawTitle(m *Model) string {
	c := p.columns(m)
	l := newLine(m.theme, onScreen, m.width).to(2).put(dim, "mailbox").to(c.state).put(dim, "state")
	if m.width >= 60 {
		l.right(dim, "last good", c.last+9).right(dim, "rows", c.rows+6)
	} else {
		l.right(dim, "last", c.last+6)
	}
	l.to(c.what)
	what := "what is wrong, and what happens next"
	if p.only {
		what = "what is wrong (only problems)"
	}
	return l.put(dim, what).done()
}

func (p *syncPane) drawRow(m *Model, s *providers.MailboxStatus, c syncColumns, selected bool) string {
	l, name := rowLine(m, selected)
	putAddress(l, name, s.Mailbox, c.name)
	glyph, look := syncLook(s.State)
	l.to(c.state).put(look, glyph+" "+string(s.State))
	last := "never"
	if !s.LastGood.IsZero() {
		last = providers.Age(m.now.Sub(s.LastGood))
	}
	if m.width >= 60 {
		l.right(dim, last, c.last+9).right(dim, thousands(s.Rows), c.rows+6)
	} else {
		l.right(dim, last, c.last+6)
	}
	l.to(c.what)
	if s.Problem != nil {
		l.put(plain, shortSentence(s.Problem, m.now, m.width-c.what))
	} else if harm(*s) > 0 && harm(*s) < 5 && !s.Next.IsZero() && s.Next.After(m.now) {
		l.put(dim, "read again in "+providers.Age(s.Next.Sub(m.now)))
	}
	return l.finish(selected)
}

// shortSentence is a problem's sentence; where that does not fit, without the
// service's code and the advice, so that what happens next can still be read.
func shortSentence(p *providers.Problem, now time.Time, w int) string {
	s := clean(p.Sentence(now))
	if columns(s) <= w {
		return s
	}
	brief := providers.Problem{Class: p.Class, Status: p.Status, NextTry: p.NextTry, Advice: "nothing to do"}
	return clean(brief.Sentence(now))
}

// putAddress writes an address; what comes after the @ is faint.
func putAddress(l *line, r role, a providers.Address, w int) {
	end := l.width + w
	local, domain := steady(a.Local()), steady(a.Domain())
	l.put(r, cut(local, w))
	if left := end - l.width - 1; left > 2 && domain != "" {
		l.put(faint, "@"+cut(domain, left))
	}
	l.to(end)
}

func syncLook(s providers.MailboxState) (string, role) {
	switch s {
	case providers.MailboxFresh:
		return "●", good
	case providers.MailboxLate:
		return "◐", warn
	case providers.MailboxFailing:
		return "✗", bad
	case providers.MailboxNoAccess:
		return "–", dim
	case providers.MailboxReading:
		return "▸", accent
	}
	return "○", dim
}

// retry reads one mailbox again, or all.
func (m *Model) retry(mailboxes ...providers.Address) tea.Cmd {
	ws := m.ws
	text := "reading all mailboxes again"
	if len(mailboxes) == 1 {
		text = "reading " + string(mailboxes[0]) + " again"
	}
	m.notices.add(m.now, text, false)
	return func() tea.Msg {
		ws.Retry(mailboxes...)
		return nil
	}
}

// explain opens everything that is known of the chosen mailbox's state.
func (m *Model) explain() tea.Cmd {
	s := m.sync.status()
	if s == nil {
		return nil
	}
	status := *s
	m.openDialog(&reader{title: shown(status.Name, string(status.Mailbox)), aside: string(status.Mailbox), wide: 76, make: func(m *Model, w int) []string {
		return explainLines(m, &status, w)
	}})
	return nil
}

func explainLines(m *Model, s *providers.MailboxStatus, w int) []string {
	var lines []string
	pair := func(label, text string, look role) {
		for i, part := range wrap(clean(text), max(w-14, 10)) {
			l := newLine(m.theme, onPanel, w)
			if i == 0 {
				l.put(dim, label)
			}
			lines = append(lines, l.to(14).put(look, part).done())
		}
	}
	glyph, look := syncLook(s.State)
	pair("state", glyph+" "+string(s.State), look)
	if s.LastGood.IsZero() {
		pair("last good", "never", plain)
	} else {
		pair("last good", s.LastGood.In(m.zone).Format("Mon 2 Jan 15:04:05")+", "+providers.Age(m.now.Sub(s.LastGood))+" ago", plain)
	}
	pair("rows", thousands(s.Rows), plain)
	if !s.Next.IsZero() {
		pair("next", s.Next.In(m.zone).Format("Mon 2 Jan 15:04:05"), plain)
	}
	p := s.Problem
	if p == nil {
		lines = append(lines, "")
		pair("", "Nothing is wrong here.", good)
		return lines
	}
	lines = append(lines, "")
	pair("what is wrong", p.What(), strong)
	if next := p.Next(); next != "" {
		pair("what to do", next, plain)
	}
	if text := shown(p.Message, ""); text != "" {
		pair("it said", text, dim)
	}
	if !p.Since.IsZero() {
		pair("since", p.Since.In(m.zone).Format("Mon 2 Jan 15:04:05"), dim)
	}
	if p.Tries > 0 {
		pair("tries", itoa(p.Tries), dim)
	}
	if !p.NextTry.IsZero() {
		pair("next try", p.NextTry.In(m.zone).Format("Mon 2 Jan 15:04:05"), dim)
	}
	if p.RequestID != "" {
		pair("request id", clean(p.RequestID), dim)
		pair("", "Name it when you ask the service's support.", faint)
	}
	return lines
}
