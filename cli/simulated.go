package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// simulatedMark is a file beside the mirror of a simulated tenant that says of
// which start of that tenant it is.
const simulatedMark = "simulated"

// renewMirror throws the mirror of a simulated tenant away when that tenant was
// started anew: it has the same id then and knows nothing of what was before.
func (a *app) renewMirror(c keystore.Connection, mirror string) error {
	if !c.Demo() {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(a.paths().Config), "endpoints.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the keystore says so when a token is needed
	}
	var start struct {
		ClientSecret string `json:"client_secret"` // new at each start
	}
	if err == nil {
		err = json.Unmarshal(text, &start)
	}
	if err != nil {
		return failed("start the simulated tenant again: it writes the file anew", "endpoints.json: %s", providers.Sanitise(err.Error()))
	}
	sum := sha256.Sum256([]byte("start of a simulated tenant\x00" + start.ClientSecret))
	now := hex.EncodeToString(sum[:8])
	mark := filepath.Join(filepath.Dir(mirror), simulatedMark)
	before, err := os.ReadFile(mark)
	if err == nil && string(before) == now {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed("check the data directory's permissions", "%s", providers.Sanitise(err.Error()))
	}
	if err := store.Erase(mirror); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(mirror), 0o700); err != nil {
		return failed("make the data directory writable, or choose another one with --data", "%s", providers.Sanitise(err.Error()))
	}
	if err := os.WriteFile(mark, []byte(now), 0o600); err != nil {
		return failed("make the data directory writable, or choose another one with --data", "%s", providers.Sanitise(err.Error()))
	}
	return nil
}
