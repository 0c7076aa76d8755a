package tui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// migrationGap is the least time between two readings of the journal, which has a line
// for each mailbox.
const migrationGap = 250 * time.Millisecond

// migrationState is what the console knows of the organisation's migration.
type migrationState struct {
	m    providers.Migration
	have bool // there is one
	read bool
	err  error
	pace pace
	free freeWatch
}

// readMigration reads the journal again.
func (m *Model) readMigration() tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		found, have, err := ws.Migration(ctx)
		return migrationAnswer{found, have, err}
	})
}

type migrationAnswer struct {
	m    providers.Migration
	have bool
	err  error
}

func (a migrationAnswer) apply(m *Model) tea.Cmd {
	s := &m.migration
	if s.read, s.err = true, a.err; a.err != nil {
		return nil
	}
	if a.have && s.have && a.m.ID == s.m.ID && a.m.Revision < s.m.Revision {
		return nil // older than what is shown
	}
	return m.takeMigration(a.m, a.have)
}

// takeMigration shows a newer state of the journal.
func (m *Model) takeMigration(now providers.Migration, have bool) tea.Cmd {
	s := &m.migration
	s.m, s.have = now, have
	for _, d := range m.dialogs {
		if v, ok := d.(*migrationView); ok {
			v.arrange(&s.m)
		}
	}
	return s.free.look(m, &s.m)
}

// whyNotMigration says why nothing can be seen or done of a migration. A journal can
// be looked at also where nothing more can be moved.
func whyNotMigration(m *Model) string {
	if why := m.whyNotDo(providers.VerbAdminister, ""); why != "" {
		return why
	}
	if m.migration.have {
		return ""
	}
	return clean(m.ws.WhyNotMigrate())
}

// migrationView is the migration: what was compared and in what it differs, what is
// moved, and the way back. Closing it stops nothing.
type migrationView struct {
	rows   []int // places in the journal's mailboxes, the most harmful first
	chosen providers.Address
	moved  bool // the bar was moved: it stays on its mailbox
	list   scroll
	only   bool // only those in which something is wrong
	asking string
	failed string
}

func (v *migrationView) scope() scope                          { return scopeMigration }
func (v *migrationView) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (v *migrationView) pasted(*Model, string) tea.Cmd         { return nil }
func (v *migrationView) size(_ *Model, w, h int) (int, int)    { return min(w, 132), h }

// openMigration shows the migration.
func (m *Model) openMigration() tea.Cmd {
	if v, ok := topOf[*migrationView](m); ok {
		v.arrange(&m.migration.m)
		return m.readMigration()
	}
	v := &migrationView{}
	v.arrange(&m.migration.m)
	m.openDialog(v)
	return m.readMigration()
}

// planFromPalette shows the migration, and compares both sides where that was never
// done.
func (m *Model) planFromPalette() tea.Cmd {
	read := m.openMigration()
	if v, ok := topOf[*migrationView](m); ok && !m.migration.have && m.migration.err == nil {
		return tea.Batch(read, v.plan(m))
	}
	return read
}

// box is the chosen mailbox; nil where there is none.
func (v *migrationView) box(m *Model) *providers.MailboxMove {
	if v == nil || v.list.at >= len(v.rows) || v.rows[v.list.at] >= len(m.migration.m.Mailboxes) {
		return nil
	}
	return &m.migration.m.Mailboxes[v.rows[v.list.at]]
}

// moveHarm orders mailboxes: what is at work, what went wrong, what differs, what stays,
// what differs in nothing that counts, all others.
func moveHarm(b *providers.MailboxMove) int {
	switch {
	case b.State == providers.MoveSwitching || b.State == providers.MoveReturning:
		return 5
	case b.State == providers.MoveDiffers || !b.Parity.Whole():
		return 4
	case b.Why != "" && b.State != providers.MoveBlocked:
		return 3
	case b.State == providers.MoveBlocked:
		return 2
	case b.Parity.Cosmetic > 0 || len(b.Was) > 0:
		return 1
	}
	return 0
}

