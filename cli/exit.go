package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// Exit codes. docs/commands.md tells scripts what they mean.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartly      = 3
	exitDeclined    = 4
	exitSignIn      = 5
	exitUnreachable = 6
	exitInterrupted = 130
)

// exitOfClass is the table from classes of failure to exit codes; a class that is
// not in it gives exitFailed.
var exitOfClass = map[providers.Class]int{
	providers.Throttled:     exitUnreachable,
	providers.Transient:     exitUnreachable,
	providers.Unreachable:   exitUnreachable,
	providers.UntrustedHost: exitUnreachable,
	providers.Foreign:       exitUnreachable,
	providers.Resync:        exitFailed,
	providers.SignedOut:     exitSignIn,
	providers.NotAllowed:    exitSignIn,
	providers.NoMailbox:     exitFailed,
	providers.Gone:          exitFailed,
	providers.Conflict:      exitDeclined,
	providers.Permanent:     exitFailed,
	providers.Unsupported:   exitFailed,
	providers.Local:         exitFailed,
	providers.Cancelled:     exitInterrupted,
}

// exitOfKeystore is the same for kinds of a credential store's failures, with the
// class that JSON shows.
var exitOfKeystore = []struct {
	kind  error
	class string
	code  int
}{
	{keystore.ErrNotFound, "no credential", exitSignIn},
	{keystore.ErrLocked, "keyring locked", exitSignIn},
	{keystore.ErrTimeout, "keyring timeout", exitFailed},
	{keystore.ErrUnavailable, "keyring unavailable", exitFailed},
	{keystore.ErrPermissions, "credential not safe", exitSignIn},
	{keystore.ErrPassphrase, "wrong passphrase", exitSignIn},
	{keystore.ErrDamaged, "credential damaged", exitSignIn},
	{keystore.ErrReadOnly, "keyring read-only", exitFailed},
	{keystore.ErrTooBig, "usage", exitUsage},
	{keystore.ErrUnknownBackend, "usage", exitUsage},
}

// failure is an error as the command line reports it: one sentence that names the
// thing, the next step, and the exit code.
type failure struct {
	code      int
	class     string
	message   string
	svcCode   string // the service's code
	requestID string
	next      string
	err       error
	// silent failures have been told already, by the command's own output.
	silent bool
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.err }

// usage is a failure of how the command was called.
func usage(next, format string, args ...any) error {
	return &failure{code: exitUsage, class: "usage", message: fmt.Sprintf(format, args...), next: next}
}

// failed is a failure of this program's own making.
func failed(next, format string, args ...any) error {
	return &failure{code: exitFailed, class: "failed", message: fmt.Sprintf(format, args...), next: next}
}

// failedAs is a failure of which only the class was kept.
func failedAs(class providers.Class, next, format string, args ...any) error {
	f := &failure{code: exitFailed, class: "failed", message: fmt.Sprintf(format, args...), next: next}
	if code, known := exitOfClass[class]; known {
		f.code, f.class = code, string(class)
	}
	return f
}

// told ends the command with a code; what happened has been said.
func told(code int) error { return &failure{code: code, silent: true} }

// explain turns any error into a failure.
func explain(err error) *failure {
	var already *failure
	var class *providers.Error
	var store *keystore.Error
	var config *keystore.ConfigError
	var field *keystore.FieldError
	switch {
	case errors.As(err, &already):
		return already
	case errors.As(err, &store): // also where a provider could not have the credential
		f := &failure{code: exitFailed, class: "keyring", message: store.Error(), next: store.Remedy, err: err}
		for _, row := range exitOfKeystore {
			if errors.Is(err, row.kind) {
				f.class, f.code = row.class, row.code
				break
			}
		}
		return f
	case errors.As(err, &class):
		return explainClass(err, class)
	case errors.As(err, &config):
		return &failure{code: exitUsage, class: "configuration", message: err.Error(), next: config.Remedy, err: err}
	case errors.As(err, &field):
		return &failure{code: exitUsage, class: "configuration", message: err.Error(), next: field.Remedy, err: err}
	case errors.Is(err, context.Canceled):
		return &failure{code: exitInterrupted, class: string(providers.Cancelled), message: "interrupted", err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{code: exitUnreachable, class: string(providers.Unreachable), message: "no answer in time",
			next: "try again; check the network where it stays so", err: err}
	}
	return &failure{code: exitFailed, class: "failed", message: providers.Sanitise(err.Error()), err: err}
}

func explainClass(err error, e *providers.Error) *failure {
	code, known := exitOfClass[e.Class]
	if !known {
		code = exitFailed
	}
	problem := providers.ProblemOf(err, time.Time{})
	f := &failure{code: code, class: string(e.Class), message: providers.Sanitise(err.Error()), svcCode: e.Code,
		requestID: providers.Sanitise(e.RequestID), next: problem.Next(), err: err}
	if e.Class == providers.Cancelled && errors.Is(err, context.Canceled) {
		f.message = "interrupted"
	}
	return f
}

// sentence is what a person reads: what failed, then what to do.
func (f *failure) sentence() string {
	message := strings.TrimRight(f.message, ". ")
	if f.next == "" {
		return message + "."
	}
	next := strings.TrimRight(f.next, ". ")
	return message + ". " + strings.ToUpper(next[:1]) + next[1:] + "."
}
