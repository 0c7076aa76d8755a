// Package simulator is a simulated Microsoft 365 tenant: Entra sign-in and
// Microsoft Graph v1.0 for calendars, rooms and people, over real HTTPS on a
// loopback address.
//
// It behaves as Microsoft's service does, oddities included: rooms answer by
// themselves after a while, calendarView's delta sends bare occurrences, a
// getSchedule of an unknown address is an error inside a 200. Its world of
// buildings, rooms, people and meetings is deterministic for a seed and a date,
// and a mailbox is made on first touch, so that ten thousand rooms start at once.
//
// For tests and for other programs it keeps a ledger of every request
// ([Tenant.Ledger]), tells the truth about every calendar (GET /truth on the
// control address) and fails on demand ([Fault]).
//
// It shares no code with any client in this project: two sides that use the same
// encoder would agree on the same mistake.
package simulator
