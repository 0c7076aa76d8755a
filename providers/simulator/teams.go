package simulator

import "time"

// SetTeams switches Teams meetings off or on for the whole tenant, whatever
// people's licences say. Meetings asked for with a link are made without one, and
// without a word, as the service does.
func (t *Tenant) SetTeams(on bool) { t.noTeams.Store(!on) }

// teams reports whether Teams meetings can be made in a mailbox.
func (t *Tenant) teams(m *mailbox) bool { return !t.noTeams.Load() && m.hasTeams() }

// linked reports whether the link of a Teams meeting is there yet.
func (t *Tenant) linked(e *event) bool {
	return t.options.TeamsDelay <= 0 || !t.options.Now().Before(time.Unix(e.created, 0).Add(t.options.TeamsDelay))
}
