package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers"
)

// readPowerShell reads a line as PowerShell's tokenizer does, as far as single quotes
// go: a quote of any of its kinds begins and ends, two of any kinds within are one. It
// gives the words, and false where anything outside of quotes would be run or expanded.
func readPowerShell(line string) (words []string, safe bool) {
	isQuote := func(r rune) bool {
		return r == '\'' || r == '\u2018' || r == '\u2019' || r == '\u201a' || r == '\u201b'
	}
	runes := []rune(line)
	for i := 0; i < len(runes); {
		switch r := runes[i]; {
		case r == ' ':
			i++
		case isQuote(r):
			var word strings.Builder
			for i++; ; i++ {
				if i >= len(runes) {
					return words, false // it never ends
				}
				if isQuote(runes[i]) {
					if i+1 < len(runes) && isQuote(runes[i+1]) {
						word.WriteRune(runes[i])
						i++
						continue
					}
					break
				}
				word.WriteRune(runes[i])
			}
			i++
			if i < len(runes) && runes[i] != ' ' {
				return words, false
			}
			words = append(words, word.String())
		default:
			var word strings.Builder
			for ; i < len(runes) && runes[i] != ' '; i++ {
				if strings.ContainsRune("$`\"';|&(){}<>@#,\r\n\u2018\u2019\u201a\u201b\u201c\u201d\u201e", runes[i]) {
					return words, false
				}
				word.WriteRune(runes[i])
			}
			words = append(words, word.String())
		}
	}
	return words, true
}

// C21: no value of a tenant or of a person becomes a command of an administrator.
func TestCommandsAreQuoted(t *testing.T) {
	for _, hostile := range []string{
		"roomdesk", "it's", "''", "'; Remove-Mailbox -Identity '*", "\u2019; Remove-Mailbox -Identity \u2018*", "\u201b\u201a", "$(Get-Mailbox)", "`n", "a\"b", "$env:PATH", "a;b|c&d", "#",
		"\u201cquoted\u201d", "— dash", "a\nRemove-Mailbox", "\x1b]52;c;AAAA\x07", "\u202eabc",
	} {
		words, safe := readPowerShell("Get-Thing -Name " + PowerShell(hostile) + " -Last x")
		want := strings.Map(func(r rune) rune {
			if r < ' ' || r == '\u202e' {
				return ' '
			}
			return r
		}, hostile)
		if !safe || len(words) != 5 || words[2] != want {
			t.Errorf("%q is read as %q", hostile, words)
		}
		if strings.ContainsAny(PowerShell(hostile), "\n\r\x1b\x07\u202e") {
			t.Errorf("%q acts on a terminal: %q", hostile, PowerShell(hostile))
		}
		l := Limit{Kind: LimitRBAC, Checks: []LimitCheck{{Mailbox: "o'brien$x`y@contoso.example", Inside: true}, {Mailbox: "ceo''@contoso.example"}}}
		token := providers.TokenSeen{ObjectID: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", AppName: providers.Outside(hostile)}
		for _, line := range LimitCommands(l, token, hostile, hostile, "d'esk@contoso.example", []string{"booking"}) {
			if strings.HasPrefix(line, "#") {
				if strings.ContainsAny(line, "\n\r") {
					t.Errorf("a comment goes on in another line: %q", line)
				}
				continue
			}
			words, safe := readPowerShell(line)
			if !safe {
				t.Errorf("%q makes %q", hostile, line)
			}
			if words[0] == "New-ManagementScope" {
				filter := words[4]
				for _, want := range []string{"'o''brien$x`y@contoso.example'", "'d''esk@contoso.example'", "-ne 'ceo''''@contoso.example'", "RecipientTypeDetails -eq 'RoomMailbox'"} {
					if !strings.Contains(filter, want) {
						t.Errorf("%q is not in the filter %q", want, filter)
					}
				}
			}
		}
	}
}

// limited answers like a tenant whose application may open some mailboxes.
type limited struct {
	Reader
	answers map[providers.Address][]error // one after the other
}

func (l *limited) CanRead(_ context.Context, mailbox providers.Address) error {
	all := l.answers[mailbox]
	if len(all) > 1 {
		l.answers[mailbox] = all[1:]
	}
	return all[0]
}

// C21: inside and outside are proven by calls, and the kind of limit by what they say.
func TestLimits(t *testing.T) {
	no := &providers.Error{Class: providers.NotAllowed}
	absent := &providers.Error{Class: providers.NoMailbox}
	torn := &providers.Error{Class: providers.Unreachable}
	full, none := []string{"Calendars.ReadWrite", "Place.Read.All"}, []string{"Place.Read.All"}
	const in, out providers.Address = "in@contoso.example", "out@contoso.example"
	for name, c := range map[string]struct {
		in, out []error
		roles   []string
		results string
		holds   []bool
		kind    string
		again   bool
	}{
		"no limit":            {[]error{nil}, []error{nil}, full, "open open", []bool{true, false}, LimitNone, false},
		"access policy":       {[]error{nil}, []error{no}, full, "open refused", []bool{true, true}, LimitPolicy, false},
		"RBAC":                {[]error{nil}, []error{no}, none, "open refused", []bool{true, true}, LimitRBAC, false},
		"the wrong way round": {[]error{no}, []error{nil}, full, "refused open", []bool{false, false}, LimitPolicy, false},
		"all refused":         {[]error{no}, []error{no}, none, "refused refused", []bool{false, true}, LimitUnknown, false},
		"no mailbox":          {[]error{nil}, []error{absent}, full, "open no mailbox", []bool{true, false}, LimitNone, false},
		"spreading":           {[]error{nil}, []error{nil, no, nil}, full, "open changing", []bool{true, false}, LimitPolicy, true},
		"spreading in RBAC":   {[]error{nil}, []error{no, no, nil}, none, "open changing", []bool{true, false}, LimitRBAC, true},
		"no answer":           {[]error{torn}, []error{torn}, full, "not known not known", []bool{false, false}, LimitUnknown, false},
	} {
		l, err := ProveLimit(t.Context(), &limited{answers: map[providers.Address][]error{in: c.in, out: c.out}}, providers.TokenSeen{Roles: c.roles}, []providers.Address{in}, []providers.Address{out})
		if err != nil {
			t.Fatal(err)
		}
		got := l.Checks[0].Result + " " + l.Checks[1].Result
		if got != c.results || l.Checks[0].Holds() != c.holds[0] || l.Checks[1].Holds() != c.holds[1] || l.Kind != c.kind || (l.Again != "") != c.again {
			t.Errorf("%s: %s, %v %v, %s (%s), %q", name, got, l.Checks[0].Holds(), l.Checks[1].Holds(), l.Kind, l.Why, l.Again)
		}
		old := slices.ContainsFunc(LimitCommands(l, providers.TokenSeen{}, "c", "a", "", nil), func(line string) bool { return strings.HasPrefix(line, "Get-ApplicationAccessPolicy") })
		if old != (c.kind == LimitPolicy) {
			t.Errorf("%s: the commands of the older way are there: %v", name, old)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := ProveLimit(ctx, &limited{answers: map[providers.Address][]error{in: {nil}}}, providers.TokenSeen{}, []providers.Address{in}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up is told %v", err)
	}
}
