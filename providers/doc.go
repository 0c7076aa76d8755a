// Package providers is roomdesk's vocabulary: the words for rooms, people,
// calendars, events, availability, bookings and errors that every other package
// speaks, and the rules for text that comes from outside.
//
// It imports nothing else of roomdesk. No type of a service's SDK appears here,
// and nothing here knows how a service spells a thing on the wire.
//
// Times are instants in UTC unless a field says otherwise; intervals are half
// open, [Start, End). Mailboxes are named by [Address], a lower-cased SMTP
// address. Every text that a tenant, a file or a person outside may have written
// has type [Untrusted].
package providers
