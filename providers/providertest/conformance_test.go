package providertest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder is a test that may fail without failing the test around it.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	skipped  string
}

func (r *recorder) note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, text)
}

func (r *recorder) Error(args ...any)                 { r.note(fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.note(fmt.Sprintf(format, args...)) }
func (r *recorder) Fatal(args ...any)                 { r.note(fmt.Sprint(args...)); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) {
	r.note(fmt.Sprintf(format, args...))
	runtime.Goexit()
}
func (r *recorder) Skip(args ...any) { r.skipped = fmt.Sprint(args...); runtime.Goexit() }
func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// measure runs the whole suite and gives the failures by case.
func measure(t *testing.T, h Harness, only func(name string) bool) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, c := range cases() {
		if !only(c.name) {
			continue
		}
		r := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.run(r, h.New(r, c.setup))
		}()
		<-done
		if r.skipped != "" {
			r.note("skipped: " + r.skipped)
		}
		if len(r.failures) > 0 {
			out[c.name] = r.failures
		}
	}
	return out
}

func all(string) bool { return true }

func TestSuitePassesACorrectProvider(t *testing.T) {
	for name, failures := range measure(t, fakeHarness(""), all) {
		t.Errorf("%s: %s", name, strings.Join(failures, "; "))
	}
}

// Each mistake is seen by the case that is there for it, and the suite is not so
// strict that it sees mistakes everywhere.
func TestSuiteSeesEachMistake(t *testing.T) {
	for flaw, row := range map[flaw]string{
		"drops a room":               "Rooms are listed completely",
		"first hundred only":         "Rooms beyond the first hundred",
		"always complete":            "cut short",
		"rooms are people":           "People are listed",
		"Teams everywhere":           "(P7)",
		"holidays are writable":      "(P11)",
		"nobody is empty":            "Changes of an unknown address",
		"expired is empty":           "A cursor that the service forgot",
		"repeats everything":         "Changes with nothing new",
		"forgets removals":           "Changes bring what is created",
		"forgets masters":            "Occurrences come with their master",
		"null is an event":           "(F-023)",
		"everything is free":         "Availability agrees",
		"nobody is free":             "Availability of an unknown address",
		"twenty at most":             "Availability of more mailboxes",
		"gone is empty":              "An event that is not there",
		"creates twice":              "The same transaction",
		"an hour off":                "zone (J1)",
		"invents Teams":              "F-056",
		"accepts everything":         "(F-046)",
		"room has no copy":           "(J1, S5)",
		"ignores etags":              "(F-051)",
		"forgets a date":             "(J3)",
		"forgets the interval":       "Every pattern",
		"series by UTC":              "keeps to the clocks",
		"all dates change":           "One date of a series",
		"no dates for no series":     "Dates of a series that is not there",
		"rooms stay where they were": "(S14)",
		"rooms are kept":             "(F-055)",
		"second cancel fails":        "(F-053)",
		"anybody cancels":            "(F-054)",
		"room stays taken":           "(F-053)",
		"portal is empty":            "(F-025)",
		"cancelled is transient":     "A cancelled call",
	} {
		t.Run(string(flaw), func(t *testing.T) {
			t.Parallel()
			seen := measure(t, fakeHarness(flaw), func(name string) bool { return strings.Contains(name, row) })
			if len(seen) == 0 {
				t.Errorf("no case named %q sees it", row)
			}
			t.Log(seen)
		})
	}
}

func TestCaseNamesAreUnique(t *testing.T) {
	var names []string
	for _, c := range cases() {
		names = append(names, c.name)
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) || len(names) < 40 {
		t.Errorf("%d cases: %q", len(names), names)
	}
}
