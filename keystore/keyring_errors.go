package keystore

import (
	"errors"
	"net"
	"os/exec"
	"strings"

	"github.com/zalando/go-keyring"
)

// errReadBack: the keyring said that it stored the value and then gave another.
var errReadBack = errors.New("the keyring gave back another value than was stored")

// classify turns what the keyring library answered into an [*Error]. The library
// gives plain texts, so the texts themselves are matched: those of gnome-keyring
// 42, KeePassXC 2.7 and the reference message bus, as measured.
func classify(op string, err error) error {
	if err == nil {
		return nil
	}
	var done *Error
	if errors.As(err, &done) {
		named := *done
		named.Op = op
		return &named
	}
	e := &Error{Backend: "keyring", Op: op, Detail: plain(err.Error()), Err: err}
	var execErr *exec.Error
	var netErr *net.OpError
	text := err.Error()
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		e.Kind, e.Detail, e.Remedy = ErrNotFound, "", "connect again: roomdesk connect"
	case errors.Is(err, keyring.ErrSetDataTooBig):
		e.Kind, e.Remedy = ErrTooBig, "a credential may have 2,560 bytes; check what was pasted"
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		e.Kind, e.Remedy = ErrUnavailable, "this system has no supported keyring; choose --keystore env"
	case strings.Contains(text, "failed to unlock correct collection") && strings.Contains(text, "/aliases/default"):
		e.Kind, e.Detail = ErrLocked, "the keyring is locked or has no default collection"
		e.Remedy = "unlock it, or create a default keyring in your password manager; on a machine without a desktop start gnome-keyring-daemon --unlock, or choose --keystore env"
	case strings.Contains(text, "failed to unlock correct collection"):
		e.Kind, e.Detail = ErrLocked, "the keyring was not unlocked"
		e.Remedy = "unlock the keyring with its password, then try again; on a machine without a desktop start gnome-keyring-daemon --unlock, or choose --keystore env"
	case strings.Contains(text, "IsLocked") || strings.Contains(text, "is locked"):
		e.Kind, e.Remedy = ErrLocked, "unlock the keyring with its password, then try again"
	case errors.As(err, &execErr), strings.Contains(text, "couldn't determine address of session bus"):
		e.Kind, e.Detail, e.Remedy = ErrUnavailable, "there is no D-Bus session bus", remedyNoBus
	case strings.Contains(text, "was not provided by any .service files"):
		e.Kind, e.Detail = ErrUnavailable, "no keyring program answers on the session bus"
		e.Remedy = "install and start gnome-keyring, KeePassXC or KWallet, or choose --keystore env"
	case errors.As(err, &netErr):
		e.Kind = ErrUnavailable
		e.Remedy = "DBUS_SESSION_BUS_ADDRESS names a bus that is not there: log in again, or unset it"
	case errors.Is(err, errReadBack):
		e.Kind, e.Remedy = ErrUnavailable, "the keyring changes what it stores; choose another keyring program, or --keystore env"
	case strings.Contains(strings.ToLower(text), "no space left") || strings.Contains(strings.ToLower(text), "quota exceeded"):
		e.Kind, e.Remedy = ErrUnavailable, "the disk is full: make room where the keyring lies (~/.local/share/keyrings), then try again"
	case strings.Contains(strings.ToLower(text), "read-only"):
		e.Kind, e.Remedy = ErrUnavailable, "the keyring lets nothing be stored: make its default collection writable or choose another one in the keyring program, or choose --keystore env"
	default:
		e.Kind, e.Remedy = ErrUnavailable, "look at the keyring program's own messages, or choose --keystore env"
	}
	return e
}

// scrub takes a credential out of an error's text, should a keyring repeat it.
func scrub(err error, secret Secret) error {
	var e *Error
	if err == nil || secret.Empty() || !errors.As(err, &e) || !strings.Contains(e.Error()+errText(e.Err), secret.Reveal()) {
		return err
	}
	return &Error{Kind: e.Kind, Backend: e.Backend, Op: e.Op, Remedy: e.Remedy}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
