package providers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Whatever way a text from outside takes to a string, it is made safe (S-01, S-05).
func TestUntrustedIsSafeUnderEveryVerb(t *testing.T) {
	for name, raw := range payloads {
		u := Outside(raw)
		holder := struct {
			Name  Untrusted
			List  []Untrusted
			Inner *Untrusted
		}{u, []Untrusted{u}, &u}
		for _, verb := range "vTtbcdoOqxXUeEfFgGsz" {
			for _, flags := range []string{"", "#", "+", "-", " ", "0", "20", ".3", "#+-20.5"} {
				format := "%" + flags + string(verb)
				for _, value := range []any{u, holder, []Untrusted{u}, map[string]Untrusted{"k": u}, map[Untrusted]int{u: 64}, [1]Untrusted{u}} {
					if got := fmt.Sprintf(format, value); strings.ContainsFunc(got, acting) {
						t.Fatalf("%s: %s of %T gives %+q", name, format, value, got)
					}
				}
			}
		}
		if got := fmt.Sprint(u) + fmt.Sprintln(u) + fmt.Sprintf("%s", &u) + errors.New(u.String()).Error(); strings.ContainsFunc(strings.ReplaceAll(got, "\n", ""), acting) {
			t.Errorf("%s: %+q", name, got)
		}
	}
}

// acting reports characters that do something to a terminal instead of being
// drawn.
func acting(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.In(r, unicode.Zl, unicode.Zp) || (unicode.Is(unicode.Cf, r) && r != '\u200d')
}

func TestUntrustedIsSafeInLogs(t *testing.T) {
	for name, raw := range payloads {
		for kind, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("read", "room", Outside(raw), slog.Group("g", "x", Outside(raw)))
			if line := strings.TrimSuffix(out.String(), "\n"); strings.ContainsFunc(line, acting) {
				t.Errorf("%s in a %s log: %+q", name, kind, line)
			}
		}
	}
}

func checkJSON(t interface {
	Fatalf(string, ...any)
}, raw string) {
	for _, value := range []any{Outside(raw), struct{ A Untrusted }{Outside(raw)}} {
		out, err := json.Marshal(value)
		if err != nil {
			t.Fatalf("%+q: %v", raw, err)
		}
		if !utf8.Valid(out) || bytes.ContainsFunc(out, func(r rune) bool { return acting(r) || r == '\u200d' || r == '\ufeff' || unicode.Is(unicode.Co, r) }) {
			t.Fatalf("%+q is written as %+q", raw, out)
		}
		want := strings.ToValidUTF8(raw, "\ufffd")
		if !utf8.ValidString(raw) {
			want = string([]rune(raw)) // one mark for each bad byte
		}
		got := ""
		if s, ok := value.(struct{ A Untrusted }); ok {
			_ = s
			var back struct{ A string }
			err = json.Unmarshal(out, &back)
			got = back.A
		} else {
			err = json.Unmarshal(out, &got)
		}
		if err != nil || got != want {
			t.Fatalf("%+q is written as %s and read as %+q (%v)", raw, out, got, err)
		}
	}
}

// S-05: JSON is lossless for a program and harmless when it is printed.
func TestUntrustedJSON(t *testing.T) {
	for _, raw := range payloads {
		checkJSON(t, raw)
	}
}

func FuzzUntrustedJSON(f *testing.F) {
	for _, raw := range payloads {
		if len(raw) < 500 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw string) { checkJSON(t, raw) })
}

func TestUntrustedOr(t *testing.T) {
	for raw, want := range map[string]string{"": "none", "  ": "none", "\u00a0\u3000": "none", "\ufe0f": "none", " Aalto ": "Aalto", "\x00": "␀"} {
		if got := Outside(raw).Or("none"); got != want {
			t.Errorf("%+q gives %q, want %q", raw, got, want)
		}
	}
	if got := Join([]Untrusted{Outside("a\n"), Outside(" "), Outside("b")}, ", "); got != "a␤, b" {
		t.Errorf("joined %q", got)
	}
	if Outside("\x1b[31m").Raw() != "\x1b[31m" {
		t.Error("the raw text is not kept")
	}
}
