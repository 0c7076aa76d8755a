package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// refusals are the passwords of a service account that its server refused, by the slot
// that they are kept in: nothing of a password itself. Directories lock accounts after a
// few wrong ones, whichever process sends them, so that all processes share this.
type refusals map[int]refusedOnce

type refusedOnce struct {
	Times int       `json:"times"` // in a row
	At    time.Time `json:"at"`
}

// refusedFile stands beside the mirror, besideRefusedFile too: that of the connection that
// stands beside the mirror's.
const (
	refusedFile       = "password-refused.json"
	besideRefusedFile = "password-refused-beside.json"
)

// rests is how long a password is not sent by itself after so many refusals in a row. A
// usual lockout counts 5 to 10 within 10 to 30 minutes.
func (r refusedOnce) rests() time.Duration {
	return []time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour}[min(max(r.Times, 1), 3)-1]
}

// errRefusedBefore marks what is not sent because it was refused a while ago.
var errRefusedBefore = errors.New("the server refused this password a while ago")

// resting is why the password of a slot is not sent now; nil: it is.
func (r refusals) resting(c keystore.Connection, now time.Time, clock func(time.Time) string) error {
	one, known := r[c.Slot]
	if !known || now.Before(one.At) || !now.Before(one.At.Add(one.rests())) {
		return nil
	}
	return &providers.Error{Class: providers.SignedOut, Cause: providers.CausePasswordRefused, Op: "signing in", Err: errRefusedBefore,
		Message: providers.Outside(fmt.Sprintf("the server refused this password at %s; it is not sent again before %s, because directories lock accounts", clock(one.At), clock(one.At.Add(one.rests())))),
		Advice:  fmt.Sprintf("give the new one: roomdesk rotate %s --password-stdin. Where it is the right one: roomdesk doctor --connection %s tries it at once", c.Name, c.Name)}
}

func (a *app) refusedPath(c keystore.Connection) string {
	if c.Beside != "" {
		return filepath.Join(a.paths().ConnectionData(c.Beside), besideRefusedFile)
	}
	return filepath.Join(a.paths().ConnectionData(c.Name), refusedFile)
}

// refused reads what was noted. What cannot be read counts as nothing.
func (a *app) refused(c keystore.Connection) refusals {
	r := refusals{}
	text, err := os.ReadFile(a.refusedPath(c))
	if errors.Is(err, fs.ErrNotExist) {
		return r
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		a.log.Warn("which passwords were refused cannot be read", "error", err)
		return refusals{}
	}
	return r
}

// judged notes what an Exchange server says of a connection's passwords. One that is not
// stored, because it is only being tried, is not noted.
func (a *app) judged(known keystore.Connection) func(password string, accepted bool) {
	return func(password string, accepted bool) {
		if accepted {
			if err := os.Remove(a.refusedPath(known)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				a.log.Warn("a password that was refused before is still noted", "error", err)
			}
			return
		}
		if err := a.noteRefused(known, password); err != nil {
			a.log.Warn("a refused password cannot be noted: it may be sent again soon", "error", explain(err).sentence())
		}
	}
}

func (a *app) noteRefused(known keystore.Connection, password string) error {
	if _, err := os.Stat(filepath.Dir(a.refusedPath(known))); errors.Is(err, fs.ErrNotExist) {
		return nil // nothing is kept of this connection
	}
	c := a.asConfigured(known)
	store, err := a.secrets(c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	r := a.refused(c)
	noted := false
	for _, one := range passwordsOf(c) {
		secret, err := store.Get(ctx, one.SecretKey())
		if errors.Is(err, keystore.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if secret.Reveal() == password {
			r[one.Slot], noted = refusedOnce{r[one.Slot].Times + 1, a.deps.Now().UTC()}, true
		}
		secret.Wipe()
	}
	if !noted {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeExport(a.refusedPath(c), append(text, '\n'), true)
}

// passwordsOf are the places of the passwords that may hold at a server, the likeliest
// first: one that was announced was tried there before anything was stored, and only one
// holds at a time. The one before the current is none of them.
func passwordsOf(c keystore.Connection) []keystore.Connection {
	if next, ok := c.SpareConnection(); ok && c.Spare == keystore.SpareNext {
		return []keystore.Connection{next, c.WithoutSpare()}
	}
	return []keystore.Connection{c.WithoutSpare()}
}

// password gives the one password that a connection signs in with now.
func (a *app) password(ctx context.Context, c keystore.Connection, store keystore.Store) ([]graph.Credential, error) {
	r := a.refused(c)
	clock := func(t time.Time) string { return t.In(a.deps.Zone).Format("15:04") }
	var why error
	for _, one := range passwordsOf(c) {
		if err := r.resting(one, a.deps.Now(), clock); err != nil {
			why = err
			continue
		}
		found, err := stored(one, store)(ctx)
		if err == nil || !errors.Is(err, keystore.ErrNotFound) {
			return found, err
		}
		if why == nil {
			why = err
		}
	}
	return nil, why
}
