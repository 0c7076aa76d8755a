package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// permissionsDialog shows what a connection's permissions are needed for, and which
// would do for the features that are ticked.
type permissionsDialog struct {
	connection string
	features   []PermissionFeature
	ticked     []bool
	list       scroll // of features
	rows       []PermissionRow
	asking     bool
	err        error
	least      LeastAccess
}

type permissionsAnswer struct {
	d    *permissionsDialog
	of   string
	rows []PermissionRow
	err  error
}

func (m *Model) openPermissions(connection string) tea.Cmd {
	d := &permissionsDialog{connection: connection, features: m.ws.Features()}
	d.ticked = make([]bool, len(d.features))
	for i := range d.ticked {
		d.ticked[i] = true
	}
	d.list.n = len(d.features)
	d.choose(m)
	m.openDialog(d)
	return d.ask(m)
}

func (d *permissionsDialog) ask(m *Model) tea.Cmd {
	d.asking = true
	ws, name := m.ws, d.connection
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		rows, err := ws.Permissions(ctx, name)
		return permissionsAnswer{d, name, rows, err}
	})
}

func (a permissionsAnswer) apply(*Model) tea.Cmd {
	if a.of != a.d.connection {
		return nil // of the side that was left
	}
	a.d.asking, a.d.err = false, a.err
	if a.err == nil {
		a.d.rows = a.rows
	}
	return nil
}

// turn shows the other connection of the organisation, with the same features.
func (d *permissionsDialog) turn(m *Model) tea.Cmd {
	other := m.connections.mate(d.connection)
	if other == nil {
		return nil
	}
	d.connection, d.rows, d.err = other.Name, nil, nil
	d.choose(m)
	return d.ask(m)
}

// choose works out what the ticked features need.
func (d *permissionsDialog) choose(m *Model) {
	var names []string
	for i, f := range d.features {
		if d.ticked[i] {
			names = append(names, f.Name)
		}
	}
	d.least = m.ws.LeastFor(d.connection, names)
}

func (d *permissionsDialog) tick(m *Model) {
	if d.list.at < len(d.ticked) {
		d.ticked[d.list.at] = !d.ticked[d.list.at]
		d.choose(m)
	}
}

// line is one permission with what it is worth.
type permissionLine struct {
	PermissionRow
	state string
	look  role
}

// lines are what is needed first, then what is there besides.
func (d *permissionsDialog) lines() []permissionLine {
	var out []permissionLine
	find := func(name string) (PermissionRow, bool) {
		i := slices.IndexFunc(d.rows, func(r PermissionRow) bool { return strings.EqualFold(r.Name, name) })
		if i < 0 {
			return PermissionRow{Name: name}, false
		}
		return d.rows[i], true
	}
	for _, name := range d.least.Permissions {
		row, _ := find(name)
		l := permissionLine{row, "needed", good}
		wider := slices.IndexFunc(d.least.Within[name], func(w string) bool { r, ok := find(w); return ok && r.InToken })
		switch {
		case row.InToken || row.Proven == "works":
		case wider >= 0:
			l.state = "needed, held in " + d.least.Within[name][wider]
		default:
			l.state, l.look = "missing", bad
		}
		out = append(out, l)
	}
	for _, row := range d.rows {
		if slices.ContainsFunc(out, func(l permissionLine) bool { return strings.EqualFold(l.Name, row.Name) }) {
			continue
		}
		l := permissionLine{row, "not needed", dim}
		if row.InToken {
			l.state, l.look = "extra", warn
		}
		out = append(out, l)
	}
	for i := range out {
		if out[i].Drift != "" {
			out[i].state, out[i].look = out[i].state+", "+out[i].Drift+" since connecting", bad
		}
		if out[i].Right != "" {
			out[i].state += ", is spelt " + out[i].Right
		}
	}
	return out
}

func (d *permissionsDialog) scope() scope                          { return scopePermissions }
func (d *permissionsDialog) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (d *permissionsDialog) pasted(*Model, string) tea.Cmd         { return nil }

