package keystore

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"time"
)

// PendingKey is a private key that was made here and belongs to no connection yet: the
// half to upload waits to be registered. It holds nothing secret; without it, a set-up
// that was given up would leave a key in the keystore that nobody knows of.
type PendingKey struct {
	Name        string    `json:"name"` // of the connection that it is for
	ClientID    string    `json:"client_id"`
	Certificate string    `json:"certificate"` // its public half, see [Connection.Certificate]
	Keystore    string    `json:"keystore"`
	AgeIdentity string    `json:"age_identity,omitempty"`
	File        string    `json:"file"` // the half to upload
	Made        time.Time `json:"made"`
}

// Connection is the connection whose credential the key would be.
func (p PendingKey) Connection() Connection {
	return Connection{Name: p.Name, ClientID: p.ClientID, Certificate: p.Certificate, Keystore: p.Keystore, AgeIdentity: p.AgeIdentity}
}

func pendingPath(configPath string) string {
	return filepath.Join(filepath.Dir(configPath), "pending-keys.json")
}

// PendingKeys lists them, those made first before the others.
func PendingKeys(configPath string) ([]PendingKey, error) {
	text, err := readPrivate(pendingPath(configPath), false)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var keys []PendingKey
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, &Error{Kind: ErrDamaged, Detail: plain(pendingPath(configPath)) + " cannot be read", Remedy: "remove it; keys that were made and never used stay in the keystore then", Err: err}
	}
	return keys, nil
}

// NotePending adds a key to the list.
func NotePending(configPath string, key PendingKey) error {
	return changePending(configPath, func(keys []PendingKey) []PendingKey { return append(keys, key) })
}

// DropPending takes those with a certificate off the list: it belongs to a connection
// now, or is gone.
func DropPending(configPath, certificate string) error {
	return changePending(configPath, func(keys []PendingKey) []PendingKey {
		return slices.DeleteFunc(keys, func(k PendingKey) bool { return k.Certificate == certificate })
	})
}

func changePending(configPath string, change func([]PendingKey) []PendingKey) error {
	keys, err := PendingKeys(configPath)
	if err != nil {
		return err
	}
	before := len(keys)
	keys = change(keys)
	if len(keys) == before {
		return nil
	}
	if len(keys) == 0 {
		return SealedFile{Path: pendingPath(configPath)}.Remove()
	}
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(pendingPath(configPath), append(text, '\n'))
}
