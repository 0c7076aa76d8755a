package tui

import "slices"

// Two connections of one organisation stand below each other, and are shown together.

// mates reports whether two connections belong together.
func (p *connectionsPane) mates() bool {
	return slices.ContainsFunc(p.rows, func(r ConnectionRow) bool { return r.Organisation != "" })
}

// below reports whether a connection stands beside the one above it.
func (p *connectionsPane) below(row *ConnectionRow) bool {
	return row.Organisation != "" && row.Organisation != row.Name && slices.ContainsFunc(p.rows, func(r ConnectionRow) bool { return r.Name == row.Organisation })
}

// mate is the other connection of the organisation, nil where there is none.
func (p *connectionsPane) mate(name string) *ConnectionRow {
	at := slices.IndexFunc(p.rows, func(r ConnectionRow) bool { return r.Name == name })
	if at < 0 || p.rows[at].Organisation == "" {
		return nil
	}
	for i := range p.rows {
		if i != at && p.rows[i].Organisation == p.rows[at].Organisation {
			return &p.rows[i]
		}
	}
	return nil
}

// matesWords say what the two are: the open ones, or what the sign means.
func (p *connectionsPane) matesWords() string {
	for i := range p.rows {
		if other := p.mate(p.rows[i].Name); p.rows[i].Active && other != nil {
			return "▸ open: " + clean(p.rows[i].Name) + " and " + clean(other.Name) + " are one organisation, in one list of rooms"
		}
	}
	return "└ belongs to the connection above: one organisation, one list of rooms"
}

// tenantWords are the tenant, and where the mailboxes live that a connection of an
// organisation reaches: the second one's tenant is the first one's.
func (p *connectionsPane) tenantWords(row *ConnectionRow) string {
	switch {
	case row.Organisation == "":
		return row.Tenant
	case p.below(row):
		return row.Home
	}
	return row.Home + ", " + row.Tenant
}

func (r *ConnectionRow) organisationWords() string {
	if r.Organisation == r.Name {
		return "this one comes first; it reaches the mailboxes " + homePlace(r.Home)
	}
	return "stands beside " + r.Organisation + "; it reaches the mailboxes " + homePlace(r.Home)
}

func homePlace(home string) string {
	if home == "cloud" {
		return "in the cloud"
	}
	return home
}
