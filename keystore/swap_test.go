package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// S-17: somebody puts a link in the place of a file with credentials, again and again,
// while it is read and written. What the link leads to is never read as ours and never
// written. ROOMDESK_LINK_TRIES says how often; a few times without it.
func TestS17SwapWhileAPrivateFileIsOpened(t *testing.T) {
	tries := 200
	if text := os.Getenv("ROOMDESK_LINK_TRIES"); text != "" {
		var err error
		if tries, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	victim, path, aside := filepath.Join(dir, "victim"), filepath.Join(dir, "secrets"), filepath.Join(dir, "aside")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writePrivate(path, []byte("ours")); err != nil {
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
			if os.Rename(path, aside) != nil {
				continue
			}
			if os.Symlink(victim, path) == nil {
				swaps++
			}
			_ = os.Rename(aside, path) // takes the link's place
		}
	}()
	read := 0
	for n := range tries {
		if n%16 == 0 {
			var e *Error
			if err := writePrivate(path, []byte("ours")); err != nil && !errors.As(err, &e) {
				t.Fatal(err)
			}
		}
		text, err := readPrivate(path, false)
		var e *Error
		switch {
		case err == nil && string(text) == "ours":
			read++
		case err == nil:
			t.Fatalf("the link was followed: %q", text)
		case !errors.As(err, &e):
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
	if text, err := os.ReadFile(victim); err != nil || string(text) != "precious" {
		t.Errorf("it was written through the link: %q, %v", text, err)
	}
	if swaps == 0 || read == 0 {
		t.Errorf("%d swaps, %d readings: nothing was tried", swaps, read)
	}
}
