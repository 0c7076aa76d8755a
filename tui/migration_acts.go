package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// movable reports whether a mailbox can be moved now: it was compared, nothing differs
// and it is not moved.
func movable(b *providers.MailboxMove) bool {
	return b.State == providers.MoveReady || b.State == providers.MoveReturned
}

// whyNotAct says why nothing more can be asked for at this moment.
func (v *migrationView) whyNotAct(m *Model) string {
	s := &m.migration
	switch {
	case v == nil || !s.have:
		return "nothing was compared yet: p compares both sides"
	case v.asking != "":
		return "the answer is awaited"
	case s.m.State == providers.MigrationFinished:
		return "the migration is finished"
	case s.m.State.Working():
		return "it is " + s.m.State.Words() + "; s stops that"
	}
	return clean(m.ws.WhyNotMigrate())
}

// whyNotPlan says why both sides cannot be compared now.
func (v *migrationView) whyNotPlan(m *Model) string {
	switch {
	case v == nil:
		return "no migration is shown"
	case v.asking != "":
		return "the answer is awaited"
	case m.migration.have && m.migration.m.State.Working():
		return "it is " + m.migration.m.State.Words() + " already"
	}
	return clean(m.ws.WhyNotMigrate())
}

// whyNotMove says why no mailbox can be moved now.
func (v *migrationView) whyNotMove(m *Model) string {
	if why := v.whyNotAct(m); why != "" {
		return why
	}
	again := slices.ContainsFunc(m.migration.m.Mailboxes, providers.MailboxMove.LooksAgain)
	if m.migration.m.Count(providers.MoveReady, providers.MoveReturned, providers.MoveDiffers) == 0 && !again {
		if m.migration.m.Count(providers.MovePlanned) > 0 {
			return "the mailboxes were not compared yet: p compares both sides"
		}
		return "no mailbox is left that can be moved"
	}
	return ""
}

// whyNotMark says why the chosen mailbox cannot belong to the pilot group.
func (v *migrationView) whyNotMark(m *Model) string {
	if why := v.whyNotAct(m); why != "" {
		return why
	}
	switch b := v.box(m); {
	case b == nil:
		return "no mailbox is chosen"
	case b.State == providers.MoveBlocked && !b.LooksAgain():
		return "it cannot be moved: " + clean(b.Why)
	case b.State == providers.MoveMoved:
		return "it is moved already"
	}
	return ""
}

// mark takes the chosen mailbox into the pilot group, or out of it.
func (v *migrationView) mark(m *Model) tea.Cmd {
	b := v.box(m)
	var group []providers.Address
	for i := range m.migration.m.Mailboxes {
		o := &m.migration.m.Mailboxes[i]
		if o.Pilot && o.Mailbox != b.Mailbox {
			group = append(group, o.Mailbox)
		}
	}
	if !b.Pilot {
		group = append(group, b.Mailbox)
	}
	ws := m.ws
	return v.act(m, "writing it into the journal…", func(ctx context.Context) (providers.Migration, error) { return ws.SetPilot(ctx, group) })
}

