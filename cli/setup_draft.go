package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// draftFile is where a set-up that was left is kept, beside the configuration. It has
// no secret.
func (d *setupDesk) draftFile() string {
	return filepath.Join(filepath.Dir(d.app.paths().Config), "set-up.json")
}

// maxDraft is the longest such file that is read, in bytes.
const maxDraft = 64 << 10

// readDraft gives what was left, or a new set-up. A file that cannot be understood is
// no obstacle: a new set-up begins, and replaces it.
func (d *setupDesk) readDraft() (providers.Setup, error) {
	fresh := providers.NewSetup()
	if config, err := d.app.loadConfig(); err == nil && !d.app.graphOn(config) { // a configuration that cannot be read is said later
		fresh.Set(providers.SetupProvider, keystore.ExchangeProvider)
	}
	info, err := os.Lstat(d.draftFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fresh, nil
	case err != nil:
		return fresh, failed("check its permissions", "what an earlier set-up left cannot be read: %v", err)
	case !info.Mode().IsRegular() || info.Size() > maxDraft:
		return fresh, nil
	}
	text, err := os.ReadFile(d.draftFile())
	if err != nil {
		return fresh, failed("check its permissions", "what an earlier set-up left cannot be read: %v", err)
	}
	left := providers.Setup{}
	if json.Unmarshal(text, &left) != nil || left.Values == nil {
		return fresh, nil
	}
	for field, value := range fresh.Values {
		if left.Get(field) == "" {
			left.Set(field, value)
		}
	}
	delete(left.Values, providers.SetupSecret)
	left.Step = max(min(left.Step, 4), 0) // a test and its answer are never kept
	return left, nil
}

// KeepSetup implements [tui.SetupDesk].
func (d *setupDesk) KeepSetup(_ context.Context, s providers.Setup) error {
	if !s.Begun() {
		return nil
	}
	s.Saved = d.app.deps.Now().UTC()
	values := map[providers.SetupField]string{}
	for field, value := range s.Values {
		if field != providers.SetupSecret {
			values[field] = value
		}
	}
	s.Values = values
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(d.draftFile())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return failed("check the path and its permissions", "the set-up cannot be kept: %v", err)
	}
	temp, err := os.CreateTemp(dir, ".set-up-*") // mode 0600
	if err != nil {
		return failed("check permissions and space", "the set-up cannot be kept: %v", err)
	}
	_, err = temp.Write(text)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), d.draftFile())
	}
	if err != nil {
		return errors.Join(failed("check permissions and space", "the set-up cannot be kept: %v", err), os.Remove(temp.Name()))
	}
	return nil
}

func (d *setupDesk) removeDraft() error {
	if err := os.Remove(d.draftFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failed("remove it yourself", "what was entered for the set-up could not be removed: %v", err)
	}
	return nil
}