func (d *permissionsDialog) size(_ *Model, w, h int) (int, int) {
	return min(w, 104), min(h, len(d.features)+len(d.lines())+11+len(d.commands(min(w, 104)-6)))
}

// lacks reports whether something is missing that commands would give.
func (d *permissionsDialog) lacks() bool {
	return len(d.least.Commands) > 0 && d.rows != nil && slices.ContainsFunc(d.lines(), func(l permissionLine) bool { return l.state == "missing" })
}

// commands are what gives the missing rights, ready to be run, over as many lines as they
// need; none where nothing is missing.
func (d *permissionsDialog) commands(w int) []string {
	if !d.lacks() {
		return nil
	}
	var out []string
	for _, command := range d.least.Commands {
		for i, part := range wrapCommand(clean(command), max(w-2, 10)) {
			mark := "  "
			if i == 0 {
				mark = "> "
			}
			out = append(out, mark+part)
		}
	}
	return out
}

func (d *permissionsDialog) draw(m *Model, w, h int) ([]string, int, int) {
	head := newLine(m.theme, onPanel, w).put(strong, "Permissions").put(dim, " of "+clean(d.connection))
	if other := m.connections.mate(d.connection); other != nil {
		head.put(accentStrong, "   tab ").put(dim, clean(other.Name))
	}
	if d.asking {
		head.right(dim, "asking…", w)
	}
	lines := []string{head.done()}
	commands := d.commands(w)
	below := len(d.lines()) + 5 // the least, the level, the table and the keys
	if len(commands) > 0 {
		below += len(commands) + 1
	}
	room := h >= 18 && h >= below+len(d.features)+5
	if len(commands) == 0 {
		room = h >= 18
	}
	gap := func() {
		if room {
			lines = append(lines, "")
		}
	}
	gap()
	d.list.fix(len(d.features), min(len(d.features), max(h-6, 1)))
	if len(commands) > 0 && !room { // a part of the features will do
		d.list.fix(len(d.features), min(len(d.features), max(h-1-below, 2)))
	}
	for i := d.list.top; i < d.list.bottom(); i++ {
		g, mark, look := onPanel, "  ", plain
		if i == d.list.at {
			g, mark, look = onSelected, "▸ ", strong
		}
		box := "[ ] "
		if d.ticked[i] {
			box = "[x] "
		}
		lines = append(lines, newLine(m.theme, g, w).put(accent, mark).put(look, box+clean(d.features[i].Name)).to(18).put(dim, clean(d.features[i].What)).finish(i == d.list.at))
	}
	gap()
	least := "none"
	if len(d.least.Permissions) > 0 {
		least = clean(strings.Join(d.least.Permissions, ", "))
	}
	for i, part := range wrap(least, max(w-9, 10)) {
		l := newLine(m.theme, onPanel, w)
		if i == 0 {
			l.put(dim, "least")
		}
		lines = append(lines, l.to(9).put(strong, part).done())
	}
	level := "no calendars are needed"
	if d.least.Level != "" {
		level = "the lowest level that suffices: " + string(d.least.Level)
	}
	lines = append(lines, newLine(m.theme, onPanel, w).put(dim, "level").to(9).put(plain, level).done())
	gap()
	if d.err != nil {
		for _, part := range wrap("✗ The tenant could not be asked: "+problemText(d.err), w) {
			lines = append(lines, newLine(m.theme, onPanel, w).put(bad, part).done())
		}
	}
	if d.rows != nil {
		lines = append(lines, d.table(m, w)...)
	}
	if len(commands) > 0 {
		gap()
		lines = append(lines, newLine(m.theme, onPanel, w).put(warn, "what is missing").put(dim, " is given in the "+clean(d.least.Shell)+"; ").put(accentStrong, "s").put(dim, " copies it:").done())
		for _, c := range commands {
			lines = append(lines, newLine(m.theme, onPanel, w).put(accentStrong, c[:2]).put(strong, c[2:]).done())
		}
	}
	most := h - 2
	if len(commands) > 0 && !room {
		most = h - 1
	}
	if len(lines) > most {
		lines = lines[:max(most, 0)]
		if len(commands) > 0 && most > 0 {
			lines[most-1] = newLine(m.theme, onPanel, w).put(dim, "  … ").put(accentStrong, "s").put(dim, " copies all of it").done()
		}
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return append(lines[:max(h-1, 0)], m.drawKeys(scopePermissions, onPanel, 0, w)), -1, -1
}

// table draws each permission with what was seen of it.
func (d *permissionsDialog) table(m *Model, w int) []string {
	const granted, token, proven = 26, 36, 46
	wide := w >= 80 && !d.least.Rights
	head := newLine(m.theme, onPanel, w).put(dim, "permission")
	state := 26
	switch {
	case d.least.Rights:
		state = 38
		head.to(granted).put(dim, "proven")
	case wide:
		state = 56
		head.to(granted).put(dim, "granted").to(token).put(dim, "in token").to(proven).put(dim, "proven")
	}
	out := []string{head.to(state).put(dim, "state").done()}
	yes := func(b *bool) string {
		switch {
		case b == nil:
			return "unknown"
		case *b:
			return "yes"
		}
		return "no"
	}
	for _, p := range d.lines() {
		l := newLine(m.theme, onPanel, w).put(plain, cut(clean(p.Name), 25))
		tried := p.Proven
		if tried == "" {
			tried = "not tried"
		}
		switch {
		case d.least.Rights:
			l.to(granted).put(plain, clean(tried))
		case wide:
			l.to(granted).put(dim, yes(p.Granted)).to(token).put(plain, yes(&p.InToken)).to(proven).put(plain, clean(tried))
		}
		out = append(out, l.to(state).put(p.look, clean(p.state)).done())
	}
	return out
}

// permissionKeys are the keys of the permissions of a connection.
func permissionKeys() []binding {
	with := func(do func(m *Model, d *permissionsDialog) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if d, ok := topOf[*permissionsDialog](m); ok {
				return do(m, d)
			}
			return nil
		}
	}
	simply := func(do func(m *Model, d *permissionsDialog)) func(m *Model) tea.Cmd {
		return with(func(m *Model, d *permissionsDialog) tea.Cmd { do(m, d); return nil })
	}
	keys := []binding{
		{keys: []string{"space", "enter"}, label: "space", what: "tick", more: "tick a feature or not: what is needed at least follows at once", rank: 1, run: simply(func(m *Model, d *permissionsDialog) { d.tick(m) })},
		{keys: []string{"y"}, label: "y", what: "copy", more: "copy the least set of permissions", rank: 2, run: with(func(m *Model, d *permissionsDialog) tea.Cmd {
			return m.copyText(strings.Join(d.least.Permissions, "\n"), "the permissions")
		})},
		{keys: []string{"s"}, label: "s", what: "copy commands", more: "copy the commands that give what is missing, where it is given on an Exchange server", rank: 4, why: func(m *Model) string {
			if d, ok := topOf[*permissionsDialog](m); ok && !d.lacks() {
				return "nothing is missing that a command gives"
			}
			return ""
		}, run: with(func(m *Model, d *permissionsDialog) tea.Cmd {
			return m.copyText(strings.Join(d.least.Commands, "\n"), "the commands")
		})},
		{keys: []string{"r"}, label: "r", what: "again", more: "ask the tenant again", rank: 3, why: func(m *Model) string {
			if d, ok := topOf[*permissionsDialog](m); ok && d.asking {
				return "the tenant is being asked"
			}
			return ""
		}, run: with(func(m *Model, d *permissionsDialog) tea.Cmd { return d.ask(m) })},
		{keys: []string{"tab", "shift+tab"}, label: "tab", what: "other side", more: "the other connection of the organisation", rank: 5, why: func(m *Model) string {
			if d, ok := topOf[*permissionsDialog](m); ok && m.connections.mate(d.connection) == nil {
				return "the connection is the only one of its organisation"
			}
			return ""
		}, run: with(func(m *Model, d *permissionsDialog) tea.Cmd { return d.turn(m) })},
		{keys: []string{"down", "j"}, label: "↓", what: "down", run: simply(func(_ *Model, d *permissionsDialog) { d.list.move(1) })},
		{keys: []string{"up", "k"}, label: "↑", what: "up", run: simply(func(_ *Model, d *permissionsDialog) { d.list.move(-1) })},
		{keys: []string{"esc", "q"}, label: "esc", what: "close", rank: 4, run: then((*Model).closeDialog)},
	}
	for i := range keys {
		keys[i].scope = scopePermissions
	}
	return keys
}

