// Package migration moves an organisation's mailboxes from one provider to the other
// without a moment in which a calendar cannot be read.
//
// Both sides of every mailbox are read beside the running sync and compared as
// normalised records, so that what only looks different is told from what is: see
// [Compare]. A mailbox is moved by reading the new side whole while readers see the
// old one, and by putting one in place of the other in a single transaction of the
// store. The way back is the same with the sides exchanged. Every step stands in a
// journal before the next begins: a process that dies goes on where it was, or leaves
// the mailbox as it is.
package migration
