package providers

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Fields of a set-up of Exchange Server. Its password or client secret is SetupSecret.
const (
	SetupSignIn SetupField = "sign_in"
	SetupUser   SetupField = "user"
	SetupEmail  SetupField = "email"
	SetupServer SetupField = "server"
	// SetupAudience is the resource for which an application's tokens are made; "" is the
	// server's own root.
	SetupAudience SetupField = "audience"
)

// Values of SetupSignIn.
const (
	SetupNTLM  = "ntlm"
	SetupBasic = "basic"
	SetupOAuth = "oauth"
)

// Steps that only a set-up of Exchange Server has.
const (
	StepAccount SetupStepID = "account"
	StepPeople  SetupStepID = "people"
	StepRights  SetupStepID = "rights"
	StepServer  SetupStepID = "server"
)

// SetupServerFound is what Autodiscover told of a server.
type SetupServerFound struct {
	// Email is the mailbox that was asked for: for another one it holds no more.
	Email string `json:"email"`
	URL   string `json:"url"` // "" where no server was found
	// Tried are the places that were asked and what they said, safe to show.
	Tried []string `json:"tried"`
	// Refused says why a server that was found cannot be connected; "" is none.
	Refused string `json:"refused,omitempty"`
}

// Exchange reports whether the set-up is one of Exchange Server.
func (s Setup) Exchange() bool { return s.Get(SetupProvider) == "ews" }

// OAuth reports whether an application signs in at an Exchange server.
func (s Setup) OAuth() bool { return s.Exchange() && s.Get(SetupSignIn) == SetupOAuth }

// Searched is what Autodiscover told for the mailbox that stands there now; nil: it has
// not been asked.
func (s Setup) Searched() *SetupServerFound {
	if s.Found == nil || !strings.EqualFold(s.Found.Email, s.Get(SetupEmail)) {
		return nil
	}
	return s.Found
}

// ExchangeServer is the server's address: the one that was found, or that was typed
// where none was found.
func (s Setup) ExchangeServer() string {
	if found := s.Searched(); found != nil && found.URL != "" && found.Refused == "" {
		return found.URL
	}
	return s.Get(SetupServer)
}

// exchangeSteps are the steps of a set-up of Exchange Server.
func (s Setup) exchangeSteps() []SetupStep {
	return []SetupStep{
		s.exchangeNeedStep(), s.accountStep(), s.exchangeMailboxStep(), s.rightsStep(), s.serverStep(),
		{ID: StepTest, Title: "Run Test", Short: "test", Text: []string{"Each rung is tried, the most basic first; the first that fails is the cause. Nothing is written and nothing is kept yet."}},
		{ID: StepWho, Title: "Who answered", Short: "who", Text: []string{"Is this the server and the mailbox that you meant? Only now is anything kept."}},
		{ID: StepDone, Title: "Connected", Short: "done"},
	}
}

func (s Setup) rightsStep() SetupStep {
	step := SetupStep{ID: StepRights, Title: "The right to act", Short: "rights", Where: "Exchange Management Shell", Role: "An administrator with the role Organization Management.",
		Text: []string{"The account acts for rooms and organizers by the role ApplicationImpersonation. A management scope limits it to rooms and to the mailboxes that you named:"}}
	if s.OAuth() {
		step.Where = setupPermissions + " > Add a permission > APIs my organization uses > Office 365 Exchange Online > Application permissions: full_access_as_app"
		step.Role = "A Privileged Role Administrator or a Global Administrator consents; the commands need Organization Management."
		step.Text = []string{"The application acts for mailboxes by full_access_as_app, once an administrator has consented. On premises the server has to trust the tenant, and Exchange Online has to list the application: these show whether it is so."}
	}
	return step
}

