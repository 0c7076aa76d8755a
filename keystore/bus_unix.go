//go:build linux || freebsd || netbsd || openbsd || dragonfly

package keystore

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// checkBus refuses before any connection where no session bus is running.
// Without an address the D-Bus library starts one by dbus-launch: that leaves
// stray daemons behind, stores nothing, and ends in a misleading message.
func checkBus() error {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address != "" && !strings.HasPrefix(address, "autolaunch:") {
		return nil
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); err == nil {
			return nil
		}
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		socket := filepath.Join(dir, "bus")
		if info, err := os.Stat(socket); err == nil && info.Mode()&os.ModeSocket != 0 {
			// The library looks for the socket only below /run/user.
			return os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+escapeBus(socket))
		}
	}
	return &Error{Kind: ErrUnavailable, Backend: "keyring", Op: "opening the keyring",
		Detail: "there is no D-Bus session bus", Remedy: remedyNoBus}
}

const remedyNoBus = "log in to a desktop session, run under dbus-run-session with a keyring daemon, or choose --keystore env"

// escapeBus writes a path as the value of a D-Bus address.
func escapeBus(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_/.\\*", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strconv.FormatInt(int64(c)+0x100, 16)[1:])
		}
	}
	return b.String()
}
