// Package hybrid makes one provider of two: an organisation whose mailboxes are partly
// in the cloud, reached with Microsoft Graph, and partly on premises, reached with
// Exchange Web Services. Its lists are one list, and every question about a mailbox goes
// to the provider of its home.
//
// Where a mailbox lives is in neither list: both show the rooms of both sides. So homes
// are learnt: a provider that says that a mailbox is not with it costs one question, the
// other one is asked, and what it answers is remembered. A mailbox that neither reaches
// has no mailbox, and is not asked about on both sides again for a while.
//
// A part that fails leaves the other: its mailboxes are unknown with the reason, never
// free, and the list says what is missing in it.
package hybrid
