// Package ews reaches Exchange Server through Exchange Web Services: rooms, people,
// free/busy and calendars of mailboxes that are kept on premises. Graph does not
// serve those.
//
// It is a thin SOAP client. A request passes, from the top: the checked template of
// its operation ([writer], element order as in Microsoft's schema), the gate of the
// service account, the retry, the sign-in (NTLM, Basic by choice, or OAuth), the
// limits of size and host, TLS. Answers are read by local names in a decoder that
// bounds bytes, depth and elements and knows no document types.
//
// Each call on a mailbox acts as its owner by impersonation; where that is refused it
// is tried as a delegate. Only calendar folders are touched.
package ews
