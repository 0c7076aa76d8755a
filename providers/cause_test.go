package providers

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// F-130, PRODUCT mistake 20: a tenant that has turned Exchange Web Services off is told
// as that, and never as a wrong password.
func TestCausesHaveTheirOwnSentence(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	said := map[string]Cause{}
	for cause := range causeRows {
		err := fmt.Errorf("around: %w", &Error{Class: SignedOut, Cause: cause, Status: 403})
		p := ProblemOf(err, now)
		if CauseOf(err) != cause || p.Cause != cause || !strings.Contains(err.Error(), cause.Words()) || !strings.HasPrefix(p.Sentence(now), cause.Words()) {
			t.Errorf("%s: %v; %s", cause, err, p.Sentence(now))
		}
		if other, twice := said[cause.Words()]; twice || cause.Words() == "" {
			t.Errorf("%s and %s have the same words", cause, other)
		}
		said[cause.Words()] = cause
		if cause.EndsEWS() && (strings.Contains(p.Sentence(now), "password") || !strings.Contains(p.Sentence(now), "roomdesk connect graph") || p.Again() != AgainHourly || !ConcernsAll(err)) {
			t.Errorf("%s: %s; again %s", cause, p.Sentence(now), p.Again())
		}
	}
	if CauseOf(errors.New("x")) != "" || CauseOf(nil) != "" || ConcernsAll(nil) {
		t.Error("an error that nobody classified has a cause")
	}
	if missing := (&Error{Class: NotAllowed, Cause: CauseImpersonationMissing}); ConcernsAll(missing) {
		t.Error("one mailbox for which the account may not act stops all")
	}
	if p := ProblemOf(&Error{Class: SignedOut}, now); p.Again() != AgainSoon || !strings.HasPrefix(p.What(), SignedOut.Words()) {
		t.Errorf("without a cause the class speaks: %+v", p)
	}
}

// P18: the days until the end are counted down to none.
func TestDaysUntilTheEnd(t *testing.T) {
	for day, want := range map[string]int{"2026-11-21": 131, "2027-03-31": 1, "2027-04-01": 0, "2028-01-01": 0} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil || EWSDaysLeft(at) != want {
			t.Errorf("%s: %d days are left, want %d", day, EWSDaysLeft(at), want)
		}
	}
}
