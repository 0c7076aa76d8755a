package tui

import (
	"time"

	"roomdesk/providers"
)

// providerWords is a provider's name as people read it.
func providerWords(provider string) string {
	switch provider {
	case "ews":
		return "Exchange"
	case "graph":
		return "Graph"
	}
	return clean(provider)
}

// moveLook is the glyph of a mailbox's state, which also has a word.
func moveLook(b *providers.MailboxMove) (glyph string, look role, word string) {
	switch b.State {
	case providers.MovePlanned:
		return "○", dim, "to compare"
	case providers.MoveReady:
		if b.Why != "" {
			return "✗", warn, "not moved"
		}
		return "○", accent, "ready"
	case providers.MoveDiffers:
		return "✗", bad, "differs"
	case providers.MoveBlocked:
		return "–", warn, "stays"
	case providers.MoveSwitching:
		return "◌", accent, "moving"
	case providers.MoveMoved:
		return "●", good, "moved"
	case providers.MoveReturning:
		return "◌", accent, "going back"
	case providers.MoveReturned:
		return "↶", dim, "is back"
	case providers.MoveFinished:
		return "●", good, "finished"
	}
	return "?", faint, clean(string(b.State))
}

func boxTitle(b *providers.MailboxMove) string { return shown(b.Name, b.Mailbox.Local()) }

func (v *migrationView) draw(m *Model, w, h int) ([]string, int, int) {
	s := &m.migration
	keys := m.drawKeys(scopeMigration, onPanel, 0, w)
	if !s.have {
		return v.drawNothing(m, w, h, keys), -1, -1
	}
	lines := v.drawHead(m, w, h)
	detail := 0
	switch {
	case h >= 24:
		detail = 4
	case h >= 17:
		detail = 2
	}
	used := len(lines) + 1 + 1 + detail // titles, the keys and these
	if detail > 0 {
		used++
	}
	v.list.fix(len(v.rows), max(h-used, 1))
	c := moveWidths(w)
	lines = append(lines, c.titles(m, w))
	for n := v.list.top; n < v.list.bottom(); n++ {
		lines = append(lines, m.drawMove(&s.m.Mailboxes[v.rows[n]], c, n == v.list.at, w))
	}
	if len(v.rows) == 0 {
		text := "No mailbox is known yet."
		if v.only {
			text = "● Nothing is wrong with any mailbox. ! shows them all."
		}
		lines = append(lines, newLine(m.theme, onPanel, w).to(2).put(dim, text).done())
	}
	below := 1 + detail
	if detail > 0 {
		below++
	}
	for len(lines) < h-below {
		lines = append(lines, "")
	}
	lines = lines[:max(min(len(lines), h-below), 1)]
	if detail > 0 {
		lines = append(lines, newLine(m.theme, onPanel, w).repeat(ruled, "─", w).done())
		extra := v.drawDetail(m, w, detail)
		for len(extra) < detail {
			extra = append(extra, "")
		}
		lines = append(lines, extra...)
	}
	return append(lines, keys), -1, -1
}

// drawNothing is what is said before anything was compared.
func (v *migrationView) drawNothing(m *Model, w, h int, keys string) []string {
	o := &formLines{m: m, w: w, cx: -1}
	o.add(o.line().put(strong, "Migration").put(dim, "  from one provider to the other, mailbox by mailbox"))
	o.blank()
	why := clean(m.ws.WhyNotMigrate())
	switch {
	case v.asking != "":
		o.para(accent, "◌ "+v.asking)
	case v.failed != "":
		o.para(bad, "✗ "+v.failed)
	case m.migration.err != nil:
		o.para(bad, "✗ The journal could not be read: "+problemText(m.migration.err))
	case !m.migration.read:
		o.para(dim, "reading…")
	case why != "":
		o.para(warn, "Nothing can be moved: "+why)
	}
	if why == "" {
		o.blank()
		o.para(plain, "p compares which mailboxes each side reaches, then reads both sides of every mailbox and compares them. It moves nothing.")
		o.blank()
		o.para(dim, "Then a pilot group moves first, then all. Each mailbox changes over in one step: its free/busy is there all the time, and no change is told that is none. All of it can be taken back until you finish it.")
	}
	lines := o.lines[:min(len(o.lines), max(h-1, 1))]
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines, keys)
}

