//go:build race

package tui

// raceDetector: drawing takes ten times as long.
const raceDetector = true
