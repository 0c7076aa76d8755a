// Package providertest holds what every provider is measured with: one
// conformance suite ([Run]) and the check of each request and response against
// the service's published contract ([Contract]). Only tests import it.
package providertest
