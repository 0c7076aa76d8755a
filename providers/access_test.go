package providers

import "testing"

// L2, L5, L15, P7, P11, S17: each level and piece of evidence times each verb.
func TestAccessMatrix(t *testing.T) {
	const m = Address("adele@contoso.com")
	full := Capabilities{Access: FullAccess, Write: true, Teams: true}
	calendar := func(readOnly, teams bool) []Calendar {
		return []Calendar{{ReadOnly: true}, {Default: true, ReadOnly: readOnly, IntegratedConferencing: teams}}
	}
	const read, write = "events details export ", "book change cancel relocate "
	for name, c := range map[string]struct {
		access Access
		level  AccessLevel
		denied string
	}{
		"full":                        {ConnectionAccess(full), FullAccess, ""},
		"nobody answered":             {ConnectionAccess(Capabilities{}), "", ""},
		"restricted":                  {ConnectionAccess(Capabilities{Access: Restricted, Write: true, Teams: true}), Restricted, ""},
		"free-busy":                   {ConnectionAccess(Capabilities{Access: FreeBusyAccess, Teams: true}), FreeBusyAccess, read + write + "teams "},
		"chosen free-busy":            {ConnectionAccess(full.Within(FreeBusyAccess)), FreeBusyAccess, read + write + "teams "},
		"chosen restricted":           {ConnectionAccess(full.Within(Restricted)), Restricted, ""},
		"restricted, nobody answered": {ConnectionAccess(Capabilities{}.Within(Restricted)), Restricted, ""},
		"full, nobody answered":       {ConnectionAccess(Capabilities{}.Within(FullAccess)), FullAccess, ""},
		"free-busy, nobody answered":  {ConnectionAccess(Capabilities{}.Within(FreeBusyAccess)), FreeBusyAccess, read + write + "teams "},
		"chosen more":                 {ConnectionAccess(Capabilities{Access: FreeBusyAccess, Teams: true}.Within(FullAccess)), FreeBusyAccess, read + write + "teams "},
		"reading only":                {ConnectionAccess(Capabilities{Access: FullAccess, Teams: true}), FullAccess, write},
		"no Teams":                    {ConnectionAccess(Capabilities{Access: FullAccess, Write: true}), FullAccess, "teams "},
		"outside":                     {ConnectionAccess(full).With(ProblemAccess(m, &Problem{Class: NotAllowed})), NoAccess, read + write + "teams "},
		"no mailbox":                  {ProblemAccess(m, &Problem{Class: NoMailbox}), NoAccess, read + write + "teams "},
		"in trouble":                  {ProblemAccess(m, &Problem{Class: Transient}), "", ""},
		"read-only":                   {ConnectionAccess(full).With(CalendarAccess(m, calendar(true, true))), FullAccess, write},
		"without a licence":           {CalendarAccess(m, calendar(false, false)), "", "teams "},
		"an ordinary one":             {CalendarAccess(m, calendar(false, true)), "", ""},
	} {
		denied := ""
		for _, v := range Verbs() {
			if c.access.Refuses(v) != "" {
				denied += string(v) + " "
			}
		}
		if c.access.Level != c.level || denied != c.denied {
			t.Errorf("%s: level %q, denied %q; want %q, %q", name, c.access.Level, denied, c.level, c.denied)
		}
	}
	both := ConnectionAccess(full)
	_ = both.With(ProblemAccess(m, &Problem{Class: NotAllowed}))
	if both.Refuses(VerbBook) != "" {
		t.Error("joining changed what was joined")
	}
}

// C19: each role times each verb.
func TestRoleMatrix(t *testing.T) {
	const write = "book change cancel relocate teams "
	for role, want := range map[Role]string{
		RoleViewer: write + "administer ", RoleBooker: "administer ", RoleAdministrator: "", "": write + "administer ", "owner": write + "administer ",
	} {
		denied := ""
		for _, v := range append(Verbs(), VerbAdminister) {
			if role.Refuses(v) != role.Access().Refuses(v) {
				t.Errorf("%s: %s is refused in two ways", role, v)
			}
			if role.Refuses(v) != "" {
				denied += string(v) + " "
			}
		}
		if denied != want {
			t.Errorf("%q: denied %q, want %q", role, denied, want)
		}
	}
	for text, want := range map[string]Role{"viewer": RoleViewer, " Booker ": RoleBooker, "admin": RoleAdministrator, "administrator": RoleAdministrator} {
		if got, ok := ParseRole(text); !ok || got != want {
			t.Errorf("%q is read as %q, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "root", "administrators"} {
		if got, ok := ParseRole(text); ok {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}
