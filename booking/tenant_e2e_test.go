package booking_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
	"roomdesk/sync/store"
)

// objects handles single events with plain JSON over the provider's own client:
// the SDK that the program uses for that takes minutes to compile. What it sends
// and reads is written from Graph's documentation.
type objects struct{ at graph.Authorised }

type wireTime struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

type wireEvent struct {
	ID              string   `json:"id"`
	ICalUID         string   `json:"iCalUId"`
	Subject         string   `json:"subject"`
	ETag            string   `json:"@odata.etag"`
	Start           wireTime `json:"start"`
	End             wireTime `json:"end"`
	IsOrganizer     bool     `json:"isOrganizer"`
	Type            string   `json:"type"`
	SeriesMasterID  string   `json:"seriesMasterId"`
	IsCancelled     bool     `json:"isCancelled"`
	IsOnlineMeeting bool     `json:"isOnlineMeeting"`
	TransactionID   string   `json:"transactionId"`
	OnlineMeeting   *struct {
		JoinURL string `json:"joinUrl"`
	} `json:"onlineMeeting"`
	Attendees []struct {
		Type         string `json:"type"`
		EmailAddress struct{ Name, Address string }
		Status       struct {
			Response string
			Time     time.Time
		}
	} `json:"attendees"`
}

func (o objects) call(ctx context.Context, method, path string, in, out any, header ...string) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, o.at.BaseURL+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Add("Prefer", `IdType="ImmutableId"`)
	req.Header.Add("Prefer", `outlook.timezone="UTC"`)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := o.at.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (o objects) event(ctx context.Context, method, path string, mailbox providers.Address, in any, header ...string) (providers.Event, error) {
	var w wireEvent
	if err := o.call(ctx, method, path, in, &w, header...); err != nil {
		return providers.Event{}, err
	}
	e := providers.Event{Mailbox: mailbox, ID: w.ID, ICalUID: w.ICalUID, Cancelled: w.IsCancelled, OnlineMeeting: w.IsOnlineMeeting, TransactionID: w.TransactionID, Subject: providers.Outside(w.Subject),
		ETag: w.ETag, Start: w.Start.utc(), End: w.End.utc(), IsOrganizer: w.IsOrganizer, Type: providers.EventType(w.Type), SeriesMasterID: w.SeriesMasterID}
	if w.OnlineMeeting != nil {
		e.JoinURL = providers.Outside(w.OnlineMeeting.JoinURL)
	}
	for _, a := range w.Attendees {
		mailbox, _ := providers.ParseAddress(a.EmailAddress.Address)
		e.Attendees = append(e.Attendees, providers.Attendee{Mailbox: mailbox, Text: providers.Outside(a.EmailAddress.Address), Name: providers.Outside(a.EmailAddress.Name),
			Type: providers.AttendeeType(a.Type), Response: providers.Response(a.Status.Response), ResponseAt: a.Status.Time})
	}
	return e, nil
}

func user(mailbox providers.Address) string { return "/users/" + url.PathEscape(string(mailbox)) }

func (o objects) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return o.event(ctx, "GET", user(mailbox)+"/events/"+url.PathEscape(id), mailbox, nil)
}

func (o objects) CreateEvent(ctx context.Context, d providers.EventDraft) (providers.Event, error) {
	person := func(a providers.Address, kind string) map[string]any {
		return map[string]any{"type": kind, "emailAddress": map[string]string{"address": string(a)}}
	}
	attendees := []map[string]any{}
	if d.Room != "" {
		attendees = append(attendees, person(d.Room, "resource"))
	}
	for _, a := range d.Required {
		attendees = append(attendees, person(a, "required"))
	}
	in := map[string]any{
		"subject": d.Subject.Raw(), "transactionId": d.TransactionID, "attendees": attendees,
		"start":    wireTime{d.Start.UTC().Format("2006-01-02T15:04:05"), "UTC"},
		"end":      wireTime{d.End.UTC().Format("2006-01-02T15:04:05"), "UTC"},
		"location": map[string]string{"displayName": d.RoomName.Raw(), "locationEmailAddress": string(d.Room)},
	}
	if d.Recurrence != nil {
		zone, err := time.LoadLocation(d.Recurrence.Zone)
		if err != nil {
			return providers.Event{}, err
		}
		in["recurrence"] = patterned(*d.Recurrence)
		in["start"], in["end"] = wireTime{d.Start.In(zone).Format(graphTime), zone.String()}, wireTime{d.End.In(zone).Format(graphTime), zone.String()}
	}
	if d.Room == "" {
		delete(in, "location")
	}
	if d.Teams {
		in["isOnlineMeeting"], in["onlineMeetingProvider"] = true, "teamsForBusiness"
	}
	return o.event(ctx, "POST", user(d.Organizer)+"/events", d.Organizer, in)
}

func (o objects) CancelEvent(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return o.call(ctx, "POST", user(mailbox)+"/events/"+url.PathEscape(id)+"/cancel", map[string]string{"comment": comment}, nil)
}

