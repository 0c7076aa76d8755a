package simulator

import (
	"encoding/json"
	"net/http"
	"runtime"
)

// handleRecords adds what tells about requests and limits:
//
//	GET    /ledger?since=&mailbox=&status=&method=&path=   finished requests
//	GET    /ledger?follow=1     the same as lines of JSON, and those that come
//	GET    /ledger?format=ndjson  as lines, without waiting
//	DELETE /ledger              forgets them
//	GET    /quota               the limits and their exact use
//	PUT    /quota               {"model":"per_app"} or {"quota":{...}}, and "enforce"
//	DELETE /quota               forgets the use
//	GET    /state               counts
func (t *Tenant) handleRecords(mux *http.ServeMux) {
	mux.HandleFunc("GET /ledger", t.serveLedger)
	mux.HandleFunc("DELETE /ledger", func(w http.ResponseWriter, _ *http.Request) {
		t.ClearLedger()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /quota", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, t.Usage())
	})
	mux.HandleFunc("PUT /quota", t.servePutQuota)
	mux.HandleFunc("DELETE /quota", func(w http.ResponseWriter, _ *http.Request) {
		t.ResetUsage()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, t.State())
	})
}

func (t *Tenant) serveLedger(w http.ResponseWriter, r *http.Request) {
	f, err := parseLedgerFilter(r.URL.Query())
	if err != nil {
		t.writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	follow := r.URL.Query().Get("follow")
	if follow == "" && r.URL.Query().Get("format") == "" {
		t.writeControl(w, http.StatusOK, map[string]any{"requests": t.Requests(), "entries": t.LedgerWhere(f)})
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	flush(w)
	lines := json.NewEncoder(w)
	if follow == "" {
		for _, e := range t.LedgerWhere(f) {
			if lines.Encode(e) != nil {
				return
			}
		}
		return
	}
	for e := range t.FollowLedger(r.Context(), f) {
		if lines.Encode(e) != nil {
			return
		}
		flush(w)
	}
}

// servePutQuota changes the limits: "model" names one, "quota" gives one in full;
// "enforce" false only counts.
func (t *Tenant) servePutQuota(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Model   string `json:"model"`
		Quota   *Quota `json:"quota"`
		Enforce *bool  `json:"enforce"`
	}
	t.answerControl(w, r, &body, func() (any, error) {
		q, enforce := t.Usage().Quota, true
		var err error
		if body.Model != "" {
			if q, err = QuotaNamed(body.Model); err != nil {
				return nil, err
			}
		}
		if body.Quota != nil {
			q = *body.Quota
		}
		if body.Enforce != nil {
			enforce = *body.Enforce
		}
		err = t.SetQuota(q, enforce)
		return t.Usage(), err
	})
}

// State counts what a tenant holds.
type State struct {
	TenantID  string `json:"tenant_id"`
	Now       string `json:"now"`
	Rooms     int    `json:"rooms"`
	People    int    `json:"people"`
	Mailboxes int    `json:"mailboxes"`
	// Made is how many mailboxes have their calendar; the others get theirs when
	// somebody looks.
	Made     int    `json:"made"`
	Items    int    `json:"items"`   // in the calendars that are made; a series counts once
	Pending  int    `json:"pending"` // requests that rooms have not answered
	Requests int64  `json:"requests"`
	InFlight int    `json:"in_flight"`
	Faults   int    `json:"faults"` // that may still hit
	Heap     uint64 `json:"heap_bytes"`
}

// State counts what the tenant holds now.
func (t *Tenant) State() State {
	t.settle()
	s := State{TenantID: t.endpoints.TenantID, Now: t.options.Now().UTC().Format("2006-01-02T15:04:05.000Z"), Rooms: len(t.world.rooms), People: len(t.world.people), Requests: t.Requests()}
	t.mu.RLock()
	for _, m := range t.world.mailboxes() {
		s.Mailboxes++
		if len(m.held) > 0 {
			s.Made++
			s.Items += len(m.held)
		}
	}
	s.Pending = len(t.pending)
	t.mu.RUnlock()
	t.ledger.mu.Lock()
	s.InFlight = len(t.ledger.open)
	t.ledger.mu.Unlock()
	for _, f := range t.Faults() {
		if !f.Over {
			s.Faults++
		}
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	s.Heap = memory.HeapAlloc
	return s
}
