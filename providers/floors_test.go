package providers_test

import (
	"os/exec"
	"strings"
	"testing"
)

// floors is the house of docs/architecture.md: for each package of ours, the
// packages of ours that it may depend on, directly or not.
var floors = map[string][]string{
	"roomdesk/providers":                    {},
	"roomdesk/providers/when":               {},
	"roomdesk/providers/ical":               {"roomdesk/providers", "roomdesk/providers/when"},
	"roomdesk/keystore":                     {},
	"roomdesk/providers/zones":              {"roomdesk/providers"},
	"roomdesk/providers/graph":              {"roomdesk/providers", "roomdesk/providers/zones"},
	"roomdesk/providers/graph/typed":        {"roomdesk/providers", "roomdesk/providers/graph", "roomdesk/providers/zones"},
	"roomdesk/providers/ews":                {"roomdesk/providers", "roomdesk/providers/zones"},
	"roomdesk/providers/hybrid":             {"roomdesk/providers"},
	"roomdesk/providers/simulator":          {"roomdesk/providers", "roomdesk/providers/simulator/entra", "roomdesk/providers/simulator/exchange"},
	"roomdesk/providers/simulator/entra":    {},
	"roomdesk/providers/simulator/exchange": {},
	"roomdesk/providers/simulator/outside":  {},
	"roomdesk/providers/simulator/recorded": {"roomdesk/providers", "roomdesk/providers/simulator", "roomdesk/providers/simulator/entra", "roomdesk/providers/simulator/exchange"},
	"roomdesk/booking/wish":                 {"roomdesk/providers", "roomdesk/providers/when"},
	"roomdesk/booking/finder":               {"roomdesk/providers", "roomdesk/providers/when", "roomdesk/booking/wish", "roomdesk/booking/rules"},
	"roomdesk/booking/rules":                {"roomdesk/providers"},
	"roomdesk/booking/series":               {"roomdesk/providers", "roomdesk/providers/when", "roomdesk/booking/wish"},
	"roomdesk/booking/relocate":             {"roomdesk/providers", "roomdesk/providers/when"},
	"roomdesk/doctor":                       {"roomdesk/providers", "roomdesk/keystore"},
	"roomdesk/audit":                        {"roomdesk/providers"},
	"roomdesk/boundary":                     {"roomdesk/providers", "roomdesk/audit"},
	"roomdesk/tui":                          {"roomdesk/providers"},
	"roomdesk/providers/providertest":       {"roomdesk/providers"},
	"roomdesk/sync/queue":                   {"roomdesk/providers"},
	"roomdesk/sync/queue/queuetest":         {"roomdesk/providers", "roomdesk/sync/queue"},
	"roomdesk/sync/store":                   {"roomdesk/providers", "roomdesk/sync/queue"},
	"roomdesk/sync":                         {"roomdesk/providers", "roomdesk/sync/queue", "roomdesk/sync/store"},
	"roomdesk/migration":                    {"roomdesk/providers", "roomdesk/providers/zones", "roomdesk/sync/queue", "roomdesk/sync/store"},
	"roomdesk/booking":                      {"roomdesk/providers", "roomdesk/booking/rules", "roomdesk/sync/queue", "roomdesk/sync/store", "roomdesk/sync"},
}

// freeOfFloors may depend on anything of ours: the wiring, and test support that
// no shipped package imports.
var freeOfFloors = map[string]bool{
	"roomdesk":     true,
	"roomdesk/cli": true,
}

func TestFloors(t *testing.T) {
	for pkg, deps := range listDeps(t, "roomdesk/...") {
		allowed, known := floors[pkg]
		if freeOfFloors[pkg] {
			continue
		}
		if !known {
			t.Errorf("package %s has no floor: add it to the table here and in docs/architecture.md", pkg)
			continue
		}
		permitted := map[string]bool{pkg: true}
		for _, p := range allowed {
			permitted[p] = true
		}
		for _, dep := range deps {
			if (dep == "roomdesk" || strings.HasPrefix(dep, "roomdesk/")) && !permitted[dep] {
				t.Errorf("%s must not depend on %s", pkg, dep)
			}
		}
	}
}

// The Graph SDK's models package takes one compiler process of 4.3 GB: only its
// leaf package may pull it in, and only the wiring may pull in the leaf.
func TestOnlyTheLeafDependsOnGraphSDK(t *testing.T) {
	const sdk, leaf = "github.com/microsoftgraph/msgraph-sdk-go", "roomdesk/providers/graph/typed"
	may := map[string]bool{leaf: true, "roomdesk/cli": true, "roomdesk": true}
	for pkg, deps := range listDeps(t, "roomdesk/...") {
		for _, dep := range deps {
			if dep == sdk {
				t.Errorf("%s depends on the SDK's root package, which compiles all of it", pkg)
			}
			if (dep == leaf || strings.HasPrefix(dep, sdk+"/")) && !may[pkg] {
				t.Errorf("%s depends on %s; only %s and the wiring may", pkg, dep, leaf)
			}
		}
	}
}

func listDeps(t *testing.T, pattern string) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", pattern).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) > 0 {
			deps[fields[0]] = fields[1:]
		}
	}
	if len(deps) == 0 {
		t.Fatal("go list names no package")
	}
	return deps
}