func (o objects) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	var list struct {
		Value []struct {
			ID, Name          string
			CanEdit           bool
			IsDefaultCalendar bool
			Allowed           []string `json:"allowedOnlineMeetingProviders"`
		}
	}
	if err := o.call(ctx, "GET", user(mailbox)+"/calendars", nil, &list); err != nil {
		return nil, err
	}
	var all []providers.Calendar
	for _, c := range list.Value {
		all = append(all, providers.Calendar{Mailbox: mailbox, ID: c.ID, Name: providers.Outside(c.Name), Default: c.IsDefaultCalendar, ReadOnly: !c.CanEdit,
			IntegratedConferencing: slices.Contains(c.Allowed, "teamsForBusiness")})
	}
	return all, nil
}

var errNotHere = errors.New("not needed here")

func (o objects) Place(context.Context, providers.Address) (providers.Room, error) {
	return providers.Room{}, errNotHere
}

// office is a desk over a real store and a simulated tenant, over HTTPS, within a
// test's bubble: what is waited for takes no time.
type office struct {
	*booking.Desk
	t        *testing.T
	tenant   *simulator.Tenant
	service  service
	network  *providertest.Network
	offline  *atomic.Bool // no connection is made, and those that there were are cut
	provider connection
	store    *store.Store
	room     providers.Address
	alice    providers.Address
}

// oneKey signs the tokens of all tenants: making one takes a while.
var oneKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// inOffice tells a story in an office of its own, beside others.
func inOffice(t *testing.T, of service, story func(t *testing.T, o *office), faults ...simulator.Fault) {
	t.Helper()
	oneKey() // outside of all bubbles
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := openOffice(t, of, faults...)
		story(t, o)
		var graph, exchange bool
		for _, e := range o.tenant.Ledger() {
			graph, exchange = graph || e.Operation == "", exchange || e.Operation != ""
			if e.Folder != "" && e.Folder != "calendar" {
				t.Errorf("L4: %s names the folders %s", e.Operation, e.Folder)
			}
		}
		if of.hybrid && !(graph && exchange) {
			t.Error("P17: only one side was asked")
		}
		for _, f := range o.tenant.Faults() {
			if f.Hits == 0 && f.Chance == 0 {
				t.Errorf("a fault hit nothing: %+v", f.Fault)
			}
		}
	})
}

