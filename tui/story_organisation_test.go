package tui

import (
	"strings"
	"testing"

	"roomdesk/providers"
)

// S1, P17: the test of either connection of an organisation climbs both ladders; the
// cause is named with its connection, and o leaves the other out.
func TestS1RunTestOverAnOrganisation(t *testing.T) {
	f := office()
	f.organisation()
	both := f.bothExamined(diagnosed("", "", nil), unconsented())
	alone := unconsented()
	f.diagnoses = []providers.Diagnosis{both, alone, both}
	d := newDriver(t, f, 120, 40)
	d.keys("6", "down", "t")
	d.see("Test of contoso and hq", "✗ hq: Calendars.ReadWrite is not in the token", "hq       ✓ settings", "✗ calendars")
	p, _ := topOf[*testDialog](d.m)
	if text := p.support(); !strings.Contains(text, "roomdesk test of contoso and hq, ") || !strings.Contains(text, "\nhq calendars: failed") || !strings.Contains(text, "\ncontoso calendars: passed") {
		t.Errorf("for support:\n%s", text)
	}
	d.keys("home")
	d.see("contoso  ✓ settings")
	d.keys("end", "o")
	d.see("Test of hq alone", "✗ Calendars.ReadWrite is not in the token")
	d.notSee("contoso  ✓")
	d.keys("o")
	d.see("Test of contoso and hq")
	if len(f.examined) != 3 || f.examined[0].Alone || !f.examined[1].Alone || f.examined[1].Connection != "hq" || f.examined[2].Alone {
		t.Errorf("asked %+v", f.examined)
	}
	d.keys("esc", "down", "t", "o")
	d.see("the only one of its organisation")
}

// While it runs, the side that is tried is named.
func TestS1StepsOfAnOrganisationNameTheirSide(t *testing.T) {
	f := office()
	f.organisation()
	d := newDriver(t, f, 120, 40)
	d.hold = true
	d.keys("6", "t")
	p, _ := topOf[*testDialog](d.m)
	both := f.bothExamined(diagnosed("", "", nil), unconsented())
	d.see("◌ trying contoso, settings", "0 of 52")
	for _, r := range both.Rungs[:30] {
		d.send(ladderRung{p.ladder, p.run, r})
	}
	d.see("◌ trying hq, tls", "30 of 52")
}

// C4: tab shows the permissions of the other side, which are other ones, with its answer
// and not with one that was still on its way.
func TestC4PermissionsOfTheOtherSide(t *testing.T) {
	f := office()
	f.organisation()
	f.permissions = someRows()
	d := newDriver(t, f, 120, 40)
	d.keys("6", "p")
	d.see("Permissions of contoso", "tab hq", "Calendars.ReadWrite")
	d.keys("tab")
	d.see("Permissions of hq", "tab contoso")
	p, _ := topOf[*permissionsDialog](d.m)
	d.send(permissionsAnswer{p, "contoso", []PermissionRow{{Name: "Late.Answer", InToken: true}}, nil})
	d.notSee("Late.Answer")
	d.keys("tab")
	d.see("Permissions of contoso")
	d.keys("esc", "down", "down", "p", "tab")
	d.see("Permissions of fabrikam", "the only one of its organisation")
}
