package tui

import (
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// fakeMigration is a migration that goes on only when a test says so, and what the
// fake was asked for.
type fakeMigration struct {
	migration   *providers.Migration
	nowhere     string // why nothing can be moved
	migrateErr  error
	mailboxes   []providers.MailboxMove // what a plan finds
	parity      map[providers.Address][]providers.ParityEntry
	wide        bool // the new side sees more
	comparisons int
	choices     []providers.MigrationChoice
	returns     []providers.MigrationChoice
	stops, ends int
	pilots      [][]providers.Address
}

func (f *fakeWorkspace) Migration(context.Context) (providers.Migration, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.migration == nil {
		return providers.Migration{}, false, nil
	}
	return f.copied(), true, nil
}

func (f *fakeWorkspace) copied() providers.Migration {
	m := *f.migration
	m.Mailboxes = slices.Clone(m.Mailboxes)
	return m
}

func (f *fakeWorkspace) WhyNotMigrate() string { return f.nowhere }

func (f *fakeWorkspace) PlanMigration(context.Context) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.comparisons++
	if f.migrateErr != nil {
		return providers.Migration{}, f.migrateErr
	}
	boxes := slices.Clone(f.mailboxes)
	for i := range boxes {
		boxes[i].State, boxes[i].Parity, boxes[i].Why, boxes[i].Was, boxes[i].Compared = providers.MovePlanned, providers.ParityCounts{}, "", nil, time.Time{}
	}
	f.migration = &providers.Migration{
		ID: "m1", From: "hq", To: "contoso", FromProvider: "ews", ToProvider: "graph", State: providers.MigrationComparing, Created: fakeNow(), Revision: 1, Mailboxes: boxes,
		Scope: providers.MigrationScope{Old: len(boxes), New: len(boxes), Limited: true, Checked: fakeNow(), Words: "Graph reaches the same " + thousands(len(boxes)) + " mailboxes as Exchange, and none besides"},
	}
	if f.wide {
		f.migration.Scope = providers.MigrationScope{Old: len(boxes), New: len(boxes) + 3, Checked: fakeNow(), Extra: []providers.Address{"ceo@contoso.com"}, Words: "Graph reaches 3 mailboxes that Exchange does not, for example ceo@contoso.com: limit the application first"}
	}
	return f.copied(), nil
}

func (f *fakeWorkspace) SetPilot(_ context.Context, group []providers.Address) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pilots = append(f.pilots, group)
	for i := range f.migration.Mailboxes {
		b := &f.migration.Mailboxes[i]
		b.Pilot = slices.Contains(group, b.Mailbox)
	}
	f.migration.Revision++
	return f.copied(), nil
}

func (f *fakeWorkspace) MoveMailboxes(_ context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.choices = append(f.choices, choice)
	if f.migrateErr != nil {
		return providers.Migration{}, f.migrateErr
	}
	f.migration.State = providers.MigrationMoving
	f.migration.Revision++
	return f.copied(), nil
}

func (f *fakeWorkspace) ReturnMailboxes(_ context.Context, choice providers.MigrationChoice) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.returns = append(f.returns, choice)
	f.migration.State = providers.MigrationReturning
	f.migration.Revision++
	return f.copied(), nil
}

func (f *fakeWorkspace) StopMigration(context.Context) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stops++
	f.migration.State = providers.MigrationPaused
	f.migration.Revision++
	return f.copied(), nil
}

func (f *fakeWorkspace) FinishMigration(context.Context) (providers.Migration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ends++
	for i := range f.migration.Mailboxes {
		if b := &f.migration.Mailboxes[i]; b.State == providers.MoveMoved {
			b.State = providers.MoveFinished
		}
	}
	f.migration.State = providers.MigrationFinished
	f.migration.Revision++
	return f.copied(), nil
}

func (f *fakeWorkspace) ParityEntries(_ context.Context, mailbox providers.Address) ([]providers.ParityEntry, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.parity[mailbox], f.migrateErr
}

// migrated changes the journal and gives what the console is told.
func (f *fakeWorkspace) migrated(change func(m *providers.Migration)) changesAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.copied()
	change(&m)
	m.Revision++
	f.migration = &m
	return changesAnswer{changes: Changes{Migration: true}}
}

