package providers

import (
	"slices"
	"strings"
	"time"
)

// SetupInputKind is how a field is entered.
type SetupInputKind string

// Kinds of input.
const (
	SetupText   SetupInputKind = "text"
	SetupHidden SetupInputKind = "hidden" // never drawn and never kept
	SetupChoice SetupInputKind = "choice"
	SetupTicks  SetupInputKind = "ticks"
)

// SetupInput is one field of a step.
type SetupInput struct {
	Field    SetupField
	Kind     SetupInputKind
	Label    string // two words at most
	Ask      string // the same as a question
	Help     string // what it is, and where it stands
	Optional bool
	Choices  []SetupOption
}

// SetupOption is one choice.
type SetupOption struct{ Value, Label, Note string }

// SetupStepID names a step.
type SetupStepID string

// Steps of a set-up, in their order.
const (
	StepNeed        SetupStepID = "need"
	StepApplication SetupStepID = "application"
	StepCredential  SetupStepID = "credential"
	StepMailboxes   SetupStepID = "mailboxes"
	StepConsent     SetupStepID = "consent" // of a person: signing in
	StepTest        SetupStepID = "test"
	StepWho         SetupStepID = "who"
	StepDone        SetupStepID = "done"
)

// SetupStep is one step with all that is said of it.
type SetupStep struct {
	ID     SetupStepID
	Title  string
	Short  string // one word, for the list of steps
	Role   string // who is needed for it; "" is anybody
	Text   []string
	Where  string // place in the portal
	Inputs []SetupInput
}

// Portal places of the set-up.
const (
	setupRegister    = "Entra admin center > App registrations > New registration"
	setupOverview    = "Entra admin center > App registrations > roomdesk > Overview"
	setupSecrets     = "Entra admin center > App registrations > roomdesk > Certificates & secrets"
	setupPermissions = "Entra admin center > App registrations > roomdesk > API permissions"
)

// SetupSteps are the steps of a set-up as its choices stand.
func SetupSteps(s Setup) []SetupStep {
	if s.Exchange() {
		return s.exchangeSteps()
	}
	return []SetupStep{s.needStep(), s.applicationStep(), s.credentialStep(), s.mailboxStep(), s.consentStep(),
		{ID: StepTest, Title: "Run Test", Short: "test", Text: []string{"Each rung is tried, the most basic first; the first that fails is the cause. Nothing is written and nothing is kept yet."}},
		{ID: StepWho, Title: "Who answered", Short: "who", Text: []string{"Is this the tenant and the account that you meant? Only now is anything kept."}},
		{ID: StepDone, Title: "Connected", Short: "done"},
	}
}

func (s Setup) needStep() SetupStep {
	step := SetupStep{ID: StepNeed, Title: "What you need", Short: "need", Inputs: []SetupInput{
		{Field: SetupProvider, Kind: SetupChoice, Label: "provider", Ask: "Which calendars?", Help: "Microsoft Graph is for everything in the cloud. Exchange Web Services are for Exchange Server on premises; Exchange Online blocks them since 2026-10-01 and ends them on 2027-04-01.",
			Choices: []SetupOption{{"graph", "Microsoft Graph", "Microsoft 365, in the cloud"}, {"ews", "Exchange Web Services", "on premises only: Exchange Online ends them on 2027-04-01"}}},
		{Field: SetupKind, Kind: SetupChoice, Label: "who signs in", Ask: "Who signs in?", Help: "An application sees the rooms of the whole organisation and works when nobody is there. With your own account roomdesk sees what you may see, and no administrator's secret is needed.",
			Choices: []SetupOption{{SetupEnterprise, "an application", "all rooms, for everybody here"}, {SetupIndividual, "you yourself", "what your own account may see"}}},
	}}
	if s.Individual() {
		step.Role = "Nobody else, where your organisation lets people consent for themselves; otherwise an administrator consents once."
		step.Inputs = append(step.Inputs, levelInput())
		return step
	}
	step.Role = "Registering needs an Application Administrator; granting consent needs a Privileged Role Administrator or a Global Administrator."
	step.Inputs = append(step.Inputs, SetupInput{Field: SetupFeatures, Kind: SetupTicks, Label: "for what", Ask: "What shall work? Names with blanks between.",
		Help: "Only the permissions for what is ticked are asked for. Mail is never among them."})
	return step
}

