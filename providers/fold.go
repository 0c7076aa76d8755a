package providers

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldSearch turns text made safe by [Sanitise] into the form in which texts are
// searched: lower case, without diacritics, compatibility forms as plain letters
// ("Ｒ1" as "r1"). Both the searched text and what is searched for go through it.
func foldSearch(safe string) string {
	for i := range len(safe) {
		if c := safe[i]; c >= utf8.RuneSelf || (c >= 'A' && c <= 'Z') {
			return string(appendFolded(make([]byte, 0, len(safe)), safe))
		}
	}
	return safe
}

// FoldSearch is the form in which texts are searched for by what a person types:
// safe to show, lower case, without diacritics.
func FoldSearch(text Untrusted) string { return foldSearch(text.String()) }

func appendFolded(out []byte, safe string) []byte {
	if isASCII(safe) {
		for i := range len(safe) {
			c := safe[i]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			out = append(out, c)
		}
		return out
	}
	for _, r := range norm.NFKD.String(safe) {
		if r < utf8.RuneSelf {
			out = append(out, byte(unicode.ToLower(r)))
			continue
		}
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
			continue
		}
		r = unicode.ToLower(r)
		if spelt, ok := spellings[r]; ok {
			out = append(out, spelt...)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// spellings are letters that do not decompose but that people type plainly.
var spellings = map[rune]string{
	'ß': "ss", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ħ': "h", 'ı': "i", 'ς': "σ",
}

// foldUmlauts is the other spelling of German, Swedish and Danish vowels
// ("Muenchen"), or "" where the text has none.
func foldUmlauts(safe string) string {
	if isASCII(safe) {
		return ""
	}
	other := umlauts.Replace(safe)
	if other == safe {
		return ""
	}
	return foldSearch(other)
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "å", "aa", "Å", "Aa", "ø", "oe", "Ø", "Oe")
