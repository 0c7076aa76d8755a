package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// connectionsPane is view 6: the configured connections.
type connectionsPane struct {
	rows []ConnectionRow
	read bool
	err  error
	list scroll
}

type connectionsAnswer struct {
	rows []ConnectionRow
	err  error
}

func (m *Model) readConnections() tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		rows, err := ws.Connections(ctx)
		return connectionsAnswer{slices.Clone(rows), err}
	})
}

func (a connectionsAnswer) apply(m *Model) tea.Cmd {
	m.connections.err = a.err
	if a.err == nil {
		m.connections.rows, m.connections.read = a.rows, true
	}
	return nil
}

func (p *connectionsPane) listRect(m *Model) rect {
	body := m.body()
	h := body.h - 5
	if p.mates() {
		h-- // for what they are
	}
	return rect{0, body.y + 2, body.w, max(h, 1)}
}

func (p *connectionsPane) draw(m *Model, lines []string, body rect) []string {
	switch {
	case p.err != nil:
		return note(m, append(lines, ""), bad, "The connections could not be read: "+problemText(p.err))
	case !p.read:
		return note(m, append(lines, ""), plain, "reading…")
	}
	c := p.columns(m)
	head := newLine(m.theme, onScreen, m.width).to(2).put(dim, "connection").to(c.provider).put(dim, "provider")
	if c.tenant > 0 {
		head.to(c.tenant).put(dim, "tenant")
	}
	if c.identity > 0 {
		head.to(c.identity).put(dim, "identity").to(c.kind).put(dim, "kind").to(c.keystore).put(dim, "keystore")
	}
	head.to(c.credential).put(dim, "credential")
	lines = append(lines, "", head.done())
	r := p.listRect(m)
	lines = drawList(m, lines, r, &p.list, len(p.rows), func(i int, selected bool) string {
		return p.drawRow(m, &p.rows[i], c, selected)
	})
	if len(p.rows) == 0 {
		lines = note(m, lines, plain, "No connection is configured.")
	}
	lines = append(lines, "")
	if p.mates() {
		lines = append(lines, newLine(m.theme, onScreen, m.width).to(2).put(dim, p.matesWords()).done())
	}
	if m.setup == nil {
		lines = note(m, lines, dim, "Connect another tenant on the command line:")
		return append(lines, newLine(m.theme, onScreen, m.width).to(4).put(accent, "roomdesk connect graph --help").done())
	}
	return append(lines, newLine(m.theme, onScreen, m.width).to(2).put(accentStrong, "c").put(dim, " connects a tenant, step by step; on the command line: ").put(accent, "roomdesk connect").done())
}

type connectionColumns struct{ name, provider, tenant, identity, kind, keystore, credential int }

func (p *connectionsPane) columns(m *Model) connectionColumns {
	longest := 10
	for i := range p.rows {
		longest = max(longest, columns(p.rows[i].Name)+2)
	}
	switch {
	case m.width >= 110:
		c := connectionColumns{name: min(longest, 24)}
		c.provider = 2 + c.name + 2
		c.tenant = c.provider + 10
		c.identity = c.tenant + 20
		c.kind = c.identity + 22
		c.keystore = c.kind + 12
		c.credential = c.keystore + 12
		return c
	case m.width >= 70:
		c := connectionColumns{name: min(longest, 20)}
		c.provider = 2 + c.name + 2
		c.tenant = c.provider + 10
		c.credential = c.tenant + 22
		return c
	}
	c := connectionColumns{name: 14, provider: 17}
	c.credential = 27
	return c
}

// credentialLook is the state of a credential as a character and role.
func credentialLook(row *ConnectionRow) (string, role) {
	switch {
	case !row.Healthy:
		return "✗", bad
	case row.Credential == "present":
		return "●", good
	}
	return "◐", warn
}