func (s Setup) applicationStep() SetupStep {
	step := SetupStep{ID: StepApplication, Title: "The application", Short: "application", Where: setupRegister,
		Text: []string{"Register roomdesk: accounts in this organisation only; it needs no redirect address. Then copy two ids from the Overview. Three GUIDs stand there; the Object ID is not needed."},
		Inputs: []SetupInput{
			{Field: SetupTenant, Kind: SetupText, Label: "tenant", Ask: "Directory (tenant) ID, or a verified domain?", Help: setupOverview + ": Directory (tenant) ID. A verified domain such as contoso.com does as well."},
			{Field: SetupClientID, Kind: SetupText, Label: "client id", Ask: "Application (client) ID?", Help: setupOverview + ": Application (client) ID, the first of the three. The Object ID and the tenant's id look alike."},
			{Field: SetupCloud, Kind: SetupChoice, Label: "cloud", Ask: "Which cloud?", Help: "Global is the one of most tenants. The others are Microsoft's national clouds; custom is for a simulated tenant.",
				Choices: []SetupOption{{"global", "global", "portal.azure.com"}, {"usgov", "US government", "portal.azure.us, GCC High"}, {"usgov-dod", "US defence", "portal.azure.us, DoD"}, {"china", "China", "operated by 21Vianet"}, {setupCustomCloud, "custom", "roots of your own"}}},
		}}
	if s.Individual() {
		step.Text = []string{"A person signs in to a public client: under Authentication, allow public client flows. Then copy two ids from the Overview."}
	}
	if s.Custom() {
		step.Inputs = append(step.Inputs,
			SetupInput{Field: SetupAuthority, Kind: SetupText, Label: "sign-in root", Ask: "Root of the sign-in service?", Help: "As https://host:port. A simulated tenant writes it to endpoints.json as authority_url."},
			SetupInput{Field: SetupGraph, Kind: SetupText, Label: "Graph root", Ask: "Root of Microsoft Graph?", Help: "As https://host:port. A simulated tenant writes it to endpoints.json as graph_url."},
			SetupInput{Field: SetupCAFile, Kind: SetupText, Label: "CA file", Ask: "CA file (PEM)?", Help: "The certificate authority to believe instead of the system's. A simulated tenant writes ca.pem.", Optional: true})
	}
	if !s.Individual() {
		step.Inputs = append(step.Inputs, SetupInput{Field: SetupPermissions, Kind: SetupText, Label: "permissions", Ask: "Permissions that are there (optional)?", Optional: true,
			Help: setupPermissions + " > Add a permission > Microsoft Graph > Application permissions, not Delegated. Paste the names that stand there, and they are compared."})
	}
	return step
}

