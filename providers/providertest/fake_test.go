package providertest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
)

// flaw is one mistake that a provider could make; the suite must see each.
type flaw string

// fake is a provider over a tenant in memory, correct but for its flaw. It is
// the suite's own test subject and simulates no service.
type fake struct {
	flaw    flaw
	setup   Setup
	now     time.Time
	rooms   []providers.Address
	people  []providers.Address
	trouble map[Trouble]providers.Address

	mu      sync.Mutex
	version int
	items   []*item
}

// item is one state of one calendar's entry.
type item struct {
	providers.Event
	version int
	removed bool
}

const fakeDomain = "contoso.example"

func newFake(setup Setup, f flaw) *fake {
	p := &fake{flaw: f, setup: setup, now: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), trouble: map[Trouble]providers.Address{}}
	for i := range max(setup.Rooms, 5) {
		p.rooms = append(p.rooms, providers.Address(fmt.Sprintf("room%d@%s", i, fakeDomain)))
	}
	for i := range max(setup.People, 5) {
		p.people = append(p.people, providers.Address(fmt.Sprintf("person%d@%s", i, fakeDomain)))
	}
	master := p.add(providers.Event{Mailbox: p.people[3], Type: providers.SeriesMaster, Subject: providers.Outside("weekly"),
		Start: p.now.Add(-24 * time.Hour), End: p.now.Add(-23 * time.Hour), ShowAs: providers.ShowBusy})
	for i := range 6 {
		at := p.now.Add(time.Duration(i) * 24 * time.Hour).Truncate(time.Hour)
		p.add(providers.Event{Mailbox: p.people[3], Type: providers.Occurrence, Stub: true, SeriesMasterID: master.ID, Start: at, End: at.Add(time.Hour), ShowAs: providers.ShowBusy})
	}
	return p
}

func fakeHarness(f flaw) Harness {
	return Harness{New: func(_ testing.TB, setup Setup) Fixture {
		p := newFake(setup, f)
		return Fixture{
			Provider: p, Rooms: p.rooms, People: p.people, Organizer: p.people[0], WithoutTeams: p.people[4], Room: p.rooms[0],
			Series: p.people[3], Nobody: "nobody@" + fakeDomain, NoMailbox: "account@" + fakeDomain,
			Now: func() time.Time { return p.now }, Patience: 300 * time.Millisecond, Truth: p.truth,
			Inject: func(trouble Trouble, mailbox providers.Address) (func(), bool) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.trouble[trouble] = mailbox
				return func() {
					p.mu.Lock()
					defer p.mu.Unlock()
					delete(p.trouble, trouble)
				}, true
			},
		}
	}}
}

func (p *fake) add(e providers.Event) *item {
	p.version++
	e.ID = fmt.Sprintf("id%d", p.version)
	if e.ICalUID == "" {
		e.ICalUID = "uid" + e.ID
	}
	it := &item{Event: e, version: p.version}
	it.touch(p.version)
	p.items = append(p.items, it)
	return it
}

func (it *item) touch(version int) {
	it.version, it.ETag = version, fmt.Sprintf("W/%d", version)
}

func fail(class providers.Class, op string) error { return &providers.Error{Class: class, Op: op} }

// enter is what every call meets first.
func (p *fake) enter(ctx context.Context, op string, need Permission, mailbox providers.Address) error {
	if ctx.Err() != nil {
		if p.flaw == "cancelled is transient" {
			return fail(providers.Transient, op)
		}
		return fail(providers.Cancelled, op)
	}
	p.mu.Lock()
	_, hangs := p.trouble[Hang]
	_, portal := p.trouble[Portal]
	forbidden, looping, foreign := p.trouble[Forbidden], p.trouble[LoopingLink], p.trouble[ForeignLink]
	p.mu.Unlock()
	switch {
	case hangs:
		<-ctx.Done()
		return fail(providers.Cancelled, op)
	case portal && p.flaw != "portal is empty":
		return fail(providers.Foreign, op)
	case need != "" && p.setup.Without == need:
		return fail(providers.NotAllowed, op)
	case mailbox == "":
		return nil
	case forbidden == mailbox:
		return fail(providers.NotAllowed, op)
	case looping == mailbox, foreign == mailbox:
		return fail(providers.Foreign, op)
	case !slices.Contains(p.rooms, mailbox) && !slices.Contains(p.people, mailbox):
		if p.flaw == "nobody is empty" {
			return nil
		}
		return fail(providers.NoMailbox, op)
	}
	return nil
}

func (p *fake) Identify(ctx context.Context) (providers.Identity, error) {
	return providers.Identity{Provider: "fake", TenantID: "5a1f3c52-6d0e-4d6f-9f0a-2f6c0f3b7d11", TenantName: providers.Outside("Contoso"),
		Domains: []string{fakeDomain}, AppID: "app", Capabilities: providers.Capabilities{Access: providers.FullAccess, Write: true, Teams: true, MaxMailbox: 20}}, p.enter(ctx, "identify", "", "")
}

