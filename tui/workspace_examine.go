package tui

import (
	"context"

	"roomdesk/providers"
)

// Examiner finds out what is wrong with a connection.
type Examiner interface {
	// ExaminationSteps names the steps of an examination, in their order.
	ExaminationSteps(question Examination) []ExaminationStep
	// Examine climbs from the most basic step upwards and tells report of each as it
	// ends, one at a time. An error is why nothing could be examined at all; what is
	// wrong with the connection is in the diagnosis. Nothing is written unless the
	// question says so. Network.
	Examine(ctx context.Context, question Examination, report func(providers.Rung)) (providers.Diagnosis, error)
}

// ExaminationStep is one step of an examination.
type ExaminationStep struct {
	// Connection is whose step it is, where two connections of an organisation are
	// examined one after the other; otherwise "".
	Connection string
	Name       string
}

// Examination says what is examined.
type Examination struct {
	// Connection is the name of a configured one.
	Connection string
	// Alone leaves out the other connection of its organisation.
	Alone bool
	// Mailboxes are looked at closely; with Write, rooms among them are booked for
	// half an hour.
	Mailboxes []providers.Address
	// Outside must be refused, to prove a limit; "" is none.
	Outside providers.Address
	// Inbox also asks for the inbox of one mailbox, which must be refused: it proves
	// that mail is out of reach. Nothing else ever leaves the calendar folders.
	Inbox bool
	// Write also makes an event and takes it away again.
	Write bool
}
