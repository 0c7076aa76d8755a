package providers

import (
	"testing"
	"time"
)

func TestPaceInWords(t *testing.T) { // S4, SAY
	now := at(12, 0)
	for _, c := range []struct {
		p    SyncProgress
		want string
	}{
		{SyncProgress{}, "measuring"},
		{SyncProgress{Rate: 31.4, Left: 104 * time.Second}, "31/s, about 2 min left"},
		{SyncProgress{Rate: 0.44, Left: 17 * time.Second}, "0.4/s, about 20 s left"},
		{SyncProgress{Rate: 31.4}, "31/s"}, // the total is not known
		{SyncProgress{Rate: 31.4, Left: time.Minute, ThrottledTo: at(12, 1)}, "waiting until 12:01:00, as the service asks"},
		{SyncProgress{Rate: 31.4, ThrottledTo: at(11, 59)}, "31/s"},
		{SyncProgress{Rate: 31.4, Stalled: at(11, 59)}, "nothing came for 60 s: waiting for the service"},
		{SyncProgress{Rate: 3, Problem: &Problem{Class: SignedOut, NextTry: at(12, 5)}}, "stopped: sign-in failed, tried again in 5 min"},
	} {
		if got := c.p.Pace(now, time.UTC); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for left, want := range map[time.Duration]string{
		-time.Second: "a moment left", 0: "a moment left", 5 * time.Second: "a moment left", 6 * time.Second: "about 10 s left", 55 * time.Second: "about 55 s left",
		56 * time.Second: "about 1 min left", 100 * time.Second: "about 2 min left", 89 * time.Minute: "about 89 min left", 3 * time.Hour: "about 3 h left",
	} {
		if got := LeftWords(left); got != want {
			t.Errorf("%v: %q, want %q", left, got, want)
		}
	}
	for _, value := range constants(t, "status.go", "SyncPhase") {
		if words := SyncPhase(value).Words(); words == "" {
			t.Errorf("phase %q has no words", value)
		}
	}
}

// What, since when, what happens next and when, what to do, and the request's id.
func TestAMailboxInOneSentence(t *testing.T) { // J6, SAY
	now := at(12, 0)
	refused := &Problem{Class: NotAllowed, Status: 403, Code: "ErrorAccessDenied", Since: at(11, 48), NextTry: at(12, 58), RequestID: "7d1c"}
	for _, c := range []struct {
		s    MailboxStatus
		want string
	}{
		{MailboxStatus{State: MailboxNoAccess, Problem: refused},
			"access is refused (403 ErrorAccessDenied), for 12 min; tried again in 58 min. Grant the permission, or add the mailbox to the allowed scope [request 7d1c]"},
		{MailboxStatus{State: MailboxPartly, Unconfirmed: 12, Rows: 40, Next: at(12, 1)},
			"12 of its 40 entries were missing from the last answer: kept and marked unconfirmed until a second reading says the same; read again in 60 s"},
		{MailboxStatus{State: MailboxLate, LastGood: at(11, 35), Next: at(11, 45)}, "not read for 25 min; read again now"},
		{MailboxStatus{State: MailboxWaiting}, "not read yet; it is in the queue"},
		{MailboxStatus{State: MailboxFresh, LastGood: now}, ""},
	} {
		if got := c.s.Sentence(now); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if (*Problem)(nil).Explain(now) != "" {
		t.Error("no problem needs no words")
	}
}
