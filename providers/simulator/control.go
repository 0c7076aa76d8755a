package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// controlHandler is the second, plain HTTP listener, for tests and other
// programs: what happened, what is true, and what shall go wrong.
//
//	GET    /ledger          every request so far
//	GET    /truth?from&to   every entry of every mailbox in a window
//	GET    /faults          what is switched on
//	POST   /faults          a fault or a list of them
//	DELETE /faults          none any more
//
// and what [Tenant.handleChanges] adds.
func (t *Tenant) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ledger", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, map[string]any{"requests": t.Requests(), "entries": t.Ledger()})
	})
	mux.HandleFunc("GET /clock", t.serveClock)
	mux.HandleFunc("POST /clock", t.serveClock)
	mux.HandleFunc("GET /truth", t.serveTruth)
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, t.Faults())
	})
	mux.HandleFunc("POST /faults", t.serveInject)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		t.faults.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	t.tokenControls(mux)
	t.handleChanges(mux)
	mux.HandleFunc("POST /move", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Mailbox, Event, Calendar string }
		t.answerControl(w, r, &body, func() (any, error) {
			id, err := t.MoveEvent(body.Mailbox, body.Event, body.Calendar)
			return map[string]string{"id": id}, err
		})
	})
	// A web page in a browser on this machine could reach a loopback address
	// through a name of its own; it cannot choose the Host header.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); err != nil || (host != "localhost" && (ip == nil || !ip.IsLoopback())) || r.Header.Get("Origin") != "" {
			t.writeControl(w, http.StatusForbidden, map[string]string{"error": "the control address answers local programs only"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (t *Tenant) writeControl(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.options.Logger.Debug("control answer not sent", "error", err)
	}
}

// serveInject switches faults on: one object or a list.
func (t *Tenant) serveInject(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var faults []Fault
	if err == nil {
		faults, err = ParseFaults(raw)
	}
	if err != nil {
		t.writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	for _, f := range faults {
		t.faults.add(f)
	}
	t.writeControl(w, http.StatusOK, map[string]int{"injected": len(faults)})
}

// TruthMailbox is what a mailbox holds in a window.
type TruthMailbox struct {
	Mailbox string       `json:"mailbox"`
	Name    string       `json:"name"`
	Room    bool         `json:"room"`
	Policy  *RoomPolicy  `json:"policy,omitempty"`
	Events  []TruthEvent `json:"events"`
}

// TruthEvent is one entry of a calendar as the tenant knows it. Times are
// RFC 3339 in UTC; those of whole days are midnights of their own zone.
type TruthEvent struct {
	ID            string          `json:"id"`
	ImmutableID   string          `json:"immutable_id"`
	ICalUID       string          `json:"ical_uid"`
	Type          string          `json:"type"`
	Start         string          `json:"start"`
	End           string          `json:"end"`
	AllDay        bool            `json:"all_day"`
	Subject       string          `json:"subject"`
	Organizer     string          `json:"organizer"`
	IsOrganizer   bool            `json:"is_organizer"`
	ShowAs        string          `json:"show_as"`
	Sensitivity   string          `json:"sensitivity"`
	Cancelled     bool            `json:"cancelled"`
	Response      string          `json:"response"`
	Online        bool            `json:"online"`
	TransactionID string          `json:"transaction_id,omitempty"`
	Attendees     []TruthAttendee `json:"attendees"`
}

// TruthAttendee is an attendee and, in the organiser's copy, the answer.
type TruthAttendee struct {
	Mailbox  string `json:"mailbox"`
	Type     string `json:"type"`
	Response string `json:"response"`
}

// serveTruth writes every entry between from and to (RFC 3339), by mailbox and
// start; mailbox=address limits it to one. Without a window it is the generated
// one: 7 days back to 30 days ahead.
func (t *Tenant) serveTruth(w http.ResponseWriter, r *http.Request) {
	t.settle()
	day := t.started.Truncate(24 * time.Hour)
	from, to := day.AddDate(0, 0, -daysBack), day.AddDate(0, 0, daysAhead)
	for name, into := range map[string]*time.Time{"from": &from, "to": &to} {
		if text := r.URL.Query().Get(name); text != "" {
			at, err := parseInstant(text)
			if err != nil {
				t.writeControl(w, http.StatusBadRequest, map[string]string{"error": name + ": " + err.Error()})
				return
			}
			*into = at
		}
	}
	boxes := t.world.mailboxes()
	if one := r.URL.Query().Get("mailbox"); one != "" {
		m := t.world.find(one)
		if m == nil {
			t.writeControl(w, http.StatusNotFound, map[string]string{"error": "no such mailbox"})
			return
		}
		boxes = []*mailbox{m}
	}
	w.Header().Set("Content-Type", "application/json")
	// Written piece by piece: a large tenant's truth does not fit in memory twice.
	_, err := fmt.Fprintf(w, `{"now":%q,"from":%q,"to":%q,"mailboxes":[`, t.options.Now().UTC().Format(time.RFC3339), from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	for i, m := range boxes {
		if err != nil {
			t.options.Logger.Debug("truth not sent", "error", err)
			return
		}
		var raw []byte
		if raw, err = json.Marshal(t.truthOf(m, from, to)); err != nil {
			continue
		}
		if i > 0 {
			raw = append([]byte{','}, raw...)
		}
		_, err = w.Write(raw)
	}
	if err == nil {
		_, err = io.WriteString(w, "]}\n")
	}
	if err != nil {
		t.options.Logger.Debug("truth not sent", "error", err)
	}
}
