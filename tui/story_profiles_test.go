package tui

import (
	"strings"
	"testing"

	"roomdesk/providers"
)

// P5, P6: each profile with its protocol; protocol:ews is what is left.
func TestP6ProfilesByProtocol(t *testing.T) {
	f := office()
	f.profiled()
	d := newDriver(t, f, 120, 34)
	d.keys("6", "P")
	d.see("protocol:ews · room · words")
	d.see("5 of 5", "3 on Exchange", "graph_api", "exchange_web_services")
	if line := d.lineWith("Aalto "); !strings.Contains(line, "graph_api") || !strings.Contains(line, "exchange") || !strings.Contains(line, "moved") {
		t.Errorf("a moved profile is drawn as %q", line)
	}
	d.typing("protocol:ews")
	d.see("3 of 5", "Adele Vance", "Cederström")
	d.notSee("Bob Kelly")
	d.typing(" room ced")
	d.see("1 of 5", "roomdesk profiles authorise cederstrom@contoso.com")
	d.typing("zzz")
	d.see("none of 5 fits")
}

// P3: authorising again asks, and says why where it is of no use.
func TestP3AuthoriseAgain(t *testing.T) {
	f := office()
	f.profiled()
	d := newDriver(t, f, 120, 34)
	d.keys("6", "P", "enter")
	if n := d.m.notices.current(); n == nil || !strings.Contains(n.text, "on Graph already") {
		t.Errorf("enter on one that is there says %+v", n)
	}
	d.keys("down", "enter")
	d.keys("down", "enter")
	d.see("Authorise Cederström again?", "It moves to Graph")
	d.keys("enter")
	if len(f.authorised) != 0 {
		t.Fatal("the safe choice moved it")
	}
	d.keys("enter", "y")
	if len(f.authorised) != 1 || f.authorised[0] != "cederstrom@contoso.com" {
		t.Fatalf("authorised %v", f.authorised)
	}
	// With the feature off the same steps take back.
	f.switches = []providers.Feature{providers.GraphFeature(false, true)}
	d.keys("esc", "P", "enter")
	d.see("Authorise Aalto again?", "It moves to Exchange")
	d.keys("y")
	if len(f.authorised) != 2 || f.authorised[1] != "aalto@contoso.com" {
		t.Fatalf("authorised %v", f.authorised)
	}
}

// P2, P13: the switch with its maturity; what is turned is chosen.
func TestP2FeaturesInTheConsole(t *testing.T) {
	f := office()
	f.profiled()
	d := newDriver(t, f, 120, 34)
	d.keys("6", "F")
	d.see("graph  ● on", "which a later one may change", "new: proved over a simulated tenant")
	d.keys("space")
	d.see("graph  ○ off", "no later release changes it")
	d.keys("space")
	d.see("graph  ● on")
	f.featureErr = &providers.Error{Class: providers.NotAllowed, Op: "changing a feature"}
	d.keys("space")
	d.see("✗ changing a feature")
}