// drawHead says from where to where, what each side reaches, how far it is, what both
// sides say, and what the person has to know.
func (v *migrationView) drawHead(m *Model, w, h int) []string {
	s := &m.migration.m
	title := newLine(m.theme, onPanel, w).put(strong, "Migration  ")
	title.put(plain, cut(clean(s.From), 20)).put(dim, " "+providerWords(s.FromProvider)+" → ").put(plain, cut(clean(s.To), 20)).put(dim, " "+providerWords(s.ToProvider))
	look := dim
	switch s.State {
	case providers.MigrationComparing, providers.MigrationMoving, providers.MigrationReturning:
		look = accent
	case providers.MigrationMoved, providers.MigrationFinished:
		look = good
	case providers.MigrationPaused:
		look = warn
	}
	if words := s.State.Words(); title.width+columns(words)+2 <= w {
		title.right(look, words, w)
	}
	lines := []string{title.done()}
	if h >= 20 {
		lines = append(lines, "")
	}
	most := 1
	if h >= 20 || h >= 14 && wider(&s.Scope) {
		most = 2
	}
	lines = append(lines, m.drawScope(&s.Scope, w, most)...)
	lines = append(lines, v.drawBar(m, w))
	if h >= 12 {
		lines = append(lines, drawParity(m, s, w))
	}
	if h >= 14 {
		lines = append(lines, v.drawFacts(m, w))
	}
	if h >= 18 {
		lines = append(lines, "")
	}
	return lines
}

// wider reports whether the new side sees more than the old one.
func wider(s *providers.MigrationScope) bool { return len(s.Extra) > 0 || !s.Limited }

// drawScope says in a sentence which mailboxes each side reaches: red where the new
// side sees more.
func (m *Model) drawScope(s *providers.MigrationScope, w, most int) []string {
	words := clean(s.Words)
	switch {
	case s.Checked.IsZero() && words == "":
		return []string{newLine(m.theme, onPanel, w).put(accent, "◌ ").put(dim, "asking which mailboxes each side reaches…").done()}
	case words == "":
		words = "both sides reach the same " + thousands(s.Old) + " mailboxes"
	}
	glyph, look, body := "● ", good, plain
	if wider(s) {
		glyph, look, body = "✗ ", badStrong, bad
	}
	var lines []string
	parts := wrap(words, w-2)
	for i, part := range parts {
		if i == most {
			break
		}
		if i == most-1 && len(parts) > most {
			part = cut(part+" …", w-2)
		}
		l := newLine(m.theme, onPanel, w)
		if i == 0 {
			l.put(look, glyph)
		}
		lines = append(lines, l.to(2).put(body, part).done())
	}
	return lines
}

// drawBar is how far the comparing, moving or taking back is.
func (v *migrationView) drawBar(m *Model, w int) string {
	s := &m.migration.m
	l := newLine(m.theme, onPanel, w)
	switch {
	case v.asking != "":
		return l.put(accent, "◌ "+v.asking).done()
	case v.failed != "":
		return l.put(bad, "✗ "+v.failed).done()
	case s.Problem != nil:
		return l.put(badStrong, "✗ ").put(bad, clean(s.Problem.Sentence(m.now))).done()
	}
	all := len(s.Mailboxes)
	done, word := all-s.Count(providers.MovePlanned), "compared"
	movable := all - s.Count(providers.MoveBlocked, providers.MovePlanned)
	switch s.State {
	case providers.MigrationMoving, providers.MigrationPaused, providers.MigrationMoved, providers.MigrationFinished:
		done, all, word = s.Count(providers.MoveMoved, providers.MoveFinished), movable, "moved"
	case providers.MigrationReturning:
		back := s.Count(providers.MoveReturned)
		done, all, word = back, back+s.Count(providers.MoveMoved, providers.MoveReturning), "back"
	case providers.MigrationReturned:
		done, all, word = s.Count(providers.MoveReturned), s.Count(providers.MoveReturned), "back"
	}
	progressBar(l, done, all, max(min(28, w/5), 6))
	l.put(strong, "  "+thousands(done)).put(plain, " of "+thousands(all)+" "+word)
	if s.State.Working() {
		if rate, left, ok := migrationPace(s, m.now); ok {
			l.put(dim, " · "+rateWords(rate)+" · ").put(plain, leftWords(left))
		} else {
			l.put(dim, " · counting…")
		}
	}
	return l.done()
}

