package simulator

import (
	"slices"
	"testing"
)

// others are the accounts of a kind.
func (t *Tenant) others(kind string) []AccountInfo {
	return slices.DeleteFunc(t.Others(), func(a AccountInfo) bool { return a.Kind != kind })
}

// Every company has accounts of people who left and who have not come yet, of
// reception desks and of partners. Series of those who left live on in the rooms.
func TestOtherAccounts(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 97, Rooms: 24, People: 16, Leavers: 4, Unlicensed: 2, SharedMailboxes: 2, Guests: 2})
	account := func(a AccountInfo) object {
		t.Helper()
		return c.get("/users/" + a.Address + "?$select=accountEnabled,userType,assignedLicenses,mail")
	}
	leavers := tenant.others(KindLeaver)
	if len(leavers) != 4 {
		t.Fatalf("%d leavers", len(leavers))
	}
	living, deleted := 0, 0
	for _, a := range leavers {
		if a.Enabled && !a.Gone {
			t.Errorf("%s can still sign in", a.Address)
		}
		if a.Gone {
			deleted++
			c.send(404, request{method: "GET", path: "/users/" + a.Address})
		} else if account(a)["accountEnabled"] != false {
			t.Errorf("%s is enabled in the directory", a.Address)
		}
		for _, room := range tenant.Rooms() {
			truth, _ := tenant.Truth(room.Mailbox, tenant.options.Now(), tenant.options.Now().AddDate(0, 3, 0))
			for _, e := range truth.Events {
				if e.Organizer == a.Address {
					living++
				}
			}
		}
	}
	if living < 20 || deleted != 2 {
		t.Errorf("%d dates of those who left are in the rooms, %d of them are deleted", living, deleted)
	}
	for _, a := range tenant.others(KindUnlicensed) {
		if u := account(a); u["accountEnabled"] != true || len(u["assignedLicenses"].([]any)) != 0 {
			t.Errorf("without a licence: %v", u)
		}
		if r := c.send(404, request{method: "GET", path: "/users/" + a.Address + "/calendar"}); r.errorCode() != "MailboxNotEnabledForRESTAPI" {
			t.Errorf("a mailbox without a licence answers %s", r.errorCode())
		}
	}
	desks := tenant.others(KindShared)
	for _, a := range desks {
		if u := account(a); u["accountEnabled"] != false {
			t.Errorf("a shared mailbox: %v", u)
		}
		if got := c.get("/users/" + a.Address + "/mailboxSettings")["userPurpose"]; got != "shared" {
			t.Errorf("a shared mailbox serves as %v", got)
		}
		if list, _ := c.all("/users/" + a.Address + "/events"); len(list) == 0 {
			t.Errorf("%s holds no meetings", a.Address)
		}
	}
	guests := tenant.others(KindGuest)
	if len(desks) != 2 || len(guests) != 2 || len(tenant.others(KindUnlicensed)) != 2 {
		t.Errorf("the others are %v", tenant.Others())
	}
	bare, _ := checked(t, Options{Seed: 97, Leavers: -1, Unlicensed: -1, SharedMailboxes: -1, Guests: -1})
	if list := bare.Others(); len(list) != 0 {
		t.Errorf("others where none were asked for: %v", list)
	}
	usual, _ := checked(t, Options{Seed: 97})
	if list := usual.Others(); len(list) != 4 {
		t.Errorf("usually: %v", list)
	}
}
