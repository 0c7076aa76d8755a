// Package graph reaches Microsoft 365 through Microsoft Graph.
//
// Everything that reads in bulk (places, users, free/busy, calendars' changes)
// goes through this package's own streaming decoder; single objects (one event,
// a mailbox's calendars, one place) go through [Objects], which the leaf package
// typed implements with Microsoft's SDK. Both use one engine, and so one HTTP
// client, one token, one set of limits.
//
// The way of a request: retry (retry.go) around one attempt each of gate
// (gate.go: in flight per mailbox and per connection, and the service's own
// pauses), token (token.go), host check (link.go), size, progress and content
// checks (body.go), TLS (transport.go). A wait never holds a slot of the gate.
//
// The token and everything else leave only for the configured scheme, host and
// port. Redirects are not followed. A link that the service hands out is used
// only where it stays on that host, below the same version and mailbox.
//
// Every failure is a *providers.Error; classify.go has the table. For a write,
// the classes Unreachable, UntrustedHost, SignedOut, NotAllowed and Throttled
// mean that nothing happened in the tenant; Transient and Foreign mean that it
// may have happened and has to be looked up.
package graph
