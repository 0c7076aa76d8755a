package providers

import "testing"

// L2, L5, L15, P7, P11, S17: each level and piece of evidence times each verb.
func TestAccessMatrix(t *testing.T) {
	const m = Address("adele@contoso.com")
	full := Capabilities{Access: FullAccess, Write: true, Teams: true}
	calendar := func(readOnly, teams bool) []Calendar {
		return []Calendar{{ReadOnly: true}, {Default: true, ReadOnly: readOnly, IntegratedConferencing: teams}}
	}
	const write = "book change cancel relocate "
	for name, c := range map[string]struct {
		access Access
		level  AccessLevel
		denied string
	}{
		"full":              {ConnectionAccess(full), FullAccess, ""},
		"nobody answered":   {ConnectionAccess(Capabilities{}), "", ""},
		"restricted":        {ConnectionAccess(Capabilities{Access: Restricted, Write: true, Teams: true}), Restricted, ""},
		"free-busy":         {ConnectionAccess(Capabilities{Access: FreeBusyAccess, Teams: true}), FreeBusyAccess, "details " + write},
		"reading only":      {ConnectionAccess(Capabilities{Access: FullAccess, Teams: true}), FullAccess, write},
		"no Teams":          {ConnectionAccess(Capabilities{Access: FullAccess, Write: true}), FullAccess, "teams "},
		"outside":           {ConnectionAccess(full).With(ProblemAccess(m, &Problem{Class: NotAllowed})), NoAccess, "details " + write + "teams "},
		"no mailbox":        {ProblemAccess(m, &Problem{Class: NoMailbox}), NoAccess, "details " + write + "teams "},
		"in trouble":        {ProblemAccess(m, &Problem{Class: Transient}), "", ""},
		"read-only":         {ConnectionAccess(full).With(CalendarAccess(m, calendar(true, true))), FullAccess, write},
		"without a licence": {CalendarAccess(m, calendar(false, false)), "", "teams "},
		"an ordinary one":   {CalendarAccess(m, calendar(false, true)), "", ""},
	} {
		denied := ""
		for _, v := range []Verb{VerbDetails, VerbBook, VerbChange, VerbCancel, VerbRelocate, VerbTeams} {
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
