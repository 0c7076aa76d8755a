package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// Places where values are changed for Exchange on premises.
const (
	atShell     = "Exchange Management Shell"
	atDirectory = "PowerShell with the module ActiveDirectory"
	atCommand   = "on this machine"
)

// exchangeSettings says which connection is tried, once its settings are good.
func (e *examination) exchangeSettings() outcome {
	c := e.Connection
	if !c.ByPassword() {
		return passed(fmt.Sprintf("server %s, application %s by OAuth", c.Server, c.ClientID))
	}
	return passed(fmt.Sprintf("server %s, account %s by %s", c.Server, c.User, e.way()))
}

// way is by which way the connection signs in.
func (e *examination) way() string {
	switch {
	case !e.Connection.ByPassword():
		return "OAuth"
	case e.Connection.Basic:
		return "Basic"
	}
	return "NTLM"
}

// password looks at the form of a service account's password, without any request.
func (e *examination) password(secret keystore.Secret) outcome {
	text := secret.Reveal()
	bad := func(what string) outcome {
		return failed(providers.Trouble{Doc: "exchange-sign-in", Class: providers.SignedOut, What: what, Where: atCommand, Change: "give it anew: roomdesk rotate " + e.Connection.Name + " --password-stdin"})
	}
	switch {
	case strings.TrimSpace(text) == "":
		return bad("the stored password is empty")
	case strings.ContainsAny(text, "\r\n\t\x00"):
		return bad("the stored password has a line break or a tabulator in it, which no password has that was typed")
	case strings.EqualFold(text, e.Connection.User):
		return bad("the stored password is the account's name")
	}
	seen := "a password from " + e.Connection.KeystoreKind()
	if text != strings.TrimSpace(text) {
		seen += "; it begins or ends with a blank, which may be meant"
	}
	return passed(seen)
}

// server asks the service without signing in: whether there is one at all.
func (e *examination) server(ctx context.Context) outcome {
	seen, err := e.Server.Ask(ctx)
	if err != nil {
		if o, ok := e.common(err); ok {
			return o
		}
		return unknown(err)
	}
	e.exchangeSeen.server = seen
	host := e.Server.Host()
	t := providers.Trouble{Doc: "exchange-server", Class: providers.Foreign, Status: seen.Status, Where: atConfig, Change: "correct server; Get-WebServicesVirtualDirectory | fl ExternalUrl,InternalUrl in the " + atShell + " shows it"}
	switch status := seen.Status; {
	case status == http.StatusUnauthorized && len(seen.Ways) > 0:
		return passed("it is Exchange Web Services, and takes " + strings.Join(seen.Ways, ", "))
	case status == http.StatusUnauthorized:
		t.What = host + " asks for a sign-in and offers no way of signing in"
		t.Where, t.Change = atShell, "Get-WebServicesVirtualDirectory | fl *Authentication shows what is switched off; Set-WebServicesVirtualDirectory -Identity 'EWS (Default Web Site)' -WindowsAuthentication $true switches NTLM on"
	case status >= 500 || status == http.StatusTooManyRequests:
		return waiting(providers.Trouble{Doc: "exchange-server", Class: providers.Transient, Status: status, What: fmt.Sprintf("the server has trouble of its own just now (HTTP %d)", status), Change: "try again in a few minutes"})
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		t.What = "there are no Exchange Web Services at " + providers.Sanitise(e.Connection.Server)
	case status >= 300 && status < 400:
		t.What = providers.Sanitise(e.Connection.Server) + " leads elsewhere: a sign-in page or another server stands there"
		t.Or = "a gateway before Exchange wants a sign-in of its own: then publish /EWS without it"
	case status == http.StatusForbidden:
		t.What = "something before Exchange at " + host + " refuses whoever has not signed in (HTTP 403)"
		t.Where, t.Change = atNetwork, "let the gateway or firewall before Exchange pass /EWS"
	default:
		t.What = fmt.Sprintf("%s answers HTTP %d with %s, and is no Exchange that asks for a sign-in", host, status, providers.Sanitise(seen.Type))
	}
	return failed(t)
}

