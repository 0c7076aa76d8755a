package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// formulas begin one in some spreadsheet (S-22).
var formulas = []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\u00a0=1", `"=1`, "\ufeff=1", "\n=1",
	"a;=1", "a\t=1", "a,=1", `a","=1`, `a";"=1`, "a\r\n=1", `a; "=1`, "a|=1", "==1", "−1"}

// S-22: whatever separates cells, no cell begins as a formula, and a text that is
// none stays as it is.
func TestCSVCellsAreNoFormulas(t *testing.T) {
	for _, text := range formulas {
		var b strings.Builder
		if err := writeCSV(&b, [][]string{{"plain", text, "last"}, {text, text, text}}); err != nil {
			t.Fatal(err)
		}
		for _, separator := range ",;\t|" {
			reader := csv.NewReader(strings.NewReader(b.String()))
			reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = separator, true, -1
			rows, err := reader.ReadAll()
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for _, row := range rows {
				for _, cell := range row {
					if cell = strings.Trim(cell, " \"\u00a0\ufeff\n"); cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠−", []rune(cell)[0]) {
						t.Errorf("%q is a formula where %q separates: %q", text, separator, cell)
					}
				}
			}
		}
		// And cut by hand, by a reader that knows no quotes at all.
		for _, cell := range strings.FieldsFunc(b.String(), func(r rune) bool { return strings.ContainsRune(",;\t|\r\n", r) }) {
			if cell = strings.Trim(cell, " \"\u00a0\ufeff"); cell != "" && strings.ContainsRune("=+-@＝＋－＠−", []rune(cell)[0]) {
				t.Errorf("%q is a formula without quotes: %q", text, cell)
			}
		}
	}
	for _, text := range []string{"", "Budget 2026-11", "1-2", "a=b", "adele@contoso.com", "C++", "https://x.example/?a=b&c=+d", "it's; fine, really", "x - y", "2026-11-23T14:00:00+01:00"} {
		if got := inert(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func exportedCalendar(a *app) exported {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	a.out.zone = zone
	start := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	events := []providers.Event{
		{ID: "open", Subject: providers.Outside("=cmd|' /C calc'!A0\r\nx"), Organizer: "adele@contoso.com", Start: start, End: start.Add(time.Hour), JoinURL: providers.Outside("https://teams.example/secret")},
		{ID: "closed", Private: true, Subject: providers.Outside("Dismissal"), Organizer: "hr@contoso.com", OrganizerName: providers.Outside("Personnel"), Location: providers.Outside("Cellar"),
			ICalUID: "uid-of-it", Start: start, End: start.Add(time.Hour), JoinURL: providers.Outside("https://teams.example/secret")},
		{ID: "day", AllDay: true, Subject: providers.Outside("Fair"), Start: start.Truncate(24 * time.Hour), End: start.Truncate(24*time.Hour).AddDate(0, 0, 1)},
	}
	for i := range events {
		events[i].Mailbox, events[i].Type, events[i].ShowAs = "aalto@contoso.com", providers.SingleInstance, providers.ShowBusy
	}
	return exported{name: providers.Outside("Aalto"), made: start, window: providers.Interval{Start: start, End: start.AddDate(0, 0, 1)},
		reads: []calendarRead{{mailbox: "aalto@contoso.com", at: start, events: events}}}
}

// S-47, S-21: in every format a private meeting is only a time, a join link is told
// only on demand, and every time has its zone.
func TestExportsTellNoSecrets(t *testing.T) {
	for name, write := range map[string]func(*app, *bytes.Buffer, exported) error{
		"ics":  func(a *app, b *bytes.Buffer, x exported) error { return a.exportICal(b, x) },
		"csv":  func(a *app, b *bytes.Buffer, x exported) error { return a.exportCSV(b, x) },
		"json": func(a *app, b *bytes.Buffer, x exported) error { return a.exportJSON(b, x) },
	} {
		for _, links := range []bool{false, true} {
			a, _, _ := newApp(t)
			x := exportedCalendar(a)
			x.links = links
			var b bytes.Buffer
			if err := write(a, &b, x); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			for _, secret := range []string{"Dismissal", "hr@contoso", "Personnel", "Cellar", "uid-of-it"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s tells %q of a private meeting:\n%s", name, secret, text)
				}
			}
			if got, want := strings.Count(text, "teams.example"), map[bool]int{true: 1}[links]; got != want {
				t.Errorf("%s tells %d join links, want %d", name, got, want)
			}
			if !strings.Contains(text, "Europe/Berlin") {
				t.Errorf("%s names no zone", name)
			}
		}
	}
}

func TestCSVHasItsColumns(t *testing.T) {
	a, _, _ := newApp(t)
	x := exportedCalendar(a)
	var b bytes.Buffer
	if err := a.exportCSV(&b, x); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || !slices.Equal(rows[0], eventColumns) {
		t.Fatalf("%q", rows)
	}
	if got := rows[1][:6]; !slices.Equal(got, []string{"aalto@contoso.com", "2026-11-23T14:00:00+01:00", "2026-11-23T15:00:00+01:00", "Europe/Berlin", "false", "'=cmd|' /C calc'!A0␤x"}) {
		t.Errorf("%q", got)
	}
	if got := rows[3][1:5]; !slices.Equal(got, []string{"2026-11-23", "2026-11-24", "", "true"}) {
		t.Errorf("a whole day came as %q", got)
	}
	b.Reset()
	if err := a.exportCSV(&b, exported{bookings: []providers.Booking{{ID: "b", State: providers.BookingDeclined, Request: providers.BookingRequest{Required: []providers.Address{"a@x.example", "b@x.example"}}}}}); err != nil {
		t.Fatal(err)
	}
	if rows, err = csv.NewReader(&b).ReadAll(); err != nil || len(rows) != 2 || !slices.Equal(rows[0], bookingColumns) || rows[1][1] != "declined" {
		t.Errorf("%q, %v", rows, err)
	}
	page := commandsPage(t)
	for _, column := range slices.Concat(eventColumns, bookingColumns) {
		if !hasWord(page, column) {
			t.Errorf("column %q is not documented", column)
		}
	}
}

// JSON has every text as it is.
func TestJSONExportLosesNothing(t *testing.T) {
	a, _, _ := newApp(t)
	x := exportedCalendar(a)
	var b bytes.Buffer
	if err := a.exportJSON(&b, x); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Zone     string
		Events   []struct{ Subject string }
		Bookings []any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Events[0].Subject != x.reads[0].events[0].Subject.Raw() || got.Bookings == nil || got.Zone != "Europe/Berlin" {
		t.Errorf("%+v", got)
	}
}

// S-17: a file that is there stays as it is, a link is not followed, and nothing is
// left beside the file.
func TestExportsReplaceNothingUnasked(t *testing.T) {
	dir := t.TempDir()
	victim, link, dangling, fresh := filepath.Join(dir, "victim"), filepath.Join(dir, "link"), filepath.Join(dir, "dangling"), filepath.Join(dir, "fresh")
	if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o644), os.Symlink(victim, link), os.Symlink(filepath.Join(dir, "nowhere"), dangling)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{victim, link, dangling} {
		for what, err := range map[string]error{"asking": absent(path), "writing": writeExport(path, []byte("new"), false)} {
			if f := (*failure)(nil); !errors.As(err, &f) || f.code != exitUsage || !strings.Contains(f.message, "exists already") {
				t.Errorf("%s %s: %v", what, path, err)
			}
		}
	}
	if err := errors.Join(absent(fresh), writeExport(fresh, []byte("new"), false), writeExport(link, []byte("new"), true)); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
		t.Errorf("a link was written through: %q, %v", got, err)
	}
	for _, path := range []string{fresh, link} {
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := writeExport(dir, []byte("x"), true); err == nil {
		t.Error("a directory was replaced")
	}
	if err := writeExport(filepath.Join(dir, "none", "x"), []byte("x"), false); err == nil {
		t.Error("a directory that is not there took a file")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%v, %v", entries, err)
	}
}
