package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/term"

	"roomdesk/keystore"
	"roomdesk/providers/graph"
)

// maxSecretInput is the most that is read from standard input for a secret.
const maxSecretInput = 8 << 10

// newSecret gets the secret of a new connection: from standard input, or for the
// store "env" from the environment. Its shape is checked before any request.
func (a *app) newSecret(ctx context.Context, f *connectFlags, store keystore.Store) (keystore.Secret, error) {
	var text string
	var err error
	switch {
	case f.secretStdin:
		text, err = a.readSecret()
	case store.Describe().Name == "env":
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
	if err := graph.CheckSecret(text); err != nil {
		return keystore.Secret{}, asUsage(err)
	}
	return keystore.NewSecret(text), nil
}

// readSecret reads one line from standard input, without echo on a terminal.
func (a *app) readSecret() (string, error) {
	if terminal(a.deps.Stdin) {
		_, _ = fmt.Fprint(a.out.err, "Client secret (Value): ")
		line, err := term.ReadPassword(a.deps.Stdin.(interface{ Fd() uintptr }).Fd())
		_, _ = fmt.Fprintln(a.out.err)
		if err != nil {
			return "", failed("pipe the secret into roomdesk instead", "the secret could not be read from the terminal: %v", err)
		}
		defer clear(line)
		return strings.TrimSpace(string(line)), nil
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
