package providers

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// SetupField names one value of a set-up. The names are those of the configuration
// where it has the value.
type SetupField string

// Fields of a set-up.
const (
	SetupProvider    SetupField = "provider"
	SetupKind        SetupField = "kind"
	SetupFeatures    SetupField = "features"
	SetupTenant      SetupField = "tenant"
	SetupClientID    SetupField = "client_id"
	SetupCloud       SetupField = "cloud"
	SetupAuthority   SetupField = "authority_url"
	SetupGraph       SetupField = "graph_url"
	SetupCAFile      SetupField = "ca_file"
	SetupPermissions SetupField = "permissions"
	SetupCredential  SetupField = "credential"
	SetupSecret      SetupField = "secret"
	SetupExpires     SetupField = "secret_expires"
	SetupFile        SetupField = "certificate_file"
	SetupKeyFile     SetupField = "key_file"
	SetupPublicFile  SetupField = "public_file"
	SetupKeystore    SetupField = "keystore"
	SetupOrganizer   SetupField = "organizer"
	SetupTestMailbox SetupField = "test_mailbox"
	SetupDomains     SetupField = "domains"
	SetupOutside     SetupField = "outside"
	SetupName        SetupField = "name"
)

// Values of the fields that are chosen.
const (
	SetupEnterprise  = "enterprise"  // an application signs in, for all rooms
	SetupIndividual  = "individual"  // a person signs in, for what that person may see
	SetupBySecret    = "secret"      // a client secret's Value
	SetupByFile      = "certificate" // a certificate with its key, in a file
	SetupMade        = "made"        // a certificate that is made here
	SetupDeviceCode  = "device-code"
	SetupBrowser     = "browser"
	setupCustomCloud = "custom"
)

// Setup is what was entered in a set-up: everything but the secret. Other hidden fields
// are a part of it in memory only.
type Setup struct {
	Step   int                   `json:"step"` // how far it came, from 0
	Values map[SetupField]string `json:"values"`
	// Features are the names of what is wanted.
	Features []string `json:"features"`
	// Made is the certificate that was made here; nil: none.
	Made *SetupCertificate `json:"made,omitempty"`
	// Found is what Autodiscover told; nil: it was not asked.
	Found *SetupServerFound `json:"found,omitempty"`
	// Saved is when it was kept, to be gone on with.
	Saved time.Time `json:"saved"`
	// PassphraseRead: the passphrase of an encrypted file is read from a file, and so not
	// asked for.
	PassphraseRead bool `json:"-"`
	// Hidden are the values of hidden fields other than the secret, see
	// [Setup.SetHidden]. The field is exported so that printing redacts them.
	Hidden map[SetupField]Hidden `json:"-"`
}

// SetupCertificate is the public half of a certificate that was made here.
type SetupCertificate struct {
	Public     string    `json:"public"` // DER in base64
	File       string    `json:"file"`   // where the half to upload lies
	Thumbprint string    `json:"thumbprint"`
	Expires    time.Time `json:"expires"`
	Name       string    `json:"name"`      // of the connection under which the key is kept
	ClientID   string    `json:"client_id"` // likewise
	Keystore   string    `json:"keystore"`
}

// NewSetup is a set-up with the usual choices.
func NewSetup() Setup {
	return Setup{Features: []string{"rooms", "calendars", "booking", "people", "domains"}, Values: map[SetupField]string{
		SetupProvider: "graph", SetupKind: SetupEnterprise, SetupCloud: "global", SetupCredential: SetupBySecret, SetupKeystore: "keyring", SetupSignIn: SetupNTLM, SetupLevel: SetupMayBook,
	}}
}

// Get is a value without what surrounds it.
func (s Setup) Get(f SetupField) string { return strings.TrimSpace(s.Values[f]) }

// Set changes a value.
func (s *Setup) Set(f SetupField, value string) {
	if s.Values == nil {
		s.Values = map[SetupField]string{}
	}
	s.Values[f] = value
}

// Individual reports whether a person signs in.
func (s Setup) Individual() bool { return !s.Exchange() && s.Get(SetupKind) == SetupIndividual }

