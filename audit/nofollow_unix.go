//go:build unix

package audit

import "syscall"

// noFollow makes opening a link an error.
const noFollow = syscall.O_NOFOLLOW
