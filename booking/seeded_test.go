package booking_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lists are the packages whose seeded bugs stand in docs/booking.md.
func lists() []string {
	return []string{".", "finder", "relocate", "rules", "series", "wish", "../providers/when", "../providers/ical"}
}

// testsOf are the tests that a package has.
func testsOf(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	test := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	exist := map[string]bool{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range test.FindAllStringSubmatch(string(text), -1) {
				exist[found[1]] = true
			}
		}
	}
	return exist
}

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/booking.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The published lists of seeded bugs are those that are tried, and each names
// tests of its own package.
func TestSeededBugsAreListed(t *testing.T) {
	text := page(t)
	_, table, ok := strings.Cut(text, "## Seeded bugs")
	if !ok {
		t.Fatal("docs/booking.md has no seeded bugs")
	}
	bug := regexp.MustCompile(`(?m)^-- ([a-z0-9-]+): (.+) --$\s^file: (\S+)$\s^run: (\S+)$`)
	listed := 0
	for _, dir := range lists() {
		raw, err := os.ReadFile(filepath.Join(dir, "testdata", "mutations.txt"))
		if err != nil {
			t.Fatal(err)
		}
		found := bug.FindAllStringSubmatch(string(raw), -1)
		if n := strings.Count(string(raw), "\nfile: "); len(found) != n || n == 0 {
			t.Errorf("%s: %d of %d bugs can be read", dir, len(found), n)
		}
		exist := testsOf(t, dir)
		for _, b := range found {
			if line := "| " + b[1] + " | " + b[2] + " | `" + strings.ReplaceAll(b[4], "|", "`, `") + "` |\n"; !strings.Contains(table, line) {
				t.Errorf("docs/booking.md lacks %s", line)
			}
			listed++
			for name := range strings.SplitSeq(b[4], "|") {
				if name, _, _ = strings.Cut(name, "/"); !exist[name] {
					t.Errorf("%s: there is no %s", b[1], name)
				}
			}
		}
	}
	if rows := strings.Count(table, "\n| ") - len(lists()); rows != listed {
		t.Errorf("docs/booking.md lists %d bugs of %d", rows, listed)
	}
}

// Each fault that booking must survive has a row with tests that exist. What is
// not among the faults' numbers from 41 to 61 is no fault.
func TestEveryFaultOfBookingHasARow(t *testing.T) {
	exist := testsOf(t, append(lists(), "rules", "wish", "relocate", "../providers", "../tui", "../sync/store")...)
	named := regexp.MustCompile("`(Test\\w+)`")
	rows := map[string]int{}
	_, faults, _ := strings.Cut(page(t), "## Faults")
	faults, _, _ = strings.Cut(faults, "\n## ")
	for line := range strings.Lines(faults) {
		if !strings.HasPrefix(line, "| F-") {
			continue
		}
		numbers, rest, _ := strings.Cut(line[2:], "|")
		if !named.MatchString(rest) {
			t.Errorf("no test in %s", line)
		}
		for number := range strings.SplitSeq(strings.TrimSpace(numbers), ", ") {
			rows[number]++
		}
	}
	for n := 41; n <= 61; n++ {
		number, want := fmt.Sprintf("F-%03d", n), 1
		if slices.Contains([]int{44, 45, 48, 49, 52, 57, 60}, n) { // no faults have these numbers
			want = 0
		}
		if rows[number] != want {
			t.Errorf("%s has %d rows", number, rows[number])
		}
	}
	for _, name := range named.FindAllStringSubmatch(page(t), -1) {
		if !exist[name[1]] {
			t.Errorf("docs/booking.md names %s, which does not exist", name[1])
		}
	}
}
