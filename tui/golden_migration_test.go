package tui

import (
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"roomdesk/providers"
)

func ready(b *providers.MailboxMove) bool { return b.State == providers.MoveReady }

// migrationScenes are the states of the migration.
func migrationScenes() map[string]func(d *driver) {
	return map[string]func(d *driver){
		"migrationnone": func(d *driver) { d.keys("6", "m") },
		"migrationrunning": func(d *driver) {
			d.ws.migrating(40, 120)
			d.keys("6", "m", "p")
			d.later(10 * time.Second)
			d.compared(90)
		},
		"migrationwide": func(d *driver) {
			d.ws.wide = true
			d.comparedAll(40, 120)
		},
		"migrationreport": func(d *driver) { d.comparedAll(40, 120) },
		"migrationparity": func(d *driver) { d.comparedAll(40, 120); d.keys("enter", "down", "down") },
		"migrationwhole":  func(d *driver) { d.comparedAll(40, 120); d.keys("enter", "down", "enter") },
		"migrationpilot":  func(d *driver) { d.comparedAll(40, 120); d.keys("g") },
		"migrationall":    func(d *driver) { d.comparedAll(40, 120); d.keys("A"); d.typing("Cont") },
		"migrationmoving": func(d *driver) { d.movingAll() },
		"migrationmoved":  func(d *driver) { d.movedAll() },
		"profiles": func(d *driver) {
			d.ws.profiled()
			d.keys("6", "P")
			d.typing("protocol:ews")
			d.keys("down")
		},
		"features": func(d *driver) { d.ws.profiled(); d.keys("6", "F") },
		"ending": func(d *driver) {
			d.ws.progress = providers.SyncProgress{Phase: providers.PhaseChanges, Running: true, LastGood: d.ws.header.LastGood}
			d.ws.header.Ending = EndingWay{Name: "EWS", Ends: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC), Left: 1612}
			d.send(changesAnswer{changes: Changes{Sync: true}})
			d.keys("6")
		},
		"migrationback":   func(d *driver) { d.movedAll(); d.keys("z") },
		"migrationfinish": func(d *driver) { d.movedAll(); d.keys("f") },
	}
}

// movingAll is in the middle of moving all.
func (d *driver) movingAll() {
	d.comparedAll(40, 120)
	d.keys("g", "enter")
	d.later(20 * time.Second)
	d.movedBoxes(60, ready, providers.MoveMoved)
	d.movedBoxes(1, ready, providers.MoveSwitching)
	d.send(d.ws.migrated(func(m *providers.Migration) {
		m.Artefacts, m.Undoable = 12, fakeNow().AddDate(0, 0, 14)
		for i := range m.Mailboxes {
			if m.Mailboxes[i].State == providers.MoveReady {
				m.Mailboxes[i].Why = "Graph asked to wait (429); it is tried again when all others are through"
				break
			}
		}
	}))
}

func (d *driver) movedAll() {
	d.movingAll()
	d.movedBoxes(200, func(b *providers.MailboxMove) bool {
		return b.State == providers.MoveReady || b.State == providers.MoveSwitching
	}, providers.MoveMoved)
	d.send(d.ws.migrated(func(m *providers.Migration) {
		m.State = providers.MigrationMoved
		for i := range m.Mailboxes {
			if m.Mailboxes[i].State == providers.MoveMoved {
				m.Mailboxes[i].Why = ""
			}
		}
	}))
}

// Without colour the report still says by sign and word what is wrong.
func TestStyledMigration(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"dark":    func(*Options) {},
		"light":   func(o *Options) { o.Light = true },
		"nocolor": func(o *Options) { o.NoColor = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, office(), 80, 24, change)
			d.comparedAll(40, 120)
			golden.RequireEqual(t, d.m.Frame())
		})
	}
}