func (s Setup) exchangeNeedStep() SetupStep {
	step := s.needStep()
	step.Inputs = []SetupInput{step.Inputs[0], {Field: SetupSignIn, Kind: SetupChoice, Label: "signs in by", Ask: "How does the service account sign in?",
		Help: "NTLM does not send the password. Basic sends it inside TLS, and is used only by this choice. OAuth signs an application in, where the organisation has modern authentication.",
		Choices: []SetupOption{{SetupNTLM, "password, NTLM", "the usual one on premises"}, {SetupBasic, "password, Basic", "sends the password itself, inside TLS"},
			{SetupOAuth, "OAuth", "an application of Entra ID"}}}}
	step.Role = "An Exchange administrator with the role Organization Management."
	step.Text = []string{"A service account with a mailbox and its licence, and the role ApplicationImpersonation with a management scope. The commands are printed on the way."}
	if s.OAuth() {
		step.Role = "Registering needs an Application Administrator; consenting a Privileged Role Administrator; the server an Exchange administrator."
		step.Text = []string{"An application of Entra ID with full_access_as_app, and a server that trusts the tenant: hybrid modern authentication, or Exchange Online while it still lists the application."}
	}
	return step
}

func (s Setup) accountStep() SetupStep {
	step := SetupStep{ID: StepAccount, Title: "The service account", Short: "account",
		Text: []string{"An account for roomdesk alone, whose password does not change by itself, with a mailbox of its own: Exchange lists rooms only to accounts with one."},
		Inputs: []SetupInput{
			{Field: SetupUser, Kind: SetupText, Label: "account", Ask: `Service account, DOMAIN\user or user@domain?`, Help: `As it signs in: DOMAIN\user, or user@domain. It needs a mailbox and its licence.`},
			{Field: SetupSecret, Kind: SetupHidden, Label: "password", Ask: "Its password?", Help: "It is never shown and never written into the configuration. One that is refused is not tried again, because directories lock accounts."},
		}}
	if s.OAuth() {
		step.Title, step.Short, step.Where = "The application", "application", setupOverview
		step.Text = []string{"An application of Entra ID with the permission full_access_as_app, where the organisation has modern authentication on premises."}
		step.Inputs = []SetupInput{
			{Field: SetupTenant, Kind: SetupText, Label: "tenant", Ask: "Directory (tenant) ID?", Help: setupOverview + ": Directory (tenant) ID."},
			{Field: SetupClientID, Kind: SetupText, Label: "client id", Ask: "Application (client) ID?", Help: setupOverview + ": Application (client) ID, the first of the three."},
			{Field: SetupSecret, Kind: SetupHidden, Label: "secret Value", Ask: "Client secret (Value)?", Help: setupSecrets + " > Client secrets: the column Value. It is never shown and never written into the configuration."},
			{Field: SetupAuthority, Kind: SetupText, Label: "sign-in root", Ask: "Root of the sign-in service (optional)?", Help: "Microsoft's where nothing is written.", Optional: true},
			{Field: SetupAudience, Kind: SetupText, Label: "tokens for", Ask: "Resource that tokens are made for (optional)?", Help: "The server's own root where nothing is written: right for Exchange Online, and on premises where that name is registered in Entra ID. Else as https://outlook.office365.com.", Optional: true},
		}
	}
	// Where it is kept is asked as for Graph.
	for i, in := range s.withSecret().credentialStep().Inputs {
		if in.Field == SetupKeystore {
			step.Inputs = append(step.Inputs, s.withSecret().credentialStep().Inputs[i:]...)
			break
		}
	}
	return step
}

// withSecret is the same set-up of an application at Graph that has a client secret.
func (s Setup) withSecret() Setup {
	values := map[SetupField]string{}
	for field, value := range s.Values {
		values[field] = value
	}
	s.Values = values
	s.Set(SetupProvider, "graph")
	s.Set(SetupKind, SetupEnterprise)
	s.Set(SetupCredential, SetupBySecret)
	return s
}

