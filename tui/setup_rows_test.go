package tui

import (
	"testing"

	"roomdesk/providers"
)

// C2, C16, P1: the set-up opens on Graph; what either provider needs stands side by side
// before the choice, and Exchange takes a key more and says when it ends.
func TestC2BothProvidersBeforeTheChoice(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.press("c")
	d.see("‹ Microsoft Graph ›", "Graph needs", "Place.Read.All", "EWS needs", "full_access_as_app: every mailbox with its mail", "so Graph asks for")
	d.press("right")
	d.see("‹ Exchange Web Services ›", "2027-04-01")
}

// C24: at the end stand tenant, account, what was granted, what happens next, and how to
// undo it.
func TestC24TheEndSaysWhatIsTrue(t *testing.T) {
	d := newSetupDriver(t, 120, 40)
	d.to(providers.StepDone)
	d.see("✓ contoso is connected", "tenant", "Contoso", "signs in", "roomdesk", "granted", "Place.Read.All", "Calendars.ReadWrite", "the first sync starts by itself", "w takes it back", "roomdesk disconnect contoso")
}