// proposal is a small group to begin with, where nobody chose one: rooms and people in
// which nothing differs and that have the most entries, so that the group tells much.
func proposal(m *providers.Migration) []providers.Address {
	const rooms, people = 3, 2
	var all []*providers.MailboxMove
	for i := range m.Mailboxes {
		if b := &m.Mailboxes[i]; movable(b) && b.Parity.Whole() {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, func(a, b *providers.MailboxMove) int {
		if a.Parity.Total() != b.Parity.Total() {
			return b.Parity.Total() - a.Parity.Total()
		}
		return strings.Compare(string(a.Mailbox), string(b.Mailbox))
	})
	var group []providers.Address
	left := map[bool]int{true: rooms, false: people}
	for _, b := range all {
		if left[b.Room] > 0 {
			left[b.Room]--
			group = append(group, b.Mailbox)
		}
	}
	return group
}

// pilotDialog is the group that moves first.
type pilotDialog struct {
	view     *migrationView
	group    []providers.Address
	proposed bool
	list     scroll
}

// whyNotPilot says why there is no group that could move first.
func (v *migrationView) whyNotPilot(m *Model) string {
	if why := v.whyNotMove(m); why != "" {
		return why
	}
	for i := range m.migration.m.Mailboxes {
		if b := &m.migration.m.Mailboxes[i]; movable(b) || b.Pilot && b.State == providers.MoveDiffers {
			return ""
		}
	}
	return "no mailbox is left in which nothing differs"
}

// mailboxes is a number of them.
func mailboxes(n int) string {
	if n == 1 {
		return "1 mailbox"
	}
	return thousands(n) + " mailboxes"
}

func (v *migrationView) openPilot(m *Model) tea.Cmd {
	d := &pilotDialog{view: v}
	for i := range m.migration.m.Mailboxes {
		if b := &m.migration.m.Mailboxes[i]; b.Pilot && (movable(b) || b.State == providers.MoveDiffers) {
			d.group = append(d.group, b.Mailbox)
		}
	}
	if len(d.group) == 0 {
		d.group, d.proposed = proposal(&m.migration.m), true
	}
	m.openDialog(d)
	return nil
}

func (d *pilotDialog) scope() scope                          { return scopePilot }
func (d *pilotDialog) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (d *pilotDialog) pasted(*Model, string) tea.Cmd         { return nil }
func (d *pilotDialog) size(_ *Model, w, _ int) (int, int) {
	return min(w, 84), len(d.group) + 9
}

func (d *pilotDialog) boxes(m *Model) []*providers.MailboxMove {
	var out []*providers.MailboxMove
	for i := range m.migration.m.Mailboxes {
		if b := &m.migration.m.Mailboxes[i]; slices.Contains(d.group, b.Mailbox) {
			out = append(out, b)
		}
	}
	return out
}

// going are those of the group that would move: what differs stays.
func (d *pilotDialog) going(m *Model) int {
	n := 0
	for _, b := range d.boxes(m) {
		if movable(b) {
			n++
		}
	}
	return n
}

func (d *pilotDialog) whyNot(m *Model) string {
	if why := d.view.whyNotMove(m); why != "" {
		return why
	}
	if d.going(m) == 0 {
		return "no mailbox of the group can be moved: in the others something differs"
	}
	return ""
}

func (d *pilotDialog) draw(m *Model, w, h int) ([]string, int, int) {
	s := &m.migration.m
	lines := []string{newLine(m.theme, onPanel, w).put(strong, "Pilot group").put(dim, "  moves first, from "+providerWords(s.FromProvider)+" to "+providerWords(s.ToProvider)).done(), ""}
	boxes := d.boxes(m)
	d.list.fix(len(boxes), max(h-7, 1))
	for n := d.list.top; n < d.list.bottom(); n++ {
		b := boxes[n]
		glyph, look, word := moveLook(b)
		kind := "person"
		if b.Room {
			kind = "room"
		}
		l := newLine(m.theme, onPanel, w).to(2).put(accent, "◆ ").fit(plain, boxTitle(b), max(w/3, 10)).put(dim, " ").fit(dim, kind, 8)
		l.put(look, glyph+" "+word).put(dim, " · "+counted(b.Parity.Total(), "meeting"))
		lines = append(lines, l.done())
	}
	if len(boxes) == 0 {
		lines = append(lines, newLine(m.theme, onPanel, w).put(warn, "No mailbox can be moved yet.").done())
	}
	lines = append(lines, "")
	text := "Each changes over in one step and keeps its free/busy all the time. z takes them back."
	if d.proposed && len(boxes) > 0 {
		text = "Nobody chose a group: these have the most meetings, and nothing differs in them. space in the list chooses others. " + text
	}
	for _, part := range wrap(text, w) {
		lines = append(lines, newLine(m.theme, onPanel, w).put(dim, part).done())
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(scopePilot, onPanel, 0, w)), -1, -1
}

// start moves the group.
func (d *pilotDialog) start(m *Model) tea.Cmd {
	m.closeDialog()
	ws, group, set := m.ws, slices.Clone(d.group), d.proposed
	return d.view.act(m, "beginning with the pilot group…", func(ctx context.Context) (providers.Migration, error) {
		if set {
			if now, err := ws.SetPilot(ctx, group); err != nil {
				return now, err
			}
		}
		return ws.MoveMailboxes(ctx, providers.MigrationChoice{Pilot: true})
	})
}

// moveAllDialog wants the tenant's name typed before all mailboxes are moved. Pasting
// it does not count.
type moveAllDialog struct {
	view    *migrationView
	differ  bool // also those in which something differs
	name    textField
	refused string
}

func (v *migrationView) openMoveAll(m *Model) tea.Cmd {
	m.openDialog(&moveAllDialog{view: v})
	return nil
}

func (d *moveAllDialog) scope() scope { return scopeMoveAll }

func (d *moveAllDialog) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if !k.IsRepeat && d.name.typed(k) {
		d.refused = ""
	}
	return nil
}

