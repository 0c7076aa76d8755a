// Package sync keeps the local mirror true. An [Engine] reads a tenant through a
// [Source] into a store: places first, then free/busy of every room, so that a
// grid can be drawn at once, then each calendar, and from then on what changes.
//
// One task for each mailbox exists and at most one of it runs, so an older answer
// never overwrites a newer one. What failed waits as long as its class of error
// asks; the others go on. Only what concerns the host or the sign-in as a whole
// stops everything, and one probe at a time finds out when it is over.
//
// The console learns of changes through [Engine.Wait]: bursts come as one, the
// workers never wait for a reader, and notices are not dropped.
package sync
