package graph

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// minPause is the shortest pause after an answer that asked to wait.
	minPause = time.Second
	// maxPause bounds what a Retry-After may ask for: longer pauses are taken as
	// an hour, after which one request asks again.
	maxPause = time.Hour
)

// retryAfter reads the Retry-After header: seconds, with decimals in some
// answers, or an HTTP date, which counts from the answer's own Date so that this
// machine's clock does not matter. Of several headers the longest pause counts.
// It reports false where nothing usable was said.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	var longest time.Duration
	said := false
	for _, raw := range header.Values("Retry-After") {
		for part := range strings.SplitSeq(raw, ";") {
			if pause, ok := pauseOf(strings.TrimSpace(part), header, now); ok {
				longest, said = max(longest, pause), true
			}
		}
	}
	return longest, said
}

func pauseOf(raw string, header http.Header, now time.Time) (time.Duration, bool) {
	if raw == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(raw, 64); err == nil || math.IsInf(seconds, 0) {
		if math.IsNaN(seconds) {
			return 0, false
		}
		if seconds >= maxPause.Seconds() {
			return maxPause, true
		}
		return max(minPause, time.Duration(seconds*float64(time.Second))), true
	}
	at, err := http.ParseTime(raw)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(maxPause, max(minPause, at.Sub(now))), true
}

// backoff is the pause before try number attempt+1 where the service did not say
// one: exponential with full jitter above a floor. jitter gives a number in
// [0, 1).
func backoff(attempt int, floor, ceiling time.Duration, jitter func() float64) time.Duration {
	span := ceiling
	if shift := attempt - 1; shift < 16 {
		span = min(ceiling, floor<<shift)
	}
	return floor + time.Duration(jitter()*float64(span))
}
