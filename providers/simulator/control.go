package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
)

// controlHandler is the second, plain HTTP listener, for tests and other
// programs: what happened, what is true, and what shall go wrong.
//
//	GET    /truth           every entry of every mailbox in a window, see [TruthOptions]
//	GET    /faults          what is switched on, and what it has hit
//	POST   /faults          a fault or a list of them
//	POST   /faults/random   {"seed":1,"n":20,"kinds":["fail"]}: a schedule of faults
//	DELETE /faults          none any more
//	GET    /verbs           all that faults can do
//
// what [Tenant.handleRecords] and [Tenant.handleChanges] add, and the clock and the
// tokens. Every answer is JSON; a mistake is a 4xx with {"error":"..."}.
func (t *Tenant) controlHandler() http.Handler {
	mux := http.NewServeMux()
	t.handleRecords(mux)
	mux.HandleFunc("GET /clock", t.serveClock)
	mux.HandleFunc("POST /clock", t.serveClock)
	mux.HandleFunc("GET /accounts", t.serveOthers)
	mux.HandleFunc("GET /life", t.serveLife)
	mux.HandleFunc("POST /life", t.serveLife)
	mux.HandleFunc("GET /truth", t.serveTruth)
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, t.Faults())
	})
	mux.HandleFunc("POST /faults", t.serveInject)
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		t.faults.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /verbs", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, FaultVerbs())
	})
	mux.HandleFunc("POST /faults/random", func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Seed  int64    `json:"seed"`
			N     int      `json:"n"`
			Kinds []string `json:"kinds"`
		}
		t.answerControl(w, r, &body, func() (any, error) {
			if body.N < 1 || body.N > maxRandomFaults {
				return nil, fmt.Errorf("n: %d is not between 1 and %d", body.N, maxRandomFaults)
			}
			faults, err := RandomFaults(body.Seed, body.N, body.Kinds...)
			for _, f := range faults {
				t.faults.add(f)
			}
			return faults, err
		})
	})
	mux.HandleFunc("GET /access-policy", t.serveAccessPolicy)
	mux.HandleFunc("PUT /access-policy", t.serveAccessPolicy)
	mux.HandleFunc("GET /rooms/{address}/policy", t.servePolicy)
	mux.HandleFunc("PATCH /rooms/{address}/policy", t.servePolicy)
	mux.HandleFunc("GET /room-answers", t.serveRoomAnswers)
	mux.HandleFunc("GET /mistakes", t.serveMistakes)
	mux.HandleFunc("POST /mistakes", t.serveMistakes)
	t.tokenControls(mux)
	t.credentialControls(mux)
	t.handleExchange(mux)
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

// maxRandomFaults is the longest random schedule that the control address takes.
const maxRandomFaults = 10_000
