package tui

import (
	"maps"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"roomdesk/providers"
)

// scenes are the screens of which frames are kept.
func scenes() map[string]func(d *driver) {
	return map[string]func(d *driver){
		"rooms":        func(*driver) {},
		"filter":       func(d *driver) { d.keys("/"); d.typing("12p display f3") },
		"nomatch":      func(d *driver) { d.keys("/"); d.typing("500p video") },
		"tomorrow":     func(d *driver) { d.keys("]", "down", "down") },
		"marked":       func(d *driver) { d.keys("right", "right", "shift+right", "shift+right") },
		"flat":         func(d *driver) { d.keys("g") },
		"unknownroom":  func(d *driver) { d.keys("down", "down", "down") },
		"roomdetails":  func(d *driver) { d.keys("enter") },
		"find":         func(d *driver) { d.keys("2") },
		"wish":         func(d *driver) { d.keys("f"); d.typing("12p display f3 tmr 14-15 @berlin"); d.keys("enter", "w") },
		"series":       func(d *driver) { d.weekly() },
		"seriesways":   func(d *driver) { d.weekly(); d.keys("s", "n", "o", "right", "n", "x") },
		"seriesform":   func(d *driver) { d.weekly(); d.keys("enter"); d.typing("Design review") },
		"seriesreview": func(d *driver) { d.weekly(); d.keys("n", "x", "enter", "enter") },
		"seriesrefused": func(d *driver) {
			d.ws.refusals = map[int]string{3: "Jahn is taken 10:00–12:00"}
			d.sendWeekly()
		},
		"seriessent": func(d *driver) { d.sendWeekly() },
		"seriespartly": func(d *driver) {
			d.weekly()
			d.keys("x", "enter", "enter", "enter")
			d.answered("s1", 8)
			d.freeAgain("s1", 2)
			d.keys("esc", "3", "enter")
		},
		"serieslist":  func(d *driver) { d.sendWeekly(); d.answered("s1", 8); d.keys("esc", "3") },
		"bookings":    func(d *driver) { d.keys("3") },
		"waiting":     func(d *driver) { d.keys("3", "down", "enter") },
		"declined":    func(d *driver) { d.keys("3", "down", "down", "enter") },
		"cancel":      func(d *driver) { d.keys("3", "c") },
		"extend":      func(d *driver) { d.keys("3", "+") },
		"end":         func(d *driver) { d.keys("3", "down", "x") },
		"move":        func(d *driver) { d.keys("3", "m", "tab", "tab"); d.keys("ctrl+u"); d.typing("geh") },
		"moved":       func(d *driver) { d.moved() },
		"scopes":      func(d *driver) { d.series(); d.keys("3", "c", "down", "tab"); d.typing("see you next year") },
		"outoforder":  func(d *driver) { d.leak(); d.keys("o"); d.typing("next week leak") },
		"relocate":    func(d *driver) { d.leak(); d.plannedLeak(); d.keys("a", "down") },
		"relocation":  func(d *driver) { d.leak(); d.journalLeak(); d.keys("down", "down", "down", "down", "down") },
		"relocations": func(d *driver) { d.leak(); d.journalLeak(); d.keys("esc", "O") },
		"people":      func(d *driver) { d.keys("4") },
		"sync":        func(d *driver) { d.keys("5") },
		"explain":     func(d *driver) { d.keys("5", "enter") },
		"permissions": func(d *driver) { d.ws.permissions = someRows(); d.keys("6", "p", "down") },
		"access":      func(d *driver) { d.keys("6", "a") },
		"connections": func(d *driver) { d.keys("6") },
		"connectionold": func(d *driver) {
			d.ws.connections = append(d.ws.connections, oldConnection())
			connectionsAnswer{rows: d.ws.connections}.apply(d.m)
			d.keys("6", "down", "down", "enter")
		},
		"organisation": func(d *driver) { d.organisation(); d.keys("6", "down") },
		"testorganisation": func(d *driver) {
			d.organisation()
			d.ws.diagnoses = []providers.Diagnosis{d.ws.bothExamined(diagnosed("", "", nil), unconsented())}
			d.keys("6", "t")
		},
		"exchangepermissions": func(d *driver) { d.overExchange(); d.ws.exchangeRights("works"); d.keys("6", "p") },
		"exchangemissing":     func(d *driver) { d.overExchange(); d.ws.exchangeRights("refused"); d.keys("6", "p") },
		"permissionsother":    func(d *driver) { d.organisation(); d.ws.permissions = someRows(); d.keys("6", "p", "tab") },
		"test":                func(d *driver) { d.ws.diagnoses = []providers.Diagnosis{unconsented()}; d.keys("6", "t") },
		"testtimer":           func(d *driver) { d.ws.diagnoses = []providers.Diagnosis{spreading()}; d.keys("6", "t") },
		"testhealthy":         func(d *driver) { d.ws.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}; d.keys("6", "t") },
		"testrung": func(d *driver) {
			d.ws.diagnoses = []providers.Diagnosis{unconsented()}
			d.keys("6", "t", "enter")
		},
		"testmailboxes": func(d *driver) {
			d.ws.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
			d.keys("6", "t", "m")
			d.typing("aal")
			d.keys("enter")
			d.typing("bo")
		},
		"testnamed": func(d *driver) {
			d.ws.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
			d.keys("6", "t", "m")
			d.typing("aal")
			d.keys("enter", "tab")
			d.typing("boss@contoso.com")
			d.keys("enter", "enter")
		},
		"audit": func(d *driver) { d.ws.trail.lines = 100_000; d.keys("6", "l", "down", "down") },
		"auditfilter": func(d *driver) {
			d.ws.trail.lines, d.ws.trail.breaks = 40, map[int]string{31: "it does not continue the line before"}
			d.keys("6", "l", "/")
			d.typing("bob done")
		},
		"auditline": func(d *driver) { d.ws.trail.lines = 40; d.keys("6", "l", "enter") },
		"auditwhole": func(d *driver) {
			d.ws.trail.lines, d.ws.trail.verdict = 40, AuditVerdict{Records: 40, Head: "40:" + strings.Repeat("0af3", 16), Open: 1}
			d.keys("6", "l", "v")
		},
		"auditbroken": func(d *driver) {
			d.ws.trail.lines, d.ws.trail.verdict = 40, AuditVerdict{File: "/home/ada/.local/share/roomdesk/audit.jsonl", Records: 40, Breaks: []string{"line 22: it does not continue the line before"}}
			d.keys("6", "l", "v")
		},
		"testinbox": func(d *driver) {
			d.ws.diagnoses = []providers.Diagnosis{diagnosed("", "", nil)}
			d.keys("6", "t", "i")
		},
		"testwrite": func(d *driver) { d.ws.diagnoses = []providers.Diagnosis{unconsented()}; d.keys("6", "t", "w") },
		"disconnect": func(d *driver) {
			d.ws.pending = []string{"booking of aalto@contoso.com at 2026-11-21T10:00 (waiting to be sent)"}
			d.otherConnection()
			d.typing("Fab")
		},
		"down": func(d *driver) {
			d.otherConnection()
			d.typing("Fabrikam")
			d.keys("enter", "1")
		},
		"rotate": func(d *driver) {
			d.secretEnds(6)
			d.openRotate()
		},
		"rotatetried": func(d *driver) {
			d.secretEnds(6)
			d.openRotate()
			d.send(tea.PasteMsg{Content: newSecret})
		},
		"rotatedone": func(d *driver) {
			d.secretEnds(6)
			d.openRotate()
			d.send(tea.PasteMsg{Content: newSecret})
			d.ws.rotation.Read, d.ws.rotation.Total = 31, 37
			d.keys("enter")
		},
		"expiring": func(d *driver) { d.secretEnds(25) },
		"data":     func(d *driver) { d.keys("6", "d") },
		"help":     func(d *driver) { d.keys("?") },
		"palette":  func(d *driver) { d.keys(":"); d.typing("day") },
		"formmore": func(d *driver) {
			d.keys("b")
			d.typing("Design review")
			d.keys("alt+o")
			d.typing("kelly")
			d.keys("enter", "tab", "tab", "down", "tab", "tab")
			d.typing("15m")
		},
		"news":      func(d *driver) { d.newsOf("moved"); d.keys("3") },
		"newsopen":  func(d *driver) { d.newsOf("moved"); d.keys("3", "enter") },
		"silent":    func(d *driver) { d.newsOf("silent"); d.keys("3", "enter") },
		"review":    func(d *driver) { d.newsOf("review"); d.keys("3", "enter") },
		"reviewask": func(d *driver) { d.newsOf("review"); d.keys("3", "s") },
		"form":      func(d *driver) { d.keys("b"); d.typing("Design review") },
	}
}

