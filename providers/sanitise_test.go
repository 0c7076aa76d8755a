package providers

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// payloads are texts that do something to a terminal, a line or a column count
// when they are shown as they are (S-01, S-02, S-07, F-116).
var payloads = map[string]string{
	"OSC 0 title BEL":            "\x1b]0;owned\x07after",
	"OSC 2 title ST":             "\x1b]2;owned\x1b\\after",
	"OSC 4 palette":              "\x1b]4;1;rgb:ff/00/00\x1b\\after",
	"OSC 7 cwd":                  "\x1b]7;file:///etc\x07after",
	"OSC 8 link":                 "\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\after",
	"OSC 9 notify":               "\x1b]9;you won\x07after",
	"OSC 10 foreground":          "\x1b]10;#000000\x07after",
	"OSC 11 ask background":      "\x1b]11;?\x1b\\after",
	"OSC 52 clipboard":           "\x1b]52;c;cm0gLXJmIC8=\x07after",
	"OSC 99 notify":              "\x1b]99;i=1:d=0;hello\x1b\\after",
	"OSC 133 prompt":             "\x1b]133;A\x07after",
	"OSC 777 notify":             "\x1b]777;notify;a;b\x07after",
	"OSC 1337 file":              "\x1b]1337;File=inline=1:AAAA\x07after",
	"OSC 104 palette":            "\x1b]104\x07after",
	"CSI J clear":                "\x1b[2Jafter",
	"CSI H home":                 "\x1b[Hafter",
	"CSI 6n report":              "\x1b[6nafter",
	"CSI c answer-back":          "\x1b[cafter",
	"CSI ?1049l screen":          "\x1b[?1049lafter",
	"CSI ?1049h screen":          "\x1b[?1049hafter",
	"CSI ?2004l paste":           "\x1b[?2004lafter",
	"CSI ?1000h mouse":           "\x1b[?1000hafter",
	"CSI ?25l cursor":            "\x1b[?25lafter",
	"CSI >q version":             "\x1b[>qafter",
	"CSI SGR":                    "\x1b[31;1mred\x1b[0mafter",
	"CSI SGR colons":             "\x1b[38:2::1:2:3mafter",
	"CSI REP":                    "a\x1b[999999bafter",
	"CSI resize":                 "\x1b[8;1;1tafter",
	"CSI scroll region":          "\x1b[1;1rafter",
	"CSI 21t title report":       "\x1b[21tafter",
	"CSI kitty keyboard":         "\x1b[>31uafter",
	"CSI with controls inside":   "\x1b[\n2\rJafter",
	"DCS sixel":                  "\x1bPq#0;2;0;0;0#0~~\x1b\\after",
	"DCS XTGETTCAP":              "\x1bP+q544e\x1b\\after",
	"DCS DECRQSS":                "\x1bP$qm\x1b\\after",
	"APC kitty image":            "\x1b_Gf=24,s=1,v=1;AAAA\x1b\\after",
	"PM":                         "\x1b^private\x1b\\after",
	"SOS":                        "\x1bXstring\x1b\\after",
	"SS2":                        "\x1bNafter",
	"SS3":                        "\x1bOafter",
	"ESC c reset":                "\x1bcafter",
	"ESC 7 save":                 "\x1b7after\x1b8",
	"ESC # alignment":            "\x1b#8after",
	"ESC ( charset":              "\x1b(0after",
	"ESC % charset":              "\x1b%@after",
	"ESC D index":                "\x1bDafter",
	"ESC M reverse":              "\x1bMafter",
	"ESC at the end":             "after\x1b",
	"ESC ESC":                    "\x1b\x1b[2Jafter",
	"CSI raw C1":                 "\x9b2Jafter",
	"OSC raw C1":                 "\x9d0;owned\x9cafter",
	"DCS raw C1":                 "\x90q\x9cafter",
	"APC raw C1":                 "\x9fG\x9cafter",
	"CSI UTF-8 C1":               "\u009b2Jafter",
	"OSC UTF-8 C1":               "\u009d52;c;AAAA\u009cafter",
	"DCS UTF-8 C1":               "\u0090q~\u009cafter",
	"SOS UTF-8 C1":               "\u0098x\u009cafter",
	"NEL":                        "one\u0085two",
	"unterminated OSC":           "\x1b]0;" + strings.Repeat("x", 200) + "after",
	"unterminated CSI":           "\x1b[" + strings.Repeat("1;", 100) + "after",
	"unterminated DCS":           "\x1bPafter",
	"OSC across a line":          "\x1b]0;a\nb\x07after",
	"nested OSC in DCS":          "\x1bP\x1b]52;c;AAAA\x07\x1b\\after",
	"nested CSI in OSC":          "\x1b]0;\x1b[2J\x07after",
	"tmux passthrough":           "\x1bPtmux;\x1b\x1b]52;c;AAAA\x07\x1b\\after",
	"split: introducer":          "\x1b",
	"split: rest":                "]52;c;AAAA\x07after",
	"split: CSI introducer":      "\x1b[",
	"split: CSI rest":            "2Jafter",
	"CR overwrites":              "real\rfake",
	"CRLF":                       "one\r\ntwo",
	"LF":                         "one\ntwo",
	"VT":                         "one\vtwo",
	"FF":                         "one\ftwo",
	"TAB":                        "one\ttwo",
	"BS":                         "abc\b\b\bxyz",
	"DEL":                        "a\x7fb",
	"NUL":                        "a\x00b",
	"BEL":                        "a\ab",
	"ENQ":                        "a\x05b",
	"SO":                         "a\x0eb",
	"SUB and CAN":                "\x1b[2\x18J\x1aafter",
	"line separator":             "one\u2028two",
	"paragraph separator":        "one\u2029two",
	"RLO":                        "invoice\u202efdp.exe",
	"LRI RLI FSI PDI":            "\u2066a\u2067b\u2068c\u2069",
	"LRM RLM ALM":                "a\u200eb\u200fc\u061cd",
	"ZWSP":                       "pay\u200bpal",
	"ZWNJ":                       "a\u200cb",
	"ZWJ between letters":        "a\u200db",
	"ZWJ at the ends":            "\u200d👩\u200d",
	"word joiner":                "a\u2060b",
	"BOM":                        "\ufeffname",
	"soft hyphen":                "a\u00adb",
	"interlinear":                "\ufff9a\ufffab\ufffb",
	"tag characters":             "a\U000e0041\U000e0042\U000e007f",
	"variation selectors":        "a\ufe0fb\ufe0e\U000e0100",
	"combining ×200":             "a" + strings.Repeat("\u0301", 200) + "b",
	"combining alone":            "\u0301\u0302after",
	"enclosing":                  "1\u20e3\u20dd",
	"combining on a mark":        "\x01\u0301\u0301x",
	"invalid UTF-8":              "a\xffb\xc3",
	"overlong":                   "\xc0\x9b\xc1\xbf\xe0\x80\x9b2J",
	"surrogate":                  "\xed\xa0\x80\xed\xb0\x80",
	"beyond Unicode":             "\xf4\x90\x80\x80",
	"noncharacter":               "\ufffe\uffff\U0001fffe",
	"private use":                "\ue000\U000f0000",
	"unassigned":                 "\u0378\U0003fffd",
	"wide":                       "日本語 会議室",
	"half-width":                 "ｶﾀｶﾅ ￦",
	"ambiguous":                  "§±×÷Ωа①",
	"Arabic":                     "غرفة الاجتماعات",
	"Hebrew":                     "חדר ישיבות",
	"Thai":                       "ห้องประชุมน้ำ",
	"Devanagari":                 "बैठक कक्ष क्षि",
	"Tamil":                      "கூட்ட அறை நி",
	"Hangul":                     "회의실",
	"Hangul jamo":                "\u1112\u116c\u110b\u1174",
	"Hangul jamo alone":          "\u1160\u11a8\ud7b0",
	"Hangul filler":              "a\u3164b\uffa0c\u115f",
	"emoji":                      "🏢 room 📅",
	"emoji with skin":            "👋🏽 hi",
	"skin alone":                 "\U0001f3fd",
	"family":                     "👨\u200d👩\u200d👧\u200d👦 room",
	"flag":                       "🇩🇪🇳🇱 x",
	"half a flag":                "🇩 x",
	"keycap":                     "1\ufe0f\u20e3",
	"heart":                      "❤\ufe0f\u200d🔥",
	"rainbow flag":               "🏳\ufe0f\u200d🌈",
	"England":                    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
	"ideographic space and NBSP": "a\u3000b\u00a0c\u2003d",
	"presentation forms":         "ﷺ ﷽",
	"skin ×10,000":               "👩" + strings.Repeat("\U0001f3fd", 10000),
	"family ×10,000":             strings.Repeat("👩\u200d", 10000),
	"selectors ×10,000":          strings.Repeat("\ufe0f", 10000),
	"very long":                  strings.Repeat("long ", 5000),
	"very long wide":             strings.Repeat("会", 5000),
	"only spaces":                "   ",
	"empty":                      "",
	"plain":                      "Aalto (12) – west",
}

