package keystore

import (
	"path/filepath"

	"github.com/adrg/xdg"
)

// Paths are where roomdesk keeps things.
type Paths struct {
	Config string // the configuration file
	Data   string // directory of the mirrors, one directory for each connection
	Log    string // directory of logs
}

// FindPaths decides: a flag wins over the environment (ROOMDESK_CONFIG,
// ROOMDESK_DATA), which wins over the platform's directories (XDG on Linux).
func FindPaths(configFlag, dataFlag string, lookup func(string) (string, bool)) Paths {
	pick := func(flag, variable, fallback string) string {
		if flag != "" {
			return flag
		}
		if value, ok := lookup(variable); ok && value != "" {
			return value
		}
		return fallback
	}
	home := func(variable, fallback string) string {
		if value, ok := lookup(variable); ok && filepath.IsAbs(value) {
			return value
		}
		return fallback
	}
	return Paths{
		Config: pick(configFlag, "ROOMDESK_CONFIG", filepath.Join(home("XDG_CONFIG_HOME", xdg.ConfigHome), "roomdesk", "config.toml")),
		Data:   pick(dataFlag, "ROOMDESK_DATA", filepath.Join(home("XDG_DATA_HOME", xdg.DataHome), "roomdesk")),
		Log:    filepath.Join(home("XDG_STATE_HOME", xdg.StateHome), "roomdesk"),
	}
}

// ConnectionData is the directory of one connection's mirror.
func (p Paths) ConnectionData(name string) string { return filepath.Join(p.Data, name) }

// CAPath is the connection's CA file, a relative one taken from the directory of
// the configuration file; "" for none.
func (c Connection) CAPath(configPath string) string {
	if c.CAFile == "" || filepath.IsAbs(c.CAFile) {
		return c.CAFile
	}
	return filepath.Join(filepath.Dir(configPath), c.CAFile)
}

// AgePath is the encrypted file of the store "age": beside the configuration file.
func (c Connection) AgePath(configPath string) string {
	return filepath.Join(filepath.Dir(configPath), "credentials-"+c.Name+".age")
}

// IdentityPath is the connection's age identity file, a relative one taken from the
// directory of the configuration file; "" where a passphrase is used.
func (c Connection) IdentityPath(configPath string) string {
	if c.AgeIdentity == "" || filepath.IsAbs(c.AgeIdentity) {
		return c.AgeIdentity
	}
	return filepath.Join(filepath.Dir(configPath), c.AgeIdentity)
}
