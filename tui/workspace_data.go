package tui

import (
	"context"
	"time"
)

// DataKeeper says where a connection's data is.
type DataKeeper interface {
	// Data is where a connection's data is now. Nobody is asked.
	Data(ctx context.Context, connection string) (DataReport, error)
}

// DataReport is where data is, who holds it, and where it goes. All texts are safe to
// show.
type DataReport struct {
	Connection string
	Processes  []DataProcess
	Files      []DataFile
	Keys       []DataKey
	Endpoints  []DataEndpoint
	// Stays and Leaves say what is kept here only and what leaves this machine.
	Stays, Leaves []string
}

// DataProcess is a process that holds data.
type DataProcess struct {
	Name string
	PID  int // 0: not known
	Does string
}

// DataFile is a file with data.
type DataFile struct {
	What     string // "mirror"
	Path     string
	Mode     string // "0600"
	Bytes    int64
	Modified time.Time
	Holds    string // what is in it
}

// DataKey is a credential's entry, by its name only.
type DataKey struct {
	Where, Name, Holds, State string
}

// DataEndpoint is a place that the connection talks to, with the bytes on the wire.
type DataEndpoint struct {
	Host            string
	Does            string
	In, Out         int64
	LastIn, LastOut time.Time // zero: never
	Refused         int       // connections to it that were not made, because it is none of the connection's
}
