package keystore

import "github.com/pelletier/go-toml/v2"

// States of the spare credential of a connection, the key spare.
const (
	// SpareNext is one that is being put in place; the connection does not rest on it.
	SpareNext = "next"
	// SparePrevious is the one before, kept until a read succeeded with the new one.
	SparePrevious = "previous"
)

// credential is what tells one of a connection's credentials from another.
type credential struct {
	slot        int
	certificate string
	expires     *toml.LocalDate
}

func (c Connection) current() credential { return credential{c.Slot, c.Certificate, c.SecretExpires} }

func (c Connection) with(now credential) Connection {
	c.Slot, c.Certificate, c.SecretExpires = now.slot, now.certificate, now.expires
	return c
}

func (c Connection) withSpare(state string, spare credential) Connection {
	c.Spare, c.SpareSlot, c.SpareCertificate, c.SpareExpires = state, spare.slot, spare.certificate, spare.expires
	return c
}

// SpareConnection is the connection with its spare credential in place of the
// current one; false where it has none.
func (c Connection) SpareConnection() (Connection, bool) {
	if c.Spare == "" {
		return Connection{}, false
	}
	return c.with(credential{c.SpareSlot, c.SpareCertificate, c.SpareExpires}).WithoutSpare(), true
}

// WithoutSpare is the connection with its current credential only.
func (c Connection) WithoutSpare() Connection { return c.withSpare("", credential{}) }

// WithNext announces a new credential, before it is stored: a client secret, which
// gets a slot of its own, or next's certificate. The current one goes on to hold.
func (c Connection) WithNext(next Connection) Connection {
	announced := credential{c.Slot + 1, next.Certificate, next.SecretExpires}
	return c.withSpare(SpareNext, announced)
}

// Promote makes the announced credential the current one; the one before is kept
// as the spare.
func (c Connection) Promote() Connection {
	before := c.current()
	next, ok := c.SpareConnection()
	if !ok || c.Spare != SpareNext {
		return c
	}
	return next.withSpare(SparePrevious, before)
}
