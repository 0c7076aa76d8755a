package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/term"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// maxSecretInput is the most that is read from standard input for a secret.
const maxSecretInput = 8 << 10

// newCredential gets the credential of a new connection: as it is stored, and as
// it signs in. A certificate's public half goes into c.
func (a *app) newCredential(ctx context.Context, f *connectFlags, c *keystore.Connection, store keystore.Store) (keystore.Secret, graph.Credential, error) {
	if !f.certificate.given() {
		secret, err := a.newSecret(ctx, f, store)
		return secret, graph.Credential{Secret: secret.Reveal()}, err
	}
	certificate, err := a.newCertificate(ctx, f.certificate, c, store)
	if err != nil {
		return keystore.Secret{}, graph.Credential{}, err
	}
	key, err := certificate.KeySecret()
	return key, graph.Credential{Certificate: certificate.Leaf, Key: certificate.Key}, err
}

// newSecret gets the secret of a new connection: from standard input, or from a
// store that somebody else fills, as the environment. Its shape is checked before any request.
func (a *app) newSecret(ctx context.Context, f *connectFlags, store keystore.Store) (keystore.Secret, error) {
	var text string
	var err error
	switch {
	case f.secretStdin:
		text, err = a.readSecret(ctx, "Client secret (Value): ")
	case store.Describe().ReadOnly:
		var secret keystore.Secret
		secret, err = store.Get(ctx, f.connection.SecretKey())
		text = secret.Reveal()
	default:
		return keystore.Secret{}, usage("pipe the secret's Value into roomdesk and give --secret-stdin: secrets never come by argument",
			"the client secret is missing")
	}
	if err != nil {
		return keystore.Secret{}, err
	}
	if advice := providers.CheckSecretValue(text, f.connection.ClientID, f.connection.Tenant); advice.Wrong {
		what, next, _ := strings.Cut(advice.Text, "; ")
		return keystore.Secret{}, usage(next, "%s", what)
	}
	if err := graph.CheckSecret(text); err != nil {
		return keystore.Secret{}, asUsage(err)
	}
	return keystore.NewSecret(text), nil
}

// readSecret reads one line from standard input; on a terminal it asks, without
// echo.
func (a *app) readSecret(ctx context.Context, question string) (string, error) {
	if terminal(a.deps.Stdin) {
		return a.typeSecret(ctx, a.deps.Stdin.(interface{ Fd() uintptr }).Fd(), question)
	}
	input, err := io.ReadAll(io.LimitReader(a.deps.Stdin, maxSecretInput+1))
	defer clear(input)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", failed("pipe the secret's Value into roomdesk", "standard input could not be read: %v", err)
	}
	if len(input) > maxSecretInput {
		return "", usage("pipe the secret's Value only", "standard input is longer than any secret")
	}
	return strings.TrimRight(string(input), "\r\n"), nil
}

// typeSecret asks for the secret on a terminal. Where the person gives up, the
// terminal echoes again as before.
func (a *app) typeSecret(ctx context.Context, fd uintptr, question string) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", failed("pipe the secret into roomdesk instead", "the terminal cannot be used: %v", err)
	}
	_, _ = fmt.Fprint(a.out.err, question)
	type typed struct {
		line []byte
		err  error
	}
	done := make(chan typed, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		done <- typed{line, err}
	}()
	select {
	case <-ctx.Done():
		err := ctx.Err()
		if restored := term.Restore(fd, before); restored != nil {
			err = errors.Join(err, restored)
		}
		_, _ = fmt.Fprintln(a.out.err)
		return "", err
	case got := <-done:
		_, _ = fmt.Fprintln(a.out.err)
		if got.err != nil {
			return "", failed("pipe the secret into roomdesk instead", "the secret could not be read from the terminal: %v", got.err)
		}
		defer clear(got.line)
		return strings.TrimSpace(string(got.line)), nil
	}
}

// passphraseTries is how often a person may type one.
const passphraseTries = 3

// wrongPassphrase asks for another passphrase where somebody types them.
func (a *app) wrongPassphrase(times int) bool {
	path, _ := a.deps.LookupEnv("ROOMDESK_PASSPHRASE_FILE")
	if path != "" || !terminal(a.deps.Stdin) || a.drawing.Load() || times >= passphraseTries {
		return false
	}
	a.out.say("The passphrase does not open the file.")
	return true
}

// passphrase gets the passphrase of an encrypted file: from the file that
// ROOMDESK_PASSPHRASE_FILE names, or from the terminal; twice for a new file.
func (a *app) passphrase(ctx context.Context, create bool) (keystore.Secret, error) {
	if path, ok := a.deps.LookupEnv("ROOMDESK_PASSPHRASE_FILE"); ok && path != "" {
		return keystore.PassphraseFile(path)
	}
	stdin, ok := a.deps.Stdin.(interface{ Fd() uintptr })
	if !ok || !terminal(a.deps.Stdin) || a.drawing.Load() {
		return keystore.Secret{}, nil // the store says what that means
	}
	question := "Passphrase of the encrypted file: "
	if create {
		question = "New passphrase for the encrypted file: "
	}
	typed, err := a.typeSecret(ctx, stdin.Fd(), question)
	if err != nil || !create {
		return keystore.NewSecret(typed), err
	}
	again, err := a.typeSecret(ctx, stdin.Fd(), "Once more: ")
	if err == nil && again != typed {
		err = usage("repeat, and type the same twice", "the passphrases differ")
	}
	return keystore.NewSecret(typed), err
}
