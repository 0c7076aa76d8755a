package cli

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// S-31: what the console shows of the audit trail is what was really written, with
// before, after and outcome; it is an administrator's; what somebody does to the file
// shows.
func TestS31ConsoleShowsTheTrail(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	tenant, a, s := configured(ctx, t, simulator.Options{Rooms: 3, People: 2, RoomAnswerDelay: time.Millisecond})
	w, err := newWorkspace(ctx, s, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.rooms(ctx); err != nil {
		t.Fatal(err)
	}
	name := w.connection.Name
	if page, err := w.AuditPage(ctx, name, 0, nil, 50); err != nil || len(page.Rows) > 0 {
		t.Fatalf("%+v %v", page, err)
	}
	day := time.Now().UTC().Truncate(24 * time.Hour)
	for day = day.AddDate(0, 0, 3); day.Weekday() != time.Sunday; day = day.AddDate(0, 0, 1) {
	}
	room := providers.Address(tenant.Rooms()[0].Mailbox)
	made, err := w.Book(ctx, providers.BookingRequest{Room: room, Start: day.Add(2 * time.Hour), End: day.Add(3 * time.Hour), Subject: providers.Outside("Secret merger")})
	if err == nil {
		made, err = w.desk.Await(ctx, made.ID)
	}
	if err == nil {
		_, err = w.Cancel(ctx, made.ID, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.AuditPage(ctx, name, 0, nil, 50)
	if err != nil || len(page.Rows) != 4 || page.Before != 0 {
		t.Fatalf("%+v %v", page, err)
	}
	newest, first := page.Rows[0], page.Rows[3]
	if newest.N != 4 || newest.What != "cancel event" || newest.Result != "done" || first.What != "create event" || first.Result != "" || string(first.Mailbox) != tenant.Endpoints().Organizer || first.Who == "" ||
		!strings.Contains(first.After, string(room)) || !strings.Contains(page.Rows[1].Before, string(room)) || !strings.Contains(page.Rows[1].After, "cancelled") {
		t.Errorf("%+v", page.Rows)
	}
	for _, row := range page.Rows {
		if row.Break != "" || len(row.Whole) < 6 {
			t.Errorf("%+v", row)
		}
		for _, pair := range row.Whole {
			if strings.Contains(pair[1], "merger") {
				t.Errorf("a subject is in the trail: %q", pair)
			}
		}
	}
	if page, err := w.AuditPage(ctx, name, 0, []string{"cancel", "done"}, 50); err != nil || len(page.Rows) != 1 || page.Rows[0].N != 4 {
		t.Errorf("filtered: %+v %v", page, err)
	}
	if verdict, err := w.AuditVerify(ctx, name); err != nil || verdict.Records != 4 || len(verdict.Breaks) > 0 || verdict.Open != 0 || !strings.HasPrefix(verdict.Head, "4:") {
		t.Errorf("%+v %v", verdict, err)
	}
	path := w.trail.Path()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), `"action":"create event"`, `"action":"nothing done"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if page, err := w.AuditPage(ctx, name, 0, []string{"nobody"}, 50); err != nil || len(page.Rows) == 0 || page.Rows[len(page.Rows)-1].Break == "" {
		t.Errorf("altered: %+v %v", page, err)
	}
	if verdict, err := w.AuditVerify(ctx, name); err != nil || len(verdict.Breaks) == 0 || !strings.HasPrefix(verdict.Breaks[0], "line 1: ") {
		t.Errorf("altered: %+v %v", verdict, err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	setRole(t, a, "booker")
	_, reading := w.AuditPage(ctx, name, 0, nil, 50)
	_, verifying := w.AuditVerify(ctx, name)
	for _, err := range []error{reading, verifying} {
		if err == nil || !strings.Contains(err.Error(), "administrator") && !strings.Contains(explain(err).sentence(), "administrator") {
			t.Errorf("a booker is told %v", err)
		}
	}
}
