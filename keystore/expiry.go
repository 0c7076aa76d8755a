package keystore

import (
	"fmt"
	"time"
)

// warnDays are the days before a credential's end from which on a person is told
// louder.
var warnDays = [...]int{60, 30, 14, 7, 1}

// Expiry is how long a credential still holds.
type Expiry struct {
	// Days are the whole days left; negative once it has ended.
	Days int
	// Stage is the warning that is due: 60, 30, 14, 7 or 1 for so many days or
	// fewer, 0 once the credential has ended, -1 while there is time or where the end
	// is not known.
	Stage int
	// Sentence says it to a person: "ends in 6 days: renew it with roomdesk rotate NAME".
	Sentence string
	// Words are the same in short, "" while no warning is due: "ends in 6 days".
	Words string
}

// Expiry counts down to the end of the connection's credential.
func (c Connection) Expiry(now time.Time) Expiry {
	if c.AccountID != "" {
		return Expiry{Stage: -1, Sentence: "a person's sign-in has no fixed end"}
	}
	what := "the client secret"
	if c.Certificate != "" {
		what = "the certificate"
	}
	return countDown(what, c.Name, c.Expires(), now)
}

func countDown(what, name string, ends, now time.Time) Expiry {
	if ends.IsZero() {
		return Expiry{Stage: -1, Sentence: what + " has an end that is not known: give it with roomdesk rotate " + name + " --secret-expires DAY"}
	}
	left := ends.Sub(now)
	if left <= 0 {
		return Expiry{Days: -int(-left / (24 * time.Hour)), Stage: 0, Words: "has ended",
			Sentence: fmt.Sprintf("%s ended on %s: renew it with roomdesk rotate %s", what, ends.Add(-time.Second).UTC().Format(time.DateOnly), name)}
	}
	e := Expiry{Days: int(left / (24 * time.Hour)), Stage: -1}
	for _, days := range warnDays {
		if left <= time.Duration(days)*24*time.Hour {
			e.Stage = days
		}
	}
	e.Sentence = fmt.Sprintf("%s ends %s", what, InDays(e.Days))
	if e.Stage >= 0 {
		e.Sentence += ": renew it with roomdesk rotate " + name
		e.Words = "ends " + InDays(e.Days)
	}
	return e
}

// InDays is a number of days from now in words: "today", "in 1 day", "in 6 days".
func InDays(days int) string {
	switch days {
	case 0:
		return "today"
	case 1:
		return "in 1 day"
	}
	return fmt.Sprintf("in %d days", days)
}
