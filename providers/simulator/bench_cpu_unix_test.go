//go:build unix

package simulator

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used so far: unlike the clock, it does not grow
// when the machine does something else.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
