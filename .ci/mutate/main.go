// Command mutate proves tests by breaking the code: it applies seeded bugs, one at a
// time and without touching the tree, and reports which of them no test notices.
//
//	go run ./.ci/mutate [-run NAME] [-part K/N] [-trust] [-j N] ./providers/simulator ...
//
// A package's bugs stand in testdata/mutations.txt, in blocks that begin with a line
// "-- name: what is wrong --":
//
//	-- removed: deleted events are not reported by delta --
//	file: delta.go
//	run: TestDelta
//	old:
//	    out = append(out, removal)
//	new:
//	    _ = removal
//
// old must stand in the file exactly once; run is tried first, then all tests of the
// package, or of the packages in a "packages:" line. A bug that no test sees, that
// makes tests hang, that does not build, or whose old text is not there any more is a failure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	only := flag.String("run", "", "regular expression of the names to run")
	jobs := flag.Int("j", 2, "how many run side by side")
	limit := flag.Duration("timeout", 4*time.Minute, "for each run of the tests")
	part := flag.String("part", "1/1", "which bugs to run: 2/3 is the second of each three")
	trust := flag.Bool("trust", false, "do not try first whether the tests pass without any bug")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Args(), *only, *part, *trust, *jobs, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, packages []string, only, part string, trust bool, jobs int, limit time.Duration) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var which, of int
	if n, err := fmt.Sscanf(part, "%d/%d", &which, &of); n != 2 || err != nil || which < 1 || which > of {
		return fmt.Errorf("-part %s is none such as 1/2", part)
	}
	if len(packages) == 0 {
		return fmt.Errorf("name a package with testdata/mutations.txt")
	}
	var all []mutation
	for _, dir := range packages {
		list, err := readMutations(dir)
		if err != nil {
			return err
		}
		for _, m := range list {
			if wanted.MatchString(m.name) {
				all = append(all, m)
			}
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("no mutation is called like %q", only)
	}
	for _, dir := range packages {
		if trust {
			break
		}
		if err := passes(ctx, dir, limit); err != nil {
			return err
		}
	}
	for n := len(all) - 1; n >= 0; n-- {
		if n%of != which-1 {
			all = slices.Delete(all, n, n+1)
		}
	}
	results := make([]result, len(all))
	work := make(chan int)
	var workers sync.WaitGroup
	var print sync.Mutex
	for range max(jobs, 1) {
		workers.Go(func() {
			for i := range work {
				results[i] = try(ctx, all[i], limit)
				print.Lock()
				fmt.Printf("%-9s %-34s %5.1fs  %s\n", results[i].verdict, all[i].name, results[i].took.Seconds(), results[i].note)
				print.Unlock()
			}
		})
	}
	for i := range all {
		work <- i
	}
	close(work)
	workers.Wait()
	return judge(all, results)
}

// judge prints the closing line and fails unless every bug was caught.
func judge(all []mutation, results []result) error {
	caught := 0
	var missed []string
	for i, r := range results {
		if r.verdict == "caught" {
			caught++
		} else {
			missed = append(missed, all[i].name)
		}
	}
	fmt.Printf("%d passed, %d failed\n", caught, len(missed))
	if len(missed) > 0 {
		return fmt.Errorf("not caught: %s", strings.Join(missed, ", "))
	}
	return nil
}