func (p *fake) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	if err := p.enter(ctx, "rooms", PlacesPermission, ""); err != nil {
		return providers.Listing{}, err
	}
	var all []providers.Room
	for _, mailbox := range p.rooms {
		all = append(all, providers.Room{Mailbox: mailbox, Name: providers.Outside("R"), Building: providers.Outside("HQ"), Floor: providers.Outside("3"), Capacity: 4, Provider: "fake"})
	}
	_, short := p.trouble[ShortRooms]
	if short || p.flaw == "first hundred only" {
		all = all[:min(100, len(all))]
	}
	if p.flaw == "drops a room" {
		all = all[1:]
	}
	listing := providers.Listing{Count: len(all), Reported: len(p.rooms), Complete: len(all) == len(p.rooms) || p.flaw == "always complete", Warning: providers.Outside("cut short")}
	return listing, page(all)
}

func (p *fake) People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	if err := p.enter(ctx, "people", PeoplePermission, ""); err != nil {
		return providers.Listing{}, err
	}
	listed := p.people
	if p.flaw == "rooms are people" {
		listed = append(slices.Clone(p.rooms), p.people...)
	}
	var all []providers.Person
	for _, mailbox := range listed {
		all = append(all, providers.Person{Mailbox: mailbox, ID: string(mailbox), Name: providers.Outside("N")})
	}
	return providers.Listing{Count: len(all), Reported: -1, Complete: true}, page(all)
}

func (p *fake) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	if err := p.enter(ctx, "calendars", CalendarsPermission, mailbox); err != nil {
		return nil, err
	}
	teams := mailbox != p.people[4] || p.flaw == "Teams everywhere"
	return []providers.Calendar{
		{Mailbox: mailbox, ID: "c", Name: providers.Outside("Calendar"), Owner: mailbox, Default: true, IntegratedConferencing: teams},
		{Mailbox: mailbox, ID: "h", Name: providers.Outside("Holidays"), ReadOnly: p.flaw != "holidays are writable"},
	}, nil
}

func (p *fake) Changes(ctx context.Context, r providers.ChangesRequest, page func(providers.ChangePage) error) error {
	if err := p.enter(ctx, "changes", CalendarsPermission, r.Mailbox); err != nil {
		return err
	}
	p.mu.Lock()
	since, skip := 0, 0
	if r.Cursor != "" {
		if _, err := fmt.Sscanf(r.Cursor, "v%d+%d", &since, &skip); err != nil {
			p.mu.Unlock()
			return fail(providers.Resync, "changes")
		}
	}
	if p.trouble[ExpiredCursor] == r.Mailbox && r.Cursor != "" && p.flaw != "expired is empty" {
		p.mu.Unlock()
		return fail(providers.Resync, "changes")
	}
	nulls := p.trouble[NullItem] == r.Mailbox && p.trouble[NullItem] != ""
	if nulls && p.flaw != "null is an event" {
		p.mu.Unlock()
		return fail(providers.Foreign, "changes")
	}
	var events []providers.Event
	var removed []string
	for _, it := range p.items {
		switch {
		case it.Mailbox != r.Mailbox || it.version <= since && p.flaw != "repeats everything":
		case it.removed && p.flaw != "forgets removals":
			removed = append(removed, it.ID)
		case !it.removed && !(p.flaw == "forgets masters" && it.Type == providers.SeriesMaster):
			events = append(events, it.Event)
		}
	}
	if nulls {
		events = append(events, providers.Event{Mailbox: r.Mailbox})
	}
	head := p.version
	p.mu.Unlock()
	events = events[min(skip, len(events)):]
	size := max(r.PageSize, 3)
	for {
		n := min(size, len(events))
		skip += n
		out := providers.ChangePage{Events: events[:n], Cursor: fmt.Sprintf("v%d+%d", since, skip)}
		events = events[n:]
		if len(events) == 0 {
			out.Removed, out.Done, out.Cursor = removed, true, "v"+strconv.Itoa(head)+"+0"
		}
		if err := page(out); err != nil || out.Done {
			return err
		}
	}
}

func (p *fake) Availability(ctx context.Context, asked []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	if err := p.enter(ctx, "availability", CalendarsPermission, ""); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []providers.Availability
	for _, mailbox := range asked {
		a := providers.Availability{Mailbox: mailbox, Window: window, AsOf: p.now}
		if !slices.Contains(p.rooms, mailbox) && !slices.Contains(p.people, mailbox) && p.flaw != "nobody is free" {
			a.AsOf, a.Problem = time.Time{}, &providers.Problem{Class: providers.NoMailbox}
		}
		for _, it := range p.items {
			if it.Mailbox == mailbox && !it.removed && it.Type != providers.SeriesMaster && it.Overlaps(window) && p.flaw != "everything is free" {
				a.Blocks = append(a.Blocks, providers.Block{Interval: providers.Interval{Start: it.Start, End: it.End}, State: providers.Busy})
			}
		}
		slices.SortFunc(a.Blocks, func(x, y providers.Block) int { return x.Start.Compare(y.Start) })
		out = append(out, a)
		if p.flaw == "twenty at most" && len(out) == 20 {
			break
		}
	}
	return out, nil
}

func (it *item) Overlaps(window providers.Interval) bool {
	return window.Overlaps(providers.Interval{Start: it.Start, End: it.End})
}
