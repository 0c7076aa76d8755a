package keystore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	// DefaultTimeout bounds a keyring call where nobody can answer a prompt.
	DefaultTimeout = 3 * time.Second
	// InteractiveTimeout bounds a keyring call while a person may be asked to
	// unlock the keyring.
	InteractiveTimeout = 60 * time.Second
	// waitingAfter is how long a call may take before the person is told.
	waitingAfter = time.Second

	// service is the name under which entries are kept. No colon: Windows joins
	// service and user with one.
	service = "roomdesk"
)

// ring is what the operating system's keyring offers: no context, no limit.
type ring interface {
	Get(service, user string) (string, error)
	Set(service, user, password string) error
	Delete(service, user string) error
}

type osRing struct{}

func (osRing) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (osRing) Set(service, user, password string) error { return keyring.Set(service, user, password) }
func (osRing) Delete(service, user string) error        { return keyring.Delete(service, user) }

// KeyringOptions configure [NewKeyring]. The zero value is for unattended use.
type KeyringOptions struct {
	// Timeout bounds each call; zero is [DefaultTimeout].
	Timeout time.Duration
	// Waiting, if set, is called once for a call that takes longer than a second:
	// the keyring may be asking a person to unlock it.
	Waiting func()

	ring  ring
	check func() error
}

// Keyring is the operating system's keyring: Secret Service on Linux, Keychain on
// macOS, Credential Manager on Windows. The library behind it cannot be
// interrupted, so at most one call is outstanding: others wait for it within
// their own limit, and once it has overrun its limit they fail at once with
// [ErrTimeout] until it returns.
type Keyring struct {
	options KeyringOptions
	turn    chan struct{} // holds a token while a call is outstanding

	mu    sync.Mutex
	stuck bool // the outstanding call overran its limit
}

// NewKeyring makes the store; nothing is contacted before the first call.
func NewKeyring(options KeyringOptions) *Keyring {
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	if options.ring == nil {
		options.ring, options.check = osRing{}, checkBus
	}
	return &Keyring{options: options, turn: make(chan struct{}, 1)}
}

// Get implements [Store].
func (k *Keyring) Get(ctx context.Context, key Key) (Secret, error) {
	op := "reading the credential of " + key.Connection
	value, err := k.call(ctx, op, Secret{}, func(func() bool) (string, error) {
		return k.options.ring.Get(service, key.label())
	})
	if err != nil {
		return Secret{}, err
	}
	if value == "" {
		return Secret{}, classify(op, keyring.ErrNotFound)
	}
	return NewSecret(value), nil
}

// Set implements [Store]. Where it fails, also by overrunning its limit, what was
// stored before is put back.
func (k *Keyring) Set(ctx context.Context, key Key, value Secret) error {
	if err := checkSize("keyring", value); err != nil {
		return err
	}
	op := "storing the credential of " + key.Connection
	want, label := value.Reveal(), key.label()
	_, err := k.call(ctx, op, value, func(abandoned func() bool) (string, error) {
		before, errBefore := k.options.ring.Get(service, label)
		if errBefore != nil && !errors.Is(errBefore, keyring.ErrNotFound) {
			return "", errBefore
		}
		if abandoned() {
			return "", errAbandoned
		}
		if err := k.options.ring.Set(service, label, want); err != nil {
			return "", err
		}
		got, err := k.options.ring.Get(service, label)
		if err == nil && got != want || errors.Is(err, keyring.ErrNotFound) {
			err = errReadBack
		}
		if err != nil || abandoned() {
			var undo error
			if errBefore == nil {
				undo = k.options.ring.Set(service, label, before)
			} else {
				undo = k.options.ring.Delete(service, label)
			}
			if err != nil && undo != nil {
				err = fmt.Errorf("%w (and it could not be taken back: %s)", err, plain(undo.Error()))
			}
			if err == nil {
				err = errAbandoned
			}
		}
		return "", err
	})
	return err
}

// Delete implements [Store].
func (k *Keyring) Delete(ctx context.Context, key Key) error {
	_, err := k.call(ctx, "removing the credential of "+key.Connection, Secret{}, func(func() bool) (string, error) {
		return "", k.options.ring.Delete(service, key.label())
	})
	return err
}

// Describe implements [Store].
func (k *Keyring) Describe() Backend {
	return Backend{Name: "keyring", Where: "this computer's keyring",
		Protection: "encrypted at rest; open to programs of the same user while unlocked", Persistent: true}
}

// errAbandoned ends a call whose caller has gone; what it did is undone.
var errAbandoned = errors.New("nobody waits for this call any more")

type outcome struct {
	value string
	err   error
}

// call runs work with at most one outstanding at a time. work can ask whether
// its caller has gone meanwhile. secret is kept out of error texts.
func (k *Keyring) call(ctx context.Context, op string, secret Secret, work func(abandoned func() bool) (string, error)) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	limit := time.NewTimer(k.options.Timeout)
	defer limit.Stop()
	if k.isStuck() {
		return "", overran(op, "an earlier call to the keyring still hangs")
	}
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	case <-limit.C:
		k.mu.Lock()
		k.stuck = len(k.turn) > 0
		k.mu.Unlock()
		return "", overran(op, "an earlier call to the keyring is still running")
	}

	done := make(chan outcome, 1)
	var gone sync.Once
	left := make(chan struct{})
	leave := func() { gone.Do(func() { close(left) }) }
	go func() {
		var result outcome
		defer func() {
			// The library trusts the shape of what the service sends.
			if r := recover(); r != nil {
				result = outcome{err: fmt.Errorf("the keyring's answer could not be read: %v", r)}
			}
			k.mu.Lock()
			k.stuck = false
			done <- result
			<-k.turn
			k.mu.Unlock()
		}()
		if k.options.check != nil {
			if result.err = k.options.check(); result.err != nil {
				return
			}
		}
		result.value, result.err = work(func() bool {
			select {
			case <-left:
				return true
			default:
				return false
			}
		})
	}()

	var waiting <-chan time.Time
	if k.options.Waiting != nil {
		notice := time.NewTimer(waitingAfter)
		defer notice.Stop()
		waiting = notice.C
	}
	for {
		select {
		case result := <-done:
			return result.value, scrub(classify(op, result.err), secret)
		case <-waiting:
			waiting = nil
			k.options.Waiting()
		case <-ctx.Done():
			leave()
			return "", ctx.Err()
		case <-limit.C:
			leave()
			k.mu.Lock()
			defer k.mu.Unlock()
			select {
			case result := <-done: // it came in the same instant
				if !errors.Is(result.err, errAbandoned) {
					return result.value, scrub(classify(op, result.err), secret)
				}
			default:
				k.stuck = true
			}
			return "", overran(op, fmt.Sprintf("no answer within %s", k.options.Timeout))
		}
	}
}

func (k *Keyring) isStuck() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stuck
}

func overran(op, detail string) error {
	return &Error{Kind: ErrTimeout, Backend: "keyring", Op: op, Detail: detail,
		Remedy: "the keyring may be asking for its password on another screen: unlock it, then try again"}
}