// arrange sorts the mailboxes by harm and keeps the bar on the one that it is on.
func (v *migrationView) arrange(m *providers.Migration) {
	v.rows = v.rows[:0]
	for i := range m.Mailboxes {
		if !v.only || moveHarm(&m.Mailboxes[i]) >= 2 {
			v.rows = append(v.rows, i)
		}
	}
	slices.SortStableFunc(v.rows, func(a, b int) int {
		x, y := &m.Mailboxes[a], &m.Mailboxes[b]
		wrong := func(c providers.ParityCounts) int { return c.Missing + c.Extra + c.Different }
		return cmp.Or(
			cmp.Compare(moveHarm(y), moveHarm(x)), cmp.Compare(wrong(y.Parity), wrong(x.Parity)), cmp.Compare(y.Parity.Cosmetic, x.Parity.Cosmetic),
			cmp.Compare(moveOrder(x), moveOrder(y)), strings.Compare(string(x.Mailbox), string(y.Mailbox)),
		)
	})
	v.list.n = len(v.rows)
	if !v.moved {
		v.list.at = 0
		v.choose(m)
		return
	}
	for n, i := range v.rows {
		if m.Mailboxes[i].Mailbox == v.chosen {
			v.list.at = n
			return
		}
	}
	v.list.at = max(min(v.list.at, len(v.rows)-1), 0)
	v.choose(m)
}

// moveOrder brings what is still to be done before what is done, and the pilot group
// before others.
func moveOrder(b *providers.MailboxMove) int {
	n := 0
	if b.State == providers.MoveMoved || b.State == providers.MoveFinished {
		n = 2
	}
	if !b.Pilot {
		n++
	}
	return n
}

func (v *migrationView) choose(m *providers.Migration) {
	if v.list.at < len(v.rows) {
		v.chosen = m.Mailboxes[v.rows[v.list.at]].Mailbox
	}
}

func (v *migrationView) move(m *Model, by int) {
	v.list.n = len(v.rows)
	v.list.move(by)
	v.moved = true
	v.choose(&m.migration.m)
}

// act asks for something of the migration; words say what is asked for meanwhile.
func (v *migrationView) act(m *Model, words string, ask func(ctx context.Context) (providers.Migration, error)) tea.Cmd {
	v.asking, v.failed = words, ""
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		now, err := ask(ctx)
		return migrationActed{v, now, err}
	})
}

type migrationActed struct {
	view *migrationView
	m    providers.Migration
	err  error
}

func (a migrationActed) apply(m *Model) tea.Cmd {
	a.view.asking = ""
	if a.err != nil {
		a.view.failed = problemText(a.err)
		m.notices.add(m.now, a.view.failed, true)
		return m.readMigration()
	}
	if m.migration.have && m.migration.m.ID == a.m.ID && m.migration.m.Revision > a.m.Revision {
		return nil // what is shown is newer
	}
	return tea.Batch(m.takeMigration(a.m, true), m.readHeader())
}

// plan compares both sides.
func (v *migrationView) plan(m *Model) tea.Cmd {
	return v.act(m, "asking which mailboxes each side reaches…", m.ws.PlanMigration)
}

// stop lets no further mailbox begin.
func (v *migrationView) stop(m *Model) tea.Cmd {
	return v.act(m, "stopping…", m.ws.StopMigration)
}

// moveMailboxes moves or takes back what was chosen.
func (v *migrationView) moveMailboxes(m *Model, choice providers.MigrationChoice) tea.Cmd {
	ws := m.ws
	return v.act(m, "beginning to move…", func(ctx context.Context) (providers.Migration, error) { return ws.MoveMailboxes(ctx, choice) })
}

func (v *migrationView) returnMailboxes(m *Model, choice providers.MigrationChoice) tea.Cmd {
	ws := m.ws
	return v.act(m, "beginning to take back…", func(ctx context.Context) (providers.Migration, error) {
		return ws.ReturnMailboxes(ctx, choice)
	})
}

// migrationPace is how fast mailboxes come through and how long the rest takes, from
// the stamps of the journal's last 20 seconds; ok is false before that can be said.
func migrationPace(m *providers.Migration, now time.Time) (perSecond float64, left time.Duration, ok bool) {
	const span = 20 * time.Second
	done, rest := 0, 0
	first := now
	for i := range m.Mailboxes {
		b := &m.Mailboxes[i]
		at, open, through := b.Compared, b.State == providers.MovePlanned, b.State != providers.MovePlanned
		switch m.State {
		case providers.MigrationComparing:
		case providers.MigrationReturning:
			at, open, through = b.Moved, b.State == providers.MoveMoved || b.State == providers.MoveReturning, b.State == providers.MoveReturned
		default:
			at, open, through = b.Moved, b.State == providers.MoveReady || b.State == providers.MoveSwitching, b.State == providers.MoveMoved
		}
		if open {
			rest++
		}
		if through && !at.IsZero() && !at.After(now) && now.Sub(at) <= span && !at.Before(m.Created) {
			done++
			if at.Before(first) {
				first = at
			}
		}
	}
	took := now.Sub(first)
	if done < 3 || took < time.Second {
		return 0, 0, false
	}
	perSecond = float64(done) / took.Seconds()
	return perSecond, time.Duration(float64(rest) / perSecond * float64(time.Second)), true
}