func (s Setup) exchangeMailboxStep() SetupStep {
	return SetupStep{ID: StepPeople, Title: "The mailboxes", Short: "mailboxes", Text: []string{"The account acts for the first one in the test: its calendar is opened and read."}, Inputs: []SetupInput{
		{Field: SetupEmail, Kind: SetupText, Label: "act for", Ask: "Mailbox that the account acts for in the test?", Help: "A mailbox on this server, such as desk@hq.example. Autodiscover is asked for its domain."},
		{Field: SetupOrganizer, Kind: SetupText, Label: "organizer", Ask: "Mailbox on whose behalf bookings are made (optional)?", Help: "Meetings that are booked here stand in its calendar. Where nothing is written it is the mailbox above.", Optional: true},
		{Field: SetupOutside, Kind: SetupText, Label: "must refuse", Ask: "Mailbox that must be refused (optional)?", Help: "One outside of the management scope, to prove it.", Optional: true},
		{Field: SetupName, Kind: SetupText, Label: "short name", Ask: "Short name of the connection (optional)?", Help: "How this connection is called here and on the command line.", Optional: true}}}
}

// serverStep has a field for the address only where Autodiscover does not tell it.
func (s Setup) serverStep() SetupStep {
	step := SetupStep{ID: StepServer, Title: "The server", Short: "server", Text: []string{"Autodiscover is asked at the mailbox's own domain. Only hosts of that domain see a sign-in."}}
	found := s.Searched()
	if found == nil || found.URL != "" && found.Refused == "" {
		return step
	}
	step.Text = nil // what was tried stands there
	step.Inputs = []SetupInput{
		{Field: SetupServer, Kind: SetupText, Label: "server", Ask: "Address of the server?", Help: "A host such as mail.hq.example, or the whole URL of Exchange Web Services: https://mail.hq.example/EWS/Exchange.asmx."},
		{Field: SetupCAFile, Kind: SetupText, Label: "CA file", Ask: "CA file (PEM, optional)?", Help: "Your organisation's certificate authority, where this machine does not trust it by itself.", Optional: true},
	}
	return step
}

// checkExchange says what there is to say of a field of such a set-up; false where it is
// checked as for Graph.
func (s Setup) checkExchange(f SetupField, secret Hidden, now time.Time) (Advice, bool) {
	text := s.Get(f)
	switch f {
	case SetupUser:
		return CheckAccountName(text), true
	case SetupEmail:
		return CheckMailbox(text), true
	case SetupOrganizer:
		if text == "" {
			return Advice{}, true
		}
		return CheckMailbox(text), true
	case SetupServer:
		return CheckExchangeServer(text, s.OAuth(), now), true
	case SetupAuthority:
		if text == "" {
			return Advice{}, true
		}
	case SetupSecret:
		if !s.OAuth() {
			return checkPassword(secret.Reveal(), s.Get(SetupUser)), true
		}
	case SetupAudience:
		return checkAudience(text), true
	case SetupTenant:
		if looksLikeGUID(text) {
			return Advice{Fine: true}, true
		}
		if text == "" {
			return Advice{Text: "the Directory (tenant) ID"}, true
		}
		if a := CheckTenantID(text, ""); a.Fine {
			return wrong("tokens for Exchange are asked for by the id itself: the Directory (tenant) ID"), true
		}
	}
	return Advice{}, false
}

