package cli_test

import (
	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/providers/simulator"
)

type ledgerKey struct{}

// checkLedger compares what the script's tenant was asked: ledger mark notes where it
// stands; ledger none wants nothing since then; ! ledger none wants something.
func checkLedger(ts *testscript.TestScript, neg bool, args []string) {
	tenant := ts.Value(tenantKey{}).(*simulator.Tenant)
	last := int64(0)
	entries := tenant.Ledger()
	if len(entries) > 0 {
		last = entries[len(entries)-1].N
	}
	mark := ts.Value(ledgerKey{}).(*int64)
	switch {
	case len(args) == 1 && args[0] == "mark":
		*mark = last
	case len(args) == 1 && args[0] == "none":
		if (last != *mark) != neg {
			for _, e := range entries {
				if e.N > *mark {
					ts.Logf("%s %s", e.Method, e.Path)
				}
			}
			ts.Fatalf("the tenant was asked %d times since the mark", last-*mark)
		}
	default:
		ts.Fatalf("usage: ledger mark | none")
	}
}
