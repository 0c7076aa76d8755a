package ews

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"roomdesk/providers"
)

// cursor is where a round of changes stands. A round begins by taking Exchange's sync
// state, which is read to its end without looking at the items, and then reads the
// window's view: what changes meanwhile comes with the next round, so nothing is lost
// between the two.
type cursor struct {
	Mailbox providers.Address `json:"m"`
	From    int64             `json:"f"` // of the window, Unix seconds
	To      int64             `json:"t"`
	Phase   phase             `json:"p"`
	State   string            `json:"s,omitempty"` // SyncState, opaque
	After   *viewPlace        `json:"a,omitempty"` // the last entry of the view that was handed on
	// Dates are the dates of series that were handed on, by master, in Unix seconds: what
	// vanishes of a series is not told by name.
	Dates map[string][]int64 `json:"d,omitempty"`
}

type phase string

const (
	phaseState   phase = "state"   // taking the sync state
	phaseView    phase = "view"    // reading the window
	phaseChanges phase = "changes" // all was read; changes from here on
)

type viewPlace struct {
	Start int64  `json:"s"`
	ID    string `json:"i"`
}

const (
	cursorMark = "ews1."
	// cursorLimit is beyond what a sync state and the dates of a room can take.
	cursorLimit = 8 << 20
)

func (c cursor) window() providers.Interval {
	return providers.Interval{Start: time.Unix(c.From, 0).UTC(), End: time.Unix(c.To, 0).UTC()}
}

func (c cursor) text() string {
	raw, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers cannot fail
	}
	return cursorMark + base64.RawURLEncoding.EncodeToString(raw)
}

// readCursor reads a cursor of this mailbox. Any other asks for a new round.
func readCursor(text string, mailbox providers.Address) (cursor, error) {
	var c cursor
	rest, ours := strings.CutPrefix(text, cursorMark)
	if ours && len(text) <= cursorLimit {
		if raw, err := base64.RawURLEncoding.DecodeString(rest); err == nil && json.Unmarshal(raw, &c) == nil && c.Mailbox == mailbox && c.From < c.To {
			switch c.Phase {
			case phaseState, phaseView, phaseChanges:
				if c.Dates == nil {
					c.Dates = map[string][]int64{}
				}
				return c, nil
			}
		}
	}
	return cursor{}, &providers.Error{Class: providers.Resync, Op: "reading changes", Mailbox: mailbox, Message: providers.Outside("the cursor is none of this mailbox")}
}
