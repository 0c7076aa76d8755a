package tui

import (
	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

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
		if text := s.Sentence(m.now); text != "" {
			pair("what it means", text, plain)
		} else {
			pair("", "Nothing is wrong here.", good)
		}
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
