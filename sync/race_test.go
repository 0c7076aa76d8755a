//go:build race

package sync_test

// raceDetector: everything takes many times as long, SQLite above all.
const raceDetector = true
