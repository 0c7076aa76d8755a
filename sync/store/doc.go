// Package store is the local mirror of a tenant and the outbox of what was
// booked here, in one SQLite file.
//
// The mirror holds what can be fetched again: rooms, people, calendars, events,
// free/busy, and how far the reading of each mailbox got. The outbox holds what
// cannot: bookings, each stored whole before the first byte of it leaves.
//
// One goroutine writes; it takes everything that waits into one transaction, so
// writing is batched under load and immediate without. A few connections read.
// No transaction lasts across a network call. Booking writes reach the disk
// before they return; mirror writes may be lost with the machine's power, never
// half.
//
// Rows keep the tenant's raw text; making it safe for a screen is not done here.
// Instants are stored as microseconds since 1970 in UTC.
//
// The file is not encrypted. It is readable by its owner only, and [Erase]
// removes it with everything beside it.
package store