// CheckAccountName checks the form of a service account's name while it is typed.
func CheckAccountName(text string) Advice {
	text = strings.TrimSpace(text)
	domain, name, down := strings.Cut(text, `\`)
	switch {
	case text == "":
		return Advice{Text: `as DOMAIN\user or user@domain`}
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return wrong("a control character is in it")
	case strings.Contains(text, "/"):
		return wrong(`the sign between domain and user is \ and not /`).offer(strings.Replace(text, "/", `\`, 1))
	case down && (domain == "" || name == ""):
		return Advice{Text: `as DOMAIN\user`}
	case down && strings.Contains(name, `\`), strings.Count(text, "@") > 1:
		return wrong(`it is DOMAIN\user or user@domain, not both`)
	case down && strings.Contains(name, "@"):
		return wrong(`it is DOMAIN\user or user@domain, not both`).offer(name)
	case down && strings.Contains(domain, "."):
		return Advice{Text: `the part before \ is mostly the short name of the domain, such as HQ`, Fine: true}
	case down:
		return fine(`an account of the domain ` + cutPlain(domain))
	case !strings.Contains(text, "@"):
		return Advice{Text: `as DOMAIN\user or user@domain`}
	}
	return CheckMailbox(text)
}

// checkAudience checks the resource that tokens are made for: a root, nothing else.
func checkAudience(text string) Advice {
	if text == "" {
		return Advice{}
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "":
		if strings.Trim(u.Path, "/") == "" {
			return Advice{Fine: true}
		}
		return wrong("the root alone, without a path").offer("https://" + u.Host)
	case err == nil && u.Scheme == "" && u.Host == "" && strings.Contains(text, ".") && !strings.ContainsAny(text, "/ "):
		return wrong("it begins with https://").offer("https://" + text)
	}
	return wrong("this is no root of a server: as https://outlook.office365.com")
}

func checkPassword(text, user string) Advice {
	switch {
	case text == "":
		return Advice{Text: "paste or type it; it is never shown"}
	case strings.ContainsAny(text, "\r\n\t"):
		return wrong("a line break or a tabulator is in it: paste the password alone")
	case strings.EqualFold(text, user):
		return wrong("this is the account's name and not its password")
	case looksLikeGUID(text):
		return wrong("this looks like an id, and not like a password")
	}
	return Advice{Fine: true}
}

// CheckExchangeServer checks an address of Exchange Web Services while it is typed.
// Exchange Online is refused with the reason and the date, unless an application that
// the tenant has listed signs in.
func CheckExchangeServer(text string, oauth bool, now time.Time) Advice {
	text = strings.TrimSpace(text)
	if text == "" {
		return Advice{Text: "a host such as mail.hq.example, or the whole URL"}
	}
	whole := text
	if !strings.Contains(text, "://") {
		whole = "https://" + text
	}
	u, err := url.Parse(whole)
	switch {
	case err != nil || u.Hostname() == "" || strings.ContainsAny(text, " \t"):
		return wrong("this is no host and no URL")
	case u.Scheme == "http":
		return wrong("a password is not sent without TLS: https").offer("https" + strings.TrimPrefix(whole, "http"))
	case u.Scheme != "https":
		return wrong("the URL begins with https://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return wrong("a host and perhaps a path, nothing else")
	case strings.Contains(strings.ToLower(u.Path), "/owa"), strings.Contains(strings.ToLower(u.Path), "/ecp"):
		return wrong("this is the web page for people, not Exchange Web Services").offer("https://" + u.Host + "/EWS/Exchange.asmx")
	case ExchangeOnline(u.Hostname()) && !now.Before(EWSEnd()):
		return wrong("%s", CauseEWSEnded.Words()+"; connect this tenant with Graph")
	case ExchangeOnline(u.Hostname()) && !oauth:
		return wrong("Exchange Online has blocked this since %s except for listed applications, and ends it on %s: connect the tenant with Graph", EWSBlocked().Format(time.DateOnly), EWSEnd().Format(time.DateOnly))
	case ExchangeOnline(u.Hostname()):
		return fine("Exchange Online: only for an application that the tenant has listed, and only until " + EWSEnd().Format(time.DateOnly))
	case !strings.Contains(u.Hostname(), ".") && u.Port() == "":
		return Advice{Text: "a host's name has a dot"}
	}
	return Advice{Fine: true}
}

// ExchangeOnline reports whether a host is Exchange Online, in any of its clouds.
func ExchangeOnline(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc([]string{"outlook.office365.com", "outlook.office.com", "outlook.com", "office365.us", "partner.outlook.cn", "outlook.office.de"}, func(suffix string) bool {
		return host == suffix || strings.HasSuffix(host, "."+suffix)
	})
}
