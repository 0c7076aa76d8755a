package providertest

import (
	"fmt"
	"strings"
)

// Deviation is a known difference between what some client sends, or must be
// answered, and the contract.
type Deviation struct {
	// Text is a part of the violation's first line.
	Text string
	// Reason says why this is no mistake of ours.
	Reason string
}

// Allow takes deviations out of the report. One that does not happen is reported
// itself: it would hide the next mistake. Call it before the first exchange.
func (c *Checker) Allow(deviations ...Deviation) {
	if c != nil {
		c.allowed = append(c.allowed, deviations...)
	}
}

// isAllowed reports whether a violation is a known deviation, and notes which.
func (c *Checker) isAllowed(text string, happened map[int]bool) bool {
	found := false
	for i, d := range c.allowed {
		if d.Text != "" && d.Reason != "" && strings.Contains(text, d.Text) {
			happened[i], found = true, true
		}
	}
	return found
}

// unneeded lists the deviations that did not happen.
func (c *Checker) unneeded(happened map[int]bool) []string {
	var out []string
	for i, d := range c.allowed {
		if !happened[i] {
			out = append(out, fmt.Sprintf("contract: the allowed deviation %q did not happen: take it out (it was: %s)", d.Text, d.Reason))
		}
	}
	return out
}
