package cli_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// written is when the scripts' dates lay ahead as they should.
var written = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

var (
	dateAhead   = regexp.MustCompile(`2026-1[12]-\d\d|2027-0[12]-\d\d`)
	winterTimes = regexp.MustCompile(`\\\+01:00`)
	winterWest  = regexp.MustCompile(`-05:00`)
)

// scripts gives a copy of the scripts in which dates lie as far ahead of now as they
// did when they were written, on the same weekdays; clocks may have changed since.
func scripts(t *testing.T, now time.Time) string {
	t.Helper()
	weeks := int(now.Sub(written)/(7*24*time.Hour)) + 1
	if now.Before(written) {
		weeks = 0
	}
	dir := t.TempDir()
	files, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("scripts: %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = dateAhead.ReplaceAllFunc(text, func(date []byte) []byte {
			day, err := time.Parse(time.DateOnly, string(date))
			if err != nil {
				return date
			}
			return []byte(day.AddDate(0, 0, 7*weeks).Format(time.DateOnly))
		})
		text = winterTimes.ReplaceAll(text, []byte(`\+0[12]:00`))
		text = winterWest.ReplaceAll(text, []byte(`-0[45]:00`))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
