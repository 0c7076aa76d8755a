package cli_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// changeCalendarRole replaces what the application may do with calendars, as an
// administrator does: calendars Calendars.Read.
func changeCalendarRole(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: calendars ROLE")
	}
	tenant := ts.Value(tenantKey{}).(*simulator.Tenant)
	ts.Check(tenant.Directory().Update(tenant.Endpoints().ClientID, func(a *entra.Application) {
		a.Roles = append(slices.DeleteFunc(slices.Clone(a.Roles), func(role string) bool { return strings.HasPrefix(role, "Calendars.") }), args[0])
	}))
}

// makeMistake switches a mistake of the tenant's catalogue on: mistake N.
func makeMistake(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(ts.Value(tenantKey{}).(*simulator.Tenant).MakeMistake(n))
}

// limitMailboxes lets the application open only these mailboxes: limit M...
func limitMailboxes(ts *testscript.TestScript, _ bool, args []string) {
	ts.Value(tenantKey{}).(*simulator.Tenant).SetAccessPolicy(simulator.AccessPolicy{Allowed: args})
}
