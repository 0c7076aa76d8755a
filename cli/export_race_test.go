package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// S-17: somebody puts a link in the place of the file while it is written, again and
// again. What the link leads to stays as it was.
func TestS17SwapWhileAFileIsWritten(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, "export.csv")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	swaps := 0
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if os.Symlink(victim, path) == nil {
				swaps++
			}
			_ = os.Remove(path)
		}
	}()
	written := 0
	tries := 200
	if text := os.Getenv("ROOMDESK_LINK_TRIES"); text != "" {
		var err error
		if tries, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for n := range tries {
		err := writeExport(path, []byte("ours"), n%2 == 0)
		var f *failure
		switch {
		case err == nil:
			written++
		case errors.As(err, &f): // it was there, or went away: said, and nothing written
		default:
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
	text, err := os.ReadFile(victim)
	info, statErr := os.Lstat(victim)
	if err != nil || statErr != nil || string(text) != "precious" || info.Mode() != 0o644 {
		t.Errorf("the link was followed: %q, %v, %v, %v", text, err, info, statErr)
	}
	if swaps == 0 || written == 0 {
		t.Errorf("%d swaps, %d files: nothing was tried", swaps, written)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".roomdesk-export-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if _, err := os.Lstat(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
