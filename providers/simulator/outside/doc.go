// Package outside holds the simulated tenant against clients that nobody here
// wrote: Microsoft's own JavaScript libraries, the CLI for Microsoft 365 and a
// strict OpenID Connect library. Its tests run small scripts over these clients
// at pinned versions, check what each client understood, and then the tenant's
// ledger and calendars. There is nothing to import.
//
// ".ci/run clients" installs them into the user's cache folder. Where they are
// missing the tests are skipped with the reason, or fail if ROOMDESK_REQUIRE_ALL
// is 1.
package outside
