package ews

import (
	"strings"
	"time"
)

// A date of a series is named by its master and the time at which the pattern has it:
// Exchange's own ids of dates are believed to change with the master, and an event must
// keep its id in the mirror. "!" is in no id of Exchange, which are base64.
const (
	dateMark   = "!"
	dateLayout = "20060102T150405Z"
)

func dateID(master string, original time.Time) string {
	return master + dateMark + original.UTC().Format(dateLayout)
}

// splitID tells the master's id and the original start of a date; false for ids that
// Exchange gave.
func splitID(id string) (master string, original time.Time, ok bool) {
	master, text, found := strings.Cut(id, dateMark)
	if !found || master == "" {
		return "", time.Time{}, false
	}
	original, err := time.Parse(dateLayout, text)
	return master, original, err == nil
}
