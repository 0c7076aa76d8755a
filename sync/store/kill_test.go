package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"roomdesk/sync/store"
)

// killEnv makes the test binary the process that tells the story to the store
// that the variable names, and kills itself before the file operation whose
// number stands first, or with "torn" in the middle of it.
const killEnv = "ROOMDESK_TEST_KILL_STORE"

// everyEnv has every number of every enumeration tried, where a part of them is
// otherwise.
const everyEnv = "ROOMDESK_TEST_EVERY"

func every() bool { return os.Getenv(everyEnv) != "" }

func killSelf() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // never returns
	}
	select {}
}

func tellUntilKilled(spec string) error {
	how, rest, _ := strings.Cut(spec, ":")
	number, file, _ := strings.Cut(rest, ":")
	last, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	var passed atomic.Int64
	disk.install()
	disk.meddle(filepath.Dir(file), func(o operation) int32 {
		if o.changes() && passed.Add(1) == last {
			fmt.Println("point", o.kind+o.file())
			if how == "torn" && o.torn != nil {
				o.torn()
			}
			killSelf()
		}
		return sqlite3.SQLITE_OK
	})
	s, err := store.Open(context.Background(), store.Options{Path: file, Tenant: tenant})
	if err != nil {
		return err
	}
	for i, c := range story() {
		fmt.Println("begun", i+1)
		if err := c.run(context.Background(), s); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Println("acknowledged", i+1)
	}
	if err := s.Close(); err != nil {
		return err
	}
	fmt.Println("done", passed.Load())
	return nil
}

// killed runs the story up to a point and gives the chapters that were begun and
// acknowledged, and what the process met.
func killed(t *testing.T, how string, point int, file string) (begun, acknowledged int, met string, done bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s:%d:%s", killEnv, how, point, file))
	child.Stderr = os.Stderr
	out := must(child.StdoutPipe())(t)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, rest, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.Atoi(rest)
		switch what {
		case "begun":
			begun = n
		case "acknowledged":
			acknowledged = n
		case "point":
			met = rest
		case "done":
			done = true
		default:
			t.Fatalf("point %d: %s", point, lines.Text())
		}
	}
	var ended *exec.ExitError
	if err := child.Wait(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if !done && met == "" {
		t.Fatalf("point %d: it ended by itself", point)
	}
	return begun, acknowledged, met, done
}

func TestKilledAtEachFileOperation(t *testing.T) { // F-101, DURA, NODEL
	states := undisturbed(t)
	kinds := map[string]int{}
	for point := 1; ; point++ {
		for i, how := range []string{"before", "torn"} {
			if !every() && point%12 != 6*i {
				continue
			}
			file := path(t)
			begun, acknowledged, met, done := killed(t, how, point, file)
			what := fmt.Sprintf("killed at operation %d (%s, %s)", point, met, how)
			if s := reopened(t, what, file); s != nil {
				if now := must(shown(t.Context(), s))(t); !between(states, acknowledged, begun, now) {
					t.Errorf("%s in chapter %d, acknowledged %d: shown is\n%s", what, begun, acknowledged, now)
				}
				toldAgain(t, what, s, states)
				if err := s.Close(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			kinds[met]++
			if done {
				if point < 100 || kinds["write-wal"] < 6 || kinds["write"] < 2 {
					t.Errorf("only %d operations, killed in %v", point-1, kinds)
				}
				t.Logf("%d operations, killed in %v", point-1, kinds)
				return
			}
		}
	}
}
