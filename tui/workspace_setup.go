package tui

import (
	"context"

	"roomdesk/providers"
)

// SetupDesk makes connections for the guided set-up. Nothing is kept before Connect,
// except what can be gone on with: never a secret.
type SetupDesk interface {
	ExchangeDesk
	// BeginSetup gives what an earlier set-up left, or a new one.
	BeginSetup(ctx context.Context) (SetupStart, error)
	// KeepSetup keeps what was entered, so that it can be gone on with.
	KeepSetup(ctx context.Context, s providers.Setup) error
	// DropSetup takes back everything that a set-up has left: what was kept to be gone
	// on with, the key of a certificate that was made, who signed in, and where it was
	// connected the credential, the connection and its mirror.
	DropSetup(ctx context.Context, s providers.Setup) error
	// LeastPermissions is the smallest set for some features.
	LeastPermissions(features []string) []string
	// ConsentLink is where an administrator consents.
	ConsentLink(s providers.Setup) string
	// MakeCertificate makes a key, which goes into the keystore, and its certificate,
	// whose public half is written to a file.
	MakeCertificate(ctx context.Context, s providers.Setup) (providers.SetupCertificate, error)
	// OpenLink opens a link of the sign-in service in this machine's browser, because the
	// person said so.
	OpenLink(ctx context.Context, address string) error
	// AwaitConsent waits for the answer to an administrator's consent, which the browser
	// brings back to this machine; show gets the link for it. What it gives is only what
	// the browser was told. Network.
	AwaitConsent(ctx context.Context, s providers.Setup, show func(providers.ConsentPrompt)) (providers.ConsentGiven, error)
	// SignInSetup signs a person in, in memory only; show gets link and code. It waits
	// until somebody has signed in. Network.
	SignInSetup(ctx context.Context, s providers.Setup, show func(providers.SignInPrompt)) (providers.SignedIn, error)
	// TestSetup tries a connection that is not kept yet; report is told of each rung as
	// it ends. Network.
	TestSetup(ctx context.Context, s providers.Setup, secret providers.Hidden, report func(providers.Rung)) (providers.SetupAnswer, error)
	// ConnectSetup keeps the connection that was tested.
	ConnectSetup(ctx context.Context, s providers.Setup, secret providers.Hidden) (providers.SetupConnected, error)
}

// SetupStart is where a set-up begins.
type SetupStart struct {
	Setup    providers.Setup // Saved is zero where nothing was left
	Features []providers.SetupFeature
	Taken    []string // names of connections that there are
	// Records are what these were granted, to be compared before somebody consents.
	Records []providers.ConsentRecord
}
