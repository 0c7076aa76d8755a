package cli

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

func TestServiceManagerIsTold(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	n := newNotifier(func(key string) (string, bool) {
		value, ok := map[string]string{"NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "90000000"}[key]
		return value, ok
	})
	if n.every != 30*time.Second {
		t.Errorf("the watchdog is told every %v", n.every)
	}
	if err := n.say("READY=1\nSTATUS=places"); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 100)
	read, err := conn.Read(text)
	if err != nil || string(text[:read]) != "READY=1\nSTATUS=places" {
		t.Errorf("%q, %v", text[:read], err)
	}
	if err := newNotifier(func(string) (string, bool) { return "", false }).say("READY=1"); err != nil {
		t.Errorf("without a manager: %v", err)
	}
}

func TestMetricsStayOnThisMachine(t *testing.T) {
	for _, address := range []string{"0.0.0.0:9464", "192.168.1.4:9464", ":9464", "example.com:9464", "9464"} {
		if _, err := serveMetrics(context.Background(), address, nil, nil); err == nil || explain(err).code != exitUsage {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestHarm(t *testing.T) { // J6
	for _, c := range []struct {
		progress providers.SyncProgress
		want     bool
	}{
		{providers.SyncProgress{Fresh: 9, NoAccess: 3, Waiting: 1}, false},
		{providers.SyncProgress{Fresh: 9, Late: 1}, true},
		{providers.SyncProgress{Fresh: 9, Failing: 1}, true},
		{providers.SyncProgress{Fresh: 9, Problem: &providers.Problem{Class: providers.SignedOut}}, true},
	} {
		if got := harmful(c.progress); got != c.want {
			t.Errorf("%+v: %v", c.progress, got)
		}
	}
	if strings.Contains(statusWords(providers.SyncProgress{Phase: providers.PhaseChanges}), "\n") {
		t.Error("the status has more than one line")
	}
}
