package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// relocationView is one relocation of the journal: its progress while it runs, and
// what became of each meeting. Closing it stops nothing.
type relocationView struct {
	r      providers.Relocation
	list   scroll
	asking bool
}

func (v *relocationView) scope() scope                          { return scopeRelocation }
func (v *relocationView) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (v *relocationView) pasted(*Model, string) tea.Cmd         { return nil }
func (v *relocationView) size(_ *Model, w, h int) (int, int) {
	return min(w, 128), min(h, max(len(v.r.Steps)+12, 17))
}

func newRelocationView(r providers.Relocation) *relocationView {
	return &relocationView{r: r, list: scroll{n: len(r.Steps), height: 1}}
}

func (v *relocationView) step() *providers.RelocationStep {
	if v.list.at >= len(v.r.Steps) {
		return nil
	}
	return &v.r.Steps[v.list.at]
}

// follow takes the newer version of the relocation.
func (v *relocationView) follow(all []providers.Relocation) {
	for _, r := range all {
		if r.ID == v.r.ID && r.Revision >= v.r.Revision {
			v.r = r
		}
	}
}

func (v *relocationView) draw(m *Model, w, h int) ([]string, int, int) {
	r := &v.r
	head := newLine(m.theme, onPanel, w).put(strong, cut(shown(r.RoomName, string(r.Room)), 30)).put(dim, " relocated  "+daysWords(r.Period, m.zone))
	if reason := shown(r.Reason, ""); reason != "" {
		head.put(dim, " · "+reason)
	}
	m.putClock(head, r.Room, "")
	lines := []string{head.done(), v.drawProgress(m, w)}
	detail := 0
	switch {
	case h >= 20:
		detail = 5
	case h >= 14:
		detail = 3
	}
	if h >= 16 {
		lines = append(lines, "")
	}
	v.list.fix(len(r.Steps), max(h-len(lines)-2-detail-min(detail, 1), 1))
	for n := v.list.top; n < v.list.bottom(); n++ {
		lines = append(lines, m.drawStep(&r.Steps[n], n == v.list.at, false, w))
	}
	for len(lines) < h-2-detail-min(detail, 1) {
		lines = append(lines, "")
	}
	if s := v.step(); detail > 0 && s != nil {
		lines = append(lines, newLine(m.theme, onPanel, w).repeat(ruled, "─", w).done())
		lines = append(lines, m.stepDetail(s, w, detail, false)...)
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(scopeRelocation, onPanel, 0, w)), -1, -1
}

// drawProgress says where the whole of it stands.
func (v *relocationView) drawProgress(m *Model, w int) string {
	r := &v.r
	l := newLine(m.theme, onPanel, w)
	all := 0 // what was never to be moved does not count
	for _, s := range r.Steps {
		if s.Batch > 0 || s.State == providers.StepPlanned {
			all += s.Moves()
		}
	}
	done, word := all-r.Count(providers.StepPlanned, providers.StepMoving, providers.StepWaiting), "moved"
	good := r.Count(providers.StepMoved, providers.StepKept)
	if r.State == providers.RelocationUndoing || r.State == providers.RelocationUndone || r.State == providers.RelocationPartlyUndone {
		word, good = "back", r.Count(providers.StepUndone)
		done = good + r.Count(providers.StepKept)
		all = done + r.Count(providers.StepUndoing, providers.StepUndoWaits)
	}
	progressBar(l, done, all, max(min(24, w/3), 6))
	l.put(plain, "  "+itoa(good)+" of "+itoa(all)+" "+word).put(dim, " · "+r.State.Words())
	switch {
	case v.asking:
		l.put(accent, "  ◌ asking what can be put back…")
	case r.Stopped && r.State == providers.RelocationRunning:
		l.put(warn, " · stops after this batch")
	case r.State.Open() && r.Count(providers.StepWaiting, providers.StepUndoWaits) > 0:
		l.put(held, " · "+counted(r.Count(providers.StepWaiting, providers.StepUndoWaits), "room")+" silent")
	case !r.Ended.IsZero():
		l.put(dim, " · "+stampWords(r.Ended, m.now, m.zone))
	}
	return l.done()
}

func (m *Model) whyNotUndoRelocation(v *relocationView) string {
	switch {
	case v == nil:
		return "no relocation is chosen"
	case v.asking:
		return "the tenant is being asked"
	}
	if why := m.whyNotDo(providers.VerbRelocate, v.r.Room); why != "" {
		return why
	}
	return m.ws.WhyNotUndoRelocation(v.r, m.now)
}

// undo asks the tenant what can be put back, then the person.
func (v *relocationView) undo(m *Model) tea.Cmd {
	v.asking = true
	ws, id := m.ws, v.r.ID
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		plan, err := ws.PlanUndoRelocation(ctx, id)
		return undoPlanned{v, plan, err}
	})
}

