package sync_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The published list of seeded bugs is the one that is tried, and each names
// tests that exist.
func TestSeededBugsAreListed(t *testing.T) {
	page, err := os.ReadFile("../docs/sync.md")
	if err != nil {
		t.Fatal(err)
	}
	bug := regexp.MustCompile(`(?m)^-- ([a-z0-9-]+): (.+) --$\s^file: (\S+)$\s^run: (\S+)$`)
	test := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	exist := map[string]bool{}
	lists := []string{".", "store", "queue", "../providers/graph"}
	for _, dir := range lists {
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
	listed := 0
	for _, dir := range lists {
		text, err := os.ReadFile(filepath.Join(dir, "testdata", "mutations.txt"))
		if err != nil {
			t.Fatal(err)
		}
		found := bug.FindAllStringSubmatch(string(text), -1)
		if n := strings.Count(string(text), "\nfile: "); len(found) != n || n == 0 {
			t.Errorf("%s: %d of %d bugs can be read", dir, len(found), n)
		}
		for _, b := range found {
			line := "| " + b[1] + " | " + b[2] + " | `" + strings.ReplaceAll(b[4], "|", "`, `") + "` |\n"
			if !strings.Contains(string(page), line) {
				t.Errorf("docs/sync.md lacks %s", line)
			}
			listed++
			for name := range strings.SplitSeq(b[4], "|") {
				name, _, _ = strings.Cut(name, "/")
				if !exist[name] {
					t.Errorf("%s: there is no %s", b[1], name)
				}
			}
		}
	}
	if rows := strings.Count(string(page[strings.Index(string(page), "## Seeded bugs"):]), "\n| ") - len(lists); rows != listed {
		t.Errorf("docs/sync.md lists %d bugs of %d", rows, listed)
	}
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(page), -1) {
		if !exist[name[1]] {
			t.Errorf("docs/sync.md names %s, which does not exist", name[1])
		}
	}
}
