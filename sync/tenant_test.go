package sync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	stdsync "sync"
	"time"

	"roomdesk/providers"
)

const tenantID = "8f3a0000-0000-4000-8000-000000000001"

// call is one request that reached the tenant.
type call struct {
	method  string
	mailbox providers.Address
	cursor  string
	window  providers.Interval
	at      time.Time
}

// versioned is an event and when it changed; gone ones stay, so that changes can
// name them.
type versioned struct {
	event   providers.Event
	version int
	gone    bool
	silent  bool // its removal is never reported as a change
}

// tenant is a scripted source: calendars with versions, pages, and failures on
// demand. It uses time as the bubble of a test has it.
type tenant struct {
	mu       stdsync.Mutex
	script   stdsync.Mutex // around fail
	id       string
	rooms    []providers.Room
	people   []providers.Person
	events   map[providers.Address][]*versioned
	version  int
	pageSize int
	latency  time.Duration
	busy     map[providers.Address]providers.Interval // what only free/busy knows
	partial  bool                                     // the listing of rooms is not proven complete
	calls    []call
	asked    [][]providers.Address // questions for free/busy
	running  map[providers.Address]int
	most     map[providers.Address]int // calls for a mailbox at the same time
	// fail is asked before every call; nil error: go on.
	fail func(c call) error
	// edit may change a page before it is delivered.
	edit func(c call, page *providers.ChangePage)
}

func newTenant(rooms, events int) *tenant {
	tn := &tenant{id: tenantID, events: map[providers.Address][]*versioned{}, pageSize: 50, running: map[providers.Address]int{}, most: map[providers.Address]int{}}
	for n := range rooms {
		mailbox := roomName(n)
		tn.rooms = append(tn.rooms, providers.Room{Mailbox: mailbox, Name: providers.Outside(fmt.Sprint("Room ", n)), Capacity: 4 + n%12, Bookable: true})
		for e := range events {
			tn.put(mailbox, meeting(mailbox, e, time.Now().Truncate(time.Hour).Add(time.Duration(e-events/2)*time.Hour)))
		}
	}
	return tn
}

func roomName(n int) providers.Address {
	return providers.Address(fmt.Sprintf("room%05d@contoso.com", n))
}

func meeting(mailbox providers.Address, n int, start time.Time) providers.Event {
	return providers.Event{
		Mailbox: mailbox, ID: fmt.Sprintf("id-%s-%d", mailbox.Local(), n), ICalUID: fmt.Sprintf("uid-%s-%d", mailbox.Local(), n),
		Type: providers.SingleInstance, Start: start.UTC(), End: start.Add(30 * time.Minute).UTC(), ShowAs: providers.ShowBusy,
		Subject: providers.Outside(fmt.Sprint("Meeting ", n)),
	}
}

// put creates or changes an event.
func (tn *tenant) put(mailbox providers.Address, ev providers.Event) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.version++
	for _, v := range tn.events[mailbox] {
		if v.event.ID == ev.ID {
			v.event, v.version, v.gone = ev, tn.version, false
			return
		}
	}
	tn.events[mailbox] = append(tn.events[mailbox], &versioned{event: ev, version: tn.version})
}

func (tn *tenant) remove(mailbox providers.Address, id string, silent bool) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.version++
	for _, v := range tn.events[mailbox] {
		if v.event.ID == id {
			v.gone, v.version, v.silent = true, tn.version, silent
		}
	}
}

// truth is what the mirror of a mailbox should hold within a window.
func (tn *tenant) truth(mailbox providers.Address, window providers.Interval) []string {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	var all []string
	for _, v := range tn.events[mailbox] {
		if !v.gone && overlaps(v.event, window) && v.event.Type != providers.SeriesMaster {
			all = append(all, line(v.event))
		}
	}
	slices.Sort(all)
	return all
}

func line(ev providers.Event) string {
	return fmt.Sprintf("%s %s %s %s %s", ev.Start.UTC().Format(time.RFC3339), ev.End.UTC().Format(time.RFC3339), ev.ID, ev.Subject.Raw(), ev.ShowAs)
}

