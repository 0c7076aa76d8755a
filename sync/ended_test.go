package sync_test

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// F-130: a tenant that turns Exchange Web Services off stops all reading at once, is
// looked at a few times an hour and not once for each room, keeps what was read, and
// goes on as soon as it is open again.
func TestATenantThatTurnsTheServiceOffIsProbedSeldom(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const rooms = 60
		tn := newTenant(rooms, 2)
		f := newFixture(t, tn)
		defer f.stop()
		f.run()
		f.synced()
		off := true
		tn.now(func() {
			tn.fail = func(call) error {
				if off {
					return &providers.Error{Class: providers.Unsupported, Cause: providers.CauseEWSOff, Status: 403}
				}
				return nil
			}
		})
		f.until("the stop", 15*time.Minute, func() bool { return f.engine.Progress().Problem != nil })
		time.Sleep(time.Minute)
		tn.forget()
		time.Sleep(3 * time.Hour)
		if n := tn.total(); n > 12 || n < 3 {
			t.Errorf("%d calls in three hours to a service that is turned off", n)
		}
		p := f.engine.Progress()
		if p.Problem == nil || p.Problem.Cause != providers.CauseEWSOff || p.Failing != 0 || p.NoAccess != 0 {
			t.Errorf("%+v %+v", p, p.Problem)
		}
		if different := f.differences(); different != "" {
			t.Errorf("what was read is not kept: %s", different)
		}
		tn.now(func() { off = false })
		f.engine.Retry()
		f.until("recovery", time.Minute, func() bool { p := f.engine.Progress(); return p.Problem == nil && p.Fresh == rooms })
	})
}