func (s Setup) credentialStep() SetupStep {
	step := SetupStep{ID: StepCredential, Title: "The credential", Short: "credential", Where: setupSecrets}
	keep := SetupInput{Field: SetupKeystore, Kind: SetupChoice, Label: "kept in", Ask: "Where is it kept?",
		Help: "The keyring of this computer is the place for it. Another place is used only where it is chosen here, is written into the configuration, and is never fallen back to.",
		Choices: []SetupOption{{"keyring", "the keyring", "this computer's, opened at log-in"}, {"age", "an encrypted file", "age, opened with a passphrase at each start"},
			{"systemd", "systemd", "a credential of the unit; not stored here"}, {"env", "the environment", "a variable that you set; not stored here"}, {"memory", "memory", "forgotten when roomdesk ends"}}}
	if s.Individual() {
		step.Title, step.Short, step.Where = "How you sign in", "sign-in", ""
		step.Text = []string{"No password is typed here: you sign in on Microsoft's own page. What is kept of it is sealed."}
		step.Inputs = []SetupInput{{Field: SetupCredential, Kind: SetupChoice, Label: "sign in", Ask: "How do you sign in?",
			Help:    "A code is entered on any device with a browser, also where roomdesk runs on another machine. A browser on this machine is quicker where there is one.",
			Choices: []SetupOption{{SetupDeviceCode, "with a code", "on any device"}, {SetupBrowser, "with the browser", "on this machine"}}}, keep}
		step.Inputs[1].Choices = slices.DeleteFunc(slices.Clone(keep.Choices), func(o SetupOption) bool { return o.Value == "systemd" || o.Value == "env" })
		step.Inputs = append(step.Inputs, s.passphraseInputs()...)
		return step
	}
	step.Inputs = []SetupInput{{Field: SetupCredential, Kind: SetupChoice, Label: "credential", Ask: "What does the application sign in with?",
		Help:    "A client secret is quick and ends after two years at most. A certificate made here is safer: its key never leaves this machine's keyring, and only the public half is uploaded.",
		Choices: []SetupOption{{SetupBySecret, "a client secret", "the column Value"}, {SetupMade, "a certificate made here", "its key stays here"}, {SetupByFile, "a certificate in a file", "PEM or PFX, with its key"}}}}
	switch s.Get(SetupCredential) {
	case SetupByFile:
		step.Inputs = append(step.Inputs, s.fileInputs()...)
	case SetupMade:
		step.Text = []string{"Enter makes the key and its certificate. Upload the file under Certificates; the portal then shows the same thumbprint."}
		step.Inputs = append(step.Inputs, SetupInput{Field: SetupPublicFile, Kind: SetupText, Label: "write it to", Ask: "File for the public half?", Help: "The half to upload. The key goes into the keystore and nowhere else.", Optional: true})
	default:
		step.Text = []string{"New client secret, then copy the column Value at once: the portal shows it only this time. The Secret ID beside it is no secret."}
		step.Inputs = append(step.Inputs, SetupInput{Field: SetupSecret, Kind: SetupHidden, Label: "secret Value", Ask: "Client secret (Value)?", Help: setupSecrets + " > Client secrets: the column Value. It is never shown and never written into the configuration."},
			SetupInput{Field: SetupExpires, Kind: SetupText, Label: "expires", Ask: "Day on which it ends (optional)?", Help: "The column Expires, so that the end is counted down.", Optional: true})
	}
	step.Inputs = append(append(step.Inputs, keep), s.passphraseInputs()...)
	return step
}

func (s Setup) mailboxStep() SetupStep {
	step := SetupStep{ID: StepMailboxes, Title: "The mailboxes", Short: "mailboxes", Text: []string{"The organizer's domain has to be one of the tenant's verified domains."}}
	organizer := SetupInput{Field: SetupOrganizer, Kind: SetupText, Label: "organizer", Ask: "Mailbox on whose behalf bookings are made?", Help: "A mailbox with a licence, such as desk@contoso.com. Meetings that are booked here stand in its calendar."}
	if s.Individual() {
		organizer.Optional, organizer.Help = true, "Your own mailbox where nothing is written here."
		step.Text = []string{"Bookings stand in your own calendar unless you write another mailbox here."}
	}
	step.Inputs = []SetupInput{organizer,
		{Field: SetupTestMailbox, Kind: SetupText, Label: "test mailbox", Ask: "Mailbox that is read as a test (optional)?", Help: "A room or a person whose calendar has to be readable. Where nothing is written the organizer's is read.", Optional: true},
		{Field: SetupDomains, Kind: SetupText, Label: "domains", Ask: "Further domains that the tenant must have verified (optional)?", Help: "The organizer's domain is looked for anyway. With blanks between.", Optional: true},
		{Field: SetupOutside, Kind: SetupText, Label: "must refuse", Ask: "Mailbox that must be refused (optional)?", Help: "Where the application is limited to some mailboxes: one outside of the limit, to prove it.", Optional: true},
		{Field: SetupName, Kind: SetupText, Label: "short name", Ask: "Short name of the connection (optional)?", Help: "How this connection is called here and on the command line.", Optional: true}}
	return step
}

