package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// mutation is a seeded bug.
type mutation struct {
	name, what string
	dir, file  string // the package's directory, and the file in it
	run        string // regular expression of the tests that should see it
	packages   []string
	old, new   string
}

var header = regexp.MustCompile(`(?m)^-- ([a-z0-9-]+): (.+) --$`)

// readMutations reads a package's list.
func readMutations(dir string) ([]mutation, error) {
	path := filepath.Join(dir, "testdata", "mutations.txt")
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text := string(raw)
	heads := header.FindAllStringSubmatchIndex(text, -1)
	if len(heads) == 0 {
		return nil, fmt.Errorf("%s has no mutations", path)
	}
	seen := map[string]bool{}
	var list []mutation
	for i, head := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		m := mutation{name: text[head[2]:head[3]], what: text[head[4]:head[5]], dir: dir}
		if err := m.read(text[head[1]:end]); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, m.name, err)
		}
		if seen[m.name] {
			return nil, fmt.Errorf("%s: %s stands there twice", path, m.name)
		}
		seen[m.name] = true
		list = append(list, m)
	}
	return list, nil
}

// read takes a block apart.
func (m *mutation) read(block string) error {
	fields, rest, ok := strings.Cut(strings.TrimLeft(block, "\n"), "old:\n")
	if !ok {
		return fmt.Errorf("there is no old text")
	}
	for line := range strings.Lines(fields) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "file":
			m.file = value
		case "run":
			m.run = value
		case "packages":
			m.packages = strings.Fields(value)
		case "":
		default:
			return fmt.Errorf("unknown line %q", strings.TrimSpace(line))
		}
	}
	if m.old, m.new, ok = strings.Cut(rest, "new:\n"); !ok {
		return fmt.Errorf("there is no new text")
	}
	m.old, m.new = strings.Trim(m.old, "\n"), strings.Trim(m.new, "\n")
	if m.file == "" || m.run == "" || m.old == "" {
		return fmt.Errorf("file, run and old are needed")
	}
	if len(m.packages) == 0 {
		m.packages = []string{m.dir}
	}
	return nil
}

// apply gives the file's text with the bug.
func (m mutation) apply(text string) (string, error) {
	switch n := strings.Count(text, m.old); n {
	case 1:
		return strings.Replace(text, m.old, m.new, 1), nil
	case 0:
		return "", fmt.Errorf("the old text is not in %s any more", m.file)
	default:
		return "", fmt.Errorf("the old text stands in %s %d times", m.file, n)
	}
}
