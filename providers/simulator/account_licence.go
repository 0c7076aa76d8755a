package simulator

import (
	"fmt"
	"net/http"
	"slices"
)

// Licences that an account may have.
const (
	LicenceFull       = "full"        // Exchange and Teams
	LicenceNoTeams    = "no_teams"    // Teams switched off
	LicenceNoExchange = "no_exchange" // Exchange switched off: no mailbox
	LicenceNone       = "none"        // no licence: no mailbox
)

// licenceWord is what an account has, as one of the words above.
func (m *mailbox) licenceWord() string {
	switch a := m.state(); {
	case a.licence != "":
		return a.licence
	case m.person == nil || m.kind == noMailbox:
		return LicenceNone
	case m.person.kind != "":
		return LicenceNone
	case !m.person.teams:
		return LicenceNoTeams
	}
	return LicenceFull
}

// SetLicence gives a person a licence or takes it away. Without Exchange the
// mailbox answers nobody any more; what is in it stays.
func (t *Tenant) SetLicence(address, licence string) error {
	if !slices.Contains([]string{LicenceFull, LicenceNoTeams, LicenceNoExchange, LicenceNone}, licence) {
		return fmt.Errorf("%q is no licence", licence)
	}
	_, err := t.changeAccount(address, func(a *account) error { a.licence = licence; return nil })
	return err
}

// hasMailbox reports whether a directory object has a mailbox in the cloud. That
// of a room needs no licence.
func (m *mailbox) hasMailbox() bool {
	if m.kind == noMailbox {
		return false
	}
	if m.room != nil {
		return true
	}
	if m.person != nil && m.person.kind == KindShared {
		return true // needs no licence
	}
	word := m.licenceWord()
	return word == LicenceFull || word == LicenceNoTeams
}

// unavailable refuses requests for a mailbox that is not there.
func (m *mailbox) unavailable() *problem {
	if p := m.elsewhere(); p != nil {
		return p
	}
	if m.hasMailbox() {
		return nil
	}
	return &problem{http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."}
}
