package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// settings looks at the form of the values, without any request.
func (e *examination) settings(context.Context) outcome {
	c := e.Connection
	switch {
	case c.Disconnected != nil:
		return failed(providers.Trouble{Doc: "disconnected", Class: providers.SignedOut, What: "the connection is disconnected since " + day(*c.Disconnected),
			Where: atMachine, Change: "connect it again under the same name: roomdesk connect " + c.Provider + " --name " + c.Name})
	case strings.EqualFold(c.ClientID, c.Tenant) && c.ClientID != "":
		return failed(providers.Trouble{Mistake: 3, Doc: "3", Class: providers.SignedOut, What: "client_id is the Directory (tenant) ID",
			Where: atOverview, Change: "copy the Application (client) ID"})
	case e.SetUp != nil:
		return failed(fill(e.invalid(e.SetUp), e.SetUp))
	}
	if err := c.Validate(); err != nil {
		return failed(e.invalid(err))
	}
	if c.Exchange() {
		return e.exchangeSettings()
	}
	return passed(fmt.Sprintf("tenant %s, application %s, cloud %s", c.Tenant, c.ClientID, c.CloudName()))
}

func (e *examination) invalid(err error) providers.Trouble {
	t := providers.Trouble{Doc: "settings", Class: providers.Permanent, What: providers.Sanitise(err.Error()), Where: atConfig, Change: "correct it"}
	var field *keystore.FieldError
	var known *providers.Error
	switch {
	case errors.As(err, &field):
		t.Change = providers.Sanitise(field.Remedy)
	case errors.As(err, &known):
		t.What, t.Change = known.Message.Or(t.What), known.Advice
	}
	return t
}

// credential reads the credential and looks at its form, without any request.
func (e *examination) credential(ctx context.Context) outcome {
	if e.Secret == nil {
		return passed("not a client secret: sign-in shows whether it is accepted")
	}
	secret, err := e.Secret(ctx)
	if err != nil {
		return failed(e.unreadable(err))
	}
	defer secret.Wipe()
	if e.person() {
		return passed(e.Connection.CredentialName() + " is kept, its key is from " + e.Connection.KeystoreKind())
	}
	if leaf, ok := e.Connection.Leaf(); ok {
		return e.certificate(leaf, secret)
	}
	if e.Connection.ByPassword() {
		return e.password(secret)
	}
	text := secret.Reveal()
	bad := func(mistake int, what, change string) outcome {
		return failed(providers.Trouble{Mistake: mistake, Doc: "1", Class: providers.SignedOut, What: what, Where: atSecrets, Change: change})
	}
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
		return bad(0, "the client secret is empty", "copy the column Value, or make a new secret")
	case strings.EqualFold(trimmed, e.Connection.ClientID), strings.EqualFold(trimmed, e.Connection.Tenant):
		return bad(1, "the stored client secret is another of the connection's ids", "copy the column Value, or make a new secret")
	case keystore.LooksLikeGUID(trimmed):
		return bad(1, "the stored client secret is its Secret ID, not its Value", "copy the column Value, or make a new secret, for the Value is shown only once")
	case trimmed != text, strings.ContainsAny(text, "\r\n\t\x00"):
		return bad(0, "the client secret has blanks or line breaks in or around it", "copy the column Value once more, without what surrounds it")
	}
	seen := "a client secret from " + e.Connection.KeystoreKind()
	if ends := e.Connection.Expires(); !ends.IsZero() {
		left := ends.Sub(e.Now())
		if left <= 0 {
			seen += ", which should have expired on " + e.Connection.SecretExpires.String()
		} else {
			seen += ", good for " + providers.Age(left)
		}
	}
	return passed(seen)
}

// certificate looks at a certificate and its key, without any request.
func (e *examination) certificate(leaf *x509.Certificate, key keystore.Secret) outcome {
	t := providers.Trouble{Mistake: 2, Doc: "2", Class: providers.SignedOut, Where: atSecrets, Change: "upload a new certificate, and connect with it"}
	now := e.Now()
	switch _, err := (keystore.Certificate{Leaf: leaf}).WithKey(key); {
	case err != nil:
		t.Mistake, t.Doc, t.Class, t.Where, t.Change = 0, "sign-in", providers.Local, atMachine, "connect again with the certificate and its own key"
		t.What = "the stored key does not belong to the certificate of this connection"
	case now.After(leaf.NotAfter):
		t.What = "the certificate expired on " + day(leaf.NotAfter)
	case now.Before(leaf.NotBefore):
		t.Mistake, t.Doc, t.Where, t.Change = 17, "17", atMachine, "set the clock, or wait until then"
		t.What = "the certificate is good only from " + day(leaf.NotBefore) + " on"
	default:
		return passed("a certificate, good for " + providers.Age(leaf.NotAfter.Sub(now)) + ", its key from " + e.Connection.KeystoreKind())
	}
	return failed(t)
}

// unreadable says why the credential cannot be had from this machine.
func (e *examination) unreadable(err error) providers.Trouble {
	t := providers.Trouble{Mistake: 18, Doc: "18", Class: providers.Local, Where: atMachine, What: providers.Sanitise(err.Error())}
	var store *keystore.Error
	if errors.As(err, &store) {
		t.Change = providers.Sanitise(store.Remedy)
	}
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		t.Mistake, t.Doc, t.Class = 0, "18", providers.SignedOut
		t.What = "the credential of this connection is not in its store (" + e.Connection.KeystoreKind() + ")"
		if t.Change == "" {
			t.Change = "connect again"
		}
	case errors.Is(err, keystore.ErrLocked):
		t.Class, t.What = providers.SignedOut, "the keyring is locked, so the credential cannot be read"
		if e.Connection.KeystoreKind() == "age" {
			t.What = "the encrypted file is locked, so the credential cannot be read"
		}
	case errors.Is(err, keystore.ErrTimeout):
		t.What = "the keyring does not answer, so the credential cannot be read"
	case errors.Is(err, keystore.ErrUnavailable):
		t.What = "there is no keyring that could be asked for the credential"
		if store != nil && store.Detail != "" {
			t.What += " (" + providers.Sanitise(store.Detail) + ")"
		}
	}
	if t.Change == "" {
		t.Change = "unlock the keyring, or choose another store with connect --keystore"
	}
	return t
}
