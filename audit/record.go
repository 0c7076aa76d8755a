package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"roomdesk/providers"
)

// Actor is who did something: a person at this machine, by way of a connection.
type Actor struct {
	User       string `json:"user"` // of the operating system
	Host       string `json:"host"`
	Process    int    `json:"process"`
	Connection string `json:"connection,omitempty"`
	Tenant     string `json:"tenant,omitempty"`
	// Application is the client id under which the tenant sees it.
	Application string `json:"application,omitempty"`
}

// Facts are what is kept of a meeting. Subject, text and people's names are not.
type Facts struct {
	Start     time.Time           `json:"start,omitzero"` // UTC
	End       time.Time           `json:"end,omitzero"`
	Rooms     []providers.Address `json:"rooms,omitempty"`
	Attendees int                 `json:"attendees,omitempty"` // people, rooms left out
	Teams     bool                `json:"teams,omitempty"`
	Private   bool                `json:"private,omitempty"`
	Series    bool                `json:"series,omitempty"`
	Cancelled bool                `json:"cancelled,omitempty"`
}

// Result says what became of an intent.
type Result string

// Results. A line without one is an intent.
const (
	Done    Result = "done"
	Refused Result = "refused" // it did not happen
	Unknown Result = "unknown" // no answer came: it may have happened
)

// Record is one line of the trail.
type Record struct {
	N     int64     `json:"n"` // 1 for the first line
	At    time.Time `json:"at"`
	Actor Actor     `json:"actor"`
	// Action is what was done: "create event", "change event", "cancel event", "delete event", "connect", "sign-in", "rotate", "disconnect", "role".
	Action        string            `json:"action"`
	Mailbox       providers.Address `json:"mailbox,omitempty"`
	Event         string            `json:"event,omitempty"`
	TransactionID string            `json:"transaction_id,omitempty"`
	// Intent is the line that announced what this one ends.
	Intent int64  `json:"intent,omitempty"`
	Before *Facts `json:"before,omitempty"` // as far as it was read
	After  *Facts `json:"after,omitempty"`  // of an intent: what is wanted
	// Was and Is are the same of what is no meeting: a role, a connection's credential,
	// its permissions.
	Was    []string `json:"was,omitempty"`
	Is     []string `json:"is,omitempty"`
	Result Result   `json:"result,omitempty"`
	// Class and RequestID are of the error that ended it.
	Class     providers.Class `json:"class,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
	// Torn is the length in bytes of an unfinished line that stands before this one.
	Torn int `json:"torn,omitempty"`
	// Previous is the hash of the line before, "" of the first.
	Previous string `json:"previous"`
	Hash     string `json:"hash"`
}

// line seals a record and writes it as a line.
func (r *Record) line() ([]byte, error) {
	r.Hash = ""
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the audit trail: %w", err)
	}
	sum := sha256.Sum256(append([]byte(r.Previous), text...))
	r.Hash = hex.EncodeToString(sum[:])
	text, err = json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the audit trail: %w", err)
	}
	return append(text, '\n'), nil
}

var errAltered = errors.New("the line was altered")

// parse reads a line, which must be written exactly as [Record.line] writes it.
func parse(text []byte) (Record, error) {
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, errAltered
	}
	again := r
	written, err := again.line()
	if err != nil || !bytes.Equal(bytes.TrimSuffix(written, []byte("\n")), text) {
		return r, errAltered
	}
	return r, nil
}