// pasted does nothing: a name that is typed was read.
func (d *moveAllDialog) pasted(*Model, string) tea.Cmd {
	d.refused = "the name has to be typed, not pasted"
	return nil
}

func (d *moveAllDialog) size(m *Model, w, _ int) (int, int) {
	w = min(84, w)
	return w, len(d.build(m, w).lines) + 2
}

func (d *moveAllDialog) draw(m *Model, w, h int) ([]string, int, int) {
	return d.build(m, w).fitted(h, m.drawKeys(scopeMoveAll, onPanel, 0, w))
}

func (d *moveAllDialog) build(m *Model, w int) *formLines {
	s := &m.migration.m
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	o.add(o.line().put(strong, "Move all mailboxes").put(dim, "  from "+clean(s.From)+" to "+clean(s.To)))
	o.blank()
	item := func(label string, look role, text string) {
		for i, part := range wrap(text, w-labelWidth) {
			l := o.line()
			if i == 0 {
				l.put(dim, label)
			}
			o.add(l.to(labelWidth).put(look, part))
		}
	}
	ready, differ, blocked := s.Count(providers.MoveReady, providers.MoveReturned), s.Count(providers.MoveDiffers), s.Count(providers.MoveBlocked)
	item("move", plain, mailboxes(ready)+", one by one; each keeps its free/busy all the time")
	if differ > 0 {
		words, look := itoa(differ)+" in which something differs: left out", warn
		if d.differ {
			words, look = itoa(differ)+" in which something differs: moved too", bad
		}
		item("differ", look, words+"; ctrl+a changes")
	}
	if again := len(slices.DeleteFunc(slices.Clone(s.Mailboxes), func(b providers.MailboxMove) bool { return !b.LooksAgain() })); again > 0 {
		item("look again", warn, itoa(again)+" that an error stopped: moved where it has passed")
		blocked -= len(slices.DeleteFunc(slices.Clone(s.Mailboxes), func(b providers.MailboxMove) bool { return !b.LooksAgain() || b.State != providers.MoveBlocked }))
	}
	if blocked > 0 {
		item("stay", warn, itoa(blocked)+" that "+providerWords(s.ToProvider)+" does not reach")
	}
	if wider(&s.Scope) {
		item("scope", bad, clean(s.Scope.Words))
	}
	item("the way back", plain, "z, as long as "+providerWords(s.FromProvider)+" still answers and it is not finished")
	o.blank()
	l := o.line().put(accentStrong, "▸ ").put(accent, "the name").to(labelWidth)
	o.focusY, o.cy = len(o.lines), len(o.lines)
	ground, start := l.ground, l.width
	l.ground = onSpan
	at := d.name.draw(l, strong, max(min(w-labelWidth, 40), 8))
	o.cx = start + at
	l.style(plain)
	l.ground = ground
	o.add(l)
	if d.refused != "" {
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+d.refused)
	} else {
		o.note(dim, "Type "+m.header.tenant+" and press enter.")
	}
	return o
}

// start moves all, once the tenant's name is there.
func (d *moveAllDialog) start(m *Model) tea.Cmd {
	if why := d.view.whyNotMove(m); why != "" {
		d.refused = why
		return nil
	}
	if !strings.EqualFold(strings.TrimSpace(d.name.text()), strings.TrimSpace(m.header.tenant)) {
		d.refused = "type the tenant's name, " + m.header.tenant
		return nil
	}
	m.closeDialog()
	return d.view.moveMailboxes(m, providers.MigrationChoice{All: true, EvenIfDifferent: d.differ})
}

// askMoveOne moves the chosen mailbox; where something differs in it, after a question.
func (v *migrationView) askMoveOne(m *Model) tea.Cmd {
	b := v.box(m)
	choice := providers.MigrationChoice{Mailboxes: []providers.Address{b.Mailbox}}
	if movable(b) {
		m.openDialog(&question{
			title: "Move " + boxTitle(b) + " to " + providerWords(m.migration.m.ToProvider) + "?",
			text:  []string{"It changes over in one step and keeps its free/busy all the time. b takes it back."},
			no:    "leave it", yes: "move it", do: func(m *Model) tea.Cmd { return v.moveMailboxes(m, choice) },
		})
		return nil
	}
	choice.EvenIfDifferent = true
	c := b.Parity
	m.openDialog(&question{
		title: "Move " + boxTitle(b) + " although something differs?",
		text: []string{
			itoa(c.Missing) + " missing, " + itoa(c.Extra) + " extra, " + itoa(c.Different) + " different: its calendar will be as " + providerWords(m.migration.m.ToProvider) + " has it.",
			"It can be taken back.",
		},
		no: "leave it", yes: "move it", do: func(m *Model) tea.Cmd { return v.moveMailboxes(m, choice) },
	})
	return nil
}

