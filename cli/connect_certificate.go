package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/pflag"

	"roomdesk/keystore"
	"roomdesk/providers/graph"
)

// certificateFlags say where a certificate comes from; at most one of the first
// three is given.
type certificateFlags struct {
	file, pfx, made string
	key             string // of file
}

func (f certificateFlags) given() bool { return f.file != "" || f.pfx != "" || f.made != "" }

func (f *certificateFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "certificate", "", "PEM file with the application's certificate, and its key unless --key is given")
	flags.StringVar(&f.key, "key", "", "PEM file with the certificate's key")
	flags.StringVar(&f.pfx, "pfx", "", "PFX file with certificate and key; its password is asked, or read from standard input")
	flags.StringVar(&f.made, "make-certificate", "", "make a key and a certificate, and write the half to upload to this file; run again after the upload")
}

// check refuses what does not go together.
func (f certificateFlags) check(secret, expires bool) error {
	given := 0
	for _, on := range []bool{secret, f.file != "", f.pfx != "", f.made != ""} {
		if on {
			given++
		}
	}
	switch {
	case given > 1:
		return usage("choose one", "--secret-stdin, --certificate, --pfx and --make-certificate exclude each other")
	case f.key != "" && f.file == "":
		return usage("give the certificate's file with --certificate", "--key belongs to --certificate")
	case expires && f.given():
		return usage("leave it out", "--secret-expires is for client secrets: a certificate knows its own end")
	}
	return nil
}

// newCertificate gets the certificate of a new connection, and puts its public
// half into c.
func (a *app) newCertificate(ctx context.Context, f certificateFlags, c *keystore.Connection, store keystore.Store) (keystore.Certificate, error) {
	var certificate keystore.Certificate
	var err error
	switch {
	case f.made != "":
		return a.madeCertificate(ctx, f.made, c, store)
	case f.pfx != "":
		certificate, err = a.readPFX(ctx, f.pfx)
	default:
		certificate, err = keystore.ReadCertificate(f.file, f.key)
	}
	if err == nil {
		err = certificate.Check(a.deps.Now())
	}
	if err != nil {
		return certificate, connectUsage(err)
	}
	c.Certificate, c.SecretExpires = keystore.EncodeCertificate(certificate.Leaf), nil
	return certificate, nil
}

// readPFX opens a PFX file: without a password, or with the one that is asked for.
func (a *app) readPFX(ctx context.Context, path string) (keystore.Certificate, error) {
	certificate, err := keystore.ReadPFX(path, "")
	if !errors.Is(err, keystore.ErrPassphrase) {
		return certificate, err
	}
	password, err := a.readSecret(ctx, "Password of the PFX file: ")
	if err != nil {
		return certificate, err
	}
	if certificate, err = keystore.ReadPFX(path, password); errors.Is(err, keystore.ErrPassphrase) {
		return certificate, usage("repeat with the password that the file was exported with, typed or piped into roomdesk", "the password does not open the PFX file")
	}
	return certificate, err
}

// madeObject is a certificate that was made here and waits for its upload.
type madeObject struct {
	File       string `json:"file"`
	Thumbprint string `json:"thumbprint"`
	Expires    string `json:"expires"`
	Uploaded   bool   `json:"uploaded"`
}

// madeCertificate makes a certificate, or takes the one that an earlier run made, and
// asks for the upload of one that is new.
func (a *app) madeCertificate(ctx context.Context, path string, c *keystore.Connection, store keystore.Store) (keystore.Certificate, error) {
	certificate, fresh, err := a.makeCertificate(ctx, path, c, store)
	if err != nil || !fresh {
		return certificate, err
	}
	return certificate, a.uploaded(ctx, path, certificate)
}

// madeBefore reads a certificate whose public half an earlier run wrote to a file, and
// whose key is in the store.
func (a *app) madeBefore(ctx context.Context, path string, c *keystore.Connection, store keystore.Store) (keystore.Certificate, error) {
	var none keystore.Certificate
	leaf, err := keystore.ReadPublic(path)
	if err != nil {
		return none, connectUsage(err)
	}
	c.Certificate, c.SecretExpires = keystore.EncodeCertificate(leaf), nil
	key, err := store.Get(ctx, c.SecretKey())
	if errors.Is(err, keystore.ErrNotFound) {
		return none, usage("give the name of a file that does not exist yet, so that a new one is made", "the key of the certificate in that file is not in the keystore")
	}
	if err != nil {
		return none, err
	}
	defer key.Wipe()
	return keystore.Certificate{Leaf: leaf}.WithKey(key)
}

