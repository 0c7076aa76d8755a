package outside

import (
	"fmt"
	"strings"
	"testing"
)

// row is a line of the table of results.
type row struct {
	client   string
	packages []string // of npm, whose versions stand in the table
	test     func(*testing.T, *row)

	versions      []string
	passed, steps int
	note          string
}

// Each client has a tenant of its own and they run beside each other, because
// most of their time is spent waiting for a room or for Retry-After.
func TestOutsideClients(t *testing.T) {
	rows := []*row{
		{client: "Microsoft Graph client with MSAL for Node", packages: []string{"@microsoft/microsoft-graph-client", "@azure/msal-node"}, test: testGraphClient},
		{client: "MSAL for Node with people", packages: []string{"@azure/msal-node"}, test: testPeople},
		{client: "OpenID Connect library", packages: []string{"openid-client", "jose"}, test: testOIDC},
		{client: "PnPjs", packages: []string{"@pnp/graph"}, test: testPnP},
		{client: "Python's clients of Debian", test: testDebian},
		{client: "exchangelib of Debian", test: testExchangelib},
		{client: "ews-javascript-api", packages: []string{"ews-javascript-api"}, test: testEWSJavaScript},
		{client: "Chromium with Playwright", packages: []string{"playwright-core"}, test: testChromium},
		{client: "roomdesk in Chromium", packages: []string{"playwright-core"}, test: testRoomdesk},
		{client: "CLI for Microsoft 365", packages: []string{"@pnp/cli-microsoft365"}, test: testM365},
	}
	t.Cleanup(func() { t.Log(table(rows)) })
	for _, r := range rows {
		t.Run(strings.ReplaceAll(r.client, " ", "_"), func(t *testing.T) {
			t.Parallel()
			for _, name := range r.packages {
				r.versions = append(r.versions, name+" "+versionOf(t, modules(t), name))
			}
			t.Cleanup(func() {
				if t.Skipped() {
					r.note = "skipped"
				}
			})
			r.test(t, r)
		})
	}
}

// table is what the run proved.
func table(rows []*row) string {
	var b strings.Builder
	b.WriteString("\n| client | versions | steps passed |\n| --- | --- | --- |\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %d of %d %s|\n", r.client, strings.Join(r.versions, ", "), r.passed, r.steps, r.note)
	}
	return b.String()
}
