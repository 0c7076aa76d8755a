package sync_test

import (
	"fmt"
	"testing"
	"time"

	"roomdesk/providers"
)

func (tn *tenant) rounds(mailbox providers.Address) (n int) {
	for _, c := range tn.seen("changes") {
		if c.mailbox == mailbox {
			n++
		}
	}
	return n
}

func TestHintsAreOnlyHints(t *testing.T) { // G4, QUOTA, P12
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 300
		tn := newTenant(rooms, 0)
		f := newFixture(t, tn)
		defer f.stop()
		if f.engine.Hint(roomName(1)) != 0 {
			t.Error("an engine that does not run follows a hint")
		}
		f.run()
		f.synced()
		time.Sleep(11 * time.Minute)
		room := roomName(1)

		// A hint: the change is seen within seconds.
		tn.put(room, meeting(room, 1, time.Now().Add(48*time.Hour)))
		if n := f.engine.Hint(room); n != 1 {
			t.Fatalf("%d mailboxes are read sooner", n)
		}
		f.settles(15 * time.Second)
		// A hint that is lost: the change is seen within the bound all the same.
		tn.put(room, meeting(room, 2, time.Now().Add(72*time.Hour)))
		f.settles(10*time.Minute + 30*time.Second)

		// Hints that come twice and more: one reading each ten seconds at most.
		tn.forget()
		for range 600 {
			f.engine.Hint(room, room, room)
			time.Sleep(100 * time.Millisecond)
		}
		if n := tn.rounds(room); n < 3 || n > 8 {
			t.Errorf("a minute of doubled hints made %d readings", n)
		}

		// Forged hints: of nobody known, and of everybody for two minutes.
		tn.forget()
		for n := range 10_000 {
			f.engine.Hint(providers.Address(fmt.Sprintf("nobody%d@contoso.com", n)))
		}
		time.Sleep(time.Second)
		if n := tn.total(); n > 10 {
			t.Errorf("hints of mailboxes that nobody has made %d requests", n)
		}
		all := make([]providers.Address, rooms)
		for n := range all {
			all[n] = roomName(n)
		}
		tn.forget()
		for range 120 {
			f.engine.Hint(all...)
			time.Sleep(time.Second)
		}
		if n := len(tn.seen("changes")); n > 120*10+200+rooms {
			t.Errorf("two minutes of forged hints made %d readings", n)
		}
	})
}

func TestHintsDoNotWakeWhatFails(t *testing.T) { // F-035, QUOTA
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(5, 0)
		denied := roomName(2)
		tn.fail = func(c call) error {
			if c.mailbox == denied && c.method == "changes" {
				return &providers.Error{Class: providers.NotAllowed, Status: 403, Code: "ErrorAccessDenied"}
			}
			return nil
		}
		fail := tn.fail
		tn.fail = nil
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		tn.now(func() { tn.fail = fail })
		time.Sleep(11 * time.Minute)
		tn.forget()
		for range 30 * 60 {
			f.engine.Hint(denied)
			time.Sleep(time.Second)
		}
		if n := tn.rounds(denied); n > 0 {
			t.Errorf("hints had a mailbox that refuses read %d times in half an hour", n)
		}
	})
}
