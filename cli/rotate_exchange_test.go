package cli

import (
	"bytes"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator/exchange"
)

// J7 over Exchange: the password is changed on the server, the new one is tested, takes the
// place of the old one, and the old one is removed. A wrong one is sent once and changes
// nothing.
func TestRotatePassword(t *testing.T) {
	e := newEmptyExchange(t)
	a := e.process()
	desk := &setupDesk{app: a}
	s, secret := e.enteredExchange(desk)
	if _, err := desk.TestSetup(t.Context(), s, secret, func(providers.Rung) {}); err != nil {
		t.Fatal(err)
	}
	connected, err := desk.ConnectSetup(t.Context(), s, secret)
	if err != nil {
		t.Fatal(err)
	}
	rotate := func(password string) (string, error) {
		a := e.process()
		var errs bytes.Buffer
		a.deps.Stdin, a.deps.Stderr = strings.NewReader(password+"\n"), &errs
		a.prepareOutput()
		err := a.rotate(t.Context(), connected.Name, &connectFlags{passwordStdin: true})
		return errs.String(), err
	}
	kept := func() (keystore.Connection, string) {
		t.Helper()
		config, err := e.process().loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		c, _ := config.Find(connected.Name)
		secret, err := e.memory.Get(t.Context(), c.SecretKey())
		if err != nil {
			t.Fatal(err)
		}
		return c, secret.Reveal()
	}
	before, _ := kept()

	// Two wrong ones would lock the account.
	e.setExchange(func(x *exchange.Settings) { x.Service.Password, x.Service.LockAfter = "Spring-2027", 2 })
	if _, err := rotate("Sprung-2027"); err == nil || explain(err).code != exitSignIn || !strings.Contains(explain(err).message, "nothing was changed") {
		t.Errorf("a wrong password: %v", err)
	}
	if now, password := kept(); password != e.at.ExchangePassword || now.Slot != before.Slot || now.Spare != "" {
		t.Errorf("a wrong password changed the connection: %+v", now)
	}
	said, err := rotate("Spring-2027")
	if err != nil || !strings.Contains(said, "the new password works") {
		t.Fatalf("%v\n%s", err, said)
	}
	after, password := kept()
	if password != "Spring-2027" || after.Spare != "" || after.Slot == before.Slot {
		t.Errorf("afterwards: %+v", after)
	}
	if _, err := e.memory.Get(t.Context(), before.SecretKey()); err == nil {
		t.Error("the old password is still kept")
	}
	for _, text := range []string{"Spring-2027", "Sprung-2027", e.at.ExchangePassword} {
		if strings.Contains(e.files(), text) || strings.Contains(said, text) {
			t.Errorf("%s is in a file, or was said", text)
		}
	}
	// The way of giving it is that of the connection.
	if err := a.rotate(t.Context(), connected.Name, &connectFlags{secretStdin: true}); err == nil || explain(err).code != exitUsage {
		t.Errorf("a client secret for an account: %v", err)
	}
}

// L15, C21: rights from all sides, a scope proved from both sides, and the commands.
func TestPermissionsOverExchange(t *testing.T) {
	e := newEmptyExchange(t)
	a := e.process()
	desk := &setupDesk{app: a}
	s, secret := e.enteredExchange(desk)
	if _, err := desk.TestSetup(t.Context(), s, secret, func(providers.Rung) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.ConnectSetup(t.Context(), s, secret); err != nil {
		t.Fatal(err)
	}
	rooms := e.tenant.Rooms()
	run := func(inside, outside []string) (string, int) {
		t.Helper()
		a := e.process()
		var out, errs bytes.Buffer
		a.deps.Stdout, a.deps.Stderr = &out, &errs
		a.prepareOutput()
		err := a.permissions(t.Context(), &permissionsFlags{features: []string{"rooms", "booking"}, inside: inside, outside: outside})
		code := 0
		if err != nil {
			code = explain(err).code
		}
		return out.String() + errs.String(), code
	}
	if text, code := run(nil, nil); code != exitDone || !strings.Contains(text, "ApplicationImpersonation") || !strings.Contains(text, "Access: full") {
		t.Errorf("%d\n%s", code, text)
	}
	// The scope does not hold yet.
	if text, code := run([]string{rooms[0].Mailbox}, []string{rooms[1].Mailbox}); code != exitPartly || !strings.Contains(text, "does not hold") || !strings.Contains(text, "New-ManagementScope") || !strings.Contains(text, "Exchange Management Shell") {
		t.Errorf("%d\n%s", code, text)
	}
	e.setExchange(func(x *exchange.Settings) {
		x.Scope = []string{rooms[0].Mailbox, e.at.Organizer, e.at.TestMailbox}
		x.Permissions = map[string]string{rooms[1].Mailbox: "FreeBusyTimeOnly"}
	})
	text, code := run([]string{rooms[0].Mailbox}, []string{rooms[1].Mailbox})
	if code != exitDone || !strings.Contains(text, "management scope") || !strings.Contains(text, rooms[1].Mailbox+": free-busy") {
		t.Errorf("%d\n%s", code, text)
	}
	e.setExchange(func(x *exchange.Settings) { x.Impersonation = false })
	if text, code := run(nil, nil); code != exitSignIn || !strings.Contains(text, "missing") || !strings.Contains(text, "New-ManagementRoleAssignment") {
		t.Errorf("%d\n%s", code, text)
	}
}
