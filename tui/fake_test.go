package tui

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"roomdesk/booking/finder"
	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// fakeNow is the moment at which every test plays: Thu 19 Nov 2026, 14:07 in
// Berlin.
func fakeNow() time.Time { return time.Date(2026, 11, 19, 13, 7, 20, 0, time.UTC) }

func berlin() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return z
}

// at is a time of day on the day of the tests, or some days later.
func at(days, hour, minute int) time.Time {
	return time.Date(2026, 11, 19+days, hour, minute, 0, 0, berlin())
}

// fakeWorkspace answers from memory.
type fakeWorkspace struct {
	mu          sync.Mutex
	header      Header
	rooms       []providers.Room
	people      []providers.Person
	avail       map[providers.Address]providers.Availability // of the day; Window is cut to the question
	events      map[providers.Address][]providers.Event
	calendars   map[providers.Address][]providers.Calendar
	progress    providers.SyncProgress
	statuses    []providers.MailboxStatus
	bookings    []providers.Booking
	connections []ConnectionRow
	check       BookingCheck
	words       *providers.EquipmentWords
	reviewErr   error
	fakeChanges
	fakePermissions
	fakeRelocations
	fakeExaminations
	trail fakeTrail
	fakeDisconnections
	fakeRotation
	fakeMigration
	fakeProfiles
	fakeSeries

	roomsErr, bookErr, checkErr, availErr, eventsErr error

	booked   []providers.BookingRequest
	cancels  []string
	retried  [][]providers.Address
	watched  []providers.Address
	asked    [][]providers.Address // questions for availability
	inFlight int
	changes  chan Changes
}

func (f *fakeWorkspace) Header() Header {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.header
}

func (f *fakeWorkspace) Rooms(context.Context) ([]providers.Room, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rooms, f.roomsErr
}

func (f *fakeWorkspace) Availability(_ context.Context, mailboxes []providers.Address, window providers.Interval) (map[providers.Address]providers.Availability, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, mailboxes)
	if f.availErr != nil {
		return nil, f.availErr
	}
	out := map[providers.Address]providers.Availability{}
	for _, mailbox := range mailboxes {
		a, ok := f.avail[mailbox]
		if !ok {
			a = providers.Availability{Mailbox: mailbox}
		}
		a.Window = window
		all := a.Blocks
		a.Blocks = nil
		for _, b := range all {
			if b.Overlaps(window) {
				a.Blocks = append(a.Blocks, b)
			}
		}
		out[mailbox] = a
	}
	return out, nil
}

func (f *fakeWorkspace) Events(_ context.Context, mailbox providers.Address, window providers.Interval) ([]providers.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.eventsErr != nil {
		return nil, f.eventsErr
	}
	var out []providers.Event
	for _, e := range f.events[mailbox] {
		if overlapsOrAt(providers.Interval{Start: e.Start, End: e.End}, window) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (f *fakeWorkspace) People(context.Context) ([]providers.Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.people, nil
}

func (f *fakeWorkspace) Calendars(_ context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calendars[mailbox], nil
}

func (f *fakeWorkspace) Watch(mailboxes []providers.Address) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watched = mailboxes
}

func (f *fakeWorkspace) Sync(context.Context) (providers.SyncProgress, []providers.MailboxStatus, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.progress, f.statuses, nil
}

func (f *fakeWorkspace) Retry(mailboxes ...providers.Address) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retried = append(f.retried, mailboxes)
}

func (f *fakeWorkspace) Check(context.Context, providers.BookingRequest) (BookingCheck, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.check, f.checkErr
}

func (f *fakeWorkspace) Book(_ context.Context, request providers.BookingRequest) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bookErr != nil {
		return providers.Booking{}, f.bookErr
	}
	f.booked = append(f.booked, request)
	b := providers.Booking{
		ID: fmt.Sprint("b", len(f.bookings)+1), Request: request, State: providers.BookingSending, Created: fakeNow(), Updated: fakeNow(),
	}
	for _, r := range f.rooms {
		if r.Mailbox == request.Room {
			b.RoomName = r.Name
		}
	}
	f.bookings = slices.Insert(f.bookings, 0, b)
	return b, nil
}

// change changes a booking and gives what the console is told.
func (f *fakeWorkspace) change(id string, change func(b *providers.Booking)) changesAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bookings = slices.Clone(f.bookings)
	for i := range f.bookings {
		if f.bookings[i].ID == id {
			change(&f.bookings[i])
		}
	}
	return changesAnswer{changes: Changes{Bookings: true}}
}

