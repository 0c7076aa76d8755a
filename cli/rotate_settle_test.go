package cli

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// J7: a sync with the new credential succeeded where each mailbox was read that can be; not
// where nothing was read because the network is gone.
func TestJ7WhatCountsAsAWholeSync(t *testing.T) {
	since := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	status := func(read bool, class providers.Class) providers.MailboxStatus {
		s := providers.MailboxStatus{LastGood: since.Add(-time.Minute)}
		if read {
			s.LastGood = since.Add(time.Minute)
		}
		if class != "" {
			s.Problem = &providers.Problem{Class: class}
		}
		return s
	}
	type all = []providers.MailboxStatus
	for name, row := range map[string]struct {
		statuses all
		want     settling
		whole    bool
	}{
		"all were read":                     {all{status(true, ""), status(true, "")}, settling{2, 2}, true},
		"one is still to come":              {all{status(true, ""), status(false, "")}, settling{1, 2}, false},
		"one fails for its own reason":      {all{status(true, ""), status(false, providers.Gone)}, settling{1, 1}, true},
		"the network is gone":               {all{status(false, providers.Unreachable), status(false, providers.Unreachable)}, settling{0, 2}, false},
		"the network went in between":       {all{status(true, ""), status(true, providers.Unreachable)}, settling{1, 2}, false},
		"the service asks to wait":          {all{status(true, ""), status(false, providers.Throttled)}, settling{1, 2}, false},
		"the new one is refused":            {all{status(true, ""), status(false, providers.SignedOut)}, settling{1, 2}, false},
		"all fail for reasons of their own": {all{status(false, providers.Gone), status(false, providers.NotAllowed)}, settling{0, 0}, false},
		"there are no mailboxes":            {nil, settling{0, 0}, true},
	} {
		if now, whole := settlingOf(row.statuses, since); now != row.want || whole != row.whole {
			t.Errorf("%s: %+v %v, want %+v %v", name, now, whole, row.want, row.whole)
		}
	}
}
