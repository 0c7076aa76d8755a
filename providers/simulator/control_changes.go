package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// handleChanges adds what an administrator does to rooms and accounts, and what
// happens to subscriptions, to the control address.
//
//	POST   /accounts        {"mailbox", "change", "to"}: see [Tenant.change]
//	GET    /subscriptions   the active subscriptions
//	POST   /subscriptions   {"id", "event"}: see [Tenant.Lifecycle]
func (t *Tenant) handleChanges(mux *http.ServeMux) {
	mux.HandleFunc("POST /accounts", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Mailbox, Change, To string }
		t.answerControl(w, r, &body, func() (any, error) { return t.change(body.Mailbox, body.Change, body.To) })
	})
	mux.HandleFunc("GET /subscriptions", func(w http.ResponseWriter, _ *http.Request) {
		t.writeControl(w, http.StatusOK, map[string]any{"subscriptions": t.Subscriptions()})
	})
	mux.HandleFunc("POST /subscriptions", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ ID, Event string }
		t.answerControl(w, r, &body, func() (any, error) {
			return map[string]string{"id": body.ID}, t.Lifecycle(body.ID, body.Event)
		})
	})
}

// answerControl reads a control call's body, runs it and answers.
func (t *Tenant) answerControl(w http.ResponseWriter, r *http.Request, body any, run func() (any, error)) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	d.DisallowUnknownFields()
	err := d.Decode(body)
	var out any
	if err == nil {
		out, err = run()
	}
	status := http.StatusOK
	switch {
	case errors.Is(err, errNoMailbox):
		status = http.StatusNotFound
	case err != nil:
		status = http.StatusBadRequest
	}
	if err != nil {
		out = map[string]string{"error": err.Error()}
	}
	t.writeControl(w, status, out)
}

// change does one of the administrator's changes by its word.
func (t *Tenant) change(mailbox, word, to string) (any, error) {
	done := map[string]string{"mailbox": mailbox, "change": word}
	switch word {
	case "place_id":
		id, err := t.ChangePlaceID(mailbox)
		done["id"] = id
		return done, err
	case "rename":
		return done, t.RenameAccount(mailbox, to)
	case "address":
		return done, t.ChangeAddress(mailbox, to)
	case "room_list":
		return done, t.MoveRoom(mailbox, to)
	case "hide", "show":
		return done, t.HideRoom(mailbox, word == "hide")
	case "enable", "disable":
		return done, t.SetAccountEnabled(mailbox, word == "enable")
	case "auto_release":
		after, err := time.ParseDuration(to)
		if err != nil {
			return done, err
		}
		return done, t.SetAutoRelease(mailbox, after)
	case "licence":
		return done, t.SetLicence(mailbox, to)
	case "on_premises", "moving", "online":
		if word == "online" {
			word = HostedOnline
		}
		return done, t.SetHosting(mailbox, word)
	case "delete":
		if to == "" {
			to = GoneUser
		}
		return done, t.DeleteAccount(mailbox, to)
	case "restore":
		return done, t.RestoreAccount(mailbox)
	}
	return nil, fmt.Errorf("%q is none of place_id, rename, address, room_list, hide, show, enable, disable, licence, auto_release, on_premises, moving, online, delete, restore", word)
}
