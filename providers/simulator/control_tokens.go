package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"roomdesk/providers/simulator/entra"
)

// tokenControls are what tests and other programs can do to sign-in:
//
//	GET, POST, DELETE /tokens    what happens to tokens: see entra.Disturbance
//	POST, DELETE      /refusals  sign-ins that a policy refuses: see entra.Refusal
func (t *Tenant) tokenControls(mux *http.ServeMux) {
	mux.HandleFunc("GET /tokens", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, t.directory.Disturbances())
	})
	mux.HandleFunc("POST /tokens", func(w http.ResponseWriter, r *http.Request) {
		serveSwitch(t, w, r, func(x entra.Disturbance) error {
			_, err := t.directory.Disturb(x)
			return err
		})
	})
	mux.HandleFunc("DELETE /tokens", func(w http.ResponseWriter, _ *http.Request) {
		t.directory.Calm()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /refusals", func(w http.ResponseWriter, r *http.Request) {
		serveSwitch(t, w, r, func(x entra.Refusal) error {
			_, err := t.directory.Refuse(x)
			return err
		})
	})
	mux.HandleFunc("DELETE /refusals", func(w http.ResponseWriter, _ *http.Request) {
		t.directory.Allow()
		w.WriteHeader(http.StatusNoContent)
	})
}

// serveSwitch reads one object, strictly, and applies it.
func serveSwitch[T any](t *Tenant, w http.ResponseWriter, r *http.Request, apply func(T) error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var x T
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&x)
	}
	if err == nil {
		err = apply(x)
	}
	if err != nil {
		t.writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	t.writeControl(w, http.StatusOK, x)
}
