package providers

import (
	"errors"
	"time"
)

// Cause names what is wrong where the class is too coarse for the one sentence that
// leads a person to the right place: a refused password and a tenant that has turned a
// service off are both refusals, and nobody should look for the first when it is the
// second. It is found by evidence, and "" where the class says all that is known.
type Cause string

// Causes.
const (
	// CauseEWSOff: the tenant has turned Exchange Web Services off in Exchange Online
	// (EWSEnabled), or never turned them on before [EWSBlocked].
	CauseEWSOff Cause = "ews_off"
	// CauseEWSAppNotAllowed: they are on, and the application is not on the tenant's list
	// (EWSAllowedAppIDs).
	CauseEWSAppNotAllowed Cause = "ews_app_not_allowed"
	// CauseEWSEnded: Exchange Online has ended them for everybody, see [EWSEnd].
	CauseEWSEnded Cause = "ews_ended"
	// CauseUseGraph: the address is Exchange Online's, which is connected with Graph.
	CauseUseGraph Cause = "use_graph"
	// CauseEWSRefused: a server on premises refuses them to this account or program.
	CauseEWSRefused Cause = "ews_refused"
	// CauseImpersonationMissing: the account may not act for the mailbox.
	CauseImpersonationMissing Cause = "impersonation_missing"
	// CausePasswordRefused: user or password are wrong.
	CausePasswordRefused Cause = "password_refused"
	// CauseExtendedProtection: the server demands a channel binding, and the TLS connection
	// that it sees is not the one from here. From outside it looks like a wrong password,
	// so only a diagnosis with evidence of its own tells it.
	CauseExtendedProtection Cause = "extended_protection"
	// CauseSignInWay: the server does not offer the way of signing in that is configured.
	CauseSignInWay Cause = "sign_in_way"
	// CauseTokenAudience: the token is made for another resource.
	CauseTokenAudience Cause = "token_audience"
	// CauseTokenRole: the token lacks the permission for Exchange Web Services.
	CauseTokenRole Cause = "token_role"
	// CauseDiscoveryForeign and CauseDiscoveryLoop: Autodiscover leads to another domain, or in a
	// circle.
	CauseDiscoveryForeign Cause = "discovery_foreign"
	CauseDiscoveryLoop    Cause = "discovery_loop"
	// Causes of a credential that could not be read on this machine.
	CauseKeyringLocked     Cause = "keyring_locked"
	CauseKeyringSilent     Cause = "keyring_silent"
	CauseKeyringMissing    Cause = "keyring_missing"
	CauseFileLocked        Cause = "file_locked" // an encrypted one
	CausePassphrase        Cause = "passphrase"
	CauseCredentialMissing Cause = "credential_missing"
	CauseCredentialDamaged Cause = "credential_damaged"
	CauseCredentialOpen    Cause = "credential_open" // to others
)

// causeRow is all that follows from a cause. What is not said follows from the class.
type causeRow struct {
	what, next string
	again      Again // "": the class's
	all        bool  // it concerns the whole connection
}

