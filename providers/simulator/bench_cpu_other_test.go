//go:build !unix

package simulator

import "time"

func cpuTime() time.Duration { return 0 }
