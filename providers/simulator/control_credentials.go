package simulator

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"roomdesk/providers/simulator/entra"
)

// newCredential is a client secret, or a certificate, that an application gets.
type newCredential struct {
	ClientID string `json:"client_id,omitempty"` // "": the application of endpoints.json
	// ForDays is how long a secret holds; 0: half a year.
	ForDays int `json:"for_days,omitempty"`
	// Certificate is the half that an administrator uploads, PEM; "": a secret is made.
	Certificate string `json:"certificate,omitempty"`
}

// credential is one that an application has. Value is there only in the answer that makes
// a secret, as in the portal.
type credential struct {
	ClientID string    `json:"client_id"`
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // "secret" or "certificate"
	Value    string    `json:"value,omitempty"`
	Expires  time.Time `json:"expires"`
}

// credentialControls do what an administrator does under Certificates & secrets:
//
//	GET    /credentials          what applications have
//	POST   /credentials          a new secret, whose value is told once, or a certificate
//	DELETE /credentials?id=ID    takes one away
func (t *Tenant) credentialControls(mux *http.ServeMux) {
	mux.HandleFunc("GET /credentials", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, t.credentials())
	})
	mux.HandleFunc("POST /credentials", func(w http.ResponseWriter, r *http.Request) {
		var wanted newCredential
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&wanted)
		var made credential
		if err == nil {
			made, err = t.addCredential(wanted)
		}
		if err != nil {
			t.writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		t.writeControl(w, http.StatusOK, made)
	})
	mux.HandleFunc("DELETE /credentials", func(w http.ResponseWriter, r *http.Request) {
		if !t.dropCredential(r.URL.Query().Get("id")) {
			t.writeControl(w, http.StatusNotFound, map[string]string{"error": "no application has a credential with this id"})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// credentialsOf are an application's, without the values of its secrets.
func credentialsOf(a *entra.Application) []credential {
	out := []credential{}
	for _, s := range a.Secrets {
		out = append(out, credential{ClientID: a.ClientID, ID: s.ID, Kind: "secret", Expires: s.Expires})
	}
	for _, c := range a.Certificates {
		out = append(out, credential{ClientID: a.ClientID, ID: thumbprintText(c), Kind: "certificate", Expires: c.NotAfter})
	}
	return out
}

// thumbprintText is a certificate's SHA-1 as the portal shows it.
func thumbprintText(c *x509.Certificate) string {
	return strings.ToUpper(hex.EncodeToString(thumbprint(c.Raw)))
}

func (t *Tenant) credentials() []credential {
	out := []credential{}
	for _, id := range []string{t.endpoints.ClientID, t.endpoints.PublicClientID} {
		// Only looked at: nothing is changed by it.
		_ = t.directory.Update(id, func(a *entra.Application) { out = append(out, credentialsOf(a)...) }) // an application that is gone has none
	}
	return out
}

func (t *Tenant) addCredential(wanted newCredential) (credential, error) {
	made := credential{ClientID: wanted.ClientID, Kind: "secret"}
	if made.ClientID == "" {
		made.ClientID = t.endpoints.ClientID
	}
	if wanted.ForDays < 0 || wanted.ForDays > 730 {
		return made, errors.New("for_days is 1 to 730: a client secret holds two years at most")
	}
	if wanted.Certificate != "" {
		block, _ := pem.Decode([]byte(wanted.Certificate))
		if block == nil || block.Type != "CERTIFICATE" {
			return made, errors.New("certificate is no PEM certificate")
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return made, fmt.Errorf("certificate: %w", err)
		}
		made.Kind, made.ID, made.Expires = "certificate", thumbprintText(leaf), leaf.NotAfter
		return made, t.directory.Update(made.ClientID, func(a *entra.Application) { a.Certificates = append(a.Certificates, leaf) })
	}
	value, err := newSecret()
	if err != nil {
		return made, err
	}
	made.ID, made.Value, made.Expires = uuid.NewString(), value, t.present().AddDate(0, 6, 0)
	if wanted.ForDays > 0 {
		made.Expires = t.present().AddDate(0, 0, wanted.ForDays)
	}
	return made, t.directory.Update(made.ClientID, func(a *entra.Application) {
		a.Secrets = append(a.Secrets, entra.Secret{ID: made.ID, Value: value, Expires: made.Expires})
	})
}

// dropCredential reports whether an application had it.
func (t *Tenant) dropCredential(id string) (had bool) {
	for _, c := range t.credentials() {
		if c.ID != id {
			continue
		}
		had = true
		_ = t.directory.Update(c.ClientID, func(a *entra.Application) { // it was there a moment ago
			a.Secrets = slices.DeleteFunc(a.Secrets, func(s entra.Secret) bool { return s.ID == id })
			a.Certificates = slices.DeleteFunc(a.Certificates, func(c *x509.Certificate) bool { return thumbprintText(c) == id })
		})
	}
	return had
}