// enter records a call, waits and fails as the script says.
func (tn *tenant) enter(ctx context.Context, c call) (leave func(), err error) {
	c.at = time.Now()
	tn.mu.Lock()
	tn.calls = append(tn.calls, c)
	fail, latency := tn.fail, tn.latency
	if c.mailbox != "" {
		tn.running[c.mailbox]++
		tn.most[c.mailbox] = max(tn.most[c.mailbox], tn.running[c.mailbox])
	}
	tn.mu.Unlock()
	leave = func() {
		tn.mu.Lock()
		defer tn.mu.Unlock()
		if c.mailbox != "" {
			tn.running[c.mailbox]--
		}
	}
	if latency > 0 {
		select {
		case <-time.After(latency):
		case <-ctx.Done():
			return leave, ctx.Err()
		}
	}
	if err := ctx.Err(); err != nil {
		return leave, err
	}
	if fail != nil {
		tn.script.Lock()
		defer tn.script.Unlock() // the script may panic
		err = fail(c)
	}
	return leave, err
}

func (tn *tenant) seen(method string) (found []call) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for _, c := range tn.calls {
		if c.method == method {
			found = append(found, c)
		}
	}
	return found
}

// atOnce is how many calls each mailbox has at this moment.
func (tn *tenant) atOnce() []int {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return values(tn.running)
}

// total is the number of calls so far.
// batches are the questions for free/busy, in order.
func (tn *tenant) batches() (all [][]providers.Address) {
	tn.now(func() { all = slices.Clone(tn.asked) })
	return all
}

func (tn *tenant) total() int {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return len(tn.calls)
}

// now changes or reads the script while the tenant runs.
func (tn *tenant) now(change func()) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.script.Lock()
	defer tn.script.Unlock()
	change()
}

func (tn *tenant) forget() {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.calls = nil
}

func (tn *tenant) Identify(ctx context.Context) (providers.Identity, error) {
	leave, err := tn.enter(ctx, call{method: "identify"})
	defer leave()
	return providers.Identity{Provider: "scripted", TenantID: tn.id}, err
}

func (tn *tenant) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	leave, err := tn.enter(ctx, call{method: "rooms"})
	defer leave()
	if err != nil {
		return providers.Listing{}, err
	}
	tn.mu.Lock()
	rooms, partial := slices.Clone(tn.rooms), tn.partial
	tn.mu.Unlock()
	for chunk := range slices.Chunk(rooms, 100) {
		if err := page(chunk); err != nil {
			return providers.Listing{}, err
		}
	}
	return providers.Listing{Count: len(rooms), Reported: len(rooms), Complete: !partial}, nil
}

func (tn *tenant) People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	leave, err := tn.enter(ctx, call{method: "people"})
	defer leave()
	if err != nil {
		return providers.Listing{}, err
	}
	return providers.Listing{Count: len(tn.people), Reported: -1, Complete: true}, page(tn.people)
}

func (tn *tenant) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	leave, err := tn.enter(ctx, call{method: "calendars"})
	defer leave()
	return []providers.Calendar{{Mailbox: mailbox, ID: "default", Default: true}}, err
}

func (tn *tenant) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	tn.now(func() { tn.asked = append(tn.asked, slices.Clone(mailboxes)) })
	leave, err := tn.enter(ctx, call{method: "availability", window: window})
	defer leave()
	tn.mu.Lock()
	fail := tn.fail
	tn.mu.Unlock()
	tn.script.Lock()
	for _, mailbox := range mailboxes {
		if err == nil && fail != nil {
			err = fail(call{method: "availability of", mailbox: mailbox})
		}
	}
	tn.script.Unlock()
	if err != nil {
		return nil, err
	}
	var all []providers.Availability
	for _, mailbox := range mailboxes {
		a := providers.Availability{Mailbox: mailbox, Window: window, AsOf: time.Now()}
		tn.mu.Lock()
		for _, v := range tn.events[mailbox] {
			if !v.gone && overlaps(v.event, window) && v.event.Type != providers.SeriesMaster {
				a.Blocks = append(a.Blocks, providers.Block{Interval: providers.Interval{Start: v.event.Start, End: v.event.End}, State: providers.Busy})
			}
		}
		if span, ok := tn.busy[mailbox]; ok {
			a.Blocks = append(a.Blocks, providers.Block{Interval: span, State: providers.Busy})
		}
		tn.mu.Unlock()
		all = append(all, a)
	}
	return all, nil
}

