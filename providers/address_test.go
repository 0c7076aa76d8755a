package providers

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
)

func TestParseAddress(t *testing.T) {
	for raw, want := range map[string]Address{
		"Aalto@Contoso.com":                    "aalto@contoso.com",
		"  aalto@contoso.com \n":               "aalto@contoso.com",
		"first.last+tag@sub.contoso.co.uk":     "first.last+tag@sub.contoso.co.uk",
		"o'brien@contoso.com":                  "o'brien@contoso.com",
		"münchen@bücher.example":               "münchen@bücher.example",
		"会議室@例え.jp":                            "会議室@例え.jp",
		"room-3_a@contoso.onmicrosoft.com":     "room-3_a@contoso.onmicrosoft.com",
		"":                                     "",
		"aalto":                                "",
		"@contoso.com":                         "",
		"aalto@":                               "",
		"a@b@c":                                "",
		"aalto@.com":                           "",
		"aalto@contoso.":                       "",
		"aalto@con..toso.com":                  "",
		"aa lto@contoso.com":                   "",
		"aalto@contoso.com/../admin":           "",
		"../x@contoso.com":                     "",
		"aalto@contoso.com?x=1":                "",
		"a?b@contoso.com":                      "", // RFC 5322 has it; it would end a URL's path
		"aalto@contoso.com#x":                  "",
		"aalto\x1b[31m@contoso.com":            "",
		"aalto@contoso.com\x00":                "",
		"aalto\u202e@contoso.com":              "",
		"aalto@contoso\u200d.com":              "",
		"\xff@contoso.com":                     "",
		"/o=ExchangeLabs/ou=Exchange/cn=aalto": "",
		`"quoted"@contoso.com`:                 "",
		"<aalto@contoso.com>":                  "",
		"Aalto <aalto@contoso.com>":            "",
		"aalto%2f@contoso.com":                 "aalto%2f@contoso.com",
		strings.Repeat("a", 250) + "@b.c":      Address(strings.Repeat("a", 250) + "@b.c"),
		strings.Repeat("a", 251) + "@b.c":      "",
	} {
		got, ok := ParseAddress(raw)
		if got != want || ok != (want != "") {
			t.Errorf("%q gives %q, %v; want %q", raw, got, ok, want)
		}
	}
	a := Address("aalto@contoso.com")
	if a.Local() != "aalto" || a.Domain() != "contoso.com" || Address("").Local() != "" || Address("").Domain() != "" {
		t.Error("parts")
	}
}

// S-26: an address is safe to print, stays the same when read again, and cannot
// leave its segment of a URL's path.
func FuzzParseAddress(f *testing.F) {
	for _, raw := range []string{"Aalto@Contoso.com", "a?b@c.d", "İ@x.com", "a@ß.com", "K@x.y", "a@b", "..@b", ".@.", "ﬁ@x.com", "a/b@c", "%2e%2e%2f@x.y", "ΑΣ@x.gr"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, ok := ParseAddress(raw)
		if !ok {
			if a != "" {
				t.Fatalf("%q is refused and gives %q", raw, a)
			}
			return
		}
		if again, ok := ParseAddress(string(a)); !ok || again != a {
			t.Fatalf("%q gives %q, which gives %q", raw, a, again)
		}
		if strings.ContainsFunc(string(a), func(r rune) bool {
			return unicode.IsControl(r) || unicode.IsSpace(r) || acting(r) || strings.ContainsRune(`/\?<>"`, r)
		}) {
			t.Fatalf("%q gives %q", raw, a)
		}
		if len(a) > maxAddress || strings.Count(string(a), "@") != 1 || a.Local() == "" || a.Domain() == "" {
			t.Fatalf("%q gives %q", raw, a)
		}
		u := url.URL{Scheme: "https", Host: "graph.example", Path: "/v1.0/users/"}
		if got := u.JoinPath(url.PathEscape(string(a)), "events"); !strings.HasPrefix(got.EscapedPath(), "/v1.0/users/") || strings.Count(got.EscapedPath(), "/") != 4 || got.RawQuery != "" || got.Fragment != "" {
			t.Fatalf("%q makes the path %q", a, got.EscapedPath())
		}
	})
}
