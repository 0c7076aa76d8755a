//go:build !unix

package recorded

import "time"

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