// autodiscover asks the server where the test mailbox is. Nothing needs the answer, so
// that a server which gives none is no failure.
func (e *examination) autodiscover(ctx context.Context) outcome {
	home, err := e.Server.Home(ctx, e.exchangeSeen.test)
	if err != nil {
		return notRun("the server's Autodiscover does not tell where " + string(e.exchangeSeen.test) + " is, and nothing needs it: server is configured")
	}
	at, err := url.Parse(home)
	host, _, _ := strings.Cut(e.Server.Host(), ":")
	switch {
	case err != nil || at.Hostname() == "":
		return notRun("the server's Autodiscover gives no address")
	case e.cloud(home):
		return passed(string(e.exchangeSeen.test) + " is at " + at.Hostname() + ", in the cloud")
	case !strings.EqualFold(at.Hostname(), host):
		return passed(string(e.exchangeSeen.test) + " is served by " + at.Hostname() + ", and this connection asks " + host)
	}
	return passed(string(e.exchangeSeen.test) + " is at this server")
}

// cloud reports an address of Exchange Online.
func (e *examination) cloud(address string) bool {
	at, err := url.Parse(address)
	return err == nil && providers.ExchangeOnline(at.Hostname())
}

// offered reports whether the server takes the way by which this connection signs in.
func (e *examination) offered() bool {
	for _, way := range map[string][]string{"Basic": {"Basic"}, "OAuth": {"Bearer"}, "NTLM": {"NTLM", "Negotiate"}}[e.way()] {
		if has(e.exchangeSeen.server.Ways, way) {
			return true
		}
	}
	return false
}

