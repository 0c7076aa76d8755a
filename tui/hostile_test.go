package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"

	"roomdesk/providers"
)

// payloads are texts that would act on a terminal, or shift its columns, if they
// reached it as they are.
func payloads() []string {
	list := []string{
		"\x1b]0;title\x07", "\x1b]2;title\x1b\\", "\x1b]4;1;rgb:ff/00/00\x07", "\x1b]7;file:///etc\x07", "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
		"\x1b]9;note\x07", "\x1b]52;c;ZXZpbA==\x07", "\x1b]99;;note\x1b\\", "\x1b]133;A\x07", "\x1b]777;notify;a;b\x07", "\x1b]1337;File=:AAAA\x07",
		"\x1b]10;?\x07", "\x1b]11;?\x07", "\x1b[2J", "\x1b[H", "\x1b[6n", "\x1b[c", "\x1b[?1049l", "\x1b[?2004l", "\x1b[?1000h", "\x1b[>q", "\x1b[31m", "\x1b[8m",
		"\x1b[5;5H", "\x1b[1000D", "\x1b[3J", "\x1b[!p", "\x1b[?25l", "\x1b7", "\x1b8", "\x1bc", "\x1bM", "\x1b(0", "\x1b#8", "\x1b%G", "\x1b\\", "\x1b",
		"\x1bPq#0;2;0;0;0#0~~@@\x1b\\", "\x1bP+q544e\x1b\\", "\x1bP$qm\x1b\\", "\x1b_Gf=24;AAAA\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\",
		"\u009b2J", "\u009d0;t\u009c", "\u0090q\u009c", "\u0085", "\u009e", "\u009f", "\u0098x\u009c", "\x9b2J", "\x9d0;t\x9c", "\xc2", "\xff\xfe", "\xed\xa0\x80", "\xc0\xaf", "\x00",
		"\x1b]0;unterminated", "\x1b[", "\x1b[?", "\x1b]8;;http://x", "\x1b\x1b[2J", "\x1b[\x1b[31m2J", "\x1b]\x1b]0;a\x07",
		"a\rb", "a\bb", "a\x7fb", "a\vb", "a\fb", "a\nb", "a\r\nb", "a\tb", "a\u2028b", "a\u2029b", "\x07",
		"\u202eevil\u202c", "\u2066x\u2069", "\u200f", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u115f", "\u3164", "\uffa0", "\u180e",
		"e" + strings.Repeat("\u0301", 200), "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👍🏽", "🇩🇪🇳🇱", "1\ufe0f\u20e3", "☎\ufe0f", "\U000e0041", "\ue000", "\ufff9x\ufffb",
		"会議室", "مكتب", "עברית", "한글", "ｶﾅ", "ﷺ", "𒐫", "Ｗｉｄｅ", "i̇", "ก็ก็ก็", strings.Repeat("x", 10000), strings.Repeat("会", 3000), "", " ", "'", "\"", "<b>", "%s%n", "{{.}}",
	}
	return list
}

// hostileOffice is a tenant in which every text from outside carries a payload.
func hostileOffice(payload string) *fakeWorkspace {
	f := office()
	u := func(s string) providers.Untrusted { return providers.Outside("a" + payload + s) }
	problem := func() *providers.Problem {
		return &providers.Problem{Class: providers.Transient, Code: "a" + payload, Message: u("m"), Advice: "x" + payload, RequestID: payload + "r", Status: 503, Since: fakeNow(), NextTry: fakeNow().Add(time.Minute)}
	}
	f.header.Tenant, f.header.Provider, f.header.Problem = u("t"), "G"+payload, problem()
	for i := range f.rooms {
		r := &f.rooms[i]
		r.Name, r.Nickname, r.Building, r.Floor, r.Section, r.Phone = u(fmt.Sprint(i)), u("n"), u("b"), u("f"), u("s"), u("p")
		r.Devices, r.Tags, r.Zone = []providers.Untrusted{u("d")}, []providers.Untrusted{u("g")}, "Europe/"+payload
		if i == 3 {
			a := f.avail[r.Mailbox]
			a.Problem = problem()
			f.avail[r.Mailbox] = a
		}
		for j := range f.events[r.Mailbox] {
			e := &f.events[r.Mailbox][j]
			e.Subject, e.OrganizerName, e.Location = u("e"), u("o"), u("l")
		}
	}
	for i := range f.people {
		p := &f.people[i]
		p.Name, p.JobTitle, p.Department, p.Office = u(fmt.Sprint(i)), u("j"), u("d"), u("o")
		for j := range f.calendars[p.Mailbox] {
			c := &f.calendars[p.Mailbox][j]
			c.Name, c.OwnerName = u("c"), u("w")
		}
	}
	for i := range f.statuses {
		f.statuses[i].Name, f.statuses[i].Problem = u("s"), problem()
	}
	f.progress.Problem = problem()
	for i := range f.bookings {
		b := &f.bookings[i]
		b.Request.Subject, b.RoomName, b.Reason, b.JoinURL, b.Request.Zone = u("q"), u("r"), "why"+payload, u("u"), payload
		b.Request.Room = "gone@contoso.com"
		for j := range b.Alternatives {
			b.Alternatives[j].Name, b.Alternatives[j].Place, b.Alternatives[j].Why = u("x"), "p"+payload, "w"+payload
		}
		b.Change = providers.BookingChange{
			Kind: providers.ChangeMove, State: providers.ChangeUndone, Reason: "c" + payload, Alternatives: b.Alternatives,
			Was: providers.Slot{Room: "gone@contoso.com", RoomName: u("w"), Start: b.Request.Start, End: b.Request.End},
		}
	}
	for i := range f.connections {
		c := &f.connections[i]
		c.Name, c.Provider, c.Tenant, c.Identity, c.Kind, c.Keystore, c.Credential = "n"+payload, payload, payload, payload, payload, payload, payload
	}
	f.plan = ChangePlan{Free: true, Why: "w" + payload, NoUndo: "u" + payload, Warnings: []string{"w" + payload}, Mails: []providers.Notice{{Mailbox: "gone@contoso.com", Cause: "m" + payload}}}
	f.clashes()
	for room := range f.taken {
		for i := range f.taken[room] {
			f.taken[room][i].Subject = u("s")
		}
	}
	f.check = BookingCheck{Why: "w" + payload, TeamsWhy: "t" + payload, Warnings: []string{"n" + payload}, Alternatives: []providers.Alternative{{Room: "eames@contoso.com", Name: u("a"), Place: payload, Why: payload}}}
	f.bookErr = &providers.Error{Class: providers.Permanent, Op: "booking", Code: "c" + payload, Message: u("no"), RequestID: payload}
	return f
}