// rateWords is how many mailboxes come through.
func rateWords(perSecond float64) string {
	if perSecond >= 2 {
		return itoa(int(perSecond+0.5)) + " mailboxes/s"
	}
	return itoa(int(perSecond*60+0.5)) + " mailboxes/min"
}

// leftWords is how long the rest takes, in a person's words.
func leftWords(d time.Duration) string {
	switch {
	case d < time.Second:
		return "nearly done"
	case d < time.Minute:
		return "about " + itoa(int(d.Seconds()+0.5)) + " s left"
	case d < time.Hour:
		return "about " + itoa(int(d.Minutes()+0.5)) + " min left"
	}
	return "about " + itoa(int(d.Hours()+0.5)) + " h left"
}

// drawParity is the report in whole: what both sides say of their entries.
func drawParity(m *Model, s *providers.Migration, w int) string {
	l := newLine(m.theme, onPanel, w)
	sum := s.Parity()
	l.put(good, "= ").put(strong, thousands(sum.Same)).put(dim, " same  ")
	l.put(dim, "≈ ").put(plain, thousands(sum.Cosmetic)).put(dim, " cosmetic  ")
	for _, part := range []struct {
		sign, word string
		n          int
	}{{"− ", "missing", sum.Missing}, {"+ ", "extra", sum.Extra}, {"≠ ", "different", sum.Different}} {
		look, number := dim, dim
		if part.n > 0 {
			look, number = bad, badStrong
		}
		l.put(look, part.sign).put(number, thousands(part.n)).put(look, " "+part.word+"  ")
	}
	return l.done()
}

// drawFacts says what was found while moving, and until when the way back is open.
func (v *migrationView) drawFacts(m *Model, w int) string {
	s := &m.migration.m
	l := newLine(m.theme, onPanel, w)
	put := func(look role, text string) {
		if l.width > 0 {
			l.put(dim, " · ")
		}
		l.put(look, text)
	}
	say := func(look role, long, short string) {
		if w < 100 {
			long = short
		}
		put(look, long)
	}
	gap, ok := m.migration.free.gap(m.now)
	if stored, watched := s.Gap(); watched { // by whoever moved them
		gap, ok = max(gap, stored.Longest), true
	}
	if ok {
		look := good
		if gap > 0 {
			look = badStrong
		}
		say(look, "free/busy gap "+gapWords(gap), "gap "+gapWords(gap))
	}
	if n := s.Count(providers.MoveBlocked); n > 0 {
		say(warn, thousands(n)+" cannot be moved", thousands(n)+" stay")
	}
	if n := s.Count(providers.MoveDiffers); n > 0 {
		say(bad, thousands(n)+" with differences", thousands(n)+" differ")
	}
	if s.Artefacts > 0 {
		words := "artefacts"
		if s.Artefacts == 1 {
			words = "artefact"
		}
		say(dim, thousands(s.Artefacts)+" provider "+words, thousands(s.Artefacts)+" "+words)
	}
	switch {
	case s.State == providers.MigrationFinished:
		put(dim, "the way back was given up")
	case !s.Undoable.IsZero() && s.Undoable.After(m.now) && s.Count(providers.MoveMoved) > 0:
		until := s.Undoable.In(m.zone).Format("2 Jan")
		if s.Undoable.In(m.zone).Year() != m.now.In(m.zone).Year() {
			until = s.Undoable.In(m.zone).Format("2 Jan 2006")
		}
		say(dim, "z takes back until "+until, "z back until "+until)
	case !s.Undoable.IsZero() && s.Count(providers.MoveMoved) > 0:
		put(warn, "the way back ended "+s.Undoable.In(m.zone).Format("Mon 2 Jan"))
	}
	if l.width == 0 {
		l.put(dim, "nothing was moved yet")
	}
	return l.done()
}

// gapWords is a length of time in seconds.
func gapWords(d time.Duration) string {
	if d > 0 && d < time.Second {
		return "under 1 s"
	}
	return itoa(int(d.Seconds())) + " s"
}

// moveColumns share the width of the list of mailboxes.
type moveColumns struct {
	name, address, state, number int
	words                        [5]string
}

