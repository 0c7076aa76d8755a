package sync

import (
	"errors"
	"time"

	"roomdesk/providers"
)

// Bounds of waiting.
const (
	minDelay    = time.Second
	maxDelay    = 5 * time.Minute
	maxPatience = time.Hour // for what a service asks
	probeDenied = time.Hour
	probeNoBox  = 24 * time.Hour
)

// delay is how long to wait after a failure. Guarded by e.mu, for the random
// numbers.
func (e *Engine) delay(err error, tries int) time.Duration {
	switch providers.ClassOf(err).Again() {
	case providers.AgainHourly:
		return e.spread(probeDenied)
	case providers.AgainDaily:
		return e.spread(probeNoBox)
	}
	d := e.full(minDelay, maxDelay, tries)
	if asked := retryAfter(err); asked > 0 {
		// Never before the announced time, and not all at once behind it.
		d = max(d, asked+time.Duration(e.rand.Float64()*float64(min(asked/10, 5*time.Second))))
	}
	return d
}

// retryAfter is how long the service asked to wait, within reason; 0 where it
// did not.
func retryAfter(err error) time.Duration {
	var pe *providers.Error
	if !errors.As(err, &pe) || pe.RetryAfter <= 0 {
		return 0
	}
	return min(max(pe.RetryAfter, minDelay), maxPatience)
}

// full is exponential growth with full jitter: at random between least and twice
// as much for each try, up to most.
func (e *Engine) full(least, most time.Duration, tries int) time.Duration {
	ceiling := most
	if tries < 20 {
		ceiling = min(most, least<<uint(max(tries, 1)))
	}
	return least + time.Duration(e.rand.Float64()*float64(ceiling-least))
}

// spread is a duration within a tenth.
func (e *Engine) spread(d time.Duration) time.Duration {
	return d + time.Duration((e.rand.Float64()*2-1)*float64(d)/10)
}

// within is a little less than a bound, so that what must happen within it does,
// and not all at the same moment.
func (e *Engine) within(bound time.Duration) time.Duration {
	return bound - time.Duration(e.rand.Float64()*float64(bound)/4)
}