// harmless says what is wrong with a text that claims to be safe for one line.
func harmless(safe string) error {
	if !utf8.ValidString(safe) {
		return fmt.Errorf("it is no valid UTF-8")
	}
	if !norm.NFC.IsNormalString(safe) {
		return fmt.Errorf("it is not in NFC")
	}
	if n := utf8.RuneCountInString(safe); n > 6*MaxSanitised {
		return fmt.Errorf("it has %d characters", n)
	}
	combining := 0
	runes := []rune(safe)
	for i, r := range runes {
		switch {
		case unicode.Is(unicode.Cc, r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			return fmt.Errorf("it contains %U", r)
		case r == '\u200d':
			if i == 0 || i == len(runes)-1 {
				return fmt.Errorf("a joiner stands alone")
			}
		case unicode.Is(unicode.Cf, r):
			return fmt.Errorf("it contains the format character %U", r)
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc):
			if combining++; combining > maxCombining {
				return fmt.Errorf("more than %d marks on one base", maxCombining)
			}
			continue
		}
		combining = 0
	}
	return nil
}

// terminals are reused: each takes megabytes. No sync.Pool keeps them, which forgets
// every fourth under the race detector.
var terminals = make(chan *vt.Emulator, 8)

// drawnWidth is how far a terminal's cursor goes when it draws the text.
func drawnWidth(text string) int {
	var terminal *vt.Emulator
	select {
	case terminal = <-terminals:
	default:
		terminal = vt.NewEmulator(3*MaxSanitised, 2)
	}
	defer func() {
		select {
		case terminals <- terminal:
		default:
		}
	}()
	_, _ = terminal.WriteString("\x1b[H" + text)
	if at := terminal.CursorPosition(); at.Y == 0 {
		return at.X
	}
	return -1
}

