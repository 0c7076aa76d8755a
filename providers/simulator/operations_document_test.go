package simulator

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers/providertest"
)

var updateDocuments = flag.Bool("update", false, "write the files that tests make, in place of comparing them")

// keepDocument compares a generated file with what is in the tree; -update writes it.
func keepDocument(t *testing.T, path, want string) {
	t.Helper()
	if *updateDocuments {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(have), "\r\n", "\n") != want {
		t.Errorf("%s is stale: go test ./providers/simulator -run '^%s$' -update", path, t.Name())
	}
}

// operationGroup is one line of the report.
type operationGroup struct {
	what     string // method and folded path
	paths    int
	served   int
	requests int
	statuses map[int]bool
}

// operationsDocument is the report. Operations that differ only in their spelling
// or in the way to the calendar share a line.
func operationsDocument(all []providertest.Operation, results map[string]serving, reasons map[string]string) string {
	groups := map[string]*operationGroup{}
	total, servedTotal, requests, answers := 0, 0, 0, 0
	for _, o := range all {
		what := o.Method + " " + folded(o.Path)
		g := groups[what]
		if g == nil {
			g = &operationGroup{what: what, statuses: map[int]bool{}}
			groups[what] = g
		}
		total++
		g.paths++
		g.requests += o.Requests
		requests += o.Requests
		for status, n := range o.Answers {
			answers += n
			g.statuses[status] = true
		}
		if results[o.ID] == served {
			g.served++
			servedTotal++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Operations of the simulated tenant

Made by a test that asks for every operation of the published contract as a program would, and holds each request and
each answer against it: `+"`go test ./providers/simulator -run '^TestOperationsOfTheContract$' -update`"+`. The contract has
%d operations; %d are served, and each of them was answered with success. Spellings of one operation share a line:
with and without `+"`microsoft.`"+`, with and without brackets, /me and /users/{id}, and the three ways to a calendar.
`, total, servedTotal)
	order := func(a, b string) int {
		am, ap, _ := strings.Cut(a, " ")
		bm, bp, _ := strings.Cut(b, " ")
		return cmp.Or(cmp.Compare(ap, bp), cmp.Compare(am, bm))
	}
	section := ""
	for _, what := range slices.SortedFunc(maps.Keys(groups), order) {
		g := groups[what]
		_, path, _ := strings.Cut(what, " ")
		if first := strings.Split(path, "/")[1]; first != section {
			section = first
			fmt.Fprintf(&b, "\n## /%s\n\n| operation | spellings | served | requests checked | statuses seen |\n|---|---|---|---|---|\n", section)
		}
		state := "yes"
		switch {
		case g.served == 0:
			state = "no: " + reasons[what]
		case g.served < g.paths:
			state = fmt.Sprintf("%d of %d: %s", g.served, g.paths, reasons[what])
		}
		var seen []string
		for _, s := range slices.Sorted(maps.Keys(g.statuses)) {
			seen = append(seen, fmt.Sprint(s))
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s | %d | %s |\n", what, g.paths, state, g.requests, strings.Join(seen, " "))
	}
	fmt.Fprintf(&b, "\nIn this run %d requests were held against the contract and %d answers.\n", requests, answers)
	return b.String()
}
