package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// hostile texts, as somebody outside may choose them (S-01, S-02).
var hostile = []string{
	"\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x1b]52;c;cm0gLXJm\x07", "\x9b31m", "\u009b31m", "a\rb", "a\nb", "a\tb", "\x1bP1$r\x1b\\",
	"\u202eevil\u202c", "\u200bzero", "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "\xff\xfe", "\x00", "\u2028", strings.Repeat("x", 10_000), "漢字かな", "👩‍👩‍👧‍👦",
}

// S-01, S-05: whatever a tenant writes, tables, lines and JSON carry nothing that
// acts on a terminal, rows stay rows, and JSON stays JSON and loses nothing.
func TestHostileTextsInEveryFormat(t *testing.T) {
	for _, text := range hostile {
		raw := providers.Outside(text)
		rooms := []providers.Room{
			{Mailbox: "a@contoso.example", Name: raw, Building: raw, Floor: raw, Section: raw, Tags: []providers.Untrusted{raw}, Devices: []providers.Untrusted{raw}},
			{Mailbox: "b@contoso.example", Name: providers.Outside("Plain")},
		}
		for _, f := range []format{formatTable, formatPlain, formatJSON} {
			a, out, errs := newApp(t)
			a.out.format = f
			if err := a.printRooms(rooms, rooms, time.Now(), &accessBook{}); err != nil {
				t.Fatal(err)
			}
			a.out.fail(&providers.Error{Class: providers.Permanent, Op: "reading rooms", Message: raw, Code: "X", RequestID: text})
			for _, r := range out.String() + errs.String() {
				if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
					t.Fatalf("%q in format %d lets %U through:\n%q", text, f, r, out)
				}
			}
			switch f {
			case formatJSON:
				var objects []struct{ Name, Building string }
				if err := json.Unmarshal(out.Bytes(), &objects); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				if want := strings.ToValidUTF8(text, "\ufffd"); objects[0].Name != want && len(text) > 3 {
					t.Errorf("%q came as %q", text, objects[0].Name)
				}
			case formatPlain:
				lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
				if len(lines) != 2 || strings.Count(lines[0], "\t") != strings.Count(lines[1], "\t") {
					t.Errorf("%q breaks the lines:\n%q", text, out)
				}
			case formatTable:
				lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
				if len(lines) != 3 || ansi.StringWidth(lines[1]) != ansi.StringWidth(lines[2]) {
					t.Errorf("%q breaks the table:\n%s", text, out)
				}
			}
		}
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	a, out, _ := newApp(t)
	a.out.width = 60
	rooms := []providers.Room{{Mailbox: "a@contoso.example", Name: providers.Outside(strings.Repeat("long ", 20)), Building: providers.Outside("Amsterdam Headquarters West")}}
	if err := a.printRooms(rooms, rooms, time.Now(), &accessBook{}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		if w := ansi.StringWidth(line); w > 60 {
			t.Errorf("%d columns: %s", w, line)
		}
		if strings.Contains(line, "long") && !strings.Contains(line, "a@contoso.example") {
			t.Errorf("the address was cut: %s", line)
		}
	}
}

// Each kind of failure has its exit code and a sentence with a next step.
func TestExplain(t *testing.T) {
	cases := []struct {
		err  error
		code int
		next bool
	}{
		{&keystore.Error{Kind: keystore.ErrLocked, Remedy: "unlock"}, exitSignIn, true},
		{&keystore.Error{Kind: keystore.ErrNotFound, Remedy: "connect"}, exitSignIn, true},
		{&keystore.Error{Kind: keystore.ErrTimeout, Remedy: "unlock"}, exitFailed, true},
		{&keystore.Error{Kind: keystore.ErrUnavailable, Remedy: "start"}, exitFailed, true},
		{&keystore.Error{Kind: keystore.ErrTooBig, Remedy: "check"}, exitUsage, true},
		{&keystore.ConfigError{Path: "c.toml", Line: 1, Column: 2, Problem: "x", Remedy: "y"}, exitUsage, true},
		{&keystore.FieldError{Field: "name", Problem: "x", Remedy: "y"}, exitUsage, true},
		{usage("do", "not so"), exitUsage, true},
		{context.Canceled, exitInterrupted, false},
		{context.DeadlineExceeded, exitUnreachable, true},
		{fmt.Errorf("wrapped: %w", &providers.Error{Class: providers.NotAllowed}), exitSignIn, true},
		{&providers.Error{Class: providers.SignedOut, Err: &keystore.Error{Kind: keystore.ErrLocked, Remedy: "unlock"}}, exitSignIn, true},
		{errors.New("anything"), exitFailed, false},
		{told(exitPartly), exitPartly, false},
	}
	for _, c := range cases {
		f := explain(c.err)
		if f.code != c.code || (f.next != "") != c.next {
			t.Errorf("%v: code %d, next %q; want %d", c.err, f.code, f.next, c.code)
		}
		if !f.silent && !strings.HasSuffix(f.sentence(), ".") {
			t.Errorf("%q is no sentence", f.sentence())
		}
	}
}

func TestChoose(t *testing.T) {
	candidates := []candidate{{"aalto@x.example", "Aalto"}, {"aalto.north@x.example", "Aalto North"}, {"b.big@x.example", "Bauhaus"}, {"c@x.example", "Café Bauhaus"}}
	for text, want := range map[string]providers.Address{"aalto": "aalto@x.example", "AALTO north": "aalto.north@x.example", "nor": "aalto.north@x.example",
		"bauhaus": "b.big@x.example", "b.big": "b.big@x.example", "caf": "c@x.example"} {
		if got, err := choose(candidates, text, "room", "roomdesk rooms"); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for text, says := range map[string]string{"aal": "Aalto (aalto@x.example), Aalto North", "zzz": "see roomdesk rooms", " ": "see"} {
		_, err := choose(candidates, text, "room", "roomdesk rooms")
		if f := explain(err); err == nil || f.code != exitUsage || !strings.Contains(f.next, says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
