package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TruthMailbox is what a mailbox holds in a window.
type TruthMailbox struct {
	Mailbox string       `json:"mailbox"`
	Name    string       `json:"name"`
	Room    bool         `json:"room"`
	Policy  *RoomPolicy  `json:"policy,omitempty"`
	Events  []TruthEvent `json:"events"` // by start, end, iCalUId and id
}

// TruthEvent is one entry of a calendar as the tenant knows it. Times are
// RFC 3339 in UTC; those of whole days are midnights of their own zone.
type TruthEvent struct {
	ID            string          `json:"id,omitempty"`
	ImmutableID   string          `json:"immutable_id,omitempty"`
	ChangeKey     string          `json:"change_key,omitempty"`
	ETag          string          `json:"etag,omitempty"`
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
	Attendees     []TruthAttendee `json:"attendees"` // by address
}

// TruthAttendee is an attendee and, in the organiser's copy, the answer.
type TruthAttendee struct {
	Mailbox  string `json:"mailbox"`
	Type     string `json:"type"`
	Response string `json:"response"`
	// Reason is why a room declined, as far as its policy tells: "reserved",
	// "bookers", "duration", "window", or "conflict".
	Reason string `json:"reason,omitempty"`
}

// Truth is a dump of what a tenant holds in a window. Equal states give equal
// bytes in JSON.
type Truth struct {
	From      string         `json:"from"`
	To        string         `json:"to"`
	Mailboxes []TruthMailbox `json:"mailboxes"`
}

// TruthOptions choose what a dump has.
type TruthOptions struct {
	From, To  time.Time
	Mailboxes []string // addresses; none is everybody
	// WithoutIDs leaves out what differs between two tenants, or two ways to the
	// same calendar: ids, change keys and ETags. The iCalUId stays.
	WithoutIDs bool
}

// Truth gives what a mailbox really holds between from and to, by start, after
// letting rooms answer what is due. ok is false for an unknown address.
func (t *Tenant) Truth(address string, from, to time.Time) (truth TruthMailbox, ok bool) {
	m := t.world.find(address)
	if m == nil {
		return TruthMailbox{}, false
	}
	t.settle()
	return t.truthOf(m, TruthOptions{From: from, To: to}), true
}

// TruthDump gives what is in all calendars, by mailbox.
func (t *Tenant) TruthDump(o TruthOptions) (Truth, error) {
	boxes, err := t.truthBoxes(o)
	if err != nil {
		return Truth{}, err
	}
	t.settle()
	out := Truth{From: o.From.UTC().Format(time.RFC3339), To: o.To.UTC().Format(time.RFC3339), Mailboxes: []TruthMailbox{}}
	for _, m := range boxes {
		out.Mailboxes = append(out.Mailboxes, t.truthOf(m, o))
	}
	return out, nil
}

// truthBoxes are the mailboxes of a dump, by address.
func (t *Tenant) truthBoxes(o TruthOptions) ([]*mailbox, error) {
	boxes := t.world.mailboxes()
	if len(o.Mailboxes) > 0 {
		boxes = nil
		for _, address := range o.Mailboxes {
			m := t.world.find(address)
			if m == nil {
				return nil, fmt.Errorf("no mailbox %q", address)
			}
			boxes = append(boxes, m)
		}
	}
	boxes = slices.Clone(boxes)
	slices.SortFunc(boxes, func(a, b *mailbox) int { return strings.Compare(a.contact.address, b.contact.address) })
	return slices.CompactFunc(boxes, func(a, b *mailbox) bool { return a == b }), nil
}