// S-01, S-02, S-07: no payload reaches a terminal, and each leaves a line whose
// width can be counted.
func TestSanitisePayloads(t *testing.T) {
	if len(payloads) < 60 {
		t.Fatalf("only %d payloads", len(payloads))
	}
	for name, raw := range payloads {
		t.Run(name, func(t *testing.T) {
			safe := Sanitise(raw)
			if err := harmless(safe); err != nil {
				t.Errorf("%+q became %+q: %v", raw, safe, err)
			}
			if again := Sanitise(safe); again != safe {
				t.Errorf("not idempotent: %+q became %+q", safe, again)
			}
			if strings.HasSuffix(raw, "after") && !strings.HasSuffix(safe, "after") {
				t.Errorf("%+q became %+q: what follows was swallowed", raw, safe)
			}
			if ansi.Strip(safe) != safe {
				t.Errorf("%+q still holds a sequence", safe)
			}
			if counted, drawn := ansi.StringWidth(safe), drawnWidth(safe); counted != drawn {
				t.Errorf("%+q counts %d columns, a terminal draws %d", safe, counted, drawn)
			}
		})
	}
}

// Two fields that are harmless apart are harmless side by side.
func TestSanitiseSplitPayloads(t *testing.T) {
	for name, a := range payloads {
		for _, b := range []string{"\x1b", "[2J", "]52;c;A\x07", "\\", "\x07", "\u0301", "\u200d", "🏽", "\x9c"} {
			joined := Sanitise(a) + Sanitise(b)
			if ansi.Strip(joined) != joined || strings.ContainsFunc(joined, unicode.IsControl) {
				t.Errorf("%s followed by %+q: %+q", name, b, joined)
			}
		}
	}
}

