package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// cutOff marks a connection as disconnected: from then on nothing is read or sent,
// whatever of it can be removed.
func (a *app) cutOff(config *keystore.Config, c keystore.Connection) error {
	if c.Disconnected == nil {
		c.Disconnected = a.disconnectTime()
		if err := update(config, c); err != nil {
			return err
		}
		a.noteGone(c)
	}
	return nil
}

// removeConnection removes what there is of a connection that was cut off, as much
// as can be, and says what remains. Doing it again removes the rest.
func (a *app) removeConnection(ctx context.Context, c keystore.Connection, secrets keystore.Store, mirror bool) []string {
	remains := []string{}
	keep := func(what string, err error) {
		if err != nil {
			remains = append(remains, what+": "+explain(err).sentence())
		}
	}
	if !secrets.Describe().ReadOnly {
		keep(c.CredentialName()+" in "+secrets.Describe().Where, drop(ctx, secrets, c))
		if spare, ok := c.SpareConnection(); ok {
			keep("the spare credential in "+secrets.Describe().Where, drop(ctx, secrets, spare))
		}
	}
	keep("the sealed sign-in", a.forgetSignIn(c))
	if !mirror {
		return remains
	}
	other, goesOn := a.besides(c)
	switch {
	case c.Beside != "":
		keep("where its mailboxes live, in the mirror", a.forgetHomes(ctx, c))
		keep("what its last test found", forgetTest(a.lastTestPath(c)))
		keep("when its password was refused", forgetTest(a.refusedPath(c)))
	case goesOn:
		keep("the mirror, which connection "+other.Name+" goes on with", a.handOver(ctx, c, other))
	default:
		keep("the mirror", eraseMirror(a.mirrorPath(c)))
	}
	if len(remains) > 0 {
		return remains
	}
	// As it is now: it was marked meanwhile.
	config, err := a.loadConfig()
	if err == nil {
		_, err = config.Remove(c.Name)
	}
	if err == nil {
		err = config.Save()
	}
	keep("the connection in "+a.paths().Config, err)
	return remains
}

// mirrorPath is the file of a connection's mirror; of its organisation's where it stands
// beside another.
func (a *app) mirrorPath(connection keystore.Connection) string {
	return filepath.Join(a.paths().ConnectionData(cmp.Or(connection.Beside, connection.Name)), "mirror.db")
}

// besides is the connection that stands beside the first one of an organisation.
func (a *app) besides(c keystore.Connection) (keystore.Connection, bool) {
	config, err := a.loadConfig()
	if err != nil {
		return keystore.Connection{}, false
	}
	at := slices.IndexFunc(config.Connections, func(other keystore.Connection) bool { return other.Beside == c.Name })
	if at < 0 {
		return keystore.Connection{}, false
	}
	return config.Connections[at], true
}

// handOver gives the mirror of an organisation's first connection, with its bookings,
// to the one beside it, which is the only one from then on.
func (a *app) handOver(ctx context.Context, c, other keystore.Connection) error {
	if err := a.forgetHomes(ctx, c); err != nil {
		return err
	}
	other.Beside = ""
	tenant := ""
	if keystore.LooksLikeGUID(other.Tenant) {
		tenant = strings.ToLower(other.Tenant)
	}
	path := a.mirrorPath(c)
	if err := store.HandOver(ctx, path, a.mirrorPath(other), tenant); err != nil {
		return err
	}
	return clearDirectory(path)
}

// forgetTest removes what the last test of a connection found.
func forgetTest(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// forgetHomes drops from the organisation's mirror what a connection reached.
func (a *app) forgetHomes(ctx context.Context, c keystore.Connection) error {
	path := a.mirrorPath(c)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := store.Open(ctx, store.Options{Path: path, Location: zoneLocation, Now: a.deps.Now, Logger: a.log})
	if err != nil {
		return err
	}
	return errors.Join(s.ForgetHomes(ctx, c.Provider), s.Close())
}

// mirrorHolder says which other process syncs the mirror; "" for none. A mirror
// that cannot be opened has no holder that matters.
func mirrorHolder(ctx context.Context, path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	s, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return ""
	}
	holder := s.Holder()
	if err := s.Close(); err != nil && holder == "" {
		return ""
	}
	return holder
}

// eraseMirror removes the mirror with its side files and, where nothing else is
// in it, its directory.
func eraseMirror(path string) error {
	if err := store.Erase(path); err != nil {
		return err
	}
	return clearDirectory(path)
}

// clearDirectory removes what stands beside a mirror that is gone.
func clearDirectory(path string) error {
	for _, name := range []string{lastTestFile, besideTestFile, refusedFile, besideRefusedFile, simulatedMark, auditFile} { // the latter two of a simulated tenant
		if err := os.Remove(filepath.Join(filepath.Dir(path), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed("remove it yourself", "%s", providers.Sanitise(err.Error()))
		}
	}
	if err := os.Remove(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
		// A directory with other files in it stays: they are not ours.
		if entries, readErr := os.ReadDir(filepath.Dir(path)); readErr != nil || len(entries) == 0 {
			return failed("remove it yourself", "the mirror's directory could not be removed: %s", err)
		}
	}
	return nil
}
