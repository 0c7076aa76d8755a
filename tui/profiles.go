package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// profilesView lists the mailboxes that are kept, with provider and protocol. What is
// typed filters it.
type profilesView struct {
	all     []providers.Profile
	rows    []int
	read    bool
	err     error
	field   textField
	list    scroll
	graphOn bool
	knows   bool // whether Graph is in force
}

func (m *Model) openProfiles() tea.Cmd {
	v := &profilesView{}
	m.openDialog(v)
	return v.ask(m)
}

func (v *profilesView) ask(m *Model) tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		all, err := ws.Profiles(ctx)
		if err != nil {
			return profilesAnswer{v, nil, nil, err}
		}
		features, err := ws.Switches(ctx)
		return profilesAnswer{v, all, features, err}
	})
}

type profilesAnswer struct {
	view     *profilesView
	all      []providers.Profile
	features []providers.Feature
	err      error
}

func (a profilesAnswer) apply(*Model) tea.Cmd {
	v := a.view
	if v.read, v.err = true, a.err; a.err != nil {
		return nil
	}
	v.all = a.all
	for _, f := range a.features {
		if f.Name == "graph" {
			v.graphOn, v.knows = f.On, true
		}
	}
	v.refilter()
	return nil
}

func (v *profilesView) refilter() {
	v.rows = v.rows[:0]
	for i := range v.all {
		if v.all[i].Matches(v.field.text()) {
			v.rows = append(v.rows, i)
		}
	}
	v.list.n = len(v.rows)
	v.list.at = max(min(v.list.at, len(v.rows)-1), 0)
}

func (v *profilesView) scope() scope { return scopeProfiles }

func (v *profilesView) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if v.field.typed(k) {
		v.list.at = 0
		v.refilter()
	}
	return nil
}

func (v *profilesView) pasted(_ *Model, text string) tea.Cmd {
	if v.field.insert(text) {
		v.refilter()
	}
	return nil
}

func (v *profilesView) size(_ *Model, w, h int) (int, int) { return min(w, 112), h }

// row is the chosen profile; nil where there is none.
func (v *profilesView) row() *providers.Profile {
	if v.list.at >= len(v.rows) {
		return nil
	}
	return &v.all[v.rows[v.list.at]]
}

func profileTitle(p *providers.Profile) string { return shown(p.Name, p.Mailbox.Local()) }

func (v *profilesView) draw(m *Model, w, h int) ([]string, int, int) {
	head := newLine(m.theme, onPanel, w).put(strong, "Profiles")
	left := 0
	for i := range v.all {
		if v.all[i].Protocol == providers.ProtocolExchange {
			left++
		}
	}
	if v.read && v.err == nil {
		head.put(dim, "  "+thousands(len(v.rows))+" of "+thousands(len(v.all)))
		if text := thousands(left) + " on Exchange"; head.width+columns(text)+2 <= w {
			look := dim
			if left > 0 {
				look = warn
			}
			head.right(look, text, w)
		}
	}
	filter := newLine(m.theme, onPanel, w).put(accentStrong, "/ ")
	room := max(w-4, 8)
	if v.field.empty() {
		room = 2
	}
	at := 2 + v.field.draw(filter, plain, room)
	if v.field.empty() {
		filter.put(dim, "protocol:ews · room · words")
	}
	lines := []string{head.done(), filter.done()}
	cursorY := 1
	name, protocol := max(w-4-8-24-10-11, 10), 24
	if w < 80 {
		name = max(w-4-24-11, 10)
	}
	titles := newLine(m.theme, onPanel, w).to(2).fit(dim, "mailbox", name)
	if w >= 80 {
		titles.fit(dim, "kind", 8)
	}
	titles.fit(dim, "protocol", protocol)
	if w >= 80 {
		titles.fit(dim, "provider", 10)
	}
	if w >= 50 {
		titles.put(dim, "migration")
	}
	lines = append(lines, titles.done())
	v.list.fix(len(v.rows), max(h-len(lines)-5, 1))
	for n := v.list.top; n < v.list.bottom(); n++ {
		lines = append(lines, v.drawRow(m, &v.all[v.rows[n]], n == v.list.at, name, protocol, w))
	}
	switch {
	case v.err != nil:
		lines = append(lines, newLine(m.theme, onPanel, w).put(bad, "✗ "+problemText(v.err)).done())
	case !v.read:
		lines = append(lines, newLine(m.theme, onPanel, w).put(dim, "reading…").done())
	case len(v.rows) == 0 && len(v.all) > 0:
		lines = append(lines, newLine(m.theme, onPanel, w).to(2).put(dim, "none of "+thousands(len(v.all))+" fits").done())
	case len(v.rows) == 0:
		lines = append(lines, newLine(m.theme, onPanel, w).to(2).put(dim, "no mailbox is kept yet").done())
	}
	for len(lines) < h-4 {
		lines = append(lines, "")
	}
	lines = append(lines[:max(h-4, 1)], newLine(m.theme, onPanel, w).repeat(ruled, "─", w).done())
	lines = append(lines, v.drawDetail(m, w)...)
	return append(lines, m.drawKeys(scopeProfiles, onPanel, 0, w)), at, cursorY
}

