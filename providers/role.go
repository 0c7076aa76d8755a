package providers

import (
	"slices"
	"strings"
)

// Role is how far a person may go with a connection, whatever the tenant allows
// (PRODUCT C19). The zero Role may do nothing but look.
type Role string

// Roles, each of which may do what those before it may.
const (
	RoleViewer        Role = "viewer"
	RoleBooker        Role = "booker"
	RoleAdministrator Role = "administrator"
)

// Roles are all of them, the least first.
func Roles() []Role { return []Role{RoleViewer, RoleBooker, RoleAdministrator} }

// ParseRole reads a role as people write it.
func ParseRole(text string) (Role, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "admin" {
		text = string(RoleAdministrator)
	}
	return Role(text), slices.Contains(Roles(), Role(text))
}

// Refuses says why the role does not allow a verb; "" where it does. What is no
// role of ours is the least.
func (r Role) Refuses(v Verb) string {
	writes := slices.Contains(writing(VerbTeams), v)
	switch {
	case r == RoleAdministrator:
	case v == VerbAdminister && r == RoleBooker:
		return "your role is booker: connections are an administrator's"
	case v == VerbAdminister:
		return "your role is viewer: connections are an administrator's"
	case writes && r != RoleBooker:
		return "your role is viewer: you may look, not book or change"
	}
	return ""
}

// Access is what the role allows, beside what the tenant does.
func (r Role) Access() Access {
	var a Access
	for _, v := range append(Verbs(), VerbAdminister) {
		if why := r.Refuses(v); why != "" {
			a.deny(why, v)
		}
	}
	return a
}
