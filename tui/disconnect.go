package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// disconnectDialog says what taking a connection away stops, deletes and leaves, and
// wants the tenant's name typed. Pasting it does not count.
type disconnectDialog struct {
	connection string
	how        DisconnectHow
	plan       Disconnection
	planned    bool
	name       textField
	doing      bool
	refused    string
}

func (m *Model) openDisconnect(name string) tea.Cmd {
	d := &disconnectDialog{connection: name, how: DisconnectHow{KeepMirror: true}}
	m.openDialog(d)
	return d.ask(m)
}

// ask reads the plan for what is chosen.
func (d *disconnectDialog) ask(m *Model) tea.Cmd {
	ws, connection, keep := m.ws, d.connection, d.how.KeepMirror
	d.planned = false
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		plan, err := ws.PlanDisconnect(ctx, connection, keep)
		return disconnectPlanned{d, keep, plan, err}
	})
}

type disconnectPlanned struct {
	dialog *disconnectDialog
	keep   bool
	plan   Disconnection
	err    error
}

func (a disconnectPlanned) apply(*Model) tea.Cmd {
	d := a.dialog
	if a.keep != d.how.KeepMirror {
		return nil
	}
	d.plan, d.planned = a.plan, a.err == nil
	if a.err != nil {
		d.refused = problemText(a.err)
	}
	return nil
}

func (d *disconnectDialog) scope() scope { return scopeDisconnect }

func (d *disconnectDialog) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if !d.doing && !k.IsRepeat && d.name.typed(k) {
		d.refused = ""
	}
	return nil
}

// pasted does nothing: a name that is typed was read.
func (d *disconnectDialog) pasted(m *Model, _ string) tea.Cmd {
	d.refused = "the name has to be typed, not pasted"
	return nil
}

// tenant is the name to type.
func (d *disconnectDialog) tenant() string { return shown(d.plan.Tenant, d.connection) }

// whyNot says why it is not done yet.
func (d *disconnectDialog) whyNot() string {
	switch {
	case d.doing:
		return "it is under way"
	case !d.planned:
		return "what it would do is not known yet"
	case len(d.plan.Pending) > 0 && !d.how.Abandon:
		return "not all has reached the tenant: ctrl+a goes on all the same"
	case !strings.EqualFold(strings.TrimSpace(d.name.text()), strings.TrimSpace(d.tenant())):
		return "type the tenant's name, " + d.tenant()
	}
	return ""
}

func (d *disconnectDialog) do(m *Model) tea.Cmd {
	if why := d.whyNot(); why != "" {
		d.refused = why
		return nil
	}
	d.doing, d.refused = true, ""
	ws, connection, how := m.ws, d.connection, d.how
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		done, err := ws.Disconnect(ctx, connection, how)
		return disconnectDone{d, done, err}
	})
}

type disconnectDone struct {
	dialog *disconnectDialog
	done   Disconnection
	err    error
}

func (a disconnectDone) apply(m *Model) tea.Cmd {
	d := a.dialog
	d.doing = false
	if a.err != nil {
		d.refused = problemText(a.err)
		return nil
	}
	if top, ok := topOf[*disconnectDialog](m); ok && top == d {
		m.closeDialog()
	}
	remains := a.done.Remains
	switch {
	case len(remains) > 0:
		m.openDialog(&reader{title: "Disconnected, and not all could be removed", wide: 76, make: func(m *Model, w int) []string {
			var lines []string
			say := func(r role, s string) {
				for _, part := range wrap(clean(s), w) {
					lines = append(lines, newLine(m.theme, onPanel, w).put(r, part).done())
				}
			}
			say(plain, "Nothing is read or sent any more. This remains:")
			for _, item := range remains {
				say(warn, "• "+item)
			}
			say(dim, "Then disconnect again: it removes the rest.")
			return lines
		}})
	case a.done.Ends:
		return tea.Quit
	default:
		m.notices.add(m.now, clean(d.connection)+" is disconnected", false)
	}
	return tea.Batch(m.readHeader(), m.rereadAll())
}

