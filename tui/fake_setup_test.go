package tui

import (
	"context"
	"sync"
	"time"

	"roomdesk/providers"
)

// What a set-up in the tests is about.
const (
	setupTenantID = "3f2b8c1e-9d47-4a6b-8e15-0c7d2f9a4b61"
	setupClientID = "b7c1d2e3-4f56-4789-9abc-def012345678"
	setupSecretID = "99999999-8888-4777-8666-555555555555"
	setupSecret   = "q1w8Q~canary-secret-value-of-the-tests-0123"
)

// fakeSetup is a desk whose tenant answers what it is told to.
type fakeSetup struct {
	mu        sync.Mutex
	start     SetupStart
	kept      []providers.Setup
	dropped   int
	secrets   []string // that came with a test
	phrases   []string // likewise
	answers   []providers.SetupAnswer
	connected []providers.Setup
	signErr   error
	prompt    *providers.SignInPrompt
	consent   *providers.ConsentPrompt
	given     providers.ConsentGiven
	givenErr  error
	opened    []string
	searched  []string // passwords that came with a search
	found     providers.SetupServerFound
	openErr   error
}

func newFakeSetup() *fakeSetup {
	f := &fakeSetup{}
	f.start = SetupStart{Setup: providers.NewSetup(), Taken: []string{"fabrikam"}}
	for _, row := range [][3]string{{"rooms", "the list of rooms with their equipment", "Place.Read.All"}, {"free-busy", "when rooms and people are taken, without subjects", "Calendars.ReadBasic.All"},
		{"calendars", "calendars with their meetings", "Calendars.Read"}, {"booking", "booking, changing and cancelling", "Calendars.ReadWrite"},
		{"people", "the list of people, and their licences", "User.Read.All"}, {"domains", "the tenant's name and its verified domains", "Organization.Read.All"}} {
		f.start.Features = append(f.start.Features, providers.SetupFeature{Name: row[0], What: row[1], Needs: []string{row[2]}})
	}
	f.answers = []providers.SetupAnswer{answeredSetup(nil)}
	f.found = providers.SetupServerFound{URL: "https://mail.hq.example/EWS/Exchange.asmx", Tried: []string{"JSON at https://autodiscover.hq.example/autodiscover/autodiscover.json: found"}}
	return f
}

var setupRungs = []string{"settings", "credential", "name", "connection", "tls", "clock", "tenant", "application", "sign-in", "token", "graph", "places", "calendars", "people", "organizer", "test mailbox", "rooms", "room calendars", "named mailboxes", "availability", "teams", "outside", "inbox", "write", "room answers", "exchange"}

// answeredSetup is an answer with a trouble at "calendars", or none.
func answeredSetup(t *providers.Trouble) providers.SetupAnswer {
	a := providers.SetupAnswer{Known: true, TenantID: setupTenantID, TenantName: providers.Outside("Contoso"), AppName: providers.Outside("roomdesk"), AppID: setupClientID,
		Domains: []string{"contoso.com", "contoso.onmicrosoft.com"}, Permissions: []string{"Calendars.ReadWrite", "Organization.Read.All", "Place.Read.All", "User.Read.All"}}
	a.Diagnosis = providers.Diagnosis{Connection: "contoso", Started: fakeNow(), Took: 1840 * time.Millisecond}
	for _, name := range setupRungs {
		r := providers.Rung{Name: name, State: providers.RungPassed, Seen: setupSeen(name)}
		switch {
		case name == "calendars" && t != nil:
			r.State, r.Seen, r.Trouble = providers.RungFailed, "", t
			if !t.Again.IsZero() {
				r.State = providers.RungWaiting
			}
		case name == "write" || name == "exchange" || name == "room answers" || name == "outside" || name == "inbox":
			r.State, r.Seen = providers.RungNotRun, "not asked for"
		case t != nil && (name == "organizer" || name == "test mailbox" || name == "room calendars" || name == "availability" || name == "teams"):
			r.State, r.Seen = providers.RungNotRun, "needs calendars, which failed"
		}
		a.Diagnosis.Rungs = append(a.Diagnosis.Rungs, r)
	}
	return a
}

// notConsented is a permission that was added and not granted.
func notConsented() *providers.Trouble {
	return &providers.Trouble{Mistake: 6, Doc: "6", Class: providers.NotAllowed, What: "Calendars.ReadWrite is not in the token: it is not granted",
		Where: "Entra admin center > App registrations > API permissions", Change: "add Calendars.ReadWrite under Application permissions, if it is not there, and choose Grant admin consent"}
}

func (f *fakeSetup) BeginSetup(context.Context) (SetupStart, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.start, nil
}

func (f *fakeSetup) KeepSetup(_ context.Context, s providers.Setup) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, s)
	return nil
}