func (s Setup) consentStep() SetupStep {
	if s.Individual() {
		return SetupStep{ID: StepConsent, Title: "Sign in", Short: "sign in", Text: []string{"Open the address in a private window, so that no other account answers. The permission page may come twice, 1 of 2 and 2 of 2: the second is no failure."}}
	}
	return SetupStep{ID: StepConsent, Title: "Admin consent", Short: "consent", Where: setupPermissions + " > Grant admin consent",
		Role: "A Privileged Role Administrator or a Global Administrator.",
		Text: []string{"Open the link in a private window, so that no other account answers. It is not opened by itself. The permission page may come twice, 1 of 2 and 2 of 2: the second is no failure."}}
}

// Check says what there is to say of a field while it is typed. taken are the names
// of other connections, secret the value of the hidden field.
func (s Setup) Check(f SetupField, secret Hidden, taken []string, least []string, now time.Time) Advice {
	text := s.Get(f)
	if s.Exchange() {
		if a, known := s.checkExchange(f, secret, now); known {
			return a
		}
	}
	switch f {
	case SetupTenant:
		return CheckTenantID(text, "") // where both are the same, the client id says so
	case SetupClientID:
		return CheckAppID(text, s.Get(SetupTenant))
	case SetupAuthority, SetupGraph:
		return CheckHTTPS(text)
	case SetupPermissions:
		return CheckPermissions(text, least)
	case SetupSecret:
		return CheckSecretValue(secret.Reveal(), s.Get(SetupClientID), s.Get(SetupTenant))
	case SetupPassword, SetupPassphrase, SetupPassphraseAgain:
		return s.checkHidden(f)
	case SetupExpires:
		return CheckExpiry(text, now)
	case SetupOrganizer, SetupTestMailbox, SetupOutside:
		if text == "" && f == SetupOutside {
			return Advice{}
		}
		return CheckMailbox(text)
	case SetupDomains:
		return CheckDomains(text)
	case SetupName:
		if text == "" {
			return CheckConnectionName(s.NameOr(), taken)
		}
		return CheckConnectionName(text, taken)
	case SetupFile:
		if text == "" {
			return Advice{Text: "the path of a PEM or PFX file"}
		}
	case SetupFeatures:
		if len(s.Features) == 0 {
			return wrong("tick something: nothing is asked for otherwise")
		}
	case SetupKeystore:
		if s.Get(SetupCredential) == SetupMade && slices.Contains([]string{"memory", "env", "systemd"}, text) {
			return wrong("a certificate that is made here needs a place that can keep its key: the keyring, or an encrypted file")
		}
	}
	return Advice{}
}

// Ready says which field of a step still stands in the way, and why; ok is false
// then.
func (s Setup) Ready(step SetupStep, secret Hidden, taken, least []string, now time.Time) (at SetupField, why string, ok bool) {
	for _, in := range step.Inputs {
		empty := in.Kind == SetupText && s.Get(in.Field) == "" || in.Kind == SetupHidden && s.hiddenLen(in.Field, secret) == 0
		reads := in.Field != SetupSecret || s.Get(SetupKeystore) != "env" && s.Get(SetupKeystore) != "systemd"
		if empty && (in.Optional && in.Field != SetupName || !reads) {
			continue
		}
		a := s.Check(in.Field, secret, taken, least, now)
		name := strings.ToLower(in.Label)
		switch {
		case in.Field == SetupPermissions:
		case empty && in.Field != SetupName:
			return in.Field, name + " is missing", false
		case a.Wrong:
			return in.Field, name + ": " + a.Text, false
		case in.Kind == SetupText && a.Text != "" && !a.Fine:
			return in.Field, name + " is not complete: " + a.Text, false
		}
	}
	return "", "", true
}
