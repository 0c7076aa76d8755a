package tui

import (
	"context"
	"errors"
	"time"
)

// fakeRotation is what the fake says about exchanging a credential, and what it was asked.
type fakeRotation struct {
	rotation  Rotation
	rotateErr error // of PlanRotation
	tried     []NewCredential
	tryErr    error
	rotated   []NewCredential
	rotateNo  error // of Rotate
	made      []string
}

func (f *fakeWorkspace) PlanRotation(_ context.Context, connection string) (Rotation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rotation.Connection = connection
	return f.rotation, f.rotateErr
}

func (f *fakeWorkspace) TryCredential(_ context.Context, _ string, n NewCredential) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tried = append(f.tried, n)
	return f.tryErr
}

func (f *fakeWorkspace) MakeNext(_ context.Context, _, file string) (MadeCertificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made = append(f.made, file)
	return MadeCertificate{File: "/home/adele/" + file, Thumbprint: "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B", Ends: fakeNow().AddDate(1, 0, 0)}, nil
}

func (f *fakeWorkspace) Rotate(_ context.Context, _ string, n NewCredential) (Rotation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rotateNo != nil {
		return Rotation{}, f.rotateNo
	}
	f.rotated = append(f.rotated, n)
	f.rotation.Previous = true
	return f.rotation, nil
}

// officeWithSecret is an office whose client secret ends in some days.
func officeWithSecret(days int) *fakeWorkspace {
	f := office()
	f.secretEnds(days)
	return f
}

// secretEnds lets the office's client secret end in some days.
func (d *driver) secretEnds(days int) {
	d.ws.secretEnds(days)
	d.send(changesAnswer{changes: Changes{Sync: true}})
}

func (f *fakeWorkspace) secretEnds(days int) {
	ends := fakeNow().Add(time.Duration(days)*24*time.Hour + time.Hour)
	f.header.Expiring = CredentialEnd{Connection: "fabrikam", What: "client secret", Ends: ends}
	f.rotation = Rotation{What: "client secret", Kept: "the keyring", TenantID: "8d1c2ad5-0000-4000-8000-0a1b2c3d4e5f", ClientID: "11f0f5a7-0000-4000-8000-5e6f7a8b9c0d", Ends: ends, Open: true}
}

var errWrongSecret = errors.New("the client secret is wrong: it is the Secret ID, or it was deleted. In Entra, App registrations > roomdesk > Certificates & secrets, copy the column Value of a secret that holds.")
