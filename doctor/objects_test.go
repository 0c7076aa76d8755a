package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// plainObjects writes single objects with a few lines of JSON, in place of
// Microsoft's SDK, which takes minutes to build.
type plainObjects struct{ graph.Authorised }

func objects(a graph.Authorised) graph.Objects { return plainObjects{a} }

func (o plainObjects) ask(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, o.BaseURL+path, &body)
	if err != nil {
		return err
	}
	resp, err := o.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

func events(mailbox providers.Address) string {
	return "/users/" + url.PathEscape(string(mailbox)) + "/events"
}

func (o plainObjects) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	var w graph.WireEvent
	err := o.ask(ctx, "GET", events(mailbox)+"/"+url.PathEscape(id), nil, &w)
	return w.Event(mailbox, ""), err
}

func (o plainObjects) CreateEvent(ctx context.Context, d providers.EventDraft) (providers.Event, error) {
	body := map[string]any{"subject": d.Subject.Raw(), "start": wireTime(d.Start), "end": wireTime(d.End), "transactionId": d.TransactionID}
	if d.ShowAs != "" {
		body["showAs"] = d.ShowAs
	}
	if d.Room != "" {
		body["attendees"] = []any{map[string]any{"type": "resource", "emailAddress": map[string]string{"address": string(d.Room)}}}
	}
	var w graph.WireEvent
	err := o.ask(ctx, "POST", events(d.Organizer), body, &w)
	return w.Event(d.Organizer, ""), err
}

func (o plainObjects) ChangeEvent(ctx context.Context, mailbox providers.Address, id, _ string, c providers.EventChange) (providers.Event, error) {
	var w graph.WireEvent
	err := o.ask(ctx, "PATCH", events(mailbox)+"/"+url.PathEscape(id), map[string]any{"start": wireTime(*c.Start), "end": wireTime(*c.End)}, &w)
	return w.Event(mailbox, ""), err
}

func wireTime(t time.Time) map[string]string {
	return map[string]string{"dateTime": t.UTC().Format("2006-01-02T15:04:05"), "timeZone": "UTC"}
}

func (o plainObjects) CancelEvent(ctx context.Context, mailbox providers.Address, id, _ string) error {
	return o.ask(ctx, "DELETE", events(mailbox)+"/"+url.PathEscape(id), nil, nil)
}

func (o plainObjects) DeleteEvent(ctx context.Context, mailbox providers.Address, id string) error {
	return o.CancelEvent(ctx, mailbox, id, "")
}

func (o plainObjects) Calendars(context.Context, providers.Address) ([]providers.Calendar, error) {
	panic("the doctor reads one calendar")
}

func (o plainObjects) Place(context.Context, providers.Address) (providers.Room, error) {
	panic("the doctor reads no single place")
}