func moveWidths(w int) moveColumns {
	c := moveColumns{state: 11, number: 6, words: [5]string{"same", "≈", "−", "+", "≠"}}
	switch {
	case w >= 100:
		c.number, c.words = 9, [5]string{"same", "cosmetic", "missing", "extra", "differ"}
		c.address = 28
	case w >= 62:
		c.number, c.words = 7, [5]string{"same", "cosm.", "miss.", "extra", "diff."}
	case w < 50:
		c.number, c.words = 0, [5]string{}
	}
	c.name = max(w-5-2-c.address-c.state-5*c.number-1, 8)
	if c.address > 0 {
		c.name = max(min(c.name, 26), 8)
	}
	return c
}

func (c moveColumns) titles(m *Model, w int) string {
	l := newLine(m.theme, onPanel, w).to(5).put(dim, "mailbox").to(5 + c.name + 1)
	if c.address > 0 {
		l.put(dim, "address").to(5 + c.name + 1 + c.address)
	}
	at := l.width
	l.put(dim, "state")
	for i, word := range c.words {
		if c.number > 0 {
			l.right(dim, word, at+c.state+(i+1)*c.number)
		}
	}
	return l.done()
}

// drawMove is the line of one mailbox.
func (m *Model) drawMove(b *providers.MailboxMove, c moveColumns, chosen bool, w int) string {
	g, mark, name := onPanel, " ", plain
	if chosen {
		g, mark, name = onSelected, "▸", strong
	}
	l := newLine(m.theme, g, w)
	glyph, look, word := moveLook(b)
	l.put(accentStrong, mark).put(look, glyph).to(2)
	if b.Pilot {
		l.to(3).put(accent, "◆")
	}
	l.to(5).fit(name, boxTitle(b), c.name).put(plain, " ")
	if c.address > 0 {
		l.fit(dim, clean(string(b.Mailbox)), c.address-1).put(plain, " ")
	}
	at := l.width
	l.fit(look, word, c.state)
	if c.number > 0 && b.State != providers.MovePlanned {
		for i, n := range [5]int{b.Parity.Same, b.Parity.Cosmetic, b.Parity.Missing, b.Parity.Extra, b.Parity.Different} {
			look, text := plain, thousands(n)
			switch {
			case n == 0 && i > 0:
				look, text = faint, "·"
			case i == 1:
				look = dim
			case i > 1:
				look = badStrong
			}
			if b.State == providers.MoveBlocked && b.Parity.Total() == 0 {
				text = ""
			}
			l.right(look, text, at+c.state+(i+1)*c.number)
		}
	}
	return l.full()
}

// drawDetail tells all about the chosen mailbox in at most n lines.
func (v *migrationView) drawDetail(m *Model, w, n int) []string {
	b := v.box(m)
	if b == nil {
		return nil
	}
	kind := "person"
	if b.Room {
		kind = "room"
	}
	_, look, word := moveLook(b)
	l := newLine(m.theme, onPanel, w).put(strong, cut(boxTitle(b), w/3)).put(dim, " · "+kind+" · by "+providerWords(b.Home)+" · ").put(look, word)
	if !b.Moved.IsZero() && (b.State == providers.MoveMoved || b.State == providers.MoveReturned || b.State == providers.MoveFinished) {
		l.put(dim, " "+stampWords(b.Moved, m.now, m.zone))
	}
	if b.Events > 0 {
		l.put(dim, " · "+counted(b.Events, "meeting"))
	}
	if b.Pilot {
		l.put(accent, " · ◆ pilot group")
	}
	lines := []string{l.done()}
	add := func(look role, text string) {
		for _, part := range wrap(clean(text), w) {
			lines = append(lines, newLine(m.theme, onPanel, w).put(look, part).done())
		}
	}
	switch {
	case b.Why != "" && b.State == providers.MoveBlocked:
		add(warn, "It stays: "+b.Why)
	case b.Why != "":
		add(bad, b.Why)
	case b.State == providers.MoveDiffers:
		add(bad, "enter: in what both sides differ. A move leaves it out unless you say so.")
	case b.State == providers.MoveReady && b.Parity.Cosmetic > 0:
		add(dim, "differs in nothing that counts: enter shows what")
	}
	for _, was := range b.Was {
		add(warn, "⊘ "+was)
	}
	return lines[:min(len(lines), n)]
}