func (t *Tenant) truthOf(m *mailbox, o TruthOptions) TruthMailbox {
	t.ensure(m)
	out := TruthMailbox{Mailbox: m.contact.address, Name: m.contact.name, Room: m.kind == roomBox, Events: []TruthEvent{}}
	if m.room != nil {
		t.mu.RLock()
		policy := m.room.policy
		t.mu.RUnlock()
		out.Policy = &policy
	}
	t.mu.RLock()
	list := m.view(o.From.Unix(), o.To.Unix())
	t.mu.RUnlock()
	for _, i := range list {
		e := TruthEvent{
			ICalUID: string(appendICalUID(nil, i.e.uid, seriesCreated(i), i.date)), Type: kindNames[i.kind],
			Start: time.Unix(i.start, 0).UTC().Format(time.RFC3339), End: time.Unix(i.end, 0).UTC().Format(time.RFC3339),
			AllDay: i.e.has(allDayFlag), Subject: i.e.subject, Organizer: i.e.organizer.address, IsOrganizer: i.e.has(isOrganizerFlag),
			ShowAs: showNames[i.e.show], Sensitivity: sensitivityNames[i.e.sens], Cancelled: i.e.has(cancelledFlag),
			Response: responseNames[i.e.resp], Online: i.e.has(onlineFlag), TransactionID: i.e.seldom().transaction, Attendees: []TruthAttendee{},
		}
		if !o.WithoutIDs {
			e.ID, e.ImmutableID = string(m.appendID(nil, instanceID(i), false)), string(m.appendID(nil, instanceID(i), true))
			e.ETag = m.etag(i)
			e.ChangeKey = strings.TrimSuffix(strings.TrimPrefix(e.ETag, `W/"`), `"`)
		}
		for _, a := range i.e.attendees {
			if !e.IsOrganizer {
				a.resp = respondedNone
			}
			told := TruthAttendee{Mailbox: a.who.address, Type: attendanceNames[a.kind], Response: responseNames[a.resp]}
			if a.resp == respondedDeclined && a.who.box != nil && a.who.box.kind == roomBox {
				told.Reason = refusal(i, a, m)
			}
			e.Attendees = append(e.Attendees, told)
		}
		slices.SortStableFunc(e.Attendees, func(a, b TruthAttendee) int { return strings.Compare(a.Mailbox, b.Mailbox) })
		out.Events = append(out.Events, e)
	}
	slices.SortFunc(out.Events, func(a, b TruthEvent) int {
		return cmp.Or(strings.Compare(a.Start, b.Start), strings.Compare(a.End, b.End), strings.Compare(a.ICalUID, b.ICalUID), strings.Compare(a.ID, b.ID))
	})
	return out
}

// refusal is the rule of a room that a declined meeting breaks. A meeting that
// breaks none was declined because the room was taken.
func refusal(i instance, a attendee, host *mailbox) string {
	e, policy := i.e, a.who.box.room.policy
	if i.master != nil {
		e = i.master
	}
	horizon := a.at + int64(policy.BookingWindowDays)*86400
	switch {
	case policy.Reserved:
		return "reserved"
	case policy.BookersOnly != "" && (host.person == nil || host.person.department != policy.BookersOnly):
		return "bookers"
	case i.end-i.start > int64(policy.MaxDurationMinutes)*60 && !e.has(allDayFlag):
		return "duration"
	case i.start > horizon || e.beyond(horizon):
		return "window"
	}
	return "conflict"
}

// serveTruth writes every entry between from and to (RFC 3339), by mailbox and
// start; mailbox=address, as often as wanted, limits it; ids=0 leaves out ids and
// change keys. Without a window it is the generated one: 7 days back to 30 ahead.
func (t *Tenant) serveTruth(w http.ResponseWriter, r *http.Request) {
	o, err := t.parseTruthOptions(r.URL.Query())
	if err != nil {
		t.writeControl(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	boxes, err := t.truthBoxes(o)
	if err != nil {
		t.writeControl(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	t.settle()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Tenant-Now", t.options.Now().UTC().Format(time.RFC3339))
	// Written piece by piece: a large tenant's truth does not fit in memory twice.
	_, err = fmt.Fprintf(w, `{"from":%q,"to":%q,"mailboxes":[`, o.From.UTC().Format(time.RFC3339), o.To.UTC().Format(time.RFC3339))
	for i, m := range boxes {
		if err != nil {
			break
		}
		var raw []byte
		if raw, err = json.Marshal(t.truthOf(m, o)); err != nil {
			break
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

func (t *Tenant) parseTruthOptions(q url.Values) (o TruthOptions, err error) {
	day := t.started.Truncate(24 * time.Hour)
	o = TruthOptions{From: day.AddDate(0, 0, -daysBack), To: day.AddDate(0, 0, daysAhead), Mailboxes: q["mailbox"], WithoutIDs: q.Get("ids") == "0"}
	for name := range q {
		if !slices.Contains([]string{"from", "to", "mailbox", "ids"}, name) {
			return o, fmt.Errorf("%q is none of from, to, mailbox, ids", name)
		}
	}
	for name, into := range map[string]*time.Time{"from": &o.From, "to": &o.To} {
		if text := q.Get(name); text != "" {
			if *into, err = parseInstant(strings.Replace(text, " ", "+", 1)); err != nil {
				return o, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if o.To.Before(o.From) || o.To.Sub(o.From) > maxViewDays*24*time.Hour {
		return o, fmt.Errorf("the window from %v to %v is empty or longer than %d days", o.From, o.To, maxViewDays)
	}
	return o, nil
}
