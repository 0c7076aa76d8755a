package tui

import (
	"errors"
	"strings"
	"testing"

	"roomdesk/providers"
)

// C25: l waits for the answer; it comes, the test runs by itself, and before anything is
// kept the tenant that answered is shown.
func TestSetupConsentComesBack(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.desk.given = providers.ConsentGiven{TenantID: setupTenantID, At: fakeNow()}
	d.to(providers.StepConsent)
	d.see("or by itself", "http://localhost")
	d.press("?")
	d.see("applications: http://localhost", "AADSTS50011", "AADSTS500113")
	d.press("?")
	d.press("l")
	d.see("nothing is wrong", "Enter shows who answered")
	d.press("enter")
	d.see("Who answered", "came back from tenant "+setupTenantID)
	if len(d.desk.connected) != 0 {
		t.Error("kept before it was confirmed")
	}
	d.press("w")
	d.notSee("came back")
}

// What failed is said, and one goes on by hand; so does one who does not wait.
func TestSetupConsentGoesOnByHand(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.desk.givenErr = &providers.Error{Class: providers.Foreign, Op: "waiting", Message: providers.Outside("the consent was given in tenant 1234"), Advice: "open the link in a private window"}
	d.to(providers.StepConsent)
	d.press("l")
	d.see("✗ ", "the consent was given in", "Admin consent")
	d.hold = true
	d.press("l")
	d.see("waiting for the consent")
	d.press("l")
	d.see("Enter goes on by hand", "or by itself")
	d.press("l")
	d.awaited()
	var pasted string
	dialog, _ := topOf[*setupDialog](d.m)
	dialog.consent.Paste = func(text string) error {
		pasted = text
		return &providers.Error{Class: providers.Foreign, Op: "reading", Message: providers.Outside("this is not the answer")}
	}
	d.paste("http://localhost:40123/?state=x")
	d.see("this is not the answer", "for the browser's answer", "another machine")
	if pasted != "http://localhost:40123/?state=x" {
		t.Errorf("%q was given on", pasted)
	}
	d.hold = false
	d.press("enter")
	d.see("nothing is wrong")
	d.release()
	d.see("nothing is wrong")
	d.press("enter")
	d.notSee("came back from tenant")
}

// C12: nothing is opened but by o.
func TestSetupOpensTheLinkOnlyWhenTold(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.to(providers.StepConsent)
	if len(d.desk.opened) != 0 {
		t.Errorf("opened by itself: %v", d.desk.opened)
	}
	d.press("o")
	d.see("handed to this machine's browser")
	if len(d.desk.opened) != 1 || !strings.HasSuffix(d.desk.opened[0], "/adminconsent?client_id="+setupClientID) {
		t.Errorf("opened: %v", d.desk.opened)
	}
	d.desk.openErr = errors.New("xdg-open is not installed")
	d.press("o")
	d.see("xdg-open is not installed", "y copies the link")
}
