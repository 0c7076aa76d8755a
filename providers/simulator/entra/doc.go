// Package entra is the sign-in side of a simulated Microsoft 365 tenant: the
// part of Entra ID that programs and people meet. Applications sign in with a
// client secret or a certificate; people with a device code, with an authorization
// code and proof key, or with a password, on pages that are plain HTML forms. It
// serves OpenID discovery, the signing keys, instance discovery, administrators'
// and people's consent, refresh tokens, sign-out and userinfo, and it verifies the
// tokens that it issued for the simulated Graph.
//
// Tests can change accounts and registrations while it runs, take consent back,
// refuse sign-ins as a tenant's policies do ([Directory.Refuse]) and disturb tokens
// ([Directory.Disturb]).
//
// Everything it hands out is a throw-away: keys live in the process, tokens are
// good for this directory only. Answers follow Entra's documented forms; where the
// documentation is silent they follow what client libraries were observed to need;
// nothing here was ever compared with the real service.
package entra
