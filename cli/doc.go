// Package cli is the command line: it reads flags and configuration, builds the
// parts of the program, hands them to each other, and prints what they say.
//
// Data goes to standard output and messages to standard error. [Main] returns
// the exit code; the table of codes is in exit.go.
package cli
