// Package doctor finds out what is wrong with a connection: a ladder of probes
// from the most basic upwards, each with what was seen, and for the first that
// fails one sentence that says what, where, and which value to change.
//
// It concludes from evidence of its own: the form of values, what a token says,
// which request fails while which succeeds, and how a request that must fail is
// answered today. Codes and texts of the service are shown and decide nothing.
// What it does not know it shows as it came and does not guess at.
package doctor