func TestSanitiseExamples(t *testing.T) {
	for raw, want := range map[string]string{
		"Aalto":                   "Aalto",
		"a\nb":                    "a␤b",
		"a\r\nb":                  "a␤b",
		"a\rb":                    "a␤b",
		"a\tb":                    "a␉b",
		"a\x00b\x7f":              "a␀b␡",
		"\x1b[31mred\x1b[0m":      "␛red␛",
		"\x1b]52;c;AAAA\x07after": "␛after",
		"\u202eabc":               "\ufffdabc",
		"a\xffb":                  "a\ufffdb",
		"e\u0301":                 "é",
		"a\u00a0b\u3000c":         "a b c",
		"👩\u200d💻":                "👩\u200d💻",
		"a\u200db":                "a\ufffdb",
		"❤\ufe0f":                 "❤",
	} {
		if got := Sanitise(raw); got != want {
			t.Errorf("%+q became %+q, want %+q", raw, got, want)
		}
	}
	long := Sanitise(strings.Repeat("é", MaxSanitised+10))
	if n := utf8.RuneCountInString(long); n != MaxSanitised+1 || !strings.HasSuffix(long, "…") {
		t.Errorf("a long text became %d characters, ending in %q", n, long[len(long)-6:])
	}
}

func TestSanitiseKeepsPlainTextWithoutAllocation(t *testing.T) {
	text := "Aalto, Amsterdam HQ - floor 3 (12 seats)"
	if n := testing.AllocsPerRun(100, func() { _ = Sanitise(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func checkSanitised(t interface {
	Fatalf(string, ...any)
}, raw string) {
	safe := Sanitise(raw)
	if err := harmless(safe); err != nil {
		t.Fatalf("%+q became %+q: %v", raw, safe, err)
	}
	if again := Sanitise(safe); again != safe {
		t.Fatalf("not idempotent: %+q became %+q and then %+q", raw, safe, again)
	}
	if counted, drawn := ansi.StringWidth(safe), drawnWidth(safe); counted != drawn {
		t.Fatalf("%+q became %+q: counts %d columns, a terminal draws %d", raw, safe, counted, drawn)
	}
}

func TestSanitiseAnyComposition(t *testing.T) {
	var all []string
	for _, p := range payloads {
		if len(p) < 300 {
			all = append(all, p)
		}
	}
	piece := rapid.OneOf(rapid.SampledFrom(all), rapid.StringN(0, 6, -1), rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "bytes")) }),
		rapid.SampledFrom([]string{"\x1b", "[", "]", "\x07", "\u200d", "\u0301", "🏽", "👩", "a", "\ufe0f", "\u1112", "\u1161", "\u11ab", "가", "🇩", "क", "\u094d", "\u093f", "\u0e33", "\u0600"}))
	rapid.Check(t, func(t *rapid.T) {
		checkSanitised(t, strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), ""))
	})
}

// Every code point, alone and behind the kinds of characters that its width may
// depend on.
func TestSanitiseEveryCodePoint(t *testing.T) {
	contexts := []string{"", "a", "क", "👩\u200d"}
	// Of long rows of ideographs, syllables and nothing the first ones stand for all.
	alike := map[rune]rune{0x3800: 0x9c00, 0xb000: 0xd400, 0x17400: 0x18400, 0x20400: 0x2a400, 0x2a800: 0x32000, 0x32400: 0xe0000, 0xe0400: 0x10fc00}
	failures := 0
	for _, context := range contexts {
		// Many at a time: a difference shows in the sum too, and is then looked for.
		for from := rune(0); from <= unicode.MaxRune; from += 1024 {
			if to, ok := alike[from]; ok {
				from = to
			}
			var line strings.Builder
			for r := from; r < from+1024; r++ {
				safe := Sanitise(context + string(r))
				if err := harmless(safe); err != nil {
					t.Errorf("%+q and %U: %+q: %v", context, r, safe, err)
				}
				line.WriteString(safe + "-")
			}
			if whole := line.String(); ansi.StringWidth(whole) == drawnWidth(whole) {
				continue
			}
			for r := from; r < from+1024; r++ {
				safe := Sanitise(context + string(r))
				if counted, drawn := ansi.StringWidth(safe+"-"), drawnWidth(safe+"-"); counted != drawn {
					t.Errorf("%+q and %U: %+q counts %d columns, a terminal draws %d", context, r, safe, counted-1, drawn-1)
					if failures++; failures > 20 {
						t.FailNow()
					}
				}
			}
		}
	}
}

func FuzzSanitise(f *testing.F) {
	for _, raw := range payloads {
		if len(raw) < 1000 {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw string) { checkSanitised(t, raw) })
}

func BenchmarkSanitise(b *testing.B) {
	for name, text := range map[string]string{"ascii": "Design review with the team", "accents": "Überprüfung der Entwürfe", "escapes": payloads["nested OSC in DCS"]} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Sanitise(text)
			}
		})
	}
}
