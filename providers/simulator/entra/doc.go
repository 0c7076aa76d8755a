// Package entra is the sign-in side of a simulated Microsoft 365 tenant: the
// part of Entra ID that an application meets when it signs in with a client
// secret or a certificate. It serves OpenID discovery, the signing keys, instance
// discovery and the token endpoint, and it verifies the tokens that it issued for
// the simulated Graph.
//
// Everything it hands out is a throw-away: keys live in the process, tokens are
// good for this directory only. Answers follow Entra's documented forms; where the
// documentation is silent they follow what client libraries were observed to need;
// nothing here was ever compared with the real service.
package entra
