package providers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is a mailbox's SMTP address in lower case, free of spaces, control
// characters and anything that could change a URL's path: it is safe to print
// and to compare. The empty Address means "none".
type Address string

// maxAddress is the longest address that RFC 5321 allows in a path.
const maxAddress = 254

// ParseAddress reads an SMTP address from outside. It reports false for text
// that cannot name a mailbox, for example a legacy distinguished name
// ("/o=ExchangeLabs/..."), which Graph sometimes returns in its place.
func ParseAddress(raw string) (Address, bool) {
	s := strings.ToLower(strings.TrimSpace(raw))
	if len(s) == 0 || len(s) > maxAddress || !utf8.ValidString(s) {
		return "", false
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || strings.IndexByte(s, '@') != at {
		return "", false
	}
	for _, r := range s[:at] {
		if !addressRune(r) && !strings.ContainsRune("!#$%&'*+-=^_`{|}~.", r) {
			return "", false
		}
	}
	for _, r := range s[at+1:] {
		if !addressRune(r) && r != '-' && r != '.' {
			return "", false
		}
	}
	if domain := s[at+1:]; strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") || strings.Contains(domain, "..") {
		return "", false
	}
	return Address(s), true
}

// addressRune reports letters and digits of any script: internationalised
// addresses (RFC 6531) name real mailboxes.
func addressRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// Local is the part before the at sign.
func (a Address) Local() string {
	local, _, _ := strings.Cut(string(a), "@")
	return local
}

// Domain is the part behind the at sign.
func (a Address) Domain() string {
	_, domain, _ := strings.Cut(string(a), "@")
	return domain
}
