package simulator

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// RoomAnswer is what a room answered, with the reason that Graph does not tell.
type RoomAnswer struct {
	At       time.Time `json:"at"` // on the tenant's clock, UTC
	Room     string    `json:"room"`
	ICalUID  string    `json:"ical_uid"`
	Response string    `json:"response"` // "none": it will not answer
	Reason   string    `json:"reason"`   // "" where nothing speaks against the meeting
	Clashes  int       `json:"clashes"`  // dates of a series that meet others
}

// maxReasons bounds the answers that are kept.
const maxReasons = 10_000

// reasons keeps the latest answers of rooms.
type reasons struct {
	mu   sync.Mutex
	list []RoomAnswer
}

func (r *reasons) add(a RoomAnswer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) >= maxReasons {
		r.list = slices.Clone(r.list[maxReasons/2:])
	}
	r.list = append(r.list, a)
}

// RoomAnswers are the latest answers of rooms, oldest first, at most 10,000.
func (t *Tenant) RoomAnswers() []RoomAnswer {
	t.settle()
	t.reasons.mu.Lock()
	defer t.reasons.mu.Unlock()
	return slices.Clone(t.reasons.list)
}

func (t *Tenant) serveRoomAnswers(w http.ResponseWriter, _ *http.Request) {
	answers := t.RoomAnswers()
	if answers == nil {
		answers = []RoomAnswer{}
	}
	t.writeControl(w, http.StatusOK, answers)
}
