package audit

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"roomdesk/providers"
)

// linkTries is how often a file is opened while somebody swaps it: a few times, or as
// often as ROOMDESK_LINK_TRIES says.
func linkTries(t *testing.T) int {
	text := os.Getenv("ROOMDESK_LINK_TRIES")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("ROOMDESK_LINK_TRIES is %q", text)
	}
	return n
}

// S-17: somebody puts a link in the place of the trail, again and again, while lines are
// written. What the link leads to stays as it was, and what is said to be written is in
// the trail.
func TestS17SwapWhileTheTrailIsOpened(t *testing.T) {
	dir := t.TempDir()
	victim, dangling, path, aside := filepath.Join(dir, "victim"), filepath.Join(dir, "made-through-a-link"), filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "aside")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := Open(path, Actor{}, nil)
	if _, err := log.Append(t.Context(), Record{Action: "first"}); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	swaps := 0
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if os.Rename(path, aside) != nil {
				continue
			}
			if os.Symlink([]string{victim, dangling}[n%2], path) == nil {
				swaps++
			}
			_ = os.Rename(aside, path) // takes the link's place
		}
	}()
	written, refused := 0, 0
	for range linkTries(t) {
		switch _, err := log.Append(t.Context(), Record{Action: "again"}); {
		case err == nil:
			written++
		case providers.Is(err, providers.Local):
			refused++
		default:
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
	if text, err := os.ReadFile(victim); err != nil || string(text) != "precious" {
		t.Errorf("the link was followed: %q, %v", text, err)
	}
	if _, err := os.Lstat(dangling); err == nil {
		t.Error("a file was made through a link")
	}
	if swaps == 0 || written == 0 {
		t.Errorf("%d swaps, %d lines written, %d refused: nothing was tried", swaps, written, refused)
	}
}