// openAccess shows what the level of access and the role allow, what would change on
// another level, and which mailboxes differ. Nobody is asked.
func (m *Model) openAccess() tea.Cmd {
	m.openDialog(&reader{title: "Access", wide: 76, make: func(m *Model, w int) []string {
		var lines []string
		add := func(r role, label, text string) {
			for i, part := range wrap(clean(text), max(w-14, 10)) {
				l := newLine(m.theme, onPanel, w)
				if i == 0 {
					l.put(dim, label)
				}
				lines = append(lines, l.to(14).put(r, part).done())
			}
		}
		role := m.header.Role
		if role == "" {
			role = providers.RoleAdministrator
		}
		add(strong, "level", string(m.header.Access))
		add(strong, "role", string(role))
		lines = append(lines, "")
		head := newLine(m.theme, onPanel, w).put(dim, "may").to(14).put(dim, "now")
		for i, level := range providers.Levels() {
			head.to(20+12*i).put(dim, string(level))
		}
		lines = append(lines, head.done())
		mark := func(l *line, allowed bool) {
			if allowed {
				l.put(good, "✓")
			} else {
				l.put(bad, "–")
			}
		}
		var whys []string
		for _, verb := range providers.Verbs() {
			why := m.whyNotDo(verb, m.header.Organizer)
			if !slices.Contains([]providers.Verb{providers.VerbRooms, providers.VerbPeople, providers.VerbFreeBusy}, verb) || m.header.Allowed.Refuses(verb) != "" {
				if why != "" && !slices.Contains(whys, why) {
					whys = append(whys, why)
				}
			} else {
				why = ""
			}
			l := newLine(m.theme, onPanel, w).put(plain, string(verb)).to(14)
			mark(l, why == "")
			for i, level := range providers.Levels() {
				l.to(20 + 12*i)
				mark(l, m.levelGives(level, verb))
			}
			lines = append(lines, l.done())
		}
		lines = append(lines, "")
		for i, why := range whys {
			label := ""
			if i == 0 {
				label = "why not"
			}
			add(warn, label, why)
		}
		add(dim, "restricted", "the same as full, in the mailboxes of a limit only")
		var differ []providers.Address
		for mailbox, a := range m.header.Mailboxes {
			if len(a.Denied) > 0 {
				differ = append(differ, mailbox)
			}
		}
		slices.Sort(differ)
		for i, mailbox := range differ {
			if i == 0 {
				lines = append(lines, "", newLine(m.theme, onPanel, w).put(dim, "mailboxes that allow less").done())
			}
			a := m.header.Mailboxes[mailbox]
			level := string(a.Level)
			if level == "" {
				level = string(m.header.Access)
			}
			var verbs []string
			for _, v := range providers.Verbs() {
				if a.Refuses(v) != "" {
					verbs = append(verbs, string(v))
				}
			}
			lines = append(lines, newLine(m.theme, onPanel, w).put(plain, "  "+cut(clean(string(mailbox)), 40)).to(44).put(warn, level).done())
			for _, part := range wrap("no "+strings.Join(verbs, ", "), max(w-4, 10)) {
				lines = append(lines, newLine(m.theme, onPanel, w).to(4).put(dim, clean(part)).done())
			}
		}
		return lines
	}})
	return nil
}