func (f *fakeSetup) DropSetup(context.Context, providers.Setup) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped++
	f.start.Setup = providers.NewSetup()
	return nil
}

func (f *fakeSetup) LeastPermissions(features []string) []string {
	var out []string
	for _, feature := range f.start.Features {
		for _, name := range features {
			if name == feature.Name && name != "calendars" && name != "free-busy" {
				out = append(out, feature.Needs...)
			}
		}
	}
	return out
}

func (f *fakeSetup) ExchangeCommands(s providers.Setup) []string {
	if s.OAuth() {
		return []string{"Get-AuthServer | fl Name,Enabled,IssuerIdentifier,TrustedAudience", "Get-PartnerApplication | fl Name,Enabled,ApplicationIdentifier", "Get-OrganizationConfig | fl Ews*"}
	}
	return []string{"New-ManagementScope -Name 'roomdesk " + s.NameOr() + "' -RecipientRestrictionFilter '((RecipientTypeDetails -eq ''RoomMailbox'') -or (PrimarySmtpAddress -eq ''" + s.Get(providers.SetupEmail) + "''))'",
		"New-ManagementRoleAssignment -Name 'roomdesk " + s.NameOr() + "' -Role 'ApplicationImpersonation' -User '" + s.Get(providers.SetupUser) + "' -CustomRecipientWriteScope 'roomdesk " + s.NameOr() + "'"}
}

func (f *fakeSetup) FindServer(_ context.Context, s providers.Setup, secret providers.Hidden) (providers.SetupServerFound, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.searched = append(f.searched, secret.Reveal())
	f.found.Email = s.Get(providers.SetupEmail)
	return f.found, nil
}

func (f *fakeSetup) ConsentLink(s providers.Setup) string {
	return "https://login.microsoftonline.com/" + s.Get(providers.SetupTenant) + "/adminconsent?client_id=" + s.Get(providers.SetupClientID)
}

func (f *fakeSetup) MakeCertificate(context.Context, providers.Setup) (providers.SetupCertificate, error) {
	return providers.SetupCertificate{Public: "MIIB", File: "/home/ada/roomdesk-contoso.cer", Thumbprint: "A94A8FE5CCB19BA61C4C0873D391E987982FBBD3",
		Expires: fakeNow().AddDate(2, 0, 0), Name: "contoso", ClientID: setupClientID, Keystore: "keyring"}, nil
}

func (f *fakeSetup) OpenLink(_ context.Context, address string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened = append(f.opened, address)
	return f.openErr
}

func (f *fakeSetup) AwaitConsent(_ context.Context, _ providers.Setup, show func(providers.ConsentPrompt)) (providers.ConsentGiven, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.consent != nil {
		show(*f.consent)
	}
	return f.given, f.givenErr
}

func (f *fakeSetup) SignInSetup(ctx context.Context, _ providers.Setup, show func(providers.SignInPrompt)) (providers.SignedIn, error) {
	f.mu.Lock()
	prompt, err := f.prompt, f.signErr
	f.mu.Unlock()
	if prompt != nil {
		show(*prompt)
	}
	return providers.SignedIn{Account: "1", Address: "ada@contoso.com", TenantID: setupTenantID}, err
}

func (f *fakeSetup) TestSetup(_ context.Context, s providers.Setup, secret providers.Hidden, report func(providers.Rung)) (providers.SetupAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.secrets = append(f.secrets, secret.Reveal())
	f.phrases = append(f.phrases, s.HiddenAt(providers.SetupPassphrase).Reveal())
	a := f.answers[0]
	if len(f.answers) > 1 {
		f.answers = f.answers[1:]
	}
	for _, r := range a.Diagnosis.Rungs {
		report(r)
	}
	return a, nil
}

func (f *fakeSetup) ConnectSetup(_ context.Context, s providers.Setup, _ providers.Hidden) (providers.SetupConnected, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connected = append(f.connected, s)
	return providers.SetupConnected{Name: s.NameOr(), Kept: "this computer's keyring (Secret Service)", Undo: "roomdesk disconnect " + s.NameOr()}, nil
}

// setupSeen is what a rung saw.
func setupSeen(name string) string {
	seen := map[string]string{
		"settings": "tenant " + setupTenantID + ", cloud global", "credential": "a client secret from keyring, good for 23 months", "name": "login.microsoftonline.com and graph.microsoft.com",
		"connection": "both answer", "tls": "by DigiCert", "clock": "as the service's", "tenant": "it exists", "application": "the tenant knows it as roomdesk", "sign-in": "a token came",
		"token": "Organization.Read.All, Place.Read.All, User.Read.All; good for 59 min", "graph": "Contoso answers", "places": "Place.Read.All works", "people": "User.Read.All works", "rooms": "37 rooms are listed",
	}
	if s := seen[name]; s != "" {
		return s
	}
	return "as it should be"
}