// tour shows every view and dialog and calls look at each.
func tour(d *driver, look func(name string)) {
	step := func(name string, keys ...string) {
		d.keys(keys...)
		look(name)
	}
	step("rooms")
	step("rooms flat", "g")
	step("room unknown", "g", "down", "down", "down")
	step("room details", "enter")
	step("form", "esc", "up", "b")
	step("form refused", "enter")
	step("form people", "tab", "tab", "tab", "tab", "a")
	step("form taken", "enter", "alt+1")
	step("find", "esc", "2")
	d.keys("f")
	d.typing("weekly tue 10-11 x10 12p with bob")
	look("series typed")
	step("series", "enter")
	step("series ways", "n", "o", "right", "right", "right")
	step("series form", "enter")
	step("series review", "enter")
	step("series sent", "enter")
	step("bookings", "esc", "esc", "esc", "3")
	for range len(d.ws.bookings) {
		step("booking", "enter")
		step("bookings", "esc", "down")
	}
	step("cancel", "home", "c")
	step("move", "esc", "m")
	step("longer", "esc", "+")
	step("people", "esc", "4", "down")
	step("person", "enter")
	step("sync", "esc", "5")
	step("explain", "enter")
	step("connections", "esc", "6")
	step("connection", "enter")
	step("help", "esc", "1", "?")
	step("palette", "esc", ":")
	d.keys("esc", "/")
	d.typing("a")
	look("filter")
	d.send(changesAnswer{changes: Changes{Notices: []Notice{{Text: d.ws.header.Tenant.String(), Bad: true}}}})
	look("notice")
	d.keys("enter", "1")
	look("end")
}

// S-01, S-02, S-07, F-116: whatever text comes, only our own sequences are in a
// frame and no line is wider than the window. Under the race detector it is every third
// text, the others on the next days.
func TestHostileTexts(t *testing.T) {
	sizes := [][2]int{{40, 12}, {80, 24}, {120, 40}, {62, 18}, {300, 100}}
	if len(payloads()) < 60 {
		t.Fatal("too few payloads")
	}
	for i, payload := range payloads() {
		if raceDetector && (i+time.Now().YearDay())%3 != 0 {
			continue
		}
		d := newDriver(t, hostileOffice(payload), sizes[i%len(sizes)][0], sizes[i%len(sizes)][1])
		tour(d, func(name string) {
			checkFrame(t, d.m)
			if t.Failed() {
				t.Fatalf("in %s with %q", name, payload)
			}
		})
		for _, title := range []string{d.m.windowTitle()} {
			if strings.ContainsFunc(title, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) {
				t.Errorf("window title %q", title)
			}
		}
	}
}

// F-116: the columns behind a name stand where they should in a terminal, whatever
// the name.
func TestColumnsStayAligned(t *testing.T) {
	list := payloads()
	for from := 0; from < len(list); from += 14 {
		f := office()
		for i := range f.rooms {
			f.rooms[i].Name = providers.Outside(list[(from+i)%len(list)] + "x")
		}
		d := newDriver(t, f, 112, 34)
		em := vt.NewEmulator(112, 34)
		if _, err := em.Write([]byte("\x1b[20h" + d.m.Frame())); err != nil {
			t.Fatal(err)
		}
		p := &d.m.rooms
		l := p.layout(d.m)
		seen := 0
		for i := p.list.top; i < p.list.bottom(); i++ {
			if !p.items[i].isRoom() {
				continue
			}
			row := &p.data.rows[p.items[i].room()]
			y := l.list.y + i - p.list.top
			glyph, _, _, _ := stateWords(d.m.avail.of(row.room.Mailbox), d.m.now, d.m.now, d.m.zone)
			if got := em.CellAt(l.stateX, y).Content; got != glyph {
				t.Errorf("%q: column %d of line %d has %q, not %q", row.title, l.stateX, y, got, glyph)
			}
			if got := em.CellAt(l.grid.x+l.grid.nowColumn(d.m.now), y).Content; got != glyphNow {
				t.Errorf("%q: the now-line has %q", row.title, got)
			}
			seen++
		}
		if seen < 10 {
			t.Fatalf("only %d rooms on the screen", seen)
		}
	}
}
