//go:build linux || darwin || freebsd

package cli

import "syscall"

// noCoreFile keeps a crash from writing this process's memory, with what it signs in
// with, to a disk. One byte is too little for a file, and of Linux the value that also
// stops dumps which are piped to a program.
func noCoreFile() error {
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 1, Max: 1})
}