type undoPlanned struct {
	view *relocationView
	plan providers.Relocation
	err  error
}

func (a undoPlanned) apply(m *Model) tea.Cmd {
	a.view.asking = false
	if top, ok := topOf[*relocationView](m); !ok || top != a.view {
		return nil
	}
	if a.err != nil {
		m.notices.add(m.now, "it was not taken back: "+problemText(a.err), true)
		return nil
	}
	back, stay := a.plan.Count(providers.StepUndoing), a.plan.Count(providers.StepKept)
	room := shown(a.plan.RoomName, string(a.plan.Room))
	text := []string{room + " gets " + counted(back, "meeting") + " back, each as soon as the room has accepted it. The same people get mail again."}
	if stay > 0 {
		text = append(text, counted(stay, "meeting")+" cannot be put back:")
		shownOnes := 0
		for i := range a.plan.Steps {
			s := &a.plan.Steps[i]
			if s.State != providers.StepKept {
				continue
			}
			if shownOnes++; shownOnes > 4 {
				text = append(text, "… and "+itoa(stay-4)+" more")
				break
			}
			text = append(text, s.Was.Start.In(m.zone).Format("Mon 2 Jan 15:04")+" "+cut(stepSubject(s), 24)+": "+clean(s.Why))
		}
	}
	if back == 0 {
		m.openDialog(&question{title: "Nothing can be put back", text: text, no: "leave it", yes: "try all the same", do: func(m *Model) tea.Cmd { return a.view.undoNow(m) }})
		return nil
	}
	m.openDialog(&question{title: "Put " + counted(back, "meeting") + " back?", text: text, no: "leave them", yes: "put them back", do: func(m *Model) tea.Cmd { return a.view.undoNow(m) }})
	return nil
}

func (v *relocationView) undoNow(m *Model) tea.Cmd {
	ws, id := m.ws, v.r.ID
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		r, err := ws.UndoRelocation(ctx, id)
		return relocationStored{r, err}
	})
}

// stop lets no further batch begin.
func (v *relocationView) stop(m *Model) tea.Cmd {
	ws, id := m.ws, v.r.ID
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		r, err := ws.StopRelocation(ctx, id)
		return relocationStored{r, err}
	})
}

type relocationStored struct {
	r   providers.Relocation
	err error
}

func (a relocationStored) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, problemText(a.err), true)
	} else if v, ok := topOf[*relocationView](m); ok {
		v.follow([]providers.Relocation{a.r})
	}
	return m.readRelocations()
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}

// relocationList is the journal.
type relocationList struct{ list scroll }

func (p *relocationList) scope() scope                          { return scopeRelocations }
func (p *relocationList) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (p *relocationList) pasted(*Model, string) tea.Cmd         { return nil }
func (p *relocationList) size(m *Model, w, h int) (int, int) {
	return min(w, 96), min(h, max(len(m.relocations)+4, 10))
}

func (p *relocationList) draw(m *Model, w, h int) ([]string, int, int) {
	lines := []string{newLine(m.theme, onPanel, w).put(strong, "Relocations").put(dim, "  rooms that were out of order").done(), ""}
	p.list.fix(len(m.relocations), max(h-4, 1))
	if len(m.relocations) == 0 {
		lines = append(lines, newLine(m.theme, onPanel, w).put(dim, "None yet: o on a room finds other rooms for its meetings.").done())
	}
	for n := p.list.top; n < p.list.bottom(); n++ {
		r := &m.relocations[n]
		g, mark, name := onPanel, " ", plain
		if n == p.list.at {
			g, mark, name = onSelected, "▸", strong
		}
		l := newLine(m.theme, g, w).put(accentStrong, mark+" ")
		l.fit(name, shown(r.RoomName, string(r.Room)), min(20, w/4)).put(plain, " ").fit(plain, daysWords(r.Period, m.zone), min(24, w/3)).put(plain, " ")
		look := dim
		switch r.State {
		case providers.RelocationDone:
			look = good
		case providers.RelocationPartly, providers.RelocationPartlyUndone:
			look = warn
		case providers.RelocationRunning, providers.RelocationUndoing:
			look = accent
		}
		l.put(look, r.State.Words()).put(dim, " · "+itoa(r.Count(providers.StepMoved, providers.StepKept))+" of "+itoa(r.Meetings())+" moved")
		if reason := shown(r.Reason, ""); reason != "" {
			l.put(dim, " · "+reason)
		}
		lines = append(lines, l.full())
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(scopeRelocations, onPanel, 0, w)), -1, -1
}

func (p *relocationList) move(m *Model, by int) {
	p.list.n = len(m.relocations)
	p.list.move(by)
}

func (p *relocationList) open(m *Model) tea.Cmd {
	if p.list.at < len(m.relocations) {
		m.openDialog(newRelocationView(m.relocations[p.list.at]))
	}
	return nil
}
