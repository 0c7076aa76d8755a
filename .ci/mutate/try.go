package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// result is what became of a bug.
type result struct {
	verdict string // caught, survived, broken
	note    string
	took    time.Duration
}

// try runs the tests over a bug: those that should see it, then all.
func try(ctx context.Context, m mutation, limit time.Duration) result {
	begun := time.Now()
	done := func(verdict, note string) result { return result{verdict, note, time.Since(begun)} }
	path, err := filepath.Abs(filepath.Join(m.dir, m.file))
	if err != nil {
		return done("broken", err.Error())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return done("broken", err.Error())
	}
	mutated, err := m.apply(string(raw))
	if err != nil {
		return done("broken", err.Error())
	}
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return done("broken", err.Error())
	}
	defer os.RemoveAll(scratch)
	overlay := filepath.Join(scratch, "overlay.json")
	changed := filepath.Join(scratch, filepath.Base(m.file))
	index, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err == nil {
		err = errors.Join(os.WriteFile(changed, []byte(mutated), 0o600), os.WriteFile(overlay, index, 0o600))
	}
	if err != nil {
		return done("broken", err.Error())
	}
	for _, pattern := range []string{m.run, "."} {
		out, err := goTest(ctx, limit, m.packages, "-overlay", overlay, "-run", pattern)
		switch {
		case ctx.Err() != nil:
			return done("broken", "interrupted")
		case err == nil:
			continue
		case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
			return done("broken", "does not build: "+firstLine(out))
		}
		by := failures(out)
		if by == "time-out" {
			return done("hangs", "no test says what is wrong; the time ran out")
		}
		if pattern == "." {
			by += " (not by " + m.run + ")"
		}
		return done("caught", by)
	}
	return done("survived", m.what)
}

// passes makes sure that the tests pass without any bug: else every bug would seem
// to be caught.
func passes(ctx context.Context, dir string, limit time.Duration) error {
	if out, err := goTest(ctx, limit, []string{dir}, "-run", "."); err != nil {
		return fmt.Errorf("the tests of %s fail without any bug:\n%s", dir, out)
	}
	return nil
}

// goTest runs the tests of packages, stopping at the first failure.
func goTest(ctx context.Context, limit time.Duration, packages []string, flags ...string) (string, error) {
	args := append([]string{"test", "-vet=off", "-short", "-failfast", "-timeout", limit.String()}, flags...)
	args = append(args, packages...)
	if len(packages) == 1 && usesRapid(packages[0]) {
		args = append(args, "-args", "-rapid.nofailfile") // what fails here is no find
	}
	command := exec.CommandContext(ctx, "go", args...)
	out, err := command.CombinedOutput()
	return string(out), err
}

// usesRapid reports whether a package's tests have rapid's flags.
func usesRapid(dir string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return false
	}
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil && strings.Contains(string(raw), `"pgregory.net/rapid"`) {
			return true
		}
	}
	return false
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// failures names what failed.
func failures(out string) string {
	if m := failed.FindAllStringSubmatch(out, -1); len(m) > 0 {
		return m[len(m)-1][1]
	}
	if strings.Contains(out, "panic: test timed out") {
		return "time-out"
	}
	return firstLine(out)
}

func firstLine(out string) string {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return "no output"
}
