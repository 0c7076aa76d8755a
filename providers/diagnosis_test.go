package providers

import "testing"

// Of two connections the one that does not work at all is told before one that works in
// part, and that before one that only needs time; the sentence names whose it is.
func TestFirstCauseOverTwoConnections(t *testing.T) {
	rung := func(state RungState, what string, partly bool) Diagnosis {
		d := Diagnosis{Rungs: []Rung{{Name: "settings", State: RungPassed}, {Name: "rooms", State: state}}}
		if what != "" {
			d.Rungs[1].Trouble = &Trouble{What: what, Partly: partly}
		}
		return d
	}
	whole, part, wait, well := rung(RungFailed, "broken", false), rung(RungFailed, "one room", true), rung(RungWaiting, "later", false), rung(RungPassed, "", false)
	for _, c := range []struct {
		cloud, local Diagnosis
		want         string
	}{
		{well, well, "nothing is wrong: all that was tried works"},
		{well, part, "hq: one room"},
		{part, whole, "hq: broken"},
		{whole, part, "contoso: broken"},
		{whole, whole, "contoso: broken"},
		{wait, part, "hq: one room"},
		{wait, well, "contoso: later"},
	} {
		c.cloud.Connection, c.local.Connection = "contoso", "hq"
		if got := Together(c.cloud, c.local).FirstLine(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if got := Together(whole).FirstLine(); got != "broken" {
		t.Errorf("one connection alone: %q", got)
	}
}
