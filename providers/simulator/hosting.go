package simulator

import (
	"fmt"
	"net/http"
	"slices"
)

// Where a mailbox may be.
const (
	HostedOnline     = ""            // Exchange Online
	HostedOnPremises = "on_premises" // an Exchange server of the company: Graph cannot read it
	HostedMoving     = "moving"      // on its way between servers
)

// SetHosting says where a mailbox is. A room on premises still is a place and
// still answers invitations.
func (t *Tenant) SetHosting(address, hosted string) error {
	if !slices.Contains([]string{HostedOnline, HostedOnPremises, HostedMoving}, hosted) {
		return fmt.Errorf("%q is none of on_premises, moving, and empty for online", hosted)
	}
	_, err := t.changeAccount(address, func(a *account) error { a.hosted = hosted; return nil })
	return err
}

// Hosting is where a mailbox is, as one of the words of [Tenant.SetHosting]; ok is false
// where the tenant has no such mailbox.
func (t *Tenant) Hosting(address string) (hosted string, ok bool) {
	m := t.world.find(address)
	if m == nil {
		return "", false
	}
	return m.state().hosted, true
}

// elsewhere is the answer to a request for a mailbox that is not in Exchange
// Online, nil where it is.
func (m *mailbox) elsewhere() *problem {
	switch m.state().hosted {
	case HostedOnPremises:
		return &problem{http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."}
	case HostedMoving:
		return &problem{http.StatusServiceUnavailable, "MailboxInfoStale", "The mailbox is being moved. Try again later."}
	}
	return nil
}