// migrating gives the office that many rooms and people to move: in one room something
// differs, one room is reached by Exchange only, two differ in what is no change.
func (f *fakeWorkspace) migrating(rooms, people int) {
	f.header.Provider = "Exchange"
	known := map[int]string{0: "Aalto", 1: "Bauhaus", 2: "Cederström", 3: "Dudok", 4: "Eames", 5: "Gehry"}
	for n := range rooms + people {
		b := providers.MailboxMove{
			Room: n < rooms, State: providers.MoveReady, Home: "ews", Events: 40 + n%17, Parity: providers.ParityCounts{Same: 40 + n%17},
			Mailbox: providers.Address(fmt.Sprintf("room%03d@contoso.com", n)), Name: providers.Outside(fmt.Sprint("Room ", n)),
		}
		if name := known[n]; name != "" && n < rooms {
			b.Mailbox, b.Name = providers.Address(foldName(name)+"@contoso.com"), providers.Outside(name)
		}
		if !b.Room {
			b.Mailbox, b.Name = providers.Address(fmt.Sprintf("person%04d@contoso.com", n-rooms)), providers.Outside(fmt.Sprint("Person ", n-rooms))
		}
		switch n {
		case 0:
			b.State, b.Parity = providers.MoveDiffers, providers.ParityCounts{Same: 38, Cosmetic: 2, Missing: 1, Different: 1}
		case 1:
			b.State, b.Parity, b.Why = providers.MoveBlocked, providers.ParityCounts{}, "its mailbox is on premises: Graph does not reach it (MailboxNotEnabledForRESTAPI)"
		case 2:
			b.Parity.Cosmetic, b.Was = 1, []string{"holiday calendar was writable under EWS"}
		case 3:
			b.State, b.Parity, b.Why = providers.MoveBlocked, providers.ParityCounts{}, "it is outside of the application's limit: access is denied"
		case rooms:
			b.Parity.Cosmetic = 3
		}
		f.mailboxes = append(f.mailboxes, b)
	}
	start := at(1, 9, 30)
	f.parity = map[providers.Address][]providers.ParityEntry{
		f.mailboxes[0].Mailbox: {
			{Kind: providers.ParityCosmetic, ICalUID: "040000008200E0-2", Start: at(2, 11, 0), Subject: providers.Outside("Design review"), Fields: []providers.ParityField{
				{Field: "coordinates", Before: providers.Outside("52.3702157, 4.8951679"), After: providers.Outside("52.37022, 4.89517"), Cosmetic: true, Why: "the coordinates agree to a metre"},
			}},
			{Kind: providers.ParityDifferent, ICalUID: "040000008200E0-1", Start: start, Subject: providers.Outside("Board prep"), Fields: []providers.ParityField{
				{Field: "end", Before: providers.Outside("2026-11-20T10:30:00+01:00"), After: providers.Outside("2026-11-20T11:00:00+01:00")},
				{Field: "location", Before: providers.Outside("Aalto"), After: providers.Outside("Aalto, third floor, behind the kitchen and left of the lift; ask at the desk for the key")},
			}},
			{Kind: providers.ParityMissing, ICalUID: "040000008200E0-3", Start: at(3, 15, 0), Subject: providers.Outside("Customer visit")},
			{Kind: providers.ParityCosmetic, ICalUID: "040000008200E0-4", Start: at(4, 10, 0), Subject: providers.Outside("Salary talks"), Private: true, Fields: []providers.ParityField{
				{Field: "subject", Before: providers.Outside("Salary talks"), After: providers.Outside("Adele Vance"), Cosmetic: true, Why: "the room replaces the subject by the organiser's name"},
			}},
		},
		f.mailboxes[2].Mailbox: {{Kind: providers.ParityCosmetic, Fields: []providers.ParityField{
			{Field: "calendar Holidays", Before: providers.Outside("writable"), After: providers.Outside("read-only"), Cosmetic: true, Why: "national holiday calendars are read-only under Graph"},
		}}},
	}
}

// compared gives the report for the first n mailboxes, one in a tenth of a second each
// till now.
func (d *driver) compared(n int) {
	d.send(d.ws.migrated(func(m *providers.Migration) {
		for i := range n {
			home := m.Mailboxes[i].Pilot
			m.Mailboxes[i] = d.ws.mailboxes[i]
			m.Mailboxes[i].Pilot, m.Mailboxes[i].Compared = home, d.now.Add(-time.Duration(n-i)*40*time.Millisecond)
		}
		if n == len(m.Mailboxes) {
			m.State = providers.MigrationCompared
		}
	}))
}

// comparedAll opens the migration and brings it to the report.
func (d *driver) comparedAll(rooms, people int) {
	d.ws.migrating(rooms, people)
	d.keys("6", "m", "p")
	d.later(time.Minute)
	d.compared(rooms + people)
}

// later moves the clock on.
func (d *driver) later(by time.Duration) {
	d.now = d.now.Add(by)
	d.send(tickMsg{d.m.ticking})
}

// movedBoxes brings mailboxes that can be moved into a state, at most n of them that
// the choice takes.
func (d *driver) movedBoxes(n int, take func(b *providers.MailboxMove) bool, state providers.MoveState) {
	d.send(d.ws.migrated(func(m *providers.Migration) {
		done := 0
		for i := range m.Mailboxes {
			b := &m.Mailboxes[i]
			if done < n && take(b) {
				b.State, b.Moved, b.Home = state, d.now.Add(-time.Duration(n-done)*30*time.Millisecond), "graph"
				if state == providers.MoveReturned {
					b.Home = "ews"
				}
				done++
			}
		}
	}))
}