var causeRows = map[Cause]causeRow{
	CauseEWSOff: {"your tenant has turned Exchange Web Services off", "connect it with Graph: roomdesk connect graph. " +
		"Until 2027-04-01 Set-OrganizationConfig -EwsEnabled $true with the application on the list of allowed ones opens them again", AgainHourly, true},
	CauseEWSAppNotAllowed: {"your tenant allows Exchange Web Services to listed applications only, and this one is not listed", "connect it with Graph: roomdesk connect graph. " +
		"Until 2027-04-01 an Exchange administrator can add the application to the list", AgainHourly, true},
	CauseEWSEnded:   {"Exchange Online has ended Exchange Web Services on 2027-04-01", "connect the tenant with Graph: roomdesk connect graph", AgainHourly, true},
	CauseUseGraph:   {"Exchange Online is connected with Graph", "connect the tenant with Graph: roomdesk connect graph", "", true},
	CauseEWSRefused: {"the server refuses Exchange Web Services", "they may be switched off for the account (Set-CASMailbox -EwsEnabled), or this program may not be allowed (EwsApplicationAccessPolicy)", AgainHourly, true},
	CauseImpersonationMissing: {"the account may not act for this mailbox", "grant the service account the role ApplicationImpersonation for this mailbox (its management scope may leave the mailbox out), " +
		"or share the calendar with it", AgainHourly, false},
	CausePasswordRefused:    {"user or password were not accepted", "check both: DOMAIN\\user or user@domain", "", true},
	CauseExtendedProtection: {"the server demands Extended Protection, and something between here and the server ends TLS", "let the connection pass unopened, or set ExtendedProtectionTokenChecking of the EWS virtual directory to Allow", "", true},
	CauseSignInWay:          {"the server does not offer this way of signing in", "", "", true},
	CauseTokenAudience:      {"the token is made for another resource than this server", "check --audience: https://outlook.office365.com for Exchange Online, the server's own URL on premises", "", true},
	CauseTokenRole:          {"the application lacks the permission for Exchange Web Services", "Entra admin center > App registrations > API permissions: add full_access_as_app of Office 365 Exchange Online, and grant consent", AgainHourly, true},
	CauseDiscoveryForeign:   {"Autodiscover leads to another domain, which is not followed", "type the server's address", "", true},
	CauseDiscoveryLoop:      {"Autodiscover leads in a circle", "type the server's address", "", true},
	CauseKeyringLocked:      {"the keyring is locked", "unlock it with its password", "", true},
	CauseKeyringSilent:      {"the keyring does not answer", "unlock it where it asks for its password", "", true},
	CauseKeyringMissing:     {"the place of the credential cannot be used", "", "", true},
	CauseFileLocked:         {"the encrypted file is locked", "start roomdesk on a terminal and type its passphrase", "", true},
	CausePassphrase:         {"the passphrase is wrong", "", "", true},
	CauseCredentialMissing:  {"the credential is not in its place", "connect again: roomdesk connect", "", true},
	CauseCredentialDamaged:  {"the stored credential is damaged", "connect again: roomdesk connect", "", true},
	CauseCredentialOpen:     {"the credential lies where others can read or change it", "", "", true},
}

// Words is the cause in plain words; "" of no cause.
func (c Cause) Words() string { return causeRows[c].what }

// Next is what a person can do; "" where only the details say it.
func (c Cause) Next() string { return causeRows[c].next }

// EndsEWS reports whether Exchange Online refuses Exchange Web Services as such: no
// other credential helps, only the move to Graph or the tenant's administrator.
func (c Cause) EndsEWS() bool {
	return c == CauseEWSOff || c == CauseEWSAppNotAllowed || c == CauseEWSEnded
}

// CauseOf finds the cause of any error; "" where none is known.
func CauseOf(err error) Cause {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return ""
}

// ConcernsAll reports whether a failure may be that of the host, the sign-in or the
// whole connection, and not only of one mailbox.
func ConcernsAll(err error) bool {
	return err != nil && !OfPart(err) && (ClassOf(err).ConcernsAll() || causeRows[CauseOf(err)].all)
}

// Again is how soon a read that failed so is tried again by itself.
func (p *Problem) Again() Again {
	if again := causeRows[p.Cause].again; again != "" {
		return again
	}
	return p.Class.Again()
}

// EWSBlocked is since when Exchange Online answers Exchange Web Services only to
// applications that the tenant has listed, and EWSEnd when it ends them for everybody
// (Microsoft's message MC1227454).
func EWSBlocked() time.Time { return time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC) }
func EWSEnd() time.Time     { return time.Date(2027, time.April, 1, 0, 0, 0, 0, time.UTC) }

// EWSDaysLeft is how many whole days are left until [EWSEnd]; 0 from the last day on.
func EWSDaysLeft(now time.Time) int { return int(max(0, EWSEnd().Sub(now)).Hours()) / 24 }
