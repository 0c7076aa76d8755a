package simulator

import (
	"testing"

	"roomdesk/providers/simulator/exchange"
)

// What can be wrong with a service account shows as the server would show it (PRODUCT
// L7 to L9, mistake 20).
func TestExchangeServiceAccount(t *testing.T) {
	tenant := startWith(t, Options{Seed: 2, Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	room := tenant.Rooms()[0].Mailbox
	const own = `<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="calendar"/></m:FolderIds></m:GetFolder>`
	set := func(change func(*exchange.Settings)) {
		t.Helper()
		settings, _ := tenant.ExchangeSettings()
		settings.Service, settings.NoRoomLists, settings.EWSEnabled, settings.BlockedAgents = exchange.ServiceAccount{}, false, nil, nil
		change(&settings)
		if err := tenant.SetExchange(settings); err != nil {
			t.Fatal(err)
		}
	}
	lists := func() int { return len(ews.ask(`<m:GetRoomLists/>`).want(t, "NoError").all("Address")) }

	// With a mailbox of its own the account sees its calendar and the room lists.
	id := ews.ask(own).want(t, "NoError").find("FolderId").attr["Id"]
	ews.ask(`<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:FolderId Id="`+id+`"/></m:FolderIds></m:GetFolder>`).want(t, "NoError")
	if lists() == 0 {
		t.Fatal("there are no room lists")
	}
	set(func(s *exchange.Settings) { s.Service.NoMailbox = true })
	ews.ask(own).want(t, "ErrorMissingEmailAddress")
	if n := lists(); n != 0 {
		t.Errorf("an account without a mailbox sees %d room lists", n)
	}
	ews.impersonating(room).ask(own).want(t, "NoError") // what it acts for is another thing
	set(func(s *exchange.Settings) { s.NoRoomLists = true })
	if n := lists(); n != 0 {
		t.Errorf("%d room lists where nobody made one", n)
	}

	status := func() int { return ews.post(ews.envelope(`<m:GetRoomLists/>`)).status }
	for state, code := range map[string]string{"locked": "", "disabled": "ErrorAccountDisabled", "expired": "ErrorPasswordExpired", "must_change": "ErrorPasswordChangeRequired"} {
		set(func(s *exchange.Settings) { s.Service.State = state })
		if got := status(); got != 401 {
			t.Errorf("%s: %d, want 401", state, got)
		}
		set(func(s *exchange.Settings) { s.Service.State, s.Service.Told = state, true })
		if code == "" {
			if got := status(); got != 401 {
				t.Errorf("%s: %d; who is locked out is never told", state, got)
			}
			continue
		}
		ews.ask(`<m:GetRoomLists/>`).want(t, code)
	}

	// Too many wrong passwords lock the account, and the right one does not help then.
	e := tenant.Endpoints()
	set(func(s *exchange.Settings) { s.Service.LockAfter = 3 })
	guess := *ews
	guess.basic(e.ExchangeAccount, "wrong")
	for n := 1; n <= 3; n++ {
		if got := guess.post(ews.envelope(`<m:GetRoomLists/>`)); got.status != 401 {
			t.Errorf("wrong password %d: %d", n, got.status)
		}
	}
	if got := status(); got != 401 {
		t.Errorf("a locked account gets %d", got)
	}
	set(func(s *exchange.Settings) { s.Service.Password = "another" })
	if got := status(); got != 401 {
		t.Errorf("the password from before the change gets %d", got)
	}
	ews.basic(e.ExchangeAccount, "another")
	if got := status(); got != 200 {
		t.Errorf("the new password gets %d", got)
	}

	off := false
	set(func(s *exchange.Settings) { s.Service.Password, s.EWSEnabled = "another", &off })
	if got := status(); got != 403 {
		t.Errorf("EWS is off, and answers %d", got)
	}
	set(func(s *exchange.Settings) { s.Service.Password, s.BlockedAgents = "another", []string{"Go-http"} })
	if got := status(); got != 403 {
		t.Errorf("a program on the block list gets %d", got)
	}
	settings, _ := tenant.ExchangeSettings()
	settings.Service.State = "asleep"
	if err := tenant.SetExchange(settings); err == nil {
		t.Error("an account is asleep")
	}
}