// makeCertificate makes a key and its certificate: the key goes into the store and
// nowhere else, the public half into a file. Where the file is there already, an
// earlier run made it, and its key is read.
func (a *app) makeCertificate(ctx context.Context, path string, c *keystore.Connection, store keystore.Store) (_ keystore.Certificate, fresh bool, _ error) {
	var none keystore.Certificate
	if _, err := os.Lstat(path); err == nil {
		before, err := a.madeBefore(ctx, path, c, store)
		return before, false, err
	} else if !errors.Is(err, fs.ErrNotExist) {
		return none, false, usage("check the path and its permissions", "the file for the certificate: %v", err)
	}
	if backend := store.Describe(); backend.ReadOnly || !backend.Persistent {
		return none, false, usage("use the keyring, or bring a certificate of your own", "a certificate that is made here needs a keystore that can keep its key")
	}
	if err := keystore.Probe(ctx, store); err != nil {
		return none, false, err
	}
	certificate, err := keystore.MakeCertificate(c.Name, a.deps.Now())
	if err != nil {
		return none, false, err
	}
	c.Certificate, c.SecretExpires = keystore.EncodeCertificate(certificate.Leaf), nil
	key, err := certificate.KeySecret()
	if err != nil {
		return none, false, err
	}
	defer key.Wipe()
	if err := store.Set(ctx, c.SecretKey(), key); err != nil {
		return none, false, err
	}
	err = a.notePending(*c, path)
	if err == nil {
		err = writePublic(path, certificate)
	}
	if err != nil {
		a.usedPending(*c)
		if undo := store.Delete(context.WithoutCancel(ctx), c.SecretKey()); undo != nil {
			a.out.say("roomdesk: the key that was stored could not be removed again: %s", explain(undo).sentence())
		}
		return none, false, usage("choose another file", "the file cannot be written: %v", err)
	}
	return certificate, true, nil
}

// uploaded waits until the person says that the public half is uploaded. Where
// nobody can be asked the command ends here, partly done.
func (a *app) uploaded(ctx context.Context, path string, certificate keystore.Certificate) error {
	thumbprint, expires := keystore.Thumbprint(certificate.Leaf), certificate.Leaf.NotAfter.UTC()
	a.out.say("Made a certificate. Its key is in the keystore and nowhere else.\n  public half  %s\n  thumbprint   %s\n  valid until  %s (%s)\n"+
		"Upload the file in the app registration under Certificates & secrets, Certificates; the portal then shows the same thumbprint.",
		path, thumbprint, expires.Format(time.DateOnly), a.countdown(expires))
	if !terminal(a.deps.Stdin) {
		a.out.say("Then run the same command again.")
		if a.out.format == formatJSON {
			if err := a.out.json(madeObject{File: path, Thumbprint: thumbprint, Expires: expires.Format(time.DateOnly)}); err != nil {
				return err
			}
		}
		return told(exitPartly)
	}
	_, err := a.ask(ctx, "Press Enter when it is uploaded: ")
	return err
}

// writePublic writes the half to upload, never over another file.
func writePublic(path string, certificate keystore.Certificate) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // public
	if err != nil {
		return err
	}
	_, err = file.Write(keystore.PublicPEM(certificate.Leaf))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// credentialOf is what a connection signs in with, from what its store gave.
func credentialOf(c keystore.Connection, stored keystore.Secret) (graph.Credential, error) {
	leaf, ok := c.Leaf()
	if !ok {
		return graph.Credential{Secret: stored.Reveal()}, nil
	}
	certificate, err := keystore.Certificate{Leaf: leaf}.WithKey(stored)
	return graph.Credential{Certificate: certificate.Leaf, Key: certificate.Key}, err
}