func (d *disconnectDialog) size(m *Model, w, _ int) (int, int) {
	w = min(88, w)
	return w, len(d.build(m, w).lines) + 2
}

func (d *disconnectDialog) draw(m *Model, w, h int) ([]string, int, int) {
	return d.build(m, w).fitted(h, m.drawKeys(scopeDisconnect, onPanel, 0, w))
}

func (d *disconnectDialog) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	o.add(o.line().put(strong, "Disconnect "+clean(d.connection)).put(dim, "  nothing is changed in the tenant"))
	o.blank()
	if !d.planned && d.refused == "" {
		o.add(o.line().put(accent, "◌ looking what there is…"))
	}
	for _, part := range []struct {
		label string
		look  role
		items []string
	}{{"stops", plain, d.plan.Stops}, {"stays", plain, d.plan.Stays}, {"is deleted", bad, d.plan.Deletes}, {"not sent", warn, d.plan.Pending}} {
		for n, item := range part.items {
			for i, text := range wrap(clean(item), w-labelWidth) {
				l := o.line()
				if n == 0 && i == 0 {
					l.put(dim, part.label)
				}
				o.add(l.to(labelWidth).put(part.look, text))
			}
		}
	}
	o.blank()
	mirror := "kept, and shown as old"
	if !d.how.KeepMirror {
		mirror = "deleted"
	}
	o.add(o.line().put(dim, "the mirror").to(labelWidth).put(accent, mirror).put(dim, "  tab changes"))
	if len(d.plan.Pending) > 0 {
		choice := "no: it stands in the way"
		if d.how.Abandon {
			choice = "yes"
		}
		o.add(o.line().put(dim, "abandon it").to(labelWidth).put(accent, choice).put(dim, "  ctrl+a changes"))
	}
	l := o.line().put(accentStrong, "▸ ").put(accent, "the name").to(labelWidth)
	o.focusY, o.cy = len(o.lines), len(o.lines)
	ground, start := l.ground, l.width
	l.ground = onSpan
	at := d.name.draw(l, strong, max(min(w-labelWidth, 40), 8))
	if !d.doing {
		o.cx = start + at
	}
	l.style(plain)
	l.ground = ground
	o.add(l)
	switch {
	case d.doing:
		o.pinned = len(o.lines)
		o.note(accent, "◌ disconnecting…")
	case d.refused != "":
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+clean(d.refused))
	default:
		o.note(dim, "Type "+d.tenant()+" and press enter.")
	}
	return o
}

func disconnectKeys() []binding {
	with := func(do func(m *Model, d *disconnectDialog) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if d, ok := topOf[*disconnectDialog](m); ok {
				return do(m, d)
			}
			return nil
		}
	}
	keys := []binding{
		{keys: []string{"enter"}, label: "enter", what: "disconnect", more: "disconnect, once the tenant's name is typed", rank: 1, run: with(func(m *Model, d *disconnectDialog) tea.Cmd { return d.do(m) })},
		{keys: []string{"tab", "shift+tab"}, label: "tab", what: "the mirror", more: "keep the mirror, to be shown as old, or delete it", rank: 2, run: with(func(m *Model, d *disconnectDialog) tea.Cmd {
			if d.doing {
				return nil
			}
			d.how.KeepMirror, d.refused = !d.how.KeepMirror, ""
			return d.ask(m)
		})},
		{keys: []string{"ctrl+a"}, label: "ctrl+a", what: "abandon", more: "go on although not all has reached the tenant", rank: 3, why: func(m *Model) string {
			if d, ok := topOf[*disconnectDialog](m); !ok || len(d.plan.Pending) == 0 {
				return "all has reached the tenant"
			}
			return ""
		}, run: with(func(_ *Model, d *disconnectDialog) tea.Cmd {
			d.how.Abandon, d.refused = !d.how.Abandon, ""
			return nil
		})},
		{keys: []string{"esc"}, label: "esc", what: "keep it", more: "close; nothing is changed", rank: 4, run: then((*Model).closeDialog)},
	}
	for i := range keys {
		keys[i].scope = scopeDisconnect
	}
	return keys
}
