package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// Rotator exchanges a connection's credential for a new one without a gap: the new one is
// tried in memory, takes the old one's place, and the old one is kept until a whole sync
// succeeded with the new one.
type Rotator interface {
	// PlanRotation says what would be exchanged, or what is under way. Local.
	PlanRotation(ctx context.Context, connection string) (Rotation, error)
	// TryCredential signs in with a new credential and reads something with it. Nothing
	// is stored. Network.
	TryCredential(ctx context.Context, connection string, n NewCredential) error
	// MakeNext makes a certificate: its key goes into the keystore, the half to upload
	// into a file. Where that file was made before, it is the same one again.
	MakeNext(ctx context.Context, connection, file string) (MadeCertificate, error)
	// Rotate tries the new credential once more and puts it in the old one's place. With
	// an error nothing was changed. Of the connection that is shown here the old one is
	// kept, and removed in the background; [Changes] tells how far that is. Network.
	Rotate(ctx context.Context, connection string, n NewCredential) (Rotation, error)
}

// Rotation is the state of a connection's credential. What comes from a configuration is
// sanitised.
type Rotation struct {
	Connection string
	What       string // "client secret", "certificate", "password"
	Kept       string // where it is: "the keyring"
	Password   bool   // of a service account: there is one at a time
	Account    string // of the password
	TenantID   string
	ClientID   string
	Ends       time.Time // zero: not known
	Open       bool      // its rooms are shown here: the old one stays until a whole sync
	// Previous: the credential before the current one is still kept. Read of Total
	// mailboxes were read with the new one; both are zero while that has not begun.
	Previous    bool
	Read, Total int
	// Trouble is why the old one is still kept where something went wrong; safe to show.
	Trouble string
}

// RotateKind is what the new credential is.
type RotateKind string

// Kinds of new credentials. A password is a secret of its own kind.
const (
	RotateSecret RotateKind = "secret"
	RotateFile   RotateKind = "file" // a certificate with its key: PEM or PFX
	RotateMade   RotateKind = "made" // a certificate that was made here
)

// NewCredential is what a person entered.
type NewCredential struct {
	Kind  RotateKind
	Value providers.Hidden // of a secret or password
	Ends  string           // day on which a secret ends, 2027-05-31; "" not known
	File  string           // of a certificate
	// KeyFile is the file of a PEM certificate's key, "" where it is in File; Password
	// opens a PFX file.
	KeyFile  string
	Password providers.Hidden
}

// MadeCertificate is a certificate that was made here.
type MadeCertificate struct {
	File       string // the half to upload
	Thumbprint string // as the portal shows it
	Ends       time.Time
}
