package sync_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// The oracles: what must hold whatever fails. Each complains with its name.

// differences is CONV: all that a person sees of the mirror against what the tenant
// holds, within the promised window.
func differences(t testing.TB, tenant *simulator.Tenant, s *store.Store, now time.Time) (all []string) {
	t.Helper()
	mailboxes, err := s.Mailboxes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mailboxes {
		want, ok := trueLines(t, tenant, m.Address, now)
		if !ok {
			all = append(all, fmt.Sprintf("%s is no mailbox of the tenant", m.Address))
			continue
		}
		have, err := mirrorLines(s, m.Address, now)
		if err != nil {
			all = append(all, fmt.Sprintf("%s: %v", m.Address, err))
		} else if !slices.Equal(want, have) {
			all = append(all, fmt.Sprintf("%s: %s", m.Address, firstDifference(want, have)))
		}
	}
	return all
}

func promised(now time.Time) providers.Interval {
	now = now.UTC()
	return providers.Interval{Start: now.Add(-6 * 24 * time.Hour), End: now.Add(59 * 24 * time.Hour)}
}

func trueLines(t testing.TB, tenant *simulator.Tenant, mailbox providers.Address, now time.Time) ([]string, bool) {
	span := promised(now)
	truth, ok := tenant.Truth(string(mailbox), span.Start, span.End)
	lines := make([]string, 0, len(truth.Events))
	for _, ev := range truth.Events {
		if ev.AllDay { // Graph writes local midnights as if they were UTC's
			ev.Start, ev.End = midnight(t, ev.Start), midnight(t, ev.End)
		}
		lines = append(lines, fmt.Sprint(ev.Start, " ", ev.End, " ", ev.Subject, " ", ev.ShowAs, ev.Cancelled, ev.Response, ev.AllDay,
			ev.Sensitivity != "normal" && ev.Sensitivity != "personal", ev.Online, " ", strings.ToLower(ev.Organizer), " ", ev.Type, " ", trueID(tenant, mailbox, ev)))
	}
	slices.Sort(lines)
	return lines, ok
}

func mirrorLines(s *store.Store, mailbox providers.Address, now time.Time) ([]string, error) {
	events, err := s.Events(context.Background(), mailbox, promised(now))
	if p, e := s.Position(context.Background(), mailbox); err != nil && e == nil && !p.Complete() {
		return nil, nil // not read yet
	}
	lines := make([]string, 0, len(events))
	for _, ev := range events {
		lines = append(lines, fmt.Sprint(ev.Start.Format(time.RFC3339), " ", ev.End.Format(time.RFC3339), " ", ev.Subject.Raw(), " ", ev.ShowAs, ev.Cancelled,
			ev.Response, ev.AllDay, ev.Private, ev.OnlineMeeting, " ", ev.Organizer, " ", ev.Type, " ", mirrorID(ev.ID)))
	}
	slices.Sort(lines)
	return lines, err
}

// watchman looks at a wired tenant every few seconds and keeps what it saw.
type watchman struct {
	w      *wired
	every  time.Duration
	stop   chan struct{}
	done   chan struct{}
	known  map[providers.Address]map[string]bool // what the mirror had before the trouble
	read   map[providers.Address]time.Time       // last good answer with a calendar, by the ledger
	asked  int64                                 // requests when it looked last
	after  int64                                 // entries of the ledger up to this one were all looked at
	seen   map[int64]bool                        // and these behind it: they finish in another order than they come
	doubt  map[providers.Address]bool            // count as fresh without an answer since the last look
	said   map[string]bool                       // sentences
	named  map[providers.Address]bool            // mailboxes with a problem
	failed map[string]bool                       // complaints, each once
}

