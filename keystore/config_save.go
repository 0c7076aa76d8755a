package keystore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ErrConfigChanged: somebody else changed the configuration after it was read.
var ErrConfigChanged = errors.New("the configuration changed meanwhile")

// CheckNew says why a connection could not be added; nil where it could. What
// remains of a disconnected one of the same tenant is no hindrance: it is connected
// again.
func (c *Config) CheckNew(connection Connection) error {
	if err := connection.Validate(); err != nil {
		return err
	}
	for _, have := range c.Connections {
		if have.Name == connection.Name && have.Disconnected != nil {
			if strings.EqualFold(have.Tenant, connection.Tenant) && have.Provider == connection.Provider {
				continue
			}
			return &FieldError{"tenant", fmt.Sprintf("what remains of connection %q is of tenant %s", have.Name, plain(have.Tenant)),
				"give the same tenant, choose another name, or remove what remains first: roomdesk disconnect " + have.Name}
		}
		if EnvName(have.Name) == EnvName(connection.Name) {
			return &FieldError{"name", fmt.Sprintf("%q is taken by connection %q", connection.Name, have.Name),
				"choose another name, or disconnect the other one first: roomdesk disconnect " + have.Name}
		}
	}
	others := slices.DeleteFunc(slices.Clone(c.Connections), func(have Connection) bool { return have.Name == connection.Name })
	if _, err := checkBeside(append(others, connection)); err != nil {
		return err
	}
	return nil
}

// Add puts a connection behind the others, or in the place of what remains of it.
// [Config.Save] makes it last.
func (c *Config) Add(connection Connection) error {
	if err := c.CheckNew(connection); err != nil {
		return err
	}
	if slices.ContainsFunc(c.Connections, func(have Connection) bool { return have.Name == connection.Name }) {
		return c.Update(connection)
	}
	added, err := toml.Marshal(file{Connections: []Connection{connection}})
	if err != nil {
		return fmt.Errorf("writing connection %s: %w", connection.Name, err)
	}
	next := bytes.TrimRight(c.next, "\n")
	if len(next) > 0 {
		next = append(slices.Clone(next), "\n\n"...)
	}
	next = append(next, added...)
	return c.change(next)
}

// Remove takes a connection out, with the comment lines directly above it, and
// reports whether there was one. What stood beside it stands alone then.
// [Config.Save] makes it last.
func (c *Config) Remove(name string) (bool, error) {
	at := slices.IndexFunc(c.Connections, func(have Connection) bool { return have.Name == name })
	if at < 0 {
		return false, nil
	}
	for _, other := range c.Connections {
		if other.Beside == name {
			other.Beside = ""
			if err := c.Update(other); err != nil {
				return false, err
			}
		}
	}
	places, err := locate(c.next)
	if err != nil {
		return false, fmt.Errorf("%s: %w", c.Path, err)
	}
	cut := places.blocks[at]
	next := slices.Concat(c.next[:cut.start], c.next[cut.end:])
	return true, c.change(next)
}

// change takes the new text only if it still reads as a configuration.
func (c *Config) change(next []byte) error {
	connections, err := parseConfig(c.Path, next)
	if err != nil {
		return err
	}
	c.next, c.Connections, c.Features = next, connections, features(next)
	return nil
}

// Save writes the configuration, readable for its owner only, in one step: a
// reader sees the old file or the new one. It refuses with [ErrConfigChanged]
// where the file is no longer what was read.
func (c *Config) Save() error {
	fail := func(problem, remedy string, err error) error {
		return &ConfigError{Path: c.Path, Problem: problem, Remedy: remedy, Err: err}
	}
	dir := filepath.Dir(c.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail("its directory cannot be made: "+plain(err.Error()), "check the path and its permissions", err)
	}
	if info, err := os.Lstat(c.Path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fail("is a symbolic link, which saving would replace", "give the file itself with --config", nil)
	}
	if err := c.unchanged(); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, ".config-*.toml") // mode 0600
	if err != nil {
		return fail("cannot be written: "+plain(err.Error()), "check permissions and space", err)
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // gone after the rename
	_, err = temp.Write(c.next)
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = c.unchanged()
	}
	if err == nil {
		err = os.Rename(temp.Name(), c.Path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		var done *ConfigError
		if errors.As(err, &done) {
			return err
		}
		return fail("cannot be written: "+plain(err.Error()), "check permissions and space", err)
	}
	c.text, c.existed = c.next, true
	return nil
}

// unchanged compares the file with what was read.
func (c *Config) unchanged() error {
	now, err := readConfig(c.Path)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	if missing == c.existed || !bytes.Equal(now, c.text) {
		return &ConfigError{Path: c.Path, Problem: "was changed by somebody else meanwhile", Remedy: "look at it, then repeat", Err: ErrConfigChanged}
	}
	return nil
}

// syncDir makes a rename last. Some systems cannot sync a directory, which is
// no reason to call the write failed.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // read only
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
