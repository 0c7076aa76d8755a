package cli

import (
	"strings"
	"time"

	"roomdesk/audit"
	"roomdesk/keystore"
)

// factsOf is what the trail keeps of a connection: how it signs in, never with what,
// and what it was allowed.
func factsOf(c keystore.Connection) []string {
	credential := c.CredentialName()
	if leaf, ok := c.Leaf(); ok {
		credential = "certificate " + keystore.Thumbprint(leaf)
	}
	if ends := c.Expires(); !ends.IsZero() {
		credential += ", ends " + ends.Add(-time.Second).UTC().Format(time.DateOnly)
	}
	facts := []string{"signs in with " + credential, "kept in " + c.KeystoreKind(), "role " + string(roleOf(c))}
	if c.Access != "" {
		facts = append(facts, "access "+c.Access)
	}
	if c.Organizer != "" {
		facts = append(facts, "organizer "+c.Organizer)
	}
	if len(c.Permissions) > 0 {
		facts = append(facts, "permissions "+strings.Join(c.Permissions, " "))
	}
	return facts
}

// noteMade, noteChanged and noteGone write down what became of a connection, with
// before and after.
func (a *app) noteMade(c keystore.Connection) {
	a.noteRecord(c, audit.Record{Action: "connect", Is: factsOf(c), Result: audit.Done})
}

func (a *app) noteChanged(action string, was, is keystore.Connection) {
	a.noteRecord(is, audit.Record{Action: action, Was: factsOf(was), Is: factsOf(is), Result: audit.Done})
}

func (a *app) noteGone(c keystore.Connection) {
	a.noteRecord(c, audit.Record{Action: "disconnect", Was: factsOf(c), Result: audit.Done})
}
