// Package boundary stands between the program and a tenant. What the role of the
// person or the level of access does not allow never leaves it, and every write is
// in the audit trail. A session has no other way to its tenant: the provider itself
// is out of reach behind it.
package boundary