func (tn *tenant) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	leave, err := tn.enter(ctx, call{method: "event", mailbox: mailbox, cursor: id})
	defer leave()
	if err != nil {
		return providers.Event{}, err
	}
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for _, v := range tn.events[mailbox] {
		if v.event.ID == id && !v.gone {
			return v.event, nil
		}
	}
	return providers.Event{}, &providers.Error{Class: providers.Gone, Op: "reading an event", Mailbox: mailbox, Status: 404}
}

// Changes pages through a window, or through what changed since a version. A
// cursor is "page VERSION FROM START END", "delta VERSION START END".
func (tn *tenant) Changes(ctx context.Context, q providers.ChangesRequest, deliver func(providers.ChangePage) error) error {
	cursor := q.Cursor
	if cursor == "" {
		tn.mu.Lock()
		cursor = fmt.Sprintf("page %d 0 %d %d", tn.version, q.Window.Start.Unix(), q.Window.End.Unix())
		tn.mu.Unlock()
	}
	for first := true; ; first = false {
		c := call{method: "changes", mailbox: q.Mailbox, cursor: cursor, window: q.Window}
		if first {
			c.cursor = q.Cursor
		}
		leave, err := tn.enter(ctx, c)
		if err != nil {
			leave()
			return err
		}
		page, err := tn.page(q.Mailbox, cursor)
		leave()
		if err != nil {
			return err
		}
		tn.mu.Lock()
		edit := tn.edit
		tn.mu.Unlock()
		if edit != nil {
			tn.script.Lock()
			edit(c, &page)
			tn.script.Unlock()
		}
		if err := deliver(page); err != nil {
			return err
		}
		if page.Done {
			return nil
		}
		cursor = page.Cursor
	}
}

func (tn *tenant) page(mailbox providers.Address, cursor string) (providers.ChangePage, error) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	fields := strings.Fields(cursor)
	n := make([]int, len(fields))
	for i, field := range fields[1:] {
		n[i+1], _ = strconv.Atoi(field)
	}
	switch fields[0] {
	case "page":
		window := providers.Interval{Start: time.Unix(int64(n[3]), 0), End: time.Unix(int64(n[4]), 0)}
		// By place among all that ever were: what goes or comes meanwhile must not
		// push another event over the border of a page.
		at, known := n[2], tn.events[mailbox]
		page := providers.ChangePage{}
		for ; at < len(known) && len(page.Events) < tn.pageSize; at++ {
			if v := known[at]; !v.gone && (overlaps(v.event, window) || v.event.Type == providers.SeriesMaster) {
				page.Events = append(page.Events, v.event)
			}
		}
		page.Cursor = fmt.Sprintf("page %d %d %d %d", n[1], at, n[3], n[4])
		if at == len(known) {
			page.Done, page.Cursor = true, fmt.Sprintf("delta %d %d %d", n[1], n[3], n[4])
		}
		return page, nil
	case "delta":
		window := providers.Interval{Start: time.Unix(int64(n[2]), 0), End: time.Unix(int64(n[3]), 0)}
		page := providers.ChangePage{Done: true, Cursor: fmt.Sprintf("delta %d %d %d", tn.version, n[2], n[3])}
		for _, v := range tn.events[mailbox] {
			switch {
			case v.version <= n[1] || v.silent:
			case v.gone || !overlaps(v.event, window) && v.event.Type != providers.SeriesMaster:
				page.Removed = append(page.Removed, v.event.ID)
			default:
				page.Events = append(page.Events, v.event)
			}
		}
		return page, nil
	}
	return providers.ChangePage{}, errors.New("no such cursor")
}

func overlaps(ev providers.Event, window providers.Interval) bool {
	return providers.Interval{Start: ev.Start, End: ev.End}.Overlaps(window)
}