func (v *profilesView) drawRow(m *Model, p *providers.Profile, chosen bool, name, protocol, w int) string {
	g, mark, look := onPanel, " ", plain
	if chosen {
		g, mark, look = onSelected, "▸", strong
	}
	l := newLine(m.theme, g, w).put(accentStrong, mark+" ").fit(look, profileTitle(p), name-1).put(plain, " ")
	if w >= 80 {
		kind := "person"
		if p.Room {
			kind = "room"
		}
		l.fit(dim, kind, 8)
	}
	way := good
	if p.Protocol == providers.ProtocolExchange {
		way = warn
	}
	l.fit(way, p.Protocol, protocol)
	if w >= 80 {
		l.fit(dim, p.ProviderName, 10)
	}
	if p.State != "" {
		glyph, look, word := moveLook(&providers.MailboxMove{State: p.State})
		l.put(look, glyph+" "+word)
	}
	return l.full()
}

// drawDetail are two lines about the chosen profile.
func (v *profilesView) drawDetail(m *Model, w int) []string {
	p := v.row()
	if p == nil {
		return []string{"", ""}
	}
	first := newLine(m.theme, onPanel, w).put(strong, cut(profileTitle(p), w/3)).put(dim, " · "+clean(string(p.Mailbox))+" · service account "+clean(p.Account))
	second := newLine(m.theme, onPanel, w)
	switch {
	case p.Migrate != "":
		second.put(dim, "to Graph: ").put(plain, clean(p.Migrate))
	case !p.Since.IsZero():
		second.put(dim, "since "+stampWords(p.Since, m.now, m.zone))
	}
	return []string{first.done(), second.done()}
}

// whyNotAuthorise says why the chosen mailbox cannot be authorised again.
func (v *profilesView) whyNotAuthorise(m *Model) string {
	p := v.row()
	switch {
	case p == nil:
		return "no mailbox is chosen"
	case !v.knows:
		return "which provider is in force is not known"
	case v.graphOn && p.Protocol == providers.ProtocolGraph:
		return "it is on Graph already"
	case !v.graphOn && p.Protocol == providers.ProtocolExchange:
		return "the feature graph is off, and it is on Exchange already"
	case p.State == providers.MoveBlocked:
		return clean(p.Migrate)
	}
	return clean(m.ws.WhyNotMigrate())
}

// authorise moves the chosen mailbox to the provider in force, after a question.
func (v *profilesView) authorise(m *Model) tea.Cmd {
	p := *v.row()
	to := "Exchange"
	if v.graphOn {
		to = "Graph"
	}
	m.openDialog(&question{
		title: "Authorise " + profileTitle(&p) + " again?",
		text:  []string{"It moves to " + to + ", which is in force, in one step: calendar and bookings stay as they are, its free/busy is there all the time. The same steps move it back."},
		no:    "leave it", yes: "authorise", do: func(m *Model) tea.Cmd {
			ws := m.ws
			return m.ask(networkTime, func(ctx context.Context) tea.Msg {
				now, err := ws.Authorise(ctx, p.Mailbox)
				return authoriseAnswer{v, profileTitle(&p), now, err}
			})
		},
	})
	return nil
}

type authoriseAnswer struct {
	view  *profilesView
	title string
	now   providers.Migration
	err   error
}

func (a authoriseAnswer) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, a.title+" was not authorised again: "+problemText(a.err), true)
		return nil
	}
	m.notices.add(m.now, a.title+" is being moved", false)
	return tea.Batch(m.takeMigration(a.now, true), a.view.ask(m))
}

// featuresView are the switches of the configuration.
type featuresView struct {
	all  []providers.Feature
	read bool
	err  error
	list scroll
}

func (m *Model) openFeatures() tea.Cmd {
	v := &featuresView{}
	m.openDialog(v)
	return v.ask(m)
}

func (v *featuresView) ask(m *Model) tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		all, err := ws.Switches(ctx)
		return featuresAnswer{v, all, err}
	})
}

type featuresAnswer struct {
	view *featuresView
	all  []providers.Feature
	err  error
}