func TestFrames(t *testing.T) {
	all := scenes()
	maps.Copy(all, bookingScenes())
	maps.Copy(all, migrationScenes())
	for name, scene := range all {
		for _, size := range [][2]int{{40, 12}, {80, 24}, {120, 40}} {
			t.Run(name+"/"+itoa(size[0])+"x"+itoa(size[1]), func(t *testing.T) {
				ws := office()
				ws.clashes()
				d := newDriver(t, ws, size[0], size[1])
				scene(d)
				checkFrame(t, d.m)
				golden.RequireEqual(t, d.screen())
			})
		}
	}
}

// The colours are kept too: a frame for each theme and depth.
func TestStyledFrames(t *testing.T) {
	for name, change := range map[string]func(o *Options){
		"dark":    func(*Options) {},
		"light":   func(o *Options) { o.Light = true },
		"nocolor": func(o *Options) { o.NoColor = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, office(), 80, 24, change)
			d.keys("down", "right")
			golden.RequireEqual(t, d.m.Frame())
		})
	}
	for name, keys := range map[string]string{"nocoloraccess": "a", "nocolorpermissions": "p"} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, office(), 80, 24, func(o *Options) { o.NoColor = true })
			d.overExchange()
			d.ws.exchangeRights("refused")
			d.keys("6", keys)
			golden.RequireEqual(t, d.m.Frame())
		})
	}
	t.Run("sixteen", func(t *testing.T) {
		d := newDriver(t, office(), 80, 24)
		d.send(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
		d.keys("down", "right")
		golden.RequireEqual(t, d.m.Frame())
	})
}
