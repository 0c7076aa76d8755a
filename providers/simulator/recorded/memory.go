package recorded

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// ResetPeak gives back what is not in use and makes [PeakMemory] begin anew. It
// works on Linux only.
func ResetPeak() {
	debug.FreeOSMemory()
	// Where this cannot be written, the peak is that of the whole process: too high, never too low.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200)
}

// PeakMemory is the most that was resident of this process at a time, in bytes; 0
// where it is not known.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, _ := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
