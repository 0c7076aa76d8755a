package sync_test

import (
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

func TestVerifyFindsEveryDifference(t *testing.T) { // CONV, J6
	t.Parallel()
	bubble(t, func(t *testing.T) {
		tn := newTenant(6, 20)
		tn.pageSize = 7
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		f.halt()
		o := sync.VerifyOptions{Store: f.store, Source: tn}
		if v, err := sync.Verify(t.Context(), o); err != nil || v.Mailboxes != 6 || v.Events != 120 || len(v.Differences)+len(v.Failed) > 0 {
			t.Fatalf("%+v, %v", v, err)
		}
		tn.remove(roomName(0), "id-room00000-3", true)
		tn.put(roomName(1), meeting(roomName(1), 90, time.Now().Add(time.Hour)))
		changed := meeting(roomName(2), 5, time.Now().Add(2*time.Hour))
		tn.put(roomName(2), changed)
		renamed := meeting(roomName(3), 10, time.Now().Truncate(time.Hour))
		renamed.Subject = providers.Outside("other")
		tn.put(roomName(3), renamed)
		tn.fail = only(roomName(5), fault(providers.NotAllowed))
		v, err := sync.Verify(t.Context(), o)
		if err != nil || v.Mailboxes != 5 || len(v.Failed) != 1 || v.Failed[0].Mailbox != roomName(5) || len(v.Differences) != 4 {
			t.Fatalf("%+v, %v", v, err)
		}
		for i, want := range []struct{ what, field string }{{sync.Extra, ""}, {sync.Missing, ""}, {sync.Differs, "start"}, {sync.Differs, "subject"}} {
			d := v.Differences[i]
			if d.Mailbox != roomName(i) || d.What != want.what || d.Field != want.field || d.Reason == "" || d.ID == "" {
				t.Errorf("%+v", d)
			}
		}
		o.Mailboxes = []providers.Address{roomName(4)}
		if v, err := sync.Verify(t.Context(), o); err != nil || v.Mailboxes != 1 || len(v.Differences) != 0 {
			t.Errorf("%+v, %v", v, err)
		}
		o.Mailboxes = []providers.Address{"nobody@contoso.com"} // nothing to compare is no agreement
		if v, err := sync.Verify(t.Context(), o); err != nil || v.Mailboxes != 0 || len(v.Failed) != 1 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}
