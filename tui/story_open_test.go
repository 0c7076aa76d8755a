package tui

import "testing"

// Several tenants: the console goes over to the chosen connection, and says why not
// where there is nothing to go over to.
func TestConsoleGoesOverToAnotherConnection(t *testing.T) {
	f := office()
	f.header.Demo = false
	d := newDriver(t, f, 120, 40)
	d.keys("6", "o")
	d.see("its rooms are shown here already")
	if d.quit {
		t.Fatal("it ended")
	}
	d.keys("esc", "down", "o")
	if !d.quit || d.m.Next() != "fabrikam" {
		t.Errorf("ended %v, next %q", d.quit, d.m.Next())
	}
}

func TestDemoDoesNotGoOver(t *testing.T) {
	f := office()
	f.header.Demo = true
	d := newDriver(t, f, 120, 40)
	d.keys("6", "down", "o")
	d.see("leave it with q")
	if d.quit {
		t.Error("it ended")
	}
}

// A booking on its way is waited for.
func TestGoingOverWaitsForABookingOnItsWay(t *testing.T) {
	f := office()
	f.header.Demo = false
	f.inFlight = 1
	d := newDriver(t, f, 120, 40)
	d.keys("6", "down", "o")
	if d.quit {
		t.Fatal("it ended while a booking is on its way")
	}
	f.inFlight = 0
	d.send(quitLook{})
	if !d.quit || d.m.Next() != "fabrikam" {
		t.Errorf("ended %v, next %q", d.quit, d.m.Next())
	}
}