func (v *migrationView) whyNotMoveOne(m *Model) string {
	if why := v.whyNotAct(m); why != "" {
		return why
	}
	switch b := v.box(m); {
	case b == nil:
		return "no mailbox is chosen"
	case b.LooksAgain():
	case b.State == providers.MoveBlocked:
		return "it cannot be moved: " + clean(b.Why)
	case !movable(b) && b.State != providers.MoveDiffers:
		_, _, word := moveLook(b)
		return "it is not ready to be moved: " + word
	}
	return ""
}

// whyNotReturn says why nothing can be taken back now.
func (v *migrationView) whyNotReturn(m *Model) string {
	if why := v.whyNotAct(m); why != "" {
		return why
	}
	s := &m.migration.m
	switch {
	case s.Count(providers.MoveMoved) == 0:
		return "no mailbox is moved"
	case !s.Undoable.IsZero() && !s.Undoable.After(m.now):
		return "the way back ended on " + s.Undoable.In(m.zone).Format("Mon 2 Jan")
	}
	return ""
}

// askReturn takes all moved mailboxes back after a question.
func (v *migrationView) askReturn(m *Model) tea.Cmd {
	s := &m.migration.m
	from := providerWords(s.FromProvider)
	m.openDialog(&question{
		title: "Take " + mailboxes(s.Count(providers.MoveMoved)) + " back to " + from + "?",
		text: []string{
			"Each changes back in one step and keeps its free/busy all the time. What was booked meanwhile stays: both sides show the same calendars.",
			"Nothing is changed in the tenant.",
		},
		no: "leave them", yes: "take them back", do: func(m *Model) tea.Cmd { return v.returnMailboxes(m, providers.MigrationChoice{All: true}) },
	})
	return nil
}

func (v *migrationView) whyNotReturnOne(m *Model) string {
	if why := v.whyNotReturn(m); why != "" {
		return why
	}
	if b := v.box(m); b == nil || b.State != providers.MoveMoved {
		return "it is not moved"
	}
	return ""
}

// askReturnOne takes the chosen mailbox back after a question.
func (v *migrationView) askReturnOne(m *Model) tea.Cmd {
	b := v.box(m)
	choice := providers.MigrationChoice{Mailboxes: []providers.Address{b.Mailbox}}
	m.openDialog(&question{
		title: "Take " + boxTitle(b) + " back to " + providerWords(m.migration.m.FromProvider) + "?",
		text:  []string{"It changes back in one step and keeps its free/busy all the time. What was booked meanwhile stays."},
		no:    "leave it", yes: "take it back", do: func(m *Model) tea.Cmd { return v.returnMailboxes(m, choice) },
	})
	return nil
}

// whyNotFinish says why the way back cannot be given up now.
func (v *migrationView) whyNotFinish(m *Model) string {
	if why := v.whyNotAct(m); why != "" {
		return why
	}
	if m.migration.m.Count(providers.MoveMoved) == 0 {
		return "no mailbox is moved"
	}
	return ""
}

// askFinish gives up the way back after a question that says what that means.
func (v *migrationView) askFinish(m *Model) tea.Cmd {
	s := &m.migration.m
	from := providerWords(s.FromProvider)
	text := []string{
		mailboxes(s.Count(providers.MoveMoved)) + " can then not be taken back: the reading positions of " + from + " are dropped.",
		"Kept are the report, the journal, every booking and the connection " + clean(s.From) + ", which you can disconnect then.",
	}
	if stay := len(s.Mailboxes) - s.Count(providers.MoveMoved); stay > 0 {
		text = append(text, "Not moved, and so still with "+from+": "+mailboxes(stay)+".")
	}
	m.openDialog(&question{title: "Finish, and give up the way back?", text: text, no: "keep the way back", yes: "finish", do: func(m *Model) tea.Cmd {
		return v.act(m, "giving up the way back…", m.ws.FinishMigration)
	}})
	return nil
}