// Custom reports whether the roots of the cloud are given.
func (s Setup) Custom() bool { return s.Get(SetupCloud) == setupCustomCloud }

// Begun reports whether anything was entered that a person would miss.
func (s Setup) Begun() bool {
	for _, f := range []SetupField{SetupTenant, SetupClientID, SetupAuthority, SetupOrganizer, SetupTestMailbox, SetupDomains, SetupOutside, SetupName, SetupFile, SetupUser, SetupEmail, SetupServer} {
		if s.Get(f) != "" {
			return true
		}
	}
	return s.Made != nil
}

// NameOr is the connection's name, or one made of the domain that is known.
func (s Setup) NameOr() string {
	if name := s.Get(SetupName); name != "" {
		return name
	}
	domain := s.Get(SetupTenant)
	if looksLikeGUID(domain) {
		domain = ""
	}
	if list := SetupList(s.Get(SetupDomains)); len(list) > 0 {
		domain = list[0]
	}
	for _, f := range []SetupField{SetupEmail, SetupOrganizer} {
		if _, after, found := strings.Cut(s.Get(f), "@"); found && (f == SetupOrganizer || s.Exchange()) {
			domain = after
		}
	}
	name, _, _ := strings.Cut(strings.ToLower(domain), ".")
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, name)
	if name = strings.Trim(name, "-"); name == "" {
		return "tenant"
	}
	return name
}

// SetupList takes a list apart that is written with blanks, commas or semicolons.
func SetupList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\t' || r == '\n' || r == '\r' })
}

// Hidden is a secret on its way from where it is entered to where it is kept. Every
// way of printing it gives "redacted".
type Hidden struct{ value []byte }

// NewHidden keeps a copy of a value, without the line break that a paste ends with.
func NewHidden(value string) Hidden { return Hidden{[]byte(strings.TrimRight(value, "\r\n"))} }

// Reveal is the value itself, for the one call that needs it.
func (h Hidden) Reveal() string { return string(h.value) }

// Len is its length in bytes.
func (h Hidden) Len() int { return len(h.value) }

// Wipe overwrites the value.
func (h *Hidden) Wipe() {
	clear(h.value)
	h.value = nil
}

func (h Hidden) String() string   { return "redacted" }
func (h Hidden) GoString() string { return "redacted" }

// Format redacts under every verb.
func (h Hidden) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "redacted") }

func (h Hidden) MarshalJSON() ([]byte, error) { return []byte(`"redacted"`), nil }
func (h Hidden) MarshalText() ([]byte, error) { return []byte("redacted"), nil }
func (h Hidden) LogValue() slog.Value         { return slog.StringValue("redacted") }

// SetupFeature is something that is wanted, with what it needs.
type SetupFeature struct {
	Name, What string
	Needs      []string
}

// SetupAnswer is who answered a set-up's test, and what was found.
type SetupAnswer struct {
	Diagnosis Diagnosis
	// Known: somebody answered, and the rest says who.
	Known      bool
	TenantID   string
	TenantName Untrusted
	Account    string // of a person
	AppName    Untrusted
	AppID      string
	Domains    []string // verified ones
	// Permissions are those in the token, Missing those that the ticked features need
	// besides, Extra those that nothing needs.
	Permissions, Missing, Extra []string
	// Level is what an Exchange server allows in the test mailbox.
	Level AccessLevel
	// Before are the permissions when this tenant was connected last; nil: not known.
	Before []string
}

// Refused says why a connection cannot be kept after its test; nil: it can.
func (a SetupAnswer) Refused() *Trouble {
	cause := a.Diagnosis.Cause()
	switch {
	case cause != nil && cause.Doc == "domain":
		return cause // C11: a foreign domain is never kept
	case cause == nil, cause.Partly && a.Known, a.Known && !cause.Again.IsZero():
		return nil
	}
	return cause
}

// SetupConnected is what was kept at the end.
type SetupConnected struct {
	Name, Kept string // Kept: where the credential is, in words
	Undo       string // the command that takes it back
}