func (f *fakeWorkspace) Bookings(context.Context) ([]providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bookings, nil
}

func (f *fakeWorkspace) Cancel(_ context.Context, id, _ string) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancels = append(f.cancels, id)
	f.bookings = slices.Clone(f.bookings)
	for i := range f.bookings {
		if f.bookings[i].ID == id {
			f.bookings[i].State = providers.BookingCancelling
			return f.bookings[i], nil
		}
	}
	return providers.Booking{}, &providers.Error{Class: providers.Gone, Op: "cancelling"}
}

func (f *fakeWorkspace) InFlight() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.inFlight
}

func (f *fakeWorkspace) Connections(context.Context) ([]ConnectionRow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.connections, nil
}

// Wait ends at once where there is no channel: the test brings changes itself.
func (f *fakeWorkspace) Wait(ctx context.Context) (Changes, error) {
	if f.changes == nil {
		return Changes{}, context.Canceled
	}
	select {
	case c := <-f.changes:
		return c, nil
	case <-ctx.Done():
		return Changes{}, ctx.Err()
	}
}

// office is the tenant that most tests look at.
func office() *fakeWorkspace {
	f := &fakeWorkspace{
		header: Header{
			Tenant: providers.Outside("contoso"), Provider: "Graph", Access: providers.FullAccess, Demo: true,
			Organizer: "adele@contoso.com", Zone: berlin(), LastGood: fakeNow().Add(-6 * time.Second),
			Expiring: CredentialEnd{Connection: "contoso", What: "client secret", Ends: fakeNow().Add(63*24*time.Hour + time.Hour)},
		},
		avail:     map[providers.Address]providers.Availability{},
		events:    map[providers.Address][]providers.Event{},
		calendars: map[providers.Address][]providers.Calendar{},
	}
	f.addRooms()
	f.addPeople()
	f.addSync()
	f.addBookings()
	f.connections = []ConnectionRow{
		{Name: "demo", Provider: "Graph", Tenant: "contoso", Identity: "roomdesk demo", Kind: "enterprise", Keystore: "simulated", Credential: "present", Healthy: true, LastUse: fakeNow().Add(-6 * time.Second), Active: true, Demo: true},
		{Name: "fabrikam", Provider: "Graph", Tenant: "fabrikam.com", Identity: "roomdesk facilities", Kind: "enterprise", Keystore: "keyring", Credential: "locked", LastUse: fakeNow().Add(-26 * time.Hour)},
	}
	f.check = BookingCheck{Free: true, TeamsAllowed: true}
	f.plan = ChangePlan{Free: true}
	return f
}

func (f *fakeWorkspace) SendReviewed(_ context.Context, id string, _ bool) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.find(id)
	if f.reviewErr != nil {
		return *b, f.reviewErr
	}
	b.Review, b.State = "", providers.BookingSending
	return *b, nil
}

func (f *fakeWorkspace) Keep(_ context.Context, id string) (providers.Booking, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.find(id)
	b.Kept = fakeNow()
	return *b, nil
}

func (f *fakeWorkspace) EquipmentWords() (*providers.EquipmentWords, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.words, nil
}

// Find answers with the real finder, over the rooms and free/busy of the fake.
func (f *fakeWorkspace) Find(ctx context.Context, q FindQuestion) (providers.Finding, error) {
	f.mu.Lock()
	rooms, people, now := f.rooms, f.people, fakeNow()
	f.mu.Unlock()
	finds := finder.NewWith(rooms, people, f.words)
	understood := wish.Read(q.Line, wish.Surroundings{Now: now, Zone: q.Zone, Otherwise: q.Otherwise, ZoneOf: finds.ZoneOf, Words: f.words})
	if !q.Instead.Start.IsZero() {
		understood = understood.At(q.Instead, now)
	}
	if understood.Repeat != nil && len(understood.Problems) == 0 {
		_, _, problems := finds.Rooms(finder.Question{Wish: understood, Now: now})
		return providers.Finding{Meaning: understood.Meaning, Repeats: understood.Repeat.Words(), Problems: problems, Zone: understood.Zone, Span: understood.Span}, nil
	}
	return finds.Find(ctx, finder.Question{Wish: understood, Now: now, Limit: q.Limit, Explain: q.Explain}, f.Availability)
}
