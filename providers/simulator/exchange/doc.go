// Package exchange is the Exchange Web Services face of the simulated tenant: SOAP
// 1.1 at /EWS/Exchange.asmx with its own sign-in (NTLM, Basic, OAuth), impersonation,
// folder permissions, throttling, streaming notifications and Autodiscover.
//
// It knows nothing of how calendars are kept: [Model] is all that it asks of the
// tenant, so that rooms, people and meetings are the same as on the tenant's Graph
// face. Requests are held to the schema of Exchange 15.2, order included; what is
// not modelled is refused, never answered with an empty success.
package exchange
