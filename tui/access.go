package tui

import "roomdesk/providers"

// whyNotDo says why something cannot be done in a mailbox's calendar, by what the
// connection and the mailbox are known to allow; "" where nothing speaks against it.
func (m *Model) whyNotDo(verb providers.Verb, mailbox providers.Address) string {
	if !m.header.known {
		return ""
	}
	if m.header.Role != "" {
		if why := m.header.Role.Refuses(verb); why != "" {
			return why
		}
	}
	if verb == providers.VerbAdminister {
		return clean(m.header.Allowed.Refuses(verb))
	}
	if m.header.Access == providers.FreeBusyAccess && verb != providers.VerbTeams {
		return "this connection shows free/busy only and cannot write"
	}
	if why := m.header.Allowed.Refuses(verb); why != "" {
		return clean(why)
	}
	return clean(m.header.Mailboxes[mailbox].Refuses(verb))
}

// whyNotView says why a view is not this person's.
func (m *Model) whyNotView(v viewID) string {
	if v == viewConnections {
		return m.whyNotDo(providers.VerbAdminister, "")
	}
	return ""
}

// viewBeside is the next view in a direction that is this person's.
func (m *Model) viewBeside(by viewID) viewID {
	v := m.view
	for range viewCount {
		if v = (v+by-1)%viewCount + 1; m.whyNotView(v) == "" {
			return v
		}
	}
	return m.view
}

// roleWords names a role that is less than all, for the first line.
func (m *Model) roleWords() string {
	if m.header.Role == "" || m.header.Role == providers.RoleAdministrator {
		return ""
	}
	return " · " + string(m.header.Role)
}

// levelGives reports whether a level of access would allow a verb. Teams that the
// service cannot make at all is given by no level.
func (m *Model) levelGives(level providers.AccessLevel, verb providers.Verb) bool {
	now := m.header.Allowed
	if verb == providers.VerbTeams && now.Refuses(verb) != "" && providers.LevelAccess(now.Level).Refuses(verb) == "" {
		return false
	}
	return providers.LevelAccess(level).Refuses(verb) == ""
}
