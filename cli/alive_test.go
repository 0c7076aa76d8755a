package cli

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roomdesk/sync"
	"roomdesk/sync/store"
)

// The manager hears nothing from an engine that hangs, and the log says why.
func TestHangingEngineIsNotAlive(t *testing.T) {
	dir := t.TempDir()
	mirror, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer mirror.Close()
	socket := filepath.Join(dir, "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	lines := make(chan string, 100)
	w := &watcher{
		engine:  sync.New(sync.Options{Store: mirror}), // nothing turns its loop
		manager: notifier{socket: socket, every: 5 * time.Millisecond},
		log:     slog.New(slog.NewTextHandler(toChannel(lines), nil)),
	}
	ctx, stop := context.WithCancel(t.Context())
	done, ended := make(chan error, 1), make(chan error, 1)
	go func() { ended <- w.alive(ctx, done) }()
	for range 3 {
		if line := <-lines; !strings.Contains(line, "has not answered") {
			t.Errorf("the log says %s", line)
		}
	}
	stop()
	done <- nil
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := manager.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	heard := make([]byte, 1000)
	if n, err := manager.Read(heard); !os.IsTimeout(err) {
		t.Errorf("the manager heard %q, %v", heard[:n], err)
	}
}

type toChannel chan<- string

func (c toChannel) Write(text []byte) (int, error) {
	select {
	case c <- string(text):
	default:
	}
	return len(text), nil
}