// exchangeSignIn signs in once. A password is never tried twice: directories lock
// accounts.
func (e *examination) exchangeSignIn(ctx context.Context) outcome {
	c := e.Connection
	if !e.offered() {
		return failed(e.otherWay())
	}
	version, err := e.Server.SignIn(ctx)
	e.exchangeSeen.version = version
	known := providers.CauseOf(err)
	switch {
	case err == nil:
		return passed(c.ActsAs() + " is accepted")
	case serviceRefuses(err):
		e.exchangeSeen.refused = err
		return passed(c.ActsAs() + " is accepted")
	case known == providers.CauseExtendedProtection:
		return failed(fill(providers.Trouble{Doc: "exchange-sign-in", Class: providers.SignedOut, What: "the server demands Extended Protection, and the TLS connection that it sees is not the one from here: something in between ends TLS",
			Where: atNetwork, Change: "let the connection to " + e.Server.Host() + " pass unopened",
			Or: "the server's side ends it itself: then Set-WebServicesVirtualDirectory -Identity 'EWS (Default Web Site)' -ExtendedProtectionTokenChecking Allow"}, err))
	case known == providers.CauseTokenAudience, known == providers.CauseTokenRole, !c.ByPassword() && providers.Is(err, providers.SignedOut):
		return failed(e.tokenRefused(err))
	case providers.Is(err, providers.SignedOut):
		return failed(e.passwordRefused(err))
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// serviceRefuses reports an account that signed in and may not use the service.
func serviceRefuses(err error) bool {
	known := providers.CauseOf(err)
	return known.EndsEWS() || known == providers.CauseEWSRefused || known == "" && refused(err)
}

// otherWay says which way of signing in the server takes. Nothing was sent.
func (e *examination) otherWay() providers.Trouble {
	ways := strings.Join(e.exchangeSeen.server.Ways, ", ")
	t := providers.Trouble{Doc: "exchange-sign-in", Class: providers.SignedOut, Where: atShell, What: "the connection signs in by " + e.way() + " and the server takes only " + ways}
	const directory = "Set-WebServicesVirtualDirectory -Identity 'EWS (Default Web Site)' "
	switch e.way() {
	case "Basic":
		t.Change, t.Or = directory+"-BasicAuthentication $true; or connect again without --basic", "Basic was switched off for safety, and should stay so"
	case "OAuth":
		t.Change = directory + "-OAuthAuthentication $true; or connect with user and password"
	default:
		t.Change = directory + "-WindowsAuthentication $true"
		if has(e.exchangeSeen.server.Ways, "Basic") {
			t.Change += "; or connect again with --basic, which sends the password itself inside TLS"
		}
	}
	return t
}

// passwordRefused says why a password is not accepted, as far as the server tells it.
func (e *examination) passwordRefused(err error) providers.Trouble {
	user := providers.Sanitise(e.Connection.User)
	again := "roomdesk rotate " + e.Connection.Name + " --password-stdin"
	t := providers.Trouble{Doc: "exchange-sign-in", Class: providers.SignedOut, Where: atDirectory}
	filled := fill(t, err)
	switch filled.Code {
	case "ErrorAccountDisabled":
		t.What, t.Change = "the account "+user+" is disabled", "Enable-ADAccount -Identity "+directoryName(e.Connection.User)
	case "ErrorPasswordExpired":
		t.What, t.Change = "the password of "+user+" has expired", "Set-ADAccountPassword -Identity "+directoryName(e.Connection.User)+" -Reset sets a new one; then "+again
	case "ErrorPasswordChangeRequired":
		t.What, t.Change = "the password of "+user+" has to be changed before it can be used", "Set-ADUser -Identity "+directoryName(e.Connection.User)+" -ChangePasswordAtLogon $false; then "+again
	default:
		t.What = "the server does not accept user and password of " + user
		t.Or = "the account is locked or disabled, or its password has expired: the server tells these by the same answer"
		t.Change = "Get-ADUser -Identity " + directoryName(e.Connection.User) + " -Properties LockedOut,PasswordExpired | fl Enabled,LockedOut,PasswordExpired tells them apart; a new password: " + again
		if e.way() == "NTLM" {
			t.Or += "; or Extended Protection refuses what something in between has opened"
		}
	}
	return fill(t, err)
}

// directoryName is an account as the commands of Active Directory take it.
func directoryName(user string) string {
	if _, name, down := strings.Cut(user, `\`); down {
		return PowerShell(name)
	}
	if name, _, mail := strings.Cut(user, "@"); mail {
		return PowerShell(name)
	}
	return PowerShell(user)
}

// tokenRefused says why an application's token is not accepted, or why there is none.
func (e *examination) tokenRefused(err error) providers.Trouble {
	t := providers.Trouble{Doc: "exchange-sign-in", Class: providers.SignedOut, Where: atPermissions}
	switch providers.CauseOf(err) {
	case providers.CauseTokenAudience:
		t.What, t.Where = "the token is made for another resource than this server", atConfig
		t.Change = "correct the resource that tokens are for; " + providers.CauseTokenAudience.Next()
	case providers.CauseTokenRole:
		t.What, t.Change = "the application's token lacks the permission for Exchange Web Services", providers.CauseTokenRole.Next()
	default:
		t.What, t.Where = "the application is not accepted: "+providers.Sanitise(err.Error()), atRegistration
		t.Change = "check tenant, client_id and the client secret of the application; and that the server trusts the tenant: Get-AuthServer in the " + atShell
	}
	return fill(t, err)
}

// service says whether the account may use Exchange Web Services at all (mistake 20).
func (e *examination) service(context.Context) outcome {
	err := e.exchangeSeen.refused
	if err == nil {
		version := e.exchangeSeen.version
		if version == "" {
			return passed("Exchange Web Services are open; the server does not tell its version")
		}
		return passed("Exchange Web Services are open; " + versionWords(version))
	}
	t := providers.Trouble{Mistake: 20, Doc: "20", Class: providers.NotAllowed}
	switch cause := providers.CauseOf(err); cause {
	case providers.CauseEWSOff, providers.CauseEWSEnded:
		t.What, t.Where, t.Change = cause.Words(), atExchange, "connect the tenant with Graph: roomdesk connect graph"
		if cause == providers.CauseEWSOff {
			t.Change += "; until 2027-04-01 Set-OrganizationConfig -EwsEnabled $true with the application on its allow list opens them again"
		}
	case providers.CauseEWSAppNotAllowed:
		t.What, t.Where = "the tenant allows Exchange Web Services to listed applications only, and "+providers.Sanitise(e.Connection.ActsAs())+" is not among them", atExchange
		t.Change = "connect the tenant with Graph: roomdesk connect graph; until 2027-04-01 an administrator can add the application to the list (EWSAllowedAppIDs)"
	default:
		account := PowerShell(e.Connection.ActsAs())
		t.What, t.Where = "the server accepts "+providers.Sanitise(e.Connection.ActsAs())+" and refuses it Exchange Web Services: they are switched off for the organisation or the account, or this program is not allowed", atShell
		t.Change = "Get-OrganizationConfig | fl Ews*; Get-CASMailbox -Identity " + account + " | fl Ews* shows which; Set-CASMailbox -Identity " + account + " -EwsEnabled $true opens them to the account, Set-OrganizationConfig -EwsEnabled $true to the organisation"
	}
	return failed(fill(t, err))
}

// versionWords names the product of a version.
func versionWords(version string) string {
	product := "Exchange"
	switch {
	case strings.HasPrefix(version, "15.0."):
		product = "Exchange 2013"
	case strings.HasPrefix(version, "15.1."):
		product = "Exchange 2016"
	case strings.HasPrefix(version, "15.2."):
		product = "Exchange 2019 or Subscription Edition"
	}
	return product + ", version " + version
}
