package tui

import "roomdesk/providers"

// whyNotDo says why something cannot be done in a mailbox's calendar, by what the
// connection and the mailbox are known to allow; "" where nothing speaks against it.
func (m *Model) whyNotDo(verb providers.Verb, mailbox providers.Address) string {
	if !m.header.known {
		return ""
	}
	if m.header.Access == providers.FreeBusyAccess && verb != providers.VerbTeams {
		return "this connection shows free/busy only and cannot write"
	}
	if why := m.header.Allowed.Refuses(verb); why != "" {
		return clean(why)
	}
	return clean(m.header.Mailboxes[mailbox].Refuses(verb))
}