func (a featuresAnswer) apply(*Model) tea.Cmd {
	a.view.read, a.view.err = true, a.err
	if a.err == nil {
		a.view.all = a.all
	}
	return nil
}

func (v *featuresView) scope() scope                          { return scopeFeatures }
func (v *featuresView) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (v *featuresView) pasted(*Model, string) tea.Cmd         { return nil }
func (v *featuresView) size(m *Model, w, _ int) (int, int) {
	w = min(w, 76)
	return w, len(v.build(m, w)) + 2
}

func (v *featuresView) build(m *Model, w int) []string {
	o := &formLines{m: m, w: w, cx: -1}
	o.add(o.line().put(strong, "Features").put(dim, "  switches of this configuration"))
	o.blank()
	switch {
	case v.err != nil:
		o.para(bad, "✗ "+problemText(v.err))
	case !v.read:
		o.para(dim, "reading…")
	}
	for i := range v.all {
		f := &v.all[i]
		mark, name := " ", plain
		if i == v.list.at {
			mark, name = "▸", strong
		}
		glyph, look, state := "○", dim, "off"
		if f.On {
			glyph, look, state = "●", good, "on"
		}
		by := "the release's own choice, which a later one may change"
		if f.Chosen {
			by = "chosen here; no later release changes it"
		}
		o.add(o.line().put(accentStrong, mark+" ").put(name, clean(f.Name)).put(plain, "  ").put(look, glyph+" "+state).put(dim, "  "+by))
		for _, part := range []struct {
			look role
			text string
		}{{plain, f.What}, {warn, f.Maturity}} {
			for _, s := range wrap(clean(part.text), max(w-2, 10)) {
				o.add(o.line().to(2).put(part.look, s))
			}
		}
	}
	return o.lines
}

func (v *featuresView) draw(m *Model, w, h int) ([]string, int, int) {
	lines := v.build(m, w)
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 1)], m.drawKeys(scopeFeatures, onPanel, 0, w)), -1, -1
}

// turn turns the chosen switch.
func (v *featuresView) turn(m *Model) tea.Cmd {
	if v.list.at >= len(v.all) {
		return nil
	}
	f := v.all[v.list.at]
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		if err := ws.SetSwitch(ctx, f.Name, !f.On); err != nil {
			return featuresAnswer{v, nil, err}
		}
		all, err := ws.Switches(ctx)
		return featuresAnswer{v, all, err}
	})
}

func profileKeys() []binding {
	on := func(do func(v *profilesView, m *Model) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if v, ok := topOf[*profilesView](m); ok {
				return do(v, m)
			}
			return nil
		}
	}
	move := func(by func(v *profilesView) int) func(m *Model) tea.Cmd {
		return on(func(v *profilesView, _ *Model) tea.Cmd { v.list.move(by(v)); return nil })
	}
	return []binding{
		{scope: scopeProfiles, keys: []string{"enter"}, label: "enter", what: "authorise", more: "authorise the chosen mailbox again: it moves to the provider in force, or back", rank: 1, why: func(m *Model) string {
			if v, ok := topOf[*profilesView](m); ok {
				return v.whyNotAuthorise(m)
			}
			return ""
		}, run: on((*profilesView).authorise)},
		{scope: scopeProfiles, keys: []string{"down"}, label: "↑ ↓", what: "mailbox", more: "the next mailbox; what is typed filters: words, room, person, protocol:ews, state:moved", rank: 2, run: move(func(*profilesView) int { return 1 })},
		{scope: scopeProfiles, keys: []string{"up"}, label: "↑", what: "up", more: "the mailbox before", run: move(func(*profilesView) int { return -1 })},
		{scope: scopeProfiles, keys: []string{"pgdown"}, label: "pgdn", what: "page down", run: move(func(v *profilesView) int { return max(v.list.height-1, 1) })},
		{scope: scopeProfiles, keys: []string{"pgup"}, label: "pgup", what: "page up", run: move(func(v *profilesView) int { return -max(v.list.height-1, 1) })},
		{scope: scopeProfiles, keys: []string{"esc"}, label: "esc", what: "close", rank: 3, run: then((*Model).closeDialog)},

		{scope: scopeFeatures, keys: []string{"space", "enter"}, label: "space", what: "on, off", more: "turn the chosen switch; what is chosen stays when a later release chooses otherwise", rank: 1, run: func(m *Model) tea.Cmd {
			if v, ok := topOf[*featuresView](m); ok {
				return v.turn(m)
			}
			return nil
		}},
		{scope: scopeFeatures, keys: []string{"esc", "q"}, label: "esc", what: "close", rank: 2, run: then((*Model).closeDialog)},
	}
}