func openOffice(t *testing.T, of service, faults ...simulator.Fault) *office {
	t.Helper()
	network := &providertest.Network{}
	tenant, err := simulator.Start(context.Background(), of.options(simulator.Options{Rooms: 12, People: 6, Seed: 11, RoomAnswerDelay: 50 * time.Millisecond, Faults: faults,
		Listener: network.Listen}))
	if err != nil {
		t.Fatal(err)
	}
	at := tenant.Endpoints()
	of.settle(tenant, &at)
	offline := &atomic.Bool{}
	provider, err := of.connect(at, at.CAPEM, func(ctx context.Context, kind, address string) (net.Conn, error) {
		conn, err := network.Dial(ctx, kind, address)
		return cable{conn, offline}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, service: of, tenant: tenant, network: network, offline: offline, provider: provider, store: s, alice: providers.Address(strings.ToLower(at.Organizer))}
	o.Desk = booking.New(booking.Options{Tenant: provider, Outbox: s, Mirror: s, Journal: s, Organizer: o.alice})
	var listing *store.Listing[providers.Room]
	for err = error(&providers.Error{Class: providers.Throttled}); providers.Is(err, providers.Throttled); {
		listing = s.BeginRooms()
		_, err = provider.Rooms(t.Context(), func(rooms []providers.Room) error {
			for _, room := range rooms {
				if o.room == "" && (!of.hybrid || o.far(room.Mailbox)) {
					o.room = room.Mailbox
				}
			}
			_, err := listing.Page(t.Context(), rooms)
			return err
		})
		if providers.Is(err, providers.Throttled) {
			time.Sleep(20 * time.Second) // by the bubble's clock
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for _, end := range []func() error{s.Close, provider.Close, tenant.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return o
}

// cable is a connection that can be pulled out.
type cable struct {
	net.Conn
	out *atomic.Bool
}

var errPulled = &net.OpError{Op: "write", Net: "tcp", Err: syscall.ENETUNREACH}

func (c cable) Write(b []byte) (int, error) {
	if c.out.Load() {
		return 0, errPulled
	}
	return c.Conn.Write(b)
}

// freeNight is a span at night, when the simulated company does not meet.
func freeNight(days int) (start, end time.Time) {
	start = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days).Add(2 * time.Hour)
	return start, start.Add(time.Hour)
}

func (o *office) request(days int) providers.BookingRequest {
	start, end := freeNight(days)
	return providers.BookingRequest{Room: o.room, Start: start, End: end, Teams: o.service.teams}
}

func (o *office) await(id string) providers.Booking {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	b, err := o.Await(ctx, id)
	if err != nil {
		o.t.Fatalf("Await: %v; it is %s: %s", err, b.State, b.Reason)
	}
	return b
}

// creates are the transaction ids of the creates that had an effect or might; Exchange
// knows none. It is ONCE by the tenant's own ledger.
func (o *office) creates() (sent []string, made int) {
	all, made := o.service.done(o.tenant, creating, "created")
	for _, e := range all {
		sent = append(sent, e.TransactionID)
	}
	return sent, made
}

func TestBookingInATenant(t *testing.T) { overServicesAndHybrid(t, bookingInATenant) }

func bookingInATenant(t *testing.T, of service) {
	inOffice(t, of, bookingStory)
}

func bookingStory(t *testing.T, o *office) {
	of := o.service
	q := o.request(3)
	b, err := o.Book(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	got := o.await(b.ID)
	if got.State != providers.BookingAccepted || got.JoinURL.Empty() == of.teams || got.ICalUID == "" {
		t.Fatalf("%s: %q, link %q", got.State, got.Reason, got.JoinURL)
	}
	var refused *booking.Refused
	if _, err := o.Book(t.Context(), q); !errors.As(err, &refused) || providers.ClassOf(err) != providers.Conflict || len(refused.Check.Alternatives) == 0 {
		t.Errorf("booking it again: %v", err)
	}
	q.EvenIfBusy = true
	second, err := o.Book(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.await(second.ID); got.State != providers.BookingDeclined || got.ReasonProof != providers.Proven || len(got.Alternatives) == 0 {
		t.Errorf("insisting: %s, %q (%s), %d alternatives", got.State, got.Reason, got.ReasonProof, len(got.Alternatives))
	}
	for _, id := range []string{b.ID, second.ID, b.ID} {
		if got, err := o.Cancel(t.Context(), id, "no longer needed"); err != nil || got.State != providers.BookingCancelled {
			t.Errorf("cancelling: %s, %v", got.State, err)
		}
	}
	check, err := o.Check(t.Context(), o.request(3))
	if err != nil || !check.Free {
		t.Errorf("after cancelling: %q, %v", check.Why, err)
	}
	if all, err := o.Bookings(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%d bookings, %v", len(all), err)
	}
	if of.teams {
		return
	}
	// P8: where there is no Teams, nothing is made without the link that was asked for.
	q = o.request(3)
	q.Teams = true
	none, err := o.Book(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.await(none.ID); got.State != providers.BookingFailed || !strings.Contains(got.Reason, "cannot make Teams meetings") {
		t.Errorf("with Teams: %s: %q", got.State, got.Reason)
	}
	if _, made := o.creates(); made != 2 {
		t.Errorf("%d meetings were made, want 2", made)
	}
}

// F-041, F-042, F-061 over the wire: ONCE by the tenant's own ledger.
func TestLostAnswersInATenant(t *testing.T) { overServicesAndHybrid(t, lostAnswersInATenant) }

func lostAnswersInATenant(t *testing.T, of service) {
	post := func(f simulator.Fault) simulator.Fault { return of.fault(creating, f) }
	for name, c := range map[string]struct {
		fault simulator.Fault
		state providers.BookingState
		made  int
	}{
		"commit then 504":       {post(simulator.Fault{Nth: 1, Times: 1, CommitThen: "fail"}), providers.BookingAccepted, 1},
		"commit then reset":     {post(simulator.Fault{Nth: 1, Times: 1, CommitThen: "reset"}), providers.BookingAccepted, 1},
		"commit then truncated": {post(simulator.Fault{Nth: 1, Times: 1, CommitThen: "truncate"}), providers.BookingAccepted, 1},
		"reset before":          {post(simulator.Fault{Nth: 1, Times: 1, ResetBefore: true}), providers.BookingAccepted, 1},
		"sign-in page":          {post(simulator.Fault{Nth: 1, Times: 1, Garble: "html"}), providers.BookingAccepted, 1},
		"refused":               {post(simulator.Fault{Times: -1, Fail: &simulator.Failure{Status: 400, Code: "ErrorInvalidRecipients"}}), providers.BookingFailed, 0},
		"silent room":           {simulator.Fault{Room: "silent", Times: -1}, providers.BookingWaiting, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, of, func(t *testing.T, o *office) {
				b, err := o.Book(t.Context(), o.request(4))
				if err != nil {
					t.Fatal(err)
				}
				if c.state == providers.BookingWaiting {
					ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
					defer cancel()
					if got, err := o.Await(ctx, b.ID); !errors.Is(err, context.DeadlineExceeded) || got.State != c.state {
						t.Errorf("%s, %v", got.State, err)
					}
				} else if got := o.await(b.ID); got.State != c.state {
					t.Errorf("%s: %s", got.State, got.Reason)
				}
				sent, made := o.creates()
				if made != c.made {
					t.Errorf("%d meetings were made by %s", made, fmt.Sprint(sent))
				}
				for _, tx := range sent {
					if tx != "" && !strings.EqualFold(tx, b.TransactionID) {
						t.Errorf("sent under %s, the intent has %s", tx, b.TransactionID)
					}
				}
			}, c.fault)
		})
	}
}
