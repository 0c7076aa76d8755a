package cli

import (
	"errors"
	"net"
	"strconv"
	"time"
)

// notifier tells the service manager how this process stands, by the protocol of
// sd_notify(3). Without a manager it does nothing.
type notifier struct {
	socket string
	every  time.Duration // of the watchdog; 0: none
}

// newNotifier reads what the manager set in the environment.
func newNotifier(lookup func(string) (string, bool)) notifier {
	var n notifier
	n.socket, _ = lookup("NOTIFY_SOCKET")
	if text, ok := lookup("WATCHDOG_USEC"); ok {
		if us, err := strconv.ParseInt(text, 10, 64); err == nil && us > 0 {
			n.every = time.Duration(us) * time.Microsecond / 3
		}
	}
	return n
}

// notifyPatience is how long a message to the manager may take.
const notifyPatience = time.Second

// say sends a state such as READY=1. Its error is the manager's loss: it is
// reported and changes nothing.
func (n notifier) say(state string) error {
	if n.socket == "" {
		return nil
	}
	name := n.socket
	if name[0] == '@' {
		name = "\x00" + name[1:] // an abstract socket
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return err
	}
	// A manager that does not read must not keep the service from working or ending.
	err = conn.SetWriteDeadline(time.Now().Add(notifyPatience))
	if err == nil {
		_, err = conn.Write([]byte(state))
	}
	return errors.Join(err, conn.Close())
}