func (p *connectionsPane) drawRow(m *Model, row *ConnectionRow, c connectionColumns, selected bool) string {
	l, name := rowLine(m, selected)
	label := clean(row.Name)
	switch {
	case p.below(row):
		label = "└ " + label
	case row.Active:
		label = "▸ " + label
	}
	l.fit(name, label, c.name).to(c.provider).fit(plain, clean(row.Provider), 9)
	if c.tenant > 0 {
		l.to(c.tenant).put(plain, cut(clean(p.tenantWords(row)), 18))
	}
	if c.identity > 0 {
		l.to(c.identity).put(dim, cut(clean(row.Identity), 20))
		l.to(c.kind).put(dim, cut(clean(row.Kind), 11))
		l.to(c.keystore).put(dim, cut(clean(row.Keystore), 11))
	}
	glyph, look := credentialLook(row)
	l.to(c.credential).put(look, glyph+" "+clean(row.Credential))
	if row.Ending != "" {
		l.put(warn, ", "+clean(row.Ending))
	}
	if row.Demo {
		l.put(warn, "  demo")
	}
	if !row.Tested.IsZero() {
		glyph, look := "✓", good
		if !row.TestHealthy {
			glyph, look = "✗", bad
		}
		l.put(dim, " · tested "+providers.Age(m.now.Sub(row.Tested))+" ago ").put(look, glyph)
	}
	return l.finish(selected)
}

// row is the chosen connection, nil where there is none.
func (p *connectionsPane) row() *ConnectionRow {
	if p.list.at < 0 || p.list.at >= len(p.rows) {
		return nil
	}
	return &p.rows[p.list.at]
}

// whyOld says why nothing can be done with the chosen connection, where it is one over an
// API that is no more.
func (p *connectionsPane) whyOld() string {
	if row := p.row(); row != nil && row.Old != nil {
		return clean(row.Name) + " is over an API that is no more: enter says how to migrate or remove it"
	}
	return ""
}

// drawOld shows what an old connection was, and what can be done with it.
func (m *Model) drawOld(row *ConnectionRow, pair func(label, value string)) {
	pair("provider", row.Old.Mechanism+", which is no more: nothing is read or sent by it")
	pair("tenant", row.Tenant)
	pair("identity", row.Identity)
	pair("imported", row.Old.Imported.In(m.zone).Format("Mon 2 Jan 2006"))
	pair("", "What was booked over it stands in the tenant's calendars, and is read from there.")
	pair("migrate it", "c connects its tenant, where it is not connected yet. Then "+row.Old.Migrate+" drops the old one.")
	pair("or remove it", row.Old.Remove)
}

// openConnection shows all of one connection.
func (m *Model) openConnection() tea.Cmd {
	p := &m.connections
	if p.list.at < 0 || p.list.at >= len(p.rows) {
		return nil
	}
	row := p.rows[p.list.at]
	m.openDialog(&reader{title: clean(row.Name), wide: 64, make: func(m *Model, w int) []string {
		var lines []string
		pair := func(label, value string) {
			if value == "" {
				value = "not known"
			}
			for i, part := range wrap(clean(value), max(w-14, 10)) {
				l := newLine(m.theme, onPanel, w)
				if i == 0 {
					l.put(dim, label)
				}
				lines = append(lines, l.to(14).put(plain, part).done())
			}
		}
		if row.Old != nil {
			m.drawOld(&row, pair)
			return lines
		}
		pair("provider", row.Provider)
		pair("tenant", row.Tenant)
		if row.Organisation != "" {
			pair("organisation", row.organisationWords())
		}
		pair("identity", row.Identity)
		pair("kind", row.Kind)
		if len(row.Granted) > 0 {
			pair("granted", strings.Join(row.Granted, ", ")+" (when it was connected: p looks again)")
		}
		pair("keystore", row.Keystore)
		pair("credential", row.Credential)
		if row.Expiry != "" {
			pair("expiry", row.Expiry)
		}
		last := "never"
		if !row.LastUse.IsZero() {
			last = row.LastUse.In(m.zone).Format("Mon 2 Jan 15:04")
		}
		pair("last use", last)
		tested := "never: t tests it"
		if !row.Tested.IsZero() {
			tested = providers.Age(m.now.Sub(row.Tested)) + " ago: " + row.TestResult
		}
		pair("last test", tested)
		switch {
		case row.Demo:
			pair("", "A simulated tenant: nothing here is real.")
		case !row.Healthy:
			pair("", "Look into it with: roomdesk connections")
		}
		if !row.Demo {
			pair("remove it", "x, or roomdesk disconnect "+row.Name)
		}
		return lines
	}})
	return nil
}