// look begins the watch, with a look every few seconds.
func (w *wired) look(every time.Duration) *watchman {
	m := &watchman{w: w, every: every, stop: make(chan struct{}), done: make(chan struct{}), known: map[providers.Address]map[string]bool{}, read: map[providers.Address]time.Time{},
		seen: map[int64]bool{}, doubt: map[providers.Address]bool{},
		said: map[string]bool{}, named: map[providers.Address]bool{}, failed: map[string]bool{}}
	for _, room := range w.rooms() {
		lines, err := mirrorLines(w.store, room, time.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		m.known[room] = map[string]bool{}
		for _, line := range lines {
			m.known[room][line] = true
		}
	}
	w.watch = m
	go func() {
		defer close(m.done)
		for {
			m.once()
			select {
			case <-m.stop:
				m.once()
				return
			case <-time.After(every):
			}
		}
	}()
	return m
}

func (m *watchman) end() {
	m.w.watch = nil
	close(m.stop)
	<-m.done
}

func (m *watchman) complain(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !m.failed[text] && len(m.failed) < 8 {
		m.w.t.Error(time.Now().Format("15:04:05 "), text)
	}
	m.failed[text] = true
}

func (m *watchman) once() {
	begin := time.Now()
	p := m.w.engine.Progress()
	status, err := m.w.engine.Status(context.Background())
	if took := time.Since(begin); took > 100*time.Millisecond {
		m.complain("LIVE: the state is told after %v", took)
	}
	if err != nil {
		m.complain("LIVE: %v", err)
		return
	}
	if n := m.w.tenant.Requests(); n != m.asked && !m.w.lies {
		m.asked = n
		m.deletions()
	}
	m.ages(status)
	if p.Problem != nil {
		m.sentence(p.Problem, "")
	}
	for _, s := range status {
		if s.Problem != nil {
			m.sentence(s.Problem, s.Mailbox)
		}
	}
}

// deletions is NODEL: what was known and still is true is shown all the time.
func (m *watchman) deletions() {
	for room, known := range m.known {
		truth, _ := trueLines(m.w.t, m.w.tenant, room, time.Now())
		have, err := mirrorLines(m.w.store, room, time.Now())
		if err != nil {
			m.complain("NODEL: %v", err)
			return
		}
		for _, line := range truth {
			if _, there := slices.BinarySearch(have, line); known[line] && !there {
				m.complain("NODEL: %s lost %s", room, line)
			}
		}
	}
}

// ages is STALE: nothing counts as read that was not answered, and what was never
// read is not free.
func (m *watchman) ages(status []providers.MailboxStatus) {
	for _, e := range m.w.tenant.LedgerWhere(simulator.LedgerFilter{After: m.after}) {
		if m.seen[e.N] {
			continue
		}
		m.seen[e.N] = true
		if e.UserAgent == agent && e.Status == http.StatusOK && (strings.Contains(e.Path, "calendarView") || e.Operation == "SyncFolderItems" || e.Operation == "FindItem") {
			m.read[providers.Address(strings.ToLower(e.Mailbox))] = time.Now()
		}
	}
	for m.seen[m.after+1] {
		m.after++
		delete(m.seen, m.after)
	}
	now := m.w.o.Now()
	for _, s := range status {
		last, ever := m.read[s.Mailbox]
		unanswered := s.State == providers.MailboxFresh && (!ever || time.Since(last) > m.w.o.Intervals.Rest+m.every+time.Minute)
		// An answer may be stored a moment before the tenant has written down that it
		// was sent: the next look must find it.
		before := m.doubt[s.Mailbox]
		m.doubt[s.Mailbox] = unanswered
		switch {
		case s.State == providers.MailboxFresh && now.Sub(s.LastGood) > m.w.o.Intervals.Rest+time.Minute:
			m.complain("STALE: %s counts as fresh and was read %v ago", s.Mailbox, now.Sub(s.LastGood))
		case unanswered && before:
			m.complain("STALE: %s counts as fresh and the tenant answered %v ago", s.Mailbox, time.Since(last))
		case s.LastGood.IsZero() && s.State != providers.MailboxWaiting && s.State != providers.MailboxReading && s.Problem == nil:
			m.complain("STALE: %s was never read and is %s", s.Mailbox, s.State)
		}
	}
}

var numbers = regexp.MustCompile(`\bin \d+ (s|min|h|d)\b|\bnow\b`)

// sentence is half of SAY: every problem says since when, what happens next and
// when, and the id of the request for whoever supports it.
func (m *watchman) sentence(p *providers.Problem, mailbox providers.Address) {
	now := m.w.o.Now()
	said := p.Sentence(now)
	m.said[numbers.ReplaceAllString(said, "in a while")] = true
	if mailbox != "" {
		m.named[mailbox] = true
	}
	switch {
	case p.Since.IsZero() || p.Since.After(now.Add(time.Second)):
		m.complain("SAY: %q began %v", said, p.Since)
	case p.NextTry.IsZero():
		m.complain("SAY: %q does not say when it is tried again", said)
	case p.Code != "" && p.Status != 0 && p.RequestID == "":
		m.complain("SAY: %q has no request id", said)
	}
}

// agent is how the provider calls itself; the test's own requests have another.
const agent = "roomdesk"

// requests are those of the provider since an entry of the ledger.
func (w *wired) requests(after int64) (all []simulator.Entry) {
	for _, e := range w.tenant.LedgerWhere(simulator.LedgerFilter{After: after}) {
		if e.UserAgent == agent {
			all = append(all, e)
		}
	}
	return all
}

func (w *wired) lastEntry() (n int64) {
	for _, e := range w.tenant.Ledger() {
		n = max(n, e.N)
	}
	return n
}

// quotaKept is QUOTA: never before the announced time, at most four at once for a
// mailbox, no more requests than a bound. Each page is asked for with the
// preferences that keep ids the same (F-019).
func (w *wired) quotaKept(all []simulator.Entry, most int) {
	w.t.Helper()
	told := map[time.Time]bool{} // a request that left at the moment of an announcement did not know of it
	for _, e := range all {
		told[e.At] = told[e.At] || e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
	}
	for i, e := range all {
		others := told[e.At] && slices.ContainsFunc(all, func(o simulator.Entry) bool { return o.N != all[i].N && o.At.Equal(e.At) })
		switch {
		case e.Folder != "" && e.Folder != "calendar":
			w.t.Errorf("L4: %s of %s names the folders %s", e.Operation, e.Mailbox, e.Folder)
		case e.Early && !others:
			w.t.Errorf("QUOTA: %s %s of %s came before the announced time:%s", e.Method, e.Path, e.Mailbox, tail(all[:i+1]))
		case e.Concurrency > 4:
			w.t.Errorf("QUOTA: %d at once for %s", e.Concurrency, e.Mailbox)
		case batch(e):
			w.t.Errorf("F-067: a batch is sent: %s", e.Path)
		case strings.Contains(e.Path, "calendarView") && !strings.Contains(e.Prefer, "ImmutableId"):
			w.t.Errorf("F-019: %s?%s without the preference for immutable ids: %q", e.Path, e.Query, e.Prefer)
		}
	}
	if len(all) > most {
		w.t.Errorf("QUOTA: %d requests, bound %d", len(all), most)
	}
}

// batch reports a request that holds others.
func batch(e simulator.Entry) bool { return strings.Contains(e.Path, "$batch") }

// tail tells the last requests up to one.
func tail(all []simulator.Entry) (text string) {
	for _, e := range all[max(0, len(all)-6):] {
		text += fmt.Sprintf("\n%s %s %s %d %s %s", e.At.Format("15:04:05.000"), e.Method, e.Mailbox, e.Status, e.Code, e.Fault)
	}
	return text
}

// secretKept is SECRET: nothing that lets anybody in stands in the log or in a
// sentence, and nothing was sent anywhere but to the tenant.
func (w *wired) secretKept(said map[string]bool) {
	w.t.Helper()
	text := w.log.String() + strings.Join(slices.Collect(maps.Keys(said)), "\n")
	at := w.tenant.Endpoints()
	canaries := []string{at.ClientSecret, at.ExchangePassword, "eyJ", "Bearer ", "Basic ", "TlRMTVNTUA"}
	if w.token != "" {
		canaries = append(canaries, w.token)
	}
	for _, canary := range canaries {
		if i := strings.Index(text, canary); i >= 0 {
			w.t.Errorf("SECRET: %q is told: %s", canary[:min(len(canary), 8)], text[max(0, i-200):i])
		}
	}
	host := strings.TrimPrefix(w.service(), "https://")
	for _, address := range w.network.Dialled() {
		if address != host {
			w.t.Errorf("SECRET: a connection to %s", address)
		}
	}
}

// durable is DURA: a new process shows the same, and goes on from there.
func (w *wired) durable() {
	w.t.Helper()
	before := map[providers.Address][]string{}
	for _, room := range w.rooms() {
		before[room], _ = mirrorLines(w.store, room, time.Now())
	}
	positions := map[providers.Address]string{}
	for room := range before {
		p, err := w.store.Position(context.Background(), room)
		if err != nil {
			w.t.Error("DURA: ", err)
		}
		positions[room] = p.Cursor
	}
	w.halt()
	w.open()
	for room, want := range before {
		if have, err := mirrorLines(w.store, room, time.Now()); err != nil || !slices.Equal(have, want) {
			w.t.Errorf("DURA: %s after a restart: %s %v", room, firstDifference(want, have), err)
		}
		if p, err := w.store.Position(context.Background(), room); err != nil || p.Cursor != positions[room] {
			w.t.Errorf("DURA: %s has another position after a restart: %v", room, err)
		}
	}
}

// converges is CONV within a time, and says what differs.
func (w *wired) converges(within time.Duration) {
	w.t.Helper()
	deadline := time.Now().Add(within)
	for {
		found := differences(w.t, w.tenant, w.store, time.Now())
		if len(found) == 0 && len(w.missing()) == 0 {
			return
		}
		if time.Now().After(deadline) {
			status, _ := w.engine.Status(context.Background())
			for _, s := range status {
				w.t.Logf("%s %s %d rows %s", s.Mailbox, s.State, s.Rows, s.Problem.Sentence(time.Now()))
			}
			w.t.Fatalf("CONV: not within %v: %s %v; %v", within, strings.Join(found, "; "), w.missing(), w)
		}
		time.Sleep(max(5*time.Second, within/200)) // the bubble's clock
	}
}

// missing are rooms of the tenant that the mirror does not have at all.
func (w *wired) missing() (all []providers.Address) {
	have, err := w.store.Mailboxes(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, room := range w.rooms() {
		if !slices.ContainsFunc(have, func(m store.Mailbox) bool { return m.Address == room && m.Complete() }) {
			all = append(all, room)
		}
	}
	return all
}

// nameServer is a dialler's error as a name server makes it.
func nameServer(timeout bool) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "graph.example", IsNotFound: !timeout, IsTimeout: timeout}}
}
